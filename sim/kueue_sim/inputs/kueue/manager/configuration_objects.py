"""Where does the manager's Configuration stand? By itself, in its ConfigMap, in an operator's object, in values of
Kueue's Helm chart, or in the arguments of the manager's own Deployment."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kueue_sim.inputs.kueue.manager.inner_text import inner_text
from kueue_sim.inputs.kueue.manager.installed_release import MANAGERS, image_name, values_of_source
from kueue_sim.inputs.text.field import Field, Source

KEY = "controller_manager_config.yaml"
"""Key of the manager's ConfigMap that holds the Configuration as text."""
TEXT = "controllerManagerConfigYaml"
"""Key under ``managerConfig`` of the chart's values that holds it."""
_OWN_GROUP = "config.kueue.x-k8s.io"
"""What tells such a text from those of other charts that call theirs the same."""
PARTIAL = "arguments-of-the-manager"
"""Name of what is known of the Configuration from the manager's arguments."""
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
    """Whether an object holds the manager's Configuration, or a part of it, inside."""
    kind = manifest.get("kind").value
    if kind == "ConfigMap":
        return manifest.get("data").get(KEY).present
    if kind == "Kueue":
        return str(manifest.get("apiVersion").value).startswith(OPERATOR)
    return _chart_values(manifest) is not None or bool(_manager(manifest))


def configuration_of(manifest: Field) -> Field:
    """The Configuration that an object holds inside, with its places; every other object as it is."""
    if not holds_configuration(manifest):
        return manifest
    kind = manifest.get("kind").value
    if kind == "ConfigMap":
        return _of_text(manifest, manifest.get("data").get(KEY))
    if kind == "Kueue":
        return _of_operator(manifest)
    values = _chart_values(manifest)
    return _of_manager(manifest) if values is None else _of_values(manifest, values)


def _chart_values(manifest: Field) -> Field | None:
    """Values of Kueue's chart: a file of them, also for a chart that contains Kueue's, or those of a Flux
    HelmRelease or an Argo CD Application."""
    kind = manifest.get("kind").value
    if kind == "HelmRelease":
        places = [manifest.get("spec", "values")]
    elif kind == "Application":
        sources = [manifest.get("spec", "source"), *_listed(manifest.get("spec", "sources"))]
        places = [values for source in sources for values in values_of_source(source)]
    else:
        places = [] if manifest.get("kind").present else [manifest]
    for place in [inner for one in places for inner in (one, one.get("kueue"))]:
        if _OWN_GROUP in str(place.get("managerConfig", TEXT).value) or _listed(
            place.get("controllerManager", "featureGates")
        ):
            return place
    return None


def _listed(field: Field) -> list[Field]:
    return field.items() if isinstance(field.value, list) else []


def _of_values(manifest: Field, values: Field) -> Field:
    """What the chart makes of its values: the text of the Configuration, and gates by name."""
    text = values.get("managerConfig", TEXT)
    empty = Field({"kind": "Configuration"}, manifest.source, manifest.report)
    made = _of_text(manifest, text) if text.present else empty
    gates: dict[str, object] = {}
    for one in _listed(values.get("controllerManager", "featureGates")):
        gates[one.get("name").needed("the name of the gate")] = one.get("enabled").boolean()
    return with_gates(made, gates)


def _manager(manifest: Field) -> list[str]:
    """The gates that the manager's Deployment sets by ``--feature-gates``."""
    containers = manifest.get("spec", "template", "spec").get("containers")
    if manifest.get("kind").value != "Deployment" or not isinstance(containers.value, list):
        return []
    found: list[str] = []
    for container in containers.items():
        words = container.get("args").value
        if image_name(container.get("image")) not in MANAGERS or not isinstance(words, list):
            continue
        for word in map(str, words):
            option, _, value = word.partition("=")
            found += value.split(",") if option == "--feature-gates" else []
    return [one for one in found if one]


def _of_manager(manifest: Field) -> Field:
    gates: dict[str, object] = {}
    for one in _manager(manifest):
        name, _, value = one.partition("=")
        gates[name.strip()] = value.strip().lower() in ("true", "1", "t")
    place = manifest.source.place(manifest.path)
    source = Source(manifest.source.name, {}, {(): place} if place else {})
    return with_gates(Field({"kind": "Configuration", "metadata": {"name": PARTIAL}}, source, manifest.report), gates)


def with_gates(configuration: Field, gates: Mapping[str, object]) -> Field:
    """A Configuration with more feature gates; those given here hold."""
    value = configuration.mapping()
    known = value.get("featureGates")
    all_gates = {**(known if isinstance(known, Mapping) else {}), **gates}
    said = {**value, "featureGates": all_gates} if all_gates else dict(value)
    return Field(said, configuration.source, configuration.report, configuration.path)


def joined(manifests: Sequence[Field]) -> list[Field]:
    """The manifests with the gates of the manager's arguments as part of the Configuration, where there is one."""
    parts = [item for item in manifests if _partial(item)]
    others = [item for item in manifests if not _partial(item)]
    at = next((number for number, item in enumerate(others) if item.get("kind").value == "Configuration"), None)
    if not parts or at is None:
        return [*others, *parts]
    for part in parts:
        others[at] = with_gates(others[at], part.get("featureGates").mapping())
    return others


def _partial(manifest: Field) -> bool:
    return manifest.get("kind").value == "Configuration" and manifest.get("metadata", "name").value == PARTIAL


def _of_text(manifest: Field, text: Field) -> Field:
    inner = inner_text(text)
    if inner is None:
        text.wrong("the manager's Configuration is a mapping in YAML")
        return manifest
    return replace(inner, value={"kind": "Configuration", **inner.mapping()})


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
