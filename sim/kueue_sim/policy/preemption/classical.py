"""Classical preemption: choose victims by priority, queue and place in the tree (rules 10.4–10.7)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from kueue_sim.model import Preemption
from kueue_sim.policy.preemption.borrow_within_cohort import yields_to_borrower
from kueue_sim.policy.preemption.candidates import NEVER, Request, allowed, bound_of_priority, exceeds_quota
from kueue_sim.policy.preemption.simulated_removal import SimulatedRemoval
from kueue_sim.policy.preemption.tree_candidates import TreeCandidates
from kueue_sim.policy.quota.quota_tree import QuotaNode
from kueue_sim.policy.workloads.reservations import Ranked
from kueue_sim.policy.workloads.workload_info import Reservation, Target

EvictionKey = Callable[[Reservation], Any]


HIERARCHICAL: Final = 0
EVEN_WHILE_BORROWING: Final = 1
ONLY_WITHOUT_BORROWING: Final = 2
WITHIN_QUEUE: Final = 3
"""Classes of candidates (R10.20)."""
_REASON = ("InCohortReclamation", "InCohortReclaimWhileBorrowing", "InCohortReclamation", "InClusterQueue")
"""By class."""


def find_targets(
    request: Request, policy: Preemption, tree: TreeCandidates, order: EvictionKey | None = None
) -> tuple[list[Target], bool]:
    """The workloads to evict so that the request fits, empty when nothing helps; and whether the same search finds just
    these again once they are evicted and nothing else has happened. Implements R10.15–R10.34.

    ``order`` replaces the usual order of eviction; None is R10.21 without admission fair sharing.
    """
    search = _Search(request, policy, tree, order)
    first = order is None
    for borrowing in search.attempts():
        targets, spared = search.attempt(borrowing)
        if targets:
            return targets, first and not spared and stand(targets)
        first = False
    return [], False


def stand(targets: Iterable[Target]) -> bool:
    """Whether none of them is evicted yet.

    Evicted ones go before all others (R10.21), and keep their order among themselves. So a search that took just these,
    one after the other, takes the same in the same order once they are evicted.
    """
    return not any(target.reservation.evicted for target in targets)


class _Search:
    """One search. ``advantage`` is R10.19 per ancestor of the preemptor's queue, for the queues that meet it there."""

    def __init__(self, request: Request, policy: Preemption, tree: TreeCandidates, order: EvictionKey | None) -> None:
        self._request = request
        self._policy = policy
        self._tree = tree
        self._order = order
        self._node = request.node
        self._forbidden = policy.borrow_within_cohort is NEVER
        self._advantage: dict[QuotaNode, bool] = {}
        if policy.reclaim_within_cohort is not NEVER:
            rest, advantage = dict(request.amounts), False
            below, meeting = request.node, request.node.parent
            while meeting is not None:
                advantage = _fits_inside(below, rest) or advantage
                self._advantage[meeting] = advantage
                below, meeting = meeting, meeting.parent

    def attempts(self) -> tuple[bool, ...]:
        """Whether borrowing is allowed, per attempt in order. Implements R10.24.

        Without candidates in other queues a second attempt would be of no use, so it does not matter here whether there
        are any, unless the first attempt is the one that may not borrow. Where all others are taken from with an
        advantage it has the same candidates, and less would fit.
        """
        if not self._forbidden:
            return (True, False)
        if _uses_its_quota(self._node, self._request.contested):
            return (True,)
        if False not in self._advantage.values():
            return (True,)
        if self._finds_others(advantage=True):
            return (True, False)
        return (False, True) if self._finds_others(advantage=False) else (True,)

    def _finds_others(self, advantage: bool) -> bool:
        """Whether there are any candidates in other queues."""
        if advantage not in self._advantage.values():
            return False
        order = self._tree.order()
        for entries in (order.evicted, order.standing):
            for _ in self._others(entries, advantage):
                return True
        return False

    def _own(self, entries: Iterable[Ranked]) -> Iterator[Reservation]:
        """Implements R10.17."""
        rule = self._policy.within_cluster_queue
        if rule is not NEVER:
            yield from allowed(self._request, rule, entries)

    def _others(self, entries: Iterable[Ranked], advantage: bool) -> Iterator[Reservation]:
        """Those of other queues which may be taken at this moment. Implements R10.18 and R10.27."""
        flags = self._advantage
        if advantage not in flags.values():
            return
        contested = self._request.contested
        meetings: dict[QuotaNode, QuotaNode | None] = {self._node: None}
        for reservation in allowed(self._request, self._policy.reclaim_within_cohort, entries):
            queue = reservation.queue
            if queue in meetings:
                meeting = meetings[queue]
            else:
                meeting = self._meeting(queue)
                if meeting is not None and flags[meeting] is not advantage:
                    meeting = None
                meetings[queue] = meeting
            if meeting is not None:
                if _is_over(queue, meeting, contested):
                    yield reservation
                else:
                    meetings[queue] = None

    def _meeting(self, queue: QuotaNode) -> QuotaNode | None:
        """The lowest ancestor that a queue shares with the preemptor's."""
        node = queue.parent
        while node is not None and node not in self._advantage:
            node = node.parent
        return node

    def _candidates(self, borrowing: bool) -> Iterator[tuple[Reservation, int]]:
        """Whom to take next, worked out as far as the search goes. Implements R10.20–R10.22 and R10.27."""
        order, mine = self._tree.order(), self._tree.reservations[self._node].order()
        for entries, own in ((order.evicted, mine.evicted), (order.standing, mine.standing)):
            if not entries:
                continue
            for reservation in self._ordered(self._others(entries, advantage=True)):
                yield reservation, HIERARCHICAL
            if not borrowing or not self._forbidden:
                for reservation in self._ordered(self._others(entries, advantage=False)):
                    if yields_to_borrower(self._policy, self._request.pending, reservation):
                        yield reservation, EVEN_WHILE_BORROWING
                    elif not borrowing:
                        yield reservation, ONLY_WITHOUT_BORROWING
            for reservation in self._ordered(self._own(own)):
                yield reservation, WITHIN_QUEUE

    def _ordered(self, found: Iterator[Reservation]) -> Iterator[Reservation]:
        """In the order of eviction that holds here; what was sorted first is looked at again when its turn comes.

        Usage orders workloads of one queue alone, so the order may be cyclic (R10.23); sorted queue by queue, it is
        the same every time.
        """
        return found if self._order is None else self._by_usage(sorted(found, key=_queue_name), self._order)

    def _by_usage(self, found: Iterable[Reservation], order: EvictionKey) -> Iterator[Reservation]:
        for reservation in sorted(found, key=order):
            queue = reservation.queue
            meeting = self._meeting(queue)
            if queue is self._node or (meeting is not None and _is_over(queue, meeting, self._request.contested)):
                yield reservation

    def _exceeds_its_quota(self) -> bool:
        """Whether the queue would use more than its quota even if everybody were gone from it who may: an attempt that
        may not borrow is of no use then, as whoever else goes lowers nothing in this queue."""
        node, rule = self._node, self._policy.within_cluster_queue
        for slot, amount in self._request.amounts if self._tree.kept else ():
            over = node.usage[slot] + amount - node.nominal[slot]
            if over > 0 and rule is not NEVER:
                bound = bound_of_priority(rule, self._request.pending)
                over -= self._tree.reservations[node].used_below(slot, bound)
            if over > 0:
                return True
        return False

    def attempt(self, borrowing: bool) -> tuple[list[Target], bool]:
        """Evict in order until the request fits, then spare whom it can, and whether it spared any. Implements
        R10.27–R10.33."""
        request = self._request
        if not borrowing and self._exceeds_its_quota():
            return [], False
        with SimulatedRemoval(request.ledger) as removal:
            taken: list[Target] = []
            for reservation, variant in self._candidates(borrowing):
                removal.remove(reservation)
                taken.append(Target(reservation, _REASON[variant]))
                if fits(request, borrowing):
                    if len(taken) == 1:
                        return taken, False
                    spared = fill_back(request, [target.reservation for target in taken], removal, borrowing)
                    return [target for target in taken if target.reservation not in spared], bool(spared)
        return [], False


def keeps_to_its_queue(policy: Preemption, node: QuotaNode, slot: int, amount: int, own: int) -> bool:
    """Whether a search for so much of one slot takes from nobody but the own queue, whose candidates use ``own`` of it,
    where no subtree below the root could hold the request.

    An attempt that may borrow takes from other queues where the request fits inside a node between the queue and the
    root (R10.19), or where ``borrowWithinCohort`` says so (R10.20). One that may not borrow takes from them, too, yet
    only evictions in the own queue lower its use, and where it uses its quota already there is none (R10.24).
    """
    if policy.borrow_within_cohort is not NEVER:
        return False
    used, nominal = node.usage[slot], node.nominal[slot]
    return used >= nominal or used + amount - own > nominal


def _queue_name(reservation: Reservation) -> str:
    return reservation.queue.name


def _uses_its_quota(node: QuotaNode, contested: Iterable[int]) -> bool:
    """Whether the queue uses all its quota of a contested slot, or more (R10.24)."""
    usage, nominal = node.usage, node.nominal
    for slot in contested:
        if usage[slot] >= nominal[slot]:
            return True
    return False


def _is_over(queue: QuotaNode, meeting: QuotaNode, contested: frozenset[int]) -> bool:
    """Whether the queue, and every Cohort between it and the meeting point, uses more than its quota (R10.18)."""
    node = queue
    while exceeds_quota(node, contested):
        if node.parent is None or node.parent is meeting:
            return True
        node = node.parent
    return False


def _fits_inside(node: QuotaNode, rest: dict[int, int]) -> bool:
    """Whether the rest fits in the node's quota; reduces it by the node's own free part. Implements R2.26."""
    fits = True
    for slot, amount in rest.items():
        if node.usage[slot] + amount > node.subtree_quota[slot]:
            fits = False
        rest[slot] = max(0, amount - max(0, node.local_quota[slot] - node.usage[slot]))
    return fits


def fits(request: Request, borrowing: bool) -> bool:
    """The fit test of a target search. Implements R10.29."""
    node = request.node
    for slot, amount in request.amounts:
        if not borrowing and node.usage[slot] + amount > node.nominal[slot]:
            return False
        if 0 < amount > node.raw_available(slot):
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
