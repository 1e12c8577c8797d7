"""Do forecasts keep what they promise? Forecasts made inside a recorded run, against what then happened.

Every forecast knows only what happened before its instant, and is corrected only by what earlier ones had missed by
then. So nothing is judged by what it was fitted to.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf

from kueue_sim.model import Scenario
from kueue_sim.whatif.comparing.statistics import grouped_share
from kueue_sim.whatif.execution.executors import InProcess
from kueue_sim.whatif.forecasting.correction import Correction, Hindcast, order_statistic
from kueue_sim.whatif.forecasting.hindcast import hindcast
from kueue_sim.whatif.learning.present import Recording

SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)
"""The promised probabilities that are looked at."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A forecast that came true or not. ``group`` names what is independent of all other groups, such as a week.

    ``drawn`` and ``told`` are the promised times for each of ``SHARES``, as drawn and as corrected, None: later than
    what was looked at. ``told`` is None while there was too little to learn from. All in milliseconds from the instant.
    """

    group: str
    drawn: tuple[int | None, ...]
    told: tuple[int | None, ...] | None
    actual_ms: int | None


def trials(hindcasts: Sequence[Hindcast], group_ms: int) -> Iterator[Trial]:
    """Each forecast of a recording, corrected by those before it. ``group_ms`` is the length of a group of them."""
    for number, item in enumerate(hindcasts):
        correction = Correction.of([one for one in hindcasts[:number] if one.at_ms < item.at_ms], item.at_ms)
        yield Trial(
            str(item.at_ms // group_ms),
            tuple(order_statistic(item.starts_ms, share) for share in SHARES),
            None if correction is None else _told(correction, item),
            item.actual_ms,
        )


def _told(correction: Correction, item: Hindcast) -> tuple[int | None, ...]:
    return tuple(correction.time(item.starts_ms, item.ahead_ms, share) for share in SHARES)


def walk(
    scenario: Scenario, instants: Sequence[int], *, seeds: int, ahead_ms: int, each: int, group_ms: int
) -> list[Trial]:
    """Forecasts of up to ``each`` waiting workloads at these instants, in order, inside one run of the scenario."""
    recording = Recording(scenario, scenario.horizon_ms, instants)
    found = hindcast(InProcess(), recording, instants, seeds=seeds, ahead_ms=ahead_ms, each=each)
    return list(trials(found, group_ms))


@dataclass(frozen=True, slots=True)
class Held:
    """How often promises with the probability ``share`` held, with the interval of the share that holds."""

    share: float
    held: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Of ``n`` promises in ``groups`` independent groups, how many came true. Ideal is ``held`` equal to ``share``."""

    n: int
    groups: int
    rows: tuple[Held, ...]

    def of(self, share: float) -> Held:
        """What is known of promises with this probability, which must be one of ``rows``."""
        return next(row for row in self.rows if row.share == share)

    def __str__(self) -> str:
        lines = [f"{self.n} forecasts in {self.groups} groups", "promised  held   95 % interval"]
        lines += [f"{row.share:8.0%} {row.held:5.0%}   {row.low:.0%} to {row.high:.0%}" for row in self.rows]
        return "\n".join(lines)


def calibration(found: Sequence[Trial], *, told: bool) -> Calibration:
    """How often promises held: those as drawn, or those as corrected, where there was enough to learn from."""
    chosen = [item for item in found if item.told is not None or not told]
    rows = []
    for index, share in enumerate(SHARES):
        hits: dict[str, list[bool]] = {}
        for item in chosen:
            by = (item.told or item.drawn)[index] if told else item.drawn[index]
            hits.setdefault(item.group, []).append((inf if item.actual_ms is None else item.actual_ms) <= _or_inf(by))
        rows.append(Held(share, *grouped_share([(sum(one), len(one)) for one in hits.values()], 0.95)))
    return Calibration(len(chosen), len({item.group for item in chosen}), tuple(rows))


def _or_inf(time_ms: int | None) -> float:
    """A promise beyond the time looked at counts as kept."""
    return inf if time_ms is None else time_ms
