"""Job histories with starts or waits are backtested, and finished Workloads of a dump make one."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from kueue_sim.cli import cli
from kueue_sim.whatif.backtesting.backtest import backtest

ROWS = [("a", 0, 0, 7200, 8), ("b", 600, 7200, 3600, 8), ("c", 1200, 10800, 1800, 4), ("d", 1300, 14400, 600, 4)]
"""Name, submission, recorded start, run time and GPUs on eight GPUs; under FIFO d starts beside c, an hour earlier."""


def scenario(folder: Path, text: str, suffix: str = "csv") -> Path:
    (folder / f"jobs.{suffix}").write_text(text)
    path = folder / "guessed.yaml"
    done = CliRunner().invoke(cli, ["import", str(folder / f"jobs.{suffix}"), "--gpus", "8", "-o", str(path)])
    assert done.exit_code == 0, done.output
    return path


def as_starts() -> str:
    rows = [f"{name},{submit},{start},{run},{gpus}" for name, submit, start, run, gpus in ROWS]
    return "\n".join(["job,submit,start,runtime,gpus", *rows])


def as_waits() -> str:
    rows = [f"{name},{submit},{start - submit},{run},{gpus}" for name, submit, start, run, gpus in ROWS]
    return "\n".join(["job,submit,wait,runtime,gpus", *rows])


def as_swf() -> str:
    rest = " ".join(["-1"] * 13)
    rows = enumerate(ROWS, 1)
    return "\n".join(f"{n} {submit} {start - submit} {run} {gpus} {rest}" for n, (_, submit, start, run, gpus) in rows)


@pytest.mark.parametrize(("text", "suffix"), [(as_starts(), "csv"), (as_waits(), "csv"), (as_swf(), "swf")])
def test_a_history_is_held_against_what_a_guessed_policy_would_have_done(
    text: str, suffix: str, tmp_path: Path
) -> None:
    found = backtest([scenario(tmp_path, text, suffix)])
    assert (found.jobs, found.decisions, found.same, found.trusted) == (4, 8, 6, False)
    assert found.parting is not None
    names = {"csv": "jobs-d", "swf": "jobs-4"}
    assert found.parting.at_ms == 10_800_000
    assert [text.rpartition("/")[2] for text in found.parting.simulated] == [names[suffix].removeprefix("jobs-")]
    assert found.rows[0].bias_s == -900
    assert found.unknown == ("flavors, nodes and preemptions: the history has submissions, starts and ends alone",)


@pytest.mark.parametrize(
    ("jobs", "few"),
    [(1, " That rests on 1 start only; a longer recording says more."), (2, " That rests on 2 starts"), (20, "")],
)
def test_a_verdict_that_rests_on_few_starts_says_so(jobs: int, few: str, tmp_path: Path) -> None:
    rows = [f"j{number},{number * 600},{number * 600},60,8" for number in range(jobs)]
    found = backtest([scenario(tmp_path, "\n".join(["job,submit,start,runtime,gpus", *rows]))])
    assert (found.trusted, "That rests on" in found.verdict, few in found.verdict) == (True, bool(few), True)


@pytest.mark.parametrize(("scale", "near"), [(1, "10m"), (1 / 24, "52s"), (1 / 240, "5s")])
def test_a_start_is_right_within_a_tenth_of_a_short_recording(scale: float, near: str, tmp_path: Path) -> None:
    """Ten minutes would be most of one that lasts eleven: then d, which is 150 seconds too early, would be right."""
    rows = [
        f"{name},{submit * scale:.0f},{start * scale:.0f},{run * scale:.0f},{n}" for name, submit, start, run, n in ROWS
    ]
    found = backtest([scenario(tmp_path, "\n".join(["job,submit,start,runtime,gpus", *rows]))])
    assert (found.right, found.rows[0].right) == (f"within {near} or a fifth of the recorded wait", 0.75)


def test_a_history_without_starts_is_asked_for_them(tmp_path: Path) -> None:
    path = scenario(tmp_path, "job,submit,runtime,gpus\na,0,60,1\n")
    result = CliRunner().invoke(cli, ["backtest", str(path)])
    assert "no job of guessed.yaml says when it started" in str(result.exception or result.output)


def test_an_imported_cluster_is_told_how_its_past_becomes_one_that_can_be_played_again(tmp_path: Path) -> None:
    text = "past:\n- {name: p, team: t, requests: {gpu: 1}, submitted: 3h, admitted: 2h, ended: 1h, ran: 1h}\n"
    path = tmp_path / "now.yaml"
    path.write_text(
        "apiVersion: kueue-sim/v1\nkind: Scenario\nstart: 2026-01-20T00:00:00Z\n"
        "policy: {objects: [{kind: ResourceFlavor, metadata: {name: x}}, {kind: ClusterQueue, metadata: {name: t}, "
        "spec: {resourceGroups: [{coveredResources: [gpu], flavors: [{name: x, resources: "
        "[{name: gpu, nominalQuota: 1}]}]}]}}]}\n" + text
    )
    result = CliRunner().invoke(cli, ["backtest", str(path)])
    assert "`kueue-sim import DUMP --history jobs.csv`" in str(result.exception or result.output)


USAGE = {"nvidia.com/gpu": "8", "cpu": "4", "vpc.amazonaws.com/efa": "32"}
"""Of a pod set; network cards count as no GPUs."""


def finished(name: str, began: str, ended: str, evictions: int = 0) -> dict[str, object]:
    conditions = [
        {"type": "Admitted", "status": "True", "lastTransitionTime": began},
        {"type": "Finished", "status": "True", "reason": "Succeeded", "lastTransitionTime": ended},
    ]
    held = {"name": "main", "count": 2, "flavors": {}, "resourceUsage": USAGE}
    stats = {"evictions": [{"reason": "Preempted", "count": evictions}]} if evictions else {}
    return {
        "kind": "Workload",
        "metadata": {
            "name": f"job-{name}-1a2b3",
            "namespace": "ml",
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "ownerReferences": [{"kind": "Job", "name": name}],
        },
        "spec": {"queueName": "lq", "priority": 5, "podSets": []},
        "status": {
            "conditions": conditions,
            "admission": {"clusterQueue": "cq", "podSetAssignments": [held]},
            "schedulingStats": stats,
        },
    }


def test_finished_workloads_become_a_history_by_the_names_of_their_jobs(tmp_path: Path) -> None:
    items = [
        finished("train", "2026-01-01T00:10:00Z", "2026-01-01T01:00:00Z"),
        finished("again", "2026-01-01T00:30:00Z", "2026-01-01T00:40:00Z", evictions=1),
        {"kind": "ClusterQueue", "metadata": {"name": "cq"}, "spec": {}},
    ]
    (tmp_path / "dump.json").write_text(json.dumps({"kind": "List", "items": items}))
    line = ["import", str(tmp_path / "dump.json"), "--history", str(tmp_path / "jobs.csv"), "-o"]
    done = CliRunner().invoke(cli, [*line, str(tmp_path / "now.yaml")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "jobs.csv").read_text().splitlines() == [
        "name,team,submit,start,end,runtime,gpus,pods,priority,evictions",
        "train,lq,2026-01-01T00:00:00Z,2026-01-01T00:10:00Z,2026-01-01T01:00:00Z,3000,8,2,5,0",
        "again,lq,2026-01-01T00:00:00Z,,2026-01-01T00:40:00Z,600,8,2,5,1",
    ]


def test_no_history_is_written_of_a_dump_that_makes_no_scenario(tmp_path: Path) -> None:
    container = {"name": "c", "resources": {"requests": {"cpu": "2"}}}
    pods = {"name": "main", "count": -1, "template": {"spec": {"containers": [container]}}}
    items = [
        finished("train", "2026-01-01T00:10:00Z", "2026-01-01T01:00:00Z"),
        {"kind": "ClusterQueue", "metadata": {"name": "cq"}, "spec": {}},
        {"kind": "Workload", "metadata": {"name": "w", "namespace": "ml"}, "spec": {"podSets": [pods]}},
    ]
    (tmp_path / "dump.json").write_text(json.dumps({"kind": "List", "items": items}))
    line = ["import", str(tmp_path / "dump.json"), "--history", str(tmp_path / "jobs.csv"), "-o"]
    done = CliRunner().invoke(cli, [*line, str(tmp_path / "now.yaml")])
    assert "-1 is too small" in str(done.exception)
    assert [one.name for one in tmp_path.iterdir()] == ["dump.json"]
