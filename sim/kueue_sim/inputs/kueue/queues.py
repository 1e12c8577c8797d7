"""Which LocalQueue and which priority does a workload get?"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kueue_sim.inputs.kubernetes.limit_ranges import NamespaceLimits
from kueue_sim.inputs.kueue.references import Elsewhere
from kueue_sim.inputs.text.field import Field, near_miss
from kueue_sim.model import LocalQueue, Policy, Settings

Queue = tuple[str, str]
"""Namespace and name of a LocalQueue."""
NOWHERE: Queue = ("default", "")


@dataclass(slots=True)
class Directory:
    """Answers for the queues and priority classes of one policy. ``limits`` are the LimitRanges by namespace.

    ``elsewhere`` collects names of queues and classes that are not there; None: they are mistakes.
    """

    policy: Policy
    settings: Settings
    pod_priorities: dict[str, int] = field(default_factory=dict)
    default_pod_priority: int = 0
    limits: Mapping[str, NamespaceLimits] = field(default_factory=dict)
    elsewhere: list[Elsewhere] | None = None
    _queues: dict[Queue, LocalQueue] = field(default_factory=dict)
    _teams: dict[str, Queue | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._queues = {(queue.namespace, queue.name): queue for queue in self.policy.local_queues}

    def team(self, name: str) -> Queue | None:
        """The queue of a team: HyperPod's, or a LocalQueue of that name, or one of that ClusterQueue."""
        if name not in self._teams:
            self._teams[name] = self._find_team(name)
        return self._teams[name]

    def _find_team(self, name: str) -> Queue | None:
        hyperpod = (f"hyperpod-ns-{name}", f"hyperpod-ns-{name}-localqueue")
        if hyperpod in self._queues:
            return hyperpod
        for queue in self.policy.local_queues:
            if queue.name == name:
                return queue.namespace, queue.name
        for queue in self.policy.local_queues:
            if queue.cluster_queue in (name, f"hyperpod-ns-{name}-clusterqueue"):
                return queue.namespace, queue.name
        return None

    def team_names(self) -> list[str]:
        """The teams that exist: one for each ClusterQueue with a LocalQueue, as people name it."""
        owners = {queue.cluster_queue for queue in self.policy.local_queues}
        return sorted(name.removeprefix("hyperpod-ns-").removesuffix("-clusterqueue") for name in owners)

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
                team.wrong(f"there is no team {team.value!r}; {near_miss(team.value, self.team_names())}")
            return found or NOWHERE
        if len(self._queues) == 1:
            return next(iter(self._queues))
        if self._queues:
            entry.wrong("team or queue is missing")
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
            where.wrong(message)
        else:
            self.elsewhere.append(Elsewhere(where, message))

    def priority(self, entry: Field) -> int:
        """The priority an entry gives as a number or as a class (R1.30)."""
        name = entry.get("priorityClass")
        if entry.get("priority").present:
            return entry.get("priority").integer()
        return self.class_priority(name, "")

    def class_priority(self, name: Field, pod_class: str) -> int:
        """The value of a WorkloadPriorityClass; without one the default class, then the pods' own (R1.30)."""
        values = {item.name: item.value for item in self.policy.priority_classes}
        if name.present:
            if name.text() not in values:
                accepted = near_miss(name.value, values)
                self._missing(name, f"there is no WorkloadPriorityClass {name.value!r}; {accepted}")
            return values.get(name.text(), 0)
        if "default" in values and self.settings.gate("WorkloadPriorityClassDefaulting"):
            return values["default"]
        return self.pod_priorities.get(pod_class, self.default_pod_priority)
