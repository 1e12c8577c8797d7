"""How much others than a preemptor's own queue could give up for it at most: nobody, everybody, or who is unfair.

Under fair sharing nobody is taken from a branch whose share is below that of the preemptor's own branch beside it, and
shares only fall while victims are chosen (R11.42). So it is enough to know what the share of its own branch is at
least.
"""

from dataclasses import dataclass

from kueue_sim.policy.preemption.tree_candidates import TreeCandidates
from kueue_sim.policy.quota.quota_tree import QuotaNode


class Nobody:
    """Nobody else may be taken from."""

    def freed(self, enough: int) -> int:
        """Nothing, whatever is ``enough``."""
        return 0


NOBODY_ELSE = Nobody()
"""Where the own queue alone may be taken from."""


@dataclass(slots=True, eq=False)
class Everybody:
    """Whoever uses more than its quota in the tree, the queue of the preemptor (``node``) aside. ``below``: the
    priority that those who go are below, None where it does not matter. ``contested``: the slots that are short with
    this one, empty where it is alone."""

    tree: TreeCandidates
    node: QuotaNode
    slot: int
    below: int | None
    contested: frozenset[int]

    def freed(self, enough: int) -> int:
        """All together, as far as that matters for whether it is ``enough``."""
        return self.tree.freed_beside(self.node, self.slot, self.below, self.contested, enough)


@dataclass(slots=True, eq=False)
class Beside:
    """The branches beside ``branch``, and those beside each Cohort above it.

    ``amount`` is what the request charges to the branch, ``gone`` what evictions in it could free: with both it would
    use ``over`` above its quota at least, of the slot and of other slots of the same resource, and its ``share`` ranks
    as high at least. ``below`` and ``contested`` as ever.
    ``foretold``: who goes from the queues of this one slot is known, because the share stays what it is.

    Worked number: the branch would use 12 above its quota. A queue beside it uses 18 above its quota, with jobs of 1
    and 4. It keeps 12, or the last one that goes was one unit short of that: at most 18 − 12 − 1 + 4 = 9 are freed.
    Where 5 of the 18 are GPUs of another flavor, it keeps 7 of the 13 in question: as many are freed at most. With 12
    of another flavor its share never falls below that of the branch, and whoever may go of the 6 is freed.
    """

    tree: TreeCandidates
    branch: QuotaNode
    slot: int
    amount: int
    gone: int
    below: int | None
    contested: frozenset[int]
    foretold: bool
    over: int
    share: tuple[int, float]

    def freed(self, enough: int) -> int:
        """Looked at from the branch upwards, since evictions beside it lower the share of the next branch; in each
        Cohort the largest shares first."""
        branch, slot, above = self.branch, self.slot, self.branch.parent
        assert above is not None
        freed = self._freed_in(above, enough)
        if freed < enough and above.parent is not None:
            charged = max(0, self.amount - max(0, branch.local_quota[slot] - branch.usage[slot]))
            higher = beside(self.tree, above, slot, charged, self.gone + freed, self.below, self.contested, False)
            freed += higher.freed(enough - freed)
        return freed

    def _freed_in(self, above: QuotaNode, enough: int) -> int:
        """How much the other children of the Cohort directly above could give up."""
        tree, slot, below, contested, share, freed = self.tree, self.slot, self.below, self.contested, self.share, 0
        for other in tree.not_below(above, share):
            if other is self.branch:
                continue
            if share[1] and other.is_queue and self.foretold and len(other.slots) == 1:
                freed += tree.given(other, slot, below, share)
            else:
                kept = self._kept(other) if share[1] and other.is_queue else None
                candidates = tree.freeable(slot, below, contested)
                freed += candidates.below.get(other, 0) if kept is None else candidates.down_to(other, slot, kept)
            if freed >= enough:
                break
        return freed

    def _kept(self, other: QuotaNode) -> int | None:
        """What a queue may use above its quota of the slot, at least, to have the share of the branch beside it; None
        where that does not follow from the slot, or its share does not fall with what is taken of it."""
        if not self.tree.shares.is_of_one_resource(other):
            return None
        own, weight = self.branch.weight, other.weight
        kept = self.over if weight == own else max(0, int(self.over * weight / own) - 1)
        elsewhere = above_quota(other, self.slot) if len(other.slots) > 1 else 0
        return None if elsewhere and elsewhere >= kept else kept - elsewhere


def above_quota(node: QuotaNode, but: int) -> int:
    """How much a node uses above its quota of all slots but one."""
    usage, quota = node.usage, node.subtree_quota
    return sum([usage[slot] - quota[slot] for slot in node.slots if slot != but and usage[slot] > quota[slot]])


Others = Nobody | Everybody | Beside
"""The workloads of other queues that may be evicted for one amount of one slot: ``freed`` is how much of it they could
give up at most now, looked at until it is ``enough``."""


def beside(
    tree: TreeCandidates,
    branch: QuotaNode,
    slot: int,
    amount: int,
    gone: int,
    below: int | None,
    contested: frozenset[int],
    foretold: bool,
    elsewhere: int = 0,
) -> Beside:
    """The branches beside one that is charged with so much of a slot, and could lose ``gone``; ``elsewhere`` is what it
    uses above its quota of other slots of the same resource, at least."""
    over = branch.usage[slot] + amount - gone - branch.subtree_quota[slot]
    over = max(over, 0) + elsewhere if elsewhere else over
    share = tree.shares.share_of_one(branch, slot, over).rank
    return Beside(tree, branch, slot, amount, gone, below, contested, foretold, over, share)
