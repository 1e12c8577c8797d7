"""Times of what happened: exact enough to tell one instant from the next, wherever a run is told."""

import pytest

from kueue_sim import run
from kueue_sim.inputs import scenario_from_text
from kueue_sim.report.page.run_page import run_page
from kueue_sim.report.text.terminal import text_report
from kueue_sim.report.text.timed_lines import TimedLines
from kueue_sim.units import format_moment, format_moments
from tests.scenario_text import scenario_text

DAY, HOUR, MINUTE, SECOND = 86_400_000, 3_600_000, 60_000, 1000
LATE = 4 * DAY + 7 * HOUR


@pytest.mark.parametrize(
    ("times", "texts"),
    [
        ((0, HOUR, LATE), ["0s", "1h", "4d 7h"]),
        ((LATE, LATE + 5 * MINUTE), ["4d 7h", "4d 7h 5m"]),
        ((LATE + MINUTE, LATE + MINUTE + 2 * SECOND), ["4d 7h 1m", "4d 7h 1m 2s"]),
        ((LATE + 2 * SECOND, LATE + 2 * SECOND + 7), ["4d 7h 2s", "4d 7h 2s 7ms"]),
        ((HOUR, HOUR + 5 * SECOND, 3 * HOUR + 5 * SECOND), ["1h", "1h 5s", "3h"]),
        ((MINUTE, MINUTE + 20), ["1m", "1m 20ms"]),
        ((45_200,), ["45s 200ms"]),
    ],
)
def test_every_instant_is_told_apart_from_its_neighbours(times: tuple[int, ...], texts: list[str]) -> None:
    found = format_moments([*times[::-1], *times])
    assert [found[at] for at in times] == texts


def test_a_single_instant_is_exact_to_the_minute() -> None:
    assert [format_moment(at) for at in (LATE + 12 * MINUTE + 3, -LATE - MINUTE, 90 * SECOND)] == [
        "4d 7h 12m",
        "-4d 7h 1m",
        "1m 30s",
    ]


def test_the_text_behind_long_times_stays_in_one_column() -> None:
    lines = TimedLines()
    lines.plain("job")
    lines.at(LATE + MINUTE, "submitted")
    lines.at(LATE + MINUTE + 11, "waits")
    lines.more("why")
    assert lines.texts() == [
        "job",
        "     4d 7h 1m  submitted",
        "4d 7h 1m 11ms  waits",
        "                 why",
    ]


def test_a_story_tells_events_of_one_hour_apart() -> None:
    more = "horizon: 5d\nworkloads:\n" + "".join(
        f"- {{name: w{minute}, team: team-a, requests: {{nvidia.com/gpu: 8}}, runtime: 5m, submit: 4d7h{minute}m}}\n"
        for minute in (1, 2)
    )
    result = run(scenario_from_text(scenario_text({"team-a": 8}, more)))
    for text in (text_report(result), run_page(result), result.explain("w2")):
        assert all(time in text for time in ("4d 7h 2m", "4d 7h 6m", "4d 7h 11m"))
        assert "4d 7h  " not in text
