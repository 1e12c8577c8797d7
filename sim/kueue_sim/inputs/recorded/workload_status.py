"""Which fields of a scenario say what a dumped Workload is? Kueue's status in the words of ``schema_present``."""

from collections.abc import Mapping
from typing import Any

from kueue_sim.inputs.recorded.conditions import (
    Manifest,
    condition,
    eviction_count,
    executed_before_s,
    is_true,
    since,
    status_of,
)
from kueue_sim.inputs.recorded.topology_encoding import domains_of


def present_fields(manifest: Mapping[str, Any]) -> Manifest:
    """The entry's fields for one unfinished Workload; what says nothing is left out."""
    status = status_of(manifest)
    holds = is_true(manifest, "QuotaReserved") and bool(status.get("admission"))
    seconds = executed_before_s(manifest)
    fields: Manifest = {"waitingSince": manifest["metadata"].get("creationTimestamp")}
    if holds:
        fields["admitted" if is_true(manifest, "Admitted") else "quotaReserved"] = _admission(manifest)
    fields["evicted"] = _eviction(manifest)
    fields["requeue"] = _requeue(manifest)
    fields["checks"] = [_check(one) for one in status.get("admissionChecks") or ()]
    fields["pending"] = None if holds else _pending(manifest)
    fields["admissions"] = eviction_count(manifest) + (holds and fields["evicted"] is None)
    fields["executedBefore"] = f"{seconds}s" if seconds else None
    return {name: value for name, value in fields.items() if value}


def _without_none(fields: Manifest) -> Manifest:
    return {name: value for name, value in fields.items() if value is not None}


def _admission(manifest: Mapping[str, Any]) -> Manifest:
    status = status_of(manifest)
    admission = status["admission"]
    ready = condition(manifest, "PodsReady")
    unready = ready is not None and ready.get("status") == "False"
    recovering = unready and ready is not None and ready.get("reason") == "WaitForRecovery"
    return _without_none(
        {
            "clusterQueue": admission.get("clusterQueue"),
            "reserved": since(manifest, "QuotaReserved"),
            "since": since(manifest, "Admitted") if is_true(manifest, "Admitted") else None,
            "podSets": [_pod_set(one) for one in admission.get("podSetAssignments") or ()],
            "podsReady": False if unready else None,
            "unreadySince": since(manifest, "PodsReady") if recovering else None,
            "unhealthyNodes": [one.get("name") for one in status.get("unhealthyNodes") or ()] or None,
        }
    )


def _pod_set(one: Mapping[str, Any]) -> Manifest:
    places = one.get("topologyAssignment")
    return _without_none(
        {
            "name": one.get("name"),
            "pods": one.get("count"),
            "flavors": dict(one.get("flavors") or {}),
            "usage": dict(one.get("resourceUsage") or {}),
            "topology": None if places is None else domains_of(places),
            "topologyPending": True if one.get("delayedTopologyRequest") == "Pending" else None,
        }
    )


def _eviction(manifest: Mapping[str, Any]) -> Manifest | None:
    evicted = condition(manifest, "Evicted")
    if evicted is None or evicted.get("status") != "True":
        return None
    preempted = condition(manifest, "Preempted")
    reason = preempted.get("reason") if preempted is not None and preempted.get("status") == "True" else None
    message = evicted.get("message") if is_true(manifest, "QuotaReserved") else None
    since_when = evicted.get("lastTransitionTime")
    return _without_none(
        {"reason": evicted.get("reason"), "since": since_when, "preempted": reason, "message": message}
    )


def _requeue(manifest: Mapping[str, Any]) -> Manifest:
    state = status_of(manifest).get("requeueState") or {}
    requeued = condition(manifest, "Requeued")
    held = requeued.get("reason") if requeued is not None and requeued.get("status") == "False" else None
    return _without_none({"at": state.get("requeueAt"), "count": state.get("count"), "held": held})


def _check(one: Mapping[str, Any]) -> Manifest:
    wait = one.get("requeueAfterSeconds")
    return _without_none(
        {
            "check": one.get("name"),
            "state": one.get("state"),
            "since": one.get("lastTransitionTime"),
            "requeueAfter": None if wait is None else f"{wait}s",
            "retries": one.get("retryCount"),
            "podSetUpdates": _updates(one) or None,
        }
    )


def _updates(check: Mapping[str, Any]) -> list[Manifest]:
    """What a check that is Ready adds to the pods, as far as nodes depend on it."""
    found = (check.get("podSetUpdates") or ()) if check.get("state") == "Ready" else ()
    kept = [{name: one[name] for name in ("name", "nodeSelector", "tolerations") if one.get(name)} for one in found]
    return [one for one in kept if one.keys() - {"name"}]


def _pending(manifest: Mapping[str, Any]) -> Manifest | None:
    waits = condition(manifest, "QuotaReserved")
    if waits is None:
        return None
    return _without_none({"reason": waits.get("reason"), "message": waits.get("message")})
