"""What does a topology request ask for, in terms of one topology's levels? Implements R20.16."""

from collections.abc import Sequence
from dataclasses import dataclass

from kueue_sim.model import SliceLayer, TopologyRequest
from kueue_sim.policy.topology.counts import Grouping


@dataclass(frozen=True, slots=True)
class Layer:
    """One of several slice layers: the index and label of its level, and the pods of a group."""

    level: int
    label: str
    size: int


@dataclass(frozen=True, slots=True)
class Parameters:
    """A request in terms of level indices. ``free``: any leaves will do; ``strict``: one domain of ``level`` or none.

    ``layers`` is filled only when there are at least two.
    """

    level: int
    grouping: Grouping
    strict: bool
    free: bool
    layers: tuple[Layer, ...] = ()


def main_level(request: TopologyRequest | None, levels: Sequence[str], implied: bool) -> str | None:
    """The level at which a place is sought first; None when the request names none."""
    if request is not None:
        if request.required is not None:
            return request.required
        if request.preferred is not None:
            return request.preferred
        if request.slice_layers:
            return levels[0]
        if request.unconstrained:
            return levels[-1]
    return levels[-1] if implied else None


def has_levels(request: TopologyRequest, levels: Sequence[str]) -> bool:
    """Whether a topology has all the levels that an explicit request names (R20.14)."""
    wanted = main_level(request, levels, False)
    return wanted is not None and wanted in levels and all(layer.level in levels for layer in request.slice_layers)


def resolve(request: TopologyRequest | None, levels: Sequence[str], implied: bool) -> Parameters | str:
    """The parameters, or why they make no sense in this topology."""
    layers = request.slice_layers if request is not None else ()
    size = layers[0].size if layers else 1
    if size <= 0:
        return "slice topology requested, but slice size not provided"
    label = main_level(request, levels, implied)
    if label is None:
        return "topology level not specified"
    if label not in levels:
        return f"no requested topology level: {label}"
    slice_label = layers[0].level if layers else levels[-1]
    if slice_label not in levels:
        return f"no requested topology level for slices: {slice_label}"
    level, slice_level = levels.index(label), levels.index(slice_label)
    if level > slice_level:
        return f"podset slice topology {slice_label} is above the podset topology {label}"
    inner = _inner_sizes(layers, levels, slice_level)
    if isinstance(inner, str):
        return inner
    required = request is not None and request.required is not None
    preferred = request is not None and request.preferred is not None
    unconstrained = request is not None and bool(request.unconstrained)
    free = unconstrained or implied or (bool(layers) and not required and not preferred)
    named = tuple(Layer(levels.index(one.level), one.level, one.size) for one in layers) if inner else ()
    return Parameters(level, Grouping(slice_level, size, inner), required, free, named)


def _inner_sizes(
    layers: Sequence[SliceLayer], levels: Sequence[str], slice_level: int
) -> tuple[tuple[int, int], ...] | str:
    """The size of the groups at every level below the outermost slices, down to the innermost layer."""
    found: list[tuple[int, int]] = []
    above, size = slice_level, layers[0].size if layers else 1
    for layer in layers[1:]:
        if layer.level not in levels:
            return f"no requested topology level for additional slice layer: {layer.level}"
        level = levels.index(layer.level)
        if level <= above:
            return f"additional slice layer topology {layer.level} must be at a lower level than {levels[above]}"
        if size % layer.size:
            return f"additional slice layer size {layer.size} must evenly divide parent layer size {size}"
        found += [(between, layer.size) for between in range(above + 1, level + 1)]
        above, size = level, layer.size
    return tuple(found)
