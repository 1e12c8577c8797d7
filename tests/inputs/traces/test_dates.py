"""Dates as people write them: read where they say what they mean, refused with what to do where they do not."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from kueue_sim.cli.commands.import_ import command
from kueue_sim.errors import InputError
from kueue_sim.inputs import scenario_from_text
from kueue_sim.inputs.traces.dates import read_date
from kueue_sim.model import Scenario
from kueue_sim.units import parse_zone
from tests.inputs.traces.test_trace_kinds import jobs_of, refusal

HEAD = "id;user;submit;runtime;gpus\n"
DAY = 86_400


def imported(folder: Path, rows: str, *options: str) -> Scenario:
    (folder / "jobs.csv").write_text(HEAD + rows, encoding="utf-8")
    result = CliRunner().invoke(command, [str(folder / "jobs.csv"), *options], catch_exceptions=False)
    return scenario_from_text(result.stdout, folder=folder)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("31/01/2026", "2026-01-31T00:00:00"),
        ("1/31/2026 2:05:07 PM", "2026-01-31T14:05:07"),
        ("1/31/2026 12:05 a.m.", "2026-01-31T00:05:00"),
        ("01.02.2026 08:30:00,5", "2026-02-01T08:30:00.5"),
        ("31-01-2026T08:30", "2026-01-31T08:30:00"),
        ("2026/02/01 08:30", "2026-02-01T08:30:00"),
        ("2026/1/2", "2026-01-02T00:00:00"),
        ("31 Jan 2026 08:30:00", "2026-01-31T08:30:00"),
        ("Sat, 31 Jan 2026 09:30:00 +0100", "2026-01-31T08:30:00"),
        ("01-Feb-2026 08:30", "2026-02-01T08:30:00"),
        ("January 31, 2026, 8:30 PM", "2026-01-31T20:30:00"),
        ("Sat Jan 31 08:30:00 2026", "2026-01-31T08:30:00"),
        ("Sun Feb  1 08:30:00 2026", "2026-02-01T08:30:00"),
        ("31/01/2026 08:30 GMT", "2026-01-31T08:30:00"),
    ],
)
def test_dates_that_say_what_they_mean_are_read(text: str, instant: str) -> None:
    expected = round(datetime.fromisoformat(instant).replace(tzinfo=UTC).timestamp() * 1000)
    assert read_date(text, "", UTC) == expected


@pytest.mark.parametrize("text", ["", "now", "1/2/3/2026", "2026", "31 01 2026", "Q1 2026"])
def test_other_texts_are_none(text: str) -> None:
    assert read_date(text, "", UTC) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("01/02/2026", "'01/02/2026' may be day/month or month/day; `dateOrder` says which"),
        ("31/02/2026", "'31/02/2026' is no date: day is out of range for month"),
        ("31 Foo 2026", "'31 Foo 2026': Foo is no month; accepted: January, Jan and so on"),
        ("1/31/2026 13:05 PM", "'1/31/2026 13:05 PM': 13 is no hour of a clock with twelve"),
        (
            "2026-01-31 10:00:00 EST",
            "'2026-01-31 10:00:00 EST': EST is an abbreviation, which several zones have; timeZone (import: "
            "--time-zone) says which one is meant, such as Europe/Berlin or -05:00",
        ),
    ],
)
def test_what_a_date_does_not_say_is_told_with_what_to_do(text: str, why: str) -> None:
    with pytest.raises(ValueError) as refused:
        read_date(text, "", UTC)
    assert str(refused.value) == why


@pytest.mark.parametrize(("name", "hour"), [("CEST", 0), ("CET", 1)])
def test_an_abbreviation_tells_which_of_two_equal_hours_is_meant(name: str, hour: int) -> None:
    found = read_date(f"2026-10-25 02:30:00 {name}", "", parse_zone("Europe/Berlin"))
    assert found == round(datetime(2026, 10, 25, hour, 30, tzinfo=UTC).timestamp() * 1000)


def test_an_abbreviation_of_another_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="clocks of the zone that is given said EET then"):
        read_date("2026-01-31 10:00:00 CET", "", parse_zone("Europe/Athens"))


# -- the order of a column --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("proof", "which", "days"),
    [("14/02/2026", "day/month/year", 13), ("02/14/2026", "month/day/year", 43)],
)
def test_a_day_beyond_12_anywhere_in_the_columns_tells_the_order_of_all(
    tmp_path: Path, proof: str, which: str, days: int
) -> None:
    scenario = imported(tmp_path, f"1;a;01/02/2026;60;1\n2;a;{proof};60;1\n", "--time-zone", "UTC")
    assert [(name, at) for name, _, at, _, _ in jobs_of(scenario)] == [("1", 0), ("2", days * DAY)]
    assert [one.replace(f"{tmp_path}/", "") for one in scenario.warnings] == [
        f"jobs.csv:2:5: '01/02/2026' and other dates are read as {which}, as '{proof}' in line 3 shows; dateOrder "
        "(import: --date-order) says another order"
    ]


def test_where_no_date_tells_the_order_is_asked_for(tmp_path: Path) -> None:
    rows = "1;a;01/02/2026 08:00;60;1\n2;a;02/03/2026 08:00;60;1\n"
    with pytest.raises(InputError) as refused:
        imported(tmp_path, rows)
    assert [str(one).replace(f"{tmp_path}/", "") for one in refused.value.mistakes] == [
        "jobs.csv:2:5: '01/02/2026 08:00' may be day/month or month/day, and no date of these columns has a day beyond "
        "12; dateOrder of the trace entry (import: --date-order) says which: day-month or month-day"
    ]
    for order, days in (("day-month", 29), ("month-day", 32)):
        scenario = imported(tmp_path, rows, "--date-order", order, "--time-zone", "UTC")
        assert ([at for _, _, at, _, _ in jobs_of(scenario)], scenario.warnings) == ([0, days * DAY], ())


def test_rows_out_of_the_order_that_their_dates_tell_are_sorted(tmp_path: Path) -> None:
    scenario = imported(tmp_path, "1;a;03/02/2026;60;1\n2;a;13/01/2026;60;1\n", "--time-zone", "UTC")
    assert [(name, at) for name, _, at, _, _ in jobs_of(scenario)] == [("2", 0), ("1", 21 * DAY)]


@pytest.mark.parametrize("text", ["1/15/26 10:05", "15.01.26", "05-Jan-26 10:00:00", "1/15/26 1:05 PM"])
def test_years_of_two_digits_are_told(tmp_path: Path, text: str) -> None:
    """As spreadsheets write them on some systems: 26 may be a day in other dates."""
    mistakes = refusal(tmp_path, f"id,user,submit,runtime,gpus\n1,a,{text},60,1\n")
    assert mistakes[-1] == f"jobs.csv:2:5: {text!r} has a year of two digits; dates are read where it has four"


def test_a_date_of_the_other_order_is_a_wrong_row(tmp_path: Path) -> None:
    scenario = imported(tmp_path, "1;a;14/02/2026;60;1\n2;a;02/15/2026;60;1\n", "--time-zone", "UTC")
    assert [name for name, *_ in jobs_of(scenario)] == ["1"]
    assert scenario.warnings[-1].endswith("jobs.csv:3:5: '02/15/2026' is no date: month must be in 1..12")


def test_dates_without_a_zone_are_told_as_other_times_are(tmp_path: Path) -> None:
    warnings = imported(tmp_path, "1;a;31.01.2026 08:00;60;1\n").warnings
    assert [one.partition("jobs.csv:")[2].partition(" count")[0] for one in warnings] == [
        "2:5: '31.01.2026 08:00' and other times without a zone"
    ]


@pytest.mark.parametrize("cell", ["1,234", "12,345"])
def test_what_to_do_about_numbers_with_commas_that_may_mean_two_things_is_told(tmp_path: Path, cell: str) -> None:
    with pytest.raises(InputError) as refused:
        imported(tmp_path, f"1;a;0;{cell};1\n")
    assert "; write numbers with a decimal point and nothing between thousands, such as 1234.5" in str(refused.value)


def test_times_at_which_clocks_are_changed_are_told(tmp_path: Path) -> None:
    rows = (
        "1;a;2026-03-29 01:59:00;60;1\n2;a;2026-03-29 02:30:00;60;1\n3;a;29.03.2026 03:00;60;1\n"
        "4;a;2026-10-25 02:00:00;60;1\n5;a;25.10.2026 02:59;60;1\n6;a;2026-10-25T02:59:00Z;60;1\n"
    )
    warnings = imported(tmp_path, rows, "--time-zone", "Europe/Berlin").warnings
    assert [one.partition("jobs.csv:")[2] for one in warnings] == [
        "3:5: '2026-03-29 02:30:00' in Europe/Berlin never comes, as clocks go forward then",
        "5:5: '2026-10-25 02:00:00' in Europe/Berlin comes twice, as clocks go back then; the first is taken; so it is "
        "with 1 more times",
    ]
    assert imported(tmp_path, rows, "--time-zone", "+01:00").warnings == ()
