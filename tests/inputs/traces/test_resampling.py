"""A recorded trace drawn anew, and made larger or smaller."""

from collections.abc import Iterator

from kueue_sim.inputs.traces.resampling import DAY_MS, Resampled, Resampling
from kueue_sim.model import Workload


def trace(days: int, each: int = 100) -> list[Workload]:
    """Jobs spread evenly over days; the run time tells the day."""
    return [
        Workload(f"j{day:02d}-{index:03d}", "ns", "q", (), uid=f"u{day:02d}{index:03d}", priority=0,
                 created_ms=day * DAY_MS + index * DAY_MS // each, runtime_ms=day + 1)
        for day in range(days)
        for index in range(each)
    ]  # fmt: skip


def days_of(found: Resampled) -> Iterator[int]:
    """The recorded day behind every job, in order."""
    return ((item.runtime_ms or 0) - 1 for item in found)


def test_days_are_drawn_whole_from_days_of_the_same_weekday() -> None:
    found = Resampled(trace(28), Resampling("day", 1.0, 1.0, "seed"))
    by_day = [list(days_of(found))[start : start + 100] for start in range(0, 2800, 100)]
    assert all(len(set(day)) == 1 and day[0] % 7 == index % 7 for index, day in enumerate(by_day))
    assert [item.created_ms % DAY_MS for item in found] == [item.created_ms % DAY_MS for item in trace(28)]
    assert len({item.key for item in found}) == len({item.uid for item in found}) == 2800


def test_seeds_draw_differently_and_each_always_the_same() -> None:
    one, again, other = (list(days_of(Resampled(trace(28), Resampling("week", 1.0, 1.0, seed)))) for seed in "aab")
    assert (one == again, one == other) == (True, False)


def test_a_trace_drawn_by_week_ends_with_its_last_whole_week() -> None:
    found = Resampled(trace(30), Resampling("week", 1.0, 1.0, "seed"))
    assert (found.blocks, len(list(found))) == (4, 2800)


def test_load_lays_more_work_over_each_block_or_thins_it() -> None:
    more, less, twice = (len(list(Resampled(trace(28), Resampling("", load, 1.0, "s")))) for load in (1.2, 0.5, 2.0))
    assert twice == 5600
    assert abs(more - 3360) < 5 * (2800 * 0.2 * 0.8) ** 0.5
    assert abs(less - 1400) < 5 * (2800 * 0.5 * 0.5) ** 0.5


def test_growth_makes_later_blocks_larger() -> None:
    found = list(Resampled(trace(60, each=400), Resampling("", 1.0, 2.0, "s")))
    first, last = (sum(day * DAY_MS <= item.created_ms < (day + 1) * DAY_MS for item in found) for day in (0, 59))
    assert (first, round(last / 400, 1)) == (400, 3.9)
