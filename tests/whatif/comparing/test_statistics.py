"""Intervals and corrections against figures worked out elsewhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kueue_sim.whatif.comparing.statistics import Difference, holm, paired, share_interval

SLEEP_BASE = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SLEEP_OTHER = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]


def test_the_interval_of_students_own_sleep_data_is_the_published_one() -> None:
    found = paired(SLEEP_BASE, SLEEP_OTHER, 0.95)
    assert found is not None
    assert (found.n, found.mean) == (10, pytest.approx(1.58))
    assert (found.low, found.high) == (pytest.approx(0.7001142, abs=1e-7), pytest.approx(2.4598858, abs=1e-7))
    assert found.p == pytest.approx(0.002832890, abs=1e-9)


def test_one_pair_has_no_interval_and_no_pair_no_difference() -> None:
    assert (paired([3.0], [5.0], 0.95), paired([None, 1.0], [2.0, None], 0.95)) == (Difference(1, 3.0, 5.0, 2.0), None)


def test_equal_differences_are_judged_by_their_number_alone() -> None:
    assert paired([1.0, 2.0, 3.0], [2.0, 3.0, 4.0], 0.95) == Difference(3, 2.0, 3.0, 1.0, 1.0, 1.0, 0.25)
    assert paired([1.0, 2.0], [1.0, 2.0], 0.95) == Difference(2, 1.5, 1.5, 0.0, 0.0, 0.0, 1.0)


def test_holms_correction_of_a_textbook_example() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_the_exact_interval_of_a_share() -> None:
    assert share_interval(9, 10, 0.95) == (pytest.approx(0.5549839, abs=1e-6), pytest.approx(0.9974714, abs=1e-6))
    assert share_interval(0, 10, 0.95) == (0.0, pytest.approx(0.3084971, abs=1e-6))
    assert share_interval(10, 10, 0.95) == (pytest.approx(0.6915029, abs=1e-6), 1.0)


_VALUES = st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=2, max_size=12)


@given(_VALUES)
def test_swapping_the_sides_turns_the_difference_round(pairs: list[tuple[float, float]]) -> None:
    base, other = [a for a, _ in pairs], [b for _, b in pairs]
    forth, back = paired(base, other, 0.9), paired(other, base, 0.9)
    assert forth is not None and back is not None and forth.low is not None and back.high is not None
    assert (forth.mean, forth.low, forth.p) == (-back.mean, pytest.approx(-back.high), back.p)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_correction_never_makes_surer_and_keeps_the_order(ps: list[float]) -> None:
    adjusted = holm(ps)
    assert all(after >= before for before, after in zip(ps, adjusted, strict=True))
    assert [value for _, value in sorted(zip(ps, adjusted, strict=True))] == sorted(adjusted)
