"""Partial admission keeps the work: with fewer pods a job runs longer, and nothing of what it asked for is lost."""

from dataclasses import replace
from typing import Any

import pytest

from kueue_sim import Result, run
from kueue_sim.engine.simulate import simulation
from kueue_sim.inputs import scenario_from_dict
from kueue_sim.report.text.story import story

GPU = "nvidia.com/gpu"


def played(gpus: int, *workloads: dict[str, Any], **more: Any) -> Result:
    quota = {"name": "f", "resources": [{"name": GPU, "nominalQuota": gpus}]}
    spec = {
        "namespaceSelector": {},
        "preemption": {"withinClusterQueue": "LowerPriority"},
        "resourceGroups": [{"coveredResources": [GPU], "flavors": [quota]}],
    }
    objects = [
        {"kind": "ResourceFlavor", "metadata": {"name": "f"}},
        {"kind": "ClusterQueue", "metadata": {"name": "q"}, "spec": spec},
    ]
    document = {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "policy": {"objects": objects}, **more}
    return run(scenario_from_dict({**document, "workloads": list(workloads)}))


def job(name: str, pods: int, runtime: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "queue": "q", "pods": pods, "requests": {GPU: 1}, "runtime": runtime, **more}


def ends(result: Result) -> dict[str, float]:
    table = result.workloads
    return dict(zip(table["workload"].str.removeprefix("default/"), table["ended_s"] / 3600, strict=True))


@pytest.mark.parametrize("least", [{}, {"minPods": 2}], ids=["all pods", "at least two"])
def test_880_gpu_hours_of_demand_stay_880(least: dict[str, int]) -> None:
    big = job("big", 8, "2h", count=40, every="40m", **least)
    small = job("small", 2, "3h", count=40, every="40m", submit="10m")
    result = played(12, big, small)
    assert (result.total.finished, result.total.running_hours, result.total.goodput_hours) == (80, 880.0, 880.0)


NODES = {"cluster": {"nodePools": [{"name": "n", "count": 1, "resources": {GPU: 4}}]}}


@pytest.mark.parametrize("nodes", [{}, NODES], ids=["quota alone", "on nodes"])
def test_work_of_16_pods_on_4_takes_four_times_as_long_unless_it_says_otherwise(nodes: dict[str, Any]) -> None:
    jobs = {
        "work": job("work", 16, "1h", minPods=2),
        "time": job("time", 16, "1h", minPods=2, scaling="time"),
        "pods": job("pods", 16, "1h", minPods=2, gang=False),
    }
    assert {name: ends(played(4, one, **nodes))[name] for name, one in jobs.items()} == {
        "work": 4.0,
        "time": 1.0,
        "pods": 4.0,
    }


def test_pods_that_were_not_asked_for_to_begin_with_slow_nothing_down() -> None:
    assert ends(played(16, job("all", 16, "1h", minPods=2))) == {"all": 1.0}


def test_what_a_checkpoint_holds_is_work_done_at_the_pace_of_the_pods() -> None:
    """Two of four pods for 1h do half an hour of the work, of which 20 minutes are kept: 20 of 60 minutes were run in
    vain. With all pods the other 40 minutes take 40."""
    low = job("low", 4, "1h", minPods=2, checkpointEvery="20m")
    first = job("first", 2, "1h", priority=1)
    urgent = job("urgent", 4, "30m", submit="1h", priority=2)
    result = played(4, first, low, urgent)
    preempted = result.events[result.events["type"] == "Preempted"]
    assert preempted["lost_s"].to_list() == [20 * 60]
    assert ends(result) == {"first": 1.0, "urgent": 1.5, "low": pytest.approx(1.5 + 40 / 60)}


def test_work_interrupted_by_a_failed_node_goes_on_at_its_pace() -> None:
    """A gang of two of four pods: half of 2h stood at the checkpoint, the other half takes 2h more."""
    cluster = {"nodePools": [{"name": "n", "count": 2, "resources": {GPU: 1}}]}
    timeline = [{"at": "2h", "do": "fail", "node": "n-0"}, {"at": "3h", "do": "repair", "node": "n-0"}]
    one = job("one", 4, "2h", minPods=2, checkpointEvery="1h")
    result = played(2, one, cluster=cluster, timeline=timeline)
    assert ends(result) == {"one": 5.0}


def test_a_present_in_mid_run_goes_on_with_what_was_done() -> None:
    scenario = played(4, job("one", 16, "1h", minPods=2)).scenario
    recording = simulation(replace(scenario, horizon_ms=3_600_000))
    present = recording.present(3_600_000)
    recording.run()
    then = run(replace(present, horizon_ms=None))
    assert then.run.end_ms == 3 * 3_600_000


def test_pods_and_amounts_of_admissions_are_told() -> None:
    result = played(4, job("one", 16, "1h", minPods=2))
    (row,) = result.workloads.to_dict("records")
    admission = result.events[result.events["type"] == "Admitted"].iloc[0]
    told = (row["pods"], row["admitted_pods"], row["amounts"], admission["pods"], admission["amounts"])
    assert told == (16, 4, f"main: {GPU}=4", 4, f"main: {GPU}=4")
    assert next(story(result)).text == "submitted, admitted at once with 4 of 16 pods: 4 GPU of f"
    assert result.explain("one").splitlines()[4:6] == [
        "       0s  admitted after waiting 0s: 4 of 16 pods, 4 nvidia.com/gpu from flavor f",
        "             its whole work takes 4h with so few pods",
    ]


def test_what_is_kept_of_an_earlier_run_is_no_part_of_what_fewer_pods_have_to_do() -> None:
    """An hour of two is kept, and the other takes two on half the pods: 2h, not the 4h of all of it."""
    stop = [{"at": "1h", "do": "stop", "clusterQueue": "q", "stopPolicy": "HoldAndDrain"}]
    more = [{"at": "2h", "do": "stop", "clusterQueue": "q", "stopPolicy": "None"}]
    quota = [{"at": "90m", "do": "apply", "set": {f"clusterQueues.q.{GPU}.nominalQuota": 2}}]
    one = job("one", 4, "2h", minPods=2, checkpointEvery="30m")
    result = played(4, one, timeline=[*stop, *quota, *more])
    told = [line.strip() for line in result.explain("one").splitlines() if "whole work" in line or "finished" in line]
    assert told == ["its whole work takes 4h with so few pods, less what it keeps of earlier runs", "4h  finished"]
