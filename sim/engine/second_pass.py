"""Second looks at workloads that hold quota: when, and what becomes of them (R3.50–R3.52, R20.60–R20.66)."""

from collections.abc import Callable
from dataclasses import replace

from sim.engine.timers import Timers
from sim.model import PodSetAssignment
from sim.policy.assignment import Assignment
from sim.policy.backoff import backoff_ms
from sim.policy.entities import Held, Pending
from sim.policy.second_pass import needs_second_pass
from sim.policy.workload_topology import held_usage

FIRST_MS = 1_000
LONGEST_MS = 30_000


class SecondPasses:
    """The queue of second passes: a workload waits for its next attempt, or is ready for a cycle."""

    def __init__(self, timers: Timers, wake: Callable[[Held], None]) -> None:
        self._timers = timers
        self._wake = wake
        self._attempts: dict[str, int] = {}
        self._waiting: dict[str, Held] = {}
        self._ready: dict[str, Pending] = {}

    def queue(self, now: int, pending: Pending, held: Held) -> None:
        """Give it another attempt, later each time, unless one is due already or none is needed (R3.52)."""
        key = held.key
        if not needs_second_pass(held):
            self.forget(key)
        elif key not in self._waiting:
            self._attempts[key] = self._attempts.get(key, 0) + 1
            self._waiting[key] = held
            at_ms = now + backoff_ms(self._attempts[key], FIRST_MS, LONGEST_MS)
            self._timers.at(at_ms, key, lambda _: self._due(pending, held))

    def _due(self, pending: Pending, held: Held) -> None:
        if self._waiting.get(held.key) is held:
            del self._waiting[held.key]
            self.look_again(pending, held)

    def look_again(self, pending: Pending, held: Held) -> None:
        """The next cycle takes a look at the workload, if there still is a reason to."""
        if needs_second_pass(held):
            pending.held = held
            self._ready[held.key] = pending
            self._wake(held)
        else:
            self.forget(held.key)

    def forget(self, key: str) -> None:
        """It needs no second pass any more."""
        if not self._attempts and not self._ready:
            return
        self._attempts.pop(key, None)
        self._waiting.pop(key, None)
        pending = self._ready.pop(key, None)
        if pending is not None:
            pending.held = None

    def take(self) -> list[Pending]:
        """Everything that is ready, by key. Implements R3.50."""
        if not self._ready:
            return []
        taken = [self._ready[key] for key in sorted(self._ready)]
        self._ready.clear()
        return taken


def settled(held: Held, assignment: Assignment) -> tuple[PodSetAssignment, ...]:
    """The workload's admission with the places it has now; its quota is what it was (R20.64)."""
    places = {result.pod_set.name: result for result in assignment.pod_sets}
    return tuple(
        replace(one, topology=places[one.name].topology, topology_pending=places[one.name].delayed)
        for one in held.assignments
    )


def resettle(held: Held, assignment: Assignment) -> None:
    """Give the workload its new places; the failed nodes are behind it."""
    held.assignments = settled(held, assignment)
    held.topology_usage = held_usage(held)
    held.unhealthy_nodes = ()
