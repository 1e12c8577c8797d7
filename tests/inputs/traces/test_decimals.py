"""Numbers of a table with commas: the table itself tells whether they are decimal marks or part thousands."""

from pathlib import Path

import pytest

from kueue_sim.inputs import scenario_from_dict
from kueue_sim.inputs.trace_import import trace_scenario
from kueue_sim.model import Scenario

HEAD = "job_id;team;submit;runtime;gpus\n"


def imported(folder: Path, text: str) -> Scenario:
    (folder / "jobs.csv").write_text(text, encoding="utf-8")
    return scenario_from_dict(trace_scenario(folder / "jobs.csv", folder, preset=None, gpus=None), folder=folder)


@pytest.mark.parametrize(
    ("rows", "seconds"),
    [
        ("1;a;0;60,5;1\n2;a;0;1.000;1\n3;a;1.234;0,125;2,0\n", [60.5, 1000, 0.125]),
        ("1;a;0;1.234,5;1\n2;a;0;7;1\n", [1234.5, 7]),
        ("1;a;0;1.234.567;1\n2;a;0;1,234;1\n", [1_234_567, 1.234]),
        ("1;a;0;1,234;1\n2;a;0;12.5;1\n", [1234, 12.5]),
        ("1;a;0;1,234.5;1\n2;a;0;1,234,567;1\n", [1234.5, 1_234_567]),
        ("1;a;0;1 234,5;1\n2;a;0;12'345'678;1\n", [1234.5, 12_345_678]),
        ("1;a;0;1.000;1\n2;a;0;2.500;1\n", [1, 2.5]),
    ],
)
def test_numbers_with_commas_are_read_as_the_table_shows(tmp_path: Path, rows: str, seconds: list[float]) -> None:
    scenario = imported(tmp_path, HEAD + rows)
    assert [(one.runtime_ms or 0) / 1000 for one in scenario.workloads] == seconds
    assert not [one for one in scenario.warnings if "wrong and skipped" in one]


def test_submissions_with_decimal_commas_are_found_out_of_order(tmp_path: Path) -> None:
    scenario = imported(tmp_path, HEAD + "1;a;10,25;60;1\n2;a;9,5;60;1\n")
    assert [(one.name, one.created_ms) for one in scenario.workloads] == [("2", 9500), ("1", 10_250)]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("1;a;0;60,5;1\n", "jobs.csv:2:7: '60,5' and other numbers are read with a decimal comma"),
        (
            "1;a;0;1,234;1\n2;a;0;12.5;1\n",
            "jobs.csv:2:7: '1,234' and other numbers are read with a decimal point, as '12.5' in line 3 shows",
        ),
    ],
)
def test_how_numbers_are_read_is_told(tmp_path: Path, rows: str, told: str) -> None:
    assert [one.rpartition("/")[2] for one in imported(tmp_path, HEAD + rows).warnings] == [told]


def test_a_number_with_the_other_mark_is_a_wrong_row(tmp_path: Path) -> None:
    scenario = imported(tmp_path, HEAD + "1;a;0;60,5;1\n2;a;0;12.5;1\n")
    assert [one.name for one in scenario.workloads] == ["1"]
    assert scenario.warnings[-1].endswith(
        "jobs.csv:3:7: '12.5' has a decimal point, where other numbers have a decimal comma"
    )
