"""Are forecasts calibrated? What was promised, at 10 to 90 %, against how often it held.

    python -m benchmarks.promises.forecast [--worlds 200]                      random worlds of two teams
    python -m benchmarks.promises.forecast --trace ../shared/traces/philly     inside a recorded trace (an hour)
    python -m benchmarks.promises.forecast --runs ../shared/conformance/runs   inside runs recorded from Kueue

Every forecast knows only what happened before its instant, and learns only from what forecasts before it missed:
in a world from those it makes itself, in a trace from all made at earlier instants, in a recorded run from none, as
these are too short. Intervals take as independent: worlds, weeks of a trace, runs.
"""

import gzip
import json
from argparse import ArgumentParser
from collections.abc import Iterator
from math import inf
from pathlib import Path

from benchmarks.published.philly import philly
from kueue_sim import load_scenario
from kueue_sim.model import Scenario
from kueue_sim.units import parse_duration
from kueue_sim.whatif.execution.executors import InProcess
from kueue_sim.whatif.forecasting.calibration import SHARES, Trial, calibration, walk
from kueue_sim.whatif.forecasting.correction import order_statistic
from kueue_sim.whatif.forecasting.forecast import forecast
from kueue_sim.whatif.forecasting.hindcast import hindcast
from kueue_sim.whatif.learning.present import Recording
from tests.conformance.runs import load_run

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
WORLD = "scenarios/two-busy-teams.yaml"
TIGHT = tuple(
    f"clusterQueues.team-{team}.nvidia.com/gpu.{name}=5" for team in "ab" for name in ("nominalQuota", "borrowingLimit")
)
"""Both teams borrow and reclaim, at nine tenths of what they have together."""
SEEDS = 19
WINDOW = ("34d", "125d")
"""The weeks in which the trace is dense, on its own clock."""
POLICIES: dict[str, tuple[str, str | None]] = {"separate": ("0.75", None), "borrowing": ("0.5", "philly")}
"""Share of the GPUs, so that something waits, and the cohort."""
FIRST_DAY, LAST_DAY, EACH = 14, 61, 4
"""Days of the window in which forecasts are made, of so many workloads each at most."""


def of_world(seed: int) -> Iterator[Trial]:
    """One forecast, after three and a half days, of the workload that has waited shortest."""
    scenario = load_scenario(WORLD, (f"seed={seed}", *TIGHT))
    recording = Recording(scenario, scenario.horizon_ms)
    instant = 84 * HOUR_MS
    waiting = [
        item.key for item in recording.present(instant).waiting if recording.first_admitted.get(item.key, inf) > instant
    ]
    if waiting:
        found = forecast(scenario, waiting[-1:], at=f"{instant}ms", seeds=SEEDS, ahead="1d", explain=False).starts[0]
        actual = recording.first_admitted.get(waiting[-1])
        yield Trial(
            str(seed),
            tuple(order_statistic(found.starts_ms, share) for share in SHARES),
            None if found.correction is None else tuple(found.quantile(share) for share in SHARES),
            None if actual is None else actual - instant,
        )


def of_trace(scenario: Scenario, first_ms: int, last_ms: int, step_ms: int, each: int) -> list[Trial]:
    """Forecasts all along a trace, in groups of weeks."""
    instants = range(first_ms, last_ms, step_ms)
    return walk(scenario, instants, seeds=SEEDS, ahead_ms=14 * DAY_MS, each=each, group_ms=7 * DAY_MS)


def of_runs(folder: Path) -> Iterator[Trial]:
    """One forecast in each run that Kueue recorded, half-way between its first and last submission."""
    for file in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                scenario = load_run(json.loads(line))
                created = [item.created_ms for item in scenario.workloads]
                middle = (min(created) + max(created)) // 2
                recording = Recording(scenario, scenario.horizon_ms)
                for item in hindcast(InProcess(), recording, [middle], seeds=SEEDS, ahead_ms=DAY_MS):
                    promised = tuple(order_statistic(item.starts_ms, share) for share in SHARES)
                    yield Trial(scenario.name, promised, None, item.actual_ms)


def report(title: str, found: list[Trial]) -> None:
    """What held as drawn and as corrected, of the same forecasts."""
    told = [item for item in found if item.told is not None]
    print(title)
    print(f"  as drawn: {calibration(told or found, told=False)}")
    if told:
        print(f"  as told: {calibration(told, told=True)}")


def main() -> None:
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--trace", type=Path, help="folder of the Philly trace")
    parser.add_argument("--policy", choices=POLICIES, default="separate")
    parser.add_argument("--every", type=parse_duration, default="1d")
    parser.add_argument("--runs", type=Path, help="folder of recorded runs")
    options = parser.parse_args()
    if options.trace is not None:
        factor, cohort = POLICIES[options.policy]
        scenario = philly(options.trace, factor, "BestEffortFIFO", cohort, WINDOW)
        found = of_trace(scenario, FIRST_DAY * DAY_MS, LAST_DAY * DAY_MS, options.every, EACH)
        report(f"philly, {options.policy}", found)
    elif options.runs is not None:
        report("recorded runs", list(of_runs(options.runs)))
    else:
        report(f"{options.worlds} worlds", [item for seed in range(options.worlds) for item in of_world(seed)])


if __name__ == "__main__":
    main()
