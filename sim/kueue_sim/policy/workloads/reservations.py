"""The workloads that hold quota in one ClusterQueue, and the order in which they would be evicted."""

from abc import ABC, abstractmethod
from bisect import bisect_left, insort
from collections.abc import Iterable

from kueue_sim.policy.workloads.workload_info import Reservation

Ranked = tuple[int, int, str, str, Reservation]
"""Priority, minus the second of reservation, uid and key: who goes first among workloads (R10.21), and the workload."""


def ranked(reservation: Reservation) -> Ranked:
    """The workload with its place: lower priority, later reservation, smaller uid first (R10.21)."""
    return (reservation.priority, -reservation.reserved_s, reservation.workload.uid, reservation.key, reservation)


class EvictionOrder:
    """Workloads in order of eviction, those already evicted apart from those not; kept up as they come and go."""

    __slots__ = ("_places", "evicted", "standing")

    def __init__(self, workloads: Iterable[Reservation]) -> None:
        self._places: dict[str, tuple[list[Ranked], Ranked]] = {}
        self.evicted: list[Ranked] = []
        self.standing: list[Ranked] = []
        for reservation in workloads:
            place = ranked(reservation)
            ordered = self._enter(reservation, place)
            ordered.append(place)
        self.evicted.sort()
        self.standing.sort()

    def _enter(self, reservation: Reservation, place: Ranked) -> list[Ranked]:
        ordered = self.evicted if reservation.evicted else self.standing
        self._places[reservation.key] = (ordered, place)
        return ordered

    def add(self, reservation: Reservation) -> None:
        """The workload holds quota from now on."""
        place = ranked(reservation)
        insort(self._enter(reservation, place), place)

    def remove(self, reservation: Reservation) -> None:
        """The workload is gone, or about to get another place."""
        ordered, place = self._places.pop(reservation.key)
        del ordered[bisect_left(ordered, place)]


class Listener(ABC):
    """Wants to know what happens to workloads that hold quota."""

    @abstractmethod
    def changed(self, reservation: Reservation, sign: int) -> None:
        """The workload comes (1), goes (−1) or has another place in the order (0)."""


class Reservations:
    """Workloads, in ``by_key`` to be looked up and not to be changed; ``changes`` counts what happened to them.

    ``listeners`` are told of each.
    """

    __slots__ = ("_order", "by_key", "changes", "listeners")

    def __init__(self) -> None:
        self.by_key: dict[str, Reservation] = {}
        self._order: EvictionOrder | None = None
        self.changes = 0
        self.listeners: list[Listener] = []

    def hold(self, reservation: Reservation) -> None:
        """The workload holds quota from now on."""
        self.by_key[reservation.key] = reservation
        self.changes += 1
        if self._order is not None:
            self._order.add(reservation)
        if self.listeners:  # mostly nobody listens, which is to cost nothing
            for told in self.listeners:
                told.changed(reservation, 1)

    def let_go(self, reservation: Reservation) -> None:
        """The workload's quota is free."""
        del self.by_key[reservation.key]
        self.changes += 1
        if self._order is not None:
            self._order.remove(reservation)
        if self.listeners:  # mostly nobody listens, which is to cost nothing
            for told in self.listeners:
                told.changed(reservation, -1)

    def moved(self, reservation: Reservation) -> None:
        """The workload was evicted or got another priority."""
        self.changes += 1
        if self._order is not None:
            self._order.remove(reservation)
            self._order.add(reservation)
        for told in self.listeners:
            told.changed(reservation, 0)

    @property
    def order(self) -> EvictionOrder:
        """Who would be evicted first; worked out when a search first asks, and kept up from then on."""
        if self._order is None:
            self._order = EvictionOrder(self.by_key.values())
        return self._order
