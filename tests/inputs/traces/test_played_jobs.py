"""What import makes of the rows of a history that are played: their teams, their order, and the columns."""

from pathlib import Path

import pytest

from kueue_sim.inputs import scenario_from_dict
from kueue_sim.inputs.tables.clocks import clock_ms
from kueue_sim.inputs.trace_import import trace_scenario
from kueue_sim.inputs.traces.rows import tres_gpus
from kueue_sim.inputs.traces.traces import Trace
from tests.inputs.traces.test_trace_kinds import imported, jobs_of, quotas_of, refusal

HEAD = "id,team,submit,start,end,gpus\n"
PLAIN = [("1", "a", 0, 60, 1), ("2", "b", 10, 60, 2)]
ROWS = "1,a,0,0,60,1\n2,b,10,10,70,2\n"


@pytest.mark.parametrize("row", ["3,c,20,NULL,NULL,4", "3,c,20,20,30,0", "Total,c,,,,3"])
def test_a_team_without_a_job_to_play_has_no_share(tmp_path: Path, row: str) -> None:
    scenario = imported(tmp_path, f"{HEAD}{ROWS}{row}\n")
    assert (jobs_of(scenario), quotas_of(scenario)) == (PLAIN, [("a", 32), ("b", 32)])


def test_accounts_of_slurm_without_gpus_have_no_share(tmp_path: Path) -> None:
    times = "2026-01-01T00:00:00|2026-01-01T00:00:00|2026-01-01T01:00:00"
    text = f"JobID|Account|Submit|Start|End|AllocTRES\n1|nlp|{times}|cpu=8,gres/gpu=4\n2|chem|{times}|cpu=8\n"
    assert quotas_of(imported(tmp_path, text)) == [("nlp", 64)]


def test_jobs_of_an_swf_log_in_any_order_are_sorted(tmp_path: Path) -> None:
    rest = " ".join(["-1"] * 13)
    log = f"; MaxProcs: 8\n1 50 0 60 4 {rest}\n2 0 0 60 8 {rest}\n"
    scenario = imported(tmp_path, log, "log.swf")
    assert jobs_of(scenario) == [("2", "cluster", 0, 60, 8), ("1", "cluster", 50, 60, 4)]
    assert not scenario.warnings


def test_a_job_that_never_started_says_nothing_of_the_order(tmp_path: Path) -> None:
    (tmp_path / "jobs.csv").write_text(f"{HEAD}1,a,5,5,65,1\n2,a,0,-,-,1\n3,a,10,10,70,1\n", encoding="utf-8")
    assert "sort" not in trace_scenario(tmp_path / "jobs.csv", tmp_path, None, None)["workloads"][0]["trace"]


@pytest.mark.parametrize(
    "table",
    [
        "+----+------+\n| id | team | submit | runtime | gpus |\n+----+------+\n"
        "|  1 | a    |      0 |      60 |    1 |\n|  2 | b    |     10 |      60 |    2 |\n+----+------+\n"
        "2 rows in set (0.00 sec)\n",
        " id | team | submit | runtime | gpus \n----+------+-----\n  1 | a    | 0 | 60 |    1\n  2 | b | 10 | 60 | 2\n"
        "(2 rows)\n\n",
        "| id | team | submit | runtime | gpus |\n|---:|:---|:---:|---|---|\n|1|a|0|60|1|\n| 2 | b | 10 | 60 | 2 |\n",
        '"id", "team", "submit", "runtime", "gpus"\n"1", "a", 0, 60, 1\n2, "b", "10", 60, 2\n',
        "id,team,submit,runtime,gpus\n1, a, 0, 60, 1\n2,\tb,10, 60 ,2\n",
    ],
)
def test_tables_that_were_made_for_people_are_read(tmp_path: Path, table: str) -> None:
    """Of MySQL, of psql, of Markdown, and with blanks behind the commas."""
    scenario = imported(tmp_path, table)
    assert (jobs_of(scenario), quotas_of(scenario)) == (PLAIN, [("a", 32), ("b", 32)])
    assert not scenario.warnings


def test_a_text_with_separators_may_be_quoted_behind_a_blank(tmp_path: Path) -> None:
    scenario = imported(tmp_path, 'id, team, submit, runtime, gpus\n"train, big", a, 0, 60, 1\n')
    assert [job[0] for job in jobs_of(scenario)] == ["train, big"]


def test_blanks_are_no_part_of_the_values_that_where_names(tmp_path: Path) -> None:
    (tmp_path / "jobs.csv").write_text("| id | submit | runtime | gpus | state |\n| 1 | 0 | 60 | 1 | done |\n")
    document = trace_scenario(tmp_path / "jobs.csv", tmp_path, None, None)
    document["workloads"][0]["trace"]["where"] = {"state": "done"}
    assert len(list(scenario_from_dict(document, folder=tmp_path).workloads)) == 1


@pytest.mark.parametrize("nothing", [r"\N", "<NA>", "(null)", "[NULL]", "#N/A", "<none>", "0000-00-00 00:00:00", "--"])
def test_what_programs_write_where_there_is_no_time(tmp_path: Path, nothing: str) -> None:
    scenario = imported(tmp_path, f"{HEAD}{ROWS}3,b,20,{nothing},{nothing},1\n4,b,21,21,{nothing},1\n")
    assert jobs_of(scenario) == PLAIN
    (warning,) = scenario.warnings
    assert f"it never started: {nothing}" in warning
    assert f"it has no end: {nothing}" in warning


def test_the_columns_and_states_of_aws_batch_are_read(tmp_path: Path) -> None:
    text = (
        "jobId,jobQueue,status,createdAt,startedAt,stoppedAt,gpu\n"
        "1,a,SUCCEEDED,1767225600000,1767225600000,1767225660000,1\n"
        "2,b,FAILED,1767225610000,1767225610000,1767225670000,2\n"
        "3,b,RUNNABLE,1767225620000,,,1\n"
    )
    scenario = imported(tmp_path, text)
    assert jobs_of(scenario) == PLAIN
    assert scenario.warnings == (
        f"{tmp_path}/jobs.csv: 1 of 3 rows is wrong and skipped: {tmp_path}/jobs.csv:4:5: it never started: RUNNABLE",
    )


def test_the_number_of_gpus_goes_before_what_may_be_their_model(tmp_path: Path) -> None:
    text = "id,team,submit,runtime,gpu,gpu_count\n1,a,0,60,A100,1\n2,b,10,60,H100,2\n"
    assert jobs_of(imported(tmp_path, text)) == PLAIN
    assert jobs_of(imported(tmp_path, text.replace(",gpu,gpu_count", ",gpu_model,gpu"))) == PLAIN


@pytest.mark.parametrize(
    "name", ["elapsed_min", "runtime_minute", "durationMin", "Duration In Minutes", "elapsed-mins"]
)
def test_minutes_are_told_by_the_end_of_a_name(tmp_path: Path, name: str) -> None:
    head = f"id,team,created,{name},gpus\n"
    text = f"{head}1,a,2026-01-01T00:00:00Z,1,1\n2,b,2026-01-01T00:00:10Z,1,2\n"
    assert jobs_of(imported(tmp_path, text)) == PLAIN


@pytest.mark.parametrize("other", ["runtime_max", "runtimeAvg"])
def test_the_least_of_several_run_times_is_none_in_minutes(tmp_path: Path, other: str) -> None:
    (mistake,) = refusal(tmp_path, f"id,team,submit,runtime_min,{other},gpus\n1,a,0,1,2,1\n")
    assert mistake.startswith("jobs.csv:1:1: no column for runtime ")


def test_starts_before_submissions_are_told_and_not_known(tmp_path: Path) -> None:
    """As where one column is in local time; a start that was cut to seconds is none of them."""
    rows = "1,a,10.5,10,70,1\n2,b,3620,20,80,2\n3,b,3630,30,90,2\n4,b,3640,3650,3660,1\n"
    scenario = imported(tmp_path, HEAD + rows)
    assert scenario.warnings == (
        f"{tmp_path}/jobs.csv:3:1: 2 jobs started before being submitted, so when is taken as not known; are all times "
        "of one zone?",
    )
    assert isinstance(scenario.workloads, Trace)
    assert [start for _, start in scenario.workloads.starts()] == [10_500, None, None, 3_650_000]


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2h 30m", 9_000_000),
        ("2 hrs", 7_200_000),
        ("1.5 hours", 5_400_000),
        ("1 Hour 2 Minutes", 3_720_000),
        ("1 day, 2 hrs, 1 s", 93_601_000),
        ("90min", 5_400_000),
        ("500ms", 500),
        ("3 weeks", 1_814_400_000),
        ("1-02:03:04", 93_784_000),
        ("P1DT1M", 86_460_000),
        ("2 months", None),
        ("2h 3h", None),
        ("5 min 3 mins", None),
        ("5M", None),
        ("60", None),
        ("1h2", None),
        ("m", None),
    ],
)
def test_lengths_of_time_may_be_in_words(text: str, ms: int | None) -> None:
    assert clock_ms(text) == ms


@pytest.mark.parametrize(
    ("text", "gpus"),
    [
        ("nvidia.com/gpu=4", 4),
        ("cpu=8,requests.nvidia.com/gpu: 4", 4),
        ('{"cpu": "8", "nvidia.com/gpu": "4"}', 4),
        ("map[cpu:8 memory:16Gi nvidia.com/gpu:4]", 4),
        ("map[amd.com/gpu:1] map[amd.com/gpu:2]", 3),
        ("gres/gpu:h100=4,gres/gpu:a100=2,gres/gpu=6", 6),
        ('{"limits": {"nvidia.com/gpu": 2}, "requests": {"nvidia.com/gpu": 2}}', 2),
        ("requests.nvidia.com/gpu=2,limits.nvidia.com/gpu=2", 2),
        ("[{limits: {nvidia.com/gpu: 1}, requests: {nvidia.com/gpu: 1}}, {limits: {nvidia.com/gpu: 2}}]", 3),
        ("{limits: map[nvidia.com/gpu:1], requests: map[cpu:4]}", 1),
        ("nvidia.com/gpu.memory=40", 0),
        ("nvidia.com/gpu=0.5", 0),
        ("cpu=4,mem=16G", 0),
    ],
)
def test_gpus_may_stand_among_resources_of_kubernetes(text: str, gpus: int) -> None:
    assert tres_gpus(text) == gpus


@pytest.mark.parametrize("zone", [" Europe/Berlin", "+01:00[Europe/Berlin]", "[Europe/Berlin]"])
def test_a_time_may_name_its_zone(tmp_path: Path, zone: str) -> None:
    text = f"{HEAD}1,a,2026-01-05 10:00:00{zone},2026-01-05T09:00:00Z,2026-01-05 10:01:00.000{zone},1\n"
    scenario = imported(tmp_path, f"{text}2,b,2026-01-05 10:00:10 Nowhere/Here,2026-01-05T09:01:00Z,-,1\n")
    assert [job[3] for job in jobs_of(scenario)] == [60]
    (warning,) = scenario.warnings
    assert "there is no time zone 'Nowhere/Here'" in warning


def test_gpus_of_each_node_count_for_each(tmp_path: Path) -> None:
    text = "id,team,submit,runtime,num_nodes,gpus_per_node\n1,a,0,60,2,8\n"
    (work,) = imported(tmp_path, text).workloads
    (pods,) = work.pod_sets
    assert (pods.count, pods.requests) == (2, {"nvidia.com/gpu": 8})
    assert refusal(tmp_path, text.replace("num_nodes", "x"))[0].endswith("use --preset or write the trace entry")


@pytest.mark.parametrize(
    ("submit", "start", "end", "gpus"),
    [
        ("creation_ts", "admitted_ts", "finished_ts", "accelerators"),
        ("JobSubmissionDate", "Job Start Time", "Job End Time", "Number of GPUs"),
        ("enqueued_timestamp", "launched_at", "terminated_at", "gpus_allocated"),
        ("ctime", "stime", "end", "Resource_List.ngpus"),
    ],
)
def test_instants_are_known_by_what_happened_then(tmp_path: Path, submit: str, start: str, end: str, gpus: str) -> None:
    scenario = imported(tmp_path, f"run_id,cost_center,{submit},{start},{end},{gpus}\n7,ml,10,20,80,4\n")
    assert jobs_of(scenario) == [("7", "ml", 10, 60, 4)]


def test_days_without_times_of_day_are_told(tmp_path: Path) -> None:
    (tmp_path / "jobs.csv").write_text(
        "job,submit_date,start,runtime,gpus\na,2026-01-05,2026-01-05 10:00,60,1\nb,2026-01-06,2026-01-06 09:00,60,1\n"
    )
    told: list[str] = []
    trace_scenario(tmp_path / "jobs.csv", tmp_path, None, None, tell=told.append)
    assert told == [f"{tmp_path}/jobs.csv: submit_date has days without times of day; they count as midnight"]


PUT_BACK = """\
JobID,Account,Submit,Start,End,State,AllocTRES
1,a,2026-01-05T10:00:00Z,2026-01-05T10:00:00Z,2026-01-05T10:30:00Z,PREEMPTED,gres/gpu=4
1,a,2026-01-05T10:30:00Z,2026-01-05T11:00:00Z,2026-01-05T11:01:00Z,NODE_FAIL,gres/gpu=4
1,a,2026-01-05T11:01:00Z,2026-01-05T12:00:00Z,2026-01-05T14:00:00Z,COMPLETED,gres/gpu=4
2,a,2026-01-05T11:02:00Z,2026-01-05T12:00:00Z,2026-01-05T12:10:00Z,PREEMPTED,gres/gpu=4
"""


@pytest.mark.parametrize("turned", [False, True], ids=["oldest first", "newest first"])
def test_of_a_job_that_was_put_back_the_run_counts_that_ended_it(turned: bool, tmp_path: Path) -> None:
    """What sacct -D prints; the second job was preempted for good."""
    head, *rows = PUT_BACK.splitlines()
    text = "\n".join([head, *(rows[::-1] if turned else rows), ""])
    scenario = imported(tmp_path, text)
    assert [(name, seconds) for name, _, _, seconds, _ in jobs_of(scenario)] == [("1", 7200), ("2", 600)]
    (told,) = scenario.warnings
    assert told.endswith("job '1' was put back, and another row tells how it ran again (2 rows)")
