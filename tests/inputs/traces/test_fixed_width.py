"""What sacct prints for people: a line of dashes tells the columns, and values that are too wide are cut."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from kueue_sim.errors import InputError
from kueue_sim.inputs import scenario_from_dict
from kueue_sim.inputs.trace_import import is_history, trace_scenario
from tests.inputs.traces.test_trace_kinds import imported, jobs_of, quotas_of, refusal

WIDTHS = {"JobID": -12, "Account": 10, "Submit": 19, "Start": 19, "End": 19, "AllocTRES": 20, "State": 10}
TIMES = ("2026-01-01T00:00:00", "2026-01-01T00:10:00", "2026-01-01T01:00:00")
FIRST = ("1", "nlp", *TIMES, "cpu=8,gres/gpu=4", "COMPLETED")
AGAIN = ("2", "vision", *TIMES, "gres/gpu=2", "CANCELLED by 1000")
JOBS = [("1", "nlp", 0, 3000, 4), ("2", "vision", 0, 3000, 2)]
CUT = "cut off; sacct --parsable2 cuts nothing, --format {0}%80 after 80 characters"


def printed(*rows: Sequence[str], **widths: int) -> str:
    """A table as sacct prints it: a negative width is that of a column whose values stand at the left. Names of columns
    are cut without a mark."""
    each = list({**WIDTHS, **widths}.values())
    names = [name[: abs(width)] for name, width in zip(WIDTHS, each, strict=True)]
    lines = [_line(names, each), _line(["-" * abs(width) for width in each], each)]
    return "\n".join([*lines, *(_line(row, each) for row in rows), ""])


def _line(values: Sequence[str], widths: Sequence[int]) -> str:
    return "".join(_cell(value, width) + " " for value, width in zip(values, widths, strict=True))


def _cell(value: str, width: int) -> str:
    size = abs(width)
    text = value if len(value) <= size else f"{value[: size - 1]}+"
    return text.ljust(size) if width < 0 else text.rjust(size)


@pytest.mark.parametrize("file", ["jobs.csv", "jobs.txt"])
def test_the_line_of_dashes_tells_the_columns(tmp_path: Path, file: str) -> None:
    step = ("1.batch", "nlp", *TIMES, "cpu=8,mem=64G,gres/gpu=4", "COMPLETED")
    scenario = imported(tmp_path, printed(FIRST, step, AGAIN), file)
    assert is_history(tmp_path / file)
    assert (jobs_of(scenario), quotas_of(scenario)) == (JOBS, [("nlp", 32), ("vision", 32)])
    assert not any("cut off" in warning for warning in scenario.warnings)


def test_tables_that_were_put_together_are_one(tmp_path: Path) -> None:
    scenario = imported(tmp_path, printed(FIRST) + printed(AGAIN))
    assert jobs_of(scenario) == JOBS
    assert not any("wrong" in warning for warning in scenario.warnings)


def test_values_of_use_that_are_cut_are_mistakes_once_for_each_column(tmp_path: Path) -> None:
    rows = [(*row[:2], "#" * 10, *row[3:]) for row in (FIRST, AGAIN)]  # what sacct makes of times without room
    text = printed(*rows, Submit=10, AllocTRES=9)
    assert refusal(tmp_path, text) == [
        f"jobs.csv:3:25: '##########' and 1 more of Submit are {CUT.format('Submit')}",
        f"jobs.csv:3:76: 'cpu=8,gr+' and 1 more of AllocTRES are {CUT.format('AllocTRES')}",
    ]
    assert refusal(tmp_path, printed(("1234567", *FIRST[1:]), JobID=-5)) == [
        f"jobs.csv:3:1: '1234+' of JobID is {CUT.format('JobID')}"
    ]


def test_a_cut_state_that_may_be_that_of_a_running_job_is_a_mistake(tmp_path: Path) -> None:
    running = printed((*FIRST[:-1], "CANCELLED"), (*AGAIN[:-1], "RUNNING"), State=-5)
    assert refusal(tmp_path, running) == [
        f"jobs.csv:4:106: 'RUNN+' of State is {CUT.format('State')}",
    ]


def test_a_scenario_whose_table_was_cut_later_is_refused_as_well(tmp_path: Path) -> None:
    (tmp_path / "jobs.csv").write_text(printed(FIRST), encoding="utf-8")
    document = trace_scenario(tmp_path / "jobs.csv", tmp_path, None, None)
    (tmp_path / "jobs.csv").write_text(printed(FIRST, AllocTRES=9), encoding="utf-8")
    with pytest.raises(InputError, match=r"jobs\.csv:3:85: 'cpu=8,gr\+' of AllocTRES is cut off"):
        scenario_from_dict(document, folder=tmp_path)


def test_names_that_are_cut_are_kept_and_told(tmp_path: Path) -> None:
    told: list[str] = []
    (tmp_path / "jobs.csv").write_text(printed(FIRST, ("2", "vision-lab", *AGAIN[2:]), Account=7), encoding="utf-8")
    document = trace_scenario(tmp_path / "jobs.csv", tmp_path, None, None, tell=told.append)
    kept = f"{tmp_path}/jobs.csv:4:14: 'vision+' of Account is {CUT.format('Account')}"
    assert f"{kept}; they are kept, equal ones as one name" in told
    queues = [one["metadata"]["name"] for one in document["policy"]["objects"] if one["kind"] == "ClusterQueue"]
    assert queues == ["nlp", "vision+"]


def test_a_length_of_time_without_room_moves_what_comes_after_it(tmp_path: Path) -> None:
    widths = [-12, 10, 7, 19, 10]
    rows = [
        ("JobID", "Elapsed", "Account", "Submit", "ReqTRES"),
        ["-" * abs(width) for width in widths],
        ("1", "01:00:00", "nlp", TIMES[0], "gres/gpu=4"),
        ("2", "10:00:10", "vision", TIMES[0], "gres/gpu=2"),
    ]
    text = "\n".join(_line(row, widths) for row in rows).replace("  10:00:10", "10-00:00:10")
    assert jobs_of(imported(tmp_path, text)) == [("1", "nlp", 0, 3600, 4), ("2", "vision", 0, 864_010, 2)]
    assert refusal(tmp_path, text.replace("gpu=2", "gpu2+")) == [
        f"jobs.csv:4:54: 'gres/gpu2+' of ReqTRES is {CUT.format('ReqTRES')}"
    ]


def test_a_text_between_columns_is_told_where_it_stands(tmp_path: Path) -> None:
    lines = printed(FIRST, AGAIN).splitlines()
    lines[3] = f"{lines[3][:23]}s{lines[3][23:]}"
    [message] = refusal(tmp_path, "\n".join(lines))
    assert message.startswith("jobs.csv:4:24: a text stands between two columns of the line of dashes")


def test_a_table_with_separators_may_have_a_row_of_dashes(tmp_path: Path) -> None:
    scenario = imported(tmp_path, "id,user,submit,runtime,gpus\n--- ---\n1,a,0,60,1\n")
    assert jobs_of(scenario) == [("1", "a", 0, 60, 1)]
