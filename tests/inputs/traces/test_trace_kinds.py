"""Job histories as clusters, spreadsheets and accounting export them: nothing is misread because of its form."""

import gzip
import io
import tarfile
from pathlib import Path
from typing import Any

import pytest

from kueue_sim.errors import InputError
from kueue_sim.inputs import load_scenario, scenario_from_dict
from kueue_sim.inputs.trace_import import is_history, trace_scenario
from kueue_sim.model import Scenario
from tests.inputs.traces.tables import GPU, with_trace

SIMPLE = {"submit": "submit", "runtime": "runtime", "gpus": "gpus"}


def imported(folder: Path, text: str | bytes, file: str = "jobs.csv", **options: Any) -> Scenario:
    (folder / file).write_bytes(text if isinstance(text, bytes) else text.encode())
    options = {"preset": None, "gpus": None, **options}
    return scenario_from_dict(trace_scenario(folder / file, folder, **options), folder=folder)


def refusal(folder: Path, text: str | bytes, file: str = "jobs.csv", **options: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        imported(folder, text, file, **options)
    return [str(mistake).replace(f"{folder}/", "") for mistake in caught.value.mistakes]


def jobs_of(scenario: Scenario) -> list[tuple[str, str, int, int | None, int]]:
    """Name, queue, submission and run time in seconds, GPUs of every workload."""
    return [
        (
            one.name,
            one.queue_name,
            one.created_ms // 1000,
            None if one.runtime_ms is None else one.runtime_ms // 1000,
            sum(pods.count * pods.requests.get(GPU, 0) for pods in one.pod_sets),
        )
        for one in scenario.workloads
    ]


def quotas_of(scenario: Scenario) -> list[tuple[str, int]]:
    return [
        (queue.name, quota.nominal)
        for queue in scenario.policy.cluster_queues
        for group in queue.resource_groups
        for flavor in group.flavors
        for _, quota in flavor.resources
    ]


def test_the_accounting_of_slurm_is_read_as_sacct_prints_it(tmp_path: Path) -> None:
    text = (
        "JobID|User|Account|Submit|Start|End|Elapsed|State|AllocTRES|Priority\n"
        "1001|ana|vision|2024-01-03T10:00:00|2024-01-03T10:05:00|2024-01-03T12:05:00|02:00:00|COMPLETED|"
        "billing=8,cpu=8,gres/gpu=4,mem=64G,node=1|4294901\n"
        "1001.batch||vision|2024-01-03T10:05:00|2024-01-03T10:05:00|2024-01-03T12:05:00|02:00:00|COMPLETED|"
        "cpu=8,gres/gpu=4,mem=64G,node=1|\n"
        "1002_7|bob|nlp|2024-01-03T10:01:00|2024-01-03T10:06:00|2024-01-04T12:06:00|1-02:00:00|TIMEOUT|"
        "cpu=16,gres/gpu:a100=6,gres/gpu:h100=2|4294900\n"
        "1003|bob|nlp|2024-01-03T10:02:00|Unknown|Unknown|00:00:00|PENDING||4294899\n"
        "1004|bob|nlp|2024-01-03T10:03:00|2024-01-03T10:04:00|Unknown|00:30:00|RUNNING|gres/gpu=1|4294899\n"
        "1005|bob|nlp|2024-01-03T10:04:00|2024-01-03T10:05:00|2024-01-03T10:06:00|00:01:00|COMPLETED|cpu=1,mem=4G|1\n"
    )
    scenario = imported(tmp_path, text, "sacct.psv", zone="UTC")
    runs = ("1004", "nlp", 180, 1800, 1)
    assert jobs_of(scenario) == [("1001", "vision", 0, 7200, 4), ("1002_7", "nlp", 60, 26 * 3600, 8), runs]
    assert [warning.replace(f"{tmp_path}/", "") for warning in scenario.warnings] == [
        "sacct.psv:6:1: 1 job still ran when the history was written and counts with the time so far; `where` leaves "
        "such rows out",
        "sacct.psv: 2 of 5 rows are wrong and skipped: "
        "sacct.psv:5:59: it never started: PENDING; sacct.psv:7:1: the job asks for nothing",
    ]


@pytest.mark.parametrize(
    ("columns", "runs", "seconds"),
    [("Elapsed", "02:03:04", 7384), ("Elapsed", "30:00", 1800), ("ElapsedRaw", "60", 60), ("End", "Unknown", 5400)],
)
@pytest.mark.parametrize("state", ["RUNNING", "R", "CG"])
def test_a_job_of_slurm_that_still_runs_has_run_so_far(
    tmp_path: Path, columns: str, runs: str, seconds: int, state: str
) -> None:
    """By its elapsed time, or until the latest instant of the file."""
    ended = "2024-01-03T11:00:00" if columns == "End" else "3300"
    text = (
        f"JobIDRaw|Group|Account|Submit|Start|{columns}|State|ReqGRES\n"
        f"7|users|nlp|2024-01-03T10:00:00|2024-01-03T10:05:00|{runs}|{state}|gpu:1\n"
        f"8|users|nlp|2024-01-03T10:00:00|Unknown|{runs}|CANCELLED by 1000|gpu:1\n"
        f"9|users|nlp|2024-01-03T10:00:00|2024-01-03T10:05:00|{ended}|NODE_FAIL|gpu:a100:1\n"
        f"9.batch||nlp|2024-01-03T10:00:00|2024-01-03T10:05:00|{ended}|CANCELLED|\n"
        f"10|users|nlp|2024-01-03T11:35:00|Unknown|Unknown|PD|\n"
    )
    scenario = imported(tmp_path, text, "sacct.psv", zone="UTC")
    assert jobs_of(scenario) == [("7", "nlp", 0, seconds, 1), ("9", "nlp", 0, 3300, 1)]
    assert [warning.replace(f"{tmp_path}/", "") for warning in scenario.warnings] == [
        "sacct.psv:2:1: 1 job still ran when the history was written and counts with the time so far; `where` leaves "
        "such rows out",
        "sacct.psv: 2 of 4 rows are wrong and skipped: "
        "sacct.psv:3:33: it never started: Unknown; sacct.psv:6:50: it never started: PD",
    ]


def test_blanks_around_cells_are_no_part_of_a_team(tmp_path: Path) -> None:
    text = "id, user, submit, duration, gpus\n1, ann , 0 , 60 , 1 \n"
    assert jobs_of(imported(tmp_path, text)) == [("1", "ann", 0, 60, 1)]


def test_without_ends_the_elapsed_time_of_slurm_is_the_run_time(tmp_path: Path) -> None:
    text = "JobID,Account,Submit,Elapsed,ReqTRES\n7,nlp,2024-01-03T10:00:00,1-00:00:01,gres/gpu=2\n"
    assert jobs_of(imported(tmp_path, text)) == [("7", "nlp", 0, 86_401, 2)]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5400", 5400),
        ("01:30:00", 5400),
        ("1-02:00:00", 93_600),
        ("0 days 01:30:00", 5400),
        ("1 day, 2:00:00", 93_600),
        ("1h30m", 5400),
        ("90m", 5400),
        ("PT1H30M", 5400),
        ("P1DT2H", 93_600),
        ("P2WT0.0S", 1_209_600),
    ],
)
def test_a_run_time_is_a_number_a_clock_or_a_duration(tmp_path: Path, text: str, seconds: int) -> None:
    scenario = imported(tmp_path, f'submit,runtime,gpus\n0,"{text}",1\n')
    assert [job[3] for job in jobs_of(scenario)] == [seconds]


@pytest.mark.parametrize("text", ["2024-01-03T10:00:00Z", "10:30", "1,500", "01:75:00", "P1M", "PT"])
def test_a_run_time_that_could_mean_two_things_is_refused_where_it_stands(tmp_path: Path, text: str) -> None:
    of_commas = "; write numbers with a decimal point and nothing between thousands, such as 1234.5"
    assert refusal(tmp_path, f'submit,runtime,gpus\n"0","{text}",1\n')[-1] == (
        f"jobs.csv:2:5: '{text}' is neither a number nor a length of time such as 1-02:03:04, 26:03:04 or 1h30m"
        + ("" if "," not in text else of_commas)
    )


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_teams_are_found_whatever_separates_the_columns(tmp_path: Path, separator: str) -> None:
    rows = ["job_id,user,submit_time,duration,num_gpus", "1,a,0,60,8", "2,b,5,60,4"]
    scenario = imported(tmp_path, "\n".join(rows).replace(",", separator))
    assert jobs_of(scenario) == [("1", "a", 0, 60, 8), ("2", "b", 5, 60, 4)]
    assert quotas_of(scenario) == [("a", 32), ("b", 32)]


@pytest.mark.parametrize("before", ["sep=;\r\n", "\r\n\r\n", "\ufeff", "\ufeffsep=;\r\n"])
def test_the_lines_of_a_spreadsheet_above_the_header_are_no_rows(tmp_path: Path, before: str) -> None:
    scenario = imported(tmp_path, f'{before}submit;runtime;gpus;team\r\n"0";"60";"1";"a"\r\n\r\n;;;\r\n')
    assert jobs_of(scenario) == [(f"{before.count(chr(10)) + 2}", "a", 0, 60, 1)]


@pytest.mark.parametrize("unit", ["s", "ms"])
def test_seconds_since_1970_count_from_the_first_job(tmp_path: Path, unit: str) -> None:
    factor = 1000 if unit == "ms" else 1
    first = 1_704_276_000 * factor
    text = f"submit,start,end,gpus\n{first},{first},{first + 60 * factor},1\n{first + 9 * factor},{first},{first},1\n"
    assert [job[2] for job in jobs_of(imported(tmp_path, text, unit=unit))] == [0, 9]


def test_a_time_of_1970_among_instants_is_a_wrong_row(tmp_path: Path) -> None:
    text = "submit,runtime,gpus\n0,60,1\n1704276000,60,1\n1704276009,60,1\n"
    scenario = imported(tmp_path, text)
    assert [job[2] for job in jobs_of(scenario)] == [0, 9]
    assert scenario.warnings[0].endswith("jobs.csv:2:1: submitted around 1970, most others at an instant of our time")


def test_milliseconds_taken_for_seconds_say_what_to_do(tmp_path: Path) -> None:
    scenario = imported(tmp_path, "submit,runtime,gpus\n0,60,1\n1704276000000,60,1\n")
    assert scenario.warnings[0].endswith(
        "jobs.csv:3:1: 1704276000000 is a time beyond all reason; `timeUnit: ms` (import: --time-unit "
        "ms) where numbers are milliseconds"
    )


def test_a_table_in_utf_16_is_read_and_one_in_latin_1_refused_with_its_line(tmp_path: Path) -> None:
    text = "submit,runtime,gpus,name\n0,60,1,a\n5,60,1,müller\n"
    assert [job[0] for job in jobs_of(imported(tmp_path, text.encode("utf-16")))] == ["a", "müller"]
    unmarked = text.encode("utf-16-be")
    assert [job[0] for job in jobs_of(imported(tmp_path, unmarked))] == ["a", "müller"]
    packed = gzip.compress(text.encode("utf-16"), mtime=0)
    assert [job[0] for job in jobs_of(imported(tmp_path, packed, "j.csv.gz"))] == ["a", "müller"]
    assert refusal(tmp_path, text.encode("latin-1")) == [
        "jobs.csv:3:1: not UTF-8 text; save the file as UTF-8, or convert it, such as by "
        "`iconv -f WINDOWS-1252 -t UTF-8`"
    ]


def test_a_row_with_more_cells_than_the_header_is_wrong_where_the_surplus_begins(tmp_path: Path) -> None:
    scenario = imported(tmp_path, 'submit,runtime,gpus\n0,1,5,1\n"0",60,1,\n')
    assert [job[2:] for job in jobs_of(scenario)] == [(0, 60, 1)]
    assert scenario.warnings[0].endswith("jobs.csv:2:7: 4 columns where the header has 3; a text with ',' needs quotes")


def archive(name: str, text: bytes) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(text)
        tar.addfile(member, io.BytesIO(text))
    return content.getvalue()


def test_archives_are_no_tables(tmp_path: Path) -> None:
    table = b"submit,runtime,gpus\n0,60,1\n"
    assert refusal(tmp_path, archive("jobs.csv", table), "jobs.csv.tgz") == [
        "jobs.csv.tgz:1:1: a tar archive; unpack it and give the files or their folder"
    ]
    assert refusal(tmp_path, b"PK\x03\x04\x14" + table, "jobs.csv.zip") == [
        "jobs.csv.zip:1:1: packed by zip; gzip's files are read as they are, others have to be unpacked first"
    ]
    assert refusal(tmp_path, b"") == ["jobs.csv:1:1: the file is empty; its first line has to name the columns"]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml", "a workbook of a spreadsheet; save the sheet as CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a workbook of a spreadsheet; save the sheet as CSV"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
            "a pointer to a file that Git LFS keeps; git lfs pull fetches it",
        ),
        (
            b"\n<!DOCTYPE html>\n<html><title>Sign in</title></html>\n",
            "a page for a browser, as servers answer where a login is missing; fetch the file itself",
        ),
    ],
)
def test_what_lies_there_in_place_of_a_table_is_told(tmp_path: Path, content: bytes, what: str) -> None:
    assert refusal(tmp_path, content) == [f"jobs.csv:1:1: {what}"]
    assert refusal(tmp_path, gzip.compress(content)) == [f"jobs.csv:1:1: {what}"]
    (tmp_path / "queues.yaml").write_bytes(content)
    with pytest.raises(InputError) as caught:
        load_scenario(tmp_path / "queues.yaml")
    assert [one.message for one in caught.value.mistakes] == [what]


def test_the_machine_of_an_swf_log_is_as_large_as_its_header_says(tmp_path: Path) -> None:
    rows = "1 0 10 60 8 -1 -1 8 -1 -1 1 3 1 -1 1 -1 -1 -1\n"
    log = f"; Version: 2.2\n; MaxProcs: 128\n; UnixStartTime: 1704276000\n{rows}"
    assert quotas_of(imported(tmp_path, log, "log.swf")) == [("cluster", 128)]
    assert quotas_of(imported(tmp_path, log, "log.swf", gpus=16)) == [("cluster", 16)]
    assert quotas_of(imported(tmp_path, rows, "bare.swf")) == [("cluster", 64)]


@pytest.mark.parametrize("name", ["log.txt", "log", "KTH-SP2-1996-2.1-cln.swf.gz.1"])
def test_an_swf_log_is_known_by_its_first_job_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    rest = " ".join(["-1"] * 13)
    path = tmp_path / name
    path.write_text(f"; MaxProcs: 128\n\n 1 0 5 60 8 {rest}\n")
    assert is_history(path)
    scenario = imported(tmp_path, path.read_text(), name)
    assert (quotas_of(scenario), [job[2:] for job in jobs_of(scenario)]) == ([("cluster", 128)], [(0, 60, 8)])


def test_capacities_are_found_whatever_separates_the_columns(tmp_path: Path) -> None:
    (tmp_path / "teams.csv").write_text("team;gpus\nred;4\n")
    world = with_trace(tmp_path, "submit,runtime,gpus\n0,60,1\n", columns=SIMPLE, defaults={"team": "red"})
    world["policy"] = {"teams": {"file": "teams.csv", "columns": {"team": "team", "gpus": "gpus"}}}
    assert quotas_of(scenario_from_dict(world, folder=tmp_path)) == [("red", 4)]


def test_words_for_no_time_say_that_a_job_never_started_or_has_no_end(tmp_path: Path) -> None:
    text = "id,user,submit,start,end,gpus\n1,u,10,11,NULL,1\n2,u,11,nan,,1\n3,u,12,13,20,1\n"
    scenario = imported(tmp_path, text)
    assert jobs_of(scenario) == [("3", "u", 12, 7, 1)]
    assert [warning.replace(f"{tmp_path}/", "") for warning in scenario.warnings] == [
        "jobs.csv: 2 of 3 rows are wrong and skipped: "
        "jobs.csv:2:11: it has no end: NULL; jobs.csv:3:8: it never started: nan"
    ]
