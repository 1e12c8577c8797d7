"""How fair was it? Weighted shares over time, and Jain's index over the whole run and over windows of it."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kueue_sim.policy.quota.quota_tree import QuotaForest, QuotaNode
from kueue_sim.results.quota.quota_over_time import Era, Slot, Window
from kueue_sim.results.step_functions.steps import Ints, Steps, union

Floats = NDArray[np.float64]
_ZERO = Steps.constant(0)
_DAY, _HOUR = 86_400_000, 3_600_000


@dataclass(frozen=True, slots=True)
class Shares:
    """Weighted share of a ClusterQueue from ``times[i]`` (milliseconds) on; infinite for a zero-weight borrower."""

    times: Ints
    values: Floats

    def mean(self, start_ms: int, end_ms: int) -> float:
        """Average over time from ``start_ms`` up to ``end_ms``."""
        widths, values = self._between(start_ms, end_ms)
        return float(np.dot(values, widths) / (end_ms - start_ms)) if len(values) else 0.0

    def most(self, start_ms: int, end_ms: int) -> float:
        """The highest value from ``start_ms`` up to ``end_ms``."""
        return float(self._between(start_ms, end_ms)[1].max(initial=0.0))

    def _between(self, start_ms: int, end_ms: int) -> tuple[Ints, Floats]:
        """For how long, in milliseconds, it had which value, one after the other."""
        ends = np.append(self.times[1:], max(end_ms, self.times[-1]))
        widths = np.clip(ends, start_ms, end_ms) - np.clip(self.times, start_ms, end_ms)
        return widths[widths > 0], self.values[widths > 0]


def weighted_shares(periods: list[Era], held: dict[Slot, Steps]) -> dict[str, Shares]:
    """The weighted share of every ClusterQueue (R11.4–R11.11), from what it held over time; 0 without a cohort."""
    found: dict[str, list[Shares]] = {}
    for era in periods:
        forest = QuotaForest(era.policy)
        for name, node in forest.queues.items():
            found.setdefault(name, []).append(_share(era, forest, node, held))
    return {
        name: Shares(np.concatenate([p.times for p in parts]), np.concatenate([p.values for p in parts]))
        for name, parts in found.items()
    }


def _share(era: Era, forest: QuotaForest, node: QuotaNode, held: dict[Slot, Steps]) -> Shares:
    if node.parent is None:
        return Shares(np.array([era.start_ms], dtype=np.int64), np.zeros(1))
    slots = {forest.pairs[slot]: slot for slot in node.slots}
    used = {pair: held.get((node.name, *pair), _ZERO) for pair in slots}
    ends = np.array([era.start_ms], dtype=np.int64)
    times = union([ends, *(steps.times for steps in used.values())])
    times = times[(times >= era.start_ms) & (times < max(era.end_ms, era.start_ms + 1))]
    borrowed: dict[str, Floats] = {}
    for pair, slot in slots.items():
        over = np.maximum(used[pair].at(times) - node.subtree_quota[slot], 0).astype(np.float64)
        borrowed[pair[1]] = borrowed.get(pair[1], np.zeros(len(times))) + over
    ratio = np.zeros(len(times))
    for resource, amount in borrowed.items():
        base = sum(
            node.parent.potential_available[slot] for slot in node.root.slots if forest.pairs[slot][1] == resource
        )
        if base > 0:
            ratio = np.maximum(ratio, amount * 1000.0 / base)
    if node.weight:
        return Shares(times, ratio / node.weight)
    return Shares(times, np.where(ratio > 0, np.inf, 0.0))


@dataclass(frozen=True, slots=True)
class Fairness:
    """Jain's index over one window, in milliseconds. ``jain`` is None where nobody wanted anything.

    ``teams`` counts those with demand in the window: only they take part.
    """

    start_ms: int
    end_ms: int
    jain: float | None
    teams: int


def windows(end_ms: int, start_ms: int = 0) -> list[Window]:
    """Days of a time of at least two days, hours of at least two hours, else the whole; the last may be short."""
    span = max(end_ms - start_ms, 1)
    width = next((size for size in (_DAY, _HOUR) if span >= 2 * size), span)
    return [(start, min(start + width, end_ms)) for start in range(start_ms, start_ms + span, width)]


def jain(values: Iterable[float]) -> float | None:
    """(Σx)² ÷ (n·Σx²): 1 when all are equal, 1/n when one has everything, None without any."""
    numbers = list(values)
    squares = sum(value * value for value in numbers)
    return sum(numbers) ** 2 / (len(numbers) * squares) if squares else None


def fairness(
    held: dict[str, Steps], nominal: dict[str, Steps], pending: dict[str, Steps], spans: list[Window]
) -> list[Fairness]:
    """Jain's index of what teams held relative to their nominal quota, in each window.

    Teams count that had quota, and held something or had work pending in the window.
    """
    found = []
    for start, end in spans:
        shares = []
        for team, steps in nominal.items():
            quota = steps.between(start, end)
            used = held.get(team, _ZERO).between(start, end)
            if quota and (used or pending.get(team, _ZERO).between(start, end)):
                shares.append(used / quota)
        found.append(Fairness(start, end, jain(shares), len(shares)))
    return found
