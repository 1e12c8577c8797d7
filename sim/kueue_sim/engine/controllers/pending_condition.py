"""Why does a workload wait, where it is not the scheduler that says so? The condition QuotaReserved=False as Kueue's
workload controller writes it: claims of devices that no quota counts, queues that are missing or stopped, deactivation,
and that an evaluation is due."""

from kueue_sim.engine.cluster import Cluster
from kueue_sim.engine.controllers.messages import DEACTIVATED
from kueue_sim.engine.queue_manager import is_active
from kueue_sim.model import LocalQueue, StopPolicy
from kueue_sim.policy.workloads.workload_info import Pending

BYPASSED = "Bypassed scheduling evaluation because an equivalent workload recently failed"
DUE = "Workload is pending evaluation in the scheduling queue"
_OBSOLETE = frozenset(("Deactivated", "Suspended", "Misconfigured", "Inadmissible"))
"""Reasons that are void once what they name is over."""


def sync(cluster: Cluster, now: int, pending: Pending) -> None:
    """The controller looks at a workload without quota; what the scheduler said of it stays unless a queue is in the
    way, or was and is no more."""
    if not is_active(pending):
        if cluster.says_why:
            pending.reason, pending.message = "Deactivated", DEACTIVATED
        return
    blocked = blocker(cluster, pending)
    if blocked is not None:
        cluster.answer(now, pending, *blocked)
    elif pending.reason in _OBSOLETE and cluster.says_why:
        waiting = cluster.manager.queues.get(pending.queue)
        failed = None if waiting is None else waiting.verdict_on(pending)
        pending.reason, pending.message = ("PendingEvaluation", DUE) if failed is None else (failed, BYPASSED)


def blocker(cluster: Cluster, pending: Pending) -> tuple[str, str] | None:
    """Reason and message of what keeps it from being evaluated at all: claims that Kueue cannot count, or its queue;
    None when nothing does."""
    workload = pending.workload
    found: tuple[str, str] | None
    if workload.inadmissible_reason:
        found = "Misconfigured", workload.inadmissible_reason
    else:
        local = cluster.cache.compiled.local_queues.get((workload.namespace, workload.queue_name))
        found = _queue_in_the_way(cluster, workload.queue_name, local)
    if found is None or cluster.says_why:
        return found
    return "Inadmissible", found[1]


def _queue_in_the_way(cluster: Cluster, name: str, local: LocalQueue | None) -> tuple[str, str] | None:
    if local is None:
        return "Misconfigured", f"LocalQueue {name} doesn't exist"
    if local.stop_policy is not StopPolicy.NONE:
        return "Suspended", f"LocalQueue {name} is inactive"
    queue = cluster.cache.compiled.queues.get(local.cluster_queue)
    if queue is None:
        return "Misconfigured", f"ClusterQueue {local.cluster_queue} doesn't exist"
    return None if queue.active else ("Suspended", f"ClusterQueue {queue.name} is inactive")


def runs_again(cluster: Cluster, pending: Pending, stopped: str) -> bool:
    """Whether the queue whose stop evicted a workload runs by now, as it may when the pods took their time to end.

    ``stopped`` is the reason of the eviction; for all other reasons the answer is no. Implements R6.61 and R6.62.
    """
    if stopped not in ("ClusterQueueStopped", "LocalQueueStopped"):
        return False
    local = cluster.cache.compiled.local_queues.get((pending.workload.namespace, pending.workload.queue_name))
    if local is None:
        return False
    queue = cluster.cache.compiled.queues.get(local.cluster_queue)
    stopper = local if stopped == "LocalQueueStopped" else None if queue is None else queue.spec
    return stopper is not None and stopper.stop_policy is StopPolicy.NONE
