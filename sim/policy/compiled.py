"""Policy objects prepared for fast decisions: each ClusterQueue with its slots, flavors and tree node."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count

from sim.model import (
    ClusterQueue,
    LocalQueue,
    Namespace,
    PodSet,
    Policy,
    PreemptionPolicy,
    ResourceFlavor,
    Settings,
    StopPolicy,
    Workload,
)
from sim.policy.quota_tree import QuotaForest, QuotaNode
from sim.policy.shares import ShareCalculator


@dataclass(frozen=True, slots=True)
class Group:
    """A resource group: the resources it covers, and per flavor (in order) the slot of each resource."""

    covered: frozenset[str]
    flavors: tuple[tuple[str, Mapping[str, int]], ...]


@dataclass(slots=True, eq=False)
class Queue:
    """A ClusterQueue as the scheduler sees it. ``generation`` grows when its capacity may have (R2.12)."""

    spec: ClusterQueue
    node: QuotaNode
    groups: tuple[Group, ...]
    group_of: Mapping[str, Group]
    active: bool
    strict: bool
    generation: int = 0

    @property
    def may_preempt_while_borrowing(self) -> bool:
        return self.spec.preemption.borrow_within_cohort is not PreemptionPolicy.NEVER


class World:
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
        self.forest = QuotaForest(policy, active)
        self.shares = ShareCalculator(self.forest.pairs)
        self.queues: dict[str, Queue] = {}
        for spec in sorted(policy.cluster_queues, key=lambda item: item.name):
            self.queues[spec.name] = self._compile(spec, spec.name in active)
        self.roots: dict[str, QuotaNode] = {name: queue.node.root() for name, queue in self.queues.items()}

    def _is_active(self, queue: ClusterQueue) -> bool:
        """Implements R1.20 (the MultiKueue conditions aside)."""
        if queue.stop_policy is not StopPolicy.NONE:
            return False
        for group in queue.resource_groups:
            for quotas in group.flavors:
                flavor = self.flavors.get(quotas.name)
                if flavor is None:
                    return False
                if flavor.topology_name is not None and flavor.topology_name not in self.topologies:
                    return False
        return all(rule.name in self.checks and self.checks[rule.name].active for rule in queue.admission_checks)

    def _compile(self, spec: ClusterQueue, active: bool) -> Queue:
        groups = []
        for group in spec.resource_groups:
            flavors = tuple(
                (
                    quotas.name,
                    {resource: self.forest.slot_of[quotas.name, resource] for resource, _ in quotas.resources},
                )
                for quotas in group.flavors
            )
            groups.append(Group(frozenset(group.covered_resources), flavors))
        group_of = {resource: group for group in reversed(groups) for resource in group.covered}
        in_cycle = spec.cohort in self.forest.cyclic
        strict = spec.queueing_strategy == "StrictFIFO"
        node = self.forest.queues[spec.name]
        return Queue(spec, node, tuple(groups), group_of, active and not in_cycle, strict)

    def queue_of(self, workload: Workload) -> Queue | None:
        """The ClusterQueue a workload is queued in; None when its LocalQueue is missing or stopped (R1.17)."""
        local = self.local_queues.get((workload.namespace, workload.queue_name))
        if local is None or local.stop_policy is not StopPolicy.NONE:
            return None
        return self.queues.get(local.cluster_queue)


class Shapes:
    """Numbers the scheduling equivalence classes of workloads (R3.40)."""

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {}
        self._next = count()

    def of(self, priority: int, pod_sets: tuple[PodSet, ...], reclaimable: Mapping[str, int]) -> int:
        key = (priority, tuple(_pod_set_shape(ps, reclaimable.get(ps.name, 0)) for ps in pod_sets))
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = next(self._next)
        return number


def _pod_set_shape(pod_set: PodSet, reclaimable: int) -> object:
    return (
        pod_set.name,
        pod_set.count - min(reclaimable, pod_set.count),
        tuple(sorted(pod_set.requests.items())),
        tuple(sorted(pod_set.placement_requests.items())),
        pod_set.min_count,
        tuple(sorted(pod_set.node_selector.items())),
        pod_set.required_affinity,
        pod_set.preferred_affinity,
        pod_set.tolerations,
        pod_set.topology,
    )
