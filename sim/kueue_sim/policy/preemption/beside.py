"""How much the branches beside a preemptor's could give up for it under fair sharing (R11.42).

Nobody is taken from a branch whose share is below that of the preemptor's own branch beside it, and shares only fall
while victims are chosen. So it is enough to know what the share of its own branch is at least.
"""

from dataclasses import dataclass

from kueue_sim.policy.preemption.tree_candidates import TreeCandidates
from kueue_sim.policy.quota.quota_tree import QuotaNode


@dataclass(slots=True, eq=False)
class Beside:
    """The branches beside ``branch``, which would use ``over`` above its quota of a slot with what is asked for, and
    nothing of what evictions in it could free: its ``share`` ranks as high at least.

    ``below``: the priority that those who go are below, None where it does not matter. ``foretold``: who goes from the
    queues of this one slot is known, because the share stays what it is.

    Worked number: the branch would use 12 above its quota. A queue beside it uses 18 above its quota, with jobs of 1
    and 4. It keeps 12, or the last one that goes was one unit short of that: at most 18 − 12 − 1 + 4 = 9 are freed.
    """

    tree: TreeCandidates
    branch: QuotaNode
    above: QuotaNode
    slot: int
    over: int
    share: tuple[int, float]
    below: int | None
    foretold: bool

    def freed(self, enough: int) -> int:
        """How much of the slot they could give up at most; looked at, the largest shares first, until it is
        ``enough``."""
        tree, slot, below, share, freed = self.tree, self.slot, self.below, self.share, 0
        for other in tree.not_below(self.above, share):
            if other is self.branch:
                continue
            if not share[1] or not other.is_queue or len(other.slots) > 1:
                freed += tree.freeable(slot, below).below.get(other, 0)
            elif self.foretold:
                freed += tree.given(other, slot, below, share)
            else:
                freed += tree.freeable(slot, below).down_to(other, slot, self._kept(other.weight))
            if freed >= enough:
                break
        return freed

    def _kept(self, weight: float) -> int:
        """What a node of this weight may use above its quota, at least, to have the share of the branch beside it."""
        own = self.branch.weight
        return self.over if weight == own else max(0, int(self.over * weight / own) - 1)
