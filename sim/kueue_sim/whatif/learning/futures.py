"""What may come? Run times and arrivals of the unknown future, resampled from a history, one future per seed.

Run times come from the history of work alike, given how long the work has run already. Arrivals come in blocks: each
block of the future repeats a random earlier one at the same time of day, and of the same weekday where two weeks are
known, of all teams together, so bursts, sizes and what teams do at the same time stay as they were. Few blocks say
little about how much work comes: by as much as is not certain, futures and their blocks are busier or quieter.

Random numbers are fresh at every instant: forecasts of one world do not share their luck.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import exp, sqrt
from random import Random
from statistics import fmean, pvariance

from kueue_sim.model import PastJob, Scenario, Workload
from kueue_sim.whatif.learning.present import Present
from kueue_sim.whatif.learning.run_times import Run, RunTimes

DAY_MS = 86_400_000
LONGEST_HISTORY = 28
"""Blocks of arrivals that are drawn from."""
_WEEK = 7
_MOST_UNCERTAIN = 0.5
"""Of the load of futures. A past of some hours with one burst says no more than that, and is no reason to expect bursts
of ten times as much."""


@dataclass(frozen=True, slots=True)
class History:
    """What futures are drawn from. ``arrivals`` are those of the blocks to draw from, ``known`` the run times of what
    has ended of them, by workload key. It lasts from ``start_ms`` to ``end_ms``.

    ``so_far`` is how long those at least take that have not ended. ``endless``: work without a run time has none;
    otherwise its run time is unknown and drawn. ``unsteady`` is by which share of its mean the work of blocks alike
    differs (standard deviation).
    """

    arrivals: tuple[Workload, ...]
    start_ms: int
    end_ms: int
    known: Mapping[str, int]
    run_times: RunTimes
    endless: bool
    so_far: Mapping[str, int] = field(default_factory=dict)
    unsteady: float = 0.0

    @property
    def block_ms(self) -> int:
        """Length of a block of arrivals."""
        return block_of(self.end_ms - self.start_ms)

    @property
    def blocks(self) -> int:
        """How many blocks there are to draw from."""
        return min(LONGEST_HISTORY, (self.end_ms - self.start_ms) // self.block_ms) if self.arrivals else 0

    def between(self, after_ms: int, until_ms: int) -> tuple[Workload, ...]:
        """What was submitted later than the one and no later than the other time."""
        first, last = (bisect_right(self.arrivals, at, key=lambda item: item.created_ms) for at in (after_ms, until_ms))
        return self.arrivals[first:last]

    def alike(self, number: int) -> Sequence[int]:
        """How many blocks before the end those begin that block ``number`` of the future may repeat."""
        whole = range(1, self.blocks + 1)
        same = [back for back in whole if (number + back) % _WEEK == 0]
        return same if self.block_ms == DAY_MS and self.blocks >= 2 * _WEEK else whole

    def block(self, back: int) -> tuple[Workload, ...]:
        """What was submitted in the block that begins so many blocks before the end."""
        first = self.end_ms - self.block_ms * back
        return self.between(first, first + self.block_ms)

    def work(self, back: int) -> Mapping[str, float]:
        """What a block brings of each resource, for as long as it is used (amount times milliseconds). Work that has
        not ended counts as work like it does."""
        found: dict[str, float] = {}
        for one in self.block(back):
            lifetimes = None if one.key in self.known else self.run_times.of(one)
            ran_ms = self.known.get(one.key, 0.0 if lifetimes is None else lifetimes.mean_ms)
            for pods in one.pod_sets:
                for resource, amount in pods.requests.items():
                    found[resource] = found.get(resource, 0.0) + ran_ms * pods.count * amount
        return found


def _unsteady(history: History) -> float:
    """By which share of its mean the work of blocks alike differs; 0 where no two blocks are alike."""
    groups = {tuple(history.alike(number)) for number in range(_WEEK)} if history.blocks else set()
    works = {back: history.work(back) for group in groups for back in group}
    totals: dict[str, float] = {}
    for work in works.values():
        for resource, amount in work.items():
            totals[resource] = totals.get(resource, 0.0) + amount
    known = [resource for resource, total in totals.items() if total]
    degrees = sum(len(group) - 1 for group in groups)
    if not known or not degrees:
        return 0.0
    shares = {back: fmean(work.get(name, 0.0) / totals[name] for name in known) for back, work in works.items()}
    squares = sum(len(group) * pvariance([shares[back] for back in group]) for group in groups)
    return sqrt(squares / degrees) * len(works)


def history_of(present: Present, arrivals: tuple[Workload, ...], endless: bool = True) -> History:
    """What the past of the same scenario says; ``arrivals`` were submitted before the instant. ``endless``: what has no
    run time runs until it is deleted."""
    ended = [Run(item, runtime, True) for item, runtime in present.ended]
    running = [
        Run(item.workload, item.elapsed_ms, False)
        for item in present.running
        if item.workload.runtime_ms is not None or not endless
    ]
    known = {run.workload.key: run.ran_ms for run in ended}
    found = _history(arrivals, 0, present.at_ms, known, [*ended, *running], endless=endless)
    return replace(found, so_far={run.workload.key: run.ran_ms for run in running})


def history_of_cluster(present: Present, past: Sequence[PastJob]) -> History:
    """What an imported cluster remembers: work that ended, and how long what runs has run so far.

    Where nothing has ended nothing is known of arrivals either.
    """
    runs = [Run(job.workload, job.ran_ms, job.ended) for job in past]
    lasting = [
        Run(item.workload, max(item.elapsed_ms, longest_leg_ms(item.workload)), False) for item in present.running
    ]
    lasting += [Run(one, leg, False) for one in present.waiting if (leg := longest_leg_ms(one))]
    there = [item.workload for item in present.running] + list(present.waiting)
    work = [job.workload for job in past] + [one._replace(status=None, runtime_ms=None) for one in there]
    arrivals = tuple(sorted(work, key=lambda one: one.created_ms)) if any(job.ended for job in past) else ()
    start = min((one.created_ms for one in arrivals), default=0)
    known = {job.workload.key: job.ran_ms for job in past if job.ended}
    found = _history(arrivals, start, present.at_ms, known, [*runs, *lasting], endless=False)
    return replace(found, so_far={run.workload.key: run.ran_ms for run in lasting})


def longest_leg_ms(workload: Workload) -> int:
    """For how long work ran at least in one of its earlier admissions, which was thrown away: it needs longer than
    that. 0 where nothing is known of any, or where its progress is kept."""
    status = workload.status
    if status is None or workload.resumes or not status.past_execution_ms:
        return 0
    holds = status.admission is not None and status.admission.admitted_ms is not None and status.eviction is None
    return status.past_execution_ms // max(1, status.admissions - holds)


def recorded_history(scenario: Scenario) -> History:
    """What another recording says: its arrivals with their run times, and its own past."""
    work = tuple(one._replace(status=None) for one in scenario.workloads)
    past = tuple(job.workload for job in scenario.past)
    arrivals = tuple(sorted((*past, *work), key=lambda one: one.created_ms))
    end = max((item.created_ms for item in arrivals), default=0)
    known = {job.workload.key: job.ran_ms for job in scenario.past if job.ended}
    known |= {item.key: item.runtime_ms for item in work if item.runtime_ms is not None}
    runs = [Run(job.workload, job.ran_ms, job.ended) for job in scenario.past]
    runs += [Run(item, item.runtime_ms, True) for item in work if item.runtime_ms is not None]
    return _history(arrivals, min(0, *(one.created_ms for one in arrivals), 0), end, known, runs, endless=False)


def _history(
    arrivals: tuple[Workload, ...],
    start_ms: int,
    end_ms: int,
    known: Mapping[str, int],
    runs: Iterable[Run],
    endless: bool,
) -> History:
    oldest = end_ms - LONGEST_HISTORY * block_of(end_ms - start_ms)
    recent = tuple(item for item in arrivals if item.created_ms > oldest)
    keys = {item.key for item in recent}
    drawn = {key: runtime for key, runtime in known.items() if key in keys}
    found = History(recent, start_ms, end_ms, drawn, RunTimes.learned(runs), endless)
    return replace(found, unsteady=_unsteady(found))


def block_of(length_ms: int) -> int:
    """Milliseconds: a day, or a quarter of what there is if that is shorter than four days."""
    return DAY_MS if length_ms >= 4 * DAY_MS else max(1, length_ms // 4)


def future(present: Present, history: History, seed: int, ahead_ms: int) -> Scenario:
    """One possible future of the present, ``ahead_ms`` long. The same seed gives the same one."""
    luck = f"{present.scenario.name}:{present.scenario.start}:{present.at_ms}:{seed}"
    running_random, waiting_random = Random(f"{luck}:running"), Random(f"{luck}:waiting")
    stated = present.recorded
    history = replace(history, run_times=history.run_times.another(luck))
    runtimes = [
        _runtime(one.workload, history, running_random, max(one.elapsed_ms, longest_leg_ms(one.workload)), stated)
        for one in present.running
    ]
    waiting = [
        one._replace(runtime_ms=_runtime(one, history, waiting_random, longest_leg_ms(one), stated))
        for one in present.waiting
    ]
    return present.onward(runtimes, waiting, Coming(history, luck, present.now_ms, ahead_ms), ahead_ms)


def _runtime(
    workload: Workload, history: History, random: Random, elapsed_ms: int = 0, stated: bool = False
) -> int | None:
    """A run time for work that has not ended; None for work that runs until it is deleted. ``stated``: what a scenario
    says of it is meant as it stands, and no recording of what comes."""
    if workload.runtime_ms is None and history.endless:
        return None
    if stated and workload.runtime_ms is not None:
        return workload.runtime_ms
    lifetimes = history.run_times.of(workload)
    return None if lifetimes is None else lifetimes.draw(random, elapsed_ms)


@dataclass(frozen=True, slots=True)
class Coming:
    """Arrivals for ``ahead_ms`` from ``now_ms`` on, made one by one as the simulation comes to them."""

    history: History
    luck: str
    now_ms: int
    ahead_ms: int

    def __iter__(self) -> Iterator[Workload]:
        history, number = self.history, 0
        which, lengths, loads = (Random(f"{self.luck}:{name}") for name in ("arrivals", "runtimes", "load"))
        always = loads.gauss(0, 1)
        for block, start in enumerate(range(0, self.ahead_ms if history.blocks else 0, history.block_ms)):
            alike = history.alike(block)
            back = which.choice(alike)
            load = _load(min(_MOST_UNCERTAIN, history.unsteady / sqrt(len(alike))), always, loads.gauss(0, 1))
            first = history.end_ms - history.block_ms * back
            for item in history.block(back):
                at = start + item.created_ms - first
                if at >= self.ahead_ms:
                    return
                runtime = history.known.get(item.key)
                if runtime is None:
                    runtime = _runtime(item, history, lengths, history.so_far.get(item.key, 0))
                for _ in range(int(load + loads.random())):
                    yield _copy(item, number, self.now_ms + at, runtime)
                    number += 1


def _load(uncertain: float, always: float, once: float) -> float:
    """How often a block of the future brings each of its jobs: once on average.

    The mean of the blocks that are known is as ``uncertain`` as that (relative standard error). All blocks of a future
    share the one normal deviate, as their mean is not known; the other is a block's own, as those known do not show all
    there can be: together a new block differs from n known ones by (n + 1) / (n - 1) times as much as these by
    themselves (variance).
    """
    return exp(uncertain * (always + once) - uncertain**2)


def _copy(item: Workload, number: int, at_ms: int, runtime_ms: int | None) -> Workload:
    name = f"future-{number:06d}"
    uid = f"{item.namespace}/{name}"
    return item._replace(name=name, uid=uid, created_ms=at_ms, runtime_ms=runtime_ms, status=None)
