"""Histories of jobs in JSON: Philly's log and what ``sacct --json`` prints, read as they lie."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kueue_sim.cli.commands.import_ import command
from kueue_sim.errors import InputError
from kueue_sim.inputs import scenario_from_text
from kueue_sim.inputs.tables import json_items
from kueue_sim.inputs.tables.json_items import read_items
from kueue_sim.inputs.tables.opened import UnreadableTable
from kueue_sim.model import Scenario
from tests.inputs.traces.test_trace_kinds import jobs_of

Object = dict[str, Any]


def imported(folder: Path, text: str, name: str = "log.json", *options: str) -> Scenario:
    (folder / name).write_text(text, encoding="utf-8")
    result = CliRunner().invoke(command, [str(folder / name), *options], catch_exceptions=False)
    return scenario_from_text(result.stdout, folder=folder)


def attempt(start: str | None, end: str | None, *gpus: int) -> Object:
    machines = [{"ip": f"m{n}", "gpus": [f"gpu{one}" for one in range(count)]} for n, count in enumerate(gpus)]
    return {"start_time": start, "end_time": end, "detail": machines}


def philly(name: str, submitted: str, *attempts: Object, vc: str = "6214e9") -> Object:
    return {
        **{"status": "Pass", "vc": vc, "jobid": name, "user": "ada"},
        **{"submitted_time": submitted, "attempts": [*attempts]},
    }


DAY = "2017-10-07"
FIRST = philly(
    "application_1",
    f"{DAY} 01:11:39",
    attempt(f"{DAY} 01:12:09", f"{DAY} 01:13:23", 8),
    attempt(f"{DAY} 01:20:00", f"{DAY} 02:20:00", 8),
    vc="ee9e8c",
)
SECOND = philly("application_2", f"{DAY} 01:02:00", attempt(f"{DAY} 01:02:30", f"{DAY} 01:03:30", 1, 1))
PLAYED = [("application_2", "6214e9", 0, 60, 2), ("application_1", "ee9e8c", 579, 3674, 8)]


@pytest.mark.parametrize("indent", [None, 4])
@pytest.mark.parametrize("name", ["cluster_job_log", "log.json", "jobs.txt"])
def test_a_job_of_philly_runs_as_long_as_its_attempts(tmp_path: Path, name: str, indent: int | None) -> None:
    scenario = imported(
        tmp_path, json.dumps([FIRST, SECOND], indent=indent), name, "--time-zone", "America/Los_Angeles"
    )
    assert jobs_of(scenario) == PLAYED
    assert scenario.warnings == ()


def test_times_of_philly_say_no_zone_which_is_told(tmp_path: Path) -> None:
    warnings = imported(tmp_path, json.dumps([FIRST, SECOND])).warnings
    assert [line.partition("log.json:")[2].partition(" and ")[0] for line in warnings] == [f"1:2: '{DAY} 01:11:39'"]


def test_jobs_of_philly_that_cannot_be_played_are_told_by_kind(tmp_path: Path) -> None:
    jobs = [
        philly("never", f"{DAY} 01:02:00"),
        philly("runs", f"{DAY} 01:02:00", attempt(f"{DAY} 01:02:30", None, 1)),
        philly("still", f"{DAY} 01:02:00", attempt(f"{DAY} 01:02:30", "None", 1)),
        philly("lost", f"{DAY} 01:02:00", attempt(None, f"{DAY} 01:02:30", 1)),
        philly("odd", f"{DAY} 01:02:00", attempt("noon", f"{DAY} 01:02:30", 1)),
        philly("back", f"{DAY} 01:02:00", attempt(f"{DAY} 01:02:30", f"{DAY} 01:02:00", 1)),
        philly("nothing", f"{DAY} 01:02:00", attempt(f"{DAY} 01:02:30", f"{DAY} 01:03:00")),
        SECOND,
        {**SECOND, "submitted_time": f"{DAY} 01:02:01"},
        {"job": 1},
    ]
    text = "[\n" + ",\n".join(map(json.dumps, jobs)) + "\n]"
    scenario = imported(tmp_path, text, "log.json", "--time-zone", "UTC")
    assert jobs_of(scenario) == PLAYED[:1]
    document = scenario_text(tmp_path)
    with pytest.raises(InputError) as refused:
        scenario_from_text(document.replace("format: json", "format: json\n    strict: true"), folder=tmp_path)
    assert [str(one).partition("log.json:")[2] for one in refused.value.mistakes] == [
        "2:1: it never started: attempts is empty",
        "3:1: an attempt has no end_time: it still ran, or its end was not logged",
        "4:1: an attempt has no end_time: it still ran, or its end was not logged",
        "5:1: attempts[0].start_time is missing",
        "6:1: attempts[0].start_time: 'noon' is not an instant such as 2017-10-07 01:12:09",
        f"7:1: attempts[0]: the end {DAY} 01:02:00 lies before the start {DAY} 01:02:30",
        "8:1: the job asks for nothing",
        "10:1: a second job named 'application_2'",
        "11:1: neither a job of Philly's log (jobid, attempts) nor of sacct --json (job_id, time)",
    ]


def scenario_text(folder: Path) -> str:
    return CliRunner().invoke(command, [str(folder / "log.json"), "--time-zone", "UTC"]).stdout


# -- Slurm ------------------------------------------------------------------------------------------------


def number(value: int) -> Object:
    return {"set": True, "infinite": False, "number": value}


def slurm(job: int, submit: Any, start: Any, end: Any, **fields: Any) -> Object:
    gpus = [{"type": "cpu", "name": "", "count": 8}, {"type": "gres", "name": "gpu", "count": 4}]
    return {
        "account": "vision",
        "job_id": job,
        "user": "ada",
        "state": {"current": ["COMPLETED"]},
        "time": {"submission": submit, "start": start, "end": end, "elapsed": 1},
        "tres": {"allocated": [*gpus, {"type": "gres", "name": "gpu:a100", "count": 4}], "requested": []},
        "steps": [{"step": {"id": f"{job}.batch"}}],
        **fields,
    }


AT = 1_700_000_000
WHOLE = slurm(17, AT, AT + 60, AT + 3660)
TASK = slurm(
    19,
    number(AT + 100),
    number(AT + 160),
    number(AT + 220),
    account="nlp",
    array={"job_id": number(18), "task_id": number(3)},
    tres={"allocated": [], "requested": [{"type": "gres", "name": "gpu:h100", "count": 2}]},
)
PRINTED = [("17", "vision", 0, 3600, 4), ("18_3", "nlp", 100, 60, 2)]


def answer(*jobs: Object) -> Object:
    return {"meta": {"plugin": {"type": "openapi/dbv0.0.37"}}, "errors": [], "jobs": [*jobs], "warnings": []}


@pytest.mark.parametrize("indent", [None, 2])
def test_what_sacct_prints_as_json_is_a_history(tmp_path: Path, indent: int | None) -> None:
    scenario = imported(tmp_path, json.dumps(answer(WHOLE, TASK), indent=indent))
    assert (jobs_of(scenario), scenario.warnings) == (PRINTED, ())


def test_jobs_of_slurm_may_stand_one_a_line(tmp_path: Path) -> None:
    assert jobs_of(imported(tmp_path, f"{json.dumps(WHOLE)}\n{json.dumps(TASK)}\n")) == PRINTED


def test_jobs_of_slurm_without_a_start_or_an_end_are_told(tmp_path: Path) -> None:
    runs = slurm(20, AT, AT + 60, 0, state={"current": "RUNNING"})
    unknown = slurm(22, AT, AT + 60, 0)
    waits = slurm(21, AT, {"set": False, "infinite": False, "number": 0}, 0, state={"current": ["PENDING"]})
    heterogeneous = {**TASK, "job_id": 24, "array": {"job_id": 0}, "het": {"job_id": 23, "job_offset": number(1)}}
    text = json.dumps(answer(WHOLE, runs, waits, unknown, heterogeneous))
    scenario = imported(tmp_path, text)
    assert jobs_of(scenario) == [PRINTED[0], ("20", "vision", 0, 1, 4), ("23+1", "nlp", 100, 60, 2)]
    still, skipped = (line.replace(f"{tmp_path}/", "") for line in scenario.warnings)
    assert still.startswith(f"log.json:1:{text.index(json.dumps(runs)) + 1}: 1 job still ran when the history was writ")
    assert skipped.partition("skipped: ")[2] == (
        f"log.json:1:{text.index(json.dumps(waits)) + 1}: it never started: PENDING; "
        f"log.json:1:{text.index(json.dumps(unknown)) + 1}: it has no end: COMPLETED"
    )


def test_the_team_and_the_wanted_jobs_may_be_another_field(tmp_path: Path) -> None:
    document = imported(tmp_path, json.dumps(answer(WHOLE, {**TASK, "user": "bob", "partition": "long"}))).name
    assert document == "log"
    text = CliRunner().invoke(command, [str(tmp_path / "log.json")]).stdout
    narrowed = "format: json\n    columns: {team: user}\n    where: {partition: long}\n    teams: {bob: nlp}"
    assert jobs_of(scenario_from_text(text.replace("format: json", narrowed), folder=tmp_path)) == [
        ("18_3", "nlp", 0, 60, 2)
    ]
    with pytest.raises(InputError) as refused:
        scenario_from_text(
            text.replace("format: json", "format: json\n    timeUnit: ms\n    where: {nodes: a}"), folder=tmp_path
        )
    assert {one.message.partition(": ")[2] for one in refused.value.mistakes} == {
        "a log in JSON has no field 'nodes'; accepted: account, cluster, partition, qos, state, status, user, vc",
        "'ms' is not the unit of a log in JSON, whose numbers are seconds; leave timeUnit out",
    }


# -- the text ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chunk", [1, 7, 1 << 18])
def test_items_have_their_places_however_much_is_read_at_a_time(
    tmp_path: Path, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_items, "CHUNK", chunk)
    path = tmp_path / "log.json"
    path.write_text(
        '{"a": [1, 2],\r\n "jobs": [ 17,\r\n\t{"b": "é\\u00e9"}], "c": -1.5e3}\r\n{"d": 1}', encoding="utf-8"
    )
    assert [tuple(item) for item in read_items(path, "jobs")] == [
        (2, 12, 17),
        (3, 2, {"b": "éé"}),
        (4, 1, {"d": 1}),
    ]


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        ('[{"a": 1}', (1, 10), "',' is missing here; was the file cut off?"),
        ('[{"a": 1} {}]', (1, 11), "',' is missing here"),
        ('[\n{"a": [1, 2', (2, 12), "not JSON: Expecting ',' delimiter; was the file cut off?"),
        ('[{"a": 1},\n {"a" 1, "b": "more than a few characters"}]', (2, 7), "not JSON: Expecting ':' delimiter"),
        ("[1]\nx", (2, 1), "a list or an object of JSON begins here, or nothing does"),
        ("[" * 100_000, (1, 2), "nested too deeply"),
    ],
)
def test_a_text_that_is_no_json_is_told_at_its_place(
    tmp_path: Path, text: str, place: tuple[int, int], why: str
) -> None:
    path = tmp_path / "log.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableTable) as refused:
        list(read_items(path, "jobs"))
    assert ((refused.value.line, refused.value.column), str(refused.value)) == (place, why)


def test_times_of_philly_at_which_clocks_go_back_are_told(tmp_path: Path) -> None:
    night = "2017-11-05 01:30:00"
    job = philly("a", "2017-11-05 00:30:00", attempt("2017-11-05 00:59:00", night, 1))
    scenario = imported(tmp_path, json.dumps([job]), "log.json", "--time-zone", "America/Los_Angeles")
    assert [one.partition("log.json:")[2] for one in scenario.warnings] == [
        f"1:2: '{night}' in America/Los_Angeles comes twice, as clocks go back then; the first is taken"
    ]
