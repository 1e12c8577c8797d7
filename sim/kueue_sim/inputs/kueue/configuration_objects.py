"""Where does the manager's Configuration stand? By itself, in its ConfigMap, or in the object of an operator."""

from collections.abc import Mapping
from dataclasses import replace

from kueue_sim.errors import Place
from kueue_sim.inputs.text.field import Field, Path, Source
from kueue_sim.inputs.text.yamltext import read_yaml

KEY = "controller_manager_config.yaml"
"""Key of the manager's ConfigMap that holds the Configuration as text."""
OPERATOR = "kueue.openshift.io/"
_FRAMEWORKS = {
    "AppWrapper": "workload.codeflare.dev/appwrapper",
    "BatchJob": "batch/job",
    "Deployment": "deployment",
    "JaxJob": "kubeflow.org/jaxjob",
    "JobSet": "jobset.x-k8s.io/jobset",
    "LeaderWorkerSet": "leaderworkerset.x-k8s.io/leaderworkerset",
    "MPIJob": "kubeflow.org/mpijob",
    "PaddleJob": "kubeflow.org/paddlejob",
    "Pod": "pod",
    "PyTorchJob": "kubeflow.org/pytorchjob",
    "RayCluster": "ray.io/raycluster",
    "RayJob": "ray.io/rayjob",
    "StatefulSet": "statefulset",
    "TFJob": "kubeflow.org/tfjob",
    "TrainJob": "trainer.kubeflow.org/trainjob",
    "XGBoostJob": "kubeflow.org/xgboostjob",
}
"""The operator's names of frameworks, and Kueue's."""


def holds_configuration(manifest: Field) -> bool:
    """Whether an object holds the manager's Configuration inside."""
    kind = manifest.get("kind").value
    if kind == "ConfigMap":
        return manifest.get("data").get(KEY).present
    return kind == "Kueue" and str(manifest.get("apiVersion").value).startswith(OPERATOR)


def configuration_of(manifest: Field) -> Field:
    """The Configuration that an object holds inside, with its places; every other object as it is."""
    if not holds_configuration(manifest):
        return manifest
    return _of_text(manifest) if manifest.get("kind").value == "ConfigMap" else _of_operator(manifest)


def _of_text(manifest: Field) -> Field:
    text = manifest.get("data").get(KEY)
    documents = read_yaml(text.text(), "", replace(manifest.report, mistakes=[]))
    first = next((one for one in documents if one.present), None)
    if first is None or not isinstance(first.value, Mapping):
        text.wrong("the manager's Configuration is a mapping in YAML")
        return manifest
    block = text.source.blocks.get(text.source.written(text.path))
    start = block or text.source.place(text.path)
    value = {"kind": "Configuration", **first.value}
    if start is None:
        return Field(value, Source(manifest.source.name), manifest.report)
    keys, values = (_moved(places, start) for places in (first.source.keys, first.source.values))
    return Field(value, Source("", keys, {**values, (): start}), manifest.report)


def _moved(places: Mapping[Path, Place], start: Place) -> dict[Path, Place]:
    """Places inside a text, as places of the file in which the text begins at ``start``."""
    return {
        path: Place(start.file, start.line + place.line - 1, start.column + place.column - 1)
        for path, place in places.items()
    }


def _of_operator(manifest: Field) -> Field:
    """What the operator makes of its object: frameworks, gangs, fair sharing, jobs without a queue."""
    config = manifest.get("spec", "config")
    value: dict[str, object] = {"kind": "Configuration"}
    frameworks = config.get("integrations", "frameworks")
    if frameworks.present:
        names = [_FRAMEWORKS[item.choice(_FRAMEWORKS, "BatchJob")] for item in frameworks.items()]
        value["integrations"] = {"frameworks": names}
    if config.get("workloadManagement", "labelPolicy").choice(("QueueName", "None"), "QueueName") == "None":
        value["manageJobsWithoutQueueName"] = True
    if config.get("preemption", "preemptionPolicy").choice(("Classical", "FairSharing"), "Classical") == "FairSharing":
        value["fairSharing"] = {"enable": True}
    if config.get("gangScheduling", "policy").choice(("None", "ByWorkload"), "None") == "ByWorkload":
        by = config.get("gangScheduling", "byWorkload", "admission")
        sequential = by.choice(("Parallel", "Sequential"), "Parallel") == "Sequential"
        value["waitForPodsReady"] = {"enable": True, "blockAdmission": sequential}
    place = config.source.place(config.path)
    return Field(value, Source(manifest.source.name, {}, {(): place} if place else {}), manifest.report)
