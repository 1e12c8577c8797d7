"""Pods of running work in a dump: they are on their nodes, and count once."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from kueue_sim.engine import simulate
from kueue_sim.inputs.scenario import scenario_from_dict
from kueue_sim.inputs.snapshot import Snapshot, read_snapshot
from kueue_sim.inputs.snapshot_scenario import import_summary, snapshot_scenario

GPU = "nvidia.com/gpu"
TEMPLATE = {"spec": {"containers": [{"name": "c", "resources": {"requests": {GPU: "4"}}}]}}
JOB = {"kind": "Job", "name": "train", "uid": "u-train", "controller": True}


def node(name: str, **spec: object) -> dict[str, Any]:
    ready = {"conditions": [{"type": "Ready", "status": "True"}], "allocatable": {GPU: "8", "pods": "110"}}
    return {"kind": "Node", "metadata": {"name": name}, "spec": spec, "status": ready}


def pod(name: str, where: str, **metadata: object) -> dict[str, Any]:
    spec = {**TEMPLATE["spec"], "nodeName": where}
    return {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "ml", **metadata},
        "spec": spec,
        "status": {"phase": "Running"},
    }


def dumped(folder: Path, *pods: dict[str, Any], **status: object) -> Snapshot:
    """Two nodes of eight GPUs, one of them cordoned, and a job of two pods that holds eight GPUs."""
    quota = {"coveredResources": [GPU], "flavors": [{"name": "f", "resources": [{"name": GPU, "nominalQuota": "16"}]}]}
    held = {"name": "main", "count": 2, "flavors": {GPU: "f"}, "resourceUsage": {GPU: "8"}}
    settled = [
        {"type": kind, "status": "True", "lastTransitionTime": "2026-01-01T00:01:00Z"}
        for kind in ("QuotaReserved", "Admitted")
    ]
    work = {
        "kind": "Workload",
        "metadata": {"name": "job-train-0a1b2", "namespace": "ml", "ownerReferences": [JOB]},
        "spec": {"queueName": "lq", "podSets": [{"name": "main", "count": 2, "template": TEMPLATE}]},
        "status": {
            "admission": {"clusterQueue": "cq", "podSetAssignments": [held]},
            "conditions": settled,
            **status,
        },
    }
    items = [
        {"kind": "ResourceFlavor", "metadata": {"name": "f"}},
        {
            "kind": "ClusterQueue",
            "metadata": {"name": "cq"},
            "spec": {"namespaceSelector": {}, "resourceGroups": [quota]},
        },
        {"kind": "LocalQueue", "metadata": {"name": "lq", "namespace": "ml"}, "spec": {"clusterQueue": "cq"}},
        node("drained", unschedulable=True),
        node("open"),
        work,
        *pods,
    ]
    path = folder / "dump.json"
    path.write_text(json.dumps({"kind": "List", "items": items}))
    return read_snapshot([path])


@pytest.mark.parametrize(
    "metadata",
    [
        {"labels": {"kueue.x-k8s.io/podset": "main"}, "annotations": {"kueue.x-k8s.io/workload": "job-train-0a1b2"}},
        {"labels": {"kueue.x-k8s.io/podset": "main"}, "ownerReferences": [JOB]},
        {"ownerReferences": [JOB]},
        {"ownerReferences": [{"kind": "Job", "name": "train-workers-0", "uid": "u-child", "controller": True}]},
    ],
    ids=["annotated", "labelled", "by their job", "by a job of their job"],
)
def test_running_pods_stay_on_the_nodes_that_they_are_on_and_count_once(metadata: Any, tmp_path: Path) -> None:
    child = {"name": "train-workers-0", "namespace": "ml", "uid": "u-child", "ownerReferences": [JOB]}
    pods = [pod(name, "drained", **metadata) for name in ("train-0", "train-1")]
    snapshot = dumped(tmp_path, *pods, {"apiVersion": "batch/v1", "kind": "Job", "metadata": child})
    assert snapshot.pods.others == []
    scenario = scenario_from_dict(snapshot_scenario(snapshot, "drained", runtime="2h"))
    (work,) = scenario.workloads
    assert work.status is not None and work.status.admission is not None
    assert work.status.admission.nodes == (("drained", "drained"),)
    assert [fact.type for fact in simulate(scenario).facts] == ["Admitted", "Started", "Finished"]


def test_pods_are_known_by_the_name_of_their_job_where_uids_were_taken_out(tmp_path: Path) -> None:
    dumped(
        tmp_path,
        *(pod(f"train-{number}", "open", ownerReferences=[JOB], uid=f"u-{number}") for number in range(2)),
        {"kind": "Job", "metadata": {"name": "train", "namespace": "ml", "uid": "u-train", "labels": QUEUED}},
    )
    text = (tmp_path / "dump.json").read_text()
    (tmp_path / "dump.json").write_text(re.sub(r', "uid": "[^"]*"', "", text))
    snapshot = read_snapshot([tmp_path / "dump.json"])
    (entry,) = snapshot_scenario(snapshot, "x")["workloads"]
    assert entry["admitted"]["podSets"][0]["nodes"] == ["open", "open"]
    told = import_summary(snapshot)
    assert "jobs, their Workloads stand for them: 1 (ml/train)" in told
    assert not [line for line in told if "pods of others" in line]


def test_pods_that_are_over_end_or_have_no_node_are_nowhere(tmp_path: Path) -> None:
    over = pod("train-0", "drained", ownerReferences=[JOB])
    over["status"]["phase"] = "Succeeded"
    ends = pod("train-1", "drained", ownerReferences=[JOB], deletionTimestamp="2026-01-01T00:02:00Z")
    waits = pod("train-2", "", ownerReferences=[JOB])
    (entry,) = snapshot_scenario(dumped(tmp_path, over, ends, waits), "drained")["workloads"]
    assert "nodes" not in entry["admitted"]["podSets"][0]


def test_pods_that_are_left_stay_where_they_are(tmp_path: Path) -> None:
    over = pod("train-0", "open", ownerReferences=[JOB])
    over["status"]["phase"] = "Succeeded"
    left = pod("train-1", "drained", ownerReferences=[JOB])
    snapshot = dumped(tmp_path, over, left, reclaimablePods=[{"name": "main", "count": 1}])
    scenario = scenario_from_dict(snapshot_scenario(snapshot, "drained", runtime="2h"))
    assert [fact.type for fact in simulate(scenario).facts] == ["Admitted", "Started", "Finished"]


MADE = "2026-01-01T00:01:01Z"


@pytest.mark.parametrize(("waits_since", "ends_s"), [(MADE, 7200), ("2026-01-01T00:59:00Z", 7200 - 3540)])
def test_a_gang_that_never_had_all_its_nodes_has_not_begun(waits_since: str, ends_s: int, tmp_path: Path) -> None:
    """One of its pods waits for a node at one o'clock: since it was admitted, or as it took the place of another."""
    there = pod("train-0", "drained", ownerReferences=[JOB], creationTimestamp=MADE)
    waits = pod("train-1", "", ownerReferences=[JOB], creationTimestamp=waits_since)
    document = snapshot_scenario(dumped(tmp_path, there, waits), "drained", runtime="2h", taken="2026-01-01T01:00:00Z")
    facts = simulate(scenario_from_dict(document)).facts
    assert [fact.at_ms // 1000 for fact in facts if fact.type == "Finished"] == [ends_s]


def test_only_pods_of_others_on_nodes_are_said_to_take_their_room(tmp_path: Path) -> None:
    hungry = pod("hungry", "")
    over = {**pod("over", "n2"), "status": {"phase": "Succeeded"}}
    told = import_summary(dumped(tmp_path, pod("there", "n2"), hungry, over))
    assert [line for line in told if "pods of others" in line] == [
        "pods of others on these nodes: 1 (ml/there)",
        "left out, pods of others without a node: they may take room that counts as free here: 1 (ml/hungry)",
        "left out, pods of others that are over: 1 (ml/over)",
    ]


QUEUED = {"kueue.x-k8s.io/queue-name": "lq", "kueue.x-k8s.io/managed": "true"}
GROUPED = {**QUEUED, "kueue.x-k8s.io/pod-group-name": "job-train-0a1b2"}
PLACED = {"kueue.x-k8s.io/podset-required-topology": "rack", "kueue.x-k8s.io/workload": "elsewhere"}
UNKNOWN = "pods with labels of Kueue whose work is not in the dump or left out"


@pytest.mark.parametrize(
    ("metadata", "told", "room"),
    [
        ({"labels": QUEUED}, f"{UNKNOWN} on these nodes: 1 (ml/lone)", True),
        ({"labels": QUEUED, "annotations": PLACED}, f"{UNKNOWN} on these nodes: 1 (ml/lone)", True),
        ({"labels": GROUPED}, "pods of Kueue's work, which stands for them: 1 (ml/lone)", False),
        ({"labels": QUEUED, "uid": "u-train"}, "pods of Kueue's work, which stands for them: 1 (ml/lone)", False),
        ({}, "pods of others on these nodes: 1 (ml/lone)", True),
    ],
    ids=["no Workload", "no Workload, placed by a topology", "of a group", "its Workload names it", "not Kueue's"],
)
def test_a_running_pod_takes_room_unless_work_of_the_dump_does(
    metadata: dict[str, Any], told: str, room: bool, tmp_path: Path
) -> None:
    snapshot = dumped(tmp_path, pod("lone", "open", **metadata))
    assert [line for line in import_summary(snapshot) if "pods" in line and "ml/lone" in line] == [told]
    scenario = scenario_from_dict(snapshot_scenario(snapshot, "x", runtime="2h"))
    assert [(one.name, one.node) for one in scenario.node_pods] == ([("lone", "open")] if room else [])


def test_a_pod_with_labels_of_kueue_that_has_no_workload_and_no_node_is_said_to_be_left_out(tmp_path: Path) -> None:
    told = import_summary(dumped(tmp_path, pod("gated", "", labels=QUEUED)))
    assert f"left out, {UNKNOWN} without a node: they may take room that counts as free here: 1 (ml/gated)" in told


@pytest.mark.parametrize(
    ("metadata", "left"),
    [({}, True), ({"deletionTimestamp": MADE}, False), ({"annotations": PLACED}, False)],
    ids=["runs on", "ends", "a topology placed it"],
)
def test_pods_that_run_on_although_their_work_has_finished_keep_their_room(
    metadata: dict[str, Any], left: bool, tmp_path: Path
) -> None:
    over = [{"type": "Finished", "status": "True", "lastTransitionTime": MADE}]
    snapshot = dumped(tmp_path, pod("train-0", "open", ownerReferences=[JOB], **metadata), conditions=over)
    scenario = scenario_from_dict(snapshot_scenario(snapshot, "x"))
    assert [one.node for one in scenario.node_pods] == (["open"] if left else [])
    assert ("pods of finished work on these nodes: 1 (ml/train-0)" in import_summary(snapshot)) is left


def test_pods_of_work_that_is_left_out_keep_their_room(tmp_path: Path) -> None:
    held = {"name": "main", "count": 2, "flavors": {GPU: "f"}, "resourceUsage": {GPU: "8"}}
    elsewhere = {"clusterQueue": "gone", "podSetAssignments": [held]}
    snapshot = dumped(tmp_path, pod("train-0", "open", ownerReferences=[JOB], labels=QUEUED), admission=elsewhere)
    scenario = scenario_from_dict(snapshot_scenario(snapshot, "x"))
    assert [one.node for one in scenario.node_pods] == ["open"]
    assert f"{UNKNOWN} on these nodes: 1 (ml/train-0)" in import_summary(snapshot)


def test_pods_of_jobs_that_wait_anew_leave_them_their_room(tmp_path: Path) -> None:
    """A dump without Workloads: the job waits anew, and what its pods hold would keep it from ever starting."""
    dumped(tmp_path, *(pod(f"train-{number}", "open", ownerReferences=[JOB]) for number in range(2)))
    items = json.loads((tmp_path / "dump.json").read_text())["items"]
    job = {"metadata": {"name": "train", "namespace": "ml", "uid": "u-train", "labels": QUEUED}}
    spec = {"parallelism": 2, "completions": 2, "template": TEMPLATE}
    items = [*(one for one in items if one["kind"] != "Workload"), {"kind": "Job", **job, "spec": spec}]
    (tmp_path / "dump.json").write_text(json.dumps({"kind": "List", "items": items}))
    scenario = scenario_from_dict(snapshot_scenario(read_snapshot([tmp_path / "dump.json"]), "x", runtime="1h"))
    assert [fact.type for fact in simulate(scenario).facts if fact.workload == "ml/train"][-1] == "Finished"


@pytest.mark.parametrize(
    ("state", "updates", "goes_to"),
    [
        ("Ready", [{"name": "main", "nodeSelector": {"made-for": "train"}}], "made"),
        ("Ready", [{"name": "other", "nodeSelector": {"made-for": "train"}}], "free"),
        ("Ready", [{"name": "main", "annotations": {"a": "b"}}], "free"),
        ("Pending", [{"name": "main", "nodeSelector": {"made-for": "train"}}], "free"),
    ],
    ids=["its pods", "others", "what no node has", "not ready"],
)
def test_what_ready_checks_added_to_pods_is_taken_over(
    state: str, updates: list[dict[str, Any]], goes_to: str, tmp_path: Path
) -> None:
    """Where the pods are was not dumped, so they are placed as Kueue would."""
    made = node("made")
    made["metadata"]["labels"] = {"made-for": "train"}
    check = {"kind": "AdmissionCheck", "metadata": {"name": "c"}, "spec": {"controllerName": "x.io/y"}}
    said = [{"name": "c", "state": state, "podSetUpdates": updates}]
    snapshot = dumped(tmp_path, node("free"), made, check, admissionChecks=said)
    snapshot.nodes = [one for one in snapshot.nodes if one["metadata"]["name"] in ("free", "made")]
    run = simulate(scenario_from_dict(snapshot_scenario(snapshot, "x", runtime="2h")))
    assert [fact.message for fact in run.facts if fact.type == "Started"] == [f"{goes_to} (2)"]


HOST = "kubernetes.io/hostname"


@pytest.mark.parametrize(
    ("hosts", "unhealthy", "lost", "evicted", "ends_s"),
    [
        (["n1", "n2"], [], "", False, 1800),
        (["n1", "n2"], ["n2"], "ml/runs on n2)", False, 3601),
        (["n1", "gone"], [], "ml/runs on gone)", False, 3601),
        (["gone", "too"], [], "ml/runs on gone, too)", True, 3600),
    ],
    ids=["all there", "found unhealthy", "gone", "two gone"],
)
def test_work_that_lost_a_node_before_the_dump_begins_anew_on_another(
    hosts: list[str], unhealthy: list[str], lost: str, evicted: bool, ends_s: int, tmp_path: Path
) -> None:
    """A job of an hour that has run for half of it, on two nodes of three; of several lost nodes none is replaced."""
    nodes = [node(name) for name in ("n1", "n2", "n3")]
    for one in nodes:
        one["metadata"]["labels"] = {HOST: one["metadata"]["name"], "pool": "gpu"}
        one["status"]["conditions"][0]["status"] = str(one["metadata"]["name"] not in unhealthy)
    quota = {"coveredResources": [GPU], "flavors": [{"name": "f", "resources": [{"name": GPU, "nominalQuota": "24"}]}]}
    places = {"levels": [HOST], "domains": [{"values": [one], "count": 1} for one in hosts]}
    held = {"name": "main", "count": 2, "flavors": {GPU: "f"}, "resourceUsage": {GPU: "8"}}
    pods = {"name": "main", "count": 2, "template": TEMPLATE, "topologyRequest": {"preferred": HOST}}
    work = {
        "kind": "Workload",
        "metadata": {"name": "runs", "namespace": "ml", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"queueName": "lq", "podSets": [pods]},
        "status": {
            "admission": {"clusterQueue": "cq", "podSetAssignments": [{**held, "topologyAssignment": places}]},
            "conditions": [
                {"type": kind, "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
                for kind in ("QuotaReserved", "Admitted")
            ],
            "unhealthyNodes": [{"name": name} for name in unhealthy],
        },
    }
    spec = {"namespaceSelector": {}, "resourceGroups": [quota]}
    items = [
        {"kind": "Topology", "metadata": {"name": "t"}, "spec": {"levels": [{"nodeLabel": HOST}]}},
        {
            "kind": "ResourceFlavor",
            "metadata": {"name": "f"},
            "spec": {"nodeLabels": {"pool": "gpu"}, "topologyName": "t"},
        },
        {"kind": "ClusterQueue", "metadata": {"name": "cq"}, "spec": spec},
        {"kind": "LocalQueue", "metadata": {"name": "lq", "namespace": "ml"}, "spec": {"clusterQueue": "cq"}},
        *nodes,
        work,
    ]
    (tmp_path / "dump.json").write_text(json.dumps({"kind": "List", "items": items}))
    snapshot, at = read_snapshot([tmp_path / "dump.json"]), "2026-01-01T00:30:00Z"
    told = [line for line in import_summary(snapshot, at) if line.startswith("lost pods")]
    assert [line.rpartition("(")[2] for line in told] == ([lost] if lost else [])
    facts = simulate(scenario_from_dict(snapshot_scenario(snapshot, "dump", "1h", at))).facts
    assert [fact.at_ms for fact in facts if fact.type == "Finished"] == [1000 * ends_s]
    assert any(fact.type == "Evicted" for fact in facts) is evicted


def test_work_whose_pods_were_not_dumped_has_its_nodes_before_anything_is_decided(tmp_path: Path) -> None:
    """Of two nodes one is full of work without a topology, wherever its pods are; only one job of the topology fits."""
    nodes = [node(name) for name in ("n1", "n2")]
    for one in nodes:
        one["metadata"]["labels"] = {HOST: one["metadata"]["name"], "pool": "gpu"}
    flavors = [{"name": name, "resources": [{"name": GPU, "nominalQuota": "16"}]} for name in ("flat", "placed")]
    pods = {"name": "main", "count": 2, "template": TEMPLATE}
    waits = {**pods, "topologyRequest": {"required": HOST}}
    held = {"name": "main", "count": 2, "flavors": {GPU: "flat"}, "resourceUsage": {GPU: "8"}}
    settled = [
        {"type": kind, "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
        for kind in ("QuotaReserved", "Admitted")
    ]
    status = {"admission": {"clusterQueue": "flat", "podSetAssignments": [held]}, "conditions": settled}
    items: list[dict[str, Any]] = [
        {"kind": "Topology", "metadata": {"name": "t"}, "spec": {"levels": [{"nodeLabel": HOST}]}},
        *nodes,
    ]
    for name, more in (("flat", {}), ("placed", {"topologyName": "t"})):
        quota = {"coveredResources": [GPU], "flavors": [one for one in flavors if one["name"] == name]}
        items += [
            {"kind": "ResourceFlavor", "metadata": {"name": name}, "spec": {"nodeLabels": {"pool": "gpu"}, **more}},
            {
                "kind": "ClusterQueue",
                "metadata": {"name": name},
                "spec": {"namespaceSelector": {}, "resourceGroups": [quota]},
            },
            {"kind": "LocalQueue", "metadata": {"name": name, "namespace": "ml"}, "spec": {"clusterQueue": name}},
        ]
    for name, queue, part, own in (
        ("runs", "flat", pods, {"status": status}),
        ("first", "placed", waits, {}),
        ("second", "placed", waits, {}),
    ):
        metadata = {"name": name, "namespace": "ml", "creationTimestamp": "2026-01-01T00:00:00Z"}
        items.append({"kind": "Workload", "metadata": metadata, "spec": {"queueName": queue, "podSets": [part]}, **own})
    (tmp_path / "dump.json").write_text(json.dumps({"kind": "List", "items": items}))
    snapshot = read_snapshot([tmp_path / "dump.json"])
    told = [line for line in import_summary(snapshot) if "placed anew" in line]
    assert [line.rpartition("(")[2] for line in told] == ["ml/runs)"]
    run = simulate(scenario_from_dict({**snapshot_scenario(snapshot, "dump"), "horizon": "1m"}))
    assert (run.states["ml/first"], run.states["ml/second"]) == ("admitted", "pending")
    assert not [fact for fact in run.facts if fact.type == "Unschedulable"]
