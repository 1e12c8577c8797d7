"""Policy objects prepared for fast decisions: each ClusterQueue with its slots, flavors and tree node."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kueue_sim.model import (
    ClusterQueue,
    LocalQueue,
    Namespace,
    Policy,
    PreemptionPolicy,
    ResourceFlavor,
    Settings,
    StopPolicy,
    Workload,
)
from kueue_sim.policy.queueing.pending_queue import PendingQueue
from kueue_sim.policy.queueing.resting_heads import RestingHeads
from kueue_sim.policy.quota.dominant_resource_share import ShareCalculator
from kueue_sim.policy.quota.quota_tree import QuotaForest, QuotaNode


@dataclass(frozen=True, slots=True)
class CompiledGroup:
    """A resource group: the resources it covers, and per flavor (in order) the slot of each resource."""

    covered: frozenset[str]
    flavors: tuple[tuple[str, Mapping[str, int]], ...]


@dataclass(slots=True, eq=False)
class Partition:
    """ClusterQueues whose decisions can depend on each other: a cohort tree, or several that share a topology.

    ``version`` grows with every change of what is used or who may be evicted in it: a decision taken at the
    same version need not be taken again. ``heads`` are by name the pending queues of its active ClusterQueues that have
    a head, ``resting`` the trees with heads of queues that rest: those that a cycle would look at.
    """

    version: int = 0
    heads: dict[str, PendingQueue] = field(default_factory=dict)
    resting: dict[RestingHeads, None] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class CompiledQueue:
    """A ClusterQueue as the scheduler sees it."""

    name: str
    spec: ClusterQueue
    node: QuotaNode
    groups: tuple[CompiledGroup, ...]
    group_of: Mapping[str, CompiledGroup]
    active: bool
    strict: bool
    partition: Partition
    never_preempts: bool
    """Whether nobody can be evicted for this queue's work (R10.17, R10.18)."""
    reclaims_any: bool
    """Whether it takes back its quota from whoever borrows it, whatever the priority (R10.18)."""
    pod_slots: frozenset[int] = frozenset()
    """Slots of the resource ``pods``, where the queue limits the number of pods (R1.28)."""
    namespaces: dict[str, bool] = field(default_factory=dict)
    """Whether the queue admits from a namespace, as far as it was asked (R4.9)."""

    @property
    def may_preempt_while_borrowing(self) -> bool:
        return self.spec.preemption.borrow_within_cohort is not PreemptionPolicy.NEVER


class CompiledPolicy:
    """The policy compiled for one version of its objects; rebuilt when the administrator changes them."""

    def __init__(self, policy: Policy, settings: Settings) -> None:
        self.policy = policy
        self.settings = settings
        self.flavors: dict[str, ResourceFlavor] = {flavor.name: flavor for flavor in policy.flavors}
        self.topologies = {topology.name: topology for topology in policy.topologies}
        self.checks = {check.name: check for check in policy.admission_checks}
        self.namespaces: dict[str, Namespace] = {space.name: space for space in policy.namespaces}
        self.local_queues: dict[tuple[str, str], LocalQueue] = {
            (queue.namespace, queue.name): queue for queue in policy.local_queues
        }
        active = {queue.name for queue in policy.cluster_queues if self._is_active(queue)}
        overdrawn = not settings.release.victims_free_their_own_queue  # V11: victims are taken off another queue
        self.forest = QuotaForest(policy, active, overdrawn)
        self.shares = ShareCalculator(self.forest.pairs, settings.release)
        self.roots: dict[str, QuotaNode] = {name: node.root for name, node in self.forest.queues.items()}
        partitions = self._realms(policy)
        self.queues: dict[str, CompiledQueue] = {}
        for spec in sorted(policy.cluster_queues, key=lambda item: item.name):
            queue = self._compile(spec, spec.name in active, partitions[self.roots[spec.name]])
            self.queues[spec.name] = queue
        self._served: defaultdict[str, dict[str, CompiledQueue]] = defaultdict(dict)
        """By namespace and LocalQueue, the ClusterQueue of those that are not stopped."""
        for local in self.local_queues.values():
            if local.stop_policy is StopPolicy.NONE and local.cluster_queue in self.queues:
                self._served[local.namespace][local.name] = self.queues[local.cluster_queue]

    def _realms(self, policy: Policy) -> dict[QuotaNode, Partition]:
        """The realm of each root. All trees with topology-aware flavors share one, since nodes are shared (R20.10)."""
        shared = Partition()
        aware = {flavor.name for flavor in policy.flavors if flavor.topology_name is not None}
        partitions: dict[QuotaNode, Partition] = {}
        for spec in policy.cluster_queues:
            if any(quotas.name in aware for group in spec.resource_groups for quotas in group.flavors):
                partitions[self.roots[spec.name]] = shared
        for root in self.roots.values():
            partitions.setdefault(root, Partition())
        return partitions

    def _is_active(self, queue: ClusterQueue) -> bool:
        """Implements R1.20 (the MultiKueue conditions aside)."""
        if queue.stop_policy is not StopPolicy.NONE or queue.terminating:
            return False
        for group in queue.resource_groups:
            for quotas in group.flavors:
                flavor = self.flavors.get(quotas.name)
                if flavor is None:
                    return False
                if flavor.topology_name is not None and not self._may_use_topology(queue, flavor.topology_name):
                    return False
        return all(rule.name in self.checks and self.checks[rule.name].active for rule in queue.admission_checks)

    def _may_use_topology(self, queue: ClusterQueue, topology: str) -> bool:
        """Whether the topology exists, and the release serves such a queue with one (R1.20, V24)."""
        if not self.settings.release.topology_everywhere and self.settings.gate("TopologyAwareScheduling"):
            preempts = queue.preemption.within_cluster_queue is not PreemptionPolicy.NEVER
            if queue.cohort is not None or preempts:
                return False
        return topology in self.topologies

    def _compile(self, spec: ClusterQueue, active: bool, partition: Partition) -> CompiledQueue:
        groups = []
        for group in spec.resource_groups:
            flavors = tuple(
                (
                    quotas.name,
                    {resource: self.forest.slot_of[quotas.name, resource] for resource, _ in quotas.resources},
                )
                for quotas in group.flavors
            )
            groups.append(CompiledGroup(frozenset(group.covered_resources), flavors))
        group_of = {resource: group for group in reversed(groups) for resource in group.covered}
        in_cycle = spec.cohort in self.forest.cyclic
        strict = spec.queueing_strategy == "StrictFIFO"
        node = self.forest.queues[spec.name]
        pods = frozenset(slots["pods"] for group in groups for _, slots in group.flavors if "pods" in slots)
        never = _never_preempts(spec, node)
        active = active and not in_cycle
        reclaims = spec.preemption.reclaim_within_cohort is PreemptionPolicy.ANY
        return CompiledQueue(
            spec.name, spec, node, tuple(groups), group_of, active, strict, partition, never, reclaims, pod_slots=pods
        )

    def users_of(self, flavors: Iterable[str]) -> list[str]:
        """ClusterQueues with quota in any of these flavors, by name."""
        wanted = set(flavors)
        return [
            name
            for name, queue in self.queues.items()
            if any(flavor in wanted for group in queue.groups for flavor, _ in group.flavors)
        ]

    def is_topology_only(self, queue: CompiledQueue) -> bool:
        """Whether every flavor of the queue has a topology, so that all its pod sets use it (R20.13)."""
        names = [name for group in queue.groups for name, _ in group.flavors]
        return all(name in self.flavors and self.flavors[name].topology_name is not None for name in names)

    def queue_of(self, workload: Workload) -> CompiledQueue | None:
        """The ClusterQueue a workload is queued in; None when its LocalQueue is missing or stopped (R1.17),
        or when it can never be queued."""
        return None if workload.inadmissible_reason else self._served[workload.namespace].get(workload.queue_name)


def _never_preempts(spec: ClusterQueue, node: QuotaNode) -> bool:
    rules = spec.preemption
    return rules.within_cluster_queue is PreemptionPolicy.NEVER and (
        node.parent is None or rules.reclaim_within_cohort is PreemptionPolicy.NEVER
    )
