"""Which key of a job is probably a slip of one that is read? Jobs have many fields that decide nothing here."""

import difflib
from collections.abc import Iterator, Mapping
from functools import lru_cache

from kueue_sim.inputs.kubernetes.pods import PREFIX
from kueue_sim.inputs.text.field import Field, Path, path_text
from kueue_sim.units import shortened

Shape = Mapping[str, "Shape"]
"""The keys that are read at a place, each with those below it; lists are passed through, ``*`` is any key."""
_ALIKE = 0.85
"""How alike a key is to one that is read when it is that one, mistyped."""


def _keys(*names: str) -> dict[str, Shape]:
    return {name: {} for name in names}


def _kueue(*names: str) -> dict[str, Shape]:
    return _keys(*(PREFIX + name for name in names))


_LABELS = _kueue("queue-name", "priority-class", "max-exec-time-seconds", "pod-group-name", "prebuilt-workload-name")
_OF_JOBS = _kueue("elastic-job", "job-min-parallelism", "job-completions-equal-parallelism")
_OF_PODS = _kueue(
    *("podset-required-topology", "podset-preferred-topology", "podset-unconstrained-topology"),
    *("podset-slice-required-topology", "podset-slice-size", "podset-slice-required-topology-constraints"),
    "podset-group-name",
)
_OF_ALL = _kueue("queue-name", "pod-group-name", "pod-group-total-count", "pod-group-fast-admission")
"""Annotations by what has them; the name of a queue was one up to Kueue 0.14."""
_PLACES = {
    **dict.fromkeys(_LABELS, "the labels"),
    **dict.fromkeys(_OF_JOBS, "the annotations of the job itself"),
    **dict.fromkeys(_OF_PODS, "the annotations of the pod template"),
    **dict.fromkeys(_OF_ALL.keys() - _LABELS.keys(), "the annotations"),
}
"""Where Kueue looks for a key."""
_NAMED = {**_keys("name", "namespace"), "labels": _LABELS}
_OBJECT = {**_NAMED, "annotations": {**_OF_JOBS, **_OF_ALL}}
_OF_POD = {**_NAMED, "annotations": {**_OF_PODS, **_OF_ALL}}
_ANYTHING = {**_NAMED, "annotations": {**_OF_JOBS, **_OF_PODS, **_OF_ALL}}
_CONTAINER = {**_keys("name", "ports", "restartPolicy"), "resources": _keys("requests", "limits", "claims")}
_AFFINITY = _keys("requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution")
_POD_SPEC: Shape = {
    **_keys("nodeSelector", "nodeName", "tolerations", "priorityClassName", "runtimeClassName", "overhead"),
    **_keys("resourceClaims", "restartPolicy", "schedulingGates", "topologySpreadConstraints", "hostNetwork"),
    "containers": _CONTAINER,
    "initContainers": _CONTAINER,
    "resources": _keys("requests", "limits"),
    "affinity": {"nodeAffinity": _AFFINITY, **_keys("podAffinity", "podAntiAffinity")},
}
_POD: Shape = {"metadata": _OF_POD, "spec": _POD_SPEC}
_JOB_SPEC: Shape = {**_keys("parallelism", "completions", "suspend"), "template": _POD}
_JOB: Shape = {"metadata": _OBJECT, "spec": _JOB_SPEC}
_REPLICAS: Shape = {**_keys("replicas", "name"), "template": _POD}
_REPLICATED_JOBS: Shape = {**_keys("name", "replicas"), "template": _JOB}
_RAY: Shape = {
    **_keys("enableInTreeAutoscaling", "gcsFaultToleranceOptions", "suspend"),
    "autoscalerOptions": {"resources": _CONTAINER["resources"]},
    "headGroupSpec": {"template": _POD},
    "workerGroupSpecs": {**_keys("groupName", "minReplicas", "maxReplicas", "numOfHosts"), **_REPLICAS},
}
_SPARK_POD: Shape = {
    **_keys("coreRequest", "coreLimit", "memory", "memoryLimit", "cores", "memoryOverhead"),
    **_keys("nodeSelector", "affinity", "tolerations", "initContainers", "priorityClassName", "sidecars"),
    "gpu": _keys("name", "quantity"),
}
_TRAINING = {
    "PyTorchJob": "pytorchReplicaSpecs",
    "TFJob": "tfReplicaSpecs",
    "XGBoostJob": "xgbReplicaSpecs",
    "PaddleJob": "paddleReplicaSpecs",
    "JAXJob": "jaxReplicaSpecs",
    "MXJob": "mxReplicaSpecs",
    "MPIJob": "mpiReplicaSpecs",
}
_RUN_POLICY: Shape = {"suspend": {}, "schedulingPolicy": _keys("priorityClass")}
_SPECS: Mapping[str, Shape] = {
    **{kind: {"runPolicy": _RUN_POLICY, specs: {"*": _REPLICAS}} for kind, specs in _TRAINING.items()},
    "Job": _JOB_SPEC,
    "CronJob": {
        **_keys("schedule", "suspend", "timeZone", "concurrencyPolicy"),
        "jobTemplate": _JOB,
    },
    "Pod": _POD_SPEC,
    "Workload": {"podSets": {"template": _POD}},
    "Deployment": _REPLICAS,
    "StatefulSet": _REPLICAS,
    "JobSet": {"suspend": {}, "replicatedJobs": _REPLICATED_JOBS},
    "LeaderWorkerSet": {
        "replicas": {},
        "leaderWorkerTemplate": {"size": {}, "leaderTemplate": _POD, "workerTemplate": _POD},
    },
    "TrainJob": {
        **_keys("suspend", "runtimeRef", "podTemplateOverrides", "podSpecOverrides", "runtimePatches"),
        "trainer": {**_keys("numNodes"), "resourcesPerNode": _keys("requests", "limits")},
    },
    "RayCluster": _RAY,
    "RayJob": {
        **_keys("clusterSelector", "submissionMode", "shutdownAfterJobFinishes", "suspend"),
        "rayClusterSpec": _RAY,
        "submitterPodTemplate": _POD,
    },
    "RayService": {"rayClusterConfig": _RAY, "rayClusterSpec": _RAY},
    "SparkApplication": {
        **_keys("mode", "nodeSelector"),
        "driver": _SPARK_POD,
        "executor": {**_SPARK_POD, "instances": {}},
    },
    "AppWrapper": {"components": {"podSets": _keys("path", "replicas"), "template": {}}},
    "HyperPodPyTorchJob": {
        "replicaSpecs": {**_REPLICAS, **_keys("spares", "maxReplicas")},
        "elasticPolicy": _keys("minReplicas", "maxReplicas"),
    },
    "InferenceEndpointConfig": {
        **_keys("replicas", "instanceType", "instanceTypes", "nodeAffinity"),
        "worker": {"resources": _CONTAINER["resources"]},
        "kubernetes": _keys("initContainers"),
    },
    "JumpStartModel": {"replicas": {}, "server": _keys("instanceType", "instanceTypes", "acceleratorPartitionType")},
    "Workspace": {
        **_keys("desiredStatus", "nodeSelector", "affinity", "tolerations", "initContainers"),
        "resources": _keys("requests", "limits"),
    },
}
"""What is read of each kind's ``spec``; beside it stand those of its fields that look like one of them."""


_TEMPLATES = frozenset(
    ("Job", "JobSet", "LeaderWorkerSet", "Deployment", "StatefulSet", "RayCluster", "RayJob", *_TRAINING)
)
"""Kinds whose pod templates stand in the job, so that what pods ask of a topology stands there and nowhere else."""


def note_mistyped(manifest: Field) -> None:
    """Notes every key of a job that is passed over although it looks like one that is read, or is one that Kueue looks
    for elsewhere, each once for a kind."""
    kind = manifest.get("kind").text()
    if kind not in _SPECS:
        return
    shape = _OBJECT if kind in _TEMPLATES else {} if kind == "Workload" else _ANYTHING
    for part, below in (("metadata", shape), ("spec", _SPECS[kind])):
        for steps, advice in _slips(manifest.get(part).value, below, (part,)):
            field = _at(manifest, steps)
            path = path_text(_without_numbers(field.source.written(field.path)))
            text = f"{path}: {shortened(field.value)} of {kind} is passed over; {advice}"
            manifest.report.remarks.setdefault(text, field.source.place(field.path, at_key=True))


def _slips(value: object, shape: Shape, path: Path) -> Iterator[tuple[Path, str]]:
    """The keys that look like one of the shape, or belong elsewhere, at any depth, each with what to do about it."""
    if not shape:
        return
    if isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _slips(item, shape, (*path, index))
        return
    accepted = tuple(shape)
    for key, child in value.items() if isinstance(value, Mapping) else ():
        below = shape.get(key, shape.get("*"))
        if below is not None:
            yield from _slips(child, below, (*path, key)) if below else ()
        elif path[-1] in ("labels", "annotations") and key in _PLACES:
            yield (*path, key), f"it belongs to {_PLACES[key]}"
        elif meant := _meant(str(key), accepted):
            yield (*path, key), f"did you mean {meant!r}?"


def _at(field: Field, steps: Path) -> Field:
    """The field at a path."""
    for step in steps:
        field = field.items()[step] if isinstance(step, int) else field.get(step)
    return field


@lru_cache(maxsize=10_000)
def _meant(key: str, accepted: tuple[str, ...]) -> str:
    """The key that another one is a slip of, "" when it looks like none; kept, since jobs have the same keys again and
    again."""
    by_lower = {name.lower(): name for name in accepted}
    kueue = key.startswith(PREFIX)
    names = {name.removeprefix(PREFIX): name for name in by_lower if name.startswith(PREFIX) == kueue}
    close = difflib.get_close_matches(key.lower().removeprefix(PREFIX), names, n=1, cutoff=_ALIKE)
    return by_lower[names[close[0]]] if close else ""


def _without_numbers(path: Path) -> Path:
    return tuple(step for step in path if isinstance(step, str))
