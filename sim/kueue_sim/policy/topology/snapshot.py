"""All topology-aware flavors of a world: places for whole workloads, and the account of pods placed so far."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kueue_sim.model import Node, NodePod, PodSet, Policy, Settings, TopologyAssignment
from kueue_sim.policy.topology.descent import Profile
from kueue_sim.policy.topology.elastic import Resized, resize
from kueue_sim.policy.topology.flavor_topology import Demand, FlavorTopology, pod_requests
from kueue_sim.policy.topology.node_replacement import replace_node
from kueue_sim.policy.workloads.workload_info import Reservation, TopologyUsage


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


class Topologies:
    """One tree per topology-aware flavor, shared by all queues (R20.10).

    Usage is charged to the tree of the workload's own flavor during a cycle (``add``, ``remove``, ``charge``), but to
    all trees over the same nodes when a workload is admitted or gone for good (``hold``, ``release``; R20.9).
    """

    def __init__(self, policy: Policy, settings: Settings, nodes: Iterable[Node], node_pods: Iterable[NodePod]) -> None:
        self._policy = policy
        mixed, balanced = settings.gate("TASProfileMixed"), settings.gate("TASBalancedPlacement")
        self._profile = Profile(mixed, balanced, settings.release.tells_exclusions, settings.release.best_fit_topology)
        self._preferences = settings.gate("TASRespectNodeAffinityPreferred")
        self._library = settings.gate("SchedulerLibraryIntegration")
        self._overlapping = settings.gate("TASHandleOverlappingFlavors")
        self.elastic = settings.gate("ElasticJobsViaWorkloadSlicesWithTAS")
        self.flavors: dict[str, FlavorTopology] = {}
        self.rebuild(nodes, node_pods, ())

    def rebuild(self, nodes: Iterable[Node], node_pods: Iterable[NodePod], holding: Iterable[Reservation]) -> None:
        """Take the nodes as they are now, and account anew for everything that holds quota."""
        nodes, node_pods = tuple(nodes), tuple(node_pods)
        topologies = {topology.name: topology for topology in self._policy.topologies}
        self.flavors = {
            flavor.name: FlavorTopology(
                flavor,
                topologies[flavor.topology_name],
                nodes,
                node_pods,
                self._profile,
                self._preferences,
                self._library,
            )
            for flavor in sorted(self._policy.flavors, key=lambda one: one.name)
            if flavor.topology_name is not None and flavor.topology_name in topologies
        }
        for reservation in holding:
            self.hold(reservation)

    # -- account ------------------------------------------------------------------------------------------

    def add(self, reservation: Reservation) -> None:
        self.charge(reservation.topology_usage, +1)

    def remove(self, reservation: Reservation) -> None:
        self.charge(reservation.topology_usage, -1)

    def charge(self, usage: Sequence[TopologyUsage], sign: int) -> None:
        """Charge pods to their own flavors for the rest of the cycle; ``sign`` −1 undoes it (R20.50)."""
        for one in usage:
            flavor = self.flavors.get(one.flavor)
            if flavor is not None:
                flavor.charge(one.values, one.requests, sign * one.count)

    def hold(self, reservation: Reservation) -> None:
        """The workload's pods count from now on, in every flavor over their nodes (R20.8–R20.9)."""
        self._hold(reservation, +1)

    def release(self, reservation: Reservation) -> None:
        """Undo ``hold``."""
        self._hold(reservation, -1)

    def _hold(self, reservation: Reservation, sign: int) -> None:
        for one in reservation.topology_usage:
            own = self.flavors.get(one.flavor)
            if own is None:
                continue
            own.charge(one.values, one.requests, sign * one.count)
            for other in self.overlapping(own):
                other.charge(one.values, one.requests, sign * one.count)

    def flavors_over(self, node: str) -> list[str]:
        """The flavors in whose topology the node is, by name."""
        return [name for name, flavor in self.flavors.items() if node in flavor.tree.leaf_of_node]

    def take_from_node(self, node: str, requests: Mapping[str, int], count: int) -> bool:
        """Pods that are not placed by topology come to a node, or leave it; whether any flavor has the node (R20.6)."""
        amounts = tuple(sorted(requests.items()))
        return any([flavor.take_from_node(node, amounts, count) for flavor in self.flavors.values()])

    def overlapping(self, flavor: FlavorTopology) -> list[FlavorTopology]:
        """The other flavors in which pods of this one count too, because nodes are the same (R20.9)."""
        if not self._overlapping or not flavor.tree.by_hostname:
            return []
        return [other for other in self.flavors.values() if other is not flavor and other.tree.by_hostname]

    def fits(self, usage: Sequence[TopologyUsage]) -> bool:
        """Whether each of these domains has room for its pods, one at a time. Implements R20.51."""
        return all(self.flavors[one.flavor].fits(one.values, one.requests, one.count) for one in usage)

    # -- places -------------------------------------------------------------------------------------------

    def find(
        self, demands: Sequence[Demand], unused: bool = False, repair: Repair | None = None, explained: bool = True
    ) -> Found:
        """Places for all pod sets of a workload, those of one group together. Implements R20.19.

        ``unused``: as if nothing placed by topology-aware scheduling were there (R20.17). Without ``explained`` a
        failure may lack its reason.
        """
        search = _Search(self, unused, explained, repair, len(demands) > 1)
        try:
            for name in sorted({demand.flavor for demand in demands}):
                for group in _groups([demand for demand in demands if demand.flavor == name]):
                    reason = search.place_group(self.flavors[name], group)
                    if reason:
                        search.found.failure = search.found.failure or Failure(group[0].pod_set.name, name, reason)
                        break
        finally:
            search.forget()
        return search.found


class _Search:
    """The search for places of one workload: what it found so far, and assumes to be taken from then on."""

    def __init__(
        self, topologies: Topologies, unused: bool, explained: bool, repair: Repair | None, several: bool
    ) -> None:
        self.found = Found()
        self._topologies = topologies
        self._unused = unused
        self._explained = explained
        self._repair = repair
        self._several = several
        self._assumed: list[tuple[FlavorTopology, Demand, TopologyAssignment]] = []

    def place_group(self, flavor: FlavorTopology, group: Sequence[Demand]) -> str:
        """Places for one group, charged for those that follow; why there are none, or ""."""
        if self._repair is not None:
            return self._repair_group(flavor, group, self._repair)
        workers, leader = _roles(group)
        placed = self._place(flavor, workers, leader)
        if isinstance(placed, str):
            return placed
        self._take(flavor, workers, placed.workers)
        if leader is not None and placed.leader is not None:
            self._take(flavor, leader, placed.leader)
        return ""

    def _place(self, flavor: FlavorTopology, workers: Demand, leader: Demand | None) -> Resized | str:
        if self._topologies.elastic:
            resized = resize(flavor, workers, leader, self._unused)
            if resized is not None:
                return resized
        placed = flavor.find(workers, leader, self._unused, explained=self._explained)
        if isinstance(placed, str):
            return placed
        host = None if leader is None else flavor.assignment(placed.leader)
        return Resized(flavor.assignment(placed.workers), host)

    def _repair_group(self, flavor: FlavorTopology, group: Sequence[Demand], repair: Repair) -> str:
        for demand in group:
            old = repair.assignments.get(demand.pod_set.name)
            if old is None:
                continue
            if repair.stays:
                self.found.assignments[demand.pod_set.name] = old
                continue
            new = replace_node(flavor, demand, repair.node, old)
            if isinstance(new, str):
                return new
            self._take(flavor, demand, new.moved)
            self.found.assignments[demand.pod_set.name] = new.whole
        return ""

    def _take(self, flavor: FlavorTopology, demand: Demand, assignment: TopologyAssignment) -> None:
        self.found.assignments[demand.pod_set.name] = assignment
        if self._several:
            for one in (flavor, *self._topologies.overlapping(flavor)):
                one.charge_assignment(demand, assignment, +1, self._unused)
                self._assumed.append((one, demand, assignment))

    def forget(self) -> None:
        """Give back what was assumed to be taken."""
        for flavor, demand, assignment in self._assumed:
            flavor.charge_assignment(demand, assignment, -1, self._unused)


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
