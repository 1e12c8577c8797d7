"""What may come? Run times and arrivals of the unknown future, resampled from a history, one future per seed.

Run times come from the history of work alike, given how long the work has run already. Arrivals come in blocks: each
block of the future repeats a random earlier one at the same time of day, and of the same weekday where two weeks are
known, of all teams together, so bursts, sizes and what teams do at the same time stay as they were.

Random numbers are fresh at every instant: forecasts of one world do not share their luck.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from kueue_sim.model import PastJob, Scenario, Workload
from kueue_sim.whatif.learning.present import Present
from kueue_sim.whatif.learning.run_times import Run, RunTimes

DAY_MS = 86_400_000
LONGEST_HISTORY = 28
"""Blocks of arrivals that are drawn from."""
_WEEK = 7


@dataclass(frozen=True, slots=True)
class History:
    """What futures are drawn from. ``arrivals`` are those of the blocks to draw from, ``known`` the run times of what
    has ended of them, by workload key. It lasts from ``start_ms`` to ``end_ms``.

    ``so_far`` is how long those at least take that have not ended. ``endless``: work without a run time has none;
    otherwise its run time is unknown and drawn.
    """

    arrivals: tuple[Workload, ...]
    start_ms: int
    end_ms: int
    known: Mapping[str, int]
    run_times: RunTimes
    endless: bool
    so_far: Mapping[str, int] = field(default_factory=dict)

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
    return History(recent, start_ms, end_ms, drawn, RunTimes.learned(runs), endless)


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
        which, lengths = Random(f"{self.luck}:arrivals"), Random(f"{self.luck}:runtimes")
        for block, start in enumerate(range(0, self.ahead_ms if history.blocks else 0, history.block_ms)):
            first = history.end_ms - history.block_ms * which.choice(history.alike(block))
            for item in history.between(first, first + history.block_ms):
                at = start + item.created_ms - first
                if at >= self.ahead_ms:
                    return
                runtime = history.known.get(item.key)
                if runtime is None:
                    runtime = _runtime(item, history, lengths, history.so_far.get(item.key, 0))
                yield _copy(item, number, self.now_ms + at, runtime)
                number += 1


def _copy(item: Workload, number: int, at_ms: int, runtime_ms: int | None) -> Workload:
    name = f"future-{number:06d}"
    uid = f"{item.namespace}/{name}"
    return item._replace(name=name, uid=uid, created_ms=at_ms, runtime_ms=runtime_ms, status=None)
