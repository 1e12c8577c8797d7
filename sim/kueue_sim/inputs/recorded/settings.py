"""How is Kueue configured? What the statuses of a dump betray of a Configuration that is no object."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kueue_sim.inputs.recorded.conditions import Manifest, condition, status_of

_SLICE = "kueue.x-k8s.io/workload-slice-replacement-for"
_ELASTIC = "kueue.x-k8s.io/elastic-job"


@dataclass(slots=True)
class Betrayed:
    """The ``kueue`` section that statuses speak for, and one sentence about each part of it."""

    section: Manifest = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def betrayed_settings(objects: Iterable[Mapping[str, Any]], configuration: Mapping[str, Any] | None) -> Betrayed:
    """What is to be added to the Configuration of the dump, None when it holds none.

    Fair sharing writes a share into every ClusterQueue, usage-based admission into every LocalQueue, and
    waitForPodsReady a condition into Workloads; slices of elastic work carry an annotation.
    """
    found = Betrayed()
    signs = _signs(objects)
    given: Mapping[str, Any] = configuration or {}
    on: Manifest = {} if str(given.get("apiVersion") or "").endswith("v1beta2") else {"enable": True}
    made: Manifest = {}
    if signs["fair"] and not given.get("fairSharing"):
        made["fairSharing"] = dict(on)
        found.notes.append("fair sharing is on: ClusterQueues have a status.fairSharing")
    if signs["usage"] and not given.get("admissionFairSharing"):
        made["admissionFairSharing"] = {"usageHalfLifeTime": "168h", "usageSamplingInterval": "5m"}
        found.notes.append(
            "usage-based admission is on: LocalQueues have a status.fairSharing; "
            "its half-life is in no object, a week is assumed"
        )
    if signs["ready"] and not given.get("waitForPodsReady"):
        made["waitForPodsReady"] = dict(on)
        found.notes.append(
            "waitForPodsReady is on: Workloads have the condition PodsReady; "
            "its times are in no object, Kueue's defaults are assumed"
        )
    if made:
        found.section["configuration"] = made
    if signs["elastic"] and "ElasticJobsViaWorkloadSlices" not in (given.get("featureGates") or {}):
        found.section["featureGates"] = {"ElasticJobsViaWorkloadSlices": True}
        found.notes.append("elastic jobs are on: Workloads are slices of others")
    return found


def _signs(objects: Iterable[Mapping[str, Any]]) -> dict[str, bool]:
    signs = dict.fromkeys(("fair", "usage", "ready", "elastic"), False)
    for one in objects:
        kind, status = one.get("kind"), status_of(one)
        if kind == "ClusterQueue":
            signs["fair"] |= "fairSharing" in status
        elif kind == "LocalQueue":
            signs["usage"] |= "fairSharing" in status
        elif kind == "Workload":
            signs["ready"] |= condition(one, "PodsReady") is not None
            annotations = one["metadata"].get("annotations") or {}
            signs["elastic"] |= _SLICE in annotations or _ELASTIC in annotations
    return signs
