"""Forecasts that learn from earlier ones: what they learn, and how often their promises then hold."""

from dataclasses import replace
from math import inf
from pathlib import Path
from random import Random

import pytest

from kueue_sim import load_scenario
from kueue_sim.engine import simulate
from kueue_sim.whatif.comparing.statistics import grouped_share, share_interval
from kueue_sim.whatif.execution.executors import InProcess
from kueue_sim.whatif.facade import forecast
from kueue_sim.whatif.forecasting.calibration import SHARES, Trial, calibration, trials, walk
from kueue_sim.whatif.forecasting.correction import ENOUGH, Correction, Hindcast, order_statistic
from kueue_sim.whatif.forecasting.hindcast import earlier_instants, hindcast
from kueue_sim.whatif.learning.present import Recording
from tests.whatif.worlds import DAY, HOUR, MINUTE, bursts, busy

LATE = 4
"""Everything takes this many times as long as the futures say."""
AHEAD = 100 * DAY


def wrong(number: int, late: float = LATE) -> list[Hindcast]:
    """Forecasts an hour apart whose futures are all too early, drawn from one lognormal shape."""
    random = Random(5)
    found = []
    for index in range(number):
        scale = random.choice((0.2, 1, 5)) * HOUR
        futures = tuple(round(scale * random.lognormvariate(0, 0.5)) for _ in range(19))
        actual = round(scale * late * random.lognormvariate(0, 0.8))
        found.append(Hindcast(index * HOUR, futures, AHEAD, actual))
    return found


def test_what_is_always_missed_in_the_same_way_is_corrected() -> None:
    found = list(trials(wrong(400), 7 * DAY))
    chosen = [item for item in found if item.told is not None]
    drawn, told = (calibration(chosen, told=told) for told in (False, True))
    assert drawn.of(0.9).held < 0.25
    assert [abs(told.of(share).held - share) < 0.06 for share in SHARES] == [True] * len(SHARES), str(told)


def test_where_the_past_was_missed_by_far_nothing_is_promised_before_what_is_drawn() -> None:
    """Every real start came long before all futures, as under a quota that was cut since."""
    futures = tuple(8 * HOUR + number * MINUTE for number in range(19))
    late = [Hindcast(index * HOUR, futures, AHEAD, MINUTE) for index in range(40)]
    correction = Correction.of(late, 40 * HOUR)
    assert correction is not None and correction.far
    assert [correction.time(futures, AHEAD, share) for share in (0.1, 0.5, 0.9)] == [
        order_statistic(futures, share) for share in (0.1, 0.5, 0.9)
    ]


def test_what_is_missed_as_often_as_promised_is_not_missed_by_far() -> None:
    found = wrong(60, late=1)
    correction = Correction.of(found, found[-1].at_ms + 99 * DAY)
    assert correction is not None and not correction.far


def test_a_forecast_learns_only_from_what_was_known_at_its_instant() -> None:
    """What happened later may be anything: nothing told changes."""
    found = wrong(120)
    now = found[80].at_ms
    changed = [
        replace(item, actual_ms=9 * AHEAD) if item.at_ms + (item.actual_ms or 0) > now else item for item in found
    ]
    assert Correction.of(changed[:80], now) == Correction.of(found[:80], now)
    assert Correction.of(changed[:80], now) != Correction.of(changed[:80], now + 2 * HOUR)


def test_too_little_teaches_nothing() -> None:
    found = wrong(ENOUGH)
    end = found[-1].at_ms + 99 * DAY
    assert Correction.of(found[1:], end) is None
    assert Correction.of(found, end) is not None
    assert Correction.of([replace(item, actual_ms=None) for item in found], end) is None


def test_what_still_waits_pushes_promises_back() -> None:
    """Leaving it out would teach from the quick ones alone."""
    found = wrong(60, late=1)
    end = found[-1].at_ms + 99 * DAY
    open_ends = [replace(item, actual_ms=None) if index % 4 == 0 else item for index, item in enumerate(found)]
    futures = found[0].starts_ms
    times = []
    for known in (found, open_ends):
        correction = Correction.of(known, end)
        assert correction is not None
        times.append(correction.time(futures, AHEAD, 0.9) or inf)
    assert times[0] < times[1]


def test_promises_grow_with_their_share_and_never_lie_behind_what_was_looked_at() -> None:
    found = wrong(60)
    correction = Correction.of(found, found[-1].at_ms + 99 * DAY)
    assert correction is not None
    told = [correction.time(found[7].starts_ms, AHEAD, share) for share in (0.1, 0.25, 0.5, 0.75, 0.9)]
    assert None not in told and told == sorted(told, key=lambda at: at or 0)
    assert correction.time(found[7].starts_ms, 20 * MINUTE, 0.9) is None
    assert correction.time((None,) * 19, AHEAD, 0.9) is None


def test_an_earlier_forecast_held_failed_or_is_still_open() -> None:
    item = Hindcast(HOUR, (HOUR,) * 19, DAY, 3 * HOUR)
    assert [item.kept(0.9, HOUR + after * HOUR) for after in (0.5, 1, 2, 4)] == [None, False, False, False]
    early = replace(item, actual_ms=HOUR // 2)
    assert [early.kept(0.9, HOUR + after) for after in (0, HOUR)] == [None, True]


def test_the_present_seen_from_a_longer_recording_is_that_of_a_run_cut_off_there() -> None:
    for name in ("borrow-and-reclaim", "life-of-workloads", "node-failure", "priority-preemption"):
        scenario = load_scenario(Path("scenarios") / f"{name}.yaml")
        scenario = replace(scenario, workloads=tuple(scenario.workloads))
        recording = Recording(scenario, scenario.horizon_ms, range(0, 3 * HOUR, 17 * MINUTE))
        for at in range(0, 3 * HOUR, 17 * MINUTE):
            past = tuple(item for item in scenario.workloads if item.created_ms <= at)
            states = simulate(replace(scenario, workloads=past, horizon_ms=at)).states
            present = recording.present(at)
            assert {item.workload.key for item in present.running} == {
                key for key, state in states.items() if state in ("admitted", "quotaReserved", "evicted")
            }
            waits = {key for key, state in states.items() if state in ("pending", "inactive")}
            assert {item.key for item in present.waiting} == waits


def test_earlier_forecasts_are_made_of_what_waited_and_ended_as_recorded() -> None:
    scenario = busy(3, jobs=200)
    recording = Recording(scenario, 40 * HOUR, earlier_instants(40 * HOUR, 6))
    found = hindcast(InProcess(), recording, earlier_instants(40 * HOUR, 6), seeds=3, ahead_ms=DAY)
    assert 0 < len(found) <= 6
    for item in found:
        waiting = [work.key for work in recording.present(item.at_ms).waiting]
        actual = {recording.first_admitted.get(key, inf) - item.at_ms for key in waiting}
        assert (inf if item.actual_ms is None else item.actual_ms) in actual
        assert len(item.starts_ms) == 3


def test_a_forecast_says_how_earlier_ones_did_and_is_corrected_by_them() -> None:
    scenario = busy(3, jobs=200)
    found = forecast(scenario, at=f"{50 * HOUR}ms", seeds=9, ahead="6h", hindcasts=60, explain=False)
    assert found.correction is not None
    held, known = found.kept(0.9)
    assert ENOUGH <= known <= len(found.earlier) <= 60
    assert (
        f"corrected: of {known} earlier promises like these, made for nine cases in ten, {held} held as drawn"
        in str(found)
    )
    drawn = forecast(scenario, at=f"{50 * HOUR}ms", seeds=9, ahead="6h", hindcasts=0, explain=False)
    assert [item.starts_ms for item in found.starts] == [item.starts_ms for item in drawn.starts]
    assert (drawn.earlier, drawn.correction, "as drawn: too little" in str(drawn)) == ((), None, True)


def test_shares_of_groups_have_wider_intervals_than_their_members_would() -> None:
    single = grouped_share([(hit, 1) for hit in (1, 1, 1, 0) * 10], 0.95)
    assert single == (0.75, *share_interval(30, 40, 0.95))
    share, low, high = grouped_share([(10, 10), (10, 10), (10, 10), (0, 10)], 0.95)
    assert (share, low, high) == (0.75, 0.0, 1.0)
    assert grouped_share([(7, 10), (8, 10), (7, 10), (8, 10)], 0.95) == pytest.approx((0.75, 0.6581, 0.8419), abs=1e-3)
    assert (grouped_share([], 0.95), grouped_share([(3, 4)], 0.95)) == ((0.0, 0.0, 1.0), (0.75, 0.0, 1.0))


def test_a_promise_beyond_the_time_looked_at_counts_as_kept() -> None:
    trial = Trial("0", (1, 1, 1, 1, None), None, 5)
    assert [row.held for row in calibration([trial], told=False).rows] == [0, 0, 0, 0, 1]


def test_quantiles_are_rounded_outwards_and_open_where_too_few_started() -> None:
    assert [order_statistic(range(1, 10), share) for share in (0.1, 0.5, 0.9)] == [1, 5, 9]
    assert [order_statistic((1, 2, 3), share) for share in (0.1, 0.5, 0.9)] == [1, 2, None]
    assert order_statistic((*range(1, 9), None), 0.9) is None


def test_promises_inside_recorded_histories_hold_about_as_often_as_they_say() -> None:
    """Drawn one by one, run times are less alike than those of a burst: as drawn, forecasts promise too much."""
    found = []
    for seed in range(3, 8):
        instants = range(3 * DAY, 19 * DAY, 6 * HOUR)
        walked = walk(bursts(seed, 20), instants, seeds=9, ahead_ms=2 * DAY, each=1, group_ms=7 * DAY)
        found += [replace(item, group=str(seed)) for item in walked if item.told is not None]
    drawn, told = (calibration(found, told=told) for told in (False, True))
    shown = f"{drawn}\n{told}"
    assert told.n >= 80, shown
    assert drawn.of(0.1).held > 0.15 > told.of(0.1).held, shown
    assert drawn.of(0.9).held < 0.87 < told.of(0.9).held < 0.96, shown
    assert abs(told.of(0.5).held - 0.5) <= 0.1, shown
