"""Which of the feasible nodes is best? The named policies (R21.37)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kueue_sim.model import Placement
from kueue_sim.policy.placement.nodes import NodeState
from kueue_sim.policy.placement.scores import (
    CPU_AND_MEMORY,
    OfResource,
    balanced_allocation,
    least_allocated,
    most_allocated,
    requested_to_capacity,
    resources_fit,
)
from kueue_sim.policy.placement.shapes import PodShape

Key = Callable[[NodeState], int]
"""How far a node is from the best for one shape of pods: the least key wins."""


@dataclass(frozen=True, slots=True)
class Preference:
    """A policy. ``scoring``: keys are negative scores, to which those of soft taints and preferred affinity are
    added. Nodes with equal keys: one at random, else the first by name, or by the scenario's order."""

    key: Callable[[PodShape], Key]
    scoring: bool = False
    random_ties: bool = False
    by_name: bool = True


def preference(placement: Placement) -> Preference:
    """The preference that a scenario's placement names."""
    ties = placement.random_ties
    match placement.policy:
        case "LeastAllocated" | "none":
            return Preference(_scores(placement, least_allocated, CPU_AND_MEMORY), True, ties)
        case "MostAllocated":
            return Preference(_scores(placement, most_allocated, {}), True, ties)
        case "RequestedToCapacityRatio":
            curve = requested_to_capacity(placement.curve)
            return Preference(_scores(placement, curve, {}, skip_zero=True), True, ties)
        case "GpuSpread":
            return Preference(_most_free, False, ties)
        case "GpuPack":
            return Preference(_least_free, False, ties)
        case "FirstFit":
            return Preference(_indifferent, by_name=False)
        case "Random":
            return Preference(_indifferent, random_ties=True)


def _scores(
    placement: Placement, of: OfResource, weights: Mapping[str, int], skip_zero: bool = False
) -> Callable[[PodShape], Key]:
    """NodeResourcesFit plus NodeResourcesBalancedAllocation; without weights the accelerator alone counts."""

    def key(shape: PodShape) -> Key:
        chosen = placement.weights or weights or {shape.accelerator: 1}
        fit = resources_fit(shape, chosen, of, skip_zero)
        balance = balanced_allocation(shape, placement.balanced == "classic")
        return lambda node: -fit(node) - balance(node)

    return key


def _most_free(shape: PodShape) -> Key:
    resource = shape.accelerator
    return lambda node: -node.free.get(resource, 0)


def _least_free(shape: PodShape) -> Key:
    resource = shape.accelerator
    return lambda node: node.free.get(resource, 0)


def _indifferent(shape: PodShape) -> Key:
    return lambda node: 0
