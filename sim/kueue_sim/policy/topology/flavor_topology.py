"""One topology-aware flavor: its domains, what is free in them, and placements within it."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from kueue_sim.model import (
    Node,
    NodePod,
    PodSet,
    PodSetUpdate,
    ResourceFlavor,
    Topology,
    TopologyAssignment,
    TopologyDomain,
    TopologyRequest,
)
from kueue_sim.policy.topology.counts import Counts, Shape
from kueue_sim.policy.topology.descent import MIXED, Placement, Profile, Shortage, place
from kueue_sim.policy.topology.domains import Capacity, DomainTree, Path, Requests, nodes_of_flavor
from kueue_sim.policy.topology.messages import exclusions, explain
from kueue_sim.policy.topology.most_free import place_by_room
from kueue_sim.policy.topology.node_filter import Match, NodeFilter, match
from kueue_sim.policy.topology.request import Parameters, resolve
from kueue_sim.policy.workloads.pod_updates import conflict, updated


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """A pod set to be placed in a flavor (R20.18). ``implied``: it uses topology only because all flavors do.

    ``previous`` is the assignment of the slice that an elastic workload replaces; ``updates`` what admission checks
    add to the pods.
    """

    pod_set: PodSet
    count: int
    flavor: str
    implied: bool = False
    previous: TopologyAssignment | None = None
    updates: tuple[PodSetUpdate, ...] = ()


def pod_requests(pod_set: PodSet) -> Requests:
    """What one pod takes from a node (R20.8), by resource name."""
    return tuple(sorted(pod_set.placement_requests.items()))


class FlavorTopology:
    """Answers where pods fit in one flavor. ``remaining`` is what is free now; ``unused`` what would be free without
    any pod placed by topology-aware scheduling (R20.6, R20.11)."""

    KEPT_LEAVES = 1 << 18
    """Counts are kept for so many leaves altogether, and for sixteen shapes of request at least."""
    KEPT_ANSWERS = 1024

    def __init__(
        self,
        flavor: ResourceFlavor,
        topology: Topology,
        nodes: Iterable[Node],
        node_pods: Iterable[NodePod],
        profile: Profile = MIXED,
        preferences: bool = False,
        library: bool = False,
    ) -> None:
        """``preferences`` is gate TASRespectNodeAffinityPreferred, ``library`` SchedulerLibraryIntegration."""
        self.flavor = flavor
        self.topology = topology
        self._profile = profile
        self._preferences = preferences
        self._library = library
        mine = nodes_of_flavor(flavor.node_labels, topology.levels, nodes, library)
        self.tree = DomainTree(topology.levels, mine)
        self.remaining = Capacity(self.tree.allocatable(mine), self.tree.size)
        self.unused = Capacity(self.tree.allocatable(mine), self.tree.size)
        for pod in node_pods:
            self.take_from_node(pod.node, tuple(sorted(pod.requests.items())), 1)
        self._counts: dict[tuple[Shape, bool], Counts] = {}
        self._answers: dict[Hashable, tuple[tuple[int, int], Placement | Shortage]] = {}
        self._matches: dict[NodeFilter | None, Match] = {None: Match(frozenset(), (), None)}
        self._parameters: dict[tuple[TopologyRequest | None, bool], Parameters | str] = {}

    def take_from_node(self, node: str, requests: Requests, count: int) -> bool:
        """Pods of others come to a node (``count`` negative: leave it); False when it is not ours. Implements R20.6."""
        leaf = self.tree.leaf_of_node.get(node)
        if leaf is None:
            return False
        self.remaining.take(leaf, requests, count)
        self.unused.take(leaf, requests, count)
        return True

    def charge(self, values: Path, requests: Requests, count: int, unused: bool = False) -> None:
        """Account for ``count`` placed pods; domains that do not exist (any more) are skipped (R20.8)."""
        leaf = self.tree.leaf_of.get(values)
        if leaf is not None:
            (self.unused if unused else self.remaining).take(leaf, requests, count)

    def charge_assignment(self, demand: Demand, assignment: TopologyAssignment, sign: int, unused: bool) -> None:
        """Account for the pods of a whole assignment, or undo it with ``sign`` −1."""
        requests = pod_requests(demand.pod_set)
        for domain in assignment.domains:
            self.charge(domain.values, requests, sign * domain.count, unused)

    def fits(self, values: Path, requests: Requests, count: int) -> bool:
        """Whether the domain exists and has room for these pods (R20.51)."""
        leaf = self.tree.leaf_of.get(values)
        return leaf is not None and self.remaining.fits(leaf, requests, count)

    def parameters(self, request: TopologyRequest | None, implied: bool) -> Parameters | str:
        """The request in terms of this topology's levels, or why it makes no sense here."""
        key = (request, implied)
        known = self._parameters.get(key)
        if known is None:
            known = self._parameters[key] = resolve(request, self.tree.levels, implied)
        return known

    def find(
        self,
        workers: Demand,
        leader: Demand | None,
        unused: bool = False,
        region: range | None = None,
        explained: bool = True,
    ) -> Placement | str:
        """A place for the workers and their leader, or why there is none. Implements R20.22–R20.36.

        ``unused``: as if no topology-aware pod were there. ``region``: leaves that may be used, None for all.
        Without ``explained`` the reason is left out, which is quicker.
        """
        parameters = self.parameters(workers.pod_set.topology, workers.implied)
        if isinstance(parameters, str):
            return parameters
        if demand_conflict := conflict(workers.pod_set, workers.updates):
            return demand_conflict
        if not self.tree.size:
            return f"no topology domains at level: {self.tree.levels[parameters.level]}"
        shape = Shape(
            pod_requests(workers.pod_set),
            None if leader is None else pod_requests(leader.pod_set),
            parameters.grouping,
            self._filter(workers),
        )
        found = self._placed(shape, parameters, workers.count, unused, region)
        if isinstance(found, Placement):
            return found
        if not explained:
            return "no place"
        counts = self._count(shape, unused, region)
        told = explain(self.topology.name, found, workers.count, parameters, counts)
        return told + (exclusions(counts) if self._profile.explains else "")

    def _placed(
        self, shape: Shape, parameters: Parameters, count: int, unused: bool, region: range | None
    ) -> Placement | Shortage:
        """The answer given before where nothing has changed since, else a new one."""
        version = (self.unused if unused else self.remaining).version
        key = (shape, parameters, count, unused, region)
        known = self._answers.get(key)
        if known is not None and known[0] == version:
            return known[1]
        if len(self._answers) >= self.KEPT_ANSWERS:
            self._answers.clear()
        counts = self._count(shape, unused, region)
        if self._profile.best_fit:
            found = place(counts, parameters, count, self._profile)
        else:
            found = place_by_room(counts, parameters, count)
        self._answers[key] = (version, found)
        return found

    def _filter(self, demand: Demand) -> NodeFilter | None:
        """What the pods demand of a node; None when no node can be ruled out (R20.20)."""
        if not self.tree.by_hostname:
            return None
        pods = demand.pod_set if self._library else updated(demand.pod_set, demand.updates)
        tolerations = pods.tolerations if self._library else (*pods.tolerations, *self.flavor.tolerations)
        selector = pods.node_selector
        preferred = pods.preferred_affinity if self._preferences else ()
        return NodeFilter(
            tolerations, tuple(sorted(selector.items())), pods.required_affinity, preferred, self._library
        )

    def _count(self, shape: Shape, unused: bool, region: range | None) -> Counts:
        key = (shape, unused)
        known = self._counts.get(key) if region is None else None
        if known is not None:
            known.refresh()
            return known
        found = self._matches.get(shape.filter)
        if found is None:
            assert shape.filter is not None
            found = self._matches[shape.filter] = match(self.tree, shape.filter)
        capacity = self.unused if unused else self.remaining
        counts = Counts(self.tree, shape, found, capacity, region)
        if region is None:
            if len(self._counts) >= max(16, self.KEPT_LEAVES // self.tree.size):
                del self._counts[next(iter(self._counts))]
            self._counts[key] = counts
        return counts

    def assignment(self, pods: Sequence[tuple[int, int]]) -> TopologyAssignment:
        """Pods per leaf as Kueue writes them (R20.34)."""
        domains = tuple(TopologyDomain(self.tree.values(leaf), count) for leaf, count in pods)
        return TopologyAssignment(self.tree.assigned_levels, domains)

    def missing(self, assignment: TopologyAssignment) -> str | None:
        """The first label value of a domain of the assignment that no longer exists, None when all do."""
        return next((one.values[0] for one in assignment.domains if one.values not in self.tree.leaf_of), None)

    def merged(self, a: TopologyAssignment, b: TopologyAssignment) -> TopologyAssignment:
        """Both together, counts on the same leaf added, in path order."""
        pods: dict[int, int] = {}
        for domain in (*a.domains, *b.domains):
            leaf = self.tree.leaf_of[domain.values]
            pods[leaf] = pods.get(leaf, 0) + domain.count
        return self.assignment(sorted(pods.items()))
