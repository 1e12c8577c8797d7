"""The workloads that hold quota in one ClusterQueue, and the order in which they would be evicted."""

from bisect import bisect_left, insort
from dataclasses import dataclass, field

from kueue_sim.policy.quota.quota_tree import QuotaNode
from kueue_sim.policy.workloads.workload_info import Reservation

Ranked = tuple[int, int, str, str, Reservation]
"""Priority, minus the second of reservation, uid and key: who goes first among workloads (R10.21), and the workload."""


Generation = tuple[int, int]
"""What a ClusterQueue's quota and usage are as of: while it is the same, flavor scans go on (R2.12, R5.42)."""


def ranked(reservation: Reservation) -> Ranked:
    """The workload with its place: lower priority, later reservation, smaller uid first (R10.21)."""
    return (reservation.priority, -reservation.reserved_s, reservation.workload.uid, reservation.key, reservation)


@dataclass(slots=True, eq=False)
class EvictionOrder:
    """Workloads in order of eviction, those already evicted apart from those not."""

    evicted: list[Ranked] = field(default_factory=list)
    standing: list[Ranked] = field(default_factory=list)


class Reservations:
    """Workloads, in ``by_key`` to be looked up and not to be changed; ``changes`` counts what happened to them.

    The queue then enters itself in each of ``changed_in``.
    """

    __slots__ = ("_added", "_orders", "_places", "_recounts", "_used", "by_key", "changed_in", "changes")

    def __init__(self) -> None:
        self.by_key: dict[str, Reservation] = {}
        self._orders: list[EvictionOrder] = []
        """The orders that are kept up as workloads come and go, the own one first; empty until somebody asks for it."""
        self._places: dict[str, tuple[Ranked, bool]] = {}
        """By key, the place of each workload in them, and whether it is among the evicted."""
        self._used: dict[tuple[int, int | None], int] = {}
        """What ``used_below`` has answered since a workload last came, went or moved, which was change ``_added``."""
        self._added = 0
        self.changes = 0
        self._recounts = 0
        self.changed_in: list[dict[QuotaNode, None]] = []

    def hold(self, reservation: Reservation) -> None:
        """The workload holds quota from now on."""
        self.by_key[reservation.key] = reservation
        if self._orders:
            self._enter(reservation)
        self.changes += 1
        for changed in self.changed_in:
            changed[reservation.queue] = None

    def let_go(self, reservation: Reservation) -> None:
        """The workload's quota is free."""
        del self.by_key[reservation.key]
        if self._orders:
            self._leave(reservation)
        self.changes += 1
        for changed in self.changed_in:
            changed[reservation.queue] = None

    def moved(self, reservation: Reservation) -> None:
        """The workload was evicted or got another priority."""
        if self._orders:
            self._leave(reservation)
            self._enter(reservation)
        self.changes += 1
        for changed in self.changed_in:
            changed[reservation.queue] = None

    def counted_anew(self) -> None:
        """A workload has another status, and nothing else of it is different."""
        self._recounts += 1

    def generation(self, queue: QuotaNode) -> Generation:
        """Another one with each rebuild of the queue's tree, and each time that Kueue counts one of its workloads."""
        return queue.root.rebuilt, self.changes + self._recounts

    def _enter(self, reservation: Reservation) -> None:
        place, evicted = ranked(reservation), reservation.evicted
        self._places[reservation.key] = place, evicted
        for order in self._orders:
            insort(order.evicted if evicted else order.standing, place)

    def _leave(self, reservation: Reservation) -> None:
        place, evicted = self._places.pop(reservation.key)
        for order in self._orders:
            places = order.evicted if evicted else order.standing
            del places[bisect_left(places, place)]

    def order(self) -> EvictionOrder:
        """Who would be evicted first; worked out when a search first asks, and kept up from then on."""
        if not self._orders:
            self._orders.append(EvictionOrder())
            for reservation in self.by_key.values():
                self._enter(reservation)
        return self._orders[0]

    def used_below(self, slot: int, priority: int | None) -> int:
        """How much of a slot workloads below a priority use, all of them for None."""
        if self._added != self.changes:
            self._used.clear()
            self._added = self.changes
        known = self._used.get((slot, priority))
        if known is None:
            known = self._used[slot, priority] = self._add_up(slot, priority)
        return known

    def _add_up(self, slot: int, below: int | None) -> int:
        total, order = 0, self.order()
        for places in (order.evicted, order.standing):
            for priority, _, _, _, reservation in places:
                if below is not None and priority >= below:
                    break
                for used, amount in reservation.usage:
                    if used == slot:
                        total += amount
        return total

    def keep_up(self, order: EvictionOrder) -> None:
        """An order of several queues, these workloads among them, is kept up as well from now on."""
        self._orders.append(order)
