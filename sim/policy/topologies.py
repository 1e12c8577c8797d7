"""All topology-aware flavors of a world: places for whole workloads, and the account of pods placed so far."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sim.model import Node, NodePod, PodSet, Policy, Settings, TopologyAssignment
from sim.policy.elastic_placement import Resized, resize
from sim.policy.entities import Held, TopologyUsage
from sim.policy.flavor_topology import Demand, FlavorTopology, pod_requests
from sim.policy.node_replacement import replace_node
from sim.policy.topology_assignment import Profile


@dataclass(frozen=True, slots=True)
class Failure:
    """Which pod set has no place, in which flavor, and why."""

    pod_set: str
    flavor: str
    reason: str


@dataclass(slots=True)
class Found:
    """Assignments by pod set name, as far as there are any; ``failure`` is None when all pod sets have a place."""

    assignments: dict[str, TopologyAssignment] = field(default_factory=dict)
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Repair:
    """A workload one of whose nodes failed: the node and its present assignments by pod set name (R20.62).

    ``stays`` is set for a single pod, which cannot move (R20.63.1).
    """

    node: str
    assignments: Mapping[str, TopologyAssignment]
    stays: bool = False


Charge = tuple[FlavorTopology, Demand, TopologyAssignment]


class Topologies:
    """One tree per topology-aware flavor, shared by all queues (R20.10).

    Usage is charged to the tree of the workload's own flavor during a cycle (``add``, ``remove``, ``charge``), but to
    all trees over the same nodes when a workload is admitted or gone for good (``hold``, ``release``; R20.9).
    """

    def __init__(self, policy: Policy, settings: Settings, nodes: Iterable[Node], node_pods: Iterable[NodePod]) -> None:
        self._policy = policy
        self._profile = Profile(settings.gate("TASProfileMixed"), settings.gate("TASBalancedPlacement"))
        self._preferences = settings.gate("TASRespectNodeAffinityPreferred")
        self._overlapping = settings.gate("TASHandleOverlappingFlavors")
        self._elastic = settings.gate("ElasticJobsViaWorkloadSlicesWithTAS")
        self.flavors: dict[str, FlavorTopology] = {}
        self.rebuild(nodes, node_pods, ())

    def rebuild(self, nodes: Iterable[Node], node_pods: Iterable[NodePod], holding: Iterable[Held]) -> None:
        """Take the nodes as they are now, and account anew for everything that holds quota."""
        nodes, node_pods = tuple(nodes), tuple(node_pods)
        topologies = {topology.name: topology for topology in self._policy.topologies}
        self.flavors = {
            flavor.name: FlavorTopology(
                flavor, topologies[flavor.topology_name], nodes, node_pods, self._profile, self._preferences
            )
            for flavor in sorted(self._policy.flavors, key=lambda one: one.name)
            if flavor.topology_name is not None and flavor.topology_name in topologies
        }
        for held in holding:
            self.hold(held)

    # -- account ------------------------------------------------------------------------------------------

    def add(self, held: Held) -> None:
        self.charge(held.topology_usage, +1)

    def remove(self, held: Held) -> None:
        self.charge(held.topology_usage, -1)

    def charge(self, usage: Sequence[TopologyUsage], sign: int) -> None:
        """Charge pods to their own flavors for the rest of the cycle; ``sign`` −1 undoes it (R20.50)."""
        for one in usage:
            flavor = self.flavors.get(one.flavor)
            if flavor is not None:
                flavor.charge(one.values, one.requests, sign * one.count)

    def hold(self, held: Held) -> None:
        """The workload's pods count from now on, in every flavor over their nodes (R20.8–R20.9)."""
        self._hold(held, +1)

    def release(self, held: Held) -> None:
        """Undo ``hold``."""
        self._hold(held, -1)

    def _hold(self, held: Held, sign: int) -> None:
        for one in held.topology_usage:
            own = self.flavors.get(one.flavor)
            if own is None:
                continue
            own.charge(one.values, one.requests, sign * one.count)
            for other in self._overlapping_with(own):
                other.charge(one.values, one.requests, sign * one.count)

    def _overlapping_with(self, flavor: FlavorTopology) -> list[FlavorTopology]:
        if not self._overlapping or not flavor.tree.by_hostname:
            return []
        return [other for other in self.flavors.values() if other is not flavor and other.tree.by_hostname]

    def fits(self, usage: Sequence[TopologyUsage]) -> bool:
        """Whether each of these domains has room for its pods, one at a time. Implements R20.51."""
        return all(self.flavors[one.flavor].fits(one.values, one.requests, one.count) for one in usage)

    # -- places -------------------------------------------------------------------------------------------

    def find(self, demands: Sequence[Demand], unused: bool = False, repair: Repair | None = None) -> Found:
        """Places for all pod sets of a workload, those of one group together. Implements R20.19.

        ``unused``: as if nothing placed by topology-aware scheduling were there (R20.17).
        """
        found = Found()
        charged: list[Charge] = []
        try:
            for name in sorted({demand.flavor for demand in demands}):
                flavor = self.flavors[name]
                for group in _groups([demand for demand in demands if demand.flavor == name]):
                    reason = self._place_group(flavor, group, unused, repair, found, charged, len(demands) > 1)
                    if reason:
                        found.failure = found.failure or Failure(group[0].pod_set.name, name, reason)
                        break
        finally:
            for flavor, demand, assignment in charged:
                flavor.charge_assignment(demand, assignment, -1, unused)
        return found

    def _place_group(
        self,
        flavor: FlavorTopology,
        group: Sequence[Demand],
        unused: bool,
        repair: Repair | None,
        found: Found,
        charged: list[Charge],
        more: bool,
    ) -> str:
        """Place one group and charge it for those that follow; why that failed, or ""."""
        if repair is not None:
            return self._repair_group(flavor, group, repair, found, charged)
        workers, leader = _roles(group)
        placed = self._place(flavor, workers, leader, unused)
        if isinstance(placed, str):
            return placed
        parts = [(workers, placed.workers)]
        if leader is not None and placed.leader is not None:
            parts.append((leader, placed.leader))
        for demand, assignment in parts:
            found.assignments[demand.pod_set.name] = assignment
            if more:
                self._assume(flavor, demand, assignment, unused, charged)
        return ""

    def _place(self, flavor: FlavorTopology, workers: Demand, leader: Demand | None, unused: bool) -> Resized | str:
        if self._elastic:
            resized = resize(flavor, workers, leader, unused)
            if resized is not None:
                return resized
        placed = flavor.find(workers, leader, unused)
        if isinstance(placed, str):
            return placed
        return Resized(flavor.assignment(placed.workers), None if leader is None else flavor.assignment(placed.leader))

    def _repair_group(
        self, flavor: FlavorTopology, group: Sequence[Demand], repair: Repair, found: Found, charged: list[Charge]
    ) -> str:
        for demand in group:
            old = repair.assignments.get(demand.pod_set.name)
            if old is None:
                continue
            if repair.stays:
                found.assignments[demand.pod_set.name] = old
                continue
            new = replace_node(flavor, demand, repair.node, old)
            if isinstance(new, str):
                return new
            found.assignments[demand.pod_set.name] = new.whole
            self._assume(flavor, demand, new.moved, False, charged)
        return ""

    def _assume(
        self,
        flavor: FlavorTopology,
        demand: Demand,
        assignment: TopologyAssignment,
        unused: bool,
        charged: list[Charge],
    ) -> None:
        for one in (flavor, *self._overlapping_with(flavor)):
            one.charge_assignment(demand, assignment, +1, unused)
            charged.append((one, demand, assignment))


def _groups(demands: Sequence[Demand]) -> list[list[Demand]]:
    """Pod sets that are placed together, in order of first appearance."""
    groups: dict[object, list[Demand]] = {}
    for index, demand in enumerate(demands):
        request = demand.pod_set.topology
        name = request.group if request is not None else None
        groups.setdefault(index if name is None else name, []).append(demand)
    return list(groups.values())


def _roles(group: Sequence[Demand]) -> tuple[Demand, Demand | None]:
    """Workers and leader of a group: the larger pod set works, the first when equal (R20.35)."""
    if len(group) == 1:
        return group[0], None
    first, second = group[0], group[1]
    return (second, first) if second.count > first.count else (first, second)


def topology_usage(
    pod_set: PodSet, flavor: str, assignment: TopologyAssignment, before: TopologyAssignment | None = None
) -> tuple[TopologyUsage, ...]:
    """The pods per domain that are not already in ``before`` (R20.50)."""
    requests = pod_requests(pod_set)
    known: dict[tuple[str, ...], int] = {}
    for domain in before.domains if before is not None else ():
        known[domain.values] = known.get(domain.values, 0) + domain.count
    usage = [(domain.values, domain.count - known.get(domain.values, 0)) for domain in assignment.domains]
    return tuple(TopologyUsage(flavor, values, requests, count) for values, count in usage if count > 0)
