"""What else decides about jobs of a kind: containers that operators add, runtimes, groups, schedules, priorities."""

import re
from pathlib import Path
from typing import Any

import pytest

from kueue_sim import run
from kueue_sim.errors import InputError
from kueue_sim.inputs import scenario_from_dict
from kueue_sim.inputs.kueue.jobs import JOB_KINDS
from kueue_sim.inputs.text.field import Field, Report, Source
from kueue_sim.model import Scenario
from kueue_sim.policytest.reading import Names
from tests.inputs.test_jobs import GIB, GPU, KINDS, document, manifest, pods, role, template, workloads

MIB = 2**20
ROOT = Path(__file__).parents[2]


def scenario(*entries: dict[str, Any], objects: tuple[dict[str, Any], ...] = (), **more: object) -> Scenario:
    raw = {**document(*entries), **more}
    raw["policy"]["objects"] += objects
    return scenario_from_dict(raw)


def test_the_table_of_kinds_has_a_case_for_each() -> None:
    assert set(KINDS) == set(JOB_KINDS)


def test_the_page_on_kinds_has_a_row_for_each_that_names_its_test() -> None:
    lines = (ROOT / "docs" / "jobs.md").read_text(encoding="utf-8").splitlines()
    rows = [line.strip("|").split("|") for line in lines if line.startswith("| ") and "kueue_makes_of_it[" in line]
    named = {cells[0].strip(): cells[-1].strip(" `") for cells in rows}
    stem = "tests/inputs/test_jobs.py::test_every_kind_of_job_becomes_the_workloads_kueue_makes_of_it"
    assert named == {kind: f"{stem}[{kind}]" for kind in JOB_KINDS}


SPLITS = {
    "gang": "gang",
    "replicas": "gang per replica",
    "group": "alone, or its group",
    "pods": "each pod by itself",
}


def test_every_cell_of_the_table_of_kinds_is_filled_and_says_what_one_workload_is() -> None:
    lines = (ROOT / "docs" / "jobs.md").read_text(encoding="utf-8").splitlines()
    rows = {
        cells[0]: cells for line in lines if len(cells := [part.strip() for part in line.strip("|").split("|")]) == 6
    }
    assert [name for name, cells in rows.items() if not all(cells)] == []
    said = {kind: rows[kind][4] for kind in JOB_KINDS}
    alone = {"Workspace": "alone"}
    assert said == {kind: alone.get(kind, SPLITS[one.split]) for kind, one in JOB_KINDS.items()}
    assert rows["CronJob"][4] == "gang per Job"


def test_every_test_that_a_page_names_exists() -> None:
    page = (ROOT / "docs" / "jobs.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)(?:\[(\w+)\])?`", page)
    assert len(named) > len(JOB_KINDS)
    missing = [
        (file, name, case)
        for file, name, case in named
        if f"\ndef {name}(" not in (ROOT / file).read_text(encoding="utf-8") or (case and case not in KINDS)
    ]
    assert missing == []


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


def cron(schedule: str, **spec: object) -> dict[str, Any]:
    job = {"metadata": {"labels": {"kueue.x-k8s.io/queue-name": "lq"}}, "spec": {"template": template(1)}}
    spec = {"schedule": schedule, "jobTemplate": job, **spec}
    return {"kind": "CronJob", "metadata": {"name": "tick", "namespace": "x"}, "spec": spec}


def test_a_cron_job_is_the_jobs_of_its_schedule() -> None:
    entry = {"submit": "5m", "runtime": "1m", "manifest": cron("*/30 * * * *")}
    found = list(scenario(entry, horizon="65m").workloads)
    minutes = 1_767_225_600 // 60
    assert [(one.key, one.kind, one.created_ms, one.runtime_ms) for one in found] == [
        (f"x/tick-{minutes + 30}", "Job", 1_800_000, 60_000),
        (f"x/tick-{minutes + 60}", "Job", 3_600_000, 60_000),
    ]


def test_schedules_have_names_periods_and_time_zones() -> None:
    def times(schedule: str, **spec: object) -> list[int]:
        found = scenario({"manifest": cron(schedule, **spec)}, horizon="24h").workloads
        return [one.created_ms // 3_600_000 for one in found]

    found = [times("@daily"), times("@every 10h"), times("0 9 * * *", timeZone="Asia/Seoul")]
    assert found == [[24], [10, 20], [24]]


@pytest.mark.parametrize(
    ("schedule", "why"),
    [
        ("0 0 * * 7", "end of range (7) above maximum (6); Sunday is 0"),
        ("0 0 * * 1-7", "end of range (7) above maximum (6); Sunday is 0"),
        ("0 0 9 * * *", "expected exactly 5 fields, found 6"),
        ("TZ=Europe/Berlin 0 9 * * *", "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"),
        ("0 0 L * *", "failed to parse int from L"),
        ("0 0 * * 5#2", "failed to parse int from 5#2"),
        ("0 25 * * *", "Bad hour"),
    ],
)
def test_schedules_that_kubernetes_does_not_know_are_refused(schedule: str, why: str) -> None:
    with pytest.raises(InputError) as refused:
        scenario({"manifest": cron(schedule)})
    assert f"{schedule!r} is no schedule: {why}" in str(refused.value)


@pytest.mark.parametrize("schedule", ["", "  ", None])
def test_a_schedule_that_says_nothing_is_missing(schedule: str | None) -> None:
    with pytest.raises(InputError) as refused:
        scenario({"manifest": {**cron("@daily"), "spec": {**cron("@daily")["spec"], "schedule": schedule}}})
    assert [str(one).rpartition(": ")[2] for one in refused.value.mistakes] == ["schedule is missing"]


def test_one_of_day_and_weekday_is_enough_where_both_are_limited_and_some_days_never_come() -> None:
    def days(schedule: str) -> list[int]:
        found = scenario({"manifest": cron(schedule)}, horizon="7d").workloads
        return [one.created_ms // 86_400_000 + 1 for one in found]

    # the scenario begins on Thursday, 1 January; Jobs come after its first instant
    assert [days(text) for text in ("0 0 */3 * 1", "0 0 4 * 6", "0 0 */1 * 1", "0 0 31 2 *")] == [
        [4, 5, 7], [3, 4], [5], [],
    ]  # fmt: skip
    never = scenario({"manifest": cron("0 0 31 2 *")}, {"name": "w", "queue": "x/lq", "requests": {"cpu": 1}})
    assert [one for one in never.warnings if "no day is ever one of '0 0 31 2 *'" in one]


def test_a_cron_job_that_is_suspended_or_limited_says_so() -> None:
    found = [scenario({"manifest": cron("@hourly", **spec)}, horizon="1h") for spec in SUSPENDED]
    assert [(len(list(one.workloads)), one.warnings) for one in found] == [
        (0, ("CronJob tick is suspended and creates no Jobs",)),
        (1, (_CONCURRENCY,)),
    ]


_CONCURRENCY = (
    "decides nothing here: spec.concurrencyPolicy of CronJob (every Job of the schedule is submitted at its time)"
)
SUSPENDED: tuple[dict[str, object], ...] = ({"suspend": True}, {"concurrencyPolicy": "Forbid"})


def test_names_are_generated_with_a_number() -> None:
    one = manifest("Job", {"template": template(1)})
    del one["metadata"]["name"]
    one["metadata"]["generateName"] = "sample-"
    assert [item.key for item in workloads({"manifest": one}, {"manifest": one})] == ["x/sample-0", "x/sample-1"]


CLASSES = (
    {"kind": "PriorityClass", "metadata": {"name": "p900"}, "value": 900},
    {"kind": "PriorityClass", "metadata": {"name": "p100"}, "value": 100},
    {"kind": "PriorityClass", "metadata": {"name": "usual"}, "value": 5, "globalDefault": True},
)


def of_class(name: str) -> dict[str, Any]:
    return {"replicas": 1, "template": template(1, priorityClassName=name)}


PRIORITIES: dict[str, tuple[dict[str, Any], dict[str, str], int]] = {
    "the label goes first": ({"Worker": of_class("p900")}, {"kueue.x-k8s.io/priority-class": "high"}, 7),
    "the first role goes before the first in the file": (
        {"Worker": of_class("p900"), "Master": of_class("p100")},
        {},
        100,
    ),
    "a role without a class is passed over": ({"Worker": of_class("p900"), "Master": role(1, 1)}, {}, 900),
    "the default class holds without any": ({"Worker": role(1, 1)}, {}, 5),
    "classes of every cluster are known": ({"Worker": of_class("system-node-critical")}, {}, 2_000_001_000),
}


@pytest.mark.parametrize("case", PRIORITIES)
def test_the_priority_is_found_in_kueues_order(case: str) -> None:
    specs, labels, expected = PRIORITIES[case]
    one = manifest("PyTorchJob", {"pytorchReplicaSpecs": specs})
    one["metadata"]["labels"] = {"kueue.x-k8s.io/queue-name": "lq", **labels}
    found = scenario({"manifest": one}, objects=CLASSES)
    assert (next(iter(found.workloads)).priority, found.warnings) == (expected, ())


def test_the_scheduling_policy_goes_before_the_pods() -> None:
    spec = {
        "runPolicy": {"schedulingPolicy": {"priorityClass": "p900"}},
        "mpiReplicaSpecs": {"Launcher": of_class("p100")},
    }
    one = manifest("MPIJob", spec, labels={"kueue.x-k8s.io/queue-name": "lq"})
    assert next(iter(scenario({"manifest": one}, objects=CLASSES).workloads)).priority == 900


def test_a_priority_class_that_no_manifest_describes_is_told() -> None:
    one = manifest("Job", {"template": template(1, priorityClassName="absent")})
    del one["metadata"]["labels"]["kueue.x-k8s.io/priority-class"]
    found = scenario({"manifest": one})
    assert (next(iter(found.workloads)).priority, found.warnings) == (
        0,
        ("no manifest describes the PriorityClass absent: it counts as priority 0, a cluster would refuse its pods",),
    )


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


def claimed(count: int, device_class: str, claim: str = "gpu") -> tuple[dict[str, Any], dict[str, Any]]:
    request = {"name": "r", "exactly": {"deviceClassName": device_class, "count": count}}
    made = {
        "kind": "ResourceClaimTemplate",
        "metadata": {"name": "gpu", "namespace": "x"},
        "spec": {"spec": {"devices": {"requests": [request]}}},
    }
    spec = {"resourceClaims": [{"name": "g", "resourceClaimTemplateName": claim}], "containers": [{"name": "c"}]}
    return made, manifest("Job", {"template": {"spec": spec}})


MAPPED = {"configuration": {"resources": {"deviceClassMappings": [{"name": "gpus", "deviceClassNames": ["a", "b"]}]}}}


def test_devices_of_claims_count_under_the_name_they_are_mapped_to() -> None:
    made, job = claimed(2, "b")
    found = next(iter(scenario({"manifest": job}, objects=(made,), kueue=MAPPED).workloads))
    assert (pods(found), found.pod_sets[0].pod_requests, found.inadmissible_reason) == (
        [("main", 1, {"gpus": 2})],
        {},
        "",
    )


PATH = "spec.podSets[0].template.spec.resourceClaims[0]"
INADMISSIBLE: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "a class that is not mapped": (
        "c",
        "gpu",
        MAPPED,
        f"{PATH}.resourceClaimTemplateName: Not found: "
        '"DeviceClass c is not mapped in DRA configuration for podset main"',
    ),
    "a template that is not there": (
        "a",
        "none",
        MAPPED,
        f"{PATH}: Internal error: failed to get claim spec for ResourceClaimTemplate none in podset main: "
        'ResourceClaimTemplate.resource.k8s.io "none" not found',
    ),
    "the feature is off": (
        "a",
        "gpu",
        {**MAPPED, "featureGates": {"KueueDRAIntegration": False}},
        "Workload uses DRA resources but the KueueDRAIntegration feature gate is not enabled",
    ),
}


@pytest.mark.parametrize("case", INADMISSIBLE)
def test_claims_that_cannot_be_counted_keep_a_workload_out_of_the_queue(case: str) -> None:
    device_class, claim, kueue, expected = INADMISSIBLE[case]
    made, job = claimed(1, device_class, claim)
    found = scenario({"manifest": job}, objects=(made,), kueue=kueue)
    assert [one.inadmissible_reason for one in found.workloads] == [expected]
    told = [(one.type, one.reason, one.message) for one in run(found).run.facts]
    assert told == [("Submitted", "", ""), ("Pending", "Misconfigured", expected)]


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
