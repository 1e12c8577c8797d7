"""Fair-sharing preemption: choose victims so that dominant shares come closer (rules 11.5)."""

from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from kueue_sim.model import S2A, Preemption, PreemptionPolicy, Settings
from kueue_sim.policy.preemption.candidates import Request, eviction_order, exceeds_quota
from kueue_sim.policy.preemption.classical import EvictionKey, allowed, fill_back, fits
from kueue_sim.policy.preemption.simulated_removal import SimulatedRemoval
from kueue_sim.policy.preemption.tree_candidates import TreeCandidates
from kueue_sim.policy.quota.dominant_share import ShareCalculator
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
) -> list[Target]:
    """The workloads to evict so that the request fits, empty when fairness forbids it. Implements R11.30–R11.49.

    ``order`` replaces the usual order of eviction; None is R10.21 without admission fair sharing.
    """
    with SimulatedRemoval(request.ledger) as removal:
        search = _Search(request, policy, rules, tree, order, shares, removal)
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


class _Waiting:
    """Candidates per ClusterQueue that were not tried yet, in order of eviction. Implements R11.30–R11.31."""

    def __init__(self, request: Request, policy: Preemption, tree: TreeCandidates, order: EvictionKey | None) -> None:
        self._request = request
        self._policy = policy
        self._tree = tree
        self._order = order
        self._known: dict[QuotaNode, list[Reservation]] = {}

    def of(self, queue: QuotaNode) -> list[Reservation]:
        """Those of one queue. Nothing is taken from it before this was asked, so its usage is still what it was."""
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
        rules: Rules,
        tree: TreeCandidates,
        order: EvictionKey | None,
        shares: ShareCalculator,
        removal: SimulatedRemoval,
    ) -> None:
        self.request = request
        self.waiting = _Waiting(request, policy, tree, order)
        self.order = order or eviction_order(request.node, {})
        self.shares = shares
        self.removal = removal
        self.targets: list[Target] = []
        self.retry: dict[QuotaNode, list[Reservation]] = {}
        self.walk: _Descent | None = None
        self.ancestors: set[QuotaNode] = set()
        node = request.node.parent
        while node is not None:
            self.ancestors.add(node)
            node = node.parent

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
                self.retry.setdefault(queue, []).extend(waiting)
                waiting.clear()
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
        walk = self.walk = _Descent(self, lambda queue: self.retry.get(queue, []))
        while (queue := walk.next()) is not None:
            preemptor, target = self._branches(queue)
            reservation = self.retry[queue].pop(0)
            fair = self.shares.share(preemptor).rank < self.shares.share(target).rank
            if fair and self._take(reservation, "InCohortFairSharing"):
                return True
            walk.prune(queue)
        return False

    def _take(self, reservation: Reservation, reason: str) -> bool:
        self.removal.remove(reservation)
        assert self.walk is not None
        self.walk.resort(reservation.queue)
        self.targets.append(Target(reservation, reason))
        _charge(self.request, -1)
        fit = fits(self.request, True)
        _charge(self.request, +1)
        return fit

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
        self._queues: dict[QuotaNode, list[QuotaNode]] = {}
        self._cohorts: dict[QuotaNode, list[QuotaNode]] = {}

    def prune(self, node: QuotaNode) -> None:
        self._pruned.add(node)

    def resort(self, queue: QuotaNode) -> None:
        """Something was taken from a queue: its share and those above it are others now."""
        above = queue.parent
        if above is not None:
            self._queues.pop(above, None)
            while (above := above.parent) is not None:
                self._cohorts.pop(above, None)

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
        ordered = self._queues.get(top)
        if ordered is None:
            ordered = self._queues[top] = self._by_share(top.child_queues, (self._search.request.node,))
        while ordered and (ordered[-1] in self._pruned or not self._waiting(ordered[-1])):
            self._pruned.add(ordered.pop())
        if not ordered:
            return None
        largest = self._search.shares.share(ordered[-1]).rank
        first = len(ordered) - 1
        while first and self._search.shares.share(ordered[first - 1]).rank == largest:
            first -= 1
        best: QuotaNode | None = None
        for queue in ordered[first:]:
            if queue not in self._pruned and self._waiting(queue) and (best is None or self._precedes(queue, best)):
                best = queue
        return best

    def _by_share(self, children: Iterable[QuotaNode], always: Container[QuotaNode]) -> list[QuotaNode]:
        """Those that use more than their quota, and some always, the largest share last."""
        share = self._search.shares.share
        found = [
            (share(child).rank, place, child)
            for place, child in enumerate(children)
            if child not in self._pruned and (share(child).borrowing or child in always)
        ]
        return [child for _, _, child in sorted(found)]

    def _precedes(self, a: QuotaNode, b: QuotaNode) -> bool:
        order = self._search.order
        first: bool = order(self._waiting(a)[0]) < order(self._waiting(b)[0])
        return first

    def _best_cohort(self, top: QuotaNode) -> QuotaNode | None:
        """The one with the largest share, the last among equals."""
        ordered = self._cohorts.get(top)
        if ordered is None:
            ordered = self._cohorts[top] = self._by_share(top.child_cohorts, self._search.ancestors)
        while ordered and ordered[-1] in self._pruned:
            ordered.pop()
        return ordered[-1] if ordered else None
