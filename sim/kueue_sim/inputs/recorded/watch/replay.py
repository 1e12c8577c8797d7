"""Which scenario plays a watched past again? The recorded work, with its recorded run times, under a recorded policy.

What ended has the run time of its last admission; what never ended has none, and ends in the replay neither. Readiness,
answers of admission checks, changes of priority, deactivations and deletions come when they came.
"""

from collections.abc import Container
from statistics import median
from typing import Any

from kueue_sim.inputs.documents import VERSION
from kueue_sim.inputs.recorded import applied
from kueue_sim.inputs.recorded.conditions import Manifest, condition, is_true, since
from kueue_sim.inputs.recorded.past import past_entries
from kueue_sim.inputs.recorded.preemptors import waiting_preemptors
from kueue_sim.inputs.recorded.watch.stream import Watch
from kueue_sim.inputs.recorded.watch.watched import Watched
from kueue_sim.inputs.recorded.workload_status import present_fields
from kueue_sim.units import parse_instant

_ACTIONS = {"active": ("activate", "deactivate"), "ready": ("podsReady", "podsFailed"), "deleted": ("delete", "delete")}
_NEVER = "36500d"
"""After so long answers a check that did not answer to a reservation."""


def replay_document(watch: Watch, policy: Manifest, name: str) -> Manifest:
    """``policy`` are the sections ``policy``, ``cluster`` and ``kueue`` of a scenario."""
    start = parse_instant(watch.began)
    known = [one for one in watch.workloads.values() if queue_exists(one, policy)]
    finished = [one.first for one in known if one.existed and is_true(one.first, "Finished")]
    alive = [one for one in known if not (one.existed and is_true(one.first, "Finished"))]
    there = [one for one in alive if is_there(one, watch)]
    first = waiting_preemptors([one.first for one in known if one.existed], _cluster_queues(policy))
    entries = [_present(one, first) for one in sorted(there, key=_order)]
    entries += [_coming(one, start) for one in alive if not is_there(one, watch)]
    timeline = [action for one in alive for action in _timeline(one, start)]
    checks = [answer for one in alive for answer in _check_answers(one)]
    past = past_entries(finished)
    document: Manifest = {
        "apiVersion": VERSION,
        "kind": "Scenario",
        "name": name,
        "start": watch.began,
        "horizon": _after(watch.clock, start),
        "placement": "none",
        "validation": "accept",
        **policy,
        "workloads": entries,
    }
    grace = _termination_s(watch)
    optional = {
        "past": past,
        "timeline": timeline,
        "admissionChecks": checks,
        "timing": {"profile": "ideal", "termination": f"{grace}s"},
    }
    return document | {key: value for key, value in optional.items() if value}


def queue_exists(one: Watched, policy: Manifest) -> bool:
    """Whether the LocalQueue of a Workload is among the objects of the policy."""
    wanted = (one.first["metadata"].get("namespace"), one.first["spec"].get("queueName"))
    queues = (item["metadata"] for item in policy["policy"]["objects"] if item.get("kind") == "LocalQueue")
    return any((queue.get("namespace"), queue.get("name")) == wanted for queue in queues)


def _after(instant: str, start_ms: int) -> str:
    return f"{max(0, parse_instant(instant) - start_ms) // 1000}s"


def is_there(one: Watched, watch: Watch) -> bool:
    """Whether it was submitted before the watch began."""
    return one.existed or str(one.first["metadata"]["creationTimestamp"]) < watch.began


def _order(one: Watched) -> tuple[bool, str, str]:
    """Those with quota first, each in the order they came to it."""
    holds = is_true(one.first, "QuotaReserved")
    came = since(one.first, "QuotaReserved") if holds else None
    return not holds, came or "", str(one.first["metadata"]["creationTimestamp"])


def _cluster_queues(policy: Manifest) -> dict[tuple[str, str], str]:
    """The ClusterQueue of each LocalQueue, by namespace and name."""
    return {
        (str(one["metadata"].get("namespace")), str(one["metadata"].get("name"))): str(one["spec"].get("clusterQueue"))
        for one in policy["policy"]["objects"]
        if one.get("kind") == "LocalQueue"
    }


def _present(one: Watched, preemptors: Container[str]) -> Manifest:
    """What was there when the watch began."""
    fields = present_fields(one.first)
    if one.first["metadata"].get("uid") in preemptors:
        fields.setdefault("pending", {})["preemptor"] = True
    return {**fields, **_recorded(one)}


def _coming(one: Watched, start_ms: int) -> Manifest:
    """What was submitted during the watch."""
    return {"submit": _after(str(one.first["metadata"]["creationTimestamp"]), start_ms), **_recorded(one)}


def _recorded(one: Watched) -> Manifest:
    """Its manifest, how long it ran, and how its pods behaved."""
    fields: Manifest = {"manifest": applied.workload(one.first)}
    seconds = run_seconds(one)
    if seconds is not None:
        fields["runtime"] = f"{seconds}s"
        if any("minCount" in part for part in one.first["spec"].get("podSets") or ()):
            fields["scaling"] = "time"
    ready = _ready(one)
    if ready:
        fields["podsReady"] = [f"{wait}s" if wait is not None else "never" for wait in ready]
    reclaims = _reclaims(one)
    if reclaims:
        fields["reclaimable"] = reclaims
    return fields


def replaced(one: Watched) -> bool:
    """Whether it is a slice of elastic work whose place another slice took."""
    return (condition(one.last, "Finished") or {}).get("reason") == "WorkloadSliceReplaced"


def run_seconds(one: Watched) -> int | None:
    """How long it ran in its last admission, None when it did not end."""
    ended = next((item.at for item in one.decisions if item.type == "Finished"), None)
    if ended is None or not one.admitted or replaced(one):
        return None
    began, ready = one.admitted[-1], one.ready[-1] if one.ready else None
    return (parse_instant(ended) - parse_instant(max(began, ready or began))) // 1000


def _ready(one: Watched) -> list[int | None]:
    """Seconds from each admission to ready pods, None for never; nothing where nobody watches that."""
    if condition(one.last, "PodsReady") is None:
        return []
    pairs = zip(one.admitted, one.ready, strict=False)
    return [0] * one.earlier + [
        None if ready is None else (parse_instant(ready) - parse_instant(at)) // 1000 for at, ready in pairs
    ]


def _reclaims(one: Watched) -> list[Manifest]:
    """When pods needed no quota any more, counted from the admission they belonged to; the last one has them all."""
    admitted = one.admitted
    found: dict[str, Manifest] = {}
    for at, what, value in one.changes:
        began = max((moment for moment in admitted if moment <= at), default=None)
        for name, pods in value if what == "reclaimable" and began is not None else ():
            after = _after(at, parse_instant(began or at))
            found[f"{name} {pods}"] = {"after": after, "podSet": name, "pods": pods}
    return list(found.values())


def _timeline(one: Watched, start_ms: int) -> list[Manifest]:
    metadata = one.first["metadata"]
    key = f"{metadata.get('namespace')}/{metadata.get('name')}"
    found: list[Manifest] = []
    for at, what, value in one.changes:
        action: dict[str, Any] = {"at": _after(at, start_ms), "workload": key}
        if what == "priority":
            found.append(action | {"do": "priority", "priority": value})
        elif what == "check":
            found.append(action | {"do": "check", "check": value[0], "state": value[1]})
        elif what in _ACTIONS:
            found.append(action | {"do": _ACTIONS[what][0 if value else 1]})
    return found


def _check_answers(one: Watched) -> list[Manifest]:
    """What each check said after each reservation, where it said anything later than at once."""
    metadata = one.first["metadata"]
    names = sorted({name for answers in one.checks for name in answers})
    found = []
    for name in names:
        answers = [{"state": "Ready", "after": "0s"}] * one.earlier
        for at, said in zip(one.reserved, one.checks, strict=False):
            state, when = said.get(name, ("Ready", at))
            unanswered = state == "Pending"
            after = _NEVER if unanswered else _after(when, parse_instant(at))
            answers.append({"state": "Ready" if unanswered else state, "after": after})
        found.append(
            {"check": name, "workload": f"{metadata.get('namespace')}/{metadata.get('name')}", "answers": answers}
        )
    return found


def _termination_s(watch: Watch) -> int:
    """Seconds from an eviction to the release of quota, as it mostly was."""
    waits = [wait for one in watch.workloads.values() for wait in one.releases]
    return round(median(waits)) if waits else 0
