"""The pods of an AppWrapper: pod templates inside the objects it wraps, declared or found by the wrapped kind."""

import re

from kueue_sim.inputs.kueue.jobs.batch import pods_of
from kueue_sim.inputs.kueue.jobs.kinds import JobKind
from kueue_sim.inputs.kueue.jobs.roles import Role, Roles, count_of
from kueue_sim.inputs.text.field import Field

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_PATH = re.compile(r"template(\.[^.\[\]]+|\[\d+\])*")
_INFERRED = ("Deployment", "Job", "JobSet", "Pod", "PyTorchJob", "RayCluster", "RayJob", "StatefulSet")
Templates = list[tuple[Field, int]]


def _appwrapper(manifest: Field, roles: Roles) -> list[Role]:
    """The roles in the order of the components, named after the AppWrapper and numbered."""
    found = [one for item in manifest.get("spec", "components").items() for one in _component(item)]
    name = manifest.get("metadata").first("name", "generateName").text()
    return [roles.of(template, f"{name}-{index}", count) for index, (template, count) in enumerate(found)]


def _component(item: Field) -> Templates:
    """The pod templates of one component: as it declares them, else as its kind has them."""
    declared = item.get("podSets").items()
    if declared:
        return [_declared(item, one) for one in declared]
    wrapped = item.get("template")
    kind = wrapped.get("kind").text()
    if not wrapped.present:
        item.wrong("template is missing")
    elif kind not in _INFERRED:
        return []
    return _inferred(wrapped, kind)


def _declared(item: Field, pod_set: Field) -> tuple[Field, int]:
    """The pod template at the path of a declared pod set, and how many pods it has."""
    path, at = pod_set.get("path"), item.get("template")
    text = path.needed("path")
    if text and not _PATH.fullmatch(text):
        path.wrong(f"{text!r} is no path; it begins with template (example: template.spec.template)")
    for key, index in _STEP.findall(text):
        items = at.items() if index else []
        at = at.get(key) if key else items[int(index)] if int(index) < len(items) else at.get("")
    if text and not at.get("spec").present:
        path.wrong(f"there is no pod template at {text}")
    return at, count_of(pod_set.get("replicas"))


def _inferred(wrapped: Field, kind: str) -> Templates:
    """What the AppWrapper controller finds by itself; other kinds have pods only where they are declared."""
    spec = wrapped.get("spec")
    if kind == "Pod":
        return [(wrapped, 1)]
    if kind == "Job":
        return [(spec.get("template"), pods_of(spec))]
    if kind == "JobSet":
        return [
            (item.get("template", "spec", "template"), pods_of(item.get("template", "spec")) * _replicas(item))
            for item in spec.get("replicatedJobs").items()
        ]
    if kind == "PyTorchJob":
        given = [spec.get("pytorchReplicaSpecs", role) for role in ("Master", "Worker")]
        return [(item.get("template"), _replicas(item)) for item in given if item.present]
    if kind in ("RayCluster", "RayJob"):
        cluster = spec.get("rayClusterSpec") if kind == "RayJob" else spec
        workers = [(item.get("template"), _replicas(item)) for item in cluster.get("workerGroupSpecs").items()]
        return [(cluster.get("headGroupSpec", "template"), 1), *workers]
    return [(spec.get("template"), _replicas(spec))]


def _replicas(item: Field) -> int:
    return count_of(item.get("replicas"))


KINDS = (JobKind("AppWrapper", ("workload.codeflare.dev",), "workload.codeflare.dev/appwrapper", _appwrapper),)
