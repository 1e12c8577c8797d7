"""Classical preemption: choose victims by priority, queue and place in the tree (rules 10.4–10.7)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from heapq import merge
from itertools import chain
from typing import Any

from kueue_sim.model import Preemption, PreemptionPolicy
from kueue_sim.policy.preemption.candidates import Request, eligible, exceeds_quota, used_of, yields_to_borrower
from kueue_sim.policy.preemption.simulated_removal import SimulatedRemoval
from kueue_sim.policy.quota.quota_tree import QuotaNode
from kueue_sim.policy.workloads.reservations import Rank, Reservations, rank
from kueue_sim.policy.workloads.workload_info import Pending, Reservation, Target

HeldByQueue = Mapping[str, Reservations]
EvictionKey = Callable[[Reservation], Any]


class CandidateVariant(IntEnum):
    """Class of a candidate (R10.20)."""

    HIERARCHICAL = 0
    EVEN_WHILE_BORROWING = 1
    ONLY_WITHOUT_BORROWING = 2
    WITHIN_QUEUE = 3


_REASON = {
    CandidateVariant.WITHIN_QUEUE: "InClusterQueue",
    CandidateVariant.HIERARCHICAL: "InCohortReclamation",
    CandidateVariant.ONLY_WITHOUT_BORROWING: "InCohortReclamation",
    CandidateVariant.EVEN_WHILE_BORROWING: "InCohortReclaimWhileBorrowing",
}


@dataclass(frozen=True, slots=True)
class _Source:
    """A queue whose workloads may be evicted, and who holds quota in it. ``meeting`` is the lowest ancestor it shares
    with the preemptor's queue, None for that queue itself; ``advantage`` is R10.19 for it."""

    node: QuotaNode
    holdings: Reservations
    rule: PreemptionPolicy
    meeting: QuotaNode | None
    advantage: bool

    @property
    def block(self) -> int:
        """Its place among the blocks of R10.22."""
        if self.meeting is None:
            return 2
        return 0 if self.advantage else 1


Candidate = tuple[Reservation, _Source]


def find_targets(
    request: Request, policy: Preemption, held_by_queue: HeldByQueue, order: EvictionKey | None = None
) -> list[Target]:
    """The workloads to evict so that the request fits, empty when nothing helps. Implements R10.15–R10.34.

    ``order`` replaces the usual order of eviction; None is R10.21 without admission fair sharing.
    """
    sources = [source for source in _sources(request, policy, held_by_queue) if _any(request, source)]
    if not sources:
        return []
    for borrowing in _attempts(request, policy, sources):
        of_use = [source for source in sources if order is not None or _is_of_use(source, policy, borrowing)]
        if not _is_futile(request, of_use, borrowing):
            targets = _attempt(request, policy, _candidates(request, of_use, order), borrowing)
            if targets:
                return targets
    return []


def _is_of_use(source: _Source, policy: Preemption, borrowing: bool) -> bool:
    """Whether an attempt may take workloads of the queue at all; one that borrows may not always (R10.20, R10.27)."""
    mine = source.meeting is None
    return not borrowing or mine or source.advantage or policy.borrow_within_cohort is not PreemptionPolicy.NEVER


def _is_futile(request: Request, sources: Sequence[_Source], borrowing: bool) -> bool:
    """Whether the attempt must fail because too much would be missing if all candidates were gone.

    Removing a workload frees at most what it uses, and only those of the own queue lower the use of that queue.
    """
    node = request.node
    for slot, amount in request.amounts:
        if slot in request.contested:
            gone = [(source, _may_free(request, source, slot)) for source in sources]
            own = sum(freed for source, freed in gone if source.meeting is None)
            if amount > node.raw_available(slot) + sum(freed for _, freed in gone):
                return True
            if not borrowing and node.usage[slot] + amount > node.nominal[slot] + own:
                return True
    return False


def _may_free(request: Request, source: _Source, slot: int) -> int:
    """At most so much of a slot is free when all candidates of a queue are gone."""
    if source.rule is PreemptionPolicy.ANY:
        return source.node.usage[slot]
    return sum(
        used_of(eligible(request, source.rule, source.holdings.in_order(evicted)), slot) for evicted in (True, False)
    )


def _sources(request: Request, policy: Preemption, held_by_queue: HeldByQueue) -> Iterator[_Source]:
    """The preemptor's own queue, then those of the cohorts above. Implements R10.17–R10.19."""
    node = request.node
    if policy.within_cluster_queue is not PreemptionPolicy.NEVER:
        yield _Source(node, held_by_queue[node.name], policy.within_cluster_queue, None, False)
    rule = policy.reclaim_within_cohort
    if rule is PreemptionPolicy.NEVER or node.parent is None:
        return
    rest = dict(request.amounts)
    advantage = _fits_inside(node, rest)
    explored: QuotaNode = node
    meeting: QuotaNode | None = node.parent
    while meeting is not None:
        for queue in _over_queues(meeting, explored, request.contested):
            holdings = held_by_queue.get(queue.name)
            if holdings:
                yield _Source(queue, holdings, rule, meeting, advantage)
        advantage = _fits_inside(meeting, rest) or advantage
        explored, meeting = meeting, meeting.parent


def _eligible(request: Request, source: _Source, evicted: bool) -> Iterator[Candidate]:
    """The workloads of a queue that may be evicted for the request, in their order."""
    for reservation in eligible(request, source.rule, source.holdings.in_order(evicted)):
        yield reservation, source


def _any(request: Request, source: _Source) -> bool:
    for evicted in (True, False):
        for _ in eligible(request, source.rule, source.holdings.in_order(evicted)):
            return True
    return False


def _candidates(request: Request, sources: Sequence[_Source], order: EvictionKey | None) -> Iterator[Candidate]:
    """All candidates, block by block; worked out as far as the search goes. Implements R10.21–R10.22."""
    for evicted in (True, False):
        for block in (0, 1, 2):
            parts = [_eligible(request, source, evicted) for source in sources if source.block == block]
            if order is not None:
                yield from sorted(chain.from_iterable(parts), key=lambda candidate: order(candidate[0]))
            elif len(parts) == 1:
                yield from parts[0]
            else:
                yield from merge(*parts, key=_rank)


def _rank(candidate: Candidate) -> Rank:
    return rank(candidate[0])


def _fits_inside(node: QuotaNode, rest: dict[int, int]) -> bool:
    """Whether the rest fits in the node's quota; reduces it by the node's own free part. Implements R2.26."""
    fits = True
    for slot, amount in rest.items():
        if node.usage[slot] + amount > node.subtree_quota[slot]:
            fits = False
        rest[slot] = max(0, amount - max(0, node.local_quota[slot] - node.usage[slot]))
    return fits


def _over_queues(top: QuotaNode, explored: QuotaNode, contested: frozenset[int]) -> Iterator[QuotaNode]:
    for cohort in top.child_cohorts:
        if cohort is not explored and exceeds_quota(cohort, contested):
            yield from _over_queues(cohort, explored, contested)
    if len(contested) == 1:
        (slot,) = contested
        over = [queue for queue in top.child_queues if queue.usage[slot] > queue.subtree_quota[slot]]
    else:
        over = [queue for queue in top.child_queues if exceeds_quota(queue, contested)]
    yield from (queue for queue in over if queue is not explored)


def _variant(pending: Pending, policy: Preemption, candidate: Candidate) -> CandidateVariant:
    """Implements R10.20."""
    reservation, source = candidate
    if source.meeting is None:
        return CandidateVariant.WITHIN_QUEUE
    if source.advantage:
        return CandidateVariant.HIERARCHICAL
    if yields_to_borrower(policy, pending, reservation):
        return CandidateVariant.EVEN_WHILE_BORROWING
    return CandidateVariant.ONLY_WITHOUT_BORROWING


def _attempts(request: Request, policy: Preemption, sources: Sequence[_Source]) -> tuple[bool, ...]:
    """Whether borrowing is allowed, per attempt in order. Implements R10.24."""
    node = request.node
    forbidden = policy.borrow_within_cohort is PreemptionPolicy.NEVER
    under_nominal = all(node.usage[slot] < node.nominal[slot] for slot in request.contested)
    cohort = any(source.meeting is not None for source in sources)
    if not cohort or (forbidden and not under_nominal):
        return (True,)
    if forbidden and not any(source.advantage for source in sources):
        return (False, True)
    return (True, False)


def _attempt(request: Request, policy: Preemption, candidates: Iterator[Candidate], borrowing: bool) -> list[Target]:
    """Evict in order until it fits, then spare whom it can. Implements R10.27–R10.33."""
    with SimulatedRemoval(request.ledger) as removal:
        taken: list[Target] = []
        for candidate in candidates:
            reservation, source = candidate
            variant = _variant(request.pending, policy, candidate)
            if not _usable(request, reservation, source.meeting, variant, borrowing):
                continue
            removal.remove(reservation)
            taken.append(Target(reservation, _REASON[variant]))
            if fits(request, borrowing):
                spared = fill_back(request, [target.reservation for target in taken], removal, borrowing)
                return [target for target in taken if target.reservation not in spared]
    return []


def _usable(
    request: Request, reservation: Reservation, meeting: QuotaNode | None, variant: CandidateVariant, borrowing: bool
) -> bool:
    if variant is CandidateVariant.WITHIN_QUEUE:
        return True
    if borrowing and variant is CandidateVariant.ONLY_WITHOUT_BORROWING:
        return False
    node: QuotaNode | None = reservation.queue
    while node is not None and node is not meeting:
        if not exceeds_quota(node, request.contested):
            return False
        node = node.parent
    return True


def fits(request: Request, borrowing: bool) -> bool:
    """The fit test of a target search. Implements R10.29."""
    node = request.node
    for slot, amount in request.amounts:
        if not borrowing and node.usage[slot] + amount > node.nominal[slot]:
            return False
        if amount > node.available(slot):
            return False
    return request.placeable is None or request.placeable()


def fill_back(
    request: Request, taken: Sequence[Reservation], removal: SimulatedRemoval, borrowing: bool
) -> set[Reservation]:
    """Those whose eviction turned out unnecessary, tried from the second to last backwards (R10.30)."""
    spared = set()
    for reservation in reversed(taken[:-1]):
        removal.put_back(reservation)
        if fits(request, borrowing):
            spared.add(reservation)
        else:
            removal.remove(reservation)
    return spared
