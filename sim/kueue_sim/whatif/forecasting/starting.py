"""When does it start in one future? The future is played until all that is asked about has started."""

from collections.abc import Sequence

from kueue_sim.engine import simulation
from kueue_sim.engine.facts import AT, CODE, TYPE, WIDTH, WORKLOAD
from kueue_sim.errors import StopRun
from kueue_sim.model import Scenario
from kueue_sim.whatif.forecasting.futures import History, future
from kueue_sim.whatif.forecasting.present import Present

Starts = dict[str, int | None]
"""Milliseconds from the instant to the first admission by workload key; None: not within the time looked at."""


def starts(
    present: Present, history: History, keys: Sequence[str], seeds: Sequence[int], ahead_ms: int
) -> list[Starts]:
    """When these workloads start, in one future per seed."""
    return [admissions(future(present, history, seed, ahead_ms), keys, present.now_ms) for seed in seeds]


def admissions(scenario: Scenario, keys: Sequence[str], now_ms: int) -> Starts:
    """When these workloads are first admitted, in milliseconds from the instant; None: not at all.

    A future in which Kueue never settles ends there.
    """
    found: dict[str, int] = {}
    seen = 0

    def look(*_: int) -> None:
        """At the facts of one more instant; the run is over when all have started."""
        nonlocal seen
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

    run = simulation(scenario, look)
    run.run()
    return {key: found.get(key) for key in keys}
