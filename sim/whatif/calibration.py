"""Do forecasts keep what they promise? Forecasts made inside a recorded run, against what then happened."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf

from sim.engine import simulate
from sim.engine.facts import AT, CODE, TYPE, WORKLOAD
from sim.model import Scenario
from sim.whatif.forecast import Forecast, forecast
from sim.whatif.present import present_of

SHARES = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Of ``n`` forecasts of waiting work, how many came true, for each promised probability of ``SHARES``.

    Ideal is equality of shares: of all p90, nine in ten should hold.
    """

    n: int
    kept: tuple[int, ...]

    def share(self, index: int) -> float:
        """The share that came true of the promises at ``SHARES[index]``."""
        return self.kept[index] / self.n if self.n else 0.0

    def __str__(self) -> str:
        parts = [f"p{round(share * 100)} held {self.share(index):.0%}" for index, share in enumerate(SHARES)]
        return f"{self.n} forecasts: {', '.join(parts)}"


def together(parts: Sequence[Calibration]) -> Calibration:
    """Several calibrations as one."""
    kept = tuple(sum(part.kept[index] for part in parts) for index in range(len(SHARES)))
    return Calibration(sum(part.n for part in parts), kept)


def calibration(scenario: Scenario, instants: Sequence[int], *, seeds: int, ahead: str, each: int = 1) -> Calibration:
    """Forecast ``each`` workload(s) that wait at every instant (milliseconds), and compare with the run itself.

    Those that waited shortest at the instant are taken. Work that starts at once is no test and not counted.
    """
    scenario = replace(scenario, workloads=tuple(scenario.workloads))
    run = simulate(scenario)
    table = run.facts.table
    rows = table[table[:, TYPE] == CODE["Admitted"]]
    keys = [item.key for item in run.facts.workloads]
    first: dict[str, int] = {}
    for number, at in zip(rows[:, WORKLOAD].tolist(), rows[:, AT].tolist(), strict=True):
        first.setdefault(keys[number], at)
    pairs: list[tuple[Forecast, str, float]] = []
    for instant in instants:
        waiting = [item.key for item in present_of(scenario, instant).waiting if first.get(item.key, inf) > instant]
        chosen = waiting[-each:]
        if chosen:
            found = forecast(scenario, chosen, at=f"{instant}ms", seeds=seeds, ahead=ahead, explain=False)
            pairs += [(found, key, first.get(key, inf) - instant) for key in chosen]
    return Calibration(len(pairs), tuple(_kept(pairs, share) for share in SHARES))


def _kept(pairs: Sequence[tuple[Forecast, str, float]], share: float) -> int:
    """How often work had started by the time promised; a promise beyond the time looked at counts as kept."""
    hits = 0
    for found, key, actual in pairs:
        item = next(item for item in found.starts if item.workload == key)
        by = item.quantile(share)
        hits += by is None or actual <= by
    return hits
