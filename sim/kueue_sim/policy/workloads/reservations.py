"""The workloads that hold quota in one ClusterQueue, ready in the order in which they would be evicted."""

from bisect import insort

from kueue_sim.policy.workloads.workload_info import Reservation

Rank = tuple[int, int, str]


def rank(reservation: Reservation) -> Rank:
    """Who goes first among workloads of one queue: lower priority, later reservation, smaller uid (R10.21)."""
    return (reservation.priority, -reservation.reserved_s, reservation.uid)


class Reservations(dict[str, Reservation]):
    """Workloads by key, to be changed by ``hold`` and ``let_go`` alone. Their order is worked out when a search first
    asks for it, and kept up from then on."""

    __slots__ = ("_evicted", "_ordered", "_standing")

    def __init__(self) -> None:
        super().__init__()
        self._ordered = False
        self._evicted: list[Reservation] = []
        self._standing: list[Reservation] = []

    def hold(self, reservation: Reservation) -> None:
        """It holds quota from now on."""
        self[reservation.key] = reservation
        if self._ordered:
            insort(self._evicted if reservation.evicted else self._standing, reservation, key=rank)

    def let_go(self, reservation: Reservation) -> None:
        """Its quota is free."""
        del self[reservation.key]
        if self._ordered:
            (self._evicted if reservation.evicted else self._standing).remove(reservation)

    def reorder(self) -> None:
        """A workload was evicted or got another priority."""
        self._ordered = False

    def in_order(self, evicted: bool) -> list[Reservation]:
        """Those already evicted, or those not, each in order of eviction."""
        if not self._ordered:
            self._evicted = sorted((reservation for reservation in self.values() if reservation.evicted), key=rank)
            self._standing = sorted((reservation for reservation in self.values() if not reservation.evicted), key=rank)
            self._ordered = True
        return self._evicted if evicted else self._standing
