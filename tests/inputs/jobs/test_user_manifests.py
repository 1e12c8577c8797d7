"""Manifests as people write them: how many pods, of what, or why none. Values are from Kueue's source."""

from pathlib import Path
from textwrap import dedent

import pytest

from kueue_sim import load_scenario, run
from kueue_sim.errors import InputError
from kueue_sim.model import Scenario
from tests.scenario_text import queue_text

QUEUES = queue_text("lq", "default", **{"cpu": 100, "memory": "1Ti", "nvidia.com/gpu": 64, "pods": 100})
LABEL = "labels: {kueue.x-k8s.io/queue-name: lq}"
GI = 2**30


def pods(requests: str = "{cpu: 1}", of: str = "requests") -> str:
    return f"containers: [{{name: c, image: x, resources: {{{of}: {requests}}}}}]"


def template(requests: str = "{cpu: 1}") -> str:
    return f"{{spec: {{{pods(requests)}}}}}"


def job(spec: str = "", pod: str = "", more: str = "", name: str = "j") -> str:
    return (
        f"apiVersion: batch/v1\nkind: Job\nmetadata: {{name: {name}, {LABEL}{more}}}\n"
        f"spec: {{{spec}{', ' if spec else ''}template: {{spec: {{restartPolicy: Never, {pod or pods()}}}}}}}\n"
    )


def of_kind(version: str, kind: str, spec: str, name: str = "j") -> str:
    return f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}, {LABEL}}}\nspec: {{{spec}}}\n"


def loaded(folder: Path, text: str) -> Scenario:
    (folder / "queues.yaml").write_text(QUEUES)
    (folder / "work.yaml").write_bytes(text.encode())
    return load_scenario(folder, [("runtimes[*]", "1h")])


RUNTIME = "apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: kata}\nhandler: kata\n"
SPARK = (
    "type: Python, mode: cluster, mainApplicationFile: x, driver: {memory: 1g, coreRequest: '1'}, "
    "executor: {instances: 2, memory: 512m, coreRequest: 500m, gpu: {name: nvidia.com/gpu, quantity: 1}}"
)
HEAD = f"headGroupSpec: {{rayStartParams: {{}}, template: {template()}}}"
WORKERS = (
    f"workerGroupSpecs: [{{groupName: G, replicas: 2, numOfHosts: 2, rayStartParams: {{}}, template: {template()}}}]"
)
LEADERLESS = f"leaderWorkerTemplate: {{workerTemplate: {template()}}}"
WRAPPED = (
    "apiVersion: kubeflow.org/v1, kind: PyTorchJob, metadata: {name: p}, spec: {pytorchReplicaSpecs: "
    f"{{Worker: {{replicas: 3, template: {template('{cpu: 2}')}}}, Master: {{template: {template()}}}}}}}"
)
SIDECAR = "{name: s, image: x, restartPolicy: Always, resources: {requests: {cpu: 2}}}"
Expected = list[tuple[str, list[tuple[str, int, dict[str, int]]]]]
READ: dict[str, tuple[str, Expected]] = {
    "requests of the whole pod go before those of its containers": (
        job(pod=f"resources: {{requests: {{cpu: 5}}}}, {pods('{cpu: 1, memory: 1Gi}')}"),
        [("j", [("main", 1, {"cpu": 5000, "memory": GI})])],
    ),
    "limits of the whole pod stand for its requests": (
        job(pod=f"resources: {{limits: {{memory: 4Gi}}}}, {pods('{cpu: 1, memory: 1Gi}')}"),
        [("j", [("main", 1, {"cpu": 1000, "memory": 4 * GI})])],
    ),
    "limits of an init container stand for its requests": (
        job(pod=f"initContainers: [{{name: i, image: x, resources: {{limits: {{cpu: 3}}}}}}], {pods()}"),
        [("j", [("main", 1, {"cpu": 3000})])],
    ),
    "a sidecar runs beside later init containers and the pod": (
        job(pod=f"initContainers: [{SIDECAR}, {{name: i, image: x, resources: {{requests: {{cpu: 2}}}}}}], {pods()}"),
        [("j", [("main", 1, {"cpu": 4000})])],
    ),
    "a RuntimeClass adds its overhead": (
        f"{RUNTIME}overhead: {{podFixed: {{cpu: 250m}}}}\n---\n{job(pod=f'runtimeClassName: kata, {pods()}')}",
        [("j", [("main", 1, {"cpu": 1250})])],
    ),
    "overhead of the pod goes before that of its RuntimeClass": (
        f"{RUNTIME}overhead: {{podFixed: {{cpu: 250m}}}}\n---\n"
        + job(pod=f"runtimeClassName: kata, overhead: {{cpu: 100m}}, {pods()}"),
        [("j", [("main", 1, {"cpu": 1100})])],
    ),
    "fewer completions than parallelism": (
        job("parallelism: 5, completions: 2"),
        [("j", [("main", 2, {"cpu": 1000})])],
    ),
    "more completions than parallelism": (job("completions: 9"), [("j", [("main", 1, {"cpu": 1000})])]),
    "no parallelism at all": (job("parallelism: 0"), [("j", [("main", 0, {"cpu": 1000})])]),
    "partial admission": (
        job("parallelism: 4", more=", annotations: {kueue.x-k8s.io/job-min-parallelism: '2'}"),
        [("j", [("main", 4, {"cpu": 1000})])],
    ),
    "a role of a JobSet for each replicated Job": (
        of_kind(
            "jobset.x-k8s.io/v1alpha2",
            "JobSet",
            f"replicatedJobs: [{{name: w, replicas: 3, template: {{spec: {{parallelism: 4, completions: 2, template: "
            f"{template()}}}}}}}, {{name: d, template: {{spec: {{template: {template('{cpu: 2}')}}}}}}}]",
        ),
        [("j", [("w", 6, {"cpu": 1000}), ("d", 1, {"cpu": 2000})])],
    ),
    "drivers and executors of Spark in Java's sizes": (
        of_kind("sparkoperator.k8s.io/v1beta2", "SparkApplication", SPARK),
        [
            (
                "j",
                [
                    ("driver", 1, {"cpu": 1000, "memory": GI}),
                    ("executor", 2, {"cpu": 500, "memory": GI // 2, "nvidia.com/gpu": 1}),
                ],
            )
        ],
    ),
    "hosts of a Ray group, and no submitter in HTTPMode": (
        of_kind(
            "ray.io/v1",
            "RayJob",
            f"submissionMode: HTTPMode, shutdownAfterJobFinishes: true, rayClusterSpec: {{{HEAD}, {WORKERS}}}",
        ),
        [("j", [("head", 1, {"cpu": 1000}), ("g", 4, {"cpu": 1000})])],
    ),
    "an AppWrapper around a PyTorchJob": (
        of_kind("workload.codeflare.dev/v1beta2", "AppWrapper", f"components: [{{template: {{{WRAPPED}}}}}]"),
        [("j", [("j-0", 1, {"cpu": 1000}), ("j-1", 3, {"cpu": 2000})])],
    ),
    "replicas that nobody says are one": (
        of_kind("kubeflow.org/v1", "TFJob", f"tfReplicaSpecs: {{PS: {{template: {template()}}}}}"),
        [("j", [("ps", 1, {"cpu": 1000})])],
    ),
    "limits of a TrainJob's trainer": (
        of_kind(
            "trainer.kubeflow.org/v1alpha1",
            "TrainJob",
            "runtimeRef: {name: torch}, trainer: {numNodes: 3, resourcesPerNode: {limits: {nvidia.com/gpu: 2}}}",
        ),
        [("j", [("node", 3, {"nvidia.com/gpu": 2})])],
    ),
    "a LeaderWorkerSet without leader template is one role": (
        of_kind(
            "leaderworkerset.x-k8s.io/v1",
            "LeaderWorkerSet",
            f"replicas: 2, leaderWorkerTemplate: {{size: 4, workerTemplate: {template()}}}",
        ),
        [("j-0", [("main", 4, {"cpu": 1000})]), ("j-1", [("main", 4, {"cpu": 1000})])],
    ),
    "a LeaderWorkerSet that says neither size nor replicas": (
        of_kind("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", LEADERLESS),
        [("j-0", [("main", 1, {"cpu": 1000})])],
    ),
    "a StatefulSet that says no replicas": (
        of_kind("apps/v1", "StatefulSet", f"serviceName: s, template: {template()}"),
        [("j", [("main", 1, {"cpu": 1000})])],
    ),
    "a Deployment of no replicas": (of_kind("apps/v1", "Deployment", f"replicas: 0, template: {template()}"), []),
    "anchors and merges of YAML": (
        job(pod="containers: [&k {name: c, image: x, resources: {requests: {cpu: 2}}}, {<<: *k, name: d}]"),
        [("j", [("main", 1, {"cpu": 4000})])],
    ),
    "Windows line ends and a byte order mark": (
        "\ufeff" + job().replace("\n", "\r\n"),
        [("j", [("main", 1, {"cpu": 1000})])],
    ),
    "documents of comments only": (f"# one\n---\n---\n{job()}---\n# end\n...\n", [("j", [("main", 1, {"cpu": 1000})])]),
    "amounts in every form": (
        job(pod=pods("{cpu: '0.1', memory: 129e6}")) + "---\n" + job(name="k", pod=pods("{cpu: 1e0, memory: 1.5Gi}")),
        [
            ("j", [("main", 1, {"cpu": 100, "memory": 129_000_000})]),
            ("k", [("main", 1, {"cpu": 1000, "memory": 3 * GI // 2})]),
        ],
    ),
    "whole numbers with an empty fraction or an exponent": (
        job("parallelism: 2.0, completions: 3e0", pod=pods("{cpu: 2.0, memory: 1e3}")),
        [("j", [("main", 2, {"cpu": 2000, "memory": 1000})])],
    ),
    "numbers that YAML itself takes for text": (
        job("parallelism: 08, completions: 0o11"),
        [("j", [("main", 8, {"cpu": 1000})])],
    ),
    "a request that a template left empty": (
        job(pod=pods("{cpu: , memory: 1Gi}")),
        [("j", [("main", 1, {"cpu": 0, "memory": GI})])],
    ),
    "jobs that say they are not suspended": (job("suspend: false"), [("j", [("main", 1, {"cpu": 1000})])]),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_manifests_are_counted_as_kueue_counts_them(tmp_path: Path, name: str) -> None:
    text, expected = READ[name]
    found = [
        (one.name, [(part.name, part.count, dict(part.requests)) for part in one.pod_sets])
        for one in loaded(tmp_path, text).workloads
    ]
    assert found == expected


POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {kueue.x-k8s.io/queue-name: lq%s}%s}\nspec: {%s}\n"
TIME = "queue-name: lq, kueue.x-k8s.io/max-exec-time-seconds"
REFUSED: dict[str, tuple[str, str]] = {
    "Spark outside the cluster": (
        of_kind("sparkoperator.k8s.io/v1beta2", "SparkApplication", SPARK.replace("mode: cluster", "mode: client")),
        "spec.mode: only Cluster mode is supported for a kueue managed job",
    ),
    "Spark that scales itself": (
        of_kind("sparkoperator.k8s.io/v1beta2", "SparkApplication", f"dynamicAllocation: {{enabled: true}}, {SPARK}"),
        "spec.dynamicAllocation.enabled: Kueue takes dynamicAllocation of elastic jobs only",
    ),
    "no time at all": (
        job().replace("queue-name: lq", f"{TIME}: '0'"),
        "metadata.labels.kueue.x-k8s.io/max-exec-time-seconds: '0' is not a whole number of seconds above 0 in quotes",
    ),
    "fewest pods that are all pods": (
        job("parallelism: 3", more=", annotations: {kueue.x-k8s.io/job-min-parallelism: '3'}"),
        "metadata.annotations.kueue.x-k8s.io/job-min-parallelism: should be between 0 and 2",
    ),
    "a pod group without its size": (
        POD % (", kueue.x-k8s.io/pod-group-name: g", "", pods()),
        "metadata: both the 'kueue.x-k8s.io/pod-group-total-count' annotation and the 'kueue.x-k8s.io/pod-group-name' "
        "label should be set",
    ),
    "a pod group of a size in words": (
        POD
        % (
            ", kueue.x-k8s.io/pod-group-name: g",
            ", annotations: {kueue.x-k8s.io/pod-group-total-count: two}",
            pods(),
        ),
        "metadata.annotations.kueue.x-k8s.io/pod-group-total-count: 'two' is not a whole number above 0 in quotes",
    ),
    "more than the limit": (
        job(pod="containers: [{name: c, image: x, resources: {requests: {cpu: 2}, limits: {cpu: 1}}}]"),
        "spec.template.spec.containers[0].resources.requests.cpu: request 2 of cpu is above the limit 1",
    ),
    "half a device": (
        job(pod=pods("{nvidia.com/gpu: 500m}", "limits")),
        "spec.template.spec.containers[0].resources.limits.nvidia.com/gpu: '500m' is not whole; a pod gets a device "
        "such as nvidia.com/gpu whole or not at all",
    ),
    "less than nothing": (
        job(pod=pods("{cpu: -1}")),
        "spec.template.spec.containers[0].resources.requests.cpu: -1 is negative; requests start at 0",
    ),
    "half a pod": (job("parallelism: 2.5"), "spec.parallelism: 2.5 is not a whole number"),
    "a label that kubectl takes for a number": (
        job().replace("queue-name: lq", "queue-name: lq, commit: 12e3"),
        "metadata.labels.commit: 12000 is not text, put it in quotes",
    ),
    "a queue with capitals": (
        job().replace("queue-name: lq", "queue-name: My_Queue"),
        "metadata.labels.kueue.x-k8s.io/queue-name: 'My_Queue' is no name; accepted: at most 253 lower case letters, "
        "digits, '-' and '.', letters or digits at both ends (example: team-a)",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_kueue_or_the_api_server_refuses_is_refused(tmp_path: Path, name: str) -> None:
    text, expected = REFUSED[name]
    with pytest.raises(InputError) as caught:
        loaded(tmp_path, text)
    assert [str(one).partition(": ")[2] for one in caught.value.mistakes] == [expected]


def test_a_job_ends_when_its_time_is_over(tmp_path: Path) -> None:
    result = run(loaded(tmp_path, job().replace("queue-name: lq", f"{TIME}: '600'")))
    ends = [(one.at_ms // 1000, one.type) for one in result.run.facts if one.type in ("Evicted", "Deactivated")]
    assert ends == [(600, "Evicted"), (600, "Deactivated")]


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (
            job("managedBy: kueue.x-k8s.io/multikueue"),
            "decides nothing here: spec.managedBy of Job (dispatch to other clusters is not played: the job runs here)",
        ),
        (
            job().replace("queue-name: lq", "queue-name: lq, kueue.x-k8s.io/priority-class: high"),
            "there is no WorkloadPriorityClass 'high'; there are none",
        ),
        (
            job().replace("name: j,", "name: j, namespace: elsewhere,"),
            "there is no LocalQueue 'lq' in elsewhere; accepted: default/lq",
        ),
        (
            of_kind("ray.io/v1", "RayJob", f"rayClusterSpec: {{{HEAD}, {WORKERS}}}"),
            "RayJob j: Kueue refuses a RayJob without shutdownAfterJobFinishes: true",
        ),
    ],
)
def test_what_a_user_would_want_to_know_is_told(tmp_path: Path, text: str, warning: str) -> None:
    scenario = loaded(tmp_path, dedent(text))
    assert [one.name for one in scenario.workloads] == ["j"]
    assert warning in (*scenario.warnings, *scenario.notes)


@pytest.mark.parametrize("made", [True, False])
def test_a_job_with_a_prebuilt_workload_is_queued_as_that_workload(tmp_path: Path, made: bool) -> None:
    labels = f"{LABEL[:-1]}, kueue.x-k8s.io/prebuilt-workload-name: made}}"
    prebuilt = job().replace(LABEL, labels)
    pod_sets = f"podSets: [{{name: main, count: 2, template: {template()}}}]"
    work = of_kind("kueue.x-k8s.io/v1beta2", "Workload", f"queueName: lq, {pod_sets}", "made")
    scenario = loaded(tmp_path, "---\n".join([prebuilt, *([work] if made else [])]))
    assert [one.name for one in scenario.workloads] == (["made"] if made else [])
    told = "Job j waits for the Workload made, which no manifest describes, and is left out"
    assert (told in scenario.warnings) != made


def test_names_in_a_workload_that_nothing_has_are_told(tmp_path: Path) -> None:
    reference = "priorityClassRef: {group: kueue.x-k8s.io, kind: WorkloadPriorityClass, name: hgh}"
    pod_sets = f"podSets: [{{name: main, count: 2, template: {template()}}}]"
    work = of_kind("kueue.x-k8s.io/v1beta2", "Workload", f"queueName: lqq, {reference}, {pod_sets}", "w")
    scenario = loaded(tmp_path, work)
    assert ([one.name for one in scenario.workloads], [one for one in scenario.warnings if "there is" in one]) == (
        ["w"],
        [
            "there is no LocalQueue 'lqq' in default; did you mean 'default/lq'?",
            "there is no WorkloadPriorityClass 'hgh'; there are none",
        ],
    )


def test_an_mpi_job_of_the_training_operator_is_none_that_kueue_manages(tmp_path: Path) -> None:
    spec = f"mpiReplicaSpecs: {{Worker: {{template: {template()}}}}}"
    scenario = loaded(tmp_path, of_kind("kubeflow.org/v1", "MPIJob", spec))
    assert list(scenario.workloads) == []
    assert "MPIJob j is left out: Kueue manages MPIJobs of kubeflow.org/v2beta1, none of v1" in scenario.warnings
