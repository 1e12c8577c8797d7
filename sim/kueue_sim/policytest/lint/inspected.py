"""A loaded scenario prepared for questions: who belongs to whom, what is submitted, and where it all stands."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from kueue_sim.errors import Place
from kueue_sim.inputs.loading import Loaded
from kueue_sim.inputs.text.field import Field
from kueue_sim.model import ClusterQueue, Cohort, FlavorQuotas, LocalQueue, Node, Quota, ResourceFlavor, Workload

Slot = tuple[str, str]
"""Flavor and resource."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """Workloads of one shape in one LocalQueue: the first of them stands for all."""

    first: Workload
    queue: ClusterQueue
    number: int

    @property
    def who(self) -> str:
        """The work in words, as findings name it."""
        more = f" (and {self.number - 1} more like it)" if self.number > 1 else ""
        return f"workload {self.first.name}{more}"

    @property
    def totals(self) -> dict[str, int]:
        """What all its pods ask for together."""
        amounts: dict[str, int] = {}
        for pods in self.first.pod_sets:
            for resource, amount in pods.requests.items():
                amounts[resource] = amounts.get(resource, 0) + amount * pods.count
        return amounts


class Inspected:
    """One scenario under inspection. Rules only read it."""

    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self.scenario = loaded.scenario
        self.policy = loaded.scenario.policy
        self.settings = loaded.scenario.settings
        self.nodes: Sequence[Node] = loaded.scenario.nodes
        self.workloads: tuple[Workload, ...] = tuple(loaded.scenario.workloads)
        self._manifests = {_identity(field): field for field in loaded.manifests}

    # -- places -------------------------------------------------------------------------------------------

    def place(self, kind: str, name: str, *path: str | int) -> Place | None:
        """Where a policy object, or something in it, is written; for a LocalQueue the name is namespace/name."""
        field = self._manifests.get((kind, name))
        return None if field is None else field.source.place(field.path + path)

    def written(self, kind: str, name: str) -> Field | None:
        """The manifest of a policy object as the user wrote it, None when it exists only by being named."""
        return self._manifests.get((kind, name))

    def workload_place(self, workload: Workload) -> Place | None:
        """The entry of the scenario that submits the workload."""
        generated = workload.name.rstrip("0123456789")
        for name in (workload.name, workload.name.rpartition("-")[0], generated):
            if name in self._entries:
                field = self._entries[name]
                return field.source.place(field.path)
        return self.place("Workload", workload.key)

    @cached_property
    def _entries(self) -> dict[str, Field]:
        """Entries of ``workloads`` and submissions of the timeline by the name they give."""
        found: dict[str, Field] = {}
        for entry in self.entries():
            for named in (entry, entry.get("generate"), entry.get("manifest", "metadata")):
                name = named.first("name", "generateName").value if named.value.__class__ is dict else None
                if isinstance(name, str):
                    found.setdefault(name, entry)
        return found

    def entries(self) -> Iterator[Field]:
        """Everything the scenario submits, as it is written."""
        document = self.loaded.document
        yield from document.get("workloads").items()
        for action in document.get("timeline").items():
            yield from [action.get("workload")] if action.get("do").value == "submit" else []
            yield from action.get("workloads").items()

    # -- who belongs to whom ------------------------------------------------------------------------------

    @cached_property
    def flavors(self) -> Mapping[str, ResourceFlavor]:
        """ResourceFlavors by name."""
        return {flavor.name: flavor for flavor in self.policy.flavors}

    @property
    def owners(self) -> list[ClusterQueue | Cohort]:
        """Everything that may own quota."""
        return [*self.policy.cluster_queues, *self.policy.cohorts]

    @cached_property
    def queues(self) -> Mapping[str, ClusterQueue]:
        """ClusterQueues by name."""
        return {queue.name: queue for queue in self.policy.cluster_queues}

    @cached_property
    def _targets(self) -> Mapping[tuple[str, str], ClusterQueue]:
        return {
            (queue.namespace, queue.name): self.queues[queue.cluster_queue]
            for queue in self.policy.local_queues
            if queue.cluster_queue in self.queues
        }

    def cohorts(self) -> Iterator[Cohort]:
        """All Cohorts, also those that exist only by being named, in order of name."""
        known = {cohort.name: cohort for cohort in self.policy.cohorts}
        names = {*known, *(item.cohort for item in self.policy.cluster_queues), *(c.parent for c in known.values())}
        for name in sorted(name for name in names if name):
            yield known.get(name, Cohort(name))

    def members(self, cohort: str) -> list[ClusterQueue]:
        """The ClusterQueues anywhere below a Cohort."""
        own = [queue for queue in self.policy.cluster_queues if queue.cohort == cohort]
        below = [item.name for item in self.policy.cohorts if item.parent == cohort]
        return own + [queue for name in below for queue in self.members(name)]

    def chain(self, cohort: str) -> list[str]:
        """The names of a Cohort and all above it, the root last."""
        parents = {item.name: item.parent for item in self.policy.cohorts}
        names = [cohort]
        while (parent := parents.get(names[-1])) is not None:
            names.append(parent)
        return names

    def neighbours(self, queue: ClusterQueue) -> list[ClusterQueue]:
        """The other ClusterQueues of the queue's whole tree."""
        if not queue.cohort:
            return []
        return [other for other in self.members(self.chain(queue.cohort)[-1]) if other is not queue]

    def local_queues(self, queue: ClusterQueue) -> list[LocalQueue]:
        """The LocalQueues that point to a ClusterQueue."""
        return [item for item in self.policy.local_queues if item.cluster_queue == queue.name]

    def written_local_queues(self, queue: ClusterQueue) -> list[LocalQueue]:
        """Those of them that a manifest describes; the simulator adds one where none does."""
        own = self.local_queues(queue)
        return [one for one in own if self.written("LocalQueue", f"{one.namespace}/{one.name}")]

    def queue_of(self, workload: Workload) -> ClusterQueue | None:
        """The ClusterQueue a workload is submitted to, through its LocalQueue."""
        return self._targets.get((workload.namespace, workload.queue_name))

    # -- work ---------------------------------------------------------------------------------------------

    @cached_property
    def submitted(self) -> tuple[Submitted, ...]:
        """What is submitted, equal workloads of a LocalQueue once; those without a ClusterQueue are left out."""
        first: dict[tuple[str, str, str], Workload] = {}
        number: dict[tuple[str, str, str], int] = {}
        for workload in self.workloads:
            shape = (workload.namespace, workload.queue_name, repr(workload.pod_sets))
            first.setdefault(shape, workload)
            number[shape] = number.get(shape, 0) + 1
        found = []
        for shape, workload in first.items():
            queue = self.queue_of(workload)
            if queue is not None:
                found.append(Submitted(workload, queue, number[shape]))
        return tuple(found)

    def nodes_of(self, flavor: ResourceFlavor) -> list[Node]:
        """The nodes that carry the flavor's labels."""
        wanted = flavor.node_labels.items()
        return [node for node in self.nodes if all(node.labels.get(key) == value for key, value in wanted)]


def _identity(manifest: Field) -> tuple[str, str]:
    kind = str(manifest.get("kind").value)
    metadata = manifest.get("metadata")
    name = str(metadata.get("name").value)
    namespaced = kind in ("LocalQueue", "Workload")
    return kind, f"{metadata.get('namespace').value or 'default'}/{name}" if namespaced else name


def flavors_of(item: ClusterQueue | Cohort) -> Iterator[FlavorQuotas]:
    """The flavors of an object, over all its resource groups."""
    for group in item.resource_groups:
        yield from group.flavors


def quotas_of(item: ClusterQueue | Cohort) -> Iterator[tuple[Slot, Quota, tuple[str | int, ...]]]:
    """Every quota of an object with its slot and its path below the manifest."""
    for g, group in enumerate(item.resource_groups):
        for f, flavor in enumerate(group.flavors):
            for r, (resource, quota) in enumerate(flavor.resources):
                path = ("spec", "resourceGroups", g, "flavors", f, "resources", r)
                yield (flavor.name, resource), quota, path


def listed(names: Iterable[str], most: int = 5) -> str:
    """A few names in order, and how many more there are."""
    every = sorted(set(names))
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more
