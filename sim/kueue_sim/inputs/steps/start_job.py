"""What does the first of HyperPod's CLIs submit, ``hyperpod start-job``? The PyTorchJob that its chart makes of the
options, or of a configuration file with the same in it."""

from collections.abc import Mapping
from dataclasses import replace

from kueue_sim.inputs.kubernetes.instance_types import EFA, InstanceType, instance_type, instance_types
from kueue_sim.inputs.shell.words import Word
from kueue_sim.inputs.steps.hyp import Hyp, WrongOption
from kueue_sim.inputs.text.field import Field, near_miss

KIND = "PyTorchJob"
READING = ("exec", "get-clusters", "get-job", "get-log", "list-clusters", "list-jobs", "list-pods")
"""Verbs that change nothing that Kueue looks at."""
_TEAM, _QUEUE = "hyperpod-ns-", "kueue.x-k8s.io/queue-name"
_NEEDED = ("job-name", "node-count", "instance-type")
_IN_FILE: Mapping[str, tuple[str, ...]] = {
    "job-name": ("training_cfg", "run", "name"),
    "node-count": ("training_cfg", "run", "nodes"),
    "tasks-per-node": ("training_cfg", "run", "ntasks_per_node"),
    "instance-type": ("cluster", "instance_type"),
    "namespace": ("cluster", "cluster_config", "namespace"),
    "scheduler-type": ("cluster", "cluster_config", "scheduler_type"),
    "priority": ("cluster", "cluster_config", "priority_class_name"),
    "queue-name": ("cluster", "cluster_config", "custom_labels", _QUEUE),
}
"""Where the configuration file has what an option says."""


def with_file(one: Hyp, document: Field) -> Hyp:
    """The command with what its configuration file says, as if it stood among the options."""
    where = one.options["config-file"]
    options = dict(one.options)
    for name, path in _IN_FILE.items():
        value = document.get(*path).value
        if value is not None:
            options[name] = replace(where, text=str(value))
    return replace(one, options=options)


def started_job(one: Hyp, namespace: str) -> dict[str, object]:
    """The job of a command whose namespace is ``namespace`` where it says none. Raises WrongOption."""
    for name in _NEEDED:
        if not one.text(name):
            raise WrongOption(one.word, f"--{name} is missing")
    space = one.text("namespace") or namespace
    queue = one.text("queue-name") or (f"{space}-localqueue" if space.startswith(_TEAM) else "")
    labels = {_QUEUE: queue} if queue else {}
    by_label = one.text("scheduler-type") == "SageMaker" or (not one.text("scheduler-type") and space.startswith(_TEAM))
    priority = one.text("priority")
    if priority and by_label:
        labels["kueue.x-k8s.io/priority-class"] = priority
    kind = _instance(one.options["instance-type"])
    devices = _devices(one, kind)
    pod: dict[str, object] = {
        "containers": [{"name": "pytorch", "image": "unknown", "resources": {"requests": devices, "limits": devices}}],
        "nodeSelector": {"node.kubernetes.io/instance-type": kind.name},
    }
    if priority and not by_label:
        pod["priorityClassName"] = priority
    worker = {"replicas": one.count("node-count"), "template": {"metadata": {"labels": labels}, "spec": pod}}
    metadata = {"name": one.text("job-name"), "labels": labels, **({"namespace": space} if space else {})}
    spec = {"pytorchReplicaSpecs": {"Worker": worker}}
    return {"apiVersion": "kubeflow.org/v1", "kind": KIND, "metadata": metadata, "spec": spec}


def _instance(word: Word) -> InstanceType:
    """The instance type of an option, which files may give without ``ml.``. Raises WrongOption."""
    name = word.text if word.text.startswith("ml.") else f"ml.{word.text}"
    if name not in instance_types():
        raise WrongOption(word, f"there is no instance type {word.text!r}; {near_miss(name, instance_types())}")
    try:
        return instance_type(name)
    except ValueError as error:
        raise WrongOption(word, str(error)) from None


def _devices(one: Hyp, kind: InstanceType) -> dict[str, object]:
    """What each pod asks for: a GPU for each task, all devices of other accelerators, and all network interfaces;
    neither vCPU nor memory."""
    tasks = one.count("tasks-per-node")
    found: dict[str, object] = {}
    if kind.accelerator_resource == "nvidia.com/gpu":
        found[kind.accelerator_resource] = kind.accelerator_count if tasks is None else tasks
    elif kind.accelerator_resource:
        found[kind.accelerator_resource] = kind.accelerator_count
    return found | ({EFA: kind.efa_interfaces} if kind.efa_interfaces else {})
