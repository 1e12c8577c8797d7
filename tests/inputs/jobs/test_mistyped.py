"""Keys of jobs that are passed over although they look like one that is read: warnings with place and value."""

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
import yaml

from kueue_sim import load_scenario
from kueue_sim.errors import InputError
from kueue_sim.inputs.kueue.jobs import CRON_JOB, JOB_KINDS
from kueue_sim.inputs.kueue.validation.mistyped import _SPECS, Shape, note_mistyped
from kueue_sim.inputs.text.field import Field, Report, Source
from tests.inputs.jobs.test_user_manifests import QUEUES

ROOT = Path(__file__).parents[3]
LOCAL_QUEUE = """\
---
apiVersion: kueue.x-k8s.io/v1beta2
kind: LocalQueue
metadata: {name: lq, namespace: default}
spec: {clusterQueue: q}
---
"""
HEAD = """\
metadata: {name: one, namespace: default, labels: {kueue.x-k8s.io/queue-name: lq}}
"""


def loaded(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "queues.yaml").write_text(QUEUES + LOCAL_QUEUE, encoding="utf-8")
    (tmp_path / "jobs.yaml").write_text(dedent(text).replace("HEAD\n", HEAD), encoding="utf-8")
    scenario = load_scenario([tmp_path / "queues.yaml", tmp_path / "jobs.yaml"])
    return [line.replace(f"{tmp_path}/", "") for line in scenario.warnings]


def test_a_key_like_one_that_is_read_is_told_with_its_place_its_value_and_the_key_that_is_meant(tmp_path: Path) -> None:
    text = """\
        apiVersion: kubeflow.org/v1
        kind: PyTorchJob
        HEAD
        spec:
          runPolcy: {suspend: true}
          pytorchReplicaSpecs:
            Worker:
              replica: 3
              template:
                spec:
                  nodeselector: {pool: a}
                  containers:
                  - name: a
                    resources: {requests: {nvidia.com/gpu: 1}, limts: {nvidia.com/gpu: 1}}
        """
    worker = "spec.pytorchReplicaSpecs.Worker"
    assert loaded(tmp_path, text) == [
        "jobs.yaml:5:3: spec.runPolcy: {'suspend': True} of PyTorchJob is passed over; did you mean 'runPolicy'?",
        f"jobs.yaml:8:7: {worker}.replica: 3 of PyTorchJob is passed over; did you mean 'replicas'?",
        f"jobs.yaml:11:11: {worker}.template.spec.nodeselector: {{'pool': 'a'}} of PyTorchJob is passed over; "
        "did you mean 'nodeSelector'?",
        f"jobs.yaml:14:56: {worker}.template.spec.containers.resources.limts: {{'nvidia.com/gpu': 1}} of PyTorchJob is "
        "passed over; did you mean 'limits'?",
    ]


def test_many_jobs_with_the_same_slip_are_one_warning_at_the_first(tmp_path: Path) -> None:
    one = """\
        apiVersion: batch/v1
        kind: Job
        metadata: {name: NAME, namespace: default, labels: {kueue.x-k8s.io/queue-name: lq}}
        spec:
          template:
            spec:
              tolerationss: []
              containers: [{name: a, resources: {requests: {cpu: 1}}}]
        ---
        """
    text = dedent(one).replace("NAME", "a") + dedent(one).replace("NAME", "b")
    assert loaded(tmp_path, text) == [
        "jobs.yaml:7:7: spec.template.spec.tolerationss: [] of Job is passed over; did you mean 'tolerations'?"
    ]


def test_what_no_job_of_a_cluster_can_have_at_its_top_is_a_mistake(tmp_path: Path) -> None:
    text = """\
        apiVersion: batch/v1
        kind: Job
        HEAD
        sped: {parallelism: 3}
        spec:
          suspnd: true
          template: {spec: {containers: [{name: a, resources: {requests: {cpu: 1}}}]}}
        """
    with pytest.raises(InputError) as caught:
        loaded(tmp_path, text)
    assert [str(one).replace(f"{tmp_path}/", "") for one in caught.value.mistakes] == [
        "jobs.yaml:4:1: sped: unknown field 'sped'; did you mean 'spec'?",
        "jobs.yaml:6:3: spec.suspnd: unknown field 'suspnd'; did you mean 'suspend'?",
    ]


def remarks(kind: str, spec: object, **more: object) -> list[str]:
    report = Report()
    note_mistyped(Field({"kind": kind, "spec": spec, **more}, Source(), report))
    return report.remarked()


def test_every_kind_of_job_has_its_keys() -> None:
    assert set(_SPECS) == {*JOB_KINDS, CRON_JOB, "Workload"}


def _paths(shape: Shape) -> Iterator[tuple[str, ...]]:
    for key, below in shape.items():
        yield (key,)
        yield from ((key, *path) for path in _paths(below))


def _nested(path: tuple[str, ...], value: object) -> object:
    return value if not path else {"Worker" if path[0] == "*" else path[0]: _nested(path[1:], value)}


@pytest.mark.parametrize("kind", sorted(_SPECS))
def test_every_key_that_is_read_is_recognised_without_one_of_its_letters(kind: str) -> None:
    found, expected = [], []
    for *above, key in _paths(_SPECS[kind]):
        start = key.rfind("/") + 1
        half = start + (len(key) - start) // 2
        slip = key[:half] + key[half + 1 :]
        if len(key) < 4:
            continue
        found += remarks(kind, _nested(tuple(above), {slip: 1}))
        where = ".".join("Worker" if step == "*" else step for step in ("spec", *above, slip))
        expected.append(f"{where}: 1 of {kind} is passed over; did you mean {key!r}?")
    assert found == expected


def test_fields_that_are_not_read_and_labels_of_others_are_no_slips() -> None:
    pod = {
        "metadata": {"labels": {"app": "a", "label": "b", "queue-nam": "c", "kueue.x-k8s.io/podset": "d"}},
        "spec": {
            "hostname": "a",
            "enableServiceLinks": False,
            "ephemeralContainers": [],
            "priority": 3,
            "resourceClaims": [],
            "containers": [{"resizePolicy": [], "restartPolicyRules": [], "volumeMounts": [], "envFrom": []}],
        },
    }
    training = {
        "runPolicy": {"cleanPodPolicy": "None", "schedulingPolicy": {"queue": "a", "minResources": {}}},
        "nprocPerNode": "auto",
        "pytorchReplicaSpecs": {"Worker": {"restartPolicy": "Never", "template": pod}},
    }
    assert remarks("PyTorchJob", training) == []
    assert remarks("JobSet", {"network": {}, "coordinator": {}, "replicatedJobs": [{"groupName": "a"}]}) == []
    assert remarks("InferenceEndpointConfig", {"instanceTypes": ["a"], "initialReplicaCount": 1}) == []
    assert remarks("RayJob", {"submitterConfig": {}, "ttlSecondsAfterFinished": 3, "entrypoint": "a"}) == []


def test_no_manifest_of_the_examples_has_a_slip() -> None:
    found = []
    for path in sorted((ROOT / "scenarios").rglob("*.yaml")):
        try:
            documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
        except yaml.YAMLError:
            continue
        for document in documents:
            if isinstance(document, dict) and document.get("kind") in _SPECS:
                found += remarks(document["kind"], document.get("spec"), metadata=document.get("metadata"))
    assert found == []


def test_a_key_of_kueue_in_a_place_where_nobody_looks_for_it_is_told_where_it_belongs(tmp_path: Path) -> None:
    text = """\
        apiVersion: batch/v1
        kind: Job
        metadata:
          name: j
          labels: {kueue.x-k8s.io/queue-name: lq, kueue.x-k8s.io/elastic-job: "true"}
          annotations: {kueue.x-k8s.io/podset-required-topology: rack, kueue.x-k8s.io/priority-class: high}
        spec:
          template:
            metadata: {annotations: {kueue.x-k8s.io/job-min-parallelism: "2"}}
            spec: {containers: [{name: a, resources: {requests: {cpu: 1}}}]}
        """
    prefix = "kueue.x-k8s.io/"
    assert [one.partition("jobs.yaml:")[2] for one in loaded(tmp_path, text)] == [
        f"5:43: metadata.labels.{prefix}elastic-job: 'true' of Job is passed over; it belongs to the annotations of "
        "the job itself",
        f"6:17: metadata.annotations.{prefix}podset-required-topology: 'rack' of Job is passed over; it belongs to "
        "the annotations of the pod template",
        f"6:64: metadata.annotations.{prefix}priority-class: 'high' of Job is passed over; it belongs to the labels",
        f"9:30: spec.template.metadata.annotations.{prefix}job-min-parallelism: '2' of Job is passed over; it belongs "
        "to the annotations of the job itself",
    ]
