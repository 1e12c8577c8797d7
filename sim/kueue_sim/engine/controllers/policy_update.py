"""What follows when the administrator changes, stops or deletes queues in mid-run (R2.11, R3.15, R6.60–R6.64)."""

from collections.abc import Iterable

from kueue_sim.engine.cluster import Cluster
from kueue_sim.engine.controllers.object_changes import changed, without
from kueue_sim.engine.controllers.pending_condition import sync
from kueue_sim.engine.controllers.reclaimable_pods import transplanted
from kueue_sim.engine.controllers.stop_policy import restart, stop
from kueue_sim.engine.controllers.workload_controller import WorkloadController
from kueue_sim.engine.facts import CODE, NONE
from kueue_sim.engine.queue_manager import is_active
from kueue_sim.model import Action, Policy
from kueue_sim.policy.compiled_policy import CompiledPolicy
from kueue_sim.policy.quota.quota_tree import QuotaNode

_DELETED = {"ClusterQueue": "Terminating", "Cohort": "Deleted", "LocalQueue": "Deleted"}
"""What is told of an object that is deleted, by its kind."""


def apply_policy(cluster: Cluster, life: WorkloadController, now: int, action: Action) -> None:
    """Put an ``apply``, ``stop`` or ``remove`` action into effect.

    The trees are built anew with the usage of what runs; nobody is evicted but by a queue that drains. Waiting
    workloads keep their place; the trees that changed are looked at again.
    """
    what = action.target or ", ".join(item.name for item in action.objects)
    reason = _DELETED.get(action.name, "") if action.do == "remove" else ""
    _put_in_force(cluster, life, now, changed(cluster.cache.policy, action), what, reason)
    remove_empty(cluster, life, now)


def remove_empty(cluster: Cluster, life: WorkloadController, now: int) -> None:
    """A deleted ClusterQueue goes once nothing holds quota in it any more; nobody is notified (R3.26, R6.64)."""
    used = {reservation.queue.name for reservation in cluster.cache.reservations.values()}
    for queue in cluster.cache.policy.cluster_queues:
        if queue.terminating and queue.name not in used:
            waiting = list(cluster.manager.queues[queue.name].waiting())
            for pending in waiting:
                cluster.manager.queues[queue.name].remove(pending)
            _put_in_force(cluster, life, now, without(cluster.cache.policy, queue.name), queue.name, "Deleted")
            for pending in waiting:
                pending.queue, pending.progress = "", None
                cluster.manager.enqueue(now, pending)
                sync(cluster, now, pending)


def _put_in_force(cluster: Cluster, life: WorkloadController, now: int, policy: Policy, what: str, reason: str) -> None:
    """Another policy holds from now on. ``what`` and ``reason`` tell what happened to which object."""
    cluster.cache.verify(now)
    former = cluster.cache.compiled
    holding = list(cluster.cache.reservations.values())
    cluster.build(policy, now)
    compiled = cluster.cache.compiled
    for reservation in holding:
        cluster.cache.charge(transplanted(reservation, compiled.queues[reservation.queue.name], compiled))
    text = cluster.recorder.texts[reason, ""] if reason else NONE
    cluster.recorder.note((now, CODE["Policy"], NONE, cluster.recorder.queue(what), text, NONE, NONE, 0))
    touched = affected(former, compiled)
    for name in compiled.queues:
        _sort_waiting(cluster, now, name, anew=name in touched)
    for key in sorted(cluster.manager.unqueued):
        _adopt(cluster, key)
    for name in touched:
        cluster.manager.requeuer.notify(now, name)
    for key in sorted(cluster.cache.reservations):
        stop(cluster, life, now, cluster.cache.reservations[key])
    restart(cluster, life, now)
    for key in sorted(cluster.pending.keys() - cluster.cache.reservations.keys()):
        sync(cluster, now, cluster.pending[key])


def affected(former: CompiledPolicy, compiled: CompiledPolicy) -> list[str]:
    """ClusterQueues whose trees are looked at again, sorted. Implements R3.24.5–R3.24.7."""
    cohorts = {cohort.name: cohort for cohort in former.policy.cohorts}
    new = {
        compiled.forest.cohorts[cohort.name] for cohort in compiled.policy.cohorts if cohorts.get(cohort.name) != cohort
    }
    found = []
    for name, queue in compiled.queues.items():
        old = former.queues.get(name)
        flavors = {flavor for group in queue.groups for flavor, _ in group.flavors}
        other_flavors = any(former.flavors.get(flavor) != compiled.flavors.get(flavor) for flavor in flavors)
        activated = queue.active and old is not None and not old.active
        if (
            old is None
            or (old.spec != queue.spec and not queue.spec.terminating)
            or other_flavors
            or activated
            or not new.isdisjoint(_above(queue.node))
        ):
            found.append(name)
    return found


def _above(node: QuotaNode) -> Iterable[QuotaNode]:
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent


def _sort_waiting(cluster: Cluster, now: int, name: str, anew: bool) -> None:
    """Waiting workloads go where their LocalQueue leads now; ``anew``: their flavors may be others."""
    for pending in list(cluster.manager.queues[name].waiting()):
        if anew:
            pending.progress = None
        queue = cluster.cache.compiled.queue_of(pending.workload)
        if queue is None or queue.name != name:
            cluster.manager.queues[name].remove(pending)
            cluster.manager.enqueue(now, pending)


def _adopt(cluster: Cluster, key: str) -> None:
    """An orphan whose LocalQueue exists and runs again is active, whatever held it back. Implements R3.16."""
    pending = cluster.manager.unqueued[key]
    queue = cluster.cache.compiled.queue_of(pending.workload)
    if queue is None or not is_active(pending):
        return
    del cluster.manager.unqueued[key]
    if pending.status is not None:
        pending.status.let_go("LocalQueueStopped")
    pending.queue = queue.name
    cluster.manager.queues[pending.queue].restore(pending)
    cluster.cache.dirty_partitions[queue.partition] = None
