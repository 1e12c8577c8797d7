"""Dumps of which a part is missing: what no answer can do without is asked for, the rest is said."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from kueue_sim.engine import simulate
from kueue_sim.errors import InputError
from kueue_sim.inputs.recorded.history_table import history_table
from kueue_sim.inputs.scenario import scenario_from_dict
from kueue_sim.inputs.snapshot import read_snapshot
from kueue_sim.inputs.snapshot_scenario import import_summary, snapshot_scenario

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


@pytest.mark.parametrize(
    ("selector", "asked"),
    [
        ({}, False),
        ({"matchLabels": {"kubernetes.io/metadata.name": "ml"}}, False),
        ({"matchLabels": {"team": "x"}}, True),
        ({"matchExpressions": [{"key": "team", "operator": "Exists"}]}, True),
    ],
)
def test_namespaces_are_asked_for_where_their_labels_decide(
    selector: dict[str, Any], asked: bool, tmp_path: Path
) -> None:
    items = objects()
    items[2]["spec"]["namespaceSelector"] = selector
    (tmp_path / "dump.json").write_text(json.dumps({"kind": "List", "items": items}))
    told = []
    try:
        read_snapshot([tmp_path / "dump.json"])
    except InputError as refused:
        told = [mistake.message for mistake in refused.mistakes]
    assert told == (
        [
            "the dump holds no Namespace, but its objects name 1 (those that cq selects by the label team): "
            "add the output of `kubectl get namespaces -o json` as one more file"
        ]
        if asked
        else []
    )


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


def changed(folder: Path, kind: str, **parts: object) -> Path:
    """The dump with these parts in its one object of a kind, or without it where there are none."""
    items = [one for one in objects() if parts or one["kind"] != kind]
    for one in items:
        if one["kind"] == kind:
            one |= {name: {**one.get(name, {}), **part} for name, part in parts.items()}  # type: ignore[dict-item]
    path = folder / "dump.json"
    path.write_text(json.dumps({"kind": "List", "items": items}))
    return path


LATEST = "2026-01-01T00:01:00Z"


@pytest.mark.parametrize(("taken", "told"), [("2026-01-01T00:00:40Z", LATEST), ("2026-01-01T00:02:00Z", "")])
def test_where_clocks_differ_by_some_seconds_a_dump_is_of_its_latest_instant(
    taken: str, told: str, tmp_path: Path
) -> None:
    snapshot = read_snapshot([written(tmp_path)])
    assert snapshot_scenario(snapshot, "x", taken=taken)["start"] == (told or taken)
    scenario_from_dict(snapshot_scenario(snapshot, "x", taken=taken))
    (line,) = [one for one in import_summary(snapshot, taken) if one.startswith("taken at")]
    assert ("clocks differ" in line) is bool(told)


def test_a_time_long_before_the_latest_instant_of_a_dump_is_a_mistake(tmp_path: Path) -> None:
    snapshot = read_snapshot([written(tmp_path)])
    with pytest.raises(InputError, match="the dump cannot have been taken at 2025-12-31T00:01:00Z") as refused:
        snapshot_scenario(snapshot, "x", taken="2025-12-31T00:01:00Z")
    assert f"it holds {LATEST}" in str(refused.value)


def of_a_dump(folder: Path, quota: str, *conditions: dict[str, str], **status: object) -> list[str]:
    """The summary of the same dump with another quota and more in the status of what holds quota."""
    items = objects()
    for one in items:
        if one["kind"] == "ClusterQueue":
            one["spec"]["resourceGroups"][0]["flavors"][0]["resources"][0]["nominalQuota"] = quota
        if one["metadata"]["name"] == "runs":
            given = {part["type"]: part for part in [*one["status"]["conditions"], *conditions]}
            one["status"] |= {**status, "conditions": [*given.values()]}
    path = folder / "dump.json"
    path.write_text(json.dumps({"kind": "List", "items": items}))
    return import_summary(read_snapshot([path]))


@pytest.mark.parametrize(
    ("reclaimed", "told"), [(0, "cq holds 4 nvidia.com/gpu of flavor gpu, its quota allows 2: kept"), (2, "")]
)
def test_pods_that_gave_their_quota_back_do_not_exceed_it(reclaimed: int, told: str, tmp_path: Path) -> None:
    said = of_a_dump(tmp_path, "2", reclaimablePods=[{"name": "main", "count": reclaimed}])
    assert [line for line in said if "its quota allows" in line] == ([told] if told else [])


def test_what_is_assumed_of_work_in_between_is_said(tmp_path: Path) -> None:
    evicted = {"type": "Evicted", "status": "True", "reason": "Preempted", "lastTransitionTime": "2026-01-01T00:02:00Z"}
    outstanding = {"type": "Admitted", "status": "False", "lastTransitionTime": "2026-01-01T00:01:00Z"}
    pods, checks = "how long evicted pods take to end is in no dump", "when outstanding checks answer is in no dump"
    start, again = (
        f"when pods that {what} is in no dump" for what in ("are not ready yet become so", "failed are ready again")
    )
    unready = {"type": "PodsReady", "status": "False", "lastTransitionTime": "2026-01-01T00:01:00Z"}
    waits, recovers = {**unready, "reason": "WaitForStart"}, {**unready, "reason": "WaitForRecovery"}
    for conditions, told in (
        ((), []),
        ((evicted,), [pods]),
        ((outstanding,), [checks]),
        ((waits,), [start]),
        ((recovers,), [again]),
        (({**waits, "status": "True"},), []),
    ):
        said = of_a_dump(tmp_path, "8", *conditions)
        assert [line.partition(":")[0] for line in said if line.startswith((pods, checks, start, again))] == told


@pytest.mark.parametrize(
    "spec",
    [
        {"unschedulable": True},
        {"taints": [{"key": "drained", "effect": "NoSchedule"}]},
    ],
    ids=["cordoned", "tainted"],
)
@pytest.mark.parametrize(
    "status",
    [
        {},
        {"reclaimablePods": [{"name": "main", "count": 1}]},
        {"conditions": [*SETTLED, {**SETTLED[0], "type": "PodsReady", "status": "False", "reason": "WaitForStart"}]},
    ],
    ids=["ready", "one over", "not ready yet"],
)
def test_pods_stay_on_a_node_that_takes_no_more(
    spec: dict[str, object], status: dict[str, object], tmp_path: Path
) -> None:
    items = objects()
    for one in items:
        if one["metadata"]["name"] == "runs":
            one["status"] |= status
        if one["kind"] == "Node":
            one["spec"] = spec
            one["metadata"]["name"] = "another-name-than-its-host"
    path = tmp_path / "dump.json"
    path.write_text(json.dumps({"kind": "List", "items": items}))
    scenario = scenario_from_dict(snapshot_scenario(read_snapshot([path]), "drained", runtime="2h"))
    facts = [fact.type for fact in simulate(scenario).facts if fact.workload == "ml/runs"]
    assert facts == ["Admitted", "Started", "Finished"]


def test_the_retry_strategy_of_a_check_is_taken_over(tmp_path: Path) -> None:
    parameters = {"apiGroup": "kueue.x-k8s.io", "kind": "ProvisioningRequestConfig", "name": "patient"}
    spec = {"controllerName": "kueue.x-k8s.io/provisioning-request", "parameters": parameters}
    strategy = {"retryStrategy": {"backoffLimitCount": 1, "backoffBaseSeconds": 180}}
    more = [
        {"kind": "AdmissionCheck", "metadata": {"name": "nodes"}, "spec": spec},
        {"kind": "ProvisioningRequestConfig", "metadata": {"name": "patient"}, "spec": strategy},
    ]
    (tmp_path / "dump.json").write_text(json.dumps({"kind": "List", "items": [*objects(), *more]}))
    scenario = scenario_from_dict(snapshot_scenario(read_snapshot([tmp_path / "dump.json"]), "x"))
    (check,) = scenario.policy.admission_checks
    assert (check.retry_limit, check.retry_base_ms, check.retry_max_ms) == (1, 180_000, 1_800_000)


def test_an_autoscaler_whose_nodes_are_missing_is_told(tmp_path: Path) -> None:
    pool = {"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": {"name": "gpu"}, "spec": {}}
    (tmp_path / "dump.json").write_text(json.dumps({"kind": "List", "items": [*objects(), pool]}))
    assert [line for line in import_summary(read_snapshot([tmp_path / "dump.json"])) if "Karpenter" in line] == [
        "left out, node pools of Karpenter: nodes that it would make for what waits are missing "
        "(autoscale of cluster.nodePools makes some): 1 (gpu)"
    ]


def test_times_of_submission_that_somebody_took_out_are_told(tmp_path: Path) -> None:
    over = [{"type": "Finished", "status": "True", "lastTransitionTime": "2026-01-01T00:09:00Z"}]
    items = objects()
    ended = {**items[5], "metadata": {"name": "ended", "namespace": "ml"}}
    ended["status"] = {**items[5]["status"], "conditions": [*SETTLED, *over]}
    for one in items[5:]:
        del one["metadata"]["creationTimestamp"]
    (tmp_path / "dump.json").write_text(json.dumps({"kind": "List", "items": [*items, ended]}))
    snapshot = read_snapshot([tmp_path / "dump.json"])
    told = import_summary(snapshot)
    assert [line for line in told if "creationTimestamp" in line or "learn" in line] == [
        "without creationTimestamp, taken for submitted at the instant of the dump: 1 (ml/waits)",
        "without creationTimestamp, so forecasts learn nothing from them: 1 (ml/ended)",
    ]
    assert "past" not in snapshot_scenario(snapshot, "x")
    assert history_table(snapshot.workloads)[1] == 0


def test_a_dump_without_any_status_is_told(tmp_path: Path) -> None:
    items = [{name: part for name, part in one.items() if name != "status"} for one in objects()]
    for text, told in ((items, 1), (objects(), 0), (items[:4], 0)):
        (tmp_path / "dump.json").write_text(json.dumps({"kind": "List", "items": text}))
        lines = import_summary(read_snapshot([tmp_path / "dump.json"]))
        assert len([line for line in lines if line.startswith("no object of the dump has a status")]) == told
