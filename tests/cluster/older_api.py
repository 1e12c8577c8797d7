"""A dump of v1beta2 as an API server that still serves v1beta1 would have printed it."""

import copy
from typing import Any

from kueue_sim.inputs.recorded.topology_encoding import domains_of

Manifest = dict[str, Any]
_OLD = {"kueue.x-k8s.io/v1beta2": "kueue.x-k8s.io/v1beta1"}


def older(dump: Manifest) -> Manifest:
    """The List with every object of Kueue in v1beta1."""
    return {**dump, "items": [_object(copy.deepcopy(one)) for one in dump["items"]]}


def _object(one: Manifest) -> Manifest:
    one["apiVersion"] = _OLD.get(one["apiVersion"], one["apiVersion"])
    change = {"ClusterQueue": _cluster_queue, "LocalQueue": _local_queue, "Workload": _workload}.get(one["kind"])
    if change is not None:
        change(one)
    return one


def _cluster_queue(one: Manifest) -> None:
    spec = one["spec"]
    _rename(spec, "cohortName", "cohort")
    rules = (spec.get("admissionChecksStrategy") or {}).get("admissionChecks") or ()
    if rules and not any(rule.get("onFlavors") for rule in rules):
        del spec["admissionChecksStrategy"]
        spec["admissionChecks"] = [rule["name"] for rule in rules]
    fungibility = spec.get("flavorFungibility") or {}
    for name, old in (("whenCanBorrow", "Borrow"), ("whenCanPreempt", "Preempt")):
        if fungibility.get(name) == "MayStopSearch":
            fungibility[name] = old
    one.get("status", {})["pendingWorkloadsStatus"] = {"clusterQueuePendingWorkload": [], "lastChangeTime": None}


def _local_queue(one: Manifest) -> None:
    _rename(one.get("status") or {}, "flavorsUsage", "flavorUsage")


def _workload(one: Manifest) -> None:
    spec, status = one["spec"], one.get("status") or {}
    reference = spec.pop("priorityClassRef", None)
    if reference is not None:
        spec["priorityClassName"] = reference["name"]
        group = reference["group"]
        source = "workloadpriorityclass" if reference["kind"] == "WorkloadPriorityClass" else "priorityclass"
        spec["priorityClassSource"] = f"{group}/{source}"
    _rename(status, "accumulatedPastExecutionTimeSeconds", "accumulatedPastExexcutionTimeSeconds")
    for pods in (status.get("admission") or {}).get("podSetAssignments") or ():
        if pods.get("topologyAssignment"):
            found = domains_of(pods["topologyAssignment"])
            domains = [{"values": one["values"], "count": one["pods"]} for one in found["domains"]]
            pods["topologyAssignment"] = {"levels": found["levels"], "domains": domains}


def _rename(fields: Manifest, old: str, new: str) -> None:
    if old in fields:
        fields[new] = fields.pop(old)
