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


_KUEUE_KEYS = _keys(
    *(
        PREFIX + name
        for name in (
            *("queue-name", "priority-class", "max-exec-time-seconds", "elastic-job", "job-min-parallelism"),
            *("pod-group-name", "pod-group-total-count", "podset-group-name", "podset-slice-size"),
            *("podset-required-topology", "podset-preferred-topology", "podset-unconstrained-topology"),
            *("podset-slice-required-topology", "podset-slice-required-topology-constraints"),
            "job-completions-equal-parallelism",
        )
    )
)
_METADATA = {**_keys("name", "namespace"), "labels": _KUEUE_KEYS, "annotations": _KUEUE_KEYS}
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
_POD: Shape = {"metadata": _METADATA, "spec": _POD_SPEC}
_JOB_SPEC: Shape = {**_keys("parallelism", "completions", "suspend"), "template": _POD}
_JOB: Shape = {"metadata": _METADATA, "spec": _JOB_SPEC}
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


def note_mistyped(manifest: Field) -> None:
    """Notes every key of a job that is passed over although it looks like one that is read, each once for a kind."""
    kind = manifest.get("kind").text()
    if kind not in _SPECS:
        return
    shape = _METADATA if kind != "Workload" else {}
    for part, below in (("metadata", shape), ("spec", _SPECS[kind])):
        for steps, meant in _slips(manifest.get(part).value, below, (part,)):
            field = _at(manifest, steps)
            path = path_text(_without_numbers(field.source.written(field.path)))
            text = f"{path}: {shortened(field.value)} of {kind} is passed over; did you mean {meant!r}?"
            manifest.report.remarks.setdefault(text, field.source.place(field.path, at_key=True))


def _slips(value: object, shape: Shape, path: Path) -> Iterator[tuple[Path, str]]:
    """The keys that look like one of the shape, at any depth, each with the one that is meant."""
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
        elif meant := _meant(str(key), accepted):
            yield (*path, key), meant


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
