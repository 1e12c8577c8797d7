"""Who lent to whom: borrowed accelerator time, attributed to the lenders.

Kueue knows that a queue borrows, not from whom. Convention: at every instant, what is borrowed comes from the
nearest cohort that has unused lendable quota, from its lenders in proportion to what each could lend (a cohort
with quota of its own is a lender too). The amounts are exact per instant, the split is this convention.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kueue_sim.model import ClusterQueue, Cohort, Policy
from kueue_sim.results.quota.quota_over_time import Era, Slot, quotas
from kueue_sim.results.step_functions.steps import Ints, Steps, union

Floats = NDArray[np.float64]
Pair = tuple[str, str]
"""Lender, borrower."""
_CHUNK = 100_000


@dataclass(slots=True)
class _Side:
    """What of a subtree is still unsettled: by name, an amount per instant."""

    lack: dict[str, Floats]
    spare: dict[str, Floats]


def lent(periods: list[Era], held: dict[Slot, Steps], resource: str) -> dict[Pair, float]:
    """Unit-milliseconds of ``resource`` by (lender, borrower) over all flavors; only pairs above zero."""
    pairs: dict[Pair, float] = {}
    for era in periods:
        for flavor in sorted({slot[1] for slot in held if slot[2] == resource}):
            _Settlement(era, flavor, resource, held).add_to(pairs)
    return dict(sorted((pair, amount) for pair, amount in pairs.items() if amount > 0))


class _Settlement:
    """One flavor under one policy."""

    def __init__(self, era: Era, flavor: str, resource: str, held: dict[Slot, Steps]) -> None:
        self._era = era
        self._flavor = flavor
        self._resource = resource
        self._held = held
        self._children = _children(era.policy)
        self._pairs: dict[Pair, float] = {}

    def add_to(self, pairs: dict[Pair, float]) -> None:
        self._pairs = pairs
        parents = {cohort.name: cohort.parent for cohort in self._era.policy.cohorts}
        for root in sorted(name for name in self._children if not parents.get(name)):
            times = self._times(root)
            for first in range(0, len(times) - 1, _CHUNK):
                part = times[first : first + _CHUNK + 1]
                self._settle(root, part[:-1], np.diff(part).astype(np.float64))

    def _times(self, root: str) -> Ints:
        """All instants inside the era at which a queue of the tree changed, and both ends."""
        ends = np.array([self._era.start_ms, self._era.end_ms], dtype=np.int64)
        steps = [self._held.get((name, self._flavor, self._resource)) for name in self._queues(root)]
        times = union([ends, *(step.times for step in steps if step is not None)])
        inside: Ints = times[(times >= ends[0]) & (times <= ends[1])]
        return inside

    def _queues(self, name: str) -> list[str]:
        found: list[str] = []
        for child in self._children[name]:
            found += [child.name] if isinstance(child, ClusterQueue) else self._queues(child.name)
        return found

    def _settle(self, name: str, times: Ints, widths: Floats) -> _Side:
        """Match lack and spare inside cohort ``name``; returns what is left for its parent."""
        side = _Side({}, {})
        for child in self._children[name]:
            part = (
                self._leaf(child, times) if isinstance(child, ClusterQueue) else self._settle(child.name, times, widths)
            )
            side.lack |= part.lack
            side.spare |= part.spare
        own = next((cohort for cohort in self._era.policy.cohorts if cohort.name == name), Cohort(name))
        nominal, limit = self._quota(own)
        if nominal:
            side.spare[name] = np.full(len(times), float(nominal))
        self._match(side, widths)
        _limit(side, limit)
        return side

    def _leaf(self, queue: ClusterQueue, times: Ints) -> _Side:
        nominal, limit = self._quota(queue)
        steps = self._held.get((queue.name, self._flavor, self._resource), Steps.constant(0))
        free = (nominal - steps.at(times)).astype(np.float64)
        side = _Side({queue.name: np.maximum(-free, 0)}, {queue.name: np.maximum(free, 0)})
        _limit(side, limit)
        return side

    def _quota(self, item: ClusterQueue | Cohort) -> tuple[int, int | None]:
        for flavor, resource, quota in quotas(item):
            if flavor == self._flavor and resource == self._resource:
                return quota.nominal, quota.lending_limit
        return 0, None

    def _match(self, side: _Side, widths: Floats) -> None:
        if not side.lack or not side.spare:
            return
        lack, spare = np.array(list(side.lack.values())), np.array(list(side.spare.values()))
        total_lack, total_spare = lack.sum(axis=0), spare.sum(axis=0)
        matched = np.minimum(total_lack, total_spare)
        lack_part = lack / np.where(total_lack > 0, total_lack, 1)
        spare_part = spare / np.where(total_spare > 0, total_spare, 1)
        amounts = (spare_part * (matched * widths)) @ lack_part.T
        for row, lender in enumerate(side.spare):
            for column, borrower in enumerate(side.lack):
                pair = (lender, borrower)
                self._pairs[pair] = self._pairs.get(pair, 0.0) + float(amounts[row, column])
        side.lack = dict(zip(side.lack, lack - lack_part * matched, strict=True))
        side.spare = dict(zip(side.spare, spare - spare_part * matched, strict=True))


def _limit(side: _Side, limit: int | None) -> None:
    """Cut what a node lends outwards down to its lending limit, in proportion."""
    if limit is None or not side.spare:
        return
    total = np.sum(list(side.spare.values()), axis=0)
    factor = np.minimum(1.0, limit / np.where(total > 0, total, 1))
    side.spare = {name: amount * factor for name, amount in side.spare.items()}


def _children(policy: Policy) -> dict[str, list[ClusterQueue | Cohort]]:
    """Members of every cohort, also of those that exist only by being named."""
    found: dict[str, list[ClusterQueue | Cohort]] = {cohort.name: [] for cohort in policy.cohorts}
    for cohort in policy.cohorts:
        if cohort.parent:
            found.setdefault(cohort.parent, []).append(cohort)
    for queue in policy.cluster_queues:
        if queue.cohort:
            found.setdefault(queue.cohort, []).append(queue)
    return found
