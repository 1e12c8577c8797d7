"""Tables that are no CSV: Parquet, and records in JSON, with the same rows and the same mistakes."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from kueue_sim import load_scenario
from kueue_sim.cli.commands.import_ import command
from kueue_sim.errors import InputError
from kueue_sim.inputs import scenario_from_text
from kueue_sim.inputs.tables import records
from kueue_sim.model import Scenario
from tests.inputs.traces.test_trace_kinds import jobs_of

AT = datetime(2026, 1, 1, tzinfo=UTC)
COLUMNS = ("job_id", "user", "submit_time", "duration", "num_gpus")
JOBS: list[tuple[Any, ...]] = [
    (1, "a", AT, 3600.0, 1),
    (2, "b", AT + timedelta(minutes=10), None, 2),
    (3, "a", AT + timedelta(minutes=20), 60, 4),
]
PLAYED = [("1", "a", 0, 3600, 1), ("3", "a", 1200, 60, 4)]


def as_records() -> list[dict[str, Any]]:
    rows = [dict(zip(COLUMNS, job, strict=True)) for job in JOBS]
    return [{**row, "submit_time": row["submit_time"].isoformat()} for row in rows]


def imported(path: Path) -> Scenario:
    result = CliRunner().invoke(command, [str(path)], catch_exceptions=False)
    return scenario_from_text(result.stdout, folder=path.parent)


def told(scenario: Scenario, folder: Path) -> list[str]:
    return [one.partition("skipped: ")[2].replace(f"{folder}/", "") for one in scenario.warnings]


@pytest.mark.parametrize("lines", [True, False])
def test_records_in_json_are_a_table(tmp_path: Path, lines: bool) -> None:
    path = tmp_path / "jobs.json"
    text = "\n".join(map(json.dumps, as_records())) if lines else json.dumps(as_records())
    path.write_text(text, encoding="utf-8")
    scenario = imported(path)
    assert jobs_of(scenario) == PLAYED
    place = "2:1" if lines else f"1:{text.index(json.dumps(as_records()[1])) + 1}"
    assert told(scenario, tmp_path) == [f"jobs.json:{place}: an empty cell where a time is needed"]


def test_columns_may_be_missing_in_the_first_record(tmp_path: Path) -> None:
    first, *others = as_records()
    del first["duration"]
    (tmp_path / "jobs.json").write_text(json.dumps([first, *others]), encoding="utf-8")
    assert [name for name, *_ in jobs_of(imported(tmp_path / "jobs.json"))] == ["3"]


@pytest.mark.parametrize("key", ["jobs", "data", "results"])
@pytest.mark.parametrize("indent", [None, 2])
def test_records_may_stand_under_a_key(tmp_path: Path, key: str, indent: int | None) -> None:
    text = json.dumps({"total": 3, key: as_records(), "next": None}, indent=indent)
    (tmp_path / "jobs.json").write_text(text, encoding="utf-8")
    assert jobs_of(imported(tmp_path / "jobs.json")) == PLAYED


@pytest.mark.parametrize("gpus", ["gpu", "nvidia.com/gpu"])
def test_values_of_objects_in_records_are_columns(gpus: str, tmp_path: Path) -> None:
    """``user.name`` names no job."""
    rows = [
        {"id": job[0], "user": {"name": "ann"}, "team": job[1], "times": {"submit": job[2].isoformat()}, "length": {}}
        | {"run": {"duration": job[3]}, "resources": {gpus: job[4], "cpu": 8}}
        for job in JOBS
    ]
    path = tmp_path / "jobs.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert jobs_of(imported(path)) == PLAYED


def test_records_that_were_cut_off_are_told_where_they_end(tmp_path: Path) -> None:
    path = tmp_path / "jobs.jsonl"
    path.write_text("\n".join(map(json.dumps, as_records()))[:-10], encoding="utf-8")
    with pytest.raises(InputError) as refused:
        imported(path)
    (mistake,) = refused.value.mistakes
    assert str(mistake).startswith(f"{path}:3:")
    assert "was the file cut off?" in str(mistake)


def test_of_two_records_of_one_name_in_one_line_the_second_is_wrong(tmp_path: Path) -> None:
    first, _, third = as_records()
    text = json.dumps([first, {**third, "job_id": 1}, third])
    (tmp_path / "jobs.json").write_text(text, encoding="utf-8")
    scenario = imported(tmp_path / "jobs.json")
    assert jobs_of(scenario) == PLAYED
    assert told(scenario, tmp_path) == [f"jobs.json:1:{text.index('{', 2) + 1}: a second job named '1'"]


@pytest.mark.parametrize("name", ["jobs.parquet", "jobs"])
def test_parquet_is_a_table_with_types(tmp_path: Path, name: str) -> None:
    columns = dict(zip(COLUMNS, zip(*JOBS, strict=True), strict=True))
    lengths = [None if one is None else timedelta(seconds=one) for one in columns["duration"]]
    table = pa.table({**columns, "duration": pa.array(lengths, pa.duration("ms"))})
    pq.write_table(table, tmp_path / name)
    scenario = imported(tmp_path / name)
    assert jobs_of(scenario) == PLAYED
    assert told(scenario, tmp_path) == [f"{name}:3:4: an empty cell where a time is needed"]


def test_parquet_that_is_run_is_told_to_be_imported(tmp_path: Path) -> None:
    for name in ("jobs.parquet", "jobs"):
        pq.write_table(pa.table({"a": [1]}), tmp_path / name)
        with pytest.raises(InputError) as refused:
            load_scenario(tmp_path / name)
        assert "makes a scenario of a history of jobs" in str(refused.value)


def test_parquet_that_was_cut_off_is_told(tmp_path: Path) -> None:
    (tmp_path / "jobs.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(InputError) as refused:
        imported(tmp_path / "jobs.parquet")
    assert f"{tmp_path}/jobs.parquet:1:1: the file cannot be read to its end" in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        '[{"apiVersion": "v1", "kind": "Pod"}]',
        '{"type": "ADDED", "object": {}}\n',
        '{"kind": "NodeList", "apiVersion": "v1", "items": [{"metadata": {"name": "a", "labels": {"gpu": "h100"}}}]}',
        '{"data": [{"apiVersion": "v1", "kind": "Pod"}]}',
        '{\n "a": 1}',
        "[1, 2]",
        "[]",
        "[{",
        "job,user\n",
        "",
    ],
)
def test_other_texts_are_no_records(tmp_path: Path, text: str) -> None:
    (tmp_path / "a").write_text(text, encoding="utf-8")
    assert not records.is_records(tmp_path / "a")


def test_a_scenario_that_is_called_after_its_history_is_a_scenario(tmp_path: Path) -> None:
    (tmp_path / "jobs.csv").write_text("job_id,user,submit,runtime,gpus\n1,a,0,60,1\n", encoding="utf-8")
    path = tmp_path / "jobs.csv.yaml"
    CliRunner().invoke(command, [str(tmp_path / "jobs.csv"), "-o", str(path)], catch_exceptions=False)
    assert [one.name for one in load_scenario(path).workloads] == ["1"]


def test_rows_that_are_skipped_are_told_also_where_a_team_has_a_name_that_kubernetes_has_not(tmp_path: Path) -> None:
    path = tmp_path / "jobs.csv"
    path.write_text("job_id,user,submit,runtime,gpus\n1,ann@lab,0,60,1\n2,ann@lab,1,,1\n", encoding="utf-8")
    lines = CliRunner().invoke(command, [str(path)], catch_exceptions=False).stderr.splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "kept, although an API server would refuse it now",
        "warning",
    ]


def test_of_columns_of_one_name_import_takes_none(tmp_path: Path) -> None:
    path = tmp_path / "jobs.csv"
    path.write_text("job_id,user,user,submit,runtime,gpus\n1,a,b,0,60,1\n", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        imported(path)
    assert [str(one) for one in refused.value.mistakes] == [
        f"{path}:1:1: 2 columns of the file are named 'user'; rename all but one"
    ]
