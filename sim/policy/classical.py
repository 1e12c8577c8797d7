"""Classical preemption: choose victims by priority, queue and place in the tree (rules 10.4–10.7)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from sim.model import Preemption, PreemptionPolicy
from sim.policy.candidates import Request, exceeds_quota, may_evict, uses
from sim.policy.entities import Held, Pending, Target
from sim.policy.quota_tree import QuotaNode
from sim.policy.removal import Removal

HeldByQueue = Mapping[str, Mapping[str, Held]]


class Variant(IntEnum):
    """Class of a candidate (R10.20), in the order in which the blocks are tried."""

    HIERARCHICAL = 0
    EVEN_WHILE_BORROWING = 1
    ONLY_WITHOUT_BORROWING = 2
    WITHIN_QUEUE = 3


_REASON = {
    Variant.WITHIN_QUEUE: "InClusterQueue",
    Variant.HIERARCHICAL: "InCohortReclamation",
    Variant.ONLY_WITHOUT_BORROWING: "InCohortReclamation",
    Variant.EVEN_WHILE_BORROWING: "InCohortReclaimWhileBorrowing",
}


@dataclass(frozen=True, slots=True)
class _Candidate:
    held: Held
    variant: Variant
    meeting: QuotaNode | None


def find_targets(
    request: Request,
    policy: Preemption,
    held_by_queue: HeldByQueue,
    order: Callable[[Held], tuple[object, ...]],
) -> list[Target]:
    """The workloads to evict so that the request fits, empty when nothing helps. Implements R10.15–R10.34."""
    candidates = _own(request, policy, held_by_queue) + list(_cohort(request, policy, held_by_queue))
    if not candidates:
        return []
    candidates.sort(key=lambda c: (not c.held.evicted, _block(c.variant), order(c.held)))
    for borrowing in _attempts(request, policy, candidates):
        targets = _attempt(request, candidates, borrowing)
        if targets:
            return targets
    return []


def _block(variant: Variant) -> int:
    return {Variant.HIERARCHICAL: 0, Variant.WITHIN_QUEUE: 2}.get(variant, 1)


def _own(request: Request, policy: Preemption, held_by_queue: HeldByQueue) -> list[_Candidate]:
    rule = policy.within_cluster_queue
    if rule is PreemptionPolicy.NEVER:
        return []
    return [
        _Candidate(held, Variant.WITHIN_QUEUE, None)
        for held in held_by_queue.get(request.node.name, {}).values()
        if uses(held, request.contested) and may_evict(rule, request.pending, held)
    ]


def _cohort(request: Request, policy: Preemption, held_by_queue: HeldByQueue) -> Iterator[_Candidate]:
    """Candidates of other queues, each with the lowest ancestor it shares. Implements R10.18–R10.20."""
    rule = policy.reclaim_within_cohort
    if rule is PreemptionPolicy.NEVER or request.node.parent is None:
        return
    rest = dict(request.amounts)
    advantage = _fits_inside(request.node, rest)
    explored: QuotaNode = request.node
    meeting: QuotaNode | None = request.node.parent
    while meeting is not None:
        for queue in _over_queues(meeting, explored, request.contested):
            for held in held_by_queue.get(queue.name, {}).values():
                if uses(held, request.contested) and may_evict(rule, request.pending, held):
                    yield _Candidate(held, _variant(request.pending, held, policy, advantage), meeting)
        advantage = _fits_inside(meeting, rest) or advantage
        explored, meeting = meeting, meeting.parent


def _fits_inside(node: QuotaNode, rest: dict[int, int]) -> bool:
    """Whether the rest fits in the node's quota; reduces it by the node's own free part. Implements R2.26."""
    fits = True
    for slot, amount in rest.items():
        if node.usage[slot] + amount > node.subtree[slot]:
            fits = False
        rest[slot] = max(0, amount - max(0, node.local[slot] - node.usage[slot]))
    return fits


def _over_queues(top: QuotaNode, explored: QuotaNode, contested: frozenset[int]) -> Iterator[QuotaNode]:
    for cohort in top.child_cohorts:
        if cohort is not explored and exceeds_quota(cohort, contested):
            yield from _over_queues(cohort, explored, contested)
    for queue in top.child_queues:
        if queue is not explored and exceeds_quota(queue, contested):
            yield queue


def _variant(pending: Pending, held: Held, policy: Preemption, advantage: bool) -> Variant:
    if advantage:
        return Variant.HIERARCHICAL
    threshold = policy.max_priority_threshold
    if (
        policy.borrow_within_cohort is PreemptionPolicy.NEVER
        or held.priority >= pending.priority
        or (threshold is not None and held.priority > threshold)
    ):
        return Variant.ONLY_WITHOUT_BORROWING
    return Variant.EVEN_WHILE_BORROWING


def _attempts(request: Request, policy: Preemption, candidates: Sequence[_Candidate]) -> tuple[bool, ...]:
    """Whether borrowing is allowed, per attempt in order. Implements R10.24."""
    node = request.node
    forbidden = policy.borrow_within_cohort is PreemptionPolicy.NEVER
    under_nominal = all(node.usage[slot] < node.nominal[slot] for slot in request.contested)
    cohort = any(candidate.variant is not Variant.WITHIN_QUEUE for candidate in candidates)
    if not cohort or (forbidden and not under_nominal):
        return (True,)
    if forbidden and not any(candidate.variant is Variant.HIERARCHICAL for candidate in candidates):
        return (False, True)
    return (True, False)


def _attempt(request: Request, candidates: Sequence[_Candidate], borrowing: bool) -> list[Target]:
    """Evict in order until it fits, then spare whom it can. Implements R10.27–R10.33."""
    with Removal(request.ledger) as removal:
        taken: list[_Candidate] = []
        for candidate in candidates:
            if not _usable(request, candidate, borrowing):
                continue
            removal.remove(candidate.held)
            taken.append(candidate)
            if fits(request, borrowing):
                spared = fill_back(request, [c.held for c in taken], removal, borrowing)
                return [Target(c.held, _REASON[c.variant]) for c in taken if c.held not in spared]
    return []


def _usable(request: Request, candidate: _Candidate, borrowing: bool) -> bool:
    if candidate.variant is Variant.WITHIN_QUEUE:
        return True
    if borrowing and candidate.variant is Variant.ONLY_WITHOUT_BORROWING:
        return False
    node: QuotaNode | None = candidate.held.queue
    while node is not None and node is not candidate.meeting:
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


def fill_back(request: Request, taken: Sequence[Held], removal: Removal, borrowing: bool) -> set[Held]:
    """Those whose eviction turned out unnecessary, tried from the second to last backwards (R10.30)."""
    spared = set()
    for held in reversed(taken[:-1]):
        removal.put_back(held)
        if fits(request, borrowing):
            spared.add(held)
        else:
            removal.remove(held)
    return spared
