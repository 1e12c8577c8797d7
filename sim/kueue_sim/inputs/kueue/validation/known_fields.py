"""Which fields and versions do objects have? What else stands in one is refused by the API server."""

from collections.abc import Mapping

from kueue_sim.model import has_since

_KUEUE = ("kueue.x-k8s.io/v1beta2", "kueue.x-k8s.io/v1beta1")
_ALPHA = (*_KUEUE, "kueue.x-k8s.io/v1alpha1")
VERSIONS: Mapping[str, tuple[str, ...]] = {
    "AdmissionCheck": _KUEUE,
    "ClusterQueue": _KUEUE,
    "Cohort": _ALPHA,
    "LocalQueue": _KUEUE,
    "ResourceFlavor": _KUEUE,
    "Topology": _ALPHA,
    "Workload": _KUEUE,
    "WorkloadPriorityClass": _KUEUE,
    "Namespace": ("v1",),
    "Node": ("v1",),
    "LimitRange": ("v1",),
    "Pod": ("v1",),
    "Job": ("batch/v1",),
    "CronJob": ("batch/v1", "batch/v1beta1"),
    "Deployment": ("apps/v1",),
    "StatefulSet": ("apps/v1",),
    "PriorityClass": ("scheduling.k8s.io/v1", "scheduling.k8s.io/v1beta1"),
}
"""Accepted versions by kind. Other kinds come with controllers of their own, whose versions change."""
_V1BETA2 = ("v1beta2", "0.15.0", "")
_SERVED: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "Cohort": (_V1BETA2, ("v1beta1", "0.13.0", ""), ("v1alpha1", "0.10.0", "0.13.0")),
    "Topology": (_V1BETA2, ("v1beta1", "0.14.0", ""), ("v1alpha1", "0.10.0", "0.14.0")),
}
_ALWAYS = (_V1BETA2, ("v1beta1", "0.10.0", ""))
"""A version of Kueue's objects, the first release whose API server serves it, and the first that does no more."""
FIELDS_SINCE: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]] = {
    "ClusterQueue": (
        (("flavorFungibility", "preference"), "0.15.0"),
        (("admissionScope",), "0.12.0"),
        (("concurrentAdmissionPolicy",), "0.18.0"),
    ),
    "Cohort": ((("fairSharing",), "0.11.0"),),
}
"""Fields of ``spec`` that came after 0.10, and the first release that has them."""


def served(kind: str, release: str, group: str = "kueue.x-k8s.io") -> tuple[str, ...]:
    """The versions in which a release of Kueue takes objects of one of its kinds, newest first (V9)."""
    return tuple(
        f"{group}/{version}"
        for version, first, end in _SERVED.get(kind, _ALWAYS)
        if has_since(release, first) and not (end and has_since(release, end))
    )


_OBJECT = ("apiVersion", "kind", "metadata")
OBJECT = (*_OBJECT, "spec", "status")
PRIORITY_CLASS = (*_OBJECT, "value", "description")
METADATA = (
    *("annotations", "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "finalizers"),
    *("generateName", "generation", "labels", "managedFields", "name", "namespace", "ownerReferences"),
    *("resourceVersion", "selfLink", "uid"),
)
WORKLOAD_SPEC = (
    *("active", "maximumExecutionTimeSeconds", "podSets", "preemptionGates", "priority", "priorityClassName"),
    *("priorityClassRef", "priorityClassSource", "queueName"),
)
TOPOLOGY_REQUEST = (
    *("required", "preferred", "unconstrained", "podIndexLabel", "subGroupIndexLabel", "subGroupCount"),
    *("podSetGroupName", "podSetSliceRequiredTopology", "podSetSliceSize", "podsetSliceRequiredTopologyConstraints"),
)
JOB_SPEC = (
    *("activeDeadlineSeconds", "backoffLimit", "backoffLimitPerIndex", "completionMode", "completions"),
    *("managedBy", "manualSelector", "maxFailedIndexes", "parallelism", "podFailurePolicy", "podReplacementPolicy"),
    *("selector", "successPolicy", "suspend", "template", "ttlSecondsAfterFinished"),
)
