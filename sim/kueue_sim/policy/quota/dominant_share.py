"""Dominant resource shares: how much a queue or cohort borrows, relative to what could be lent (rules 11.2)."""

from collections.abc import Sequence

from kueue_sim.policy.quota.quota_tree import FlavorResource, QuotaNode
from kueue_sim.policy.quota.share import Share


class ShareCalculator:
    """Shares of the nodes of one forest at their present usage."""

    def __init__(self, pairs: Sequence[FlavorResource]) -> None:
        self._resource_of = tuple(resource for _, resource in pairs)
        self._lendable: dict[int, dict[str, int]] = {}

    def share(self, node: QuotaNode) -> Share:
        """The node's dominant resource share. A node without parent has none. Implements R11.4–R11.9.

        It is remembered until the node's usage changes.
        """
        known = node.share
        if known is None:
            known = node.share = self._share(node)
        return known

    def share_of(self, node: QuotaNode, slot: int, over: int) -> Share:
        """What the share would be if the node used so much above its quota of one slot, and of nothing else."""
        assert node.parent is not None
        base = self._lendable_of(node.parent).get(self._resource_of[slot], 0)
        return Share(float(over) * 1000.0 / float(base) if over > 0 and base > 0 else 0.0, node.weight)

    def _share(self, node: QuotaNode) -> Share:
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
