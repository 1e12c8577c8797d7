"""Deactivation and activation of workloads: by their users, and by Kueue itself (R6.15, R6.50–R6.52)."""

from typing import Protocol

from kueue_sim.engine.cluster import Cluster
from kueue_sim.engine.controllers.concurrent_admission import ConcurrentAdmission
from kueue_sim.engine.controllers.messages import DEACTIVATED
from kueue_sim.engine.controllers.pending_condition import sync
from kueue_sim.engine.facts import CODE
from kueue_sim.engine.queue_manager import is_active
from kueue_sim.policy.workloads.status import Status
from kueue_sim.policy.workloads.workload_info import Pending, Reservation


class Controller(Protocol):
    """What activation asks of the workload controller."""

    def evict(self, now: int, reservation: Reservation, reason: str, message: str) -> None:
        """End an admission; its quota is free when its pods are gone."""
        ...

    def release(self, now: int, pending: Pending, status: Status, reservation: Reservation) -> None:
        """The pods of an admission are gone."""
        ...

    def offer_again(self, now: int, pending: Pending) -> None:
        """Queue a workload that waits, if it holds no quota."""
        ...


class Activation:
    """Which workloads may run at all."""

    def __init__(self, cluster: Cluster, families: ConcurrentAdmission, controller: Controller) -> None:
        self._cluster = cluster
        self._families = families
        self._controller = controller
        self._terminating: dict[str, tuple[Reservation, str]] = {}
        """Deactivated workloads whose pods still end: what they held, and why they were evicted (R6.15)."""

    def deactivate(self, now: int, pending: Pending, cause: str = "", because: str = "") -> None:
        """The workload may not run until it is activated; its quota is free at once. Implements R6.15, R6.50–R6.52."""
        status, cluster = status_of(pending), self._cluster
        if status.inactive:
            return
        reason = f"DeactivatedDueTo{cause}" if cause else "Deactivated"
        message = f"{DEACTIVATED} due to {because}" if because else DEACTIVATED
        reservation = cluster.cache.reservations.get(pending.key)
        if reservation is not None:
            if not reservation.evicted:
                self._controller.evict(now, reservation, reason, message)
            cluster.release_quota(now, reservation)
            self._terminating[pending.key] = (reservation, message)
        else:
            cluster.manager.dequeue(pending)
        status.deactivate()
        self._families.deactivated(now, pending)
        pending.progress = None
        cluster.scheduler.forget(pending)
        cluster.manager.unqueued[pending.key] = pending
        if cluster.manager.usage is not None:
            cluster.manager.usage.forgive(now, pending)
        cluster.note(now, CODE["Deactivated"], pending, reason, message)
        cluster.manager.notify(now, pending)
        sync(cluster, now, pending)

    def activate(self, now: int, pending: Pending) -> None:
        """The workload may run again, at its old place in the queue. Implements R6.51.

        Pods of it that still end hold their quota again until they are gone. A workload that exceeded its execution
        time remains marked for deactivation, and one that Kueue itself deactivated is not requeued.
        """
        status = status_of(pending)
        if is_active(pending) or not self._families.activated(now, pending):
            return
        cluster = self._cluster
        cluster.note(now, CODE["Reactivated"], pending)
        if status.deactivation_target:
            cluster.note(now, CODE["Deactivated"], pending, "Deactivated", DEACTIVATED)
            return
        pending.workload = pending.workload._replace(active=True)
        status.inactive = False
        cluster.manager.dequeue(pending)
        if pending.key in self._terminating:
            reservation, pending.message = self._terminating.pop(pending.key)
            pending.reason = "PendingEvaluation" if cluster.says_why else "Pending"
            cluster.cache.charge(reservation)
            return
        status.let_go("Deactivated")
        self._controller.offer_again(now, pending)
        sync(cluster, now, pending)

    def terminated(self, now: int, pending: Pending, reservation: Reservation) -> None:
        """The pods of a deactivated workload are gone. Implements R6.15."""
        if self.is_terminating(reservation):
            del self._terminating[pending.key]
            self._controller.release(now, pending, status_of(pending), reservation)
            self._cluster.manager.notify(now, pending)
            sync(self._cluster, now, pending)

    def is_terminating(self, reservation: Reservation) -> bool:
        """Whether these are the pods of a deactivated workload that still end."""
        found = self._terminating.get(reservation.key)
        return found is not None and found[0] is reservation


def status_of(pending: Pending) -> Status:
    """The status of a workload to which something happened; it has one from now on."""
    if pending.status is None:
        pending.status = Status()
    return pending.status
