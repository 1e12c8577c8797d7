"""Taking over a cluster as it is: what holds quota, waits, backs off or terminates when the simulation begins.

Nothing is decided anew. A workload holds the quota, flavors and places that its recorded admission says, also where
the policy would not give them any more; what lies ahead of it (its end, answers of checks, deadlines, the end of its
backoff) comes at the time that follows from when it began.
"""

from collections.abc import Iterable

from kueue_sim.engine.cluster import Cluster
from kueue_sim.engine.controllers import admission_checks
from kueue_sim.engine.controllers.pending_condition import runs_again, sync
from kueue_sim.engine.controllers.reclaimable_pods import shrunk, transplanted
from kueue_sim.engine.controllers.stop_policy import stop
from kueue_sim.engine.controllers.workload_controller import WorkloadController
from kueue_sim.engine.facts import CODE, NONE
from kueue_sim.engine.pods.progress import Clock, due, pace_of
from kueue_sim.engine.queue_manager import is_active
from kueue_sim.engine.queues.timers import Timers
from kueue_sim.engine.queues.unsampled_usage import used
from kueue_sim.model import PodSetAssignment, RecordedAdmission, Workload, WorkloadStatus
from kueue_sim.policy.topology.workload_topology import held_usage
from kueue_sim.policy.workloads.status import BACK_AFTER_BACKOFF, Check, Status
from kueue_sim.policy.workloads.timestamps import Condition, queue_order_ms
from kueue_sim.policy.workloads.workload_info import Pending, Reservation

_SUBMITTED, _ADMITTED, _RESERVED = CODE["Submitted"], CODE["Admitted"], CODE["QuotaReserved"]
_NO_FIT = "couldn't assign flavors"
"""How every answer begins after which a workload, and its whole class, waits for a flush (R3.40)."""
_PREEMPTING, _PREEMPTS = "WaitingForPreemptedWorkloads", ". Pending the preemption of "
"""The reason of work for which others are evicted, and what stands in its message, also before 0.20, where its reason
is that of all that waits."""


class Adoption:
    """Takes over workloads with a recorded status at time zero."""

    def __init__(self, cluster: Cluster, life: WorkloadController, timers: Timers) -> None:
        self._cluster = cluster
        self._life = life
        self._timers = timers
        self._settings = cluster.scenario.settings

    def take_over(self, workloads: Iterable[Workload]) -> None:
        """All workloads of the present. Those that were looked at in vain come first to their queues, so that others of
        their class wait with them, but for the one that others are preempted for: it stays active."""
        waiting: list[Pending] = []
        if self._cluster.manager.usage is not None:
            self._cluster.manager.usage.settle(self._cluster.scenario)
        for workload in workloads:
            recorded = workload.status
            assert recorded is not None
            pending = self._tracked(workload, recorded)
            if recorded.admission is None:
                waiting.append(pending)
            else:
                self._hold(pending, recorded, recorded.admission)
        for pending in sorted(waiting, key=_tried_first):
            self._wait(pending)
        for pending in waiting:
            if pending.workload.status is not None and pending.workload.status.woken and pending.queue:
                self._cluster.manager.requeuer.notify(0, pending.queue)
        for reservation in sorted(self._cluster.cache.reservations.values(), key=lambda one: one.key):
            self._reconcile(reservation)

    def _tracked(self, workload: Workload, recorded: WorkloadStatus) -> Pending:
        status = _status(recorded)
        timestamp = queue_order_ms(self._settings, workload.created_ms // 1000, status.evicted, status.preempted)
        pending = self._cluster.register(workload, timestamp)
        needed = self._life.status_for(workload)
        if needed is not None or status != Status():
            status.closed_gates = set() if needed is None else needed.closed_gates
            pending.status = status
        pending.done_ms = recorded.done_ms
        pending.restarts = recorded.admissions > (recorded.admission is not None)
        return pending

    def _reconcile(self, reservation: Reservation) -> None:
        """What Kueue's controllers do as soon as they look at work that holds quota which it may not hold any more: it
        was deactivated, its queue was stopped, a check asks for another attempt, or several of its nodes failed, and
        nobody has evicted it yet."""
        cluster = self._cluster
        pending = cluster.pending[reservation.key]
        if reservation.evicted:
            return
        if not pending.workload.active:
            self._life.activation.deactivate(0, pending)
            return
        if len(reservation.unhealthy_nodes) > 1:
            cluster.nodes.give_up(0, reservation, reservation.unhealthy_nodes)
            return
        if pending.status is not None and pending.status.failed_checks:
            self._life.heed_checks(0, pending, pending.status, reservation)
        stop(cluster, self._life, 0, reservation)

    # -- what waits ---------------------------------------------------------------------------------------

    def _wait(self, pending: Pending) -> None:
        cluster, recorded = self._cluster, pending.workload.status
        assert recorded is not None
        queue = cluster.cache.compiled.queue_of(pending.workload)
        number = NONE if queue is None else cluster.numbers[queue.name]
        cluster.recorder.note((0, _SUBMITTED, pending.number, number, NONE, NONE, NONE, 0))
        pending.reason, pending.message = recorded.reason, recorded.message
        if not is_active(pending):
            cluster.note(0, CODE["Deactivated"], pending, recorded.reason, recorded.message)
            cluster.manager.unqueued[pending.key] = pending
            return
        if queue is None:
            cluster.manager.unqueued[pending.key] = pending
        else:
            self._line_up(pending, recorded, queue.name)
        sync(cluster, 0, pending)

    def _line_up(self, pending: Pending, recorded: WorkloadStatus, queue: str) -> None:
        """It waits in its queue, as active as it was; what it was kept for may be over."""
        cluster = self._cluster
        pending.queue = queue
        status = pending.status
        if status is not None:
            if status.on_hold == "Deactivated" or runs_again(cluster, pending, status.on_hold):
                status.let_go(status.on_hold)
            if status.on_hold in BACK_AFTER_BACKOFF and (status.requeue_at_ms is None or status.requeue_at_ms <= 0):
                status.finish_backoff()
            pending.backing_off = status.backing_off(0)
            if status.requeue_at_ms is not None and status.requeue_at_ms > 0:
                self._life.await_backoff(status.requeue_at_ms, pending, status)
        waits = cluster.manager.queues[pending.queue]
        if recorded.preemptor or _preempts(recorded):
            waits.restore_preemptor(pending)
        if _preempts(recorded):
            waits.restore(pending)
        elif recorded.message.startswith(_NO_FIT) and not pending.backing_off:
            waits.restore_inadmissible(pending)
        else:
            waits.offer(pending)

    # -- what holds quota ---------------------------------------------------------------------------------

    def _hold(self, pending: Pending, recorded: WorkloadStatus, admission: RecordedAdmission) -> None:
        cluster = self._cluster
        reservation = self._reservation(pending, admission)
        pending.queue = reservation.queue.name
        cluster.cache.charge(reservation)
        admitted = admission.admitted_ms is not None
        kind = _ADMITTED if admitted else _RESERVED
        cluster.note_admission(0, kind, pending, reservation.assignments)
        if cluster.manager.usage is not None:
            self._charge_usage(pending, reservation, admission)
        if recorded.eviction is not None:
            self._terminate(pending, reservation, recorded)
        elif admitted:
            self._run(pending, reservation, admission)
        else:
            self._life.await_recorded_checks(pending, reservation, admission.reserved_ms)

    def _reservation(self, pending: Pending, admission: RecordedAdmission) -> Reservation:
        cluster, workload = self._cluster, pending.workload
        queue = cluster.cache.compiled.queues[admission.cluster_queue]
        assignments: tuple[PodSetAssignment, ...] = admission.pod_sets
        if self._settings.gate("ReclaimablePods"):
            assignments = shrunk(assignments, workload)
        reservation = Reservation(
            workload,
            pending.key,
            queue.node,
            pending.priority,
            pending.timestamp_ms,
            admission.reserved_ms // 1000,
            (),
            frozenset(),
            assignments,
            unhealthy_nodes=admission.unhealthy_nodes if self._settings.gate("TASFailedNodeReplacement") else (),
            admitted=admission.admitted_ms is not None,
            admitted_ms=admission.admitted_ms or 0,
            ready=admission.ready or self._life.pods.rules is None,
        )
        if pending.status is not None and (reservation.admitted or admission_checks.all_ready(pending.status)):
            reservation.pod_updates = admission_checks.pod_updates(pending.status)
        reservation = transplanted(reservation, queue, cluster.cache.compiled)
        reservation.topology_usage = held_usage(reservation)
        reservation.pace = pace_of(workload, assignments)
        return reservation

    def _charge_usage(self, pending: Pending, reservation: Reservation, admission: RecordedAdmission) -> None:
        usage = self._cluster.manager.usage
        assert usage is not None
        if admission.admitted_ms is None:
            usage.reserve(admission.reserved_ms, pending, self._cluster.cache.queue_of(reservation))
        else:
            usage.restore(pending, used(reservation.assignments))

    def _run(self, pending: Pending, reservation: Reservation, admission: RecordedAdmission) -> None:
        """The workload runs since it was admitted, or since its pods were ready."""
        cluster, life = self._cluster, self._life
        starts = 0 if pending.status is None else max(0, pending.status.starts - 1)
        delay = life.pods.delay_ms(pending, starts)
        since = None if delay is None else reservation.admitted_ms + delay
        if admission.ran_ms is not None:
            since = -admission.ran_ms
        if not admission.pods_scheduled:
            since = None if cluster.jobs.pods is not None else delay
        if cluster.jobs.pods is not None:
            clock = Clock(reservation.workload, pending.done_ms, pending.restarts, pace=reservation.pace)
            left = delay if since is None else max(0, since)
            flavors, elsewhere = cluster.cache.compiled.flavors, cluster.jobs.runs_elsewhere(reservation)
            cluster.jobs.pods.adopt(reservation, flavors, clock, left, since, admission.nodes, elsewhere)
        elif since is not None:
            reservation.since_ms = since
            rest = due(reservation.workload, pending.done_ms, pending.restarts, reservation.pace)
            if rest is not None:
                self._timers.finish_after(reservation, max(0, since + rest))
        if pending.status is not None:
            life.resume(pending, pending.status, reservation, admission, delay)
        if reservation.unhealthy_nodes:
            cluster.manager.second_passes.queue(0, pending, reservation)

    def _terminate(self, pending: Pending, reservation: Reservation, recorded: WorkloadStatus) -> None:
        """The workload was evicted, and holds its quota until its pods are gone."""
        cluster, eviction = self._cluster, recorded.eviction
        assert eviction is not None
        reservation.evicted, reservation.evicted_ms = True, eviction.at_ms
        cluster.cache.by_queue[reservation.queue.name].moved(reservation)
        pending.reason, pending.message = "PendingEvaluation", eviction.message
        text = cluster.recorder.texts[eviction.reason, eviction.message]
        number = cluster.numbers[reservation.queue.name]
        cluster.recorder.note((0, CODE["Evicted"], pending.number, number, text, NONE, NONE, 0))
        grace_ms = cluster.scenario.timing.termination_ms
        reservation.gone_after_ms = max(0, eviction.at_ms + grace_ms)
        cluster.evicted.append(reservation)


def _tried_first(pending: Pending) -> bool:
    """Whether the first cycles may look at it; what waits for a flush (R3.40) is put into its queue before it."""
    recorded = pending.workload.status
    return recorded is None or _preempts(recorded) or not recorded.message.startswith(_NO_FIT)


def _preempts(recorded: WorkloadStatus) -> bool:
    """Whether others were evicted for it at its last attempt, so that Kueue looks at it again in every cycle."""
    return recorded.reason == _PREEMPTING or _PREEMPTS in recorded.message


def _status(recorded: WorkloadStatus) -> Status:
    """What was recorded, as the simulation keeps it."""
    eviction = recorded.eviction
    preempted = None
    if eviction is not None and eviction.preempted:
        preempted = Condition(eviction.preempted, eviction.at_ms // 1000)
    return Status(
        evicted=None if eviction is None else Condition(eviction.reason, eviction.at_ms // 1000),
        preempted=preempted,
        on_hold=recorded.on_hold,
        requeue_at_ms=recorded.requeue_at_ms,
        timeouts=recorded.requeue_count,
        past_s=recorded.past_execution_ms // 1000,
        starts=recorded.admissions,
        reservations=recorded.reservations,
        checks={one.name: Check(one.state, one.since_ms, one.requeue_after_ms, one.updates) for one in recorded.checks},
        retries={one.name: one.retries for one in recorded.checks},
    )
