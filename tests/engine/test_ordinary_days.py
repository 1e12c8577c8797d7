"""Small days of ordinary teams, with the outcome that Kueue's order of things gives."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kueue_sim import Result, run
from kueue_sim.cli import cli
from kueue_sim.inputs import scenario_from_dict
from kueue_sim.model import PROFILES
from tests.engine.loops import five_jobs_of_three_teams

GPU = "nvidia.com/gpu"
CLASSES = {"inference": 90, "experimentation": 80, "training": 70, "fine-tuning": 50}


def two_teams(fair: str, *jobs: tuple[str, str, int, int, int, str], **more: Any) -> dict[str, Any]:
    """Two HyperPod teams of four instances with a GPU each that lend and borrow all of it. Jobs: name, team, minute of
    submission, pods, minutes, class."""
    classes = ",".join(f"{{Name={name},Weight={weight}}}" for name, weight in CLASSES.items())
    commands = [
        'aws sagemaker create-cluster-scheduler-config --name p --cluster-arn "<arn>" '
        f'--scheduler-config "PriorityClasses=[{classes}],FairShare={fair}"'
    ]
    commands += [
        f'aws sagemaker create-compute-quota --name q{team} --cluster-arn "<arn>" --compute-quota-config '
        '"ComputeQuotaResources=[{InstanceType=ml.g5.8xlarge,Count=4}],'
        'ResourceSharingConfig={Strategy=LendAndBorrow,BorrowLimit=100}" '
        f'--compute-quota-target "TeamName={team},FairShareWeight=50"'
        for team in ("a", "b")
    ]
    work = [
        {
            "name": name,
            "team": team,
            "submit": f"{minute}m",
            "pods": pods,
            "requests": {GPU: 1},
            "priorityClass": f"{of}-priority",
            "runtime": f"{minutes}m",
        }
        for name, team, minute, pods, minutes, of in jobs
    ]
    policy = {"hyperpod": {"commands": "\n".join(commands)}}
    return {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "policy": policy, "workloads": work, **more}


def played(document: dict[str, Any]) -> Result:
    return run(scenario_from_dict(document))


A_MID_EVICTS_A_LOW = (
    ("a-low", "a", 0, 3, 120, "training"),
    ("a-high", "a", 1, 1, 120, "inference"),
    ("b-run", "b", 2, 3, 120, "experimentation"),
    ("b-wait", "b", 3, 3, 120, "experimentation"),
    ("a-mid", "a", 4, 4, 120, "experimentation"),
)


@pytest.mark.parametrize(
    "timing",
    ["prompt", "typical", "calibrated", {"flush": "1s"}, {"termination": "30s", "flush": "1s"}],
    ids=str,
)
def test_one_preemption_and_all_five_jobs_finish_with_the_order_of_kueue(timing: Any) -> None:
    """The preemptor is admitted with the quota that was released for it; b-wait is woken after that."""
    result = played(two_teams("Disabled", *A_MID_EVICTS_A_LOW, timing=timing))
    assert (result.total.preempted, result.total.finished, result.loops) == (1, 5, ())
    assert played(two_teams("Disabled", *A_MID_EVICTS_A_LOW)).scenario.timing == PROFILES["prompt"]


def test_on_nodes_victims_whose_pods_never_started_go_round_until_the_others_pods_are_gone() -> None:
    """The rounds end with the 30 seconds that pods take to end; every job finishes, nothing is refused."""
    jobs = (
        ("j40", "b", 1249, 3, 182, "fine-tuning"),
        ("j69", "a", 1283, 4, 216, "inference"),
        ("j77", "a", 1312, 1, 214, "experimentation"),
        ("j45", "b", 1356, 1, 52, "training"),
        ("j44", "b", 1379, 4, 18, "training"),
    )
    nodes = {"nodePools": [{"name": "gpu", "instanceType": "ml.g5.8xlarge", "count": 8}]}
    result = played(two_teams("Enabled", *jobs, timing="typical", cluster=nodes))
    assert (result.total.finished, result.run.standstills) == (5, ())
    assert all(loop.to_ms - loop.from_ms <= 30_000 for loop in result.loops)
    assert played(two_teams("Enabled", *jobs, timing="typical")).total.preempted == 3


def test_a_day_that_loops_is_compared_without_an_error(tmp_path: Path) -> None:
    path = tmp_path / "loop.yaml"
    path.write_text(json.dumps({**five_jobs_of_three_teams(), "horizon": "11h", "timing": "ideal"}))
    change = "clusterQueues.b.nvidia.com/gpu.borrowingLimit=0"
    arguments = ["compare", str(path), change, "--metric", "preemptions", "--executor", "local"]
    ran = CliRunner().invoke(cli, arguments)
    assert (ran.exit_code, ran.exception) == (0, None)
    assert "Other arrivals" not in ran.stdout
    words = " ".join(ran.stdout.split())
    assert "867 0 -867 exact better" in words


def pods_not_ready(ready: list[str], **more: str) -> dict[str, Any]:
    """A job of 4 CPUs for an hour whose pods are given up after 5m without being ready, and come again 30m later."""
    rules = {"timeout": "5m", "requeuingStrategy": {"backoffBaseSeconds": 1800, "backoffLimitCount": 3}}
    quota = {"name": "f", "resources": [{"name": "cpu", "nominalQuota": 4}]}
    spec = {"namespaceSelector": {}, "resourceGroups": [{"coveredResources": ["cpu"], "flavors": [quota]}]}
    objects = [
        {"kind": "ResourceFlavor", "metadata": {"name": "f"}},
        {"kind": "ClusterQueue", "metadata": {"name": "q"}, "spec": spec},
    ]
    job = {"name": "j", "queue": "q", "requests": {"cpu": 4}, "runtime": "1h", "podsReady": ready, **more}
    head = {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "kueue": {"configuration": {"waitForPodsReady": rules}}}
    return {**head, "policy": {"objects": objects}, "workloads": [job]}


@pytest.mark.parametrize(
    ("ready", "held", "running"),
    [
        (["never", "never", "0s"], 4 * 70 / 60, 4.0),
        (["never"], 4 * 4 * 5 / 60, 0.0),
        (["3m"], 4 * 63 / 60, 4.0),
        (["0s"], 4.0, 4.0),
    ],
    ids=["the third time", "never", "after 3m", "at once"],
)
def test_time_without_ready_pods_holds_quota_and_is_neither_work_nor_lost(
    ready: list[str], held: float, running: float
) -> None:
    total = played(pods_not_ready(ready)).total
    assert (total.held_hours, total.running_hours, total.goodput_hours, total.lost_hours) == (
        pytest.approx(held), running, running, 0.0,
    )  # fmt: skip


def test_time_without_ready_pods_is_no_progress_that_a_checkpoint_could_keep() -> None:
    result = played(pods_not_ready(["never", "0s"], checkpointEvery="1m"))
    assert result.run.facts[-1].type == "Finished"
    assert result.run.end_ms == 95 * 60_000


def test_pods_that_take_time_to_start_run_later_than_they_hold_quota() -> None:
    """In the profile typical pods run 15 s after the admission."""
    total = played({**pods_not_ready([]), "timing": "typical"}).total
    assert (total.held_hours, total.running_hours) == (pytest.approx(4 * 3615 / 3600), 4.0)


def stopping(what: dict[str, str], policy: str, checks: bool) -> Result:
    """A queue is stopped at 10m: a waits for its check or runs by then, b comes at 20m."""
    document = pods_not_ready([])
    queue = document["policy"]["objects"][1]
    if checks:
        queue["spec"]["admissionChecksStrategy"] = {"admissionChecks": [{"name": "c"}]}
        check = {"kind": "AdmissionCheck", "metadata": {"name": "c"}, "spec": {"controllerName": "x"}}
        document["policy"]["objects"].append(check)
        document["admissionChecks"] = [{"check": "c", "answers": [{"state": "Ready", "after": "1h"}]}]
    job = {"queue": "q", "requests": {"cpu": 1}, "runtime": "1h"}
    document["workloads"] = [{**job, "name": "a"}, {**job, "name": "b", "submit": "20m"}]
    document["timeline"] = [{"at": "10m", "do": "stop", "stopPolicy": policy, **what}]
    return played({**document, "horizon": "2h"})


@pytest.mark.parametrize(("kind", "name"), [("LocalQueue", "q"), ("ClusterQueue", "q")])
def test_a_stopped_queue_is_named_in_kueues_own_words_for_who_waits_holds_and_runs(kind: str, name: str) -> None:
    """Work without quota hears that the queue is inactive; a reservation that is taken back, that it is stopped; work
    that is drained, that "The … is stopped"."""
    what = {"localQueue": f"default/{name}"} if kind == "LocalQueue" else {"clusterQueue": name}
    inactive = ("Suspended", f"{kind} {name} is inactive")
    held = stopping(what, "Hold", checks=True)
    assert held.run.pending == {"default/a": inactive, "default/b": inactive}
    told = [(fact.type, fact.message) for fact in held.run.facts if fact.workload == "default/a"][2:]
    assert told == [("Pending", f"{kind} {name} is stopped"), ("Requeued", ""), ("Pending", inactive[1])]
    lines = held.explain("a").splitlines()
    assert f"      10m  not admitted: {kind} {name} is stopped" in lines
    assert "      10m  its quota is taken back; waits again in the queue" in lines
    drained = stopping(what, "HoldAndDrain", checks=False)
    (evicted,) = (fact for fact in drained.run.facts if fact.type == "Evicted")
    assert (evicted.reason, evicted.message) == (f"{kind}Stopped", f"The {kind} is stopped")
    assert drained.run.pending == {"default/a": inactive, "default/b": inactive}
    ran = stopping(what, "Hold", checks=False)
    assert (ran.run.states["default/a"], ran.run.pending) == ("finished", {"default/b": inactive})
