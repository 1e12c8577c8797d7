"""Why a placement failed, in Kueue's words (R20.85)."""

from kueue_sim.policy.topology.counts import Counts
from kueue_sim.policy.topology.descent import Shortage
from kueue_sim.policy.topology.node_filter import LIBRARY_NO_FIT
from kueue_sim.policy.topology.request import Parameters


def explain(name: str, shortage: Shortage, count: int, parameters: Parameters, counts: Counts) -> str:
    """Why topology ``name`` has no place for ``count`` pods, as things stand in the counts."""
    fitting = shortage.fitting
    if parameters.layers:
        return _by_layer(name, count, shortage.level, parameters, counts)
    size = parameters.grouping.size
    wanted = f"{count // size} {'pod' if size == 1 else 'slice'}(s)"
    if fitting == 0:
        return f'topology "{name}" doesn\'t allow to fit any of {wanted}'
    return f'topology "{name}" allows to fit only {fitting} out of {wanted}'


def _by_layer(name: str, count: int, level: int, parameters: Parameters, counts: Counts) -> str:
    slices = counts.slices[level]
    best = slices.index(max(slices))
    parts = [f'topology "{name}" doesn\'t allow to fit']
    for layer in parameters.layers:
        domains = range(best, best + 1)
        for depth in range(level, layer.level):
            starts = counts.tree.first_child[depth]
            domains = range(starts[domains.start], starts[domains.stop])
        fitting = sum(counts.pods[layer.level][domain] // layer.size for domain in domains)
        parts.append(f"{fitting}/{count // layer.size} slice(s) fit on level {layer.label}")
    return "; ".join(parts)


def exclusions(counts: Counts) -> str:
    """How many leaves are out of the question, by reason; nothing when none is but for kube-scheduler's plugins."""
    found = [f"{reason}: {number}" for reason, number in counts.match.reasons]
    found += [f'resource "{resource}": {number}' for resource, number in counts.tightest().items()]
    outside = counts.outside_region()
    if outside:
        found.append(f"topologyDomain: {outside}")
    if all(text.startswith(LIBRARY_NO_FIT) for text in found):
        return ""
    return f". Total nodes: {counts.tree.size}; excluded: {', '.join(sorted(found))}"
