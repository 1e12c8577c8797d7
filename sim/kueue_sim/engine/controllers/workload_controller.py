"""A workload's life beyond quota: admission checks, time limits, eviction and backoff, activation (R6.1–R6.52).

Only workloads that need it have a ``Status``; all others pass by. What happens at a later time is a timer; a
timer that belongs to an admission is void once that admission is over.
"""

from collections.abc import Callable

from kueue_sim.engine.cluster import Cluster
from kueue_sim.engine.controllers import admission_checks
from kueue_sim.engine.controllers.activation import Activation, status_of
from kueue_sim.engine.controllers.admission_checks import CheckControllers, Provisioner
from kueue_sim.engine.controllers.concurrent_admission import REJECTED, ConcurrentAdmission
from kueue_sim.engine.controllers.messages import DEACTIVATED
from kueue_sim.engine.controllers.pending_condition import runs_again
from kueue_sim.engine.controllers.pods_ready import PodsReady
from kueue_sim.engine.controllers.reclaimable_pods import reclaim
from kueue_sim.engine.facts import CODE
from kueue_sim.engine.queues.timers import Timers
from kueue_sim.model import (
    CheckAnswer,
    CheckState,
    PodSetUpdate,
    Reclaim,
    RecordedAdmission,
    Scenario,
    WaitForPodsReady,
    Workload,
)
from kueue_sim.policy.topology.multikueue_provisioning import is_dispatched
from kueue_sim.policy.workloads.second_pass import has_delayed_topology
from kueue_sim.policy.workloads.status import BACK_AFTER_BACKOFF, Check, Status
from kueue_sim.policy.workloads.timestamps import queue_order_ms
from kueue_sim.policy.workloads.workload_info import Pending, Reservation


class WorkloadController:
    """Follows the workloads with a status. Times in milliseconds."""

    def __init__(self, scenario: Scenario, cluster: Cluster, timers: Timers) -> None:
        self._settings = scenario.settings
        self._cluster = cluster
        self.timers = timers
        self._controllers = CheckControllers(scenario.checks, scenario.policy.admission_checks)
        self.families = ConcurrentAdmission(cluster, timers)
        self.activation = Activation(cluster, self.families, self)
        self.pods = PodsReady(scenario, cluster, timers, self._time_out)
        gate = scenario.settings.gate
        self._gated = gate("MultiKueueOrchestratedPreemption") or gate("ConcurrentAdmission")
        self._loses_pods = gate("SkipReassignmentForPodOwnedWorkloads")
        checked = any(queue.admission_checks for queue in scenario.policy.cluster_queues)
        reordered = not gate("PrioritySortingWithinCohort")
        self._watches_all = self.pods.rules is not None or checked or reordered

    def provision_with(self, provisioner: Provisioner) -> None:
        """From now on checks of ProvisioningRequests ask it for nodes."""
        self._controllers.provisioner = provisioner

    # -- who is followed ----------------------------------------------------------------------------------

    def status_for(self, workload: Workload) -> Status | None:
        """A new status for a workload that needs one, else None."""
        if (
            workload.max_execution_ms is None
            and not (workload.reclaims or workload.ready_after_ms or workload.owned_by_pod or workload.checks)
            and not (self._watches_all or (self._gated and workload.preemption_gates))
        ):
            return None
        gates = workload.preemption_gates if self._gated else ()
        return Status(checks={name: Check(state) for name, state in workload.checks}, closed_gates=set(gates))

    def _sort(self, pending: Pending, status: Status) -> None:
        """The workload's place among equals, after its conditions changed (R3.4)."""
        created_s = pending.workload.created_ms // 1000
        pending.timestamp_ms = queue_order_ms(self._settings, created_s, status.evicted, status.preempted)

    def list_checks(self, now: int, pending: Pending, status: Status) -> None:
        """While it waits, the checks that cover all flavors of its ClusterQueue are listed. Implements R6.2."""
        queue = self._cluster.cache.compiled.queue_of(pending.workload)
        if queue is not None and self._watches_all:
            admission_checks.list_checks(status, admission_checks.general_checks(queue.spec), now)

    # -- reservation and admission ------------------------------------------------------------------------

    def reserve(self, pending: Pending) -> None:
        """The workload gets quota: what happened to it before is history (R4.81)."""
        status = status_of(pending)
        status.reserve()
        self._sort(pending, status)

    def begin(self, now: int, pending: Pending, reservation: Reservation) -> None:
        """The workload holds quota: admitted at once, or when its checks are ready. Implements R6.1–R6.2."""
        status = status_of(pending)
        queue = self._cluster.cache.queue_of(reservation).spec
        needed = admission_checks.needed_checks(queue, reservation.assignments)
        reservation.ready = self.pods.rules is None
        if not status.checks.keys() <= set(needed) and not admission_checks.all_ready(status):
            self._cluster.wait_for_checks(now, pending, reservation)
            self.timers.at(now, pending.key, lambda at: self._trim(at, pending, status, reservation, needed))
            return
        admission_checks.list_checks(status, needed, now)
        if admission_checks.all_ready(status) and not self._to_be_placed(reservation):
            self._admit(now, pending, status, reservation)
            return
        self._cluster.wait_for_checks(now, pending, reservation)
        self._await_checks(now, pending, status, reservation)

    def _await_checks(self, now: int, pending: Pending, status: Status, reservation: Reservation) -> None:
        """The controllers of its checks answer in their time."""
        if admission_checks.all_ready(status):
            self._checks_ready(now, pending, status, reservation)
        for name in status.checks:
            answer = self._controllers.answer(now, name, self.families.submitted_as(pending), status, reservation)
            self.timers.at(now + answer.after_ms, pending.key, self._answering(pending, reservation, name, answer))

    def _trim(self, now: int, pending: Pending, status: Status, reservation: Reservation, needed: list[str]) -> None:
        """Checks that it does not need are struck off its list, a step after the reservation. Implements R6.2."""
        if self._is_current(reservation):
            admission_checks.list_checks(status, needed, now)
            self._await_checks(now, pending, status, reservation)

    def _to_be_placed(self, reservation: Reservation) -> bool:
        """Whether its pods still need places; those of MultiKueue are placed in another cluster (R20.18)."""
        return has_delayed_topology(reservation) and not is_dispatched(
            self._cluster.cache.compiled, reservation.queue.name
        )

    def _checks_ready(self, now: int, pending: Pending, status: Status, reservation: Reservation) -> None:
        """Admitted now, or after a second pass that places its pods. Implements R1.43 and R20.60."""
        if self._to_be_placed(reservation):
            self._cluster.manager.second_passes.queue(now, pending, reservation)
        else:
            self._admit(now, pending, status, reservation)

    def placed(self, now: int, pending: Pending, reservation: Reservation) -> None:
        """A second pass gave its pods places: nothing is in the way of its admission any more (R20.60)."""
        self._admit(now, pending, status_of(pending), reservation)

    def _answering(
        self, pending: Pending, reservation: Reservation, name: str, answer: CheckAnswer
    ) -> Callable[[int], None]:
        assert answer.state != "Failed"
        state: CheckState = answer.state

        def answered(now: int) -> None:
            check = status_of(pending).checks.get(name)
            if self._is_current(reservation) and check is not None and check.state == "Pending":
                self.set_check(now, pending, name, state, answer.requeue_after_ms, answer.updates)

        return answered

    def _is_current(self, reservation: Reservation) -> bool:
        return self._cluster.cache.reservations.get(reservation.key) is reservation and not reservation.evicted

    def set_check(
        self,
        now: int,
        pending: Pending,
        name: str,
        state: CheckState,
        requeue_after_ms: int | None = None,
        updates: tuple[PodSetUpdate, ...] = (),
    ) -> None:
        """A check says something new about a workload. Implements R6.70–R6.72."""
        status, reservation = status_of(pending), self._cluster.cache.reservations.get(pending.key)
        check = status.checks.get(name)
        if check is None or check.state == state or (reservation is None and pending.workload.parent):
            return
        check.state, check.since_ms, check.requeue_after_ms, check.updates = state, now, requeue_after_ms, updates
        self._cluster.note(now, CODE["Check"], pending, state, name)
        if reservation is not None and not reservation.evicted:
            self._cluster.cache.count_anew(reservation)
            self.heed_checks(now, pending, status, reservation)

    def heed_checks(self, now: int, pending: Pending, status: Status, reservation: Reservation) -> None:
        """What follows for work that holds quota from all that its checks say, and whether it has to wait for that."""
        until = admission_checks.retry_at_ms(status)
        if until is not None and until > now:
            status.postpone(until)
        self._heed_checks(now, pending, status, reservation)

    def _heed_checks(self, now: int, pending: Pending, status: Status, reservation: Reservation) -> None:
        """What the checks say takes effect, for a Retry that says how long to wait only then: until the backoff ends
        the workload keeps its reservation. Implements R6.70."""
        if not self._is_current(reservation):
            return
        until = status.requeue_at_ms
        if until is not None and until > now:
            self.timers.at(until, pending.key, lambda at: self._heed_checks(at, pending, status, reservation))
            return
        rejected = admission_checks.in_state(status, "Rejected")
        retry = admission_checks.in_state(status, "Retry")
        if rejected and pending.workload.parent:
            self._reject_variant(now, pending, reservation, admission_checks.message(rejected, "Rejected"))
        elif rejected:
            self.activation.deactivate(now, pending, "AdmissionCheck", admission_checks.message(rejected, "Rejected"))
        elif retry:
            self.evict(now, reservation, "AdmissionCheck", f"Evicted due to {admission_checks.message(retry, 'Retry')}")
        elif not reservation.admitted and admission_checks.all_ready(status):
            reservation.pod_updates = admission_checks.pod_updates(status)
            self._cluster.cache.mark_changed(self._cluster.cache.queue_of(reservation).partition)
            self._checks_ready(now, pending, status, reservation)

    def _reject_variant(self, now: int, pending: Pending, reservation: Reservation, because: str) -> None:
        """A check rejects a variant, not its parent: others take part on. Implements R6.94."""
        if reservation.admitted:
            self.evict(now, reservation, REJECTED, f"{DEACTIVATED} due to {because}")
        else:
            self.families.leave_out(now, pending)
            pending.reason, pending.message = "Deactivated", f"{DEACTIVATED} due to {because}"

    def _admit(self, now: int, pending: Pending, status: Status, reservation: Reservation) -> None:
        """The workload is admitted; from now on its time limits run."""
        parent = self.families.limits(pending)
        own = parent or status
        delay = self.pods.delay_ms(pending, own.starts)
        own.starts += 1
        if pending.workload.parent:
            self.families.admitted(now, pending)
        reservation.admitted = True
        self._cluster.start(now, pending, reservation, delay)
        self.pods.admit(now, pending, reservation, delay, 0 if parent is None else parent.requeue_at_ms or 0)
        self._limit(now, pending, status, reservation)
        for change in pending.workload.reclaims:
            if change.count > pending.workload.reclaimable.get(change.pod_set, 0):
                self.timers.at(now + change.after_ms, pending.key, self._reclaiming(pending, reservation, change))

    def _reclaiming(self, pending: Pending, reservation: Reservation, change: Reclaim) -> Callable[[int], None]:
        def reclaim_pods(now: int) -> None:
            if self._is_current(reservation):
                reclaim(self._cluster, now, pending, reservation, change)

        return reclaim_pods

    # -- time limits --------------------------------------------------------------------------------------

    def _limit(self, now: int, pending: Pending, status: Status, reservation: Reservation) -> None:
        """Implements R6.40. The limit also expires while an evicted workload still terminates (R6.41)."""
        limit = pending.workload.max_execution_ms
        if limit is None:
            return

        past = self.families.limits(pending) or status

        def expire(at: int) -> None:
            until = status.requeue_at_ms
            if until is not None and until > at and self._is_current(reservation):
                self.timers.at(until, pending.key, expire)
            elif self.activation.is_terminating(reservation):
                status.deactivation_target = True
            elif self._cluster.cache.reservations.get(reservation.key) is reservation:
                past.past_s = 0
                self.activation.deactivate(
                    at, pending, "MaximumExecutionTimeExceeded", "exceeding the maximum execution time"
                )
                status.deactivation_target = not pending.workload.parent

        self.timers.at(now // 1000 * 1000 + limit - past.past_s * 1000, pending.key, expire)

    def _time_out(self, now: int, pending: Pending, reservation: Reservation, rules: WaitForPodsReady) -> None:
        """The workload's pods were not ready in time. Implements R6.33 and R6.94."""
        parent = self.families.limits(pending)
        status = parent or status_of(pending)
        until = status.requeue_at_ms
        if parent is None and until is not None and until > now:
            self.timers.at(until, pending.key, lambda at: self._time_out_later(at, pending, reservation, rules))
            return
        if rules.backoff_limit is not None and status.timeouts + 1 > rules.backoff_limit:
            because = "exceeding the maximum number of re-queuing retries"
            self.activation.deactivate(now, pending, "RequeuingLimitExceeded", because)
            return
        status.time_out(now, rules)
        if parent is None:
            self.evict(now, reservation, "PodsReadyTimeout", f"Exceeded the PodsReady timeout {pending.key}")
        else:
            self._start_over(now, pending, reservation)

    def _time_out_later(self, now: int, pending: Pending, reservation: Reservation, rules: WaitForPodsReady) -> None:
        """The wait that came with a Retry is over, and with it the time for its pods unless they are ready now."""
        if self._is_current(reservation) and not reservation.ready:
            self._time_out(now, pending, reservation, rules)

    def _start_over(self, now: int, pending: Pending, reservation: Reservation) -> None:
        """A parent is evicted, but not its variant: it starts anew, on the quota that the variant keeps (R6.94)."""
        cluster, status = self._cluster, status_of(pending)
        message = f"Exceeded the PodsReady timeout {self.families.submitted_as(pending)}"
        cluster.end_pods(now, reservation, "PodsReadyTimeout", message)
        again = cluster.cache.restart_reservation(reservation)

        def restart(at: int) -> None:
            if self._is_current(again):
                self._count_execution(at, pending, reservation)
                cluster.note(at, CODE["Requeued"], pending)
                self._admit(at, pending, status, again)

        self.timers.at(now + reservation.gone_after_ms, pending.key, restart)

    # -- what was there before --------------------------------------------------------------------------

    def await_recorded_checks(self, pending: Pending, reservation: Reservation, reserved_ms: int) -> None:
        """Checks that were asked before the simulation began answer in their time; what they said already stands."""
        status = status_of(pending)
        if admission_checks.all_ready(status):
            self._checks_ready(0, pending, status, reservation)
        for name, check in status.checks.items():
            asked = self.families.submitted_as(pending)
            answer = self._controllers.answer(reserved_ms, name, asked, status, reservation)
            at_ms = reserved_ms + answer.after_ms
            if at_ms > 0 or check.state == "Pending":
                self.timers.at(max(0, at_ms), pending.key, self._answering(pending, reservation, name, answer))

    def await_backoff(self, until_ms: int, pending: Pending, status: Status) -> None:
        """The workload's backoff began before the simulation did."""
        self.timers.at(until_ms, pending.key, lambda at: self._come_back(at, pending, status))

    def resume(
        self,
        pending: Pending,
        status: Status,
        reservation: Reservation,
        admission: RecordedAdmission,
        delay_ms: int | None,
    ) -> None:
        """The workload was admitted before: its deadlines are what they were."""
        self.pods.resume(pending, reservation, admission, delay_ms)
        self._limit(reservation.admitted_ms, pending, status, reservation)
        for change in pending.workload.reclaims:
            at_ms = reservation.admitted_ms + change.after_ms
            if at_ms > 0 and change.count > pending.workload.reclaimable.get(change.pod_set, 0):
                self.timers.at(at_ms, pending.key, self._reclaiming(pending, reservation, change))

    # -- the end of an admission --------------------------------------------------------------------------

    def evict(self, now: int, reservation: Reservation, reason: str, message: str, by: Pending | None = None) -> None:
        """Quota is held until its pods are gone, and the status remembers why. ``by``: the preemptor, if any."""
        pending = self._cluster.pending[reservation.key]
        if by is None:
            self._remember(now, pending, reservation, reason)
        elif pending.status is not None:
            self._remember(now, pending, reservation, "Preempted", reason)
        self._cluster.evict(now, reservation, reason, message, by)

    def _remember(self, now: int, pending: Pending, reservation: Reservation, reason: str, preempted: str = "") -> None:
        """Implements R6.10."""
        status = status_of(pending)
        status.evict(reason, now, preempted)
        if self._gated:
            status.closed_gates = set(pending.workload.preemption_gates)
        self._sort(pending, status)
        reservation.timestamp_ms = pending.timestamp_ms

    def release(self, now: int, pending: Pending, status: Status, reservation: Reservation) -> None:
        """The workload's quota is free again. When it may come back follows from why it was evicted (R6.11–R6.17)."""
        self._count_execution(now, pending, reservation)
        alone = self._loses_pods and pending.workload.owned_by_pod
        status.release(requeue=not alone)
        self.list_checks(now, pending, status)
        if not status.inactive:
            status.let_go("Deactivated")
        if runs_again(self._cluster, pending, status.on_hold):
            status.let_go(status.on_hold)
        if alone or status.on_hold not in BACK_AFTER_BACKOFF:
            return
        until = status.requeue_at_ms
        if until is None or until <= now:
            status.finish_backoff()
        else:
            self.timers.at(until, pending.key, lambda at: self._come_back(at, pending, status))

    def _count_execution(self, now: int, pending: Pending, reservation: Reservation) -> None:
        """Implements R6.41–R6.42."""
        if reservation.admitted:
            status = self.families.limits(pending) or status_of(pending)
            status.past_s += now // 1000 - reservation.admitted_ms // 1000

    def _come_back(self, now: int, pending: Pending, status: Status) -> None:
        """The workload's backoff is over. Implements R6.23."""
        until = status.requeue_at_ms
        if status.on_hold in BACK_AFTER_BACKOFF and until is not None and until <= now:
            status.finish_backoff()
            self.offer_again(now, pending)

    def offer_again(self, now: int, pending: Pending) -> None:
        """It is looked at again where it waits; nothing for what holds quota or is no longer there."""
        cluster = self._cluster
        if cluster.pending.get(pending.key) is pending and pending.key not in cluster.cache.reservations:
            cluster.manager.enqueue(now, pending)

    def restart(self, now: int, pending: Pending, reason: str) -> None:
        """What it was kept for under this reason is over. Implements R6.17."""
        if pending.status is not None and pending.status.let_go(reason):
            self.offer_again(now, pending)

    def open_gate(self, now: int, pending: Pending, gate: str) -> None:
        """A preemption gate opens; a parked workload is looked at again when none is closed (R3.14)."""
        status = status_of(pending)
        if gate in status.closed_gates:
            status.closed_gates.discard(gate)
            if not status.closed_gates:
                self.offer_again(now, pending)
