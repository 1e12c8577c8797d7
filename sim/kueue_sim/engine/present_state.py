"""The state of a running simulation as a scenario that begins with it: the counterpart of ``adoption``.

Times count from ``base_ms``, a whole second at or before the instant, because Kueue's order knows whole seconds only.
"""

from dataclasses import replace
from fractions import Fraction

from kueue_sim.engine.cluster import Cluster
from kueue_sim.engine.controllers.pods_ready import PodsReady
from kueue_sim.model import (
    LocalQueue,
    Policy,
    RecordedAdmission,
    RecordedCheck,
    RecordedEviction,
    Workload,
    WorkloadStatus,
)
from kueue_sim.policy.workloads.status import Status
from kueue_sim.policy.workloads.workload_info import Pending, Reservation


def present_policy(cluster: Cluster, base_ms: int) -> Policy:
    """The policy of this moment, LocalQueues with the usage they consumed."""
    usage = cluster.manager.usage
    if usage is None:
        return cluster.cache.policy

    def with_usage(local: LocalQueue) -> LocalQueue:
        consumed, at_ms = usage.ledger.sampled((local.namespace, local.name))
        amounts = {name: Fraction(amount) for name, amount in consumed.items()}
        return replace(local, consumed=amounts, consumed_at_ms=at_ms - base_ms, settled=True)

    return replace(cluster.cache.policy, local_queues=tuple(map(with_usage, cluster.cache.policy.local_queues)))


def present_workloads(cluster: Cluster, pods: PodsReady, base_ms: int) -> tuple[Workload, ...]:
    """Every workload that is not gone, with its status, in order of submission."""
    found = [_recorded(cluster, pods, pending, base_ms) for pending in cluster.pending.values()]
    return tuple(sorted(found, key=lambda one: one.created_ms))


def _recorded(cluster: Cluster, pods: PodsReady, pending: Pending, base_ms: int) -> Workload:
    workload, status = pending.workload, pending.status or Status()
    reservation = cluster.cache.reservations.get(pending.key)
    reason, message = cluster.manager.answer_of(pending)
    queue = cluster.manager.queues.get(pending.queue)
    holds = reservation is not None
    at_ms = status.requeue_at_ms
    recorded = WorkloadStatus(
        admission=None if reservation is None else _admission(cluster, pods, reservation, base_ms),
        eviction=_eviction(status, reservation, message if reservation is not None else "", base_ms),
        on_hold=status.on_hold,
        requeue_at_ms=None if at_ms is None else at_ms - base_ms,
        requeue_count=status.timeouts,
        checks=tuple(
            RecordedCheck(
                name,
                one.state,
                one.since_ms - base_ms,
                one.requeue_after_ms,
                status.retries.get(name, 0),
                one.updates,
            )
            for name, one in status.checks.items()
        ),
        past_execution_ms=1000 * status.past_s,
        done_ms=_done(cluster, pending, reservation),
        admissions=max(status.starts, pending.restarts + (holds and reservation.admitted if reservation else False)),
        reservations=max(status.reservations, pending.restarts + holds),
        reason="" if holds else reason,
        message="" if holds else message,
        preemptor=queue is not None and queue.preemptor is pending,
    )
    active = workload.active and not status.inactive
    return workload._replace(created_ms=workload.created_ms - base_ms, active=active, status=recorded)


def _admission(cluster: Cluster, pods: PodsReady, reservation: Reservation, base_ms: int) -> RecordedAdmission:
    began, scheduled = None, True
    nodes: tuple[tuple[str, ...], ...] = ()
    if cluster.jobs.pods is not None and reservation.admitted:
        began, nodes = cluster.jobs.pods.whereabouts(reservation)
        scheduled = cluster.jobs.pods.all_scheduled(reservation)
    admitted_ms = reservation.admitted_ms - base_ms if reservation.admitted else None
    return RecordedAdmission(
        cluster_queue=reservation.queue.name,
        pod_sets=reservation.assignments,
        reserved_ms=1000 * reservation.reserved_s - base_ms,
        admitted_ms=admitted_ms,
        ran_ms=None if began is None else base_ms - began,
        pods_scheduled=scheduled,
        ready=reservation.ready,
        unready_ms=pods.unready_since(reservation, base_ms),
        nodes=nodes,
        unhealthy_nodes=reservation.unhealthy_nodes,
    )


def _eviction(status: Status, reservation: Reservation | None, message: str, base_ms: int) -> RecordedEviction | None:
    if status.evicted is not None:
        preempted = "" if status.preempted is None else status.preempted.reason
        return RecordedEviction(status.evicted.reason, 1000 * status.evicted.since_s - base_ms, preempted, message)
    if reservation is not None and reservation.evicted:
        return RecordedEviction("Preempted", reservation.evicted_ms - base_ms, "", message)
    return None


def _done(cluster: Cluster, pending: Pending, reservation: Reservation | None) -> int:
    """Run time that need not be repeated; of a gang that lost its node in mid-run, what survived that."""
    if cluster.jobs.pods is None or reservation is None or reservation.evicted:
        return pending.done_ms
    return max(pending.done_ms, cluster.jobs.pods.done_ms(reservation))
