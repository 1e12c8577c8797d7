"""The pods of HyperPod's own kinds: training with spares and elasticity, inference endpoints, Spaces."""

from kueue_sim.inputs.kubernetes.instance_types import instance_type, instance_types
from kueue_sim.inputs.kueue.jobs.kinds import JobKind
from kueue_sim.inputs.kueue.jobs.roles import Role, Roles, count_of, template_of
from kueue_sim.inputs.text.field import Field, near_miss

INSTANCE_TYPE = "node.kubernetes.io/instance-type"


def _pytorch_job(manifest: Field, roles: Roles) -> list[Role]:
    """The replica specs in the user's order; spares are pods like the others, since quota is asked for them, too."""
    specs = manifest.get("spec", "replicaSpecs").items()
    if not specs:
        manifest.get("spec").wrong("replicaSpecs is missing")
    elastic = manifest.get("spec", "elasticPolicy")
    return [_replica_spec(item, elastic, roles) for item in specs]


def _replica_spec(item: Field, elastic: Field, roles: Roles) -> Role:
    """Pods of one replica spec. An elastic job is read at the size it has; without one, at its smallest."""
    least = elastic.get("minReplicas")
    replicas = count_of(item.get("replicas"), count_of(least) if least.present else 1)
    name = item.get("name").text("worker")
    return roles.of(item.get("template"), name, replicas + count_of(item.get("spares"), 0))


def _inference_endpoint(manifest: Field, roles: Roles) -> list[Role]:
    """One inference server for each replica, on its instance type."""
    spec = manifest.get("spec")
    kinds = spec.get("instanceType")
    worker = {"name": "worker", "resources": spec.get("worker", "resources").mapping()}
    first = [{"name": "init", **item.mapping()} for item in spec.get("kubernetes", "initContainers").items()]
    pod: dict[str, object] = {"containers": [worker], "initContainers": first}
    if kinds.present:
        pod["nodeSelector"] = {INSTANCE_TYPE: kinds.text()}
    if spec.get("nodeAffinity").present:
        pod["affinity"] = {"nodeAffinity": spec.get("nodeAffinity").value}
    return [roles.of(template_of(pod, spec), "main", count_of(spec.get("replicas")))]


def _jumpstart_model(manifest: Field, roles: Roles) -> list[Role]:
    """One server for each replica; its requests are not published, so all accelerators of the instance count."""
    spec = manifest.get("spec")
    kind, partition = spec.get("server", "instanceType"), spec.get("server", "acceleratorPartitionType")
    resources: dict[str, object] = {}
    if kind.needed("server.instanceType") in instance_types():
        whole = instance_type(kind.text())
        if partition.present:
            resources = {f"nvidia.com/{partition.text()}": 1}
        elif whole.accelerator_resource:
            resources = {whole.accelerator_resource: whole.accelerator_count}
    elif kind.text():
        kind.wrong(f"there is no instance type {kind.value!r}; {near_miss(kind.value, instance_types())}")
    container = {"name": "server", "resources": {"requests": resources, "limits": resources}}
    pod = {"containers": [container], "nodeSelector": {INSTANCE_TYPE: kind.text()}}
    return [roles.of(template_of(pod, spec), "main", count_of(spec.get("replicas")))]


def _workspace(manifest: Field, roles: Roles) -> list[Role]:
    """The one pod of a Space while it runs."""
    spec = manifest.get("spec")
    stopped = spec.get("desiredStatus").choice(("Running", "Stopped"), "Running") == "Stopped"
    pod: dict[str, object] = {
        key: spec.get(key).value for key in ("nodeSelector", "affinity", "tolerations") if spec.get(key).present
    }
    first = [item.mapping() for item in spec.get("initContainers").items()]
    container = {"name": "workspace", "resources": spec.get("resources").mapping()}
    pod |= {"containers": [container], "initContainers": first}
    return [roles.of(template_of(pod, spec), "main", 0 if stopped else 1)]


KINDS = (
    JobKind("HyperPodPyTorchJob", ("sagemaker.amazonaws.com",), "", _pytorch_job),
    JobKind("InferenceEndpointConfig", ("inference.sagemaker.aws.amazon.com",), "", _inference_endpoint, split="pods"),
    JobKind("JumpStartModel", ("inference.sagemaker.aws.amazon.com",), "", _jumpstart_model, split="pods"),
    JobKind("Workspace", ("workspace.jupyter.org",), "", _workspace, split="pods"),
)
