"""What the entries of one cycle charge: later entries see it, and at the end of the cycle it is all undone (R4.40)."""

from collections.abc import Iterable, Sequence
from typing import Final

from kueue_sim.policy.quota.quota_tree import QuotaNode
from kueue_sim.policy.topology.snapshot import Topologies
from kueue_sim.policy.workloads.assignment import Assignment
from kueue_sim.policy.workloads.workload_info import TopologyUsage

NO_QUOTA: Final = 0
NO_PLACE: Final = 1
ROOM: Final = 2
"""Why something no longer fits, or that it does (R4.31)."""


class AssumedUsage:
    """Charges quota and places in the topology, and remembers it.

    A queue without limits may have whatever its root has left, and brings one head to a cycle. So what it charges
    matters at the root alone, until somebody asks who uses how much (``spread``), as a search for victims does.
    """

    def __init__(self, topologies: Topologies, everywhere: bool = False) -> None:
        """``everywhere``: who uses how much is asked all the time, as where shares order the entries."""
        self._topologies = topologies
        self._always = self._everywhere = everywhere
        self._quota: list[tuple[QuotaNode, int, int]] = []
        self._places: list[Sequence[TopologyUsage]] = []

    def add(self, node: QuotaNode, amounts: Iterable[tuple[int, int]], places: Sequence[TopologyUsage]) -> None:
        for slot, amount in amounts:
            if amount:
                self._charge(node, slot, amount)
        if places:
            self._topologies.charge(places, +1)
            self._places.append(places)

    def _charge(self, node: QuotaNode, slot: int, amount: int) -> None:
        if node.pooled and not self._everywhere:
            node.root.usage[slot] += amount
        else:
            node.add(slot, amount)
        self._quota.append((node, slot, amount))

    def spread(self) -> None:
        """What is charged by now, and from now on, is charged to the queues and all Cohorts above them."""
        if self._quota and not self._everywhere:
            self._everywhere = True
            for node, slot, amount in self._quota:
                if node.pooled:
                    node.root.usage[slot] -= amount
                    node.add(slot, amount)

    def reserve(self, node: QuotaNode, assignment: Assignment, usage: Iterable[tuple[int, int]]) -> None:
        """For a workload that waits for quota: as much as it could get now or in time. Implements R4.51–R4.53.

        What a queue uses beyond its limit makes this a negative amount, as in Kueue: the queue alone counts less.
        """
        for slot, wanted in usage:
            free, limit = node.nominal[slot] - node.usage[slot], node.borrowing_limit[slot]
            if assignment.borrowing == 0:
                if free < wanted:
                    wanted = free if free > 0 else 0
            elif limit is not None and free + limit < wanted:
                wanted = free + limit
            if wanted:
                self._charge(node, slot, wanted)
        if assignment.topology_usage:
            self.add(node, (), assignment.topology_usage)

    def room(self, node: QuotaNode, amounts: Iterable[tuple[int, int]], places: Sequence[TopologyUsage]) -> int:
        """Whether quota and places suffice at this moment (R2.18, R20.51)."""
        for slot, amount in amounts:
            if 0 < amount > node.raw_available(slot):
                return NO_QUOTA
        return ROOM if not places or self._topologies.fits(places) else NO_PLACE

    @property
    def untouched(self) -> bool:
        """Whether no quota is charged by now."""
        return not self._quota

    def quota(self) -> tuple[tuple[QuotaNode, int, int], ...]:
        """What was charged by now, in order: where, which slot, how much."""
        return tuple(self._quota)

    def undo(self) -> None:
        if self._quota:
            for node, slot, amount in reversed(self._quota):
                if node.pooled and not self._everywhere:
                    node.root.usage[slot] -= amount
                elif amount > 0:
                    node.remove(slot, amount)
                else:
                    node.usage[slot] -= amount
                    node.share = None
            self._quota.clear()
        self._everywhere = self._always
        if self._places:
            for places in self._places:
                self._topologies.charge(places, -1)
            self._places.clear()
