"""Who hears of what becomes of pods and nodes."""

from collections.abc import Callable
from typing import Protocol

from kueue_sim.policy.workloads.workload_info import Reservation


class Watcher(Protocol):
    """Who wants to know what becomes of pods."""

    def pods_unschedulable(self, now: int, reservation: Reservation, message: str) -> None:
        """Admitted, but no node holds some of its pods."""
        ...

    def pods_started(self, now: int, reservation: Reservation, nodes: str) -> None:
        """The pods' work begins or goes on: all pods of a gang are ready, or the first of other pods."""
        ...

    def pods_ready(self, now: int, reservation: Reservation) -> None:
        """All its pods are ready (or have succeeded), for the first time or again."""
        ...

    def pods_lost(self, now: int, reservation: Reservation, node: str, lost_ms: int, why: str) -> None:
        """Pods that were at work died with their node, or had to leave it, which ``why`` says; so much run time is
        thrown away. A gang stands still."""
        ...

    def node_changed(self, now: int, node: str, what: str) -> None:
        """An action of the timeline happened to a node."""
        ...

    @property
    def finish(self) -> Callable[[int, Reservation], bool]:
        """Ends a workload whose work is done; False when it has ended already."""
        ...
