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
    assert "the numbers of 'Duration (h)' are in h, and 'submit' does not say its unit" in str(refused.exception)
    said = CliRunner().invoke(command, [str(tmp_path / "jobs.csv"), "--time-unit", "s"], catch_exceptions=False)
    assert [(job[2], job[3]) for job in jobs_of(scenario_from_text(said.stdout, folder=tmp_path))] == [
        (0, 60 * 3600),
        (10, 60 * 3600),
    ]


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
        ("id,user,submit (s),Duration (ms),gpus", "1,a,0,60000,1", "2,b,10,60000,2"),
        ("id,user,submit_ts,duration_secs,gpus", "1,a,1767225600000,60,1", "2,b,1767225610000,60,2"),
        ("id,user,submitted,elapsed_minutes,gpus", "1,a,1767225600,1,1", "2,b,1767225610,1,2"),
        (
            "id,user,queued_at,started,ended,gpus",
            "1,a,1767225600000000,1767225600000000,1767225660000000,1",
            "2,b,1767225610000000,1767225610000000,1767225670000000,2",
        ),
        (
            "id,user,created,start_ns,end_ns,gpus",
            "1,a,1767225600,1767225600000000000,1767225660000000000,1",
            "2,b,1767225610,1767225610000000000,1767225670000000000,2",
        ),
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


def test_an_instant_in_milliseconds_says_nothing_of_the_unit_of_run_times(tmp_path: Path) -> None:
    text = "id,user,submit,duration,gpus\n1,a,1767225600000,60,1\n2,b,1767225610000,60,2\n"
    (tmp_path / "jobs.csv").write_text(text, encoding="utf-8")
    refused = CliRunner().invoke(command, [str(tmp_path / "jobs.csv")])
    assert str(refused.exception) == (
        f"{tmp_path}/jobs.csv:1:1: the numbers of 'submit' are in ms, and 'duration' does not say its unit; "
        "--time-unit ms, s, m or h is the unit of columns that say none"
    )
    for unit, seconds in (("ms", 0), ("s", 60), ("m", 3600)):
        said = CliRunner().invoke(command, [str(tmp_path / "jobs.csv"), "--time-unit", unit], catch_exceptions=False)
        found = jobs_of(scenario_from_text(said.stdout, folder=tmp_path))
        assert [(job[2], job[3]) for job in found] == [(0, seconds), (10, seconds)]


def test_an_end_that_is_told_counts_whatever_the_state_is_called(tmp_path: Path) -> None:
    """``S`` is suspended in Slurm; others mean success."""
    text = "id,user,submit,start,end,gpus,status\n1,a,0,5,65,1,S\n2,b,10,10,-,2,Running\n3,b,11,11,500,1,Failed\n"
    (tmp_path / "jobs.csv").write_text(text, encoding="utf-8")
    result = CliRunner().invoke(command, [str(tmp_path / "jobs.csv")], catch_exceptions=False)
    found = jobs_of(scenario_from_text(result.stdout, folder=tmp_path))
    assert [(job[0], job[3]) for job in found] == [("1", 60), ("2", 490), ("3", 489)]


def told(folder: Path, text: str) -> list[str]:
    """What import says of the columns of a history."""
    (folder / "jobs.csv").write_text(text, encoding="utf-8")
    result = CliRunner().invoke(command, [str(folder / "jobs.csv")], catch_exceptions=False)
    return [line.replace(f"{folder}/", "") for line in result.stderr.splitlines()]


def test_columns_that_are_not_read_are_told(tmp_path: Path) -> None:
    text = "id,user,num_inst,submit,duration,num_gpu,gpu_type\n1,a,2,0,60,1,T4\n"
    assert told(tmp_path, text) == [
        "jobs.csv: not read: num_inst, gpu_type; num_gpu is taken for that of the whole job, columns: {pods: num_inst, "
        "requests: {nvidia.com/gpu: num_gpu}} of the trace entry takes it for that of each of num_inst pods"
    ]
    assert told(tmp_path, "id,user,submit,duration,gpus\n1,a,0,60,1\n") == []


def test_submissions_that_may_be_days_of_a_spreadsheet_are_told(tmp_path: Path) -> None:
    text = "id;user;submit;duration;gpus\n1;a;45292.5;60;4\n2;a;45293.25;60;4\n"
    assert told(tmp_path, text)[0] == (
        "jobs.csv: submit counts as seconds; as days of a spreadsheet it would begin at 2024-01-01T12:00:00Z"
    )
    assert told(tmp_path, text.replace("1;a;45292.5", "1;a;5")) == []


def test_run_times_in_another_unit_than_start_and_end_do_not_count(tmp_path: Path) -> None:
    text = "id,user,submit,start,end,duration,gpus\n1,a,0,5,7205,120,1\n2,b,10,10,3610,60,2\n3,b,11,11,71,60,1\n"
    assert told(tmp_path, text) == [
        "jobs.csv:2:1: duration would be 2m, and from start to end are 2h; these count, here and in all rows",
        "jobs.csv: not read: duration",
    ]


def test_a_queue_that_is_the_wait_of_each_job_is_no_team(tmp_path: Path) -> None:
    text = "id,user,submit,start,end,gpus,queue\n1,a,0,5,65,1,5\n2,b,10,10,70,2,0\n"
    assert told(tmp_path, text) == ["jobs.csv: not read: queue"]
    assert told(tmp_path, text.replace("2,0\n", "2,7\n")) == ["jobs.csv: not read: user"]


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
