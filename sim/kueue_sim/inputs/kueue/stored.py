"""What does an object say in a cluster that its manifest leaves out? Operations of a JSON patch may name it."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace

from kueue_sim.inputs.text.field import Field
from kueue_sim.inputs.text.json_patch import json_patched

Values = Mapping[str, object]
_FUNGIBILITY = {"whenCanBorrow": "MayStopSearch", "whenCanPreempt": "TryNextFlavor"}
_PREEMPTION = {
    "reclaimWithinCohort": "Never",
    "withinClusterQueue": "Never",
    "borrowWithinCohort": {"policy": "Never"},
}
_QUEUE = {
    "queueingStrategy": "BestEffortFIFO",
    "stopPolicy": "None",
    "flavorFungibility": _FUNGIBILITY,
    "preemption": _PREEMPTION,
}
_ONE = {"replicas": 1}
DEFAULTS: Mapping[str, Values] = {
    "ClusterQueue": _QUEUE,
    "LocalQueue": {"stopPolicy": "None"},
    "Job": {"parallelism": 1, "suspend": True},
    "JobSet": {"suspend": True},
    "Workload": {"active": True},
    **dict.fromkeys(("Deployment", "StatefulSet", "LeaderWorkerSet"), _ONE),
}
"""Kind -> what its spec says where nobody says otherwise; Kueue's webhook suspends jobs as they come."""


def operated(manifest: Field, operations: Field) -> Field:
    """The object, as a cluster has it, after the operations of a JSON patch; the manifest itself stays as it is."""
    return json_patched(_as_stored(replace(manifest, value=deepcopy(manifest.value))), operations)


def _as_stored(manifest: Field) -> Field:
    """The object with the defaults of its kind."""
    defaults, value = DEFAULTS.get(str(manifest.get("kind").value)), manifest.value
    spec = manifest.get("spec").value
    if defaults is None or not isinstance(value, Mapping) or not isinstance(spec, Mapping):
        return manifest
    return replace(manifest, value={**value, "spec": _completed(spec, defaults)})


def _completed(given: Values, defaults: Values) -> dict[str, object]:
    """A mapping with what it leaves out, to any depth."""
    completed = {**defaults, **given}
    for name, value in defaults.items():
        own = given.get(name)
        if isinstance(value, Mapping) and isinstance(own, Mapping):
            completed[name] = _completed(own, value)
        elif isinstance(value, Mapping) and own is None:
            completed[name] = _completed({}, value)
    return completed
