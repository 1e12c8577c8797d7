"""What would `kubectl get -A -o json` print of a simulated cluster at an instant? The counterpart of the import.

Statuses are written as Kueue's controllers write them, from the facts of the run, so that a simulated world can be
read like a real one: the policy objects as applied, every Workload with its conditions, and the nodes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kueue_sim.engine.facts import Fact
from kueue_sim.model import LocalQueue, PodSet, PodSetAssignment, Scenario, Workload
from kueue_sim.units import format_instant, format_quantity, parse_instant

Manifest = dict[str, Any]
API = "kueue.x-k8s.io/v1beta2"
_PREEMPTED = "Preempted to accommodate a workload (UID: {uid}, JobUID: UNKNOWN) due to {reason}"


@dataclass(slots=True)
class _Story:
    """What the facts told of one Workload so far; times in milliseconds of the run."""

    state: str = ""
    reserved_ms: int | None = None
    admitted_ms: int | None = None
    pod_sets: Sequence[PodSetAssignment] = ()
    queue: str = ""
    finished_ms: int | None = None
    evicted: Fact | None = None
    evicted_ms: int | None = None
    released_ms: int | None = None
    tried_ms: int | None = None
    evictions: dict[tuple[str, str], int] = field(default_factory=dict)
    past_ms: int = 0


def exported(
    objects: Sequence[Manifest], scenario: Scenario, present: Scenario, facts: Iterable[Fact], at_ms: int
) -> Manifest:
    """The List of everything at ``at_ms``, a whole second. ``objects`` are the policy as applied; ``present`` is the
    state of the run of ``scenario`` at that instant, and ``facts`` are what happened up to it. Work carries the name of
    its Job in ``ownerReferences``."""
    start_ms = parse_instant(scenario.start)
    known = {one.key: one for one in scenario.workloads if one.created_ms <= at_ms}
    stories = _stories(facts, at_ms)
    now = {one.key: one for one in present.workloads}
    work = [
        _workload(one, stories[key], now.get(key), known, start_ms)
        for key, one in known.items()
        if key in stories and stories[key].state != "Deleted"
    ]
    locals_ = [_local_queue(one) for one in scenario.policy.local_queues]
    fair = scenario.settings.fair_sharing is not None
    policy = [_shown(one, fair) for one in objects if one["kind"] != "LocalQueue"]
    return {"apiVersion": "v1", "kind": "List", "items": [*policy, *locals_, *work]}


def manager_config(text: str) -> Manifest:
    """The ConfigMap of the manager with this Configuration."""
    return {
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "kueue-manager-config", "namespace": "kueue-system"},
        "data": {"controller_manager_config.yaml": text},
    }  # fmt: skip


def _shown(manifest: Manifest, fair: bool) -> Manifest:
    shown = {"apiVersion": "v1" if manifest["kind"] in ("Node", "Namespace") else API, **manifest}
    if fair and shown["kind"] == "ClusterQueue":
        shown["status"] = {"fairSharing": {"weightedShare": 0}}
    return shown


def _local_queue(local: LocalQueue) -> Manifest:
    metadata = {"name": local.name, "namespace": local.namespace}
    return {
        "apiVersion": API,
        "kind": "LocalQueue",
        "metadata": metadata,
        "spec": {"clusterQueue": local.cluster_queue},
    }


# -- what happened ----------------------------------------------------------------------------------------


def _stories(facts: Iterable[Fact], at_ms: int) -> dict[str, _Story]:
    found: dict[str, _Story] = {}
    for fact in facts:
        if fact.at_ms > at_ms:
            break
        if fact.workload:
            _follow(found.setdefault(fact.workload, _Story()), fact)
    return found


def _follow(story: _Story, fact: Fact) -> None:
    kind = fact.type
    if kind in ("QuotaReserved", "Admitted"):
        if story.reserved_ms is None:
            story.reserved_ms, story.pod_sets, story.queue = fact.at_ms, fact.pod_sets, fact.cluster_queue
        if kind == "Admitted":
            story.admitted_ms = fact.at_ms
        story.evicted = None
    elif kind in ("Preempted", "Evicted"):
        story.evicted, story.evicted_ms = fact, fact.at_ms
        reason = ("Preempted", fact.reason) if kind == "Preempted" else (fact.reason, "")
        story.evictions[reason] = story.evictions.get(reason, 0) + 1
    elif kind == "Requeued":
        if story.admitted_ms is not None:
            story.past_ms += (story.evicted_ms or fact.at_ms) - story.admitted_ms
        story.reserved_ms = story.admitted_ms = None
        story.released_ms = fact.at_ms
    elif kind == "Finished":
        story.finished_ms = fact.at_ms
    elif kind == "Pending" and story.tried_ms is None:
        story.tried_ms = fact.at_ms
    if kind in ("Finished", "Deleted", "Submitted", "Admitted", "Requeued"):
        story.state = kind


# -- one Workload -----------------------------------------------------------------------------------------


def _workload(
    workload: Workload, story: _Story, now: Workload | None, known: Mapping[str, Workload], start_ms: int
) -> Manifest:
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": _job(workload), "uid": f"job-{workload.uid}"}
    status = _status(workload, story, now, known, start_ms)
    shown: Manifest = {
        "apiVersion": API,
        "kind": "Workload",
        "metadata": {
            "name": workload.name,
            "namespace": workload.namespace,
            "uid": workload.uid,
            "creationTimestamp": format_instant(start_ms + workload.created_ms),
            "ownerReferences": [owner],
        },
        "spec": {
            "active": now is None or now.active,
            "priority": workload.priority,
            "queueName": workload.queue_name,
            "podSets": [_pod_set(one) for one in workload.pod_sets],
        },
    }
    return {**shown, "status": status} if status else shown


def _job(workload: Workload) -> str:
    return workload.name.removeprefix("job-").rpartition("-")[0] or workload.name


def _pod_set(one: PodSet) -> Manifest:
    requests = {name: format_quantity(amount, name) for name, amount in one.requests.items()}
    container = {"name": "c", "image": "x", "resources": {"requests": requests}}
    shown: Manifest = {
        "name": one.name,
        "count": one.count,
        "template": {"metadata": {}, "spec": {"containers": [container], "restartPolicy": "Never"}},
    }
    if one.min_count is not None:
        shown["minCount"] = one.min_count
    request = one.topology
    if request is not None:
        levels = {"required": request.required, "preferred": request.preferred, "unconstrained": request.unconstrained}
        shown["topologyRequest"] = {name: value for name, value in levels.items() if value is not None}
    return shown


def _status(
    workload: Workload, story: _Story, now: Workload | None, known: Mapping[str, Workload], start_ms: int
) -> Manifest:
    status: Manifest = {}
    if story.reserved_ms is not None:
        held = story.pod_sets
        recorded = None if now is None or now.status is None else now.status.admission
        if recorded is not None:
            held = recorded.pod_sets
        assignments = [_assignment(one) for one in held]
        status["admission"] = {"clusterQueue": story.queue, "podSetAssignments": assignments}
    conditions = list(_conditions(story, now, known, start_ms))
    if conditions:
        status["conditions"] = conditions
    if story.evictions:
        status["schedulingStats"] = {
            "evictions": [
                {"reason": reason, "underlyingCause": cause, "count": count}
                for (reason, cause), count in story.evictions.items()
            ]
        }
    if story.past_ms >= 1000:
        status["accumulatedPastExecutionTimeSeconds"] = story.past_ms // 1000
    return status


def _assignment(one: PodSetAssignment) -> Manifest:
    shown: Manifest = {
        "name": one.name,
        "count": one.count,
        "flavors": dict(one.flavors),
        "resourceUsage": {name: format_quantity(amount, name) for name, amount in one.usage.items()},
    }
    if one.topology is not None:
        shown["topologyAssignment"] = {
            "levels": list(one.topology.levels),
            "slices": [
                {
                    "domainCount": 1,
                    "podCounts": {"universal": domain.count},
                    "valuesPerLevel": [{"universal": value} for value in domain.values],
                }
                for domain in one.topology.domains
            ],
        }
    return shown


def _conditions(
    story: _Story, now: Workload | None, known: Mapping[str, Workload], start_ms: int
) -> Iterable[Manifest]:
    def of(kind: str, status: bool, reason: str, at_ms: int | None, message: str = "") -> Manifest:
        at = format_instant((start_ms + (at_ms or 0)) // 1000 * 1000)
        shown = "True" if status else "False"
        return {"type": kind, "status": shown, "reason": reason, "message": message, "lastTransitionTime": at}

    if story.reserved_ms is not None:
        yield of("QuotaReserved", True, "QuotaReserved", story.reserved_ms)
    elif now is not None and now.status is not None and (now.status.reason or story.evictions):
        since = story.tried_ms if story.released_ms is None else story.released_ms
        yield of("QuotaReserved", False, now.status.reason or "Pending", since, now.status.message)
    if story.admitted_ms is not None:
        yield of("Admitted", True, "Admitted", story.admitted_ms)
    if story.evicted_ms is not None:
        yield from _eviction(of, story, known)
    if story.released_ms is not None:
        yield of("Requeued", True, "Preempted", story.released_ms)
    if story.finished_ms is not None:
        yield of("Finished", True, "Succeeded", story.finished_ms)


def _eviction(of: Any, story: _Story, known: Mapping[str, Workload]) -> Iterable[Manifest]:
    """The conditions Evicted and Preempted, which a later reservation sets to False."""
    fact = story.evicted
    if fact is None:
        yield of("Evicted", False, "QuotaReserved", story.reserved_ms, "Previously: ")
        return
    if fact.type == "Evicted":
        yield of("Evicted", True, fact.reason, fact.at_ms)
        return
    text = _PREEMPTED.format(uid=known[fact.by].uid if fact.by in known else "", reason=fact.reason)
    yield of("Evicted", True, "Preempted", fact.at_ms, text)
    yield of("Preempted", True, fact.reason, fact.at_ms, text)
