"""Offered load is what was asked for over what quota gives, by team and cohort; near saturation a warning says so."""

from typing import Any

import pytest

from kueue_sim import Result, run
from kueue_sim.errors import StopRun
from kueue_sim.inputs import scenario_from_dict
from kueue_sim.report.text.terminal import text_report
from kueue_sim.results.metrics.metric_values import Measures

GPU = "nvidia.com/gpu"


def played(every: str, horizon: str | None = "48h", **more: Any) -> Result:
    """Team a with 4 GPUs is offered jobs of 2 GPUs × 2h; b with 6, in the same cohort, nothing."""
    flavor = {"kind": "ResourceFlavor", "metadata": {"name": "f"}}
    objects = [flavor]
    for name, gpus in (("a", 4), ("b", 6)):
        quota = {"name": "f", "resources": [{"name": GPU, "nominalQuota": gpus}]}
        group = {"coveredResources": [GPU], "flavors": [quota]}
        spec = {"cohortName": "all", "namespaceSelector": {}, "resourceGroups": [group]}
        objects.append({"kind": "ClusterQueue", "metadata": {"name": name}, "spec": spec})
    jobs = {"name": "j", "team": "a", "pods": 2, "requests": {GPU: 1}, "runtime": "2h", "count": 48, "every": every}
    document = {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "policy": {"objects": objects}, "workloads": [jobs]}
    return run(scenario_from_dict(document | ({"horizon": horizon} if horizon else {}) | more))


def loads(result: Result) -> dict[str, float | None]:
    return {f"{one.kind} {one.name}": one.load for one in result.offered_loads}


def test_load_is_work_asked_for_over_nominal_quota_in_the_horizon() -> None:
    """48 jobs of 4 GPU-h in 48h: 4 GPUs asked for at a time, of 4 and of 10."""
    assert loads(played("1h")) == {"team a": 1.0, "team b": 0.0, "cohort all": 0.4}


def test_without_horizon_the_time_ends_with_the_last_submission_and_not_with_the_last_job() -> None:
    assert loads(played("1h", None))["team a"] == pytest.approx(48 / 47)


def test_load_of_a_run_that_was_stopped_is_that_until_then() -> None:
    """Half of the work has come then, and half of the quota was given: the load is that of the whole run."""

    def stop(now_ms: int, *_: int) -> None:
        if now_ms >= 24 * 3_600_000:
            raise StopRun("interrupted")

    stopped = run(played("1h").scenario, stop)
    assert (stopped.run.interrupted, stopped.run.end_ms) == (True, 24 * 3_600_000)
    assert loads(stopped) == {"team a": 1.0, "team b": 0.0, "cohort all": 0.4}


def test_work_that_comes_after_the_horizon_or_has_no_end_counts_within_it() -> None:
    assert loads(played("2h"))["team a"] == 0.5
    endless = {"name": "on", "team": "b", "requests": {GPU: 3}, "submit": "24h"}
    result = played("1h")
    document = run(scenario_from_dict(_with(endless)))
    assert (loads(result)["team b"], loads(document)["team b"]) == (0.0, 3 * 24 / (6 * 48))


def test_work_that_asks_for_more_than_its_whole_tree_has_is_no_load() -> None:
    """12 GPUs of 10 never come together; 10 of 10 do, though they wait for ever, and partial admission takes fewer."""
    huge = {"name": "huge", "team": "a", "requests": {GPU: 12}, "runtime": "48h"}
    for more, load in (
        ({}, 0.0),
        ({"requests": {GPU: 10}}, 1.0),
        ({"requests": {GPU: 1}, "pods": 12, "minPods": 1}, 1.2),
    ):
        result = played("1h", workloads=[huge | more])
        assert loads(result)["cohort all"] == pytest.approx(load)


def _with(job: dict[str, Any]) -> dict[str, Any]:
    quota = {"name": "f", "resources": [{"name": GPU, "nominalQuota": 6}]}
    spec = {"namespaceSelector": {}, "resourceGroups": [{"coveredResources": [GPU], "flavors": [quota]}]}
    objects = [
        {"kind": "ResourceFlavor", "metadata": {"name": "f"}},
        {"kind": "ClusterQueue", "metadata": {"name": "b"}, "spec": spec},
    ]
    head = {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "horizon": "48h"}
    return {**head, "policy": {"objects": objects}, "workloads": [job]}


@pytest.mark.parametrize(("every", "told"), [("24m", "1.00"), ("25m", "0.96"), ("30m", None)])
def test_a_cohort_that_is_offered_as_much_as_it_has_is_a_finding(every: str, told: str | None) -> None:
    """Jobs of 4 GPU-h in a cohort of 10 GPUs: one in 24 minutes is all it can do. A team alone may borrow."""
    horizon = {"24m": "1152m", "25m": "1200m", "30m": "1440m"}[every]
    result = played(every, horizon)
    found = [text for text in result.findings if "is offered" in text]
    hours = {"24m": "192 of 192", "25m": "192 of 200", "30m": ""}[every]
    line = f"cohort all is offered {told} of its quota ({hours} GPU-h): waits grow with the length of the run"
    assert found == ([] if told is None else [line])
    assert "Offered load (work asked for over what quota gives): a " in text_report(result)


def test_slowdown_and_metrics_of_a_user_are_over_the_workloads_that_are_theirs() -> None:
    """Two jobs of 1h, one after the other: the second takes 2h of its 1h."""
    container = {"name": "c", "image": "i", "resources": {"requests": {GPU: 1}}}
    spec = {"parallelism": 6, "template": {"spec": {"restartPolicy": "Never", "containers": [container]}}}
    entries = []
    for name in ("ann", "bob"):
        labels = {"kueue.x-k8s.io/queue-name": "b", "user": name}
        metadata = {"name": name, "namespace": "default", "labels": labels}
        entries.append({"manifest": {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}})
    entries = [{**entry, "runtime": "1h"} for entry in entries]
    document = _with({})
    local = {"kind": "LocalQueue", "metadata": {"name": "b", "namespace": "default"}, "spec": {"clusterQueue": "b"}}
    document["policy"]["objects"].append(local)
    measures = Measures(run(scenario_from_dict({**document, "workloads": entries})))
    asked = ("slowdown.mean", "slowdown.max", "user[ann].slowdown.mean", "user[bob].wait.max", "user[eve].workloads")
    assert [measures.value(path) for path in asked] == [1.5, 2.0, 1.0, 3600.0, 0.0]


def test_satisfaction_is_what_a_team_got_of_what_it_could_have_had() -> None:
    """Team b has 6 GPUs, of which a job without end keeps 3; a job of 6 waits all the time. Wanted 6, got 3."""
    keeps = {"name": "on", "team": "b", "requests": {GPU: 3}, "priority": 1}
    waits = {"name": "off", "team": "b", "requests": {GPU: 6}}
    document = {**_with(keeps), "workloads": [keeps, waits]}
    measures = Measures(run(scenario_from_dict(document)))
    assert [measures.value(path) for path in ("satisfaction", "b.satisfaction", "fairness")] == [0.5, 0.5, 1.0]
    alone = Measures(run(scenario_from_dict(_with(keeps))))
    assert alone.value("satisfaction") == 1.0
    between = Measures(played("1h"))
    assert (between.value("a.satisfaction"), between.value("b.satisfaction")) == (1.0, None)


def scarce(name: str, quota: str, asked: str, **more: Any) -> Result:
    """48 jobs of 1 GPU × 1h within 48h, with 4 GPUs, who ask for another resource as well."""
    quotas = {"name": "f", "resources": [{"name": GPU, "nominalQuota": 4}, {"name": name, "nominalQuota": quota}]}
    spec = {"namespaceSelector": {}, "resourceGroups": [{"coveredResources": [GPU, name], "flavors": [quotas]}]}
    objects = [
        {"kind": "ResourceFlavor", "metadata": {"name": "f"}},
        {"kind": "ClusterQueue", "metadata": {"name": "b"}, "spec": spec},
    ]
    job = {"name": "j", "team": "b", "requests": {GPU: 1, name: asked}, "runtime": "1h", "count": 48, "every": "1h"}
    head = {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "horizon": "48h"}
    return run(scenario_from_dict({**head, "policy": {"objects": objects}, "workloads": [job], **more}))


@pytest.mark.parametrize(
    ("name", "quota", "asked", "hours"),
    [("cpu", "8", "8", "384 of 384 CPU-h"), ("memory", "1Ti", "1000Gi", "46.9Ti of 48Ti memory-h")],
)
def test_of_several_resources_the_scarcest_is_told_though_it_has_no_table(
    name: str, quota: str, asked: str, hours: str
) -> None:
    result = scarce(name, quota, asked)
    load = "1.00" if name == "cpu" else "0.98"
    line = f"b is offered {load} of its quota of {name} ({hours}): waits grow with the length of the run"
    assert [text for text in result.findings if "is offered" in text] == [line]
    assert f"Offered load (work asked for over what quota gives): b 0.25 ({name} {load})" in text_report(result)


def test_of_equally_scarce_resources_the_accelerator_is_told() -> None:
    """A quarter of 4 GPUs and of 8 cores; work that asks for more than all cores is no load of either."""
    assert "gives): b 0.25\n" in text_report(scarce("cpu", "8", "2"))
    never = scarce("cpu", "8", "9")
    assert {load.load for loads in never.offered_by_resource.values() for load in loads} == {0.0}
