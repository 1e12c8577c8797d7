"""The manifests people have become the workloads Kueue makes of them: names, pod sets in Kueue's order, requests."""

from pathlib import Path
from typing import Any

import pytest

from kueue_sim.errors import InputError
from kueue_sim.inputs import load_scenario, scenario_from_dict
from kueue_sim.model import SliceLayer, TopologyRequest, Workload

GPU = "nvidia.com/gpu"
GIB = 2**30


def template(gpus: int = 1, **spec: object) -> dict[str, Any]:
    container = {"name": "c", "image": "i", "resources": {"limits": {GPU: gpus}}}
    return {"spec": {"containers": [container], **spec}}


def manifest(kind: str, spec: dict[str, Any], **metadata: object) -> dict[str, Any]:
    labels = {"kueue.x-k8s.io/queue-name": "lq", "kueue.x-k8s.io/priority-class": "high"}
    return {"kind": kind, "metadata": {"name": "one", "namespace": "x", "labels": labels, **metadata}, "spec": spec}


def document(*entries: dict[str, Any]) -> dict[str, Any]:
    objects = [
        {"kind": "ClusterQueue", "metadata": {"name": "cq"}, "spec": {"namespaceSelector": {}}},
        {"kind": "LocalQueue", "metadata": {"name": "lq", "namespace": "x"}, "spec": {"clusterQueue": "cq"}},
        {"kind": "WorkloadPriorityClass", "metadata": {"name": "high"}, "value": 7},
    ]
    return {
        "apiVersion": "kueue-sim/v1",
        "kind": "Scenario",
        "policy": {"objects": objects},
        "workloads": list(entries),
    }


def workloads(*entries: dict[str, Any]) -> list[Workload]:
    return list(scenario_from_dict(document(*entries)).workloads)


def pods(workload: Workload) -> list[tuple[str, int, dict[str, int]]]:
    return [(one.name, one.count, dict(one.requests)) for one in workload.pod_sets]


def role(replicas: int, gpus: int) -> dict[str, Any]:
    return {"replicas": replicas, "template": template(gpus)}


LEADER_WORKER = {"size": 4, "leaderTemplate": template(0), "workerTemplate": template(2)}
RAY_CLUSTER = {
    "headGroupSpec": {"template": template(0)},
    "workerGroupSpecs": [{"groupName": "Big", "replicas": 2, "numOfHosts": 2, "template": template(4)}],
}
SUBMITTER = ("submitter", 1, {"cpu": 500, "memory": 200 * 2**20})

KINDS: dict[str, tuple[dict[str, Any], list[str], list[tuple[str, int, dict[str, int]]]]] = {
    "Job": (
        {"parallelism": 4, "completions": 3, "template": template(2)},
        ["one"],
        [("main", 3, {GPU: 2})],
    ),
    "JobSet": (
        {
            "replicatedJobs": [
                {"name": "driver", "template": {"spec": {"template": template(0)}}},
                {"name": "workers", "replicas": 2, "template": {"spec": {"parallelism": 4, "template": template(1)}}},
            ]
        },
        ["one"],
        [("driver", 1, {GPU: 0}), ("workers", 8, {GPU: 1})],
    ),
    "PyTorchJob": (
        {"pytorchReplicaSpecs": {"Worker": role(3, 8), "Master": role(1, 8)}},
        ["one"],
        [("master", 1, {GPU: 8}), ("worker", 3, {GPU: 8})],
    ),
    "TFJob": (
        {"tfReplicaSpecs": {"Evaluator": role(1, 0), "Worker": role(2, 1), "PS": role(3, 0), "Chief": role(1, 1)}},
        ["one"],
        [("chief", 1, {GPU: 1}), ("ps", 3, {GPU: 0}), ("worker", 2, {GPU: 1}), ("evaluator", 1, {GPU: 0})],
    ),
    "XGBoostJob": (
        {"xgbReplicaSpecs": {"Worker": role(3, 1), "Master": role(1, 1)}},
        ["one"],
        [("master", 1, {GPU: 1}), ("worker", 3, {GPU: 1})],
    ),
    "PaddleJob": (
        {"paddleReplicaSpecs": {"Worker": role(3, 1), "Master": role(1, 0)}},
        ["one"],
        [("master", 1, {GPU: 0}), ("worker", 3, {GPU: 1})],
    ),
    "JAXJob": ({"jaxReplicaSpecs": {"Worker": role(4, 8)}}, ["one"], [("worker", 4, {GPU: 8})]),
    "MXJob": (
        {"mxReplicaSpecs": {"Worker": role(2, 1), "Server": role(1, 0), "Scheduler": role(1, 0)}},
        ["one"],
        [("scheduler", 1, {GPU: 0}), ("server", 1, {GPU: 0}), ("worker", 2, {GPU: 1})],
    ),
    "MPIJob": (
        {"mpiReplicaSpecs": {"Worker": role(2, 4), "Launcher": role(1, 0)}},
        ["one"],
        [("launcher", 1, {GPU: 0}), ("worker", 2, {GPU: 4})],
    ),
    "TrainJob": (
        {"runtimeRef": {"name": "torch"}, "trainer": {"numNodes": 3, "resourcesPerNode": {"requests": {GPU: 8}}}},
        ["one"],
        [("node", 3, {GPU: 8})],
    ),
    "AppWrapper": (
        {
            "components": [
                {"template": {"kind": "Job", "spec": {"parallelism": 2, "template": template(1)}}},
                {
                    "podSets": [{"path": "template.spec.parts[0].template", "replicas": 3}],
                    "template": {"kind": "Custom", "spec": {"parts": [{"template": template(4)}]}},
                },
                {"template": {"kind": "Service", "spec": {}}},
            ]
        },
        ["one"],
        [("one-0", 2, {GPU: 1}), ("one-1", 3, {GPU: 4})],
    ),
    "SparkApplication": (
        {
            "mode": "cluster",
            "driver": {"coreRequest": "500m", "memory": "512m"},
            "executor": {"instances": 2, "coreLimit": "1", "memory": "4g", "gpu": {"name": GPU, "quantity": 1}},
        },
        ["one"],
        [
            ("driver", 1, {"cpu": 500, "memory": 512 * 2**20}),
            ("executor", 2, {"cpu": 1000, "memory": 4 * GIB, GPU: 1}),
        ],
    ),
    "HyperPodPyTorchJob": (
        {"replicaSpecs": [{"name": "pods", "spares": 1, **role(2, 4)}]},
        ["one"],
        [("pods", 3, {GPU: 4})],
    ),
    "InferenceEndpointConfig": (
        {"replicas": 2, "instanceType": "ml.g5.8xlarge", "worker": {"resources": {"limits": {GPU: 1}}}},
        ["one-0", "one-1"],
        [("main", 1, {GPU: 1})],
    ),
    "JumpStartModel": (
        {"model": {"modelId": "m"}, "server": {"instanceType": "ml.g5.12xlarge"}},
        ["one-0"],
        [("main", 1, {GPU: 4})],
    ),
    "Workspace": ({"resources": {"requests": {"cpu": 2, GPU: 1}}}, ["one-0"], [("main", 1, {"cpu": 2000, GPU: 1})]),
    "RayCluster": (RAY_CLUSTER, ["one"], [("head", 1, {GPU: 0}), ("big", 4, {GPU: 4})]),
    "RayJob": (
        {"rayClusterSpec": RAY_CLUSTER},
        ["one"],
        [("head", 1, {GPU: 0}), ("big", 4, {GPU: 4}), SUBMITTER],
    ),
    "RayService": ({"rayClusterConfig": RAY_CLUSTER}, ["one"], [("head", 1, {GPU: 0}), ("big", 4, {GPU: 4})]),
    "Pod": (template(2)["spec"], ["one"], [("main", 1, {GPU: 2})]),
    "Deployment": ({"replicas": 3, "template": template(1)}, ["one-0", "one-1", "one-2"], [("main", 1, {GPU: 1})]),
    "StatefulSet": ({"replicas": 3, "template": template(1)}, ["one"], [("main", 3, {GPU: 1})]),
    "LeaderWorkerSet": (
        {"replicas": 2, "leaderWorkerTemplate": LEADER_WORKER},
        ["one-0", "one-1"],
        [("leader", 1, {GPU: 0}), ("worker", 3, {GPU: 2})],
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_job_becomes_the_workloads_kueue_makes_of_it(kind: str) -> None:
    spec, names, expected = KINDS[kind]
    found = workloads({"submit": "5m", "runtime": "1h", "manifest": manifest(kind, spec)})
    common = [(one.namespace, one.queue_name, one.priority, one.created_ms, one.runtime_ms, one.kind) for one in found]
    assert ([one.name for one in found], common, [pods(one) for one in found]) == (
        names,
        [("x", "lq", 7, 300_000, 3_600_000, kind)] * len(names),
        [expected] * len(names),
    )


def test_labels_and_annotations_of_kueue_count() -> None:
    one = manifest("Job", {"parallelism": 4, "template": template(1)})
    one["metadata"]["labels"]["kueue.x-k8s.io/max-exec-time-seconds"] = "90"
    one["metadata"]["annotations"] = {"kueue.x-k8s.io/job-min-parallelism": "2"}
    one["spec"]["template"]["metadata"] = {
        "annotations": {
            "kueue.x-k8s.io/podset-required-topology": "rack",
            "kueue.x-k8s.io/podset-slice-required-topology": "host",
            "kueue.x-k8s.io/podset-slice-size": "2",
        }
    }
    found = workloads({"manifest": one})[0]
    pod_set = found.pod_sets[0]
    assert (found.max_execution_ms, pod_set.min_count, pod_set.topology) == (
        90_000,
        2,
        TopologyRequest(required="rack", slice_layers=(SliceLayer("host", 2),)),
    )


def test_a_pods_request_is_that_of_containers_sidecars_init_containers_and_overhead() -> None:
    spec = template(1)["spec"]
    spec["containers"][0]["resources"]["requests"] = {"cpu": "500m", "memory": "1Gi"}
    spec["initContainers"] = [
        {"name": "sidecar", "restartPolicy": "Always", "resources": {"requests": {"cpu": 1}}},
        {"name": "setup", "resources": {"requests": {"cpu": 4, "memory": "512Mi"}}},
    ]
    spec["overhead"] = {"cpu": "250m"}
    found = workloads({"manifest": manifest("Pod", spec)})[0]
    assert pods(found) == [("main", 1, {"cpu": 5250, "memory": GIB, GPU: 1})]


def test_a_file_of_manifests_may_hold_what_stands_beside_jobs(tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(
        "kind: Service\nmetadata: {name: s}\n---\nkind: Pod\nmetadata:\n  name: p\n  namespace: x\n"
        "  labels: {kueue.x-k8s.io/queue-name: lq}\nspec: {containers: [{name: c}]}\n"
    )
    (tmp_path / "policy.yaml").write_text(
        "kind: ClusterQueue\nmetadata: {name: cq}\nspec: {namespaceSelector: {}}\n---\n"
        "kind: LocalQueue\nmetadata: {name: lq, namespace: x}\nspec: {clusterQueue: cq}\n"
    )
    (tmp_path / "s.yaml").write_text(
        "apiVersion: kueue-sim/v1\nkind: Scenario\npolicy: {include: [policy.yaml]}\n"
        "workloads: [{submit: 1m, manifest: job.yaml}]\n"
    )
    found = list(load_scenario(tmp_path / "s.yaml").workloads)
    assert [(one.key, one.created_ms, pods(one)) for one in found] == [("x/p", 60_000, [("main", 1, {})])]


def test_jobs_that_kueue_would_not_manage_are_refused() -> None:
    unlabelled = manifest("Job", {"template": template(1)}, labels={})
    elsewhere = manifest("Job", {"template": template(1)}, namespace="y", name="two")
    misspelt = manifest("Job", {"template": template(1)}, name="three")
    misspelt["metadata"]["labels"]["kueue.x-k8s.io/priority-class"] = "hihg"
    entries = [{"manifest": one} for one in (unlabelled, elsewhere, misspelt, manifest("RayJop", {}, name="four"))]
    with pytest.raises(InputError) as caught:
        workloads(*entries)
    label = "metadata.labels.kueue.x-k8s.io"
    assert [str(mistake) for mistake in caught.value.mistakes] == [
        "workloads[0].manifest.metadata: the label kueue.x-k8s.io/queue-name is missing; "
        "Kueue does not manage jobs without it",
        f"workloads[1].manifest.{label}/queue-name: there is no LocalQueue 'lq' in y; did you mean 'x/lq'?",
        f"workloads[2].manifest.{label}/priority-class: there is no WorkloadPriorityClass 'hihg'; did you mean 'high'?",
        "workloads[3].manifest.kind: kind 'RayJop' is no job; did you mean 'RayJob'?",
    ]


def test_a_manifest_may_be_submitted_many_times() -> None:
    one = manifest("Job", {"template": template(1)})
    found = workloads({"submit": "1m", "count": 3, "every": "30s", "manifest": one})
    assert [(item.name, item.created_ms) for item in found] == [
        ("one-0", 60_000),
        ("one-1", 90_000),
        ("one-2", 120_000),
    ]


def test_workloads_among_the_policy_are_created_at_their_own_time() -> None:
    one = {
        "kind": "Workload",
        "metadata": {"name": "w", "namespace": "x", "creationTimestamp": "2026-01-01T01:00:00Z"},
        "spec": {"queueName": "lq", "podSets": [{"name": "main", "count": 1, "template": template(1)}]},
    }
    raw = document()
    raw["policy"]["objects"].append(one)
    later = {**raw, "start": "2026-01-01T00:30:00Z"}
    created = [next(iter(scenario_from_dict(item).workloads)).created_ms for item in (raw, later)]
    assert created == [3_600_000, 1_800_000]
