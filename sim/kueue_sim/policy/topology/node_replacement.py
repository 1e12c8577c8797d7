"""Moving the pods of a failed node elsewhere while the workload runs on (R20.62–R20.72)."""

from dataclasses import dataclass, replace

from kueue_sim.model import SliceLayer, TopologyAssignment
from kueue_sim.policy.topology.domains import DomainTree
from kueue_sim.policy.topology.flavor_topology import Demand, FlavorTopology
from kueue_sim.policy.topology.request import main_level


@dataclass(frozen=True, slots=True)
class Replacement:
    """The new assignment of the pod set, and the part of it that is new."""

    whole: TopologyAssignment
    moved: TopologyAssignment


def replace_node(flavor: FlavorTopology, demand: Demand, node: str, old: TopologyAssignment) -> Replacement | str:
    """Place anew the pods that were on ``node``, or say why that cannot be. Implements R20.63."""
    count = sum(domain.count for domain in old.domains if domain.values[-1] == node)
    kept = replace(old, domains=tuple(domain for domain in old.domains if domain.values[-1] != node))
    stale = flavor.missing(kept)
    if stale is not None:
        return (
            "Cannot replace the node, because the existing topologyAssignment is invalid, "
            f"as it contains the stale domain {stale}"
        )
    region = _region(flavor.tree, demand, kept, count)
    request = demand.pod_set.topology
    layers = request.slice_layers if request is not None else ()
    if request is not None and layers and region is not None and count % layers[0].size:
        whole = next(((one,) for one in reversed(layers) if count % one.size == 0), ())
        demand = replace(demand, pod_set=replace(demand.pod_set, topology=replace(request, slice_layers=whole)))
    placed = flavor.find(replace(demand, count=count), None, region=region)
    if isinstance(placed, str):
        return placed
    if not placed.workers:
        return f"cannot find replacement assignment for unhealthy node: {node}"
    moved = flavor.assignment(placed.workers)
    return Replacement(flavor.merged(moved, kept), moved)


def _region(tree: DomainTree, demand: Demand, kept: TopologyAssignment, count: int) -> range | None:
    """The leaves among which the replacement must be found, None for all. Implements R20.63.3."""
    request = demand.pod_set.topology
    level = main_level(request, tree.levels, demand.implied)
    if level is None or level not in tree.levels or not kept.domains:
        return None
    layers = request.slice_layers if request is not None else ()
    if layers and count % layers[0].size:
        broken = next(one for one in reversed(layers) if count % one.size)
        return _incomplete_slice(tree, kept, count, broken)
    if request is None or request.required is None:
        return None
    depth = tree.levels.index(level)
    return _leaves(tree, depth, tree.ancestor(tree.leaf_of[kept.domains[0].values], depth))


def _incomplete_slice(tree: DomainTree, kept: TopologyAssignment, count: int, layer: SliceLayer) -> range | None:
    """The first domain, in path order, whose slices the replacement would complete."""
    if layer.level not in tree.levels:
        return None
    depth = tree.levels.index(layer.level)
    pods: dict[int, int] = {}
    for domain in kept.domains:
        one = tree.ancestor(tree.leaf_of[domain.values], depth)
        pods[one] = pods.get(one, 0) + domain.count
    found = next((one for one in sorted(pods) if (pods[one] + count) % layer.size == 0), None)
    return None if found is None else _leaves(tree, depth, found)


def _leaves(tree: DomainTree, level: int, domain: int) -> range:
    first, end = domain, domain + 1
    for depth in range(level, tree.lowest):
        starts = tree.first_child[depth]
        first, end = starts[first], starts[end]
    return range(first, end)
