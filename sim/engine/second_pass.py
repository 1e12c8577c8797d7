"""Second looks at workloads that hold quota: when, and what becomes of them (R3.50–R3.52, R20.60–R20.66)."""

from dataclasses import replace

from sim.model import PodSetAssignment
from sim.policy.backoff import backoff_ms
from sim.policy.entities import Held, Pending
from sim.policy.flavors import Assignment
from sim.policy.second_pass import needs_second_pass
from sim.policy.workload_topology import held_usage

FIRST_MS = 1_000
LONGEST_MS = 30_000


class SecondPasses:
    """The queue of second passes. A workload waits in it, is ready for the next cycle, or is not in it at all."""

    def __init__(self) -> None:
        self._attempts: dict[str, int] = {}
        self._ready: dict[str, Pending] = {}

    def __bool__(self) -> bool:
        return bool(self._ready)

    def delay(self, held: Held) -> int | None:
        """Milliseconds until the workload's next attempt; None when it needs no second pass or waits for one."""
        if not needs_second_pass(held):
            self.forget(held.key)
            return None
        if self._attempts.get(held.key, 0) < 0:
            return None
        attempt = self._attempts.get(held.key, 0) + 1
        self._attempts[held.key] = -attempt
        return backoff_ms(attempt, FIRST_MS, LONGEST_MS)

    def ready(self, pending: Pending, held: Held) -> None:
        """Its time has come, if it still needs the pass."""
        if needs_second_pass(held):
            self._attempts[held.key] = abs(self._attempts.get(held.key, -1))
            pending.held = held
            self._ready[held.key] = pending
        else:
            self.forget(held.key)

    def forget(self, key: str) -> None:
        self._attempts.pop(key, None)
        self._ready.pop(key, None)

    def take(self) -> list[Pending]:
        """Everything that is ready, by key. Implements R3.50."""
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
