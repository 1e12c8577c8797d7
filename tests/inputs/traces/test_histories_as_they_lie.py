"""Histories of jobs with the oddities of exports: order, heads, names of files and of columns."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from kueue_sim.cli.commands.import_ import command
from kueue_sim.inputs import scenario_from_text
from kueue_sim.inputs.trace_import import trace_scenario
from tests.inputs.traces.test_trace_kinds import imported, jobs_of

ROWS = "1,a,0,60,1\n2,b,10,60,2\n"
PLAIN = [("1", "a", 0, 60, 1), ("2", "b", 10, 60, 2)]


def test_rows_in_any_order_are_sorted_and_rows_in_order_need_not_be(tmp_path: Path) -> None:
    head = "id,user,submit,runtime,gpus\n"
    scenario = imported(tmp_path, f"{head}2,b,10,60,2\n3,b,?,60,2\n1,a,0,60,1\n")
    assert jobs_of(scenario) == PLAIN
    assert [line.partition(" rows")[0] for line in scenario.warnings] == [f"{tmp_path}/jobs.csv: 1 of 3"]
    imported(tmp_path, head + ROWS)
    document = trace_scenario(tmp_path / "jobs.csv", tmp_path, None, None)
    assert "sort" not in document["workloads"][0]["trace"]


@pytest.mark.parametrize(
    "head",
    [
        "# exported on Monday\n#\n\nid,user,submit,runtime,gpus\n",
        "#id,user,submit,runtime,gpus\n",
        "Job ID,User,Submit Time (UTC),Duration (s),nvidia.com/gpu\n",
        "job,user,submitted_at,ElapsedRaw,nvidia_com_gpu\n",
    ],
)
def test_heads_of_exports_are_read(tmp_path: Path, head: str) -> None:
    assert jobs_of(imported(tmp_path, head + ROWS)) == PLAIN


def test_a_unit_that_is_another_one_is_not_taken_for_seconds(tmp_path: Path) -> None:
    (tmp_path / "jobs.csv").write_text(f"id,user,submit,Duration (h),gpus\n{ROWS}", encoding="utf-8")
    refused = CliRunner().invoke(command, [str(tmp_path / "jobs.csv")])
    assert "'Duration (h)' is in h, the numbers of 'submit' in a unit that it does not say" in str(refused.exception)
    said = CliRunner().invoke(command, [str(tmp_path / "jobs.csv"), "--time-unit", "s"], catch_exceptions=False)
    assert jobs_of(scenario_from_text(said.stdout, folder=tmp_path)) == PLAIN


@pytest.mark.parametrize(
    ("head", "first", "second"),
    [
        (
            "id,user,Submit Time,Duration (ms),gpus",
            "1,a,2026-01-01 00:00:00,60000,1",
            "2,b,2026-01-01 00:00:10,60000,2",
        ),
        ("id,user,submit_ms,duration_ms,gpus", "1,a,0,60000,1", "2,b,10000,60000,2"),
        ("id,user,submit [ms],Runtime (milliseconds),gpus", "1,a,0,60000,1", "2,b,10000,60000,2"),
        ("id,user,created_at,elapsed_minutes,gpus", "1,a,2026-01-01T00:00:00Z,1,1", "2,b,2026-01-01T00:00:10Z,1,2"),
        ("id,user,submit,duration_ms,duration_s,gpus", "1,a,0,60000,60,1", "2,b,10,60000,60,2"),
    ],
)
def test_names_of_columns_say_the_unit_of_their_numbers(tmp_path: Path, head: str, first: str, second: str) -> None:
    (tmp_path / "jobs.csv").write_text(f"{head}\n{first}\n{second}\n", encoding="utf-8")
    result = CliRunner().invoke(command, [str(tmp_path / "jobs.csv")], catch_exceptions=False)
    assert jobs_of(scenario_from_text(result.stdout, folder=tmp_path)) == PLAIN


def test_columns_named_as_kubernetes_names_fields_are_read(tmp_path: Path) -> None:
    head = ",metadata.name,metadata.namespace,metadata.creationTimestamp,admittedAt,completionTime,nvidia.com/gpu"
    rows = [
        "0,1,a,2026-01-01 00:00:00+00:00,2026-01-01 00:00:00+00:00,2026-01-01 00:01:00+00:00,1.0",
        "1,2,b,2026-01-01 00:00:10+00:00,2026-01-01 00:00:15+00:00,2026-01-01 00:01:15+00:00,2.0",
    ]
    (tmp_path / "jobs.csv").write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    result = CliRunner().invoke(command, [str(tmp_path / "jobs.csv")], catch_exceptions=False)
    assert jobs_of(scenario_from_text(result.stdout, folder=tmp_path)) == PLAIN


def test_columns_of_times_that_say_two_units_are_refused(tmp_path: Path) -> None:
    (tmp_path / "jobs.csv").write_text(f"id,user,submit (s),Duration (ms),gpus\n{ROWS}", encoding="utf-8")
    refused = CliRunner().invoke(command, [str(tmp_path / "jobs.csv")])
    assert "'Duration (ms)' is in ms, the numbers of 'submit (s)' in s" in str(refused.exception)


@pytest.mark.parametrize("name", ["jobs.txt", "jobs", "sacct.out", "jobs.log.gz"])
def test_a_history_is_known_by_its_columns_whatever_its_file_is_called(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(f"id|user|submit|runtime|gpus\n{ROWS.replace(',', '|')}", encoding="utf-8")
    result = CliRunner().invoke(command, [str(tmp_path / name)], catch_exceptions=False)
    assert jobs_of(scenario_from_text(result.stdout, folder=tmp_path)) == PLAIN


def test_a_log_of_swf_is_known_wherever_its_name_says_so(tmp_path: Path) -> None:
    path = tmp_path / "log.swf.txt"
    path.write_text("; MaxProcs: 8\n1 0 0 60 4 -1 -1 4 60 -1 1 1 1 -1 1 -1 -1 -1\n", encoding="utf-8")
    result = CliRunner().invoke(command, [str(path)], catch_exceptions=False)
    assert jobs_of(scenario_from_text(result.stdout, folder=tmp_path)) == [("1", "cluster", 0, 60, 4)]


@pytest.mark.parametrize(
    "text",
    ['{"kind": "List", "items": []}\n', "kind: List\nitems: []\n", "NAME  COHORT  PENDING\n", "", "name,age\n1,2\n"],
)
def test_what_is_no_history_is_not_taken_for_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    refused = CliRunner().invoke(command, [str(tmp_path / "a.txt")])
    assert "no column for" not in str(refused.exception)
    assert refused.exit_code != 0
