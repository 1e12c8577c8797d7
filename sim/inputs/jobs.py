"""Which workloads does Kueue make of a job manifest?"""

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from sim.errors import Place
from sim.inputs.field import Field, Path, Source, near_miss
from sim.inputs.pods import PREFIX
from sim.inputs.queues import Directory
from sim.inputs.shortform import MOST_COPIES
from sim.inputs.workload_objects import make_pod_set, topology_request, workload
from sim.model import PodSet, Workload

QUEUE, PRIORITY = PREFIX + "queue-name", PREFIX + "priority-class"
MAX_TIME = PREFIX + "max-exec-time-seconds"
MIN_PARALLELISM = PREFIX + "job-min-parallelism"
REPLICA_ORDER = ("chief", "launcher", "master", "scheduler", "server", "ps", "worker", "evaluator")
RAY_SUBMITTER = {"cpu": Fraction(1, 2), "memory": Fraction(200 * 2**20)}
_TOPOLOGY = {
    "podset-required-topology": "required",
    "podset-preferred-topology": "preferred",
    "podset-unconstrained-topology": "unconstrained",
    "podset-slice-required-topology": "podSetSliceRequiredTopology",
    "podset-slice-size": "podSetSliceSize",
    "podset-slice-required-topology-constraints": "podsetSliceRequiredTopologyConstraints",
    "podset-group-name": "podSetGroupName",
}


def _topology(template: Field) -> Field:
    """The topology annotations of a pod template in the form of a Workload's topologyRequest (R20.12)."""
    annotations = template.get("metadata", "annotations")
    request: dict[str, object] = {}
    for name, target in _TOPOLOGY.items():
        value = annotations.get(PREFIX + name)
        if not value.present:
            continue
        text = value.text()
        try:
            decoded = json.loads(text) if target not in ("required", "preferred") else text
        except ValueError:
            decoded = text
        request[target] = text if isinstance(decoded, str) else decoded
    source = Source(template.source.name, {}, _at(template))
    return Field(request or None, source, template.report)


def _at(field: Field) -> dict[Path, Place]:
    place = field.source.place(field.path)
    return {(): place} if place else {}


def _template(field: Field, name: str, count: int, directory: Directory, minimum: int | None = None) -> PodSet:
    topology = topology_request(_topology(field))
    return make_pod_set(name, count, field.get("spec"), directory.settings, minimum, topology)


def _job(field: Field, directory: Directory, name: str = "main") -> PodSet:
    spec = field.get("spec")
    parallelism = spec.get("parallelism").integer(1, minimum=0)
    count = min(parallelism, spec.get("completions").integer(parallelism, minimum=0))
    least = field.get("metadata", "annotations", MIN_PARALLELISM)
    minimum = int(least.text()) if least.present and least.text().isdigit() else None
    if least.present and minimum is None:
        least.unexpected("a whole number in quotes")
    return _template(spec.get("template"), name, count, directory, minimum)


def _job_set(manifest: Field, directory: Directory) -> list[PodSet]:
    result = []
    for item in manifest.get("spec", "replicatedJobs").items():
        one = _job(item.get("template"), directory, item.get("name").needed("name"))
        result.append(replace(one, count=one.count * item.get("replicas").integer(1, minimum=0)))
    return result


def _replica_specs(manifest: Field, directory: Directory) -> list[PodSet]:
    """The roles of a Kubeflow job in Kueue's order: master or launcher first."""
    spec = manifest.get("spec")
    key = next((key for key, _ in spec.entries() if key.endswith("ReplicaSpecs")), "")
    if not key:
        spec.wrong(f"{manifest.get('kind').text()} has no replica specs")
    roles = {name.lower(): item for name, item in spec.get(key).entries()}
    order = sorted(roles, key=lambda role: REPLICA_ORDER.index(role) if role in REPLICA_ORDER else 99)
    return [
        _template(roles[role].get("template"), role, roles[role].get("replicas").integer(1, minimum=0), directory)
        for role in order
    ]


def _listed_replicas(manifest: Field, directory: Directory) -> list[PodSet]:
    """The replica specs of a HyperPodPyTorchJob: a list in the user's order."""
    specs = manifest.get("spec", "replicaSpecs").items()
    if not specs:
        manifest.get("spec").wrong("replicaSpecs is missing")
    return [
        _template(
            item.get("template"), item.get("name").text("worker"), item.get("replicas").integer(1, minimum=0), directory
        )
        for item in specs
    ]


def _ray(cluster: Field, directory: Directory) -> list[PodSet]:
    result = [_template(cluster.get("headGroupSpec", "template"), "head", 1, directory)]
    for item in cluster.get("workerGroupSpecs").items():
        count = item.get("replicas").integer(1, minimum=0) * item.get("numOfHosts").integer(1, minimum=1)
        name = item.get("groupName").needed("groupName").lower()
        result.append(_template(item.get("template"), name, count, directory))
    return result


def _ray_job(manifest: Field, directory: Directory) -> list[PodSet]:
    """Head, workers and the pod that submits (KubeRay's default submitter unless a template is given)."""
    spec = manifest.get("spec")
    result = _ray(spec.get("rayClusterSpec"), directory)
    if spec.get("submissionMode").text("K8sJobMode") != "K8sJobMode":
        return result
    submitter = spec.get("submitterPodTemplate")
    plain = None if submitter.present else dict(RAY_SUBMITTER)
    pod_spec, settings = submitter.get("spec"), directory.settings
    return [*result, make_pod_set("submitter", 1, pod_spec, settings, plain=plain)]


def _leader_worker(manifest: Field, directory: Directory) -> list[PodSet]:
    template = manifest.get("spec", "leaderWorkerTemplate")
    size, leader = template.get("size").integer(1, minimum=1), template.get("leaderTemplate")
    if not leader.present:
        return [_template(template.get("workerTemplate"), "main", size, directory)]
    worker = _template(template.get("workerTemplate"), "worker", size - 1, directory)
    return [_template(leader, "leader", 1, directory), worker]


def _replicas(manifest: Field, directory: Directory) -> list[PodSet]:
    count = manifest.get("spec", "replicas").integer(1, minimum=0)
    return [_template(manifest.get("spec", "template"), "main", count, directory)]


def _one_pod(manifest: Field, directory: Directory) -> list[PodSet]:
    return [_template(manifest.get("spec", "template"), "main", 1, directory)]


READERS: dict[str, Callable[[Field, Directory], list[PodSet]]] = {
    "Job": lambda manifest, directory: [_job(manifest, directory)],
    "JobSet": _job_set,
    "PyTorchJob": _replica_specs,
    "TFJob": _replica_specs,
    "MPIJob": _replica_specs,
    "XGBoostJob": _replica_specs,
    "PaddleJob": _replica_specs,
    "JAXJob": _replica_specs,
    "HyperPodPyTorchJob": _listed_replicas,
    "RayJob": _ray_job,
    "RayCluster": lambda manifest, directory: _ray(manifest.get("spec"), directory),
    "Pod": lambda manifest, directory: [_template(manifest, "main", 1, directory)],
    "LeaderWorkerSet": _leader_worker,
    "Deployment": _one_pod,
    "StatefulSet": _replicas,
}
COPIES = ("LeaderWorkerSet", "Deployment")
COMPANIONS = ("Service", "ConfigMap", "Secret", "ServiceAccount", "PersistentVolumeClaim", "Namespace")
"""Kinds that stand beside jobs in files and are no work."""


def job_workloads(manifest: Field, directory: Directory) -> list[Workload]:
    """The workloads of a job manifest, without their times; unknown kinds are noted."""
    kind = manifest.get("kind")
    if kind.value in COMPANIONS:
        return []
    if kind.value == "Workload":
        return [_plain_workload(manifest, directory)]
    reader = READERS.get(kind.text())
    if reader is None:
        kind.wrong(f"kind {kind.value!r} is no job; {near_miss(kind.value, (*READERS, 'Workload'))}")
        return []
    metadata = manifest.get("metadata")
    labels = metadata.get("labels")
    namespace, queue = _queue(labels.get(QUEUE), metadata, directory)
    limit = labels.get(MAX_TIME)
    one = Workload(
        name=metadata.first("name", "generateName").needed("metadata.name"),
        namespace=namespace,
        queue_name=queue,
        pod_sets=tuple(reader(manifest, directory)),
        priority=directory.class_priority(labels.get(PRIORITY), _pod_class(manifest)),
        max_execution_ms=int(limit.text()) * 1000 if limit.present and limit.text().isdigit() else None,
        owned_by_pod=kind.value in ("Pod", "Deployment"),
        kind=kind.text(),
    )
    if kind.value not in COPIES:
        return [one._replace(uid=one.key)]
    copies = manifest.get("spec", "replicas").integer(1, minimum=0, maximum=MOST_COPIES)
    names = [f"{one.name}-{index}" for index in range(copies)]
    return [one._replace(name=name, uid=f"{namespace}/{name}") for name in names]


def _queue(label: Field, metadata: Field, directory: Directory) -> tuple[str, str]:
    namespace = metadata.get("namespace").text() or "default"
    if not label.present:
        metadata.wrong(f"the label {QUEUE} is missing; Kueue does not manage jobs without it")
        return namespace, ""
    return namespace, directory.named(label, namespace)[1]


def _plain_workload(manifest: Field, directory: Directory) -> Workload:
    classes = {item.name: item.value for item in directory.policy.priority_classes}
    one = workload(manifest, directory.settings, classes)
    directory.named(manifest.get("spec", "queueName"), one.namespace)
    return one._replace(uid=one.uid or one.key)


def _pod_class(manifest: Field) -> str:
    """The PriorityClass of the pods: the first one that a pod spec of the job names."""
    pending: list[object] = [manifest.get("spec").value]
    while pending:
        value = pending.pop(0)
        if isinstance(value, dict):
            name = value.get("priorityClassName")
            if isinstance(name, str):
                return name
            pending += value.values()
        elif isinstance(value, list):
            pending += value
    return ""
