"""What a dumped object holds where the import looks: objects of another shape are told, with their place, and left out.

Kueue's controllers and the API server write dumps, so nothing else is checked here: what is no mapping, list, text,
number or instant where one belongs was damaged on its way.
"""

from collections.abc import Mapping

from kueue_sim.inputs.recorded.topology_encoding import what_is_lacking
from kueue_sim.inputs.text.field import Field
from kueue_sim.units import exact_quantity, is_instant

TEXT, NUMBER, TRUTH = "text", "a whole number", "true or false"
AMOUNT = "a Kubernetes quantity (examples: 4, 500m, 1.5, 16Gi)"
INSTANT = "an instant such as 2026-01-31T08:00:00Z"
_TEXTS = {"*": TEXT}
_AMOUNTS = {"*": AMOUNT}
_CONDITIONS = [{"type": TEXT, "status": TEXT, "reason": TEXT, "message": TEXT, "lastTransitionTime": INSTANT}]
_METADATA = {
    "name": TEXT, "namespace": TEXT, "uid": TEXT, "creationTimestamp": INSTANT, "deletionTimestamp": INSTANT,
    "labels": _TEXTS, "annotations": _TEXTS, "ownerReferences": [{"kind": TEXT, "name": TEXT, "uid": TEXT}],
}  # fmt: skip
_POD = {
    "nodeName": TEXT, "schedulerName": TEXT, "nodeSelector": _TEXTS, "overhead": _AMOUNTS, "tolerations": [{}],
    "runtimeClassName": TEXT, "resourceClaims": [{}],
    "containers": [{"resources": {"requests": _AMOUNTS, "limits": _AMOUNTS}}],
    "initContainers": [{"resources": {"requests": _AMOUNTS, "limits": _AMOUNTS}}],
}  # fmt: skip
_ASSIGNMENT = {
    "name": TEXT, "count": NUMBER, "flavors": _TEXTS, "resourceUsage": _AMOUNTS, "delayedTopologyRequest": TEXT,
    "topologyAssignment": {
        "levels": [TEXT],
        "domains": [{"values": [TEXT], "count": NUMBER}],
        "slices": [
            {
                "domainCount": NUMBER,
                "podCounts": {"universal": NUMBER, "individual": [NUMBER]},
                "valuesPerLevel": [
                    {"universal": TEXT, "individual": {"prefix": TEXT, "suffix": TEXT, "roots": [TEXT]}}
                ],
            }
        ],
    },
}  # fmt: skip
_CHECK = {
    "name": TEXT, "state": TEXT, "message": TEXT, "lastTransitionTime": INSTANT, "retryCount": NUMBER,
    "requeueAfterSeconds": NUMBER,
    "podSetUpdates": [{"name": TEXT, "nodeSelector": _TEXTS, "tolerations": [{}]}],
}  # fmt: skip
_QUOTAS = [
    {
        "coveredResources": [TEXT],
        "flavors": [
            {
                "name": TEXT,
                "resources": [{"name": TEXT, "nominalQuota": AMOUNT, "borrowingLimit": AMOUNT, "lendingLimit": AMOUNT}],
            }
        ],
    }
]
_WORKLOAD = {
    "spec": {
        "queueName": TEXT, "active": TRUTH, "priority": NUMBER, "priorityClassName": TEXT, "priorityClassRef": {},
        "podSets": [{"name": TEXT, "count": NUMBER, "minCount": NUMBER, "template": {"metadata": {}, "spec": _POD}}],
    },
    "status": {
        "admission": {"clusterQueue": TEXT, "podSetAssignments": [_ASSIGNMENT]},
        "conditions": _CONDITIONS,
        "admissionChecks": [_CHECK],
        "requeueState": {"count": NUMBER, "requeueAt": INSTANT},
        "reclaimablePods": [{"name": TEXT, "count": NUMBER}],
        "resourceRequests": [{"name": TEXT, "resources": _AMOUNTS}],
        "schedulingStats": {"evictions": [{"reason": TEXT, "underlyingCause": TEXT, "count": NUMBER}]},
        "unhealthyNodes": [{"name": TEXT}],
        "clusterName": TEXT,
        "accumulatedPastExecutionTimeSeconds": NUMBER,
        "accumulatedPastExexcutionTimeSeconds": NUMBER,
    },
}  # fmt: skip
_QUEUE = {
    "spec": {
        "cohort": TEXT, "cohortName": TEXT, "parentName": TEXT, "resourceGroups": _QUOTAS, "admissionChecks": [TEXT],
        "admissionChecksStrategy": {"admissionChecks": [{"name": TEXT, "onFlavors": [TEXT]}]},
        "preemption": {}, "flavorFungibility": {}, "fairSharing": {}, "admissionScope": {},
        "namespaceSelector": {
            "matchLabels": _TEXTS, "matchExpressions": [{"key": TEXT, "operator": TEXT, "values": [TEXT]}],
        },
    },
    "status": {"conditions": _CONDITIONS, "reservingWorkloads": NUMBER, "fairSharing": {}},
}  # fmt: skip
_USAGE = {"admissionFairSharingStatus": {"consumedResources": _AMOUNTS, "lastUpdate": INSTANT}}
_SHAPES: Mapping[str, Mapping[str, object]] = {
    "Workload": _WORKLOAD,
    "ClusterQueue": _QUEUE,
    "Cohort": _QUEUE,
    "LocalQueue": {
        "spec": {"clusterQueue": TEXT, "fairSharing": {}},
        "status": {"conditions": _CONDITIONS, "fairSharing": _USAGE},
    },
    "ResourceFlavor": {"spec": {"topologyName": TEXT, "nodeLabels": _TEXTS}},
    "Topology": {"spec": {"levels": [{"nodeLabel": TEXT}]}},
    "AdmissionCheck": {"spec": {"controllerName": TEXT}, "status": {"conditions": _CONDITIONS}},
    "Node": {
        "spec": {"taints": [{"key": TEXT, "value": TEXT, "effect": TEXT}], "unschedulable": TRUTH},
        "status": {"allocatable": _AMOUNTS, "capacity": _AMOUNTS, "conditions": _CONDITIONS},
    },
    "Pod": {"spec": _POD, "status": {"phase": TEXT, "conditions": _CONDITIONS}},
    "ConfigMap": {"data": _TEXTS},
    "RuntimeClass": {"overhead": {"podFixed": _AMOUNTS}},
}

_SPECIFIED = frozenset(("LocalQueue", "Workload"))
"""Kinds that mean nothing without a spec."""


def is_shaped(manifest: Field) -> bool:
    """Whether an object has the shape that its kind has; where not, the mistakes are noted."""
    before = len(manifest.report.mistakes)
    kind = manifest.get("kind").value
    if not isinstance(kind, str):
        manifest.get("kind").unexpected(TEXT)
        return False
    if kind in _SPECIFIED and not manifest.get("spec").present:
        manifest.wrong(f"a {kind} has a spec; none stands here")
        return False
    shape = {"metadata": _METADATA, **_SHAPES.get(kind, {"spec": {}, "status": {}})}
    if not _fits(manifest.value, shape):
        _check(manifest, shape)
    elif kind == "Workload":
        for part in manifest.get("status").get("admission").get("podSetAssignments").items():
            places = part.get("topologyAssignment")
            lacking = what_is_lacking(places.mapping()) if places.present else ""
            if lacking:
                places.wrong(lacking)
    return len(manifest.report.mistakes) == before


def _fits(value: object, shape: object) -> bool:
    """Whether nothing is wrong, found out without places: of a large dump nearly every object."""
    if isinstance(shape, Mapping):
        if not isinstance(value, dict):
            return False
        others = shape.get("*")
        names = value if others is not None else shape
        return all(value.get(name) is None or _fits(value[name], shape.get(name, others)) for name in names)
    if isinstance(shape, list):
        return isinstance(value, list) and all(_fits(item, shape[0]) for item in value)
    return _is(value, shape)


def _check(field: Field, shape: object) -> None:
    if not field.present:
        return
    if isinstance(shape, Mapping):
        inner = field.mapping()
        names = inner if "*" in shape else shape
        for name in names:
            _check(field.get(str(name)), shape.get(str(name), shape.get("*")))
    elif isinstance(shape, list):
        for item in field.items():
            if item.present:
                _check(item, shape[0])
            else:
                item.wrong("nothing stands here")
    elif not _is(field.value, shape):
        field.unexpected(str(shape))


def _is(value: object, what: object) -> bool:
    if what == TRUTH:
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if what == INSTANT:
        return isinstance(value, str) and is_instant(value)
    if what == AMOUNT:
        return isinstance(value, str | int | float) and _is_quantity(value)
    return isinstance(value, str if what == TEXT else int)


def _is_quantity(value: str | int | float) -> bool:
    try:
        exact_quantity(value)
    except ValueError:
        return False
    return True
