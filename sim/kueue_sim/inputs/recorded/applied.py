"""Which part of a dumped object would a user apply? Without status, bookkeeping, and what decides nothing."""

from collections.abc import Mapping
from typing import Any

from kueue_sim.inputs.recorded.conditions import Manifest, status_of

_POD_SPEC = (
    "containers",
    "initContainers",
    "overhead",
    "resources",
    "nodeSelector",
    "affinity",
    "tolerations",
    "priorityClassName",
    "resourceClaims",
    "runtimeClassName",
)
_CONTAINER = ("name", "resources", "restartPolicy")
_BOOKKEEPING = ("kubectl.kubernetes.io/last-applied-configuration",)
_KEPT_STATUS = ("reclaimablePods", "preemptionGates")
"""Parts of a Workload's status that its manifest says also in a scenario."""


def metadata_of(manifest: Mapping[str, Any], *more: str) -> Manifest:
    """Name, namespace and labels, and what else is asked for; annotations without kubectl's own."""
    kept = ("name", "namespace", "labels", *more)
    found = {key: value for key, value in manifest["metadata"].items() if key in kept}
    annotations = {
        key: value for key, value in (found.pop("annotations", None) or {}).items() if key not in _BOOKKEEPING
    }
    return {**found, "annotations": annotations} if annotations else found


def applied(manifest: Manifest) -> Manifest:
    """An object as it would be applied: without status and what the API server adds."""
    kept = {key: value for key, value in manifest.items() if key != "status"}
    return {**kept, "metadata": metadata_of(manifest, "annotations")}


def local_queue(manifest: Manifest) -> Manifest:
    """A LocalQueue with the usage it consumed so far, which usage-based admission goes on from."""
    consumed = (status_of(manifest).get("fairSharing") or {}).get("admissionFairSharingStatus")
    kept = applied(manifest)
    return {**kept, "status": {"fairSharing": {"admissionFairSharingStatus": consumed}}} if consumed else kept


def admission_check(manifest: Manifest) -> Manifest:
    """An AdmissionCheck with its condition Active, without which its queues admit nothing."""
    conditions = [one for one in status_of(manifest).get("conditions") or () if one.get("type") == "Active"]
    kept = applied(manifest)
    return {**kept, "status": {"conditions": conditions}} if conditions else kept


def node(manifest: Manifest) -> Manifest:
    """A Node: labels, taints, what it can hold, and whether it is ready."""
    status = status_of(manifest)
    ready = [item for item in status.get("conditions") or [] if item.get("type") == "Ready"]
    spec = {key: value for key, value in (manifest.get("spec") or {}).items() if key in ("taints", "unschedulable")}
    return {
        "kind": "Node",
        "metadata": metadata_of(manifest),
        "spec": spec,
        "status": {
            "allocatable": status.get("allocatable") or status.get("capacity") or {},
            "conditions": [{"type": "Ready", "status": item.get("status")} for item in ready],
        },
    }


def pod(manifest: Manifest) -> Manifest:
    """A Pod on a node that Kueue does not place."""
    spec = {**pod_spec(manifest.get("spec") or {}), "nodeName": (manifest.get("spec") or {}).get("nodeName")}
    status = {"phase": status_of(manifest).get("phase")}
    return {"kind": "Pod", "metadata": metadata_of(manifest, "annotations"), "spec": spec, "status": status}


def pod_spec(spec: Mapping[str, Any]) -> Manifest:
    """The part of a pod's spec that decides about quota and nodes."""
    kept = {key: value for key, value in spec.items() if key in _POD_SPEC}
    for name in ("containers", "initContainers"):
        if name in kept:
            kept[name] = [{key: item[key] for key in _CONTAINER if key in item} for item in kept[name] or ()]
    return kept


def workload(manifest: Manifest) -> Manifest:
    """A Workload with its uid, which decides between equals."""
    spec = dict(manifest.get("spec") or {})
    spec["podSets"] = [
        {**pod_set, "template": {"spec": pod_spec((pod_set.get("template") or {}).get("spec") or {})}}
        for pod_set in spec.get("podSets") or []
    ]
    metadata = metadata_of(manifest, "uid", "annotations", "ownerReferences")
    status = {key: value for key, value in status_of(manifest).items() if key in _KEPT_STATUS}
    found: Manifest = {
        "apiVersion": manifest.get("apiVersion"),
        "kind": "Workload",
        "metadata": metadata,
        "spec": spec,
    }
    return {**found, "status": status} if status else found
