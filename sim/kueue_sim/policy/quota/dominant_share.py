"""Dominant resource shares: how much a queue or cohort borrows, relative to what could be lent (rules 11.2)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from kueue_sim.policy.quota.quota_tree import FlavorResource, QuotaNode


@dataclass(frozen=True, slots=True)
class Share:
    """``ratio`` is borrowed ÷ lendable × 1000 of the dominant resource, before weighting (R11.9).

    ``borrowed_slots`` are the (flavor, resource) pairs used above quota; a share may be borrowing with ratio 0.
    """

    ratio: float
    weight: float
    borrowed_slots: tuple[int, ...] = ()

    @property
    def borrowing(self) -> bool:
        return bool(self.borrowed_slots)

    @property
    def weighted(self) -> float:
        """Precise weighted share; infinite for a zero-weight borrower. Implements R11.11."""
        if self.ratio == 0:
            return 0.0
        return math.inf if self.weight == 0 else self.ratio / self.weight

    @property
    def rank(self) -> tuple[int, float]:
        """Sort key of a share, smaller is fairer. Implements R11.13."""
        if self.weight == 0 and self.ratio > 0:
            return (1, self.ratio)
        return (0, self.weighted)


class ShareCalculator:
    """Shares of the nodes of one forest at their present usage."""

    def __init__(self, pairs: Sequence[FlavorResource]) -> None:
        self._resource_of = tuple(resource for _, resource in pairs)
        self._lendable: dict[int, dict[str, int]] = {}

    def share(self, node: QuotaNode) -> Share:
        """The node's dominant resource share. A node without parent has none. Implements R11.4–R11.9."""
        if node.parent is None:
            return Share(0.0, node.weight)
        borrowed: dict[str, int] = {}
        slots = []
        usage, subtree_quota = node.usage, node.subtree_quota
        for slot in node.slots:
            over = usage[slot] - subtree_quota[slot]
            if over > 0:
                slots.append(slot)
                resource = self._resource_of[slot]
                borrowed[resource] = borrowed.get(resource, 0) + over
        if not slots:
            return Share(0.0, node.weight)
        lendable = self._lendable_of(node.parent)
        ratio = 0.0
        for resource, amount in borrowed.items():
            base = lendable.get(resource, 0)
            if base > 0:
                ratio = max(ratio, float(amount) * 1000.0 / float(base))
        return Share(ratio, node.weight, tuple(slots))

    def _lendable_of(self, parent: QuotaNode) -> dict[str, int]:
        """Per resource, what the parent could use with nothing running. Implements R11.7."""
        known = self._lendable.get(id(parent))
        if known is None:
            known = {}
            for slot in parent.root.slots:
                resource = self._resource_of[slot]
                known[resource] = known.get(resource, 0) + parent.potential_available[slot]
            self._lendable[id(parent)] = known
        return known
