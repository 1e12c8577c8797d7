"""The workloads that hold quota in one ClusterQueue, ready in the order in which they would be evicted."""

from bisect import insort

from sim.policy.entities import Held

Rank = tuple[int, int, str]


def rank(held: Held) -> Rank:
    """Who goes first among workloads of one queue: lower priority, later reservation, smaller uid (R10.21)."""
    return (held.priority, -held.reserved_s, held.uid)


class Holdings(dict[str, Held]):
    """Workloads by key, to be changed by ``hold`` and ``let_go`` alone. Their order is worked out when a search first
    asks for it, and kept up from then on."""

    __slots__ = ("_evicted", "_ordered", "_standing")

    def __init__(self) -> None:
        super().__init__()
        self._ordered = False
        self._evicted: list[Held] = []
        self._standing: list[Held] = []

    def hold(self, held: Held) -> None:
        """It holds quota from now on."""
        self[held.key] = held
        if self._ordered:
            insort(self._evicted if held.evicted else self._standing, held, key=rank)

    def let_go(self, held: Held) -> None:
        """Its quota is free."""
        del self[held.key]
        if self._ordered:
            (self._evicted if held.evicted else self._standing).remove(held)

    def reorder(self) -> None:
        """A workload was evicted or got another priority."""
        self._ordered = False

    def in_order(self, evicted: bool) -> list[Held]:
        """Those already evicted, or those not, each in order of eviction."""
        if not self._ordered:
            self._evicted = sorted((held for held in self.values() if held.evicted), key=rank)
            self._standing = sorted((held for held in self.values() if not held.evicted), key=rank)
            self._ordered = True
        return self._evicted if evicted else self._standing
