"""The pods of RayClusters, RayJobs and RayServices, with the containers that KubeRay adds to them."""

from dataclasses import replace

from kueue_sim.inputs.kubernetes.pods import PREFIX, amounts
from kueue_sim.inputs.kueue.jobs.kinds import JobKind
from kueue_sim.inputs.kueue.jobs.roles import Role, Roles, count_of, template_of, with_container
from kueue_sim.inputs.kueue.release import is_at_least
from kueue_sim.inputs.text.field import Field
from kueue_sim.units import exact_quantity

AUTOSCALER = {"requests": {"cpu": "500m", "memory": "512Mi"}}
SUBMITTER = {"requests": {"cpu": "500m", "memory": "200Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}}
"""Resources of the containers that KubeRay adds, where the manifest says none."""
REDIS_CLEANUP = {"cpu": "200m", "memory": "256Mi"}
"""What KubeRay's job that empties Redis asks for; the head is counted with no less."""
FAULT_TOLERANT, ELASTIC = "ray.io/ft-enabled", PREFIX + "elastic-job"


def cluster_roles(cluster: Field, manifest: Field, roles: Roles, sidecar: bool = False) -> list[Role]:
    """Head and worker groups of a cluster's spec. ``sidecar``: the head also submits a RayJob."""
    head = cluster.get("headGroupSpec", "template")
    if _keeps_state_in_redis(cluster, manifest) and is_at_least(roles.settings, "0.17"):
        head = _with_redis_cleanup(head)
    if cluster.get("enableInTreeAutoscaling").boolean() and is_at_least(roles.settings, "0.19"):
        _note_autoscaling(manifest, roles)
        own = cluster.get("autoscalerOptions", "resources")
        head = with_container(head, "autoscaler", own.mapping() if own.present else AUTOSCALER)
    if sidecar and is_at_least(roles.settings, "0.17"):
        head = with_container(head, "ray-job-submitter", SUBMITTER)
    return [roles.of(head, "head", 1), *(_workers(item, roles) for item in cluster.get("workerGroupSpecs").items())]


def _note_autoscaling(manifest: Field, roles: Roles) -> None:
    """Says what becomes of autoscaling: Kueue takes it of elastic jobs only, and nobody scales here by itself."""
    what = f"{manifest.get('kind').text()} {manifest.get('metadata').first('name', 'generateName').text()}"
    refused = (
        ""
        if manifest.get("metadata", "annotations").get(ELASTIC).value == "true"
        else (f'; Kueue refuses the {manifest.get("kind").text()} without the annotation {ELASTIC}: "true"')
    )
    note = f"{what}: the autoscaler is counted, its scaling is not played but by actions of the timeline{refused}"
    roles.directory.companions.notes[note] = None


def _note_shutdown(manifest: Field, roles: Roles) -> None:
    """Says that Kueue wants the cluster to go with the job."""
    name = manifest.get("metadata").first("name", "generateName").text()
    note = f"RayJob {name}: Kueue refuses a RayJob without shutdownAfterJobFinishes: true"
    roles.directory.companions.notes[note] = None


def _workers(item: Field, roles: Roles) -> Role:
    """A group of workers; without ``replicas`` KubeRay's API has none of them until somebody scales the group."""
    name = item.get("groupName")
    if name.value == "head":
        name.wrong("'head' is reserved for the head group")
    count = count_of(item.get("replicas"), 0) * max(1, count_of(item.get("numOfHosts")))
    return roles.of(item.get("template"), name.needed("groupName"), count)


def _keeps_state_in_redis(cluster: Field, manifest: Field) -> bool:
    """Whether the cluster survives the loss of its head: KubeRay then empties Redis at the end."""
    annotation = manifest.get("metadata", "annotations", FAULT_TOLERANT)
    return cluster.get("gcsFaultToleranceOptions").present or annotation.value == "true"


def _with_redis_cleanup(template: Field) -> Field:
    """The template with at least the requests of the job that empties Redis on its first container."""
    containers = [item.value for item in template.get("spec", "containers").items()]
    first = template.get("spec", "containers").items()[:1]
    if not first:
        return template
    resources = first[0].get("resources")
    given = resources.get("requests").mapping()
    exact = amounts(resources.get("requests"))
    raised = {name: least for name, least in REDIS_CLEANUP.items() if exact.get(name, 0) < exact_quantity(least)}
    merged = {**first[0].mapping(), "resources": {**resources.mapping(), "requests": {**given, **raised}}}
    spec = {**template.get("spec").mapping(), "containers": [merged, *containers[1:]]}
    return replace(template, value={**template.mapping(), "spec": spec})


def _ray_cluster(manifest: Field, roles: Roles) -> list[Role]:
    return cluster_roles(manifest.get("spec"), manifest, roles)


def _ray_service(manifest: Field, roles: Roles) -> list[Role]:
    return cluster_roles(manifest.get("spec").first("rayClusterConfig", "rayClusterSpec"), manifest, roles)


def _ray_job(manifest: Field, roles: Roles) -> list[Role]:
    """Head, workers and, unless another mode is chosen, the pod that submits."""
    spec = manifest.get("spec")
    if spec.get("shutdownAfterJobFinishes").value is not True:
        _note_shutdown(manifest, roles)
    mode = spec.get("submissionMode").choice(("K8sJobMode", "HTTPMode", "InteractiveMode", "SidecarMode"), "K8sJobMode")
    found = cluster_roles(spec.get("rayClusterSpec"), manifest, roles, sidecar=mode == "SidecarMode")
    if mode != "K8sJobMode":
        return found
    template = spec.get("submitterPodTemplate")
    if not template.present:
        template = template_of({"containers": [{"name": "ray-job-submitter", "resources": SUBMITTER}]}, spec)
    return [*found, roles.of(template, "submitter", 1)]


KINDS = (
    JobKind("RayCluster", ("ray.io",), "ray.io/raycluster", _ray_cluster),
    JobKind("RayJob", ("ray.io",), "ray.io/rayjob", _ray_job),
    JobKind("RayService", ("ray.io",), "ray.io/rayservice", _ray_service),
)
