"""Second looks at workloads that hold quota: when, and what becomes of them (R3.50–R3.52, R20.60–R20.66)."""

from collections.abc import Callable
from dataclasses import replace

from kueue_sim.engine.queues.timers import Timers
from kueue_sim.model import PodSetAssignment
from kueue_sim.policy.topology.workload_topology import held_usage
from kueue_sim.policy.workloads.assignment import Assignment
from kueue_sim.policy.workloads.backoff import backoff_ms
from kueue_sim.policy.workloads.second_pass import needs_second_pass
from kueue_sim.policy.workloads.workload_info import Pending, Reservation

FIRST_MS = 1_000
LONGEST_MS = 30_000


class SecondPasses:
    """The queue of second passes: a workload waits for its next attempt, or is ready for a cycle."""

    def __init__(self, timers: Timers, wake: Callable[[Reservation], None]) -> None:
        self._timers = timers
        self._wake = wake
        self.attempts: dict[str, int] = {}
        """How often workloads that need a second pass were queued for one, by key."""
        self._waiting: dict[str, Reservation] = {}
        self.ready: dict[str, Pending] = {}
        """What the next cycle takes a second look at, by key."""

    @property
    def any(self) -> bool:
        """Whether any workload waits for one."""
        return bool(self._waiting or self.ready)

    def queue(self, now: int, pending: Pending, reservation: Reservation) -> None:
        """Give it another attempt, later each time, unless one is due already or none is needed (R3.52)."""
        key = reservation.key
        if not needs_second_pass(reservation):
            self.forget(key)
        elif key not in self._waiting:
            self.attempts[key] = self.attempts.get(key, 0) + 1
            self._waiting[key] = reservation
            at_ms = now + backoff_ms(self.attempts[key], FIRST_MS, LONGEST_MS)
            self._timers.at(at_ms, key, lambda _: self._due(pending, reservation))

    def _due(self, pending: Pending, reservation: Reservation) -> None:
        if self._waiting.get(reservation.key) is reservation:
            del self._waiting[reservation.key]
            self.look_again(pending, reservation)

    def look_again(self, pending: Pending, reservation: Reservation) -> None:
        """The next cycle takes a look at the workload, if there still is a reason to."""
        if needs_second_pass(reservation):
            pending.reservation = reservation
            self.attempts.setdefault(reservation.key, 0)
            self.ready[reservation.key] = pending
            self._wake(reservation)
        else:
            self.forget(reservation.key)

    def forget(self, key: str) -> None:
        """The workload needs no second pass any more."""
        self.attempts.pop(key, None)
        self._waiting.pop(key, None)
        pending = self.ready.pop(key, None)
        if pending is not None:
            pending.reservation = None

    def take(self) -> list[Pending]:
        """Everything that is ready, by key. Implements R3.50."""
        taken = [self.ready[key] for key in sorted(self.ready)]
        self.ready.clear()
        return taken


def settled(reservation: Reservation, assignment: Assignment) -> tuple[PodSetAssignment, ...]:
    """The workload's admission with the places it has now; its quota is what it was (R20.64)."""
    places = {result.pod_set.name: result for result in assignment.pod_sets}
    return tuple(
        replace(one, topology=places[one.name].topology, topology_pending=places[one.name].delayed)
        for one in reservation.assignments
    )


def resettle(reservation: Reservation, assignment: Assignment) -> None:
    """Give the workload its new places; the failed nodes are behind it."""
    reservation.assignments = settled(reservation, assignment)
    reservation.topology_usage = held_usage(reservation)
    reservation.unhealthy_nodes = ()
