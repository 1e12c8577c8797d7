"""Slices of an elastic job in a dump are one job: each goes on with the work of those that it took the place of."""

import json
from pathlib import Path
from typing import Any

import pytest

from kueue_sim.engine import simulate
from kueue_sim.inputs.scenario import scenario_from_dict
from kueue_sim.inputs.snapshot import Snapshot, read_snapshot
from kueue_sim.inputs.snapshot_scenario import import_summary, snapshot_scenario

GPU = "nvidia.com/gpu"
KEY = "kueue.x-k8s.io/workload-slice-replacement-for"
NOW = "2026-01-01T01:00:00Z"


def condition(kind: str, minute: int, reason: str = "") -> dict[str, str]:
    return {"type": kind, "status": "True", "reason": reason, "lastTransitionTime": f"2026-01-01T00:{minute:02d}:00Z"}


def piece(name: str, pods: int, admitted: int | None, *more: dict[str, str], replaces: str = "") -> dict[str, Any]:
    """A slice of so many pods, with its quota since a minute of the hour before the dump; None: it waits."""
    container = {"name": "c", "resources": {"requests": {GPU: "1"}}}
    held = {"name": "main", "count": pods, "flavors": {GPU: "f"}, "resourceUsage": {GPU: str(pods)}}
    status = {
        "admission": {"clusterQueue": "cq", "podSetAssignments": [held]},
        "conditions": [condition("QuotaReserved", admitted or 0), condition("Admitted", admitted or 0), *more],
    }
    return {
        "kind": "Workload",
        "metadata": {
            "name": name,
            "namespace": "ml",
            "uid": f"u-{name}",
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "annotations": {"kueue.x-k8s.io/elastic-job": "true", **({KEY: f"ml/{replaces}"} if replaces else {})},
        },
        "spec": {
            "queueName": "lq",
            "podSets": [{"name": "main", "count": pods, "template": {"spec": {"containers": [container]}}}],
        },
        **({} if admitted is None else {"status": status}),
    }


def replaced(minute: int) -> dict[str, str]:
    return condition("Finished", minute, "WorkloadSliceReplaced")


def dumped(folder: Path, *work: dict[str, Any]) -> Snapshot:
    quota = {"coveredResources": [GPU], "flavors": [{"name": "f", "resources": [{"name": GPU, "nominalQuota": "8"}]}]}
    items = [
        {"kind": "ResourceFlavor", "metadata": {"name": "f"}, "spec": {}},
        {
            "kind": "ClusterQueue",
            "metadata": {"name": "cq"},
            "spec": {"namespaceSelector": {}, "resourceGroups": [quota]},
        },
        {"kind": "LocalQueue", "metadata": {"name": "lq", "namespace": "ml"}, "spec": {"clusterQueue": "cq"}},
        *work,
    ]
    (folder / "dump.json").write_text(json.dumps({"kind": "List", "items": items}))
    return read_snapshot([folder / "dump.json"])


FIRST, SECOND = piece("a", 2, 0, replaced(20)), piece("b", 3, 20, replaced(50), replaces="a")
ANEW = piece("c", 4, 50, replaces="b")
ANEW["status"]["schedulingStats"] = {"evictions": [{"reason": "Preempted", "count": 1}]}


@pytest.mark.parametrize(
    ("work", "last", "minutes"),
    [
        ([FIRST, SECOND, piece("c", 4, 50, replaces="b")], "c", 60),
        ([SECOND, piece("c", 4, 50, replaces="b")], "c", 80),
        ([piece("a", 2, 0), piece("b", 3, None, replaces="a")], "b", 60),
        ([FIRST, SECOND, ANEW], "c", 110),
    ],
    ids=["runs", "the first is not there any more", "waits to grow", "was evicted in between"],
)
def test_a_slice_ends_when_its_job_has_run_for_two_hours(
    work: list[dict[str, Any]], last: str, minutes: int, tmp_path: Path
) -> None:
    """The job began an hour before the dump; each slice has run since it was admitted."""
    scenario = scenario_from_dict(snapshot_scenario(dumped(tmp_path, *work), "dump", "2h", NOW))
    ends = {fact.workload: fact.at_ms for fact in simulate(scenario).facts if fact.type == "Finished"}
    assert ends[f"ml/{last}"] == minutes * 60_000


@pytest.mark.parametrize("ended", [{}, {"lastTransitionTime": None}, {"lastTransitionTime": "2026-01-01T00:10:00Z"}])
def test_of_a_slice_that_does_not_tell_how_long_it_ran_nothing_counts(ended: dict[str, str], tmp_path: Path) -> None:
    """It says nothing of its end, or one before its admission."""
    odd = piece("a", 2, 20, {"type": "Finished", "status": "True", "reason": "WorkloadSliceReplaced", **ended})
    over = piece("d", 2, 20, {"type": "Finished", "status": "True", "reason": "Succeeded", **ended})
    document = snapshot_scenario(dumped(tmp_path, odd, over, piece("b", 3, 30, replaces="a")), "dump", "2h", NOW)
    (work,) = scenario_from_dict(document).workloads
    assert work.status is not None and work.status.done_ms == 0
    assert "past" not in document


def test_the_past_knows_an_elastic_job_once_with_all_that_it_ran(tmp_path: Path) -> None:
    snapshot = dumped(tmp_path, FIRST, SECOND, piece("c", 4, 50, condition("Finished", 55, "Succeeded"), replaces="b"))
    (job,) = snapshot_scenario(snapshot, "dump", taken=NOW)["past"]
    first = "2026-01-01T00:00:00Z"
    assert [job[field] for field in ("submitted", "admitted", "ran")] == [first, first, "3300s"]
    assert [line for line in import_summary(snapshot, NOW) if line.startswith("finished")] == [
        "finished, forecasts learn from them: 1 (ml/c)"
    ]
