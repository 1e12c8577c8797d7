"""Weighted shares and Jain's index, against Kueue's own arithmetic and by definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kueue_sim import run
from kueue_sim.policy.quota.dominant_resource_share import ShareCalculator
from kueue_sim.policy.quota.quota_tree import QuotaForest
from kueue_sim.results.quota.fairness import jain, windows
from tests.results.scenes import GPU, HOUR, MINUTE, introductory_lab, job, queue, scene


def test_a_share_is_what_is_borrowed_of_what_could_be_lent_per_thousand() -> None:
    shares = run(introductory_lab()).weighted_shares["team-a"]
    assert (shares.times.tolist(), shares.values.tolist()) == (
        [0, 30 * MINUTE, 2 * HOUR, 210 * MINUTE],
        [1000 / 3, 0, 1000 / 3, 0],
    )


@given(st.lists(st.tuples(st.integers(0, 120), st.integers(1, 3), st.integers(1, 90)), max_size=12))
def test_shares_over_time_are_those_the_scheduler_computes(jobs: list[tuple[int, int, int]]) -> None:
    work = [
        job(f"job-{n}", f"team-{'ab'[n % 2]}", gpus, at_ms=at * MINUTE, runtime_ms=runtime * MINUTE)
        for n, (at, gpus, runtime) in enumerate(jobs)
    ]
    result = run(scene([queue("team-a", 1), queue("team-b", 3)], work, horizon_ms=4 * HOUR))
    forest = QuotaForest(result.scenario.policy)
    for name, node in forest.queues.items():
        shares = result.weighted_shares[name]
        for time, value in zip(shares.times.tolist(), shares.values.tolist(), strict=True):
            slot = forest.slot_of["a100", GPU]
            held = result.figures.held[name, "a100", GPU].value(time) if value else 0
            node.remove(slot, node.usage[slot])
            node.add(slot, held)
            assert value == ShareCalculator(forest.pairs).share(node).weighted, (name, time, held)


@pytest.mark.parametrize(
    ("values", "index"), [([1, 1, 1], 1.0), ([1, 0, 0], 1 / 3), ([3, 1], 0.8), ([0, 0], None), ([], None)]
)
def test_jains_index(values: list[float], index: float | None) -> None:
    assert jain(values) == (None if index is None else pytest.approx(index))


def test_windows_are_days_hours_or_the_whole_run() -> None:
    day = 24 * HOUR
    assert (windows(60 * MINUTE), windows(150 * MINUTE), windows(2 * day + HOUR)) == (
        [(0, HOUR)],
        [(0, HOUR), (HOUR, 2 * HOUR), (2 * HOUR, 150 * MINUTE)],
        [(0, day), (day, 2 * day), (2 * day, 2 * day + HOUR)],
    )


def test_only_teams_that_want_something_count() -> None:
    result = run(introductory_lab())
    assert [(round(item.jain or 0, 3), item.teams) for item in result.fairness_over(windows(result.run.end_ms))] == [
        (0.9, 2),
        (0.5, 2),
        (1.0, 1),
        (1.0, 1),
    ]


def test_what_is_lent_is_what_is_borrowed() -> None:
    """Nothing but unused lendable quota is ever borrowed, so both sides of the ledger are equal."""
    work = [
        job(f"job-{n}", f"team-{'abc'[n % 3]}", 1 + n % 3, at_ms=n * 7 * MINUTE, runtime_ms=(30 + n % 5 * 20) * MINUTE)
        for n in range(40)
    ]
    result = run(scene([queue("team-a", 1), queue("team-b", 3), queue("team-c", 2)], work))
    lent = {team.cluster_queue: 0.0 for team in result.teams}
    for (_, borrower), amount in result.figures.pairs.items():
        lent[borrower] += amount
    assert lent == pytest.approx({team.cluster_queue: team.borrowed_hours for team in result.teams})
    assert sum(team.borrowed_hours for team in result.teams) > 5
