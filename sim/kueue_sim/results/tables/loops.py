"""Loops of preemption: work that holds quota again as it did before, although it was evicted in between.

A round is closed when, within one cohort tree, the same workloads hold quota and are being evicted as at an earlier
preemption, and no work has come, ended, or been changed by anybody since. Rounds of the same workloads that follow
each other closely are one loop, whatever else happened meanwhile.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np

from kueue_sim.engine.facts import AT, BY, CODE, NONE, QUEUE, TYPE, WORKLOAD, Run
from kueue_sim.model import Policy
from kueue_sim.results.history.by_workload import Mask
from kueue_sim.results.history.history import History
from kueue_sim.results.quota.quota_over_time import hours
from kueue_sim.results.step_functions.steps import Ints
from kueue_sim.results.tables.evictions import Evictions

LEAST_ROUNDS = 3
"""Rounds from which on it is a loop."""
APART = 3
"""Rounds belong to one loop when no more than so many of their lengths lie between them."""
MOST_PAIRS = 3
"""Pairs of workloads that a loop names."""
_HOLDS = frozenset(CODE[name] for name in ("QuotaReserved", "Admitted"))
_EVICTED = frozenset(CODE[name] for name in ("Preempted", "Evicted"))
_FREES = frozenset(CODE[name] for name in ("Requeued", "Finished", "Deleted", "Deactivated"))
_FROM_OUTSIDE = frozenset(
    CODE[name] for name in ("Submitted", "Finished", "Deleted", "Deactivated", "Reactivated", "Resized", "Interrupted")
)
_EVERYWHERE = frozenset(CODE[name] for name in ("Node", "Policy"))
_PREEMPTED = CODE["Preempted"]


@dataclass(frozen=True, slots=True)
class Loop:
    """Workloads (keys, sorted) of these ClusterQueues that were evicted and admitted again ``rounds`` times between two
    instants. ``counted`` of the rounds were not played, because they were known to repeat. ``lost_hours`` are
    accelerator-hours of run time thrown away in its ``preemptions``, ``ending_hours`` those of quota that evicted work
    held until its pods were gone; ``reasons`` are Kueue's, sorted. ``for_ever``: nothing was going to end it, and so it
    ended the run. ``pairs``: who preempted whom and how often, the most frequent first, of many pairs those alone."""

    workloads: tuple[str, ...]
    cluster_queues: tuple[str, ...]
    from_ms: int
    to_ms: int
    rounds: int
    counted: int
    preemptions: int
    lost_hours: float
    ending_hours: float
    reasons: tuple[str, ...]
    for_ever: bool = False
    pairs: tuple[tuple[str, str, int], ...] = ()


@dataclass(slots=True)
class _Rounds:
    """Rounds of the same workloads (numbers), one soon after the other."""

    workloads: set[int]
    from_ms: int
    to_ms: int
    longest_ms: int
    number: int = 1

    def goes_on_with(self, other: "_Rounds") -> bool:
        """Whether the other is the same loop, going on."""
        apart = APART * max(self.longest_ms, other.longest_ms)
        return bool(self.workloads & other.workloads) and other.from_ms - self.to_ms <= apart

    def add(self, other: "_Rounds") -> None:
        self.workloads |= other.workloads
        self.to_ms, self.longest_ms = other.to_ms, max(self.longest_ms, other.longest_ms)
        self.number += other.number


@dataclass(slots=True)
class _Tree:
    """Who holds quota and who is evicted in one cohort tree, as a number that is equal for equal states."""

    state: int = 0
    seen: dict[int, tuple[int, int]] = field(default_factory=dict)
    preempted: list[tuple[int, int]] = field(default_factory=list)

    def forget(self) -> None:
        self.seen.clear()
        self.preempted.clear()

    def preemption(self, at_ms: int, victim: int, by: int) -> _Rounds | None:
        """Somebody is preempted; the round that this closes, if it does."""
        self.preempted.append((victim, by))
        before = self.seen.get(self.state)
        if before is None:
            self.seen[self.state] = (len(self.preempted), at_ms)
            return None
        since, from_ms = before
        workloads = {number for pair in self.preempted[since:] for number in pair}
        self.forget()
        self.seen[self.state] = (0, at_ms)
        return _Rounds(workloads, from_ms, at_ms, at_ms - from_ms)


def loops(policy: Policy, run: Run, evictions: Evictions, history: History) -> tuple[Loop, ...]:
    """All loops of a run, those that cost most first."""
    found: list[_Rounds] = []
    for one in _closed_rounds(policy, run, evictions):
        known = next((loop for loop in reversed(found) if loop.goes_on_with(one)), None)
        if known is None:
            found.append(one)
        else:
            known.add(one)
    often = [one for one in found if one.number >= LEAST_ROUNDS or _ends_the_run(one, run)]
    told = [_loop(one, run, evictions, history) for one in often]
    return tuple(sorted(told, key=lambda loop: (-loop.lost_hours, -loop.rounds, loop.from_ms, loop.workloads)))


def _closed_rounds(policy: Policy, run: Run, evictions: Evictions) -> Iterator[_Rounds]:
    """Every round, in the order in which they were closed."""
    often = len(evictions) and np.bincount(evictions.victim).max() >= LEAST_ROUNDS
    if not often and not run.counted:
        return
    facts = run.facts
    tree_of = _trees(policy, facts.queues)
    trees = {name: _Tree() for name in set(tree_of)}
    holding: dict[int, str] = {}
    evicted: set[int] = set()
    for row in facts.table[:, (AT, TYPE, WORKLOAD, QUEUE, BY)].tolist():
        at_ms, kind, workload, queue, by = row
        if kind in _EVERYWHERE:
            for tree in trees.values():
                tree.forget()
        if queue == NONE or workload == NONE:
            continue
        tree = trees[holding.get(workload) or tree_of[queue]]
        if kind in _FROM_OUTSIDE:
            tree.forget()
        if kind in _HOLDS and workload not in holding:
            holding[workload] = tree_of[queue]
            tree.state ^= _mark(workload, 0)
        elif kind in _EVICTED and workload in holding and workload not in evicted:
            evicted.add(workload)
            tree.state ^= _mark(workload, 1)
        elif kind in _FREES:
            tree.state ^= _mark(workload, 0) if holding.pop(workload, None) is not None else 0
            tree.state ^= _mark(workload, 1) if workload in evicted else 0
            evicted.discard(workload)
        closed = tree.preemption(at_ms, workload, by) if kind == _PREEMPTED else None
        if closed is not None:
            yield closed


def _mark(workload: int, what: int) -> int:
    """A number of 64 bits that no other workload has, and no sum of others by any likelihood."""
    return int.from_bytes(blake2b(b"%d %d" % (workload, what), digest_size=8).digest())


def _trees(policy: Policy, queues: Sequence[str]) -> list[str]:
    """The name of the cohort tree of each ClusterQueue, its own name where it has none."""
    parents: Mapping[str, str] = {cohort.name: cohort.parent or "" for cohort in policy.cohorts}
    own = {queue.name: queue.cohort or "" for queue in policy.cluster_queues}

    def root(name: str) -> str:
        cohort, passed = own.get(name, ""), {""}
        while parents.get(cohort) and cohort not in passed:
            passed.add(cohort)
            cohort = parents[cohort]
        return f"cohort {cohort}" if cohort else name

    return [root(name) for name in queues]


def _loop(rounds: _Rounds, run: Run, evictions: Evictions, history: History) -> Loop:
    numbers = np.fromiter(rounds.workloads, dtype=np.int64)
    within = (evictions.at >= rounds.from_ms) & (evictions.at <= rounds.to_ms)
    mine = within & evictions.preempted & np.isin(evictions.victim, numbers) & np.isin(evictions.by, numbers)
    queues = np.unique(np.concatenate([evictions.queue[mine], evictions.by_queue[mine]]))
    counted = [one for one in run.counted if rounds.from_ms <= one.from_ms <= rounds.to_ms]
    return Loop(
        tuple(sorted(run.facts.workloads[number].key for number in rounds.workloads)),
        tuple(sorted(history.queues[int(number)] for number in queues if number != NONE)),
        rounds.from_ms,
        rounds.to_ms,
        rounds.number,
        min(rounds.number, sum(one.rounds for one in counted)),
        int(np.count_nonzero(mine)),
        hours(int(evictions.lost[mine].sum()), history.resource),
        hours(_ending(numbers, rounds, history), history.resource),
        tuple(sorted({run.facts.texts[text][0] for text in np.unique(evictions.text[mine]).tolist()})),
        _ends_the_run(rounds, run),
        _pairs(mine, run, evictions),
    )


def _pairs(mine: Mask, run: Run, evictions: Evictions) -> tuple[tuple[str, str, int], ...]:
    """Preemptor, victim and number of the preemptions that are marked."""
    keys = [one.key for one in run.facts.workloads]
    often = Counter(zip(evictions.by[mine].tolist(), evictions.victim[mine].tolist(), strict=True))
    named = sorted((-number, keys[by], keys[victim]) for (by, victim), number in often.items())
    return tuple((by, victim, -number) for number, by, victim in named[:MOST_PAIRS])


def _ends_the_run(rounds: _Rounds, run: Run) -> bool:
    return rounds.to_ms == run.end_ms and any(one.for_ever for one in run.counted)


def _ending(numbers: Ints, rounds: _Rounds, history: History) -> int:
    """Accelerator-milliseconds of quota held by these workloads between an eviction in the loop and its release."""
    stays = history.stays
    evicted = np.isin(stays.ending, list(_EVICTED)) & np.isin(stays.workload, numbers)
    mine = evicted & (stays.stopped >= rounds.from_ms) & (stays.stopped <= rounds.to_ms)
    released = np.where(stays.released[mine] == NONE, history.end_ms, stays.released[mine])
    return int(((released - stays.stopped[mine]) * stays.amount[mine]).sum())
