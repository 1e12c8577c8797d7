"""Times without a zone: they count as UTC and are told, or lie in the zone that is given."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from kueue_sim.cli.commands.import_ import command
from kueue_sim.errors import InputError
from kueue_sim.inputs import scenario_from_dict
from kueue_sim.inputs.trace_import import trace_scenario
from kueue_sim.units import is_local, parse_instant, parse_zone
from tests.inputs.traces.test_trace_kinds import imported, jobs_of

SACCT = (
    "JobID|Account|Submit|Start|End|AllocTRES\n"
    "1|a|2026-03-29T01:00:00|2026-03-29T01:10:00|2026-03-29T04:10:00|cpu=8,gres/gpu=4\n"
    "2|a|2026-03-29T04:00:00|2026-03-29T04:10:00|2026-03-29T05:10:00|cpu=8,gres/gpu=2\n"
)
"""Over the night in which clocks of Europe go from 2 to 3."""
HOUR = 3600


def told(folder: Path, text: str, file: str = "jobs.psv", **options: str) -> list[str]:
    return [line.replace(f"{folder}/", "") for line in imported(folder, text, file, **options).warnings]


def test_times_without_a_zone_count_as_utc_and_the_first_of_them_is_told(tmp_path: Path) -> None:
    assert told(tmp_path, SACCT) == [
        "jobs.psv:2:5: '2026-03-29T01:00:00' and other times without a zone count as UTC; timeZone of the trace entry "
        "(import: --time-zone) gives theirs, such as Europe/Berlin, +02:00 or UTC"
    ]
    assert jobs_of(imported(tmp_path, SACCT, "jobs.psv")) == [
        ("1", "a", 0, 3 * HOUR, 4),
        ("2", "a", 3 * HOUR, HOUR, 2),
    ]


@pytest.mark.parametrize(
    ("zone", "first", "second"),
    [("Europe/Berlin", 2, 2), ("+02:00", 3, 3), ("UTC", 3, 3), ("Z", 3, 3), ("-0530", 3, 3)],
)
def test_a_zone_that_is_given_is_that_of_all_such_times(tmp_path: Path, zone: str, first: int, second: int) -> None:
    assert told(tmp_path, SACCT, zone=zone) == []
    assert jobs_of(imported(tmp_path, SACCT, "jobs.psv", zone=zone)) == [
        ("1", "a", 0, first * HOUR, 4),
        ("2", "a", second * HOUR, HOUR, 2),
    ]


def test_a_zone_in_a_column_goes_before_the_one_that_is_given(tmp_path: Path) -> None:
    text = "submit,start,end,gpus\n2026-07-01T08:00:00Z,2026-07-01 10:30:00,2026-07-01T13:30:00+02:00,1\n"
    assert jobs_of(imported(tmp_path, text, zone="Europe/Berlin"))[0][3] == 3 * HOUR
    assert told(tmp_path, text, "jobs.csv")[0].startswith("jobs.csv:2:22: '2026-07-01 10:30:00' and other times")


@pytest.mark.parametrize(
    "time", ["0", "1506988800", "20260701", "2026-07-01T08:00:00Z", "2026-07-01 08:00:00+00:00", "2026-07-01 08:00 UTC"]
)
def test_numbers_and_times_with_a_zone_need_none(tmp_path: Path, time: str) -> None:
    assert told(tmp_path, f"submit,runtime,gpus\n{time},60,1\n", "jobs.csv") == []


def test_the_bounds_of_a_trace_lie_in_its_zone(tmp_path: Path) -> None:
    (tmp_path / "jobs.psv").write_text(SACCT, encoding="utf-8")
    document = trace_scenario(tmp_path / "jobs.psv", tmp_path, None, None, None, "Europe/Berlin")
    document["workloads"][0]["trace"]["from"] = "2026-03-29 03:30"
    scenario = scenario_from_dict(document, folder=tmp_path)
    assert jobs_of(scenario) == [("2", "a", HOUR // 2, HOUR, 2)]


def test_a_zone_that_does_not_exist_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        imported(tmp_path, SACCT, "jobs.psv", zone="Europe/Berli")
    problem = "there is no time zone 'Europe/Berli' (examples: Europe/Berlin, +02:00, UTC)"
    assert [str(one) for one in caught.value.mistakes] == [f"workloads[0].trace.timeZone: {problem}"]
    (tmp_path / "jobs.psv").write_text(SACCT, encoding="utf-8")
    refused = CliRunner().invoke(command, [str(tmp_path / "jobs.psv"), "--time-zone", "Europe/Berli"])
    assert (refused.exit_code, problem in refused.output) == (2, True)


def test_import_writes_the_zone_and_tells_of_times_that_say_none(tmp_path: Path) -> None:
    (tmp_path / "jobs.psv").write_text(SACCT, encoding="utf-8")
    plain = CliRunner().invoke(command, [str(tmp_path / "jobs.psv")])
    assert plain.stderr.startswith(f"warning: {tmp_path}/jobs.psv:2:5: '2026-03-29T01:00:00' and other times without")
    zoned = CliRunner().invoke(command, [str(tmp_path / "jobs.psv"), "--time-zone", "Europe/Berlin"])
    assert (zoned.stderr, "timeZone: Europe/Berlin" in zoned.stdout) == ("", True)


DUMP = """\
apiVersion: kueue.x-k8s.io/v1beta1
kind: ResourceFlavor
metadata: {name: a, creationTimestamp: "2026-01-01T00:00:00Z"}
"""


def test_the_instant_of_a_dump_may_lie_in_a_zone(tmp_path: Path) -> None:
    (tmp_path / "dump.yaml").write_text(DUMP, encoding="utf-8")
    file, taken = str(tmp_path / "dump.yaml"), ["--taken", "2026-07-01T08:00"]
    plain, zoned = (CliRunner().invoke(command, [file, *taken, *more]) for more in ([], ["--time-zone", "+02:00"]))
    assert "start: '2026-07-01T08:00:00Z'" in plain.stdout
    assert "warning: --taken 2026-07-01T08:00 says no zone and counts as UTC; --time-zone gives it" in plain.stderr
    assert "start: '2026-07-01T06:00:00Z'" in zoned.stdout
    assert "--taken" not in zoned.stderr


def test_zones_are_names_or_differences() -> None:
    assert [is_local(text) for text in ("2026-01-01 00:00", "2026-01-01T00:00Z", "soon")] == [True, False, False]
    assert parse_instant("2026-07-01T08:00", parse_zone("+02:00")) == parse_instant("2026-07-01T06:00:00Z")
    assert parse_instant("2026-07-01T08:00Z", parse_zone("+02:00")) == parse_instant("2026-07-01T08:00:00Z")
