"""When does it start in one future? The future is played until all that is asked about has started."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import time

from kueue_sim.engine import simulation
from kueue_sim.engine.facts import AT, CODE, TYPE, WIDTH, WORKLOAD
from kueue_sim.errors import StopRun
from kueue_sim.model import Scenario
from kueue_sim.whatif.learning.futures import History, future
from kueue_sim.whatif.learning.present import Present

Starts = dict[str, int | None]
"""Milliseconds from the instant to the first admission by workload key; None: not within the time looked at."""


@dataclass(frozen=True, slots=True)
class Played:
    """One future: when what was asked about starts, as far as ``ahead_ms``. ``cut``: the time to play it was over."""

    starts: Starts
    ahead_ms: int
    cut: bool = False


def starts(
    present: Present,
    history: History,
    keys: Sequence[str],
    seeds: Sequence[int],
    ahead_ms: int,
    until: float | None = None,
) -> list[Played]:
    """When these workloads start, in one future per seed, each played until ``until`` (seconds since the epoch) at
    most. After that only the first future is begun, so that there is an answer."""
    return [
        admissions(future(present, history, seed, ahead_ms), keys, present.now_ms, until)
        for seed in seeds
        if seed == 0 or until is None or time() < until
    ]


def admissions(scenario: Scenario, keys: Sequence[str], now_ms: int, until: float | None = None) -> Played:
    """When these workloads are first admitted, in milliseconds from the instant; None: not at all.

    A future in which Kueue never settles ends there.
    """
    found: dict[str, int] = {}
    seen = 0
    assert scenario.horizon_ms is not None
    ahead_ms, cut = scenario.horizon_ms - now_ms, False

    def look(at_ms: int, *_: int) -> None:
        """At the facts of one more instant; the run is over when all have started, or when there is no more time."""
        nonlocal seen, ahead_ms, cut
        facts = run.facts
        rows = facts.rows
        for row in range(seen, len(rows), WIDTH):
            if rows[row + TYPE] == CODE["Admitted"]:
                key = facts.workloads[rows[row + WORKLOAD]].key
                if key in keys:
                    found.setdefault(key, max(0, rows[row + AT] - now_ms))
        seen = len(rows)
        if len(found) == len(keys):
            raise StopRun("all have started")
        if until is not None and time() >= until:
            ahead_ms, cut = max(0, at_ms - now_ms), True
            raise StopRun("the time to play this future is over")

    run = simulation(scenario, look)
    run.run()
    return Played({key: found.get(key) for key in keys}, ahead_ms, cut)
