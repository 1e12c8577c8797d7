"""The benchmark's table tells what was reached, and a wrong figure fails it."""

from benchmarks.floor import BareLoop
from benchmarks.measure import Measured
from benchmarks.run import changes, row_of, target_texts
from benchmarks.suites import Target, all_suites


def measured(name: str = "a", simulate_s: float = 2.0, figure: str = "1.5", jobs: int = 1000) -> Measured:
    return Measured(name, jobs, 0.5, simulate_s, 0.1, 3000, 700, 64.0, figure, "1.5")


def test_a_line_shows_ratios_to_the_floor() -> None:
    assert row_of(measured(), Target(times_floor=10), {}) == [
        "a", "1,000", "0.50", "2.00", "20.0", "500", "1,500", "700", "64", "1.5", "≤ 10 x floor (MISSED)",
    ]  # fmt: skip


def test_a_wrong_figure_is_marked() -> None:
    one = measured(figure="1.6")
    assert (one.correct, row_of(one, Target(), {})[9]) == (False, "1.6!")


def test_every_kind_of_target_is_judged() -> None:
    every = Target(times_floor=20, per_job_of=("b", 1.3), wall_s=400, faster=100, seconds=1.9, peak_mb=64)
    assert list(target_texts(measured(), every, {"b": measured("b", 1.0)})) == [
        "≤ 20 x floor (reached)",
        "2.00 x the cost per job of b (≤ 1.3: MISSED)",
        "200 x faster than Kueue (≥ 100: reached)",
        "≤ 1.9 s (MISSED)",
        "≤ 64 MB (reached)",
    ]


def test_earlier_measurements_are_compared_by_their_ratio_to_the_floor() -> None:
    assert list(changes({"a": measured(simulate_s=4.0)}, [measured(), measured("new")])) == [
        "a: 40.0 -> 20.0 x floor (-50%)"
    ]


def test_the_floor_ends_every_job() -> None:
    loop = BareLoop([1.0, 0.0, 2.5], [10.0, 0.5, 1.0])
    loop.run()
    assert loop.ended == 3


def test_suites_have_names_of_their_own_and_expected_figures() -> None:
    suites = all_suites()
    assert len({suite.name for suite in suites}) == len(suites)
    assert all(float(suite.expected) >= 0 for suite in suites)
