"""What a dump contradicts itself in is kept as it is, and said: stopped queues, lost checks, too much held."""

import json
from pathlib import Path

import pytest

from kueue_sim.engine import simulate
from kueue_sim.inputs.scenario import scenario_from_dict
from kueue_sim.inputs.snapshot import read_snapshot
from kueue_sim.inputs.snapshot_scenario import import_summary, snapshot_scenario
from tests.cluster.test_incomplete_dumps import GPU, changed, objects


@pytest.mark.parametrize(
    ("kind", "parts", "why"),
    [
        ("ClusterQueue", {"metadata": {"deletionTimestamp": "2026-01-01T00:02:00Z"}}, "it is being deleted"),
        ("ResourceFlavor", {"metadata": {"name": "other"}}, "there is no ResourceFlavor gpu"),
    ],
)
def test_a_queue_that_is_inactive_keeps_what_it_holds_and_admits_nothing(
    kind: str, parts: dict[str, dict[str, str]], why: str, tmp_path: Path
) -> None:
    snapshot = read_snapshot([changed(tmp_path, kind, **parts)])
    assert f"cq is inactive, so it admits nothing: {why}" in import_summary(snapshot)
    run = simulate(scenario_from_dict(snapshot_scenario(snapshot, "x", runtime="1h")))
    assert [fact.type for fact in run.facts if fact.workload == "ml/runs"] == ["Admitted", "Started", "Finished"]
    assert run.pending["ml/waits"][1] == "ClusterQueue cq is inactive"


def test_work_in_a_queue_of_a_cluster_queue_that_is_gone_waits(tmp_path: Path) -> None:
    snapshot = read_snapshot([changed(tmp_path, "LocalQueue", spec={"clusterQueue": "gone"})])
    said = "left out, LocalQueues of a ClusterQueue that does not exist, whose work waits: 1 (ml/lq)"
    assert said in import_summary(snapshot)
    run = simulate(scenario_from_dict(snapshot_scenario(snapshot, "x", runtime="1h")))
    assert [fact.workload for fact in run.facts if fact.type == "Finished"] == ["ml/runs"]
    assert run.pending["ml/waits"][1] == "LocalQueue lq doesn't exist"


def test_what_a_check_said_that_is_gone_decides_nothing(tmp_path: Path) -> None:
    items = objects()
    for one in items:
        if one["kind"] == "Workload":
            one.setdefault("status", {})["admissionChecks"] = [{"name": "gone", "state": "Rejected"}]
    path = tmp_path / "dump.json"
    path.write_text(json.dumps({"kind": "List", "items": items}))
    run = simulate(scenario_from_dict(snapshot_scenario(read_snapshot([path]), "x", runtime="1h")))
    assert [fact.workload for fact in run.facts if fact.type == "Finished"] == ["ml/runs", "ml/waits"]


@pytest.mark.parametrize(("shared", "told"), [("1", True), ("2", False)])
def test_what_a_cohort_holds_beyond_all_its_quota_is_said(shared: str, told: bool, tmp_path: Path) -> None:
    """The queue below two Cohorts has two GPUs of its own, the upper Cohort one or two, and four are in use."""
    items = objects()
    for one in items:
        if one["kind"] == "ClusterQueue":
            one["spec"]["resourceGroups"][0]["flavors"][0]["resources"][0]["nominalQuota"] = "2"
            one["spec"]["cohortName"] = "team"
    resources = [{"name": GPU, "nominalQuota": shared}]
    group = {"coveredResources": [GPU], "flavors": [{"name": "gpu", "resources": resources}]}
    items.append({"kind": "Cohort", "metadata": {"name": "team"}, "spec": {"parentName": "all"}})
    items.append({"kind": "Cohort", "metadata": {"name": "all"}, "spec": {"resourceGroups": [group]}})
    path = tmp_path / "dump.json"
    path.write_text(json.dumps({"kind": "List", "items": items}))
    said = "ClusterQueues below all hold 4 nvidia.com/gpu of flavor gpu, there is quota of 3: kept"
    assert (said in import_summary(read_snapshot([path]))) is told


def test_work_that_is_being_deleted_holds_nothing(tmp_path: Path) -> None:
    items = objects()
    for one in items:
        if one["metadata"]["name"] == "runs":
            one["metadata"]["deletionTimestamp"] = "2026-01-01T00:01:00Z"
    path = tmp_path / "dump.json"
    path.write_text(json.dumps({"kind": "List", "items": items}))
    snapshot = read_snapshot([path])
    assert "left out, they are being deleted: 1 (ml/runs)" in import_summary(snapshot)
    facts = simulate(scenario_from_dict(snapshot_scenario(snapshot, "x", runtime="1h"))).facts
    assert {fact.workload for fact in facts} == {"ml/waits"}


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"ClusterQueue": {"stopPolicy": "HoldAndDrain"}}, "run in a queue with stopPolicy HoldAndDrain"),
        ({"LocalQueue": {"stopPolicy": "HoldAndDrain"}}, "run in a queue with stopPolicy HoldAndDrain"),
        ({"Workload": {"active": False}}, "run though they were deactivated"),
    ],
)
def test_what_kueue_had_not_evicted_yet_is_said_to_be_evicted(
    changed: dict[str, dict[str, object]], why: str, tmp_path: Path
) -> None:
    items = objects()
    for one in items:
        one.setdefault("spec", {}).update(changed.get(one["kind"], {}))
    path = tmp_path / "dump.json"
    path.write_text(json.dumps({"kind": "List", "items": items}))
    snapshot = read_snapshot([path])
    assert f"evicted at the start, as they {why}: 1 (ml/runs)" in import_summary(snapshot)
    facts = simulate(scenario_from_dict(snapshot_scenario(snapshot, "x", runtime="1h"))).facts
    assert [(fact.at_ms, fact.workload) for fact in facts if fact.type == "Evicted"] == [(0, "ml/runs")]


@pytest.mark.parametrize("placed", [False, True])
def test_work_of_other_clusters_takes_no_node(placed: bool, tmp_path: Path) -> None:
    """Four of the eight GPUs of the only node stay free for others, though the quota is held here. Its topology
    assignment, where Kueue copied it, names nodes over there, which nobody misses."""
    items = objects()
    controller = {"controllerName": "kueue.x-k8s.io/multikueue"}
    active = {"conditions": [{"type": "Active", "status": "True"}]}
    items.append({"kind": "AdmissionCheck", "metadata": {"name": "fleet"}, "spec": controller, "status": active})
    for one in items:
        if one["kind"] == "ClusterQueue":
            one["spec"]["admissionChecksStrategy"] = {"admissionChecks": [{"name": "fleet"}]}
        elif one["metadata"]["name"] == "runs":
            one["status"] |= {"clusterName": "east", "admissionChecks": [{"name": "fleet", "state": "Ready"}]}
            part = one["status"]["admission"]["podSetAssignments"][0]
            part["topologyAssignment"]["domains"][0]["values"] = ["far"]
            if not placed:
                del part["topologyAssignment"]
    path = tmp_path / "dump.json"
    path.write_text(json.dumps({"kind": "List", "items": items}))
    snapshot = read_snapshot([path])
    said = "of other clusters (MultiKueue), they take no node here: 1 (ml/runs on east)"
    summary = import_summary(snapshot)
    assert said in summary and not [line for line in summary if line.startswith(("lost pods", "on which nodes"))]
    half_over = "2026-01-01T00:31:00Z"
    document = snapshot_scenario(snapshot, "x", runtime="1h", taken=half_over)
    run = simulate(scenario_from_dict({**document, "horizon": "40m"}))
    started = {fact.workload: fact.message for fact in run.facts if fact.type == "Started"}
    assert started == dict.fromkeys(("ml/runs", "ml/waits"), "in another cluster")
    assert [fact.at_ms for fact in run.facts if fact.type == "Finished"] == [30 * 60_000]
    assert run.nodes is not None
    assert sum(use.allocated_ms for use in run.nodes.nodes) == 0


def test_amounts_of_what_is_held_beyond_quota_are_written_as_kubernetes_writes_them(tmp_path: Path) -> None:
    text = json.dumps(objects()).replace(GPU, "memory").replace('"memory": "4"', '"memory": "4Gi"')
    path = tmp_path / "dump.json"
    path.write_text(json.dumps({"kind": "List", "items": json.loads(text)}))
    said = import_summary(read_snapshot([path]))
    assert "cq holds 4Gi memory of flavor gpu, its quota allows 8: kept" in said
