"""What the entries of one cycle charge: later entries see it, and at the end of the cycle it is all undone (R4.40)."""

from collections.abc import Iterable, Sequence

from sim.policy.entities import TopologyUsage
from sim.policy.quota_tree import QuotaNode
from sim.policy.topologies import Topologies


class Charges:
    """Charges quota and places in the topology, and remembers it."""

    def __init__(self, topologies: Topologies) -> None:
        self._topologies = topologies
        self._quota: list[tuple[QuotaNode, int, int]] = []
        self._places: list[Sequence[TopologyUsage]] = []

    def add(self, node: QuotaNode, amounts: Iterable[tuple[int, int]], places: Sequence[TopologyUsage]) -> None:
        for slot, amount in amounts:
            node.add(slot, amount)
            self._quota.append((node, slot, amount))
        if places:
            self._topologies.charge(places, +1)
            self._places.append(places)

    def undo(self) -> None:
        for node, slot, amount in reversed(self._quota):
            node.remove(slot, amount)
        for places in self._places:
            self._topologies.charge(places, -1)
        self._quota.clear()
        self._places.clear()
