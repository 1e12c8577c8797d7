"""Which LocalQueue and which priority does a workload get?"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kueue_sim.errors import Place
from kueue_sim.inputs.kueue.companions import Companions
from kueue_sim.inputs.kueue.device_claims import DeviceClaims
from kueue_sim.inputs.kueue.integrations import Integrations
from kueue_sim.inputs.kueue.references import Elsewhere
from kueue_sim.inputs.kueue.release import Gates
from kueue_sim.inputs.text.field import Field, near_miss
from kueue_sim.model import LocalQueue, PodSet, Policy, PolicyObject, Settings, WorkloadPriorityClass
from kueue_sim.model.team_names import PREFIX, queue_of, team_of

Queue = tuple[str, str]
"""Namespace and name of a LocalQueue."""
NOWHERE: Queue = ("default", "")


@dataclass(slots=True)
class Directory:
    """Answers for the queues and priority classes of one policy, and for what a cluster holds beside them.

    ``start`` is the instant of simulated time zero, ``horizon_ms`` None when the scenario has none. ``unmanaged`` are
    the jobs Kueue does not manage: their metadata, what they are, and why. ``unknown_classes`` are the PriorityClasses
    that pods name and no manifest describes, with their places; ``idle_fields`` those of jobs that decide nothing here.
    ``elsewhere`` collects names of queues and classes that are not there; None: they are mistakes.
    """

    policy: Policy
    settings: Settings
    elsewhere: list[Elsewhere] | None = None
    companions: Companions = field(default_factory=Companions)
    integrations: Integrations = field(default_factory=Integrations)
    gates: Gates | None = None
    device_classes: Mapping[str, str] = field(default_factory=dict)
    start: str = "2026-01-01T00:00:00Z"
    horizon_ms: int | None = None
    unmanaged: list[tuple[Field, str, str]] = field(default_factory=list)
    unknown_classes: dict[tuple[str, Place | None], None] = field(default_factory=dict)
    idle_fields: dict[str, None] = field(default_factory=dict)
    given_names: set[str] = field(default_factory=set)
    """Names that jobs have by themselves; no made-up name is one of them."""
    _generated: dict[str, int] = field(default_factory=dict)
    _queues: dict[Queue, LocalQueue] = field(default_factory=dict)
    _teams: dict[str, Queue | None] = field(default_factory=dict)
    _pod_sets: dict[object, tuple[PodSet, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._queues = {(queue.namespace, queue.name): queue for queue in self.policy.local_queues}

    @property
    def claims(self) -> DeviceClaims:
        """How devices of resource claims are counted."""
        gates = Gates(self.settings.version) if self.gates is None else self.gates
        return DeviceClaims(gates, self.device_classes)

    def shared(self, pod_sets: tuple[PodSet, ...]) -> tuple[PodSet, ...]:
        """The same pod sets, one object for all workloads that ask for the same: a run recognises it without looking
        into it, and it is kept once."""
        return self._pod_sets.setdefault(tuple([one.content for one in pod_sets]), pod_sets)

    def generated_name(self, metadata: Field) -> str:
        """The name of an object; with generateName the prefix and a number, counted per namespace."""
        prefix = metadata.get("generateName").text()
        if metadata.get("name").present or not prefix:
            return metadata.get("name").needed("metadata.name")
        key = f"{metadata.get('namespace').value or 'default'}/{prefix}"
        number = self._generated.get(key, 0)
        while f"{prefix}{number}" in self.given_names:
            number += 1
        self._generated[key] = number + 1
        return f"{prefix}{number}"

    def namespace_labels(self, name: str) -> Mapping[str, str]:
        """The labels of a namespace; one that no manifest describes has its name only."""
        found = next((item.labels for item in self.policy.namespaces if item.name == name), {})
        return {"kubernetes.io/metadata.name": name, **found}

    def has_default_queue(self, namespace: str) -> bool:
        """Whether jobs without a queue go to the LocalQueue called default (gate LocalQueueDefaulting)."""
        gates = self.claims.gates
        return (namespace, "default") in self._queues and (
            gates.on("LocalQueueDefaulting") or "LocalQueueDefaulting" not in gates.known
        )

    def learn_queue(self, manifest: Field) -> None:
        """A LocalQueue that will exist."""
        metadata = manifest.get("metadata")
        namespace, name = str(metadata.get("namespace").value or "default"), str(metadata.get("name").value)
        target = str(manifest.get("spec", "clusterQueue").value)
        self._queues.setdefault((namespace, name), LocalQueue(name, namespace, target))

    def learn_object(self, item: PolicyObject) -> None:
        """An object that exists from now on; queues among them may be named."""
        if isinstance(item, LocalQueue):
            self._queues[item.namespace, item.name] = item

    def learn_class(self, item: WorkloadPriorityClass, replacing: bool) -> None:
        """A class that work may name from now on; ``replacing``: with its new value, if it is known already."""
        kept = [one for one in self.policy.priority_classes if one.name != item.name]
        if replacing or len(kept) == len(self.policy.priority_classes):
            self.policy = replace(self.policy, priority_classes=(*kept, item))

    def class_value(self, name: str) -> int | None:
        """The value that a class has by now, None where there is none of this name."""
        return next((one.value for one in self.policy.priority_classes if one.name == name), None)

    def team(self, name: str) -> Queue | None:
        """The queue of a team: HyperPod's, or a LocalQueue of that name, or one of that ClusterQueue."""
        if name not in self._teams:
            self._teams[name] = self._find_team(name)
        return self._teams[name]

    def _find_team(self, name: str) -> Queue | None:
        hyperpod = (f"{PREFIX}{name}", f"{PREFIX}{name}-localqueue")
        if hyperpod in self._queues:
            return hyperpod
        for queue in self.policy.local_queues:
            if queue.name == name:
                return queue.namespace, queue.name
        for queue in self.policy.local_queues:
            if queue.cluster_queue in (name, queue_of(name)):
                return queue.namespace, queue.name
        return None

    def team_names(self) -> list[str]:
        """The teams that exist: one for each ClusterQueue with a LocalQueue, as people name it."""
        owners = {queue.cluster_queue for queue in self.policy.local_queues}
        return sorted(team_of(name) for name in owners)

    def queue(self, entry: Field) -> Queue:
        """The queue an entry's team, queue and namespace name; unknown ones are noted."""
        team, queue, namespace = entry.get("team"), entry.get("queue"), entry.get("namespace").text()
        if team.present and queue.present:
            queue.wrong("team and queue exclude each other")
        if queue.present:
            return self.named(queue, namespace)
        if team.present:
            found = self.team(team.text())
            if found is None and team.text():
                team.missing(f"there is no team {team.value!r}; {near_miss(team.value, self.team_names())}")
            return found or NOWHERE
        if len(self._queues) == 1:
            return next(iter(self._queues))
        if self._queues:
            entry.missing("team or queue is missing")
        return NOWHERE

    def named(self, field: Field, namespace: str = "") -> Queue:
        """The LocalQueue a field names, with or without its namespace."""
        given, _, name = field.text().rpartition("/")
        space = given or namespace
        found = [key for key in self._queues if key[1] == name and space in ("", key[0])]
        if not found and name:
            accepted = near_miss(f"{space}/{name}".lstrip("/"), ["/".join(key) for key in self._queues])
            self._missing(field, f"there is no LocalQueue {field.value!r}{f' in {space}' if space else ''}; {accepted}")
            return (space or "default", name) if self.elsewhere is not None else NOWHERE
        if len(found) > 1 and ("default", name) not in found:
            options = ", ".join("/".join(key) for key in found)
            field.wrong(f"several LocalQueues are named {name!r}: {options}")
        return ("default", name) if ("default", name) in found else found[0] if found else NOWHERE

    def _missing(self, where: Field, message: str) -> None:
        if self.elsewhere is None:
            where.missing(message)
        else:
            self.elsewhere.append(Elsewhere(where, message))

    def priority(self, entry: Field) -> int:
        """The priority an entry gives as a number or as a class (R1.30)."""
        name = entry.get("priorityClass")
        if entry.get("priority").present:
            return entry.get("priority").integer()
        return self.class_priority(name, "")

    def class_name(self, name: Field) -> str:
        """The WorkloadPriorityClass a priority comes from: the one named, else the default class; "" for none."""
        if name.present:
            return name.text()
        known = {item.name for item in self.policy.priority_classes}
        return "default" if "default" in known and self.settings.gate("WorkloadPriorityClassDefaulting") else ""

    def class_priority(self, name: Field, pod_class: str, at: Field | None = None) -> int:
        """The value of a WorkloadPriorityClass; without one the default class, then the pods' own (R1.30).

        ``at`` is the field that names the pods' class; a class that no manifest describes counts as 0 and is noted.
        """
        values = {item.name: item.value for item in self.policy.priority_classes}
        if name.present:
            if name.text() not in values:
                accepted = near_miss(name.value, values)
                self._missing(name, f"there is no WorkloadPriorityClass {name.value!r}; {accepted}")
            return values.get(name.text(), 0)
        if self.class_name(name):
            return values["default"]
        value = self.companions.priority(pod_class)
        if value is None:
            place = None if at is None else at.source.place(at.path)
            self.unknown_classes[pod_class, place] = None
        return value or 0
