"""Work whose pods are not followed one by one, on nodes that fail: it stops with a node of its topology assignment, and
starts anew once it has another place or the node is back."""

from collections.abc import Callable, Iterable, Mapping

from kueue_sim.engine.facts import CODE
from kueue_sim.engine.pods.progress import Clock, due
from kueue_sim.engine.recorder import Recorder
from kueue_sim.model import Node, Scenario
from kueue_sim.policy.topology.domains import HOSTNAME
from kueue_sim.policy.workloads.workload_info import Pending, Reservation

_STARTED, _INTERRUPTED = CODE["Started"], CODE["Interrupted"]
_STANDS_STILL = 1 << 62
"""The start of work that waits for a node, in ms: beyond any run."""
NEVER_STARTS = 1 << 61
"""The start of work whose pods are never ready, in ms: beyond any run."""


class WorkOnNodes:
    """Stops and starts the work of admitted workloads. ``numbers`` names a workload and its queue in facts;
    ``finish_after`` lets a reservation end so many milliseconds from now."""

    def __init__(
        self,
        recorder: Recorder,
        numbers: Callable[[Reservation], tuple[int, int]],
        finish_after: Callable[[Reservation, int], None],
    ) -> None:
        self._recorder = recorder
        self._numbers = numbers
        self._finish_after = finish_after

    def follow(
        self, now: int, holding: Iterable[Reservation], pending: Mapping[str, Pending], nodes: Mapping[str, Node]
    ) -> None:
        """Nodes or places changed: work on a node that is gone or not ready stops, other work goes on."""
        for reservation in sorted(holding, key=lambda one: one.key):
            lost = next((name for name in places(reservation) if name not in nodes or not nodes[name].ready), None)
            if not reservation.admitted or reservation.evicted or reservation.since_ms == NEVER_STARTS:
                continue
            if (lost is not None) is not (reservation.since_ms == _STANDS_STILL):
                if lost is None:
                    self._start(now, reservation, pending[reservation.key])
                else:
                    self._stop(now, reservation, pending[reservation.key], lost)

    def begin(self, now: int, reservation: Reservation) -> None:
        """Work starts with the admission or when its pods are ready, unless it was evicted in the same instant."""
        if reservation.since_ms == now and reservation.admitted and not reservation.evicted:
            self._note(now, _STARTED, reservation, "", ",".join(places(reservation)), 0)

    def _stop(self, now: int, reservation: Reservation, pending: Pending, node: str) -> None:
        clock = Clock(
            reservation.workload, pending.done_ms, pending.restarts, reservation.since_ms, pace=reservation.pace
        )
        lost = max(0, clock.stop(max(now, reservation.since_ms)))
        pending.done_ms, pending.restarts = clock.done, True
        reservation.since_ms = _STANDS_STILL
        if reservation.workload.runtime_ms is not None:
            reservation.void_ends += 1
        self._note(now, _INTERRUPTED, reservation, "NodeFailed", node, lost)

    def _start(self, now: int, reservation: Reservation, pending: Pending) -> None:
        reservation.since_ms = now
        rest = due(reservation.workload, pending.done_ms, pending.restarts, reservation.pace)
        if rest is not None:
            self._finish_after(reservation, rest)
        self._note(now, _STARTED, reservation, "", ",".join(places(reservation)), 0)

    def _note(self, now: int, kind: int, reservation: Reservation, reason: str, message: str, lost_ms: int) -> None:
        number, queue = self._numbers(reservation)
        self._recorder.note((now, kind, number, queue, self._recorder.texts[reason, message], -1, -1, lost_ms))


def places(reservation: Reservation) -> list[str]:
    """The nodes of a workload's topology assignment, as far as its lowest level is the node."""
    return [
        domain.values[-1]
        for one in reservation.assignments
        if one.topology is not None and one.topology.levels[-1] == HOSTNAME
        for domain in one.topology.domains
    ]


def has_topology_nodes(scenario: Scenario) -> bool:
    """Whether topologies place work on nodes that may fail."""
    return bool(scenario.policy.topologies) and (bool(scenario.nodes) or bool(scenario.timeline))
