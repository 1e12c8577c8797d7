"""Which fields and versions do objects have? What else stands in one is refused by the API server."""

from collections.abc import Mapping

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
_OBJECT = ("apiVersion", "kind", "metadata")
TOP: Mapping[str, tuple[str, ...]] = {
    "": (*_OBJECT, "spec", "status"),
    "WorkloadPriorityClass": (*_OBJECT, "value", "description"),
}
METADATA = (
    *("annotations", "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "finalizers"),
    *("generateName", "generation", "labels", "managedFields", "name", "namespace", "ownerReferences"),
    *("resourceVersion", "selfLink", "uid"),
)
WORKLOAD_SPEC = (
    *("active", "maximumExecutionTimeSeconds", "podSets", "preemptionGates", "priority", "priorityClassName"),
    *("priorityClassRef", "priorityClassSource", "queueName"),
)
JOB_SPEC = (
    *("activeDeadlineSeconds", "backoffLimit", "backoffLimitPerIndex", "completionMode", "completions"),
    *("managedBy", "manualSelector", "maxFailedIndexes", "parallelism", "podFailurePolicy", "podReplacementPolicy"),
    *("selector", "successPolicy", "suspend", "template", "ttlSecondsAfterFinished"),
)
