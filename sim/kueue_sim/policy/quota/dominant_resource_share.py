"""Dominant resource shares: how much a queue or cohort borrows, relative to what could be lent (rules 11.2)."""

from collections.abc import Mapping, Sequence

from kueue_sim.model import NEWEST, Release, release_of
from kueue_sim.policy.quota.quota_tree import FlavorResource, QuotaNode, Usage
from kueue_sim.policy.quota.share import Share

LARGEST = float(2**63 - 1)
"""The share of whoever borrows with weight 0, before shares were exact."""
CURRENT = release_of(NEWEST)
_REMEMBERED = 65_536
"""Shares kept by what they follow from."""


class ShareCalculator:
    """Shares of the nodes of one forest at their present usage."""

    def __init__(self, pairs: Sequence[FlavorResource], release: Release = CURRENT) -> None:
        self._exact, self._in_tree = release.exact_shares, release.tournament
        self._least = 1 if release.borrowers_have_shares else 0
        self._weight_zero_owns = release.weight_zero_owns_its_quota
        self._resource_of = tuple(resource for _, resource in pairs)
        self._lendable: dict[int, dict[str, int]] = {}
        self._of_one_resource: dict[QuotaNode, bool] = {}
        self._met: dict[tuple[QuotaNode, tuple[int, ...]], Share] = {}
        self._met_alone: dict[tuple[QuotaNode, int, int], Share] = {}
        """Shares by what each slot, or one alone, is used above its quota: searches come by the same few again and
        again."""

    def share(self, node: QuotaNode) -> Share:
        """The node's dominant resource share. A node without parent has none. Implements R11.4–R11.9.

        It is remembered until the node's usage changes.
        """
        known = node.share
        if known is None:
            known = node.share = self._share(node)
            node.root.shares_known = True
        return known

    def share_with(self, node: QuotaNode, queue: QuotaNode, usage: Usage) -> Share:
        """What the share of a node would be if so much more were used in a queue, which is the node or below it."""
        if node is queue and len(usage) == 1 == len(node.slots):
            slot, amount = usage[0]
            return self.share_of_one(node, slot, node.usage[slot] - node.subtree_quota[slot] + amount)
        less = tuple([(slot, -amount) for slot, amount in usage])
        return self._share(node, less if node is queue else _reaching(node, queue, less))

    def share_without(self, node: QuotaNode, queue: QuotaNode, usage: Usage) -> Share:
        """What the share of a node would be if so much less were used in a queue, which is the node or below it."""
        return self._share(node, usage if node is queue else _reaching(node, queue, usage))

    def is_of_one_resource(self, node: QuotaNode) -> bool:
        """Whether all flavors of a node give the same resource, so that its share follows from what it uses above its
        quota of all of them together."""
        known = self._of_one_resource.get(node)
        if known is None:
            resources = {self._resource_of[slot] for slot in node.slots}
            known = self._of_one_resource[node] = len(resources) == 1
        return known

    def share_of_one(self, node: QuotaNode, slot: int, over: int) -> Share:
        """What the share of a node would be if it used so much above its quota of one slot, and of nothing else."""
        place = (node, slot, over)
        known = self._met_alone.get(place)
        if known is None:
            if len(self._met_alone) >= _REMEMBERED:
                self._met_alone.clear()
            known = self._met_alone[place] = self._of_usage(node, (slot,), (over,))
        return known

    def _share(self, node: QuotaNode, less: Usage = ()) -> Share:
        """The share at the present usage, or where so much less would be used."""
        usage, subtree_quota, slots = node.usage, node.subtree_quota, node.slots
        if len(slots) == 1:
            slot = slots[0]
            more = usage[slot] - subtree_quota[slot]
            for other, amount in less:
                if other == slot:
                    more -= amount
            return self._met_alone.get((node, slot, more)) or self.share_of_one(node, slot, more)
        gone = dict(less)
        over = tuple([usage[slot] - subtree_quota[slot] - gone.get(slot, 0) for slot in slots])
        met = self._met
        known = met.get((node, over))
        if known is None:
            if len(met) >= _REMEMBERED:
                met.clear()
            known = met[node, over] = self._of_usage(node, slots, over)
        return known

    def _of_usage(self, node: QuotaNode, known: Sequence[int], over: Sequence[int]) -> Share:
        """The share of a node that uses so much more than its quota of these slots (R11.4–R11.9)."""
        parent = node.parent
        if parent is None:
            return Share(0.0, node.weight)
        if node.weight == 0 and not self._weight_zero_owns:
            return _rounded_share(LARGEST, ())
        borrowed: dict[str, int] = {}
        slots = []
        for slot, amount in zip(known, over, strict=True):
            if amount > 0:
                slots.append(slot)
                resource = self._resource_of[slot]
                borrowed[resource] = borrowed.get(resource, 0) + amount
        if not slots:
            return Share(0.0, node.weight)
        lendable = self._lendable_of(parent)
        if not self._exact:
            return self._rounded(node.weight, borrowed, lendable, tuple(slots))
        ratio = 0.0
        for resource, amount in borrowed.items():
            base = lendable.get(resource, 0)
            if base > 0:
                ratio = max(ratio, float(amount) * 1000.0 / float(base))
        return Share(ratio, node.weight, tuple(slots))

    def _rounded(
        self, weight: float, borrowed: Mapping[str, int], lendable: Mapping[str, int], slots: tuple[int, ...]
    ) -> Share:
        """The share in whole numbers, weighted already: two divisions, each rounded towards zero (V18, V34)."""
        if weight == 0:
            return _rounded_share(LARGEST, slots)
        bases = [(amount, lendable.get(resource, 0)) for resource, amount in borrowed.items()]
        ratio = max((amount * 1000 // base for amount, base in bases if base > 0), default=-1)
        value = int(ratio * 1000 / round(weight * 1000))
        return _rounded_share(float(max(1, value) if self._least else value), slots)

    def _lendable_of(self, parent: QuotaNode) -> dict[str, int]:
        """Per resource, what the parent could use with nothing running (R11.7); in 0.10 its own quota alone (V19)."""
        known = self._lendable.get(id(parent))
        if known is None:
            known = {}
            amounts = parent.potential_available if self._in_tree else parent.subtree_quota
            for slot in parent.root.slots:
                resource = self._resource_of[slot]
                known[resource] = known.get(resource, 0) + amounts[slot]
            self._lendable[id(parent)] = known
        return known


def _reaching(node: QuotaNode, queue: QuotaNode, usage: Usage) -> Usage:
    """How much less a node is charged with where a queue below it uses so much less, or more (R2.8, R2.9)."""
    less: list[tuple[int, int]] = []
    for slot, amount in usage:
        below = queue
        while below is not node:
            reached = below.usage[slot] - below.local_quota[slot]
            amount = max(0, reached) - max(0, reached - amount)
            assert below.parent is not None
            below = below.parent
        less.append((slot, amount))
    return tuple(less)


def _rounded_share(value: float, slots: tuple[int, ...]) -> Share:
    """A share in whole numbers: whoever has none counts as not borrowing, whatever is used above quota (V33, V34)."""
    share = Share(value, 1.0, slots)
    share.borrowing = value != 0
    return share
