"""Which workloads does Kueue make of a job manifest?"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction

from kueue_sim.errors import Place
from kueue_sim.inputs.kubernetes.limit_ranges import NamespaceLimits, infeasible_reason, with_defaults
from kueue_sim.inputs.kubernetes.pods import PREFIX
from kueue_sim.inputs.kueue.queues import Directory
from kueue_sim.inputs.kueue.short_form import MOST_COPIES
from kueue_sim.inputs.kueue.workload_objects import make_pod_set, topology_request, workload
from kueue_sim.inputs.text.field import Field, Path, Source, near_miss
from kueue_sim.model import PodSet, Settings, Workload

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


@dataclass(frozen=True, slots=True)
class Pods:
    """Makes the pod sets of one job. ``specs`` are those of its pod templates so far, as LimitRanges complete them."""

    settings: Settings
    limits: NamespaceLimits
    specs: list[Field] = field(default_factory=list)

    def made_from(self, template: Field, name: str, count: int, minimum: int | None = None) -> PodSet:
        """The pod set of a template."""
        spec = with_defaults(template.get("spec"), self.limits)
        self.specs.append(spec)
        return make_pod_set(name, count, spec, self.settings, minimum, topology_request(_topology(template)))

    def submitter(self, template: Field) -> PodSet:
        """The pod that submits a RayJob."""
        if template.present:
            return self.made_from(template, "submitter", 1)
        return make_pod_set("submitter", 1, template, self.settings, plain=dict(RAY_SUBMITTER))


def _job(field: Field, pods: Pods, name: str = "main") -> PodSet:
    spec = field.get("spec")
    parallelism = spec.get("parallelism").integer(1, minimum=0)
    count = min(parallelism, spec.get("completions").integer(parallelism, minimum=0))
    least = field.get("metadata", "annotations", MIN_PARALLELISM)
    minimum = int(least.text()) if least.present and least.text().isdigit() else None
    if least.present and minimum is None:
        least.unexpected("a whole number in quotes")
    return pods.made_from(spec.get("template"), name, count, minimum)


def _job_set(manifest: Field, pods: Pods) -> list[PodSet]:
    result = []
    for item in manifest.get("spec", "replicatedJobs").items():
        one = _job(item.get("template"), pods, item.get("name").needed("name"))
        result.append(replace(one, count=one.count * item.get("replicas").integer(1, minimum=0)))
    return result


def _replica_specs(manifest: Field, pods: Pods) -> list[PodSet]:
    """The roles of a Kubeflow job in Kueue's order: master or launcher first."""
    spec = manifest.get("spec")
    key = next((key for key, _ in spec.entries() if key.endswith("ReplicaSpecs")), "")
    if not key:
        spec.wrong(f"{manifest.get('kind').text()} has no replica specs")
    roles = {name.lower(): item for name, item in spec.get(key).entries()}
    order = sorted(roles, key=lambda role: REPLICA_ORDER.index(role) if role in REPLICA_ORDER else 99)
    return [
        pods.made_from(roles[role].get("template"), role, roles[role].get("replicas").integer(1, minimum=0))
        for role in order
    ]


def _listed_replicas(manifest: Field, pods: Pods) -> list[PodSet]:
    """The replica specs of a HyperPodPyTorchJob: a list in the user's order."""
    specs = manifest.get("spec", "replicaSpecs").items()
    if not specs:
        manifest.get("spec").wrong("replicaSpecs is missing")
    return [
        pods.made_from(
            item.get("template"), item.get("name").text("worker"), item.get("replicas").integer(1, minimum=0)
        )
        for item in specs
    ]


def _ray(cluster: Field, pods: Pods) -> list[PodSet]:
    result = [pods.made_from(cluster.get("headGroupSpec", "template"), "head", 1)]
    for item in cluster.get("workerGroupSpecs").items():
        count = item.get("replicas").integer(1, minimum=0) * item.get("numOfHosts").integer(1, minimum=1)
        name = item.get("groupName").needed("groupName").lower()
        result.append(pods.made_from(item.get("template"), name, count))
    return result


def _ray_job(manifest: Field, pods: Pods) -> list[PodSet]:
    """Head, workers and the pod that submits (KubeRay's default submitter unless a template is given)."""
    spec = manifest.get("spec")
    result = _ray(spec.get("rayClusterSpec"), pods)
    if spec.get("submissionMode").text("K8sJobMode") != "K8sJobMode":
        return result
    return [*result, pods.submitter(spec.get("submitterPodTemplate"))]


def _leader_worker(manifest: Field, pods: Pods) -> list[PodSet]:
    template = manifest.get("spec", "leaderWorkerTemplate")
    size, leader = template.get("size").integer(1, minimum=1), template.get("leaderTemplate")
    if not leader.present:
        return [pods.made_from(template.get("workerTemplate"), "main", size)]
    first = pods.made_from(leader, "leader", 1)
    return [first, pods.made_from(template.get("workerTemplate"), "worker", size - 1)]


def _replicas(manifest: Field, pods: Pods) -> list[PodSet]:
    count = manifest.get("spec", "replicas").integer(1, minimum=0)
    return [pods.made_from(manifest.get("spec", "template"), "main", count)]


def _one_pod(manifest: Field, pods: Pods) -> list[PodSet]:
    return [pods.made_from(manifest.get("spec", "template"), "main", 1)]


READERS: dict[str, Callable[[Field, Pods], list[PodSet]]] = {
    "Job": lambda manifest, pods: [_job(manifest, pods)],
    "JobSet": _job_set,
    "PyTorchJob": _replica_specs,
    "TFJob": _replica_specs,
    "MPIJob": _replica_specs,
    "XGBoostJob": _replica_specs,
    "PaddleJob": _replica_specs,
    "JAXJob": _replica_specs,
    "HyperPodPyTorchJob": _listed_replicas,
    "RayJob": _ray_job,
    "RayCluster": lambda manifest, pods: _ray(manifest.get("spec"), pods),
    "Pod": lambda manifest, pods: [pods.made_from(manifest, "main", 1)],
    "LeaderWorkerSet": _leader_worker,
    "Deployment": _one_pod,
    "StatefulSet": _replicas,
}
COPIES = ("LeaderWorkerSet", "Deployment")
COMPANIONS = ("Service", "ConfigMap", "Secret", "ServiceAccount", "PersistentVolumeClaim", "Namespace")
"""Kinds that stand beside jobs in files and are no work."""


def job_workloads(manifest: Field, directory: Directory, exists: bool = False) -> list[Workload]:
    """The workloads of a job manifest, without their times; unknown kinds are noted.

    ``exists``: a cluster holds it already, so its LocalQueue may be missing; it waits until there is one.
    """
    kind = manifest.get("kind")
    if kind.value in COMPANIONS:
        return []
    if kind.value == "Workload":
        return [_plain_workload(manifest, directory, exists)]
    reader = READERS.get(kind.text())
    if reader is None:
        kind.wrong(f"kind {kind.value!r} is no job; {near_miss(kind.value, (*READERS, 'Workload'))}")
        return []
    metadata = manifest.get("metadata")
    labels = metadata.get("labels")
    namespace, queue = _queue(labels.get(QUEUE), metadata, directory)
    limit = labels.get(MAX_TIME)
    pods = Pods(directory.settings, directory.limits.get(namespace, {}))
    one = Workload(
        name=metadata.first("name", "generateName").needed("metadata.name"),
        namespace=namespace,
        queue_name=queue,
        pod_sets=tuple(reader(manifest, pods)),
        priority=directory.class_priority(labels.get(PRIORITY), _pod_class(manifest)),
        max_execution_ms=int(limit.text()) * 1000 if limit.present and limit.text().isdigit() else None,
        owned_by_pod=kind.value in ("Pod", "Deployment"),
        kind=kind.text(),
    )
    one = one._replace(infeasible_reason=infeasible_reason(pods.specs, pods.limits))
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


def _plain_workload(manifest: Field, directory: Directory, exists: bool) -> Workload:
    classes = {item.name: item.value for item in directory.policy.priority_classes}
    one = workload(manifest, directory.settings, classes, limits=directory.limits)
    if not exists:
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
