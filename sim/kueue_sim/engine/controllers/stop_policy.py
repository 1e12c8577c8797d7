"""``stopPolicy``: what a queue that holds, drains or is deleted takes from those in it (R6.60–R6.62, R6.64).

``Hold`` admits nobody any more, and reservations that still wait for something (checks, places) go back to the queue.
``HoldAndDrain`` evicts what runs as well; once the queue runs again, what it had evicted may come back.
"""

from kueue_sim.engine.cluster import Cluster
from kueue_sim.engine.controllers import messages
from kueue_sim.engine.controllers.workload_controller import WorkloadController
from kueue_sim.model import StopPolicy
from kueue_sim.policy.workloads.workload_info import Reservation


def stop(cluster: Cluster, life: WorkloadController, now: int, reservation: Reservation) -> None:
    """A stopped queue takes back reservations, a draining one evicts as well. Implements R6.60–R6.62.

    Kueue looks at nothing of a workload whose check said when to try again, until then (R6.70).
    """
    if _is_put_off(cluster, life, now, reservation):
        return
    local = cluster.cache.compiled.local_queues.get((reservation.workload.namespace, reservation.local_queue))
    spec = cluster.cache.queue_of(reservation).spec
    stops = [(StopPolicy.NONE if local is None else local.stop_policy, True), (spec.stop_policy, False)]
    for gone, of_local in ((local is None, True), (spec.terminating, False)):
        if gone and not reservation.admitted and not reservation.evicted:
            _take_back(cluster, now, reservation, messages.deleted(reservation, of_local))
            return
    for policy, of_local in stops:
        if policy is StopPolicy.NONE or reservation.evicted:
            continue
        reason, message = messages.stopped(reservation, of_local)
        if not reservation.admitted:
            _take_back(cluster, now, reservation, (reason, message))
            return
        if policy is StopPolicy.HOLD_AND_DRAIN:
            life.evict(now, reservation, reason, message)


def _is_put_off(cluster: Cluster, life: WorkloadController, now: int, reservation: Reservation) -> bool:
    """Whether it is too early for the workload, which is looked at again in time if it still holds this by then."""
    status = cluster.pending[reservation.key].status
    until_ms = None if status is None else status.requeue_at_ms
    if until_ms is None or until_ms <= now:
        return False

    def look_again(at: int) -> None:
        if cluster.cache.holds(reservation) and not reservation.evicted:
            stop(cluster, life, at, reservation)

    life.timers.at(until_ms, reservation.key, look_again)
    return True


def _take_back(cluster: Cluster, now: int, reservation: Reservation, why: tuple[str, str]) -> None:
    """A reservation that could not be used yet is lost."""
    pending = cluster.release_quota(now, reservation)
    cluster.answer(now, pending, *why)
    cluster.requeue(now, pending)


def restart(cluster: Cluster, life: WorkloadController, now: int) -> None:
    """Workloads that a drained ClusterQueue evicted may come back when it runs again (R6.61)."""
    for name, queue in cluster.cache.compiled.queues.items():
        if queue.spec.stop_policy is StopPolicy.NONE:
            for pending in list(cluster.manager.queues[name].waiting()):
                life.restart(now, pending, "ClusterQueueStopped")
