"""All workloads of one quota tree in order of eviction, and how much of a slot evictions in it could free at most.

A search for victims that cannot succeed is the common case of a full cluster: after every change each head asks again.
``freeable`` answers it without a walk. Evicting takes from a ClusterQueue in order, and stops when it uses no more
than its quota of the contested slot (R10.27, R11.35); what that frees depends on this queue alone. So the sum over
the tree is kept, and of queues in which something changed only as many are worked out anew as the answer needs.

Worked number: quota 16, workloads of 8, 8 and 4 in this order use 20. The first eviction leaves 12, which is not over
16 any more: at most 8 can be taken, although 20 are used.
"""

from bisect import bisect_left, insort
from collections.abc import Container, Iterable, Sequence

from kueue_sim.model import PreemptionPolicy
from kueue_sim.policy.preemption.candidates import ANY, NEVER, Request, allowed
from kueue_sim.policy.quota.dominant_resource_share import ShareCalculator
from kueue_sim.policy.quota.quota_tree import QuotaNode
from kueue_sim.policy.workloads.reservations import EvictionOrder, Reservations
from kueue_sim.policy.workloads.workload_info import Reservation

ALONE: frozenset[int] = frozenset()
"""No slot is short but the one in question."""
_REMEMBERED = 1024
"""Sums per slot and priority, and changes not worked in yet; more are forgotten and worked out anew."""


Borrower = tuple[tuple[int, float], int, QuotaNode]
"""Rank of its share, place among its siblings, and a node that uses more than its quota."""


def sorted_borrowers(
    children: Iterable[QuotaNode], shares: ShareCalculator, always: Container[QuotaNode] = ()
) -> list[Borrower]:
    """The queues among ``children`` that use more than their quota, and those in ``always`` whatever they use; the
    largest share last."""
    found = []
    for child in children:
        share = child.share or shares.share(child)
        if share.borrowing or child in always:
            found.append((share.rank, child.place, child))
    return sorted(found)


class Freeable:
    """How much of a slot evictions can free ``below`` each node of the tree; a node that is absent frees nothing.
    That is to be worked out anew of the queues that ``changed``, at first all."""

    __slots__ = ("_largest", "below", "changed")

    def __init__(self, queues: Iterable[QuotaNode]) -> None:
        self.changed: dict[QuotaNode, None] = dict.fromkeys(queues)
        self.below: dict[QuotaNode, int] = {}
        self._largest: dict[QuotaNode, int] = {}
        """Per queue, the most that one of its candidates uses."""

    def forget(self, queues: Iterable[QuotaNode]) -> None:
        """What these queues can free is to be worked out anew; as long as it is not, they count as nothing."""
        below, changed = self.below, self.changed
        for queue in queues:
            changed[queue] = None
            if below.get(queue):
                self.set(queue, 0, 0)

    def set(self, queue: QuotaNode, freed: int, largest: int) -> None:
        """What a queue can free now; the nodes above it can free so much more or less."""
        self._largest[queue] = largest
        more = freed - self.below.get(queue, 0)
        node: QuotaNode | None = queue if more else None
        while node is not None:
            self.below[node] = self.below.get(node, 0) + more
            node = node.parent

    def down_to(self, queue: QuotaNode, slot: int, kept: int) -> int:
        """What a queue of this one slot can free where nobody is taken from it once it uses no more than ``kept`` above
        its quota: as ever, the last one taken may be the largest, where one unit too many was used until then."""
        over = queue.usage[slot] - queue.subtree_quota[slot] - kept
        return min(self.below.get(queue, 0), over - 1 + self._largest.get(queue, 0)) if over > 0 else 0


class TreeCandidates:
    """The workloads that hold quota in the active ClusterQueues of one tree.

    ``in_order``: a search takes workloads of a queue in their order (classical preemption); else it may pass over some
    of them (fair sharing), so that the last one taken may be the largest. ``passes_over``: in their order, but one that
    is evicted already, and therefore comes first, may have too high a priority for a preemptor that has to borrow
    (R10.20), so that those who come after it go all the same.
    """

    def __init__(
        self,
        reservations: dict[QuotaNode, Reservations],
        in_order: bool,
        passes_over: bool,
        shares: ShareCalculator,
        kept: bool = True,
    ) -> None:
        self.reservations = reservations
        self.shares = shares
        self.kept = kept
        """Whether these candidates live as long as the policy; else they serve one search, which takes no shortcuts."""
        self._in_order = in_order
        self._passes_over = passes_over
        self._order: EvictionOrder | None = None
        self._sums: dict[tuple[int, int | None, frozenset[int]], Freeable] = {}
        self._changed: dict[QuotaNode, None] = {}
        """Queues in which something changed that no sum has heard of yet."""
        self._follow(self._changed)
        self._given: dict[tuple[object, ...], tuple[int, int]] = {}
        self._listed: dict[tuple[object, ...], tuple[int, list[Reservation]]] = {}
        self._borrowers: dict[QuotaNode, list[Borrower]] = {}
        self.place_of: dict[QuotaNode, Borrower] = {}
        """The places of queues in the lists of ``borrowers``."""
        self._moved: dict[QuotaNode, None] = {}
        """Queues whose share may be another one than when they got their places."""

    def _follow(self, changed: dict[QuotaNode, None]) -> None:
        """From now on queues enter themselves here when a workload that holds their quota comes, goes or moves."""
        for here in self.reservations.values() if self.kept else ():
            here.changed_in.append(changed)

    def _resort(self, queue: QuotaNode) -> None:
        """The share of a queue may have changed: it gets its place among the borrowers beside it."""
        above, known = queue.parent, self.place_of.pop(queue, None)
        ordered = None if above is None else self._borrowers.get(above)
        if above is None or ordered is None:
            return
        if known is not None:
            del ordered[bisect_left(ordered, known)]
        share = self.shares.share(queue)
        if share.borrowing:
            place = self.place_of[queue] = (share.rank, queue.place, queue)
            insort(ordered, place)

    def borrowers(self, top: QuotaNode) -> list[Borrower]:
        """The queues directly below a Cohort that use more than their quota, the largest share last; not to be changed.

        They are kept, and queues get another place when a workload of theirs came, went or moved. Whoever pretends that
        usage is another one asks for all Cohorts above its own queue before.
        """
        if self._moved:
            for queue in self._moved:
                self._resort(queue)
            self._moved.clear()
        ordered = self._borrowers.get(top)
        if ordered is None:
            if not self._borrowers:
                self._follow(self._moved)
            ordered = sorted_borrowers((queue for queue in top.child_queues if queue in self.reservations), self.shares)
            self._borrowers[top] = ordered
            self.place_of.update((borrower[2], borrower) for borrower in ordered)
        return ordered

    def not_below(self, top: QuotaNode, share: tuple[int, float]) -> Sequence[QuotaNode]:
        """The Cohorts directly below one, and the queues that use more than their quota, whose share ranks as high as
        this one or higher; of the queues the largest share first."""
        ordered, found = self.borrowers(top), []
        for child in top.child_cohorts:
            if self.shares.share(child).rank >= share:
                found.append(child)
        if ordered and ordered[-1][0] >= share:
            found += [queue for _, _, queue in reversed(ordered[bisect_left(ordered, (share,)) :])]
        return found

    def order(self) -> EvictionOrder:
        """All of them in one order."""
        if self._order is None:
            holdings = self.reservations.values()
            orders = [here.order() for here in holdings]
            evicted = sorted(place for order in orders for place in order.evicted)
            standing = sorted(place for order in orders for place in order.standing)
            self._order = EvictionOrder(evicted, standing)
            for here in holdings if self.kept else ():
                here.keep_up(self._order)
        return self._order

    def freeable(self, slot: int, below: int | None, contested: frozenset[int] = ALONE) -> Freeable:
        """How much of a slot evictions can free, of workloads below a priority if given. ``contested``: the slots that
        are short with it, where it is not alone; whoever uses more than its quota of any of them is evicted from."""
        known = self._sum(slot, below, contested)
        if known.changed:
            for queue in known.changed:
                self._work_in(known, queue, slot, below, contested)
            known.changed.clear()
        return known

    def freed_beside(
        self, node: QuotaNode, slot: int, below: int | None, contested: frozenset[int], enough: int
    ) -> int:
        """How much of a slot evictions can free in other queues of the tree than this one; what is ``enough`` need not
        be all. Queues that changed are looked at as far as that."""
        known = self._sum(slot, below, contested)
        sums, changed = known.below, known.changed
        freed = sums.get(node.root, 0) - sums.get(node, 0)
        while freed < enough and changed:
            queue, _ = changed.popitem()
            more = self._work_in(known, queue, slot, below, contested)
            if queue is not node:
                freed += more
        return freed

    def _sum(self, slot: int, below: int | None, contested: frozenset[int]) -> Freeable:
        """What is known of this, with the queues that changed since."""
        if self._changed:
            for one in self._sums.values():
                one.forget(self._changed)
            self._changed.clear()
        known = self._sums.get((slot, below, contested))
        if known is None:
            if len(self._sums) >= _REMEMBERED:
                self._sums.clear()
            known = self._sums[slot, below, contested] = Freeable(self.reservations)
        return known

    def _work_in(
        self, known: Freeable, queue: QuotaNode, slot: int, below: int | None, contested: frozenset[int]
    ) -> int:
        """What a queue that changed can free now."""
        freed, largest = self._freed(queue, slot, below, contested)
        if freed or queue in known.below:
            known.set(queue, freed, largest)
        return freed

    def _freed(self, node: QuotaNode, slot: int, below: int | None, contested: frozenset[int]) -> tuple[int, int]:
        """How much of a slot evictions in one queue can free before it no longer uses more than its quota of any slot
        that is short, and the most that one of them frees, which matters out of order alone.

        Out of order the last one evicted may be the largest, where one unit too many was used until then. A queue of
        several slots is evicted from while any of them is over quota, so that what one of them frees has no such bound.
        """
        over: dict[int, int] = {}
        for one in contested if len(node.slots) > 1 and contested else (slot,):
            more = node.usage[one] - node.subtree_quota[one]
            if more > 0:
                over[one] = more
        if not over:
            return 0, 0
        if self._in_order:
            return self._taken_in_order(node, slot, below, over), 0
        amounts = self._amounts(node, slot, below)
        largest = max(amounts, default=0)
        most = sum(amounts)
        return (most if len(node.slots) > 1 else min(most, over[slot] - 1 + largest)), largest

    def _taken_in_order(self, node: QuotaNode, slot: int, below: int | None, over: dict[int, int]) -> int:
        """What is freed of a slot by evicting in order until nothing is used any more that was ``over`` quota, slot by
        slot, or nobody is left."""
        freed, order = 0, self.reservations[node].order()
        passed_over = order.evicted if self._passes_over else None
        for places in (order.evicted, order.standing):
            for place in places:
                if below is not None and place[0] >= below:
                    break
                for used, amount in place[4].usage:
                    if used == slot:
                        freed += amount
                    if used in over and places is not passed_over:
                        rest = over.pop(used) - amount
                        if rest > 0:
                            over[used] = rest
                if not over:
                    return freed
        return freed

    def given(self, queue: QuotaNode, slot: int, below: int | None, share: tuple[int, float]) -> int:
        """How much of the only slot of a queue the preemptor beside it gets from it under fair sharing, where its own
        branch keeps a share of this rank and the search goes on until nobody is left to take. ``below`` as ever.

        In order of eviction those go whose removal leaves the queue no smaller share (S2-A), then the first one who was
        passed over, if the share of the queue is still the larger one (S2-B). It is kept until a workload of the queue
        comes, goes or moves.

        Worked number: the queue uses 18 above its quota, the other one 12, and a job of 8 and one of 1 may go in this
        order. The first would leave 10, the second leaves 17. Then the first one goes all the same: 9 are freed.
        """
        changes, over = self.reservations[queue].changes, queue.usage[slot] - queue.subtree_quota[slot]
        place = (queue, slot, below, share, over)
        known = self._given.get(place)
        if known is None or known[0] != changes:
            if len(self._given) >= _REMEMBERED * len(self.reservations):
                self._given.clear()
            share_of, left, passed_over = self.shares.share_of_one, over, 0
            for amount in self._amounts(queue, slot, below):
                if share_of(queue, slot, left - amount).rank >= share:
                    left -= amount
                elif not passed_over:
                    passed_over = amount
            if share_of(queue, slot, left).rank > share:
                left -= passed_over
            known = self._given[place] = (changes, over - left)
        return known[1]

    def listed(self, queue: QuotaNode, request: Request, rule: PreemptionPolicy) -> Sequence[Reservation]:
        """Whom the rule lets the request evict in one queue, in order of eviction, whatever the queue's quota; not to
        be changed. Where age does not decide, it is kept until a workload of that queue comes, goes or moves."""
        here = self.reservations.get(queue)
        if here is None or rule is NEVER:
            return ()
        priority = None if rule is ANY else request.pending.priority
        place = (queue, rule, request.contested, priority)
        known = self._listed.get(place)
        if known is None or known[0] != here.changes or rule is PreemptionPolicy.LOWER_OR_NEWER_EQUAL_PRIORITY:
            if len(self._listed) >= _REMEMBERED * len(self.reservations):
                self._listed.clear()
            order = here.order()
            found = [one for entries in (order.evicted, order.standing) for one in allowed(request, rule, entries)]
            known = self._listed[place] = (here.changes, found)
        return known[1]

    def _amounts(self, node: QuotaNode, slot: int, below: int | None) -> list[int]:
        """What each workload of a queue uses of a slot, in order of eviction."""
        order = self.reservations[node].order()
        evicted, standing = order.evicted, order.standing
        if below is not None:
            evicted, standing = evicted[: bisect_left(evicted, (below,))], standing[: bisect_left(standing, (below,))]
        return [amount for place in (*evicted, *standing) for used, amount in place[4].usage if used == slot]
