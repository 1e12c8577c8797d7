"""Fair-sharing preemption: choose victims so that dominant shares come closer (rules 11.5).

The search goes down the tree: in each Cohort to the child with the largest share, until it stands at a
ClusterQueue. The strategy is asked where the ways of preemptor and victim part: may the preemptor's branch, with
its request, take from the victim's branch? *Final share* (S2-a): if it has no more than the other keeps. *Initial
share* (S2-b): if it has less than the other had; once per queue. Who stays within its own quota need not ask
(R11.33). When the request fits, victims that turn out unnecessary are spared, from the second to last backwards.

Worked number: a Cohort lends 8 GPUs, ``b`` uses all of them with jobs of 2 (share 1000), and ``a`` asks for 2 at a
time. 250 of ``a`` against 750 that ``b`` would keep: one job goes. Then 500 against 500: another one. Then 750
against 250: no more, by S2-b neither (750 is not below 500). Both end with 4.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kueue_sim.model import S2A, Preemption, Settings
from kueue_sim.policy.preemption.candidates import Request, eviction_order, exceeds_quota
from kueue_sim.policy.preemption.classical import EvictionKey, fill_back, stand
from kueue_sim.policy.preemption.simulated_removal import SimulatedRemoval
from kueue_sim.policy.preemption.tree_candidates import Borrower, TreeCandidates, sorted_borrowers
from kueue_sim.policy.quota.dominant_resource_share import ShareCalculator
from kueue_sim.policy.quota.quota_tree import QuotaNode, Usage
from kueue_sim.policy.workloads.workload_info import Reservation, Target

_NOBODY: Sequence[Reservation] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """How victims are chosen: the strategies in order (R11.2), gate FairSharingPreemptWithinNominal (R11.33), and
    whether ``borrowWithinCohort`` is ignored, which it was not always (R11.50, V20)."""

    strategies: tuple[str, ...]
    prefer_within_nominal: bool
    shares_only: bool


def rules(settings: Settings) -> Rules | None:
    """The rules of fair sharing, None when preemption is classical."""
    if settings.fair_sharing is None:
        return None
    within = settings.gate("FairSharingPreemptWithinNominal")
    return Rules(settings.fair_sharing, within, settings.release.shares_alone)


def find_targets(
    request: Request,
    policy: Preemption,
    tree: TreeCandidates,
    order: EvictionKey | None,
    shares: ShareCalculator,
    rules: Rules,
    tentative: bool,
) -> tuple[list[Target], bool]:
    """The workloads to evict so that the request fits, empty when fairness forbids it; and whether the same search
    finds just these again once they are evicted and nothing else has happened. Implements R11.30–R11.49.

    ``order`` replaces the usual order of eviction; None is R10.21 without admission fair sharing. ``tentative``: usage
    is not that of those who hold quota alone, so that nothing that is kept of the tree is true.

    The same are found again where they ``stand`` by now and are all that were taken. Where there are several, nobody
    may have been passed over: once somebody has gone, it might be taken.
    """
    towards: dict[QuotaNode, QuotaNode] = {}
    node, kept = request.node, tree.kept and not tentative
    while node.parent is not None:
        towards[node.parent] = node
        node = node.parent
        if kept:
            tree.borrowers(node)
    with SimulatedRemoval(request.ledger) as removal:
        removal.charge(request.node, request.amounts)
        waiting = _Waiting(request, policy, tree, order)
        search = _Search(request, tree, order, shares, removal, waiting, towards, kept)
        found = first = search.first_pass(rules.strategies[0], entitled(request, rules))
        if not found and len(rules.strategies) > 1:
            found = search.second_pass()
        if not found:
            return [], False
        targets = search.targets
        again = order is None and stand(targets)
        if len(targets) == 1:
            return targets, again
        for slot, amount in request.amounts:
            request.node.remove(slot, amount)
        spared = fill_back(request, [target.reservation for target in targets], removal, True)
        again = again and first and not spared and not search.tried and rules.strategies[0] == S2A
        return [target for target in targets if target.reservation not in spared], again


def entitled(request: Request, rules: Rules) -> bool:
    """Whether the request, once it is charged, stays within the nominal quota of its queue (R11.33)."""
    node = request.node
    return rules.prefer_within_nominal and all(node.usage[slot] <= node.nominal[slot] for slot in request.contested)


def _has_room(request: Request) -> bool:
    """The fit test of a search (R10.29) for a request that is charged already: no more is charged than may be used.

    Charging lowers what is available by as much as was charged, so the answer is that of before.
    """
    node = request.node
    for slot, amount in request.amounts:
        if node.raw_available(slot) < 0 < amount:
            return False
    return request.placeable is None or request.placeable()


class _Waiting(dict[QuotaNode, deque[Reservation]]):
    """Candidates per ClusterQueue that were not tried yet, in order of eviction. Implements R11.30–R11.31.

    Nothing is taken from a queue before its candidates are asked for, so its usage is still what it was then.
    """

    def __init__(self, request: Request, policy: Preemption, tree: TreeCandidates, order: EvictionKey | None) -> None:
        super().__init__()
        self._asked = (request, policy, tree, order)

    def __missing__(self, queue: QuotaNode) -> deque[Reservation]:
        request, policy, tree, order = self._asked
        found = _NOBODY
        if queue is request.node:
            found = tree.listed(queue, request, policy.within_cluster_queue)
        elif exceeds_quota(queue, request.contested):
            found = tree.listed(queue, request, policy.reclaim_within_cohort)
        known = self[queue] = deque(found if order is None else sorted(found, key=order))
        return known


class _Rejected(dict[QuotaNode, deque[Reservation]]):
    """Candidates for the second pass: all that were not taken, whether or not it was their turn."""

    def __init__(self, tried: Mapping[QuotaNode, Sequence[Reservation]], waiting: _Waiting) -> None:
        super().__init__()
        self._tried = tried
        self._waiting = waiting

    def __missing__(self, queue: QuotaNode) -> deque[Reservation]:
        known = self[queue] = deque((*self._tried.get(queue, ()), *self._waiting[queue]))
        return known


@dataclass(slots=True)
class _Search:
    """One target search: what was taken so far, and what was ``tried`` in vain in the first pass.

    ``towards`` says, per Cohort above the preemptor's queue, which child of it lies towards that queue.
    """

    request: Request
    tree: TreeCandidates
    order: EvictionKey | None
    shares: ShareCalculator
    removal: SimulatedRemoval
    waiting: _Waiting
    towards: Mapping[QuotaNode, QuotaNode]
    kept: bool
    targets: list[Target] = field(default_factory=list)
    tried: dict[QuotaNode, list[Reservation]] = field(default_factory=dict)

    def first_pass(self, strategy: str, entitled: bool) -> bool:
        """Implements R11.40–R11.45. No eviction raises a share: where the preemptor's is above that of the branch it
        would take from, it stays so whoever went from there."""
        own, shares = self.request.node, self.shares
        walk = _Descent(self, self.waiting)
        while (queue := walk.next()) is not None:
            waiting = self.waiting[queue]
            if queue is own or entitled:
                reason = "InClusterQueue" if queue is own else "InCohortReclamation"
                if self._take(walk, waiting.popleft(), reason):
                    return True
                continue
            preemptor, target = self._branches(queue)
            share, before = shares.share(preemptor).rank, shares.share(target).rank
            if share > before or (share == before and strategy != S2A):
                walk.prune(queue)
                if share > before:
                    walk.close(target)
                continue
            refused: set[Usage] = set()
            while waiting:
                reservation = waiting.popleft()
                usage = reservation.usage
                if strategy == S2A and (usage in refused or share > shares.share_without(target, queue, usage).rank):
                    refused.add(usage)
                    self.tried.setdefault(queue, []).append(reservation)
                    continue
                if self._take(walk, reservation, "InCohortFairSharing"):
                    return True
                break
        return False

    def second_pass(self) -> bool:
        """Implements R11.46–R11.47."""
        rejected = _Rejected(self.tried, self.waiting)
        walk = _Descent(self, rejected)
        while (queue := walk.next()) is not None:
            preemptor, target = self._branches(queue)
            reservation = rejected[queue].popleft()
            share, before = self.shares.share(preemptor).rank, self.shares.share(target).rank
            if share < before and self._take(walk, reservation, "InCohortFairSharing"):
                return True
            walk.prune(queue)
            if share > before:
                walk.close(target)
        return False

    def _take(self, walk: "_Descent", reservation: Reservation, reason: str) -> bool:
        self.removal.remove(reservation)
        self.targets.append(Target(reservation, reason))
        if _has_room(self.request):
            return True
        walk.resort(reservation.queue)
        return False

    def _branches(self, queue: QuotaNode) -> tuple[QuotaNode, QuotaNode]:
        """The two children of the lowest common ancestor, towards preemptor and victim (R11.42)."""
        target, meeting = queue, queue.parent
        while meeting is not None and meeting not in self.towards:
            target, meeting = meeting, meeting.parent
        assert meeting is not None
        return self.towards[meeting], target


class _Descent:
    """Chooses the next ClusterQueue to take from, anew from the root each time. Implements R11.34–R11.39.

    The children of a Cohort are kept in the order of their shares, which only an eviction below them changes.
    """

    def __init__(self, search: _Search, waiting: Mapping[QuotaNode, deque[Reservation]]) -> None:
        self._search = search
        self._waiting = waiting
        self._pruned: set[QuotaNode] = set()
        self._queues: dict[QuotaNode, list[Borrower]] = {}
        self._decided: dict[QuotaNode, int] = {}
        """Per Cohort, the length of its list below the last queues, which are in order among equal shares as well."""
        self._cohorts: dict[QuotaNode, list[Borrower]] = {}
        self._closed: set[tuple[QuotaNode, bool]] = set()

    def close(self, branch: QuotaNode) -> None:
        """The branch has a smaller share than the preemptor's beside it, which was tried before and has nobody left, so
        its share stays what it is: no queue, or no Cohort, beside the branch is looked at any more: all are smaller."""
        assert branch.parent is not None
        self._closed.add((branch.parent, branch.is_queue))

    def prune(self, node: QuotaNode) -> None:
        self._pruned.add(node)

    def resort(self, queue: QuotaNode) -> None:
        """Something was taken from a queue: its share and those above it are others now."""
        above = queue.parent
        if above is None:
            return
        ordered = self._queues.get(above)
        if ordered is not None:
            if self._decided.pop(above, None) is not None:
                ordered.sort()
            if ordered and ordered[-1][2] is queue:
                del ordered[-1]
            else:
                ordered[:] = [borrower for borrower in ordered if borrower[2] is not queue]
            self._place(ordered, queue)
        while (above := above.parent) is not None:
            self._cohorts.pop(above, None)

    def _place(self, ordered: list[Borrower], queue: QuotaNode) -> None:
        """A queue enters the list at the place of its present share."""
        share = self._search.shares.share(queue)
        if queue not in self._pruned and (share.borrowing or queue is self._search.request.node):
            insort(ordered, (share.rank, queue.place, queue))

    def next(self) -> QuotaNode | None:
        own = self._search.request.node
        root = own.root
        if root is own:
            return own if self._waiting[own] else None
        if not root.child_cohorts:
            return self._best_queue(root)
        while root not in self._pruned:
            found = self._descend(root)
            if found is not None:
                return found
        return None

    def _descend(self, top: QuotaNode) -> QuotaNode | None:
        cohort, queue = self._best_cohort(top) if top.child_cohorts else None, self._best_queue(top)
        if cohort is None:
            if queue is None:
                self._pruned.add(top)
            return queue
        share = self._search.shares.share
        if queue is None or share(cohort).rank >= share(queue).rank:
            return self._descend(cohort)
        return queue

    def _best_queue(self, top: QuotaNode) -> QuotaNode | None:
        """The one with the largest share; among equals, the one whose first candidate goes before the others'."""
        if self._closed and (top, True) in self._closed:
            own = self._search.request.node
            return own if own.parent is top and own not in self._pruned and self._waiting[own] else None
        ordered = self._queues.get(top)
        if ordered is None:
            ordered = self._queues[top] = self._borrowers(top)
        while ordered:
            rank, _, queue = ordered[-1]
            if queue not in self._pruned and self._waiting[queue]:
                break
            self._pruned.add(queue)
            ordered.pop()
        else:
            return None
        if len(ordered) == 1 or ordered[-2][0] != rank or len(ordered) > self._decided.get(top, len(ordered)):
            return queue
        return self._first_among_equals(top, ordered)

    def _first_among_equals(self, top: QuotaNode, ordered: list[Borrower]) -> QuotaNode | None:
        """The queues with the largest share are put in order, whoever goes first last."""
        first = bisect_left(ordered, (ordered[-1][0],))
        equals = [one for one in ordered[first:] if one[2] not in self._pruned and self._waiting[one[2]]]
        if len(equals) > 1 and self._search.order is not None:
            return self._first_of(equals, self._search.order)
        key = eviction_order(self._search.request.node, {})
        ordered[first:] = sorted(equals, key=lambda one: (key(self._waiting[one[2]][0]), one[1]), reverse=True)
        self._decided[top] = first
        return ordered[-1][2]

    def _first_of(self, equals: Iterable[Borrower], order: EvictionKey) -> QuotaNode | None:
        """The order may be cyclic (R10.23): compared one after the other, it gives the same queue every time."""
        best: QuotaNode | None = None
        for _, _, queue in equals:
            first = order(self._waiting[queue][0])
            if best is None or first < order(self._waiting[best][0]):
                best = queue
        return best

    def _borrowers(self, top: QuotaNode) -> list[Borrower]:
        """The Cohort's queues that use more than their quota, and the preemptor's; what was taken before counts."""
        search, own = self._search, self._search.request.node
        if not search.kept:
            return sorted_borrowers(top.child_queues, search.shares, (own,))
        ordered = search.tree.borrowers(top).copy()
        changed = {target.reservation.queue: None for target in search.targets} if search.targets else {}
        for queue in {**changed, own: None}:
            if queue.parent is top:
                place = search.tree.place_of.get(queue)
                if place is not None:
                    del ordered[bisect_left(ordered, place)]
                self._place(ordered, queue)
        return ordered

    def _best_cohort(self, top: QuotaNode) -> QuotaNode | None:
        """The one with the largest share, the last among equals."""
        if (top, False) in self._closed:
            mine = (child for child in self._search.towards if child.parent is top and child not in self._pruned)
            return next(mine, None)
        ordered = self._cohorts.get(top)
        if ordered is None:
            ordered = self._cohorts[top] = sorted_borrowers(
                top.child_cohorts, self._search.shares, self._search.towards
            )
        while ordered and ordered[-1][2] in self._pruned:
            ordered.pop()
        return ordered[-1][2] if ordered else None
