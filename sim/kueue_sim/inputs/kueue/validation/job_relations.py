"""What must fit together inside one job? Each function yields the fields that do not, with what is wrong."""

import re
from collections.abc import Iterator, Mapping

from kueue_sim.inputs.kueue.validation.forms import KEY
from kueue_sim.inputs.kueue.validation.relations import Wrong, accepting, amount, is_list, mappings
from kueue_sim.inputs.text.field import Field
from kueue_sim.units import is_accelerator, shortened

PREFIX = "kueue.x-k8s.io/"
ELASTIC = ("Job", "RayCluster", "RayJob", "RayService")
_REQUIRED, _PREFERRED, _UNCONSTRAINED = (
    f"{PREFIX}podset-{word}-topology" for word in ("required", "preferred", "unconstrained")
)
_SLICES, _SLICE_SIZE = f"{PREFIX}podset-slice-required-topology", f"{PREFIX}podset-slice-size"
_GROUP = f"{PREFIX}podset-group-name"
_TEMPLATES = (("spec", "template"), ("spec", "jobTemplate", "spec", "template"))
_RESTARTS = {
    **dict.fromkeys(("Job", "CronJob"), ("OnFailure", "Never")),
    **dict.fromkeys(("Deployment", "StatefulSet"), ("Always",)),
}
REFUSED = "the API server refuses a pod"
"""How remarks on pods begin that would never be."""
_TRUE, _FALSE = ("1", "t", "T", "true", "TRUE", "True"), ("0", "f", "F", "false", "FALSE", "False")
"""What Go's strconv.ParseBool takes."""


def _pod_specs(manifest: Field) -> Iterator[Field]:
    """The pod spec of an object of Kubernetes itself."""
    if manifest.get("kind").value == "Pod":
        yield manifest.get("spec")
        return
    for steps in _TEMPLATES:
        if manifest.get(*steps).present:
            yield manifest.get(*steps, "spec")


def _containers(spec: Field) -> list[Field]:
    return [*mappings(spec.get("initContainers")), *mappings(spec.get("containers"))]


@accepting("at least one container")
def containers_needed(manifest: Field) -> Wrong:
    """A pod has a container; templates that hold nothing at all are left to whoever needs them."""
    for spec in _pod_specs(manifest):
        if is_list(spec.get("containers")) and not spec.get("containers").items():
            yield spec.get("containers"), "the list is empty; at least one container is needed"


@accepting("names that differ, of init containers too")
def container_names(manifest: Field) -> Wrong:
    """No two containers of a pod are called alike."""
    for spec in _pod_specs(manifest):
        known: list[object] = []
        for container in _containers(spec):
            name = container.get("name")
            if name.present and name.value in known:
                yield name, f"a second container {shortened(name.value)}; names of containers differ"
            known.append(name.value)


@accepting("Indexed with completions")
def indexed_completions(manifest: Field) -> Wrong:
    """A Job whose pods have indices says how many there are."""
    mode = manifest.get("spec", "completionMode")
    if mode.value == "Indexed" and not manifest.get("spec", "completions").present:
        yield mode, "completionMode Indexed needs completions"


@accepting("OnFailure or Never of a Job, Always of what runs on; one that is absent is let pass")
def restart_policy(manifest: Field) -> Wrong:
    """A Job's pods end, those of a Deployment or StatefulSet do not."""
    kind = manifest.get("kind").value
    accepted = _RESTARTS.get(str(kind), ("Always", "OnFailure", "Never"))
    for spec in _pod_specs(manifest):
        policy = spec.get("restartPolicy")
        if policy.present and policy.value not in accepted:
            yield policy, f"{shortened(policy.value)} is not accepted for {kind}; accepted: {', '.join(accepted)}"


@accepting("no more than the limit, of devices the same")
def request_within_limit(manifest: Field) -> Wrong:
    """A container asks for no more than its limit, and for devices exactly for that."""
    for spec in _pod_specs(manifest):
        for container in _containers(spec):
            resources = container.get("resources")
            for name, child in resources.get("requests").entries():
                request, limit = amount(child), amount(resources.get("limits", name))
                if request is None or limit is None:
                    continue
                if request > limit:
                    yield (
                        child,
                        f"request {child.value} of {name} is above the limit {resources.get('limits', name).value}",
                    )
                elif "/" in name and request != limit:
                    yield (
                        child,
                        f"request {child.value} of {name} must equal the limit {resources.get('limits', name).value}",
                    )


def note_refused_resources(manifest: Field) -> None:
    """Remarks what containers ask for in a way that the API server refuses, each once for a kind: quota counts it all
    the same."""
    kind = manifest.get("kind").text()
    for spec in _pod_specs(manifest) if manifest.get("apiVersion").present else ():
        for container in _containers(spec):
            requests, limits = (container.get("resources", part) for part in ("requests", "limits"))
            for name, child in (*requests.entries(), *limits.entries()):
                why = _refused_resource(name, limits)
                if why:
                    text = f"{REFUSED} of a {kind} that asks so for {name}: {why}"
                    manifest.report.remarks.setdefault(text, child.source.place(child.path))


def _refused_resource(name: str, limits: Field) -> str:
    """Why the API server refuses a resource of a container, in its words; "" where it does not."""
    if "/" in name:
        return "" if limits.get(name).present else "Limit must be set for non overcommitable resources"
    return "must be a standard resource type or fully qualified" if is_accelerator(name) else ""


def _templates(field: Field) -> Iterator[Field]:
    """All pod templates below a field."""
    pending = [field]
    while pending:
        one = pending.pop()
        if isinstance(one.value, Mapping):
            if isinstance(one.get("spec").value, Mapping) and one.get("spec", "containers").present:
                yield one
            pending += [child for _, child in one.entries()]
        elif is_list(one):
            pending += one.items()


@accepting("one of required, preferred and unconstrained topology")
def one_topology_request(manifest: Field) -> Wrong:
    """A pod set asks for its topology in one way."""
    for template in _templates(manifest):
        annotations = template.get("metadata", "annotations")
        given = [name for name in (_REQUIRED, _PREFERRED, _UNCONSTRAINED) if annotations.get(name).present]
        if len(given) > 1:
            yield annotations, f"only one of the topology annotations is accepted: {', '.join(given)}"


@accepting("label names")
def topology_names(manifest: Field) -> Wrong:
    """A topology request names a level by its node label."""
    for template in _templates(manifest):
        for name in (_REQUIRED, _PREFERRED, _SLICES):
            level = template.get("metadata", "annotations").get(name)
            message = KEY.wrong(level, (0, 0)) if level.present else ""
            if message:
                yield level, message


@accepting("text, of two pod sets with the same required or preferred topology and without slices")
def pod_set_groups(manifest: Field) -> Wrong:
    """Two pod sets that are placed together say the same of their topology."""
    if manifest.get("kind").value == "Pod":
        return
    groups: dict[object, list[Field]] = {}
    for template in _templates(manifest):
        annotations = template.get("metadata", "annotations")
        group = annotations.get(_GROUP)
        if not group.present:
            continue
        groups.setdefault(group.value, []).append(annotations)
        if re.fullmatch(r"[0-9]+", str(group.value)):
            yield group, "must not be a number"
        for name in (_SLICE_SIZE, _SLICES):
            if annotations.get(name).present:
                yield group, f"may not be set when {name} is specified"
        if not (annotations.get(_REQUIRED).present or annotations.get(_PREFERRED).present):
            yield group, f"may not be set when neither {_PREFERRED} nor {_REQUIRED} is specified"
    for members in groups.values():
        if len(members) != 2:
            yield members[0].get(_GROUP), f"groups are of exactly 2 pod sets; this one is of {len(members)}"
        elif any(members[0].get(name).value != members[1].get(name).value for name in (_REQUIRED, _PREFERRED)):
            yield members[1].get(_GROUP), "both pod sets of a group need the same required or preferred topology"


@accepting("Job, RayCluster, RayJob, RayService")
def elastic_kinds(manifest: Field) -> Wrong:
    """Slices of a workload exist for some kinds only."""
    field, kind = manifest.get("metadata", "annotations").get(PREFIX + "elastic-job"), manifest.get("kind").value
    if field.value == "true" and kind not in ELASTIC:
        yield field, f"elastic job is not supported for {kind}; accepted: {', '.join(ELASTIC)}"


@accepting("not together with partial admission")
def elastic_alone(manifest: Field) -> Wrong:
    """A Job that grows by slices does not start with fewer pods."""
    least = manifest.get("metadata", "annotations").get(PREFIX + "job-min-parallelism")
    if _is_elastic(manifest) and least.present:
        yield least, "partial admission and elastic job cannot be used together"


@accepting("neither a required nor a preferred topology")
def elastic_topology(manifest: Field) -> Wrong:
    """A Job that grows by slices is not placed as a whole."""
    for template in _templates(manifest) if _is_elastic(manifest) else ():
        for name in (_REQUIRED, _PREFERRED):
            if template.get("metadata", "annotations").get(name).present:
                word = name.split("-")[-2]
                yield (
                    template.get("metadata", "annotations").get(name),
                    f"{word} topology is not supported with elastic jobs",
                )


def _is_elastic(manifest: Field) -> bool:
    return manifest.get("metadata", "annotations").get(PREFIX + "elastic-job").value == "true"


@accepting("either a rayClusterSpec, or a clusterSelector, whose RayJobs Kueue does not manage")
def ray_job_cluster(manifest: Field) -> Wrong:
    """Kueue manages RayJobs that make their own cluster."""
    spec = manifest.get("spec")
    if spec.get("clusterSelector").value and spec.get("rayClusterSpec").present:
        yield spec.get("clusterSelector"), "a kueue managed job should not use an existing cluster"
    elif not spec.get("clusterSelector").value and not spec.get("rayClusterSpec").present:
        yield spec, "rayClusterSpec is required for jobs that use no clusterSelector"


@accepting("Indexed Jobs with completions equal to parallelism")
def sync_completions(manifest: Field) -> Wrong:
    """Completions follow the parallelism of Indexed Jobs that start with equal numbers."""
    field = manifest.get("metadata", "annotations").get(PREFIX + "job-completions-equal-parallelism")
    if field.present and field.value not in (*_TRUE, *_FALSE):
        yield field, f"{field.value!r} is not true or false"
    if field.value not in _TRUE:
        return
    spec = manifest.get("spec")
    if spec.get("completionMode").value != "Indexed":
        yield field, "should not be enabled for NonIndexed jobs"
    if (spec.get("parallelism").value or 1) != (spec.get("completions").value or 1):
        yield spec.get("completions"), "should be equal to parallelism when completions follow parallelism"
