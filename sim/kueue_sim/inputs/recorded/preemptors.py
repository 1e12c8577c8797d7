"""Who goes first in a ClusterQueue because it preempted others? Nobody writes that down, but their victims name it."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from kueue_sim.inputs.recorded.conditions import condition, is_true, since

_BY = re.compile(r"accommodate a workload \(UID: ([^,)]+)")


def waiting_preemptors(workloads: Iterable[Mapping[str, Any]], queues: Mapping[tuple[str, str], str]) -> set[str]:
    """Uids of workloads that preempted others and were not admitted since: each stays at the head of its ClusterQueue
    until it is (R3.12), unless another one of that queue preempted after it. ``queues`` are the ClusterQueues of
    LocalQueues by namespace and name."""
    known = list(workloads)
    by_uid = {one["metadata"].get("uid"): one for one in known}
    latest: dict[str, tuple[str, str]] = {}
    for victim in known:
        evicted = condition(victim, "Evicted")
        named = _BY.search(str((evicted or {}).get("message") or ""))
        preemptor = by_uid.get(named.group(1)) if named else None
        at = _preempted_at(victim)
        if preemptor is None or at is None:
            continue
        queue = _queue_of(preemptor, queues)
        latest[queue] = max(latest.get(queue, ("", "")), (at, str(preemptor["metadata"]["uid"])))
    return {uid for at, uid in latest.values() if _still_waits(by_uid[uid], at)}


def _queue_of(one: Mapping[str, Any], queues: Mapping[tuple[str, str], str]) -> str:
    return queues.get((str(one["metadata"].get("namespace")), str(one["spec"].get("queueName"))), "")


def _preempted_at(victim: Mapping[str, Any]) -> str | None:
    """When a victim was evicted. Once it has quota again its conditions tell only when it got that; then its requeueing
    tells the first time, if it was evicted once."""
    if is_true(victim, "Evicted"):
        return since(victim, "Evicted")
    return since(victim, "Requeued") if is_true(victim, "Requeued") else None


def _still_waits(one: Mapping[str, Any], at: str) -> bool:
    """Whether it has had no quota since it preempted; what was evicted in that very second had it for a moment."""
    if is_true(one, "QuotaReserved") or is_true(one, "Finished") or one["spec"].get("active") is False:
        return False
    lost = since(one, "Evicted") if is_true(one, "Evicted") else None
    return lost is None or lost < at
