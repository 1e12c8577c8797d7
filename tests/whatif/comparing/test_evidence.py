"""What counts as evidence: dependent parts, resamples, gates, and who may still be the best."""

from random import Random

import pytest

from kueue_sim.results.metrics.conditions import read_bound
from kueue_sim.results.metrics.metric_path import Subjects
from kueue_sim.whatif.comparing.gates import evidence, line
from kueue_sim.whatif.comparing.serial import lag1, levels, neighbours_alike, settled
from kueue_sim.whatif.comparing.statistics import Difference, paired, resampled, t_quantile
from kueue_sim.whatif.facade import compare
from tests.whatif.worlds import borrowing, busy, larger, policy, queue


def series(n: int, memory: float, seed: int) -> list[float]:
    """A first-order autoregression of unit variance."""
    random, value, found = Random(seed), 0.0, []
    for _ in range(n):
        value = memory * value + random.gauss(0, (1 - memory**2) ** 0.5)
        found.append(value)
    return found


def test_parts_are_merged_by_halves_and_then_one_by_one() -> None:
    assert levels(72) == [72, 36, 18, 9, 4]
    assert levels(7) == [7, 6, 5, 4]


def test_neighbours_that_are_alike_are_found_and_measured() -> None:
    assert neighbours_alike(series(100, 0.0, 1)) > 0.2
    assert neighbours_alike(series(100, 0.7, 1)) < 0.001
    assert abs(lag1(series(2000, 0.5, 2)) - 0.5) < 0.06
    assert lag1([1.0, -1.0] * 10) == 0.0


def test_the_error_of_dependent_parts_covers_the_error_of_their_mean() -> None:
    """Of means of 64 values with memory, 95 % lie within their interval; taken as independent, far fewer would."""
    covered = 0
    for seed in range(300):
        values = series(64, 0.6, seed)
        halves = [[sum(values[i : i + w]) / w for i in range(0, 64, w)] for w in (1, 2, 4, 8, 16)]
        found = settled(halves)
        assert found is not None
        covered += abs(sum(values) / 64) <= t_quantile(0.975, found.degrees) * found.error
    assert 0.91 <= covered / 300 <= 0.99


def test_fewer_than_four_parts_say_nothing() -> None:
    assert settled([[1.0, 2.0, 3.0]]) is None


def test_more_resamples_do_not_make_an_interval_narrower() -> None:
    def half(n: int) -> float:
        values: list[float | None] = [value for value in series(n, 0.0, 3)]
        found = resampled([0.0] * n, values, blocks=12, confidence=0.95)
        assert found is not None and found.low is not None and found.high is not None
        return (found.high - found.low) / 2

    assert abs(half(400) / half(100) - 1) < 0.15
    assert half(400) > 2.0


@pytest.mark.parametrize(
    ("condition", "low", "high", "want"),
    [
        ("delay.mean > +10%", 5.0, 9.0, "holds"),
        ("delay.mean > +10%", -1.0, 9.0, "open"),
        ("delay.mean > +10%", -9.0, -1.0, "fails"),
        ("delay.mean < +10%", -9.0, -1.0, "holds"),
        ("delay.mean < +10%", -9.0, 1.0, "open"),
        ("delay.mean <= 30m", 1.0, 2.0, "fails"),
    ],
)
def test_a_condition_is_judged_by_the_interval_of_its_distance_from_the_limit(
    condition: str, low: float, high: float, want: str
) -> None:
    bound = read_bound(condition, Subjects(policy(queue("team-a", 2))))
    assert not isinstance(bound, str)
    assert evidence(bound, Difference(5, 0, 0, (low + high) / 2, low, high, 0.5)) == want


def test_limits_in_proportion_count_what_the_base_does_not_know_for_sure() -> None:
    bound = read_bound("delay.mean > +10%", Subjects(policy(queue("team-a", 2))))
    assert not isinstance(bound, str)
    factor, summand = line(bound)
    base, other = [10.0, 20.0, 30.0, 40.0], [12.0, 24.0, 36.0, 48.0]
    found = paired([factor * value + summand for value in base], [*other], 0.9)
    assert found is not None and found.low is not None
    assert (found.mean, found.low > 0) == (pytest.approx(2.5), True)


def test_gates_ask_for_evidence_and_non_inferiority_for_the_other_proof() -> None:
    found = compare(
        busy, {"same": busy, "larger": larger}, seeds=8, metrics=["delay.mean"],
        bounds=["delay.mean > +10%", "delay.mean < -10%"], required=["delay.mean < +10%"],
    )  # fmt: skip
    assert [(item.gate.bound.text, item.variant, item.evidence, item.passed) for item in found.judged] == [
        ("delay.mean > +10%", "same", "fails", True),
        ("delay.mean > +10%", "larger", "fails", True),
        ("delay.mean < -10%", "same", "fails", True),
        ("delay.mean < -10%", "larger", "holds", False),
        ("delay.mean < +10%", "same", "holds", True),
        ("delay.mean < +10%", "larger", "holds", True),
    ]


def test_the_recommended_of_several_is_told_by_seeds_that_did_not_choose_it() -> None:
    found = compare(busy, {"larger": larger, "borrow": borrowing}, seeds=12, metrics=["delay.mean"])
    assert found.best is not None and found.fresh is not None
    assert (found.best.variant, found.fresh.plan.seeds) == ("larger", tuple(range(12, 24)))
    told = found.fresh.of("larger", "delay.mean")
    assert told is not None and told.found.mean != found.best.found.mean
    assert "That is under 12 fresh seeds" in found.recommendation


def test_seeds_are_added_until_the_difference_is_told_as_precisely_as_asked() -> None:
    found = compare(busy, {"larger": larger}, seeds=4, metrics=["delay.mean"], precision=0.25)
    assert found.precision is not None and found.precision <= 0.25 and found.n > 4
    assert any(note.startswith(f"Seeds were added, from 4 to {found.n},") for note in found.notes)


def test_seeds_go_to_the_variants_that_may_be_the_best() -> None:
    found = compare(
        busy, {"larger": larger, "borrow": borrowing}, seeds=10, metrics=["delay.mean"], select=0.2, fresh=False
    )
    assert found.selection is not None
    assert found.selection.left == ("larger",)
    assert {name for name, _ in found.selection.eliminated} == {"base", "borrow"}
