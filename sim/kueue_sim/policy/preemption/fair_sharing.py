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
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kueue_sim.model import S2A, Preemption, PreemptionPolicy, Settings
from kueue_sim.policy.preemption.candidates import Request, eviction_order, exceeds_quota
from kueue_sim.policy.preemption.classical import EvictionKey, allowed, fill_back
from kueue_sim.policy.preemption.simulated_removal import SimulatedRemoval
from kueue_sim.policy.preemption.tree_candidates import Borrower, TreeCandidates, sorted_borrowers
from kueue_sim.policy.quota.dominant_resource_share import ShareCalculator
from kueue_sim.policy.quota.quota_tree import QuotaNode, Usage
from kueue_sim.policy.workloads.workload_info import Reservation, Target


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
) -> list[Target]:
    """The workloads to evict so that the request fits, empty when fairness forbids it. Implements R11.30–R11.49.

    ``order`` replaces the usual order of eviction; None is R10.21 without admission fair sharing. ``tentative``: usage
    is not that of those who hold quota alone, so that nothing that is kept of the tree is true.
    """
    kept = tree.kept and not tentative
    for cohort in request.node.ancestors() if kept else ():
        tree.borrowers(cohort)
    with SimulatedRemoval(request.ledger) as removal:
        search = _Search(request, policy, tree, order, shares, removal, kept)
        _charge(request, +1)
        try:
            found = search.first_pass(rules.strategies[0], entitled(request, rules))
            if not found and len(rules.strategies) > 1:
                found = search.second_pass()
        finally:
            _charge(request, -1)
        if not found:
            return []
        spared = fill_back(request, [target.reservation for target in search.targets], removal, True)
        return [target for target in search.targets if target.reservation not in spared]


def entitled(request: Request, rules: Rules) -> bool:
    """Whether the request, once it is charged, stays within the nominal quota of its queue (R11.33)."""
    node = request.node
    return rules.prefer_within_nominal and all(node.usage[slot] <= node.nominal[slot] for slot in request.contested)


@contextmanager
def charged(request: Request) -> Iterator[None]:
    """What is asked for counts to the usage inside (R11.32)."""
    _charge(request, +1)
    try:
        yield
    finally:
        _charge(request, -1)


def _charge(request: Request, sign: int) -> None:
    for slot, amount in request.amounts:
        if sign > 0:
            request.node.add(slot, amount)
        else:
            request.node.remove(slot, amount)


def _has_room(request: Request) -> bool:
    """The fit test of a search (R10.29) for a request that is charged already: no more is charged than may be used.

    Charging lowers what is available by as much as was charged, so the answer is that of before.
    """
    node = request.node
    for slot, amount in request.amounts:
        if node.raw_available(slot) < 0 < amount:
            return False
    return request.placeable is None or request.placeable()


class _Waiting:
    """Candidates per ClusterQueue that were not tried yet, in order of eviction. Implements R11.30–R11.31."""

    def __init__(self, request: Request, policy: Preemption, tree: TreeCandidates, order: EvictionKey | None) -> None:
        self._request = request
        self._policy = policy
        self._tree = tree
        self._order = order
        self._known: dict[QuotaNode, list[Reservation]] = {}

    def of(self, queue: QuotaNode) -> list[Reservation]:
        """The candidates of one queue. Nothing is taken from the queue before, so its usage is still what it was."""
        known = self._known.get(queue)
        if known is None:
            known = self._known[queue] = self._list(queue)
        return known

    def _list(self, queue: QuotaNode) -> list[Reservation]:
        request, here = self._request, self._tree.reservations.get(queue)
        if queue is request.node:
            rule = self._policy.within_cluster_queue
        else:
            rule = self._policy.reclaim_within_cohort
            if not exceeds_quota(queue, request.contested):
                return []
        if here is None or rule is PreemptionPolicy.NEVER:
            return []
        order = here.order
        found = [
            reservation
            for entries in (order.evicted, order.standing)
            for reservation in allowed(request, rule, entries)
        ]
        return found if self._order is None else sorted(found, key=self._order)


class _Search:
    """One target search: what was taken so far, and what was rejected in the first pass."""

    def __init__(
        self,
        request: Request,
        policy: Preemption,
        tree: TreeCandidates,
        order: EvictionKey | None,
        shares: ShareCalculator,
        removal: SimulatedRemoval,
        kept: bool,
    ) -> None:
        self.request = request
        self.tree = tree
        self.kept = kept
        self.sortable = order is None
        self.waiting = _Waiting(request, policy, tree, order)
        self.order = order or eviction_order(request.node, {})
        self.shares = shares
        self.removal = removal
        self.targets: list[Target] = []
        self.retry: dict[QuotaNode, list[Reservation]] = {}
        self.walk: _Descent | None = None
        self.ancestors = frozenset(request.node.ancestors())

    def first_pass(self, strategy: str, entitled: bool) -> bool:
        """Implements R11.40–R11.45. No eviction raises a share: where the preemptor's is above that of the branch it
        would take from, it stays so whoever went from there."""
        own = self.request.node
        walk = self.walk = _Descent(self, self.waiting.of)
        while (queue := walk.next()) is not None:
            waiting = self.waiting.of(queue)
            if queue is own or entitled:
                reason = "InClusterQueue" if queue is own else "InCohortReclamation"
                if self._take(waiting.pop(0), reason):
                    return True
                continue
            preemptor, target = self._branches(queue)
            share, before = self.shares.share(preemptor).rank, self.shares.share(target).rank
            if share > before or (share == before and strategy != S2A):
                self._rejected(queue)
                if share > before:
                    walk.close(target)
                continue
            without: dict[Usage, tuple[int, float]] = {}
            while waiting:
                reservation = waiting.pop(0)
                if strategy == S2A and share > self._rank_without(reservation, target, without):
                    self.retry.setdefault(queue, []).append(reservation)
                    continue
                if self._take(reservation, "InCohortFairSharing"):
                    return True
                break
        return False

    def second_pass(self) -> bool:
        """Implements R11.46–R11.47."""
        walk = self.walk = _Descent(self, self._rejected)
        while (queue := walk.next()) is not None:
            preemptor, target = self._branches(queue)
            reservation = self.retry[queue].pop(0)
            share, before = self.shares.share(preemptor).rank, self.shares.share(target).rank
            if share < before and self._take(reservation, "InCohortFairSharing"):
                return True
            walk.prune(queue)
            if share > before:
                walk.close(target)
        return False

    def _rejected(self, queue: QuotaNode) -> list[Reservation]:
        """Candidates of a queue for the second pass: all that were not taken, whether or not it was their turn."""
        rest = self.waiting.of(queue)
        if rest:
            self.retry.setdefault(queue, []).extend(rest)
            rest.clear()
        return self.retry.get(queue, [])

    def _take(self, reservation: Reservation, reason: str) -> bool:
        self.removal.remove(reservation)
        assert self.walk is not None
        self.walk.resort(reservation.queue)
        self.targets.append(Target(reservation, reason))
        return _has_room(self.request)

    def _rank_without(
        self, reservation: Reservation, branch: QuotaNode, known: dict[Usage, tuple[int, float]]
    ) -> tuple[int, float]:
        """How the branch would rank without a workload; what uses the same leaves the same behind."""
        usage = reservation.usage
        rank = known.get(usage)
        if rank is None:
            queue = reservation.queue
            for slot, amount in usage:
                queue.remove(slot, amount)
            rank = known[usage] = self.shares.share(branch).rank
            for slot, amount in usage:
                queue.add(slot, amount)
        return rank

    def _branches(self, queue: QuotaNode) -> tuple[QuotaNode, QuotaNode]:
        """The two children of the lowest common ancestor, towards preemptor and victim (R11.42)."""
        target = queue
        while target.parent is not None and target.parent not in self.ancestors:
            target = target.parent
        preemptor = self.request.node
        while preemptor.parent is not target.parent:
            assert preemptor.parent is not None
            preemptor = preemptor.parent
        return preemptor, target


class _Descent:
    """Chooses the next ClusterQueue to take from, anew from the root each time. Implements R11.34–R11.39.

    The children of a Cohort are kept in the order of their shares, which only an eviction below them changes.
    """

    def __init__(self, search: _Search, waiting: Callable[[QuotaNode], list[Reservation]]) -> None:
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
        known = self._queues.get(above)
        if known is not None:
            self._decided.pop(above, None)
            self._queues[above] = self._placed(known, queue)
        while (above := above.parent) is not None:
            self._cohorts.pop(above, None)

    def _placed(self, known: list[Borrower], queue: QuotaNode) -> list[Borrower]:
        """The list with a queue at the place of its present share."""
        others = [borrower for borrower in known if borrower[2] is not queue]
        others.sort()
        share = self._search.shares.share(queue)
        if queue not in self._pruned and (share.borrowing or queue is self._search.request.node):
            insort(others, (share.rank, queue.place, queue))
        return others

    def next(self) -> QuotaNode | None:
        own = self._search.request.node
        root = own.root
        if root is own:
            return own if self._waiting(own) else None
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
        if (top, True) in self._closed:
            own = self._search.request.node
            return own if own.parent is top and self._may_give(own) else None
        ordered = self._queues.get(top)
        if ordered is None:
            ordered = self._queues[top] = self._borrowers(top)
        while ordered and not self._may_give(ordered[-1][2]):
            ordered.pop()
        if not ordered:
            return None
        if len(ordered) <= self._decided.get(top, len(ordered)):
            first = bisect_left(ordered, (ordered[-1][0],))
            equals = [one for one in ordered[first:] if self._may_give(one[2])]
            if len(equals) > 1 and not self._search.sortable:
                return self._first_of(equals)
            ordered[first:] = sorted(equals, key=self._turn, reverse=True) if len(equals) > 1 else equals
            self._decided[top] = first
        return ordered[-1][2]

    def _may_give(self, queue: QuotaNode) -> bool:
        if queue in self._pruned or not self._waiting(queue):
            self._pruned.add(queue)
            return False
        return True

    def _turn(self, borrower: Borrower) -> tuple[Any, int]:
        return self._search.order(self._waiting(borrower[2])[0]), borrower[1]

    def _first_of(self, equals: Iterable[Borrower]) -> QuotaNode | None:
        """The order may be cyclic (R10.23): compared one after the other, it gives the same queue every time."""
        best: QuotaNode | None = None
        for _, _, queue in equals:
            first = self._search.order(self._waiting(queue)[0])
            if best is None or first < self._search.order(self._waiting(best)[0]):
                best = queue
        return best

    def _borrowers(self, top: QuotaNode) -> list[Borrower]:
        """The Cohort's queues that use more than their quota, and the preemptor's; what was taken before counts."""
        search, own = self._search, self._search.request.node
        if not search.kept:
            return sorted_borrowers(top.child_queues, search.shares, (own,))
        ordered = list(search.tree.borrowers(top))
        taken = {target.reservation.queue for target in search.targets if target.reservation.queue.parent is top}
        for queue in taken | {own} if own.parent is top else taken:
            ordered = self._placed(ordered, queue)
        return ordered

    def _best_cohort(self, top: QuotaNode) -> QuotaNode | None:
        """The one with the largest share, the last among equals."""
        if (top, False) in self._closed:
            mine = (child for child in self._search.ancestors if child.parent is top and child not in self._pruned)
            return next(mine, None)
        ordered = self._cohorts.get(top)
        if ordered is None:
            ordered = self._cohorts[top] = sorted_borrowers(
                top.child_cohorts, self._search.shares, self._search.ancestors
            )
        while ordered and ordered[-1][2] in self._pruned:
            ordered.pop()
        return ordered[-1][2] if ordered else None
