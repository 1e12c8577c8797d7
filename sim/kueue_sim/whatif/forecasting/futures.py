"""What may come? Run times and arrivals of the unknown future, resampled from a history, one future per seed.

Run times come from the history of the same team, given how long the work has run already. Arrivals come in blocks:
each block of the future repeats a random earlier one at the same time of day, of all teams together, so bursts, sizes
and what teams do at the same time stay as they were.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from kueue_sim.model import Scenario, Workload
from kueue_sim.whatif.forecasting.present import Present
from kueue_sim.whatif.forecasting.survival import Lifetimes

ENOUGH = 20
"""Ends of a team's own work from which on only those count."""
DAY_MS = 86_400_000
LONGEST_HISTORY = 28
"""Blocks of arrivals that are drawn from."""


@dataclass(frozen=True, slots=True)
class History:
    """What futures are drawn from. ``arrivals`` are those of the blocks to draw from, ``known`` the run times of what
    has ended of them, by workload key.

    ``endless``: work without a run time has none; otherwise its run time is unknown and drawn.
    """

    arrivals: tuple[Workload, ...]
    end_ms: int
    known: Mapping[str, int]
    teams: Mapping[str, Lifetimes]
    everybody: Lifetimes
    endless: bool

    @property
    def block_ms(self) -> int:
        """Length of a block of arrivals."""
        return block_of(self.end_ms)

    @property
    def blocks(self) -> int:
        """How many blocks there are to draw from."""
        return min(LONGEST_HISTORY, self.end_ms // self.block_ms)

    def between(self, after_ms: int, until_ms: int) -> tuple[Workload, ...]:
        """What was submitted later than the one and no later than the other time."""
        first, last = (bisect_right(self.arrivals, at, key=lambda item: item.created_ms) for at in (after_ms, until_ms))
        return self.arrivals[first:last]

    def lifetimes(self, workload: Workload) -> Lifetimes:
        return self.teams.get(_team(workload), self.everybody)


def history_of(present: Present, arrivals: tuple[Workload, ...]) -> History:
    """What the past of the same scenario says; ``arrivals`` were submitted before the instant."""
    ended = [(item, runtime) for item, runtime in present.ended if item.runtime_ms is not None]
    running = [(item.workload, item.elapsed_ms) for item in present.running if item.workload.runtime_ms is not None]
    return _history(arrivals, present.at_ms, ended, running, endless=True)


def recorded_history(scenario: Scenario) -> History:
    """What another recording says: its arrivals with their run times, all of them known."""
    work = tuple(scenario.workloads)
    end = max((item.created_ms for item in work), default=0)
    return _history(
        work, end, [(item, item.runtime_ms) for item in work if item.runtime_ms is not None], [], endless=False
    )


def _history(
    arrivals: tuple[Workload, ...],
    end_ms: int,
    ended: list[tuple[Workload, int]],
    running: list[tuple[Workload, int]],
    endless: bool,
) -> History:
    own: dict[str, tuple[list[int], list[int]]] = {}
    for kind, sample in enumerate((ended, running)):
        for item, runtime in sample:
            own.setdefault(_team(item), ([], []))[kind].append(runtime)
    teams = {name: Lifetimes.of(*sample) for name, sample in own.items() if len(sample[0]) >= ENOUGH}
    everybody = Lifetimes.of([runtime for _, runtime in ended], [runtime for _, runtime in running])
    oldest = end_ms - LONGEST_HISTORY * block_of(end_ms)
    recent = tuple(item for item in arrivals if item.created_ms > oldest)
    known = {item.key: runtime for item, runtime in ended if item.created_ms > oldest}
    return History(recent, end_ms, known, teams, everybody, endless)


def block_of(end_ms: int) -> int:
    """Milliseconds: a day, or a quarter of what there is if that is shorter than four days."""
    return DAY_MS if end_ms >= 4 * DAY_MS else max(1, end_ms // 4)


def _team(workload: Workload) -> str:
    return f"{workload.namespace}/{workload.queue_name}"


def future(present: Present, history: History, seed: int, ahead_ms: int) -> Scenario:
    """One possible future of the present, ``ahead_ms`` long. The same seed gives the same one."""
    running_random, waiting_random = Random(f"{seed}:running"), Random(f"{seed}:waiting")
    runtimes = [_runtime(item.workload, history, running_random, item.elapsed_ms) for item in present.running]
    waiting = [item._replace(runtime_ms=_runtime(item, history, waiting_random)) for item in present.waiting]
    return present.onward(runtimes, waiting, Coming(history, seed, present.now_ms, ahead_ms), ahead_ms)


def _runtime(workload: Workload, history: History, random: Random, elapsed_ms: int = 0) -> int | None:
    """A run time for work that has not ended; None for work that runs until it is deleted."""
    if workload.runtime_ms is None and history.endless:
        return None
    return history.lifetimes(workload).draw(random, elapsed_ms)


@dataclass(frozen=True, slots=True)
class Coming:
    """Arrivals for ``ahead_ms`` from ``now_ms`` on, made one by one as the simulation comes to them."""

    history: History
    seed: int
    now_ms: int
    ahead_ms: int

    def __iter__(self) -> Iterator[Workload]:
        history, number = self.history, 0
        which, lengths = Random(f"{self.seed}:arrivals"), Random(f"{self.seed}:runtimes")
        for start in range(0, self.ahead_ms if history.blocks else 0, history.block_ms):
            first = history.end_ms - history.block_ms * which.randint(1, history.blocks)
            for item in history.between(first, first + history.block_ms):
                at = start + item.created_ms - first
                if at >= self.ahead_ms:
                    return
                runtime = history.known.get(item.key)
                if runtime is None:
                    runtime = _runtime(item, history, lengths)
                yield _copy(item, number, self.now_ms + at, runtime)
                number += 1


def _copy(item: Workload, number: int, at_ms: int, runtime_ms: int | None) -> Workload:
    name = f"future-{number:06d}"
    return item._replace(name=name, uid=f"{item.namespace}/{name}", created_ms=at_ms, runtime_ms=runtime_ms)
