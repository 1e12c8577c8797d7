"""Fair-sharing preemption: choose victims so that dominant shares come closer (rules 11.5)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kueue_sim.model import FAIR_SHARES_ONLY, S2A, Preemption, PreemptionPolicy, Settings
from kueue_sim.policy.preemption.candidates import Request, eligible, exceeds_quota, used_of, yields_to_borrower
from kueue_sim.policy.preemption.classical import HeldByQueue, fill_back, fits
from kueue_sim.policy.preemption.simulated_removal import SimulatedRemoval
from kueue_sim.policy.quota.dominant_share import Share, ShareCalculator
from kueue_sim.policy.quota.quota_tree import QuotaNode
from kueue_sim.policy.workloads.workload_info import Reservation, Target

OrderKey = Callable[[Reservation], Any]


@dataclass(frozen=True, slots=True)
class Rules:
    """How victims are chosen: the strategies in order (R11.2), gate FairSharingPreemptWithinNominal (R11.33), and
    whether ``borrowWithinCohort`` is ignored, which it was not always (R11.50)."""

    strategies: tuple[str, ...]
    prefer_within_nominal: bool
    shares_only: bool


def rules(settings: Settings) -> Rules | None:
    """The rules of fair sharing, None when preemption is classical."""
    if settings.fair_sharing is None:
        return None
    within = settings.gate("FairSharingPreemptWithinNominal")
    return Rules(settings.fair_sharing, within, settings.follows(FAIR_SHARES_ONLY))


def find_targets(
    request: Request,
    policy: Preemption,
    held_by_queue: HeldByQueue,
    order: OrderKey,
    shares: ShareCalculator,
    rules: Rules,
) -> list[Target]:
    """The workloads to evict so that the request fits, empty when fairness forbids it. Implements R11.30–R11.49."""
    candidates = _candidates(request, policy, held_by_queue, order)
    if not candidates or _is_futile(request, candidates):
        return []
    with SimulatedRemoval(request.ledger) as removal:
        _charge(request, +1)
        try:
            search = _Search(request, None if rules.shares_only else policy, candidates, order, shares, removal)
            entitled = rules.prefer_within_nominal and all(
                request.node.usage[slot] <= request.node.nominal[slot] for slot in request.contested
            )
            found = search.first_pass(rules.strategies[0], entitled)
            if not found and len(rules.strategies) > 1:
                found = search.second_pass()
        finally:
            _charge(request, -1)
        if not found:
            return []
        spared = fill_back(request, [target.reservation for target in search.targets], removal, True)
        return [target for target in search.targets if target.reservation not in spared]


def _charge(request: Request, sign: int) -> None:
    for slot, amount in request.amounts:
        if sign > 0:
            request.node.add(slot, amount)
        else:
            request.node.remove(slot, amount)


def _candidates(
    request: Request, policy: Preemption, held_by_queue: HeldByQueue, order: OrderKey
) -> dict[QuotaNode, list[Reservation]]:
    """Candidates per ClusterQueue, each list in eviction order. Implements R11.30–R11.31."""
    rules = [(request.node, policy.within_cluster_queue)]
    reclaim = policy.reclaim_within_cohort
    if request.node.parent is not None and reclaim is not PreemptionPolicy.NEVER:
        for queue in _queues(request.node.root):
            if queue is not request.node and exceeds_quota(queue, request.contested):
                rules.append((queue, reclaim))
    found = {}
    for queue, rule in rules:
        if rule is PreemptionPolicy.NEVER:
            continue
        holdings = held_by_queue.get(queue.name)
        if holdings is None:
            continue
        mine = [
            reservation
            for evicted in (True, False)
            for reservation in eligible(request, rule, holdings.in_order(evicted))
        ]
        if mine:
            found[queue] = sorted(mine, key=order)
    return found


def _is_futile(request: Request, candidates: Mapping[QuotaNode, list[Reservation]]) -> bool:
    """Whether too much would be missing even if all candidates were gone: each frees at most what it uses."""
    node = request.node
    return any(
        slot in request.contested
        and amount > node.raw_available(slot) + sum(used_of(mine, slot) for mine in candidates.values())
        for slot, amount in request.amounts
    )


def _queues(node: QuotaNode) -> Iterator[QuotaNode]:
    for cohort in node.child_cohorts:
        yield from _queues(cohort)
    yield from node.child_queues


class _Search:
    """One target search: what was taken so far, and what was rejected in the first pass.

    ``beyond_shares`` may let the preemptor evict whom shares protect (``borrowWithinCohort``); None: shares decide.
    """

    def __init__(
        self,
        request: Request,
        beyond_shares: Preemption | None,
        candidates: dict[QuotaNode, list[Reservation]],
        order: OrderKey,
        shares: ShareCalculator,
        removal: SimulatedRemoval,
    ) -> None:
        self.request = request
        self.beyond_shares = beyond_shares
        self.candidates = candidates
        self.order = order
        self.shares = shares
        self.removal = removal
        self.targets: list[Target] = []
        self.retry: dict[QuotaNode, list[Reservation]] = {}
        self.ancestors: set[QuotaNode] = set()
        node = request.node.parent
        while node is not None:
            self.ancestors.add(node)
            node = node.parent

    def first_pass(self, strategy: str, entitled: bool) -> bool:
        """Implements R11.40–R11.45."""
        own = self.request.node
        walk = _Descent(self, self.candidates)
        while (queue := walk.next()) is not None:
            waiting = self.candidates[queue]
            if queue is own or entitled:
                reason = "InClusterQueue" if queue is own else "InCohortReclamation"
                if self._take(waiting.pop(0), reason):
                    return True
                continue
            preemptor, target = self._branches(queue)
            preemptor_share = self.shares.share(preemptor)
            before = self.shares.share(target)
            while waiting:
                reservation = waiting.pop(0)
                if strategy == S2A:
                    passes = preemptor_share.rank <= self._share_without(reservation, target).rank
                else:
                    passes = preemptor_share.rank < before.rank
                if not passes and not self._outranked(reservation):
                    self.retry.setdefault(queue, []).append(reservation)
                    continue
                if self._take(reservation, "InCohortFairSharing" if passes else "InCohortReclaimWhileBorrowing"):
                    return True
                break
        return False

    def second_pass(self) -> bool:
        """Implements R11.46–R11.47."""
        walk = _Descent(self, self.retry)
        while (queue := walk.next()) is not None:
            preemptor, target = self._branches(queue)
            reservation = self.retry[queue].pop(0)
            fair = self.shares.share(preemptor).rank < self.shares.share(target).rank
            if fair and self._take(reservation, "InCohortFairSharing"):
                return True
            walk.prune(queue)
        return False

    def _outranked(self, reservation: Reservation) -> bool:
        policy = self.beyond_shares
        return policy is not None and yields_to_borrower(policy, self.request.pending, reservation)

    def _take(self, reservation: Reservation, reason: str) -> bool:
        self.removal.remove(reservation)
        self.targets.append(Target(reservation, reason))
        _charge(self.request, -1)
        fit = fits(self.request, True)
        _charge(self.request, +1)
        return fit

    def _share_without(self, reservation: Reservation, branch: QuotaNode) -> Share:
        with SimulatedRemoval() as trial:
            trial.remove(reservation)
            return self.shares.share(branch)

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
    """Chooses the next ClusterQueue to take from, anew from the root each time. Implements R11.34–R11.39."""

    def __init__(self, search: _Search, waiting: Mapping[QuotaNode, list[Reservation]]) -> None:
        self._search = search
        self._waiting = waiting
        self._pruned: set[QuotaNode] = set()

    def prune(self, node: QuotaNode) -> None:
        self._pruned.add(node)

    def next(self) -> QuotaNode | None:
        own = self._search.request.node
        root = own.root
        if root is own:
            return own if self._waiting.get(own) else None
        while root not in self._pruned:
            found = self._descend(root)
            if found is not None:
                return found
        return None

    def _descend(self, top: QuotaNode) -> QuotaNode | None:
        cohort, cohort_share = self._best_cohort(top)
        queue, queue_share = self._best_queue(top)
        if cohort is None and queue is None:
            self._pruned.add(top)
            return None
        if cohort is not None and (queue is None or cohort_share >= queue_share):
            return self._descend(cohort)
        return queue

    def _best_queue(self, top: QuotaNode) -> tuple[QuotaNode | None, tuple[int, float]]:
        own = self._search.request.node
        best: QuotaNode | None = None
        best_share = (0, 0.0)
        for queue in top.child_queues:
            if queue in self._pruned:
                continue
            share = self._search.shares.share(queue)
            if not self._waiting.get(queue) or (not share.borrowing and queue is not own):
                self._pruned.add(queue)
                continue
            if best is None or share.rank > best_share:
                best, best_share = queue, share.rank
            elif share.rank == best_share and self._precedes(queue, best):
                best = queue
        return best, best_share

    def _precedes(self, a: QuotaNode, b: QuotaNode) -> bool:
        order = self._search.order
        first: bool = order(self._waiting[a][0]) < order(self._waiting[b][0])
        return first

    def _best_cohort(self, top: QuotaNode) -> tuple[QuotaNode | None, tuple[int, float]]:
        best: QuotaNode | None = None
        best_share = (0, 0.0)
        for cohort in top.child_cohorts:
            if cohort in self._pruned:
                continue
            share = self._search.shares.share(cohort)
            if not share.borrowing and cohort not in self._search.ancestors:
                self._pruned.add(cohort)
                continue
            if best is None or share.rank >= best_share:
                best, best_share = cohort, share.rank
        return best, best_share
