"""What may come? Run times and arrivals of the unknown future, resampled from a history, one future per seed.

Run times come from the history of the same team, given how long the work has run already. Arrivals come in blocks:
each block of the future repeats a random earlier one at the same time of day, of all teams together, so bursts, sizes
and what teams do at the same time stay as they were.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from sim.model import Scenario, Workload
from sim.whatif.present import Present
from sim.whatif.survival import Lifetimes

ENOUGH = 20
"""Ends of a team's own work from which on only those count."""
DAY_MS = 86_400_000
LONGEST_HISTORY = 28
"""Blocks of arrivals that are drawn from."""


@dataclass(frozen=True, slots=True)
class History:
    """What futures are drawn from. ``known`` are the run times of what has ended, by workload key.

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
        """A day, or a quarter of what there is if that is shorter than four days."""
        return DAY_MS if self.end_ms >= 4 * DAY_MS else max(1, self.end_ms // 4)

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
    names = sorted({_team(item) for item, _ in ended})
    teams = {}
    for name in names:
        own = [runtime for item, runtime in ended if _team(item) == name]
        if len(own) >= ENOUGH:
            teams[name] = Lifetimes.of(own, [runtime for item, runtime in running if _team(item) == name])
    everybody = Lifetimes.of([runtime for _, runtime in ended], [runtime for _, runtime in running])
    known = {item.key: runtime for item, runtime in ended}
    return History(arrivals, end_ms, known, teams, everybody, endless)


def _team(workload: Workload) -> str:
    return f"{workload.namespace}/{workload.queue_name}"


def future(present: Present, history: History, seed: int, ahead_ms: int) -> Scenario:
    """One possible future of the present, ``ahead_ms`` long. The same seed gives the same one."""
    running_random, waiting_random = Random(f"{seed}:running"), Random(f"{seed}:waiting")
    runtimes = [_runtime(item.workload, history, running_random, item.elapsed_ms) for item in present.running]
    waiting = [item._replace(runtime_ms=_runtime(item, history, waiting_random)) for item in present.waiting]
    return present.onward(runtimes, waiting, _coming(history, present.at_ms, seed, ahead_ms), ahead_ms)


def _runtime(workload: Workload, history: History, random: Random, elapsed_ms: int = 0) -> int | None:
    """A run time for work that has not ended; None for work that runs until it is deleted."""
    if workload.runtime_ms is None and history.endless:
        return None
    return history.lifetimes(workload).draw(random, elapsed_ms)


def _coming(history: History, at_ms: int, seed: int, ahead_ms: int) -> list[Workload]:
    """Arrivals from the instant on, counted from it."""
    random = Random(f"{seed}:arrivals")
    block, lengths = history.block_ms, Random(f"{seed}:runtimes")
    number = min(LONGEST_HISTORY, history.end_ms // block)
    found: list[Workload] = []
    for start in range(0, ahead_ms if number else 0, block):
        first = history.end_ms - block * random.randint(1, number)
        for item in history.arrivals:
            if first < item.created_ms <= first + block:
                runtime = history.known.get(item.key)
                if runtime is None:
                    runtime = _runtime(item, history, lengths)
                found.append(_copy(item, len(found), start + item.created_ms - first, runtime))
    return [item for item in found if item.created_ms < ahead_ms]


def _copy(item: Workload, number: int, at_ms: int, runtime_ms: int | None) -> Workload:
    name = f"future-{number:06d}"
    return item._replace(name=name, uid=f"{item.namespace}/{name}", created_ms=at_ms, runtime_ms=runtime_ms)
