"""How good is a node for a pod? The resource scores of kube-scheduler, 0 to 100 each (R21.13–R21.16)."""

from collections.abc import Callable, Mapping, Sequence
from math import floor, sqrt

from kueue_sim.policy.placement.nodes import NodeState
from kueue_sim.policy.placement.shapes import PodShape

TOP = 100
CPU_AND_MEMORY: Mapping[str, int] = {"cpu": 1, "memory": 1}
"""Weights of the default resource list: GPUs do not count (R21.15)."""

_NOTHING = tuple((resource, 0) for resource in CPU_AND_MEMORY)

Score = Callable[[NodeState], int]
OfResource = Callable[[int, int], int]
"""Score of one resource from what would be used of it, with this pod, and what there is (more than 0)."""


def least_allocated(used: int, capacity: int) -> int:
    """Free share in percent: spreads."""
    return (capacity - used) * TOP // capacity if used <= capacity else 0


def most_allocated(used: int, capacity: int) -> int:
    """Used share in percent: packs."""
    return min(used, capacity) * TOP // capacity


def requested_to_capacity(points: Sequence[tuple[int, int]]) -> OfResource:
    """Piecewise linear in the used share; ``points`` are (percent, score 0–10) with rising percent."""
    scaled = [(percent, score * 10) for percent, score in points]

    def score(used: int, capacity: int) -> int:
        percent = used * TOP // capacity if used <= capacity else TOP
        last = scaled[0]
        if percent <= last[0]:
            return last[1]
        for point in scaled[1:]:
            if percent <= point[0]:
                rise = (point[1] - last[1]) * (percent - last[0])
                return last[1] + _toward_zero(rise, point[0] - last[0])
            last = point
        return last[1]

    return score


def _toward_zero(number: int, divisor: int) -> int:
    return -(-number // divisor) if number < 0 else number // divisor


def resources_fit(shape: PodShape, weights: Mapping[str, int], of: OfResource, skip_zero: bool = False) -> Score:
    """NodeResourcesFit: the weighted mean of the resources' scores (R21.14, R21.15).

    Extended resources the pod does not request and resources a node does not have are left out. The mean is
    rounded down; with ``skip_zero`` scores of 0 are left out too and it is rounded to nearest.
    """
    counted = [
        (resource, shape.counted.get(resource) or shape.request(resource), weight)
        for resource, weight in weights.items()
        if "/" not in resource or shape.request(resource)
    ]

    def score(node: NodeState) -> int:
        total = weight_sum = 0
        for resource, amount, weight in counted:
            capacity = node.allocatable.get(resource, 0)
            if capacity <= 0:
                continue
            used = node.counted[resource] if resource in node.counted else node.used(resource)
            value = of(used + amount, capacity)
            if value or not skip_zero:
                total += value * weight
                weight_sum += weight
        if not weight_sum:
            return 0
        return floor(total / weight_sum + 0.5) if skip_zero else total // weight_sum

    return score


def balance(fractions: Sequence[float]) -> int:
    """How even the used fractions of resources are: 100 when all are equal (R21.16)."""
    if len(fractions) < 2:
        return TOP
    if len(fractions) == 2:
        deviation = abs(fractions[0] - fractions[1]) / 2
    else:
        mean = sum(fractions) / len(fractions)
        deviation = sqrt(sum((fraction - mean) ** 2 for fraction in fractions) / len(fractions))
    return int((1 - deviation) * TOP)


def balanced_allocation(shape: PodShape, classic: bool = False) -> Score:
    """NodeResourcesBalancedAllocation over cpu and memory (R21.16): how even their use is with the pod, or by how
    much the pod evens it out (since 1.36). 0 for pods that request neither."""
    requests = [(resource, shape.request(resource)) for resource in CPU_AND_MEMORY]
    if not any(amount for _, amount in requests):
        return lambda node: 0

    def score(node: NodeState) -> int:
        after = balance(_used_fractions(node, requests))
        if classic:
            return after
        if node.balance is None:
            node.balance = balance(_used_fractions(node, _NOTHING))
        return 50 + _toward_zero(50 + after - node.balance, 2)

    return score


def _used_fractions(node: NodeState, more: Sequence[tuple[str, int]]) -> list[float]:
    """Used share of each resource the node has, with these amounts on top, at most 1."""
    fractions = []
    for resource, amount in more:
        capacity = node.allocatable.get(resource, 0)
        if capacity > 0:
            used = capacity - node.free[resource] + amount
            fractions.append(used / capacity if used < capacity else 1.0)
    return fractions
