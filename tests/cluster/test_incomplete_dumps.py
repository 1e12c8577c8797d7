"""Dumps of which a part is missing: what no answer can do without is asked for, the rest is said."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from kueue_sim.engine import simulate
from kueue_sim.errors import InputError
from kueue_sim.inputs.scenario import scenario_from_dict
from kueue_sim.inputs.snapshot import import_summary, read_snapshot, snapshot_scenario

GPU = "nvidia.com/gpu"
SETTLED = [
    {"type": kind, "status": "True", "lastTransitionTime": "2026-01-01T00:01:00Z"}
    for kind in ("QuotaReserved", "Admitted")
]


def pod_set(**more: object) -> dict[str, object]:
    container = {"name": "c", "resources": {"requests": {GPU: "1"}}}
    return {"name": "main", "count": 4, "template": {"spec": {"containers": [container]}}, **more}


def objects() -> list[dict[str, Any]]:
    """A node of eight GPUs in one rack, half of which a job of the team holds; another one waits."""
    placed = {"levels": ["kubernetes.io/hostname"], "domains": [{"values": ["n1"], "count": 4}]}
    held = {"name": "main", "count": 4, "flavors": {GPU: "gpu"}, "resourceUsage": {GPU: "4"}}
    admission = {"clusterQueue": "cq", "podSetAssignments": [{**held, "topologyAssignment": placed}]}
    quota = {"coveredResources": [GPU], "flavors": [{"name": "gpu", "resources": [{"name": GPU, "nominalQuota": "8"}]}]}
    wanted = {"topologyRequest": {"required": "kubernetes.io/hostname"}}
    ready = {"conditions": [{"type": "Ready", "status": "True"}], "allocatable": {GPU: "8", "pods": "110"}}
    labels = {"kubernetes.io/hostname": "n1", "pool": "gpu"}
    of_job = {"namespace": "ml", "creationTimestamp": "2026-01-01T00:00:30Z"}
    flavor = {"nodeLabels": {"pool": "gpu"}, "topologyName": "racks"}
    levels = [{"nodeLabel": "kubernetes.io/hostname"}]
    return [
        {"kind": "ResourceFlavor", "metadata": {"name": "gpu"}, "spec": flavor},
        {"kind": "Topology", "metadata": {"name": "racks"}, "spec": {"levels": levels}},
        {
            "kind": "ClusterQueue",
            "metadata": {"name": "cq"},
            "spec": {"namespaceSelector": {}, "resourceGroups": [quota]},
            "status": {"reservingWorkloads": 1},
        },
        {"kind": "LocalQueue", "metadata": {"name": "lq", "namespace": "ml"}, "spec": {"clusterQueue": "cq"}},
        {"kind": "Node", "metadata": {"name": "n1", "labels": labels}, "spec": {}, "status": ready},
        {
            "kind": "Workload",
            "metadata": {"name": "runs", **of_job},
            "spec": {"queueName": "lq", "podSets": [pod_set(**wanted)]},
            "status": {"admission": admission, "conditions": SETTLED},
        },
        {
            "kind": "Workload",
            "metadata": {"name": "waits", **of_job},
            "spec": {"queueName": "lq", "podSets": [pod_set(**wanted)]},
        },
    ]


def written(folder: Path, without: Collection[str] = ()) -> Path:
    path = folder / "dump.json"
    path.write_text(json.dumps({"kind": "List", "items": [one for one in objects() if one["kind"] not in without]}))
    return path


@pytest.mark.parametrize(
    ("kind", "named", "command"),
    [
        ("ClusterQueue", "1 (cq)", "clusterqueues"),
        ("LocalQueue", "1 (ml/lq)", "localqueues -A"),
        ("ResourceFlavor", "1 (gpu)", "resourceflavors"),
        ("Topology", "1 (racks)", "topologies"),
    ],
)
def test_a_kind_that_everything_hangs_on_is_asked_for(kind: str, named: str, command: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        read_snapshot([written(tmp_path, [kind])])
    assert [mistake.message for mistake in refused.value.mistakes] == [
        f"the dump holds no {kind}, but its objects name {named}: "
        f"add the output of `kubectl get {command} -o json` as one more file"
    ]


def test_without_nodes_only_quota_decides_and_that_is_said(tmp_path: Path) -> None:
    snapshot = read_snapshot([written(tmp_path, ["Node"])])
    said = [line for line in import_summary(snapshot) if "no nodes" in line]
    assert said == [
        "the dump holds no nodes, so topologies are left out and only quota decides in flavors gpu: work may "
        "start here that finds no place there; add the output of `kubectl get nodes -o json` to place it"
    ]
    facts = simulate(scenario_from_dict(snapshot_scenario(snapshot, "cut"))).facts
    assert [(fact.type, fact.workload) for fact in facts if fact.type == "Admitted"] == [
        ("Admitted", "ml/runs"),
        ("Admitted", "ml/waits"),
    ]


def test_work_that_only_a_status_counts_is_said(tmp_path: Path) -> None:
    snapshot = read_snapshot([written(tmp_path, ["Workload"])])
    assert [line for line in import_summary(snapshot) if "not in the dump" in line] == [
        "cq reserves quota for 1 Workloads, of which 1 are not in the dump: what they hold counts as free "
        "(kubectl get workloads -A)"
    ]


def test_documents_appended_one_after_the_other_are_one_dump(tmp_path: Path) -> None:
    path = tmp_path / "dump.json"
    lists = [json.dumps({"kind": "List", "items": [one]}, indent=4) for one in objects()]
    path.write_text("\n".join(lists))
    whole = snapshot_scenario(read_snapshot([written(tmp_path)]), "x")
    path.write_text("\n".join(lists))
    assert snapshot_scenario(read_snapshot([path]), "x") == whole
