"""What else decides about jobs of a kind: containers that operators add, runtimes, groups, queues, owners."""

from typing import Any

import pytest

from kueue_sim.errors import InputError
from kueue_sim.inputs.text.field import Field, Report, Source
from kueue_sim.policytest.reading import Names
from tests.inputs.jobs.entries import scenario
from tests.inputs.jobs.test_jobs import GIB, GPU, manifest, pods, template, workloads

MIB = 2**20


RAY = {
    "headGroupSpec": {"template": {"spec": {"containers": [{"name": "h", "resources": {"requests": {"cpu": "100m"}}}]}}}
}


RAY_HEADS: dict[str, tuple[str, dict[str, Any], str, dict[str, int]]] = {
    "autoscaling adds a container": (
        "RayCluster",
        {**RAY, "enableInTreeAutoscaling": True},
        "0.20",
        {"cpu": 600, "memory": 512 * MIB},
    ),
    "autoscaling adds a container of the size asked for": (
        "RayCluster",
        {**RAY, "enableInTreeAutoscaling": True, "autoscalerOptions": {"resources": {"requests": {"cpu": 1}}}},
        "0.20",
        {"cpu": 1100},
    ),
    "the autoscaler did not count before 0.19": (
        "RayCluster",
        {**RAY, "enableInTreeAutoscaling": True},
        "0.13.5",
        {"cpu": 100},
    ),
    "emptying Redis takes as much at least": (
        "RayCluster",
        {**RAY, "gcsFaultToleranceOptions": {"redisAddress": "redis:6379"}},
        "0.20",
        {"cpu": 200, "memory": 256 * MIB},
    ),
    "a sidecar submits": (
        "RayJob",
        {"rayClusterSpec": RAY, "submissionMode": "SidecarMode"},
        "0.20",
        {"cpu": 600, "memory": 200 * MIB},
    ),
    "nobody submits over HTTP": ("RayJob", {"rayClusterSpec": RAY, "submissionMode": "HTTPMode"}, "0.20", {"cpu": 100}),
}


@pytest.mark.parametrize("case", RAY_HEADS)
def test_the_head_of_a_ray_cluster_is_counted_with_what_kuberay_adds(case: str) -> None:
    kind, spec, version, expected = RAY_HEADS[case]
    found = list(scenario({"manifest": manifest(kind, spec)}, kueue={"version": version}).workloads)
    assert pods(found[0]) == [("head", 1, expected)]


def test_autoscaling_that_is_not_played_is_said_and_refused_by_kueue_where_the_cluster_is_not_elastic() -> None:
    elastic = {"kueue.x-k8s.io/elastic-job": "true"}
    spec = {**RAY, "enableInTreeAutoscaling": True}
    found = [scenario({"manifest": manifest("RayCluster", spec, annotations=one)}) for one in (elastic, {})]
    played = "RayCluster one: the autoscaler is counted, its scaling is not played but by actions of the timeline"
    refused = 'Kueue refuses the RayCluster without the annotation kueue.x-k8s.io/elastic-job: "true"'
    assert [one.warnings for one in found] == [(played,), (f"{played}; {refused}",)]


def runtime(policy: dict[str, Any], *jobs: dict[str, Any]) -> dict[str, Any]:
    spec = {"mlPolicy": policy, "template": {"spec": {"replicatedJobs": list(jobs)}}}
    return {"kind": "ClusterTrainingRuntime", "metadata": {"name": "rt"}, "spec": spec}


def replicated(name: str, gpus: int, step: str = "", **more: object) -> dict[str, Any]:
    labels = {"trainer.kubeflow.org/trainjob-ancestor-step": step} if step else {}
    container = {"name": "node", "resources": {"limits": {GPU: gpus, "cpu": 1}}}
    inner = {"template": {"spec": {"containers": [container]}}, **more}
    return {"name": name, "template": {"metadata": {"labels": labels}, "spec": inner}}


TRAINER = {"numNodes": 4, "resourcesPerNode": {"limits": {GPU: 8}}}


RUNTIMES: dict[str, tuple[dict[str, Any], dict[str, Any], list[tuple[str, int, dict[str, int]]]]] = {
    "the job that trains gets the number and size": (
        runtime(
            {"numNodes": 1, "torch": {}}, replicated("init", 0, "model-initializer"), replicated("node", 1, "trainer")
        ),
        TRAINER,
        [("init", 1, {GPU: 0, "cpu": 1000}), ("node", 4, {GPU: 8, "cpu": 1000})],
    ),
    "the runtime's own number holds otherwise": (
        runtime({"numNodes": 2, "torch": {}}, replicated("node", 1, "trainer")),
        {},
        [("node", 2, {GPU: 1, "cpu": 1000})],
    ),
    "the launcher of MPI is one of the nodes": (
        runtime({"mpi": {"runLauncherAsNode": True}}, replicated("launcher", 1, "trainer"), replicated("node", 1)),
        TRAINER,
        [("launcher", 1, {GPU: 8, "cpu": 1000}), ("node", 3, {GPU: 8, "cpu": 1000})],
    ),
}


@pytest.mark.parametrize("case", RUNTIMES)
def test_a_train_job_has_the_pods_of_its_runtime(case: str) -> None:
    given, trainer, expected = RUNTIMES[case]
    one = manifest("TrainJob", {"runtimeRef": {"name": "rt"}, "trainer": trainer})
    assert pods(next(iter(scenario({"manifest": one}, objects=(given,)).workloads))) == expected


def test_overrides_of_a_train_job_reach_the_pods_they_name() -> None:
    override = {"targetJobs": [{"name": "node"}], "spec": {"nodeSelector": {"zone": "a"}}}
    patch = {"name": "node", "template": {"spec": {"template": {"spec": {"nodeSelector": {"disk": "ssd"}}}}}}
    spec = {
        "runtimeRef": {"name": "unknown"},
        "podTemplateOverrides": [override],
        "runtimePatches": [{"trainingRuntimeSpec": {"template": {"spec": {"replicatedJobs": [patch]}}}}],
    }
    found = scenario({"manifest": manifest("TrainJob", spec)})
    assert (next(iter(found.workloads)).pod_sets[0].node_selector, found.warnings) == (
        {"zone": "a", "disk": "ssd"},
        (
            "no manifest describes the ClusterTrainingRuntime unknown: its TrainJobs are counted as numNodes pods with "
            "resourcesPerNode and nothing else",
        ),
    )


def pod_of_group(name: str, gpus: int, total: int = 3, **annotations: str) -> dict[str, Any]:
    one = manifest("Pod", template(gpus)["spec"], name=name)
    one["metadata"]["labels"]["kueue.x-k8s.io/pod-group-name"] = "g"
    one["metadata"]["annotations"] = {"kueue.x-k8s.io/pod-group-total-count": str(total), **annotations}
    return one


def test_pods_of_a_group_are_one_workload_once_all_are_there() -> None:
    entries = [
        {"submit": "1m", "runtime": "1h", "manifest": pod_of_group("leader", 0)},
        {"submit": "3m", "runtime": "2h", "count": 2, "manifest": pod_of_group("worker", 4)},
    ]
    found = workloads(*entries)
    assert [(one.key, one.created_ms, one.runtime_ms, one.owned_by_pod, pods(one)) for one in found] == [
        ("x/g", 180_000, 7_200_000, False, [("role-0", 1, {GPU: 0}), ("role-1", 2, {GPU: 4})])
    ]


def test_a_group_without_all_of_its_pods_is_no_workload_and_said_to_be_none() -> None:
    found = scenario({"manifest": pod_of_group("a", 1)})
    assert (list(found.workloads), found.warnings) == (
        [],
        ("pod group x/g has 1 of 3 pods; Kueue queues the group when all are there, so none of them is admitted",),
    )


def test_fast_admission_queues_the_whole_group_with_its_first_pod() -> None:
    fast = {"kueue.x-k8s.io/pod-group-fast-admission": "true"}
    entries = [{"submit": f"{minute}m", "manifest": pod_of_group(f"p{minute}", 2, **fast)} for minute in (1, 2)]
    found = workloads(*entries)
    assert [(one.key, one.created_ms, pods(one)) for one in found] == [("x/g", 60_000, [("main", 3, {GPU: 2})])]


def test_pods_whose_template_names_a_queue_are_workloads_of_their_own() -> None:
    labelled = {**template(1), "metadata": {"labels": {"kueue.x-k8s.io/queue-name": "lq"}}}
    web = manifest("Deployment", {"replicas": 2, "template": labelled}, labels={})
    found = workloads({"manifest": web})
    assert [(one.key, one.kind, one.owned_by_pod) for one in found] == [
        ("x/one-0", "Pod", True),
        ("x/one-1", "Pod", True),
    ]


def test_names_are_generated_with_a_number() -> None:
    one = manifest("Job", {"template": template(1)})
    del one["metadata"]["name"]
    one["metadata"]["generateName"] = "sample-"
    assert [item.key for item in workloads({"manifest": one}, {"manifest": one})] == ["x/sample-0", "x/sample-1"]


def test_jobs_without_a_queue_go_to_the_default_queue_of_their_namespace() -> None:
    queue = {"kind": "LocalQueue", "metadata": {"name": "default", "namespace": "x"}, "spec": {"clusterQueue": "cq"}}
    one = manifest("Job", {"template": template(1)}, labels={})
    found = scenario({"manifest": one}, objects=(queue,)).workloads
    assert [item.queue_name for item in found] == ["default"]


def test_jobs_without_a_queue_wait_for_ever_where_kueue_manages_all_jobs() -> None:
    one = manifest("Job", {"template": template(1)}, labels={})
    kueue = {"configuration": {"manageJobsWithoutQueueName": True}}
    assert [item.queue_name for item in scenario({"manifest": one}, kueue=kueue).workloads] == [""]


UNMANAGED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a framework that is off": (
        {"integrations": {"frameworks": ["pod"]}},
        {},
        "integrations.frameworks does not list batch/job, so Kueue does not manage Jobs",
    ),
    "a namespace that is not selected": (
        {"managedJobsNamespaceSelector": {"matchLabels": {"managed": "yes"}}},
        {},
        "managedJobsNamespaceSelector does not select namespace 'x'; Kueue ignores its jobs",
    ),
    "a queue named by an annotation": (
        {},
        {"labels": {}, "annotations": {"kueue.x-k8s.io/queue-name": "lq"}},
        "the label kueue.x-k8s.io/queue-name is missing; Kueue does not manage jobs without it; an annotation of that "
        "name counts up to Kueue 0.14 only",
    ),
}


@pytest.mark.parametrize("case", UNMANAGED)
def test_a_job_that_kueue_does_not_manage_is_a_mistake_that_says_why(case: str) -> None:
    configuration, metadata, expected = UNMANAGED[case]
    one = manifest("Job", {"template": template(1)}, **metadata)
    with pytest.raises(InputError) as caught:
        scenario({"manifest": one}, kueue={"configuration": configuration})
    assert [str(mistake) for mistake in caught.value.mistakes] == [f"workloads[0].manifest.metadata: {expected}"]


def test_an_annotation_named_the_queue_up_to_0_14() -> None:
    one = manifest("Job", {"template": template(1)}, labels={}, annotations={"kueue.x-k8s.io/queue-name": "lq"})
    assert [item.queue_name for item in scenario({"manifest": one}, kueue={"version": "0.13.5"}).workloads] == ["lq"]


def test_what_an_owner_makes_is_not_counted_beside_the_owner() -> None:
    owner = [{"kind": "JobSet", "name": "one", "controller": True}]
    child = manifest("Job", {"template": template(1)}, name="one-workers-0", ownerReferences=owner)
    spec = {"replicatedJobs": [{"name": "workers", "template": {"spec": {"template": template(1)}}}]}
    found = workloads({"manifest": {"kind": "List", "items": [manifest("JobSet", spec), child]}})
    assert [one.key for one in found] == ["x/one"]


@pytest.mark.parametrize(
    ("kind", "group", "expected"),
    [
        (
            "Workflow",
            "argoproj.io/v1alpha1",
            "Workflow w is left out: Kueue has no integration for Workflow of argoproj.io; the pods that its "
            "controller makes cannot be known here",
        ),
        ("Cron", "example.com/v1", "Cron w is left out: it is no kind of job that Kueue manages"),
        (
            "Job",
            "batch.volcano.sh/v1alpha1",
            "Job w is left out: Kueue has no integration for Job of batch.volcano.sh; the pods that its "
            "controller makes cannot be known here",
        ),
    ],
)
def test_kinds_that_kueue_does_not_manage_are_left_out_with_one_line(kind: str, group: str, expected: str) -> None:
    found = scenario({"manifest": {"apiVersion": group, "kind": kind, "metadata": {"name": "w"}}})
    assert (list(found.workloads), found.warnings) == ([], (expected,))


def test_a_workspace_that_is_stopped_has_no_pod_and_memory_is_no_device() -> None:
    stopped = manifest("Workspace", {"desiredStatus": "Stopped", "resources": {"requests": {"memory": "1Gi"}}})
    running = manifest("Workspace", {"resources": {"requests": {"memory": "1Gi"}}}, name="two")
    assert [(one.name, pods(one)) for one in workloads({"manifest": stopped}, {"manifest": running})] == [
        ("two-0", [("main", 1, {"memory": GIB})])
    ]


def test_a_group_whose_pods_have_not_all_come_is_no_workload_and_a_test_may_say_so() -> None:
    labels = {"kueue.x-k8s.io/queue-name": "lq", "kueue.x-k8s.io/pod-group-name": "g"}
    pod = {
        "kind": "Pod",
        "metadata": {
            "name": "a",
            "namespace": "x",
            "labels": labels,
            "annotations": {"kueue.x-k8s.io/pod-group-total-count": "2"},
        },
        "spec": {"containers": [{"name": "c"}]},
    }
    found = scenario({"manifest": pod}, expect=[{"never": {"admitted": "*"}}])
    assert tuple(found.workloads) == ()
    expectation = Field({"admitted": "*"}, Source(), report := Report())
    Names(found).check(expectation.get("admitted"))
    assert report.mistakes == []


def test_a_group_of_ray_workers_without_replicas_has_none_as_the_api_of_kuberay_fills_in() -> None:
    group = {"groupName": "idle", "numOfHosts": 2, "template": template(4)}
    head = {"template": template(0)}
    spec = {"headGroupSpec": head, "workerGroupSpecs": [group, {**group, "groupName": "busy", "replicas": 1}]}
    found = list(scenario({"manifest": manifest("RayCluster", spec)}).workloads)
    assert [(name, count) for name, count, _ in pods(found[0])] == [("head", 1), ("idle", 0), ("busy", 2)]
