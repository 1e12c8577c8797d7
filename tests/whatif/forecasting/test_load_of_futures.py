"""How much work comes in futures: as much as before on average, less certain the fewer and the less alike the days."""

from statistics import fmean, pvariance

import pytest

from kueue_sim.model import Scenario, Workload
from kueue_sim.whatif.learning.futures import DAY_MS, Coming, History, block_of, recorded_history
from tests.whatif.worlds import HOUR, job, policy, queue

BUSY = (40, 60, 50, 30, 70)
"""Jobs of each of five days."""


def arrivals(days: tuple[int, ...], gpus: int = 1) -> tuple[Workload, ...]:
    """So many jobs of an hour on each day, evenly spread."""
    at = [day * DAY_MS + number * DAY_MS // jobs for day, jobs in enumerate(days) for number in range(jobs)]
    return tuple(
        job(f"d{number:04d}", "a", gpus, created)._replace(runtime_ms=HOUR) for number, created in enumerate(at)
    )


def history(days: tuple[int, ...], gpus: int = 1) -> History:
    """What so many days of a recording teach; a last job ends the last day."""
    work = arrivals(days, gpus)
    last = job("last", "a", gpus, len(days) * DAY_MS)._replace(runtime_ms=0)
    return recorded_history(Scenario("days", policy(queue("a", 64)), (*work, last)))


def coming(learned: History, seed: int, days: int = 1) -> int:
    """How many jobs come in one future."""
    return sum(1 for _ in Coming(learned, f"luck {seed}", 0, days * DAY_MS))


@pytest.mark.parametrize("gpus", [1, 8])
def test_the_work_of_days_differs_by_its_standard_deviation_whatever_the_unit(gpus: int) -> None:
    learned = history(BUSY, gpus)
    expected = (pvariance(BUSY) * 5 / 4) ** 0.5 / fmean(BUSY)
    assert (learned.blocks, learned.block_ms) == (5, DAY_MS)
    assert learned.unsteady == pytest.approx(expected, rel=0.05)


def test_days_that_bring_the_same_leave_no_doubt() -> None:
    learned = history((50,) * 5)
    assert learned.unsteady == pytest.approx(0.0, abs=0.02)
    assert max(abs(coming(learned, seed) - 50) for seed in range(20)) <= 4


def test_a_new_day_differs_from_five_known_ones_by_six_quarters_of_what_these_differ_by() -> None:
    learned = history(BUSY)
    found = [coming(learned, seed) for seed in range(1500)]
    assert fmean(found) == pytest.approx(fmean(BUSY), rel=0.02)
    assert pvariance(found) == pytest.approx(pvariance(BUSY) * 6 / 4, rel=0.15)


def test_mondays_are_held_against_mondays() -> None:
    """Weeks that are alike leave no doubt, however much their days differ."""
    assert history((50, 50, 50, 50, 50, 5, 5) * 3).unsteady == pytest.approx(0.0, abs=0.05)


def test_a_history_without_work_has_no_load() -> None:
    assert recorded_history(Scenario("empty", policy(queue("a", 64)), ())).unsteady == 0.0


def test_the_block_of_a_short_past_is_a_quarter_of_it() -> None:
    assert (block_of(3 * DAY_MS), block_of(4 * DAY_MS)) == (3 * DAY_MS // 4, DAY_MS)
