"""The pods of a TrainJob (Kubeflow Trainer v2): those of its training runtime, in the TrainJob's number and size."""

from collections.abc import Mapping
from dataclasses import replace

from kueue_sim.inputs.kueue.jobs.batch import pods_of
from kueue_sim.inputs.kueue.jobs.kinds import JobKind
from kueue_sim.inputs.kueue.jobs.roles import Role, Roles, count_of, template_of
from kueue_sim.inputs.text.field import Field

ANCESTOR = "trainer.kubeflow.org/trainjob-ancestor-step"
NODE = "node"
"""Name of the container that trains, and of the replicated Job of MPI's nodes."""
_OVERRIDDEN = ("nodeSelector", "tolerations", "affinity")
"""Fields of a pod spec that a TrainJob may change and that count here."""


def _trainjob(manifest: Field, roles: Roles) -> list[Role]:
    """One role for each replicated Job of the runtime; the training nodes alone when the runtime is not known."""
    spec = manifest.get("spec")
    runtime = roles.directory.companions.training_runtime(spec.get("runtimeRef"), roles.namespace)
    if runtime is None:
        return [_nodes(spec, roles)]
    policy = runtime.get("spec", "mlPolicy")
    jobs = runtime.get("spec", "template", "spec", "replicatedJobs").items()
    return [_replicated(job, policy, spec, roles) for job in jobs]


def _nodes(spec: Field, roles: Roles) -> Role:
    """The nodes of a runtime that no manifest describes: pods of one container, as in the runtimes Trainer ships."""
    trainer = spec.get("trainer")
    pod = {"containers": [{"name": NODE, "resources": trainer.get("resourcesPerNode").mapping()}]}
    return roles.of(_overridden(template_of(pod, spec), NODE, spec), NODE, count_of(trainer.get("numNodes")))


def _replicated(job: Field, policy: Field, spec: Field, roles: Roles) -> Role:
    name, trainer = job.get("name").needed("name"), spec.get("trainer")
    step = job.get("template", "metadata", "labels").get(ANCESTOR).value
    template = _overridden(job.get("template", "spec", "template"), name, spec)
    if policy.present and (step == "trainer" or (name == NODE and _launcher_trains(policy))):
        template = _sized(template, trainer.get("resourcesPerNode"))
    replicas = 1 if step else count_of(job.get("replicas"))
    return roles.of(template, name, replicas * _pods(job, name, step == "trainer", policy, trainer))


def _launcher_trains(policy: Field) -> bool:
    return policy.get("mpi", "runLauncherAsNode").boolean()


def _pods(job: Field, name: str, trains: bool, policy: Field, trainer: Field) -> int:
    """Pods of one replica: with MPI the node Job has the TrainJob's number of nodes, else the Job that trains."""
    wanted = trainer.get("numNodes")
    if policy.get("mpi").present:
        if name == NODE and wanted.present:
            return max(count_of(wanted) - 1, 1) if _launcher_trains(policy) else count_of(wanted)
    elif trains and wanted.present:
        return count_of(wanted)
    return count_of(policy.get("numNodes")) if trains and policy.present else pods_of(job.get("template", "spec"))


def _sized(template: Field, resources: Field) -> Field:
    """The template with the TrainJob's resources for the container that trains."""
    if not resources.present:
        return template
    containers = [_with_resources(item, resources) for item in template.get("spec", "containers").items()]
    return _with_spec(template, {"containers": containers})


def _with_resources(container: Field, resources: Field) -> Mapping[str, object]:
    if container.get("name").value != NODE:
        return container.mapping()
    parts = ("requests", "limits")
    own = {part: dict(container.get("resources", part).mapping()) for part in parts}
    merged = {part: {**own[part], **resources.get(part).mapping()} for part in parts}
    return {**container.mapping(), "resources": merged}


def _overridden(template: Field, job: str, spec: Field) -> Field:
    """The template with what the TrainJob overrides in the pods of one replicated Job."""
    for change in _overrides(spec, job):
        selector = {**template.get("spec", "nodeSelector").mapping(), **change.get("nodeSelector").mapping()}
        changed = {key: change.get(key).value for key in _OVERRIDDEN if change.get(key).present}
        template = _with_spec(template, {**changed, **({"nodeSelector": selector} if selector else {})})
    return template


def _overrides(spec: Field, job: str) -> list[Field]:
    """The changes of pod specs, in each of the forms that Trainer's releases have for them."""
    found = []
    for item in spec.first("podTemplateOverrides", "podSpecOverrides").items():
        if any(target.get("name").value == job for target in item.get("targetJobs").items()):
            found.append(item.get("spec") if item.get("spec").present else item)
    for patch in spec.get("runtimePatches").items():
        for item in patch.get("trainingRuntimeSpec", "template", "spec", "replicatedJobs").items():
            if item.get("name").value == job:
                found.append(item.get("template", "spec", "template", "spec"))
    return found


def _with_spec(template: Field, changed: Mapping[str, object]) -> Field:
    return replace(template, value={**template.mapping(), "spec": {**template.get("spec").mapping(), **changed}})


KINDS = (JobKind("TrainJob", ("trainer.kubeflow.org",), "trainer.kubeflow.org/trainjob", _trainjob),)
