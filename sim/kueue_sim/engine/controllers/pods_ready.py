"""Workloads whose pods do not become ready in time (waitForPodsReady, rules 6.4)."""

from collections.abc import Callable

from kueue_sim.engine.cluster import Cluster
from kueue_sim.engine.queues.timers import Timers
from kueue_sim.model import RecordedAdmission, Scenario, WaitForPodsReady
from kueue_sim.policy.workloads.workload_info import Pending, Reservation

Expired = Callable[[int, Pending, Reservation, WaitForPodsReady], None]


class PodsReady:
    """Keeps ``Reservation.ready`` and the deadlines. ``expired`` is told of workloads that miss theirs."""

    def __init__(self, scenario: Scenario, cluster: Cluster, timers: Timers, expired: Expired) -> None:
        settings = scenario.settings
        self.rules = None if settings.gate("DisableWaitForPodsReady") else settings.wait_for_pods_ready
        self.blocks_admission = self.rules is not None and self.rules.block_admission
        self._cluster = cluster
        self._timers = timers
        self._expired = expired
        self.start_ms = scenario.timing.pod_start_ms

    def all_ready(self) -> bool:
        """Whether every workload that holds quota has all its pods ready (R4.70)."""
        return all(reservation.ready for reservation in self._cluster.cache.reservations.values())

    def delay_ms(self, pending: Pending, starts: int) -> int | None:
        """Milliseconds from admission to ready pods, for a workload that was admitted so often before; None: never."""
        times = pending.workload.ready_after_ms
        return times[min(starts, len(times) - 1)] if times else self.start_ms

    def admit(
        self, now: int, pending: Pending, reservation: Reservation, delay_ms: int | None, earliest_ms: int = 0
    ) -> None:
        """The workload is admitted: its pods must be ready in time, which nobody checks before ``earliest_ms``.

        Implements R6.31–R6.32.
        """
        if self.rules is None:
            return
        reservation.ready = delay_ms == 0
        if self._cluster.jobs.pods is not None:
            reservation.ready = False
        elif delay_ms is not None and delay_ms > 0:
            self._timers.at(now + delay_ms, pending.key, lambda at: self.change(at, reservation, True))
        if not reservation.ready:
            self._watch(max(now + self.rules.timeout_ms, earliest_ms), pending, reservation)

    def resume(
        self, pending: Pending, reservation: Reservation, admission: RecordedAdmission, delay_ms: int | None
    ) -> None:
        """The workload was admitted before the simulation began, and this is known of its pods."""
        rules = self.rules
        if rules is None or reservation.ready:
            return
        if admission.unready_ms is not None:
            timeout = rules.timeout_ms if rules.recovery_timeout_ms is None else rules.recovery_timeout_ms
            if timeout > 0:
                self._watch(admission.unready_ms + timeout, pending, reservation)
            return
        if self._cluster.jobs.pods is None and delay_ms is not None:
            self._timers.at(
                max(0, reservation.admitted_ms + delay_ms), pending.key, lambda at: self.change(at, reservation, True)
            )
        self._watch(max(0, reservation.admitted_ms + rules.timeout_ms), pending, reservation)

    def unready_since(self, reservation: Reservation, base_ms: int) -> int | None:
        """Since when, from ``base_ms`` on, pods that were ready are not, None where they are or never were."""
        rules = self.rules
        if rules is None or reservation.ready or not reservation.admitted:
            return None
        if reservation.ready_deadline_ms <= reservation.admitted_ms + rules.timeout_ms:
            return None
        timeout = rules.timeout_ms if rules.recovery_timeout_ms is None else rules.recovery_timeout_ms
        return reservation.ready_deadline_ms - timeout - base_ms

    def change(self, now: int, reservation: Reservation, is_ready: bool) -> None:
        """All pods of an admitted workload are ready, or no longer; then they have time to recover."""
        rules = self.rules
        if (
            rules is None
            or not self._is_current(reservation)
            or not reservation.admitted
            or reservation.ready is is_ready
        ):
            return
        reservation.ready = is_ready
        self._cluster.cache.count_anew(reservation)
        timeout = rules.timeout_ms if rules.recovery_timeout_ms is None else rules.recovery_timeout_ms
        if not is_ready and timeout > 0:
            self._watch(now + timeout, self._cluster.pending[reservation.key], reservation)

    def _watch(self, deadline: int, pending: Pending, reservation: Reservation) -> None:
        """The workload's time is over at the deadline unless its pods are ready then or were since."""
        reservation.ready_deadline_ms = deadline

        def expire(now: int) -> None:
            rules = self.rules
            late = self._is_current(reservation) and not reservation.ready and reservation.ready_deadline_ms == deadline
            if late and rules is not None:
                self._expired(now, pending, reservation, rules)

        self._timers.at(deadline, pending.key, expire)

    def _is_current(self, reservation: Reservation) -> bool:
        return self._cluster.cache.reservations.get(reservation.key) is reservation and not reservation.evicted
