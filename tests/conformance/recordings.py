"""The scenario of a recorded run as the engine takes it: the extended format of the conformance data."""

from collections.abc import Mapping
from typing import Any

from kueue_sim.inputs.kueue.manifests import load_objects
from kueue_sim.model import (
    Action,
    AdmissionFairSharing,
    CheckAnswer,
    CheckBehavior,
    Placement,
    Reclaim,
    Scenario,
    Settings,
    Timing,
    WaitForPodsReady,
    Workload,
)
from kueue_sim.units import parse_instant

STRATEGIES = ("LessThanOrEqualToFinalShare", "LessThanInitialShare")


def load_run(raw: Mapping[str, Any]) -> Scenario:
    """The recorded scenario as the engine takes it."""
    settings = _settings(raw)
    start_ms = parse_instant(raw["start"])
    objects = load_objects([*raw["objects"], *raw["workloads"]], settings, start_ms=start_ms)
    workloads = sorted(
        (with_life(workload, raw) for workload in objects.workloads),
        key=lambda workload: (workload.created_ms, workload.key),
    )
    actions = [action for row in raw.get("timeline") or () for action in _actions(row, settings)]
    return Scenario(
        raw["name"],
        objects.policy,
        tuple(workloads),
        settings,
        nodes=objects.nodes,
        node_pods=objects.node_pods,
        timeline=tuple(actions),
        checks=tuple(map(_behavior, raw.get("admissionCheckAnswers") or ())),
        timing=Timing(termination_ms=1000 * raw["evictionSeconds"]),
        placement=Placement("none"),
        horizon_ms=1000 * raw["horizonSeconds"],
        start=raw["start"],
    )


def _settings(raw: Mapping[str, Any]) -> Settings:
    fair = raw.get("fairSharing")
    return Settings(
        version=raw.get("kueueVersion", "0.20"),
        gates=raw.get("featureGates") or {},
        fair_sharing=None if fair is None else tuple(fair.get("preemptionStrategies") or STRATEGIES),
        admission_fair_sharing=_usage_based(raw.get("admissionFairSharing")),
        wait_for_pods_ready=_pods_ready(raw.get("waitForPodsReady")),
    )


def _usage_based(raw: Mapping[str, Any] | None) -> AdmissionFairSharing | None:
    if raw is None:
        return None
    return AdmissionFairSharing(
        1000 * raw.get("usageHalfLifeSeconds", 0),
        1000 * raw.get("usageSamplingIntervalSeconds", 300),
        raw.get("resourceWeights") or {},
    )


def _pods_ready(raw: Mapping[str, Any] | None) -> WaitForPodsReady | None:
    if raw is None:
        return None
    recovery = raw.get("recoveryTimeoutSeconds")
    return WaitForPodsReady(
        timeout_ms=1000 * raw.get("timeoutSeconds", 1800),
        recovery_timeout_ms=None if recovery is None else 1000 * recovery,
        block_admission=raw.get("blockAdmission", False),
        requeue_by_eviction=raw.get("requeuingTimestamp", "Eviction") == "Eviction",
        backoff_base_ms=1000 * raw.get("backoffBaseSeconds", 60),
        backoff_max_ms=1000 * raw.get("backoffMaxSeconds", 3600),
        backoff_limit=raw.get("backoffLimitCount"),
    )


def _behavior(raw: Mapping[str, Any]) -> CheckBehavior:
    answers = tuple(
        CheckAnswer(
            answer["state"],
            1000 * answer["after"],
            None if answer.get("requeueAfterSeconds") is None else 1000 * answer["requeueAfterSeconds"],
        )
        for answer in raw["answers"]
    )
    return CheckBehavior(raw["check"], answers, raw.get("workload", ""))


def with_life(workload: Workload, raw: Mapping[str, Any]) -> Workload:
    """The workload with what happens to it while it runs, which takes as long as recorded with however many pods."""
    key = workload.key
    seconds = raw["runtimeSeconds"].get(key)
    ready = (raw.get("podsReadySeconds") or {}).get(key) or ()
    reclaims = (raw.get("reclaimable") or {}).get(key) or ()
    return workload._replace(
        runtime_ms=None if seconds is None else round(seconds * 1000),
        keeps_work=False,
        ready_after_ms=tuple(None if after is None else 1000 * after for after in ready),
        reclaims=tuple(Reclaim(1000 * row["after"], row["podSet"], row["pods"]) for row in reclaims),
    )


def _actions(row: Mapping[str, Any], settings: Settings) -> list[Action]:
    at_ms, op = 1000 * row["t"], row["op"]
    match op:
        case "apply":
            objects = load_objects(row["objects"], settings)
            policy = objects.policy
            applied = (*policy.flavors, *policy.cohorts, *policy.cluster_queues, *policy.local_queues)
            found = [Action(at_ms, "apply", objects=applied)] if applied else []
            return [*found, *([Action(at_ms, "add-nodes", nodes=objects.nodes)] if objects.nodes else [])]
        case "active":
            return [Action(at_ms, "activate" if row["active"] else "deactivate", row["workload"])]
        case "priority":
            return [
                Action(at_ms, "priority", row["workload"], priority=row["priority"], name=row.get("priorityClass", ""))
            ]
        case "check":
            return [Action(at_ms, "check", row["workload"], name=row["check"], state=row["state"])]
        case "node":
            found = []
            if "ready" in row:
                found.append(Action(at_ms, "repair" if row["ready"] else "fail", row["node"]))
            if "unschedulable" in row:
                found.append(Action(at_ms, "cordon" if row["unschedulable"] else "uncordon", row["node"]))
            return found
        case "removeNode":
            return [Action(at_ms, "remove-node", row["node"])]
        case "podsFailed" | "podsReady" | "delete":
            words = {"podsFailed": "pods-failed", "podsReady": "pods-ready", "delete": "delete"}
            return [Action(at_ms, words[op], row["workload"])]  # type: ignore[arg-type]
        case _:
            raise ValueError(f"unknown operation {op!r}")
