"""Fair-sharing preemption of 0.10: queues are compared directly, wherever they hang in the tree (V19, V20)."""

from dataclasses import dataclass

from kueue_sim.model import S2A, Preemption
from kueue_sim.policy.preemption import pooled
from kueue_sim.policy.preemption.borrow_within_cohort import borrowing_threshold
from kueue_sim.policy.preemption.candidates import Request, exceeds_quota
from kueue_sim.policy.preemption.classical import fill_back, fits
from kueue_sim.policy.preemption.simulated_removal import SimulatedRemoval
from kueue_sim.policy.preemption.tree_candidates import TreeCandidates
from kueue_sim.policy.quota.dominant_resource_share import ShareCalculator
from kueue_sim.policy.quota.quota_tree import QuotaNode
from kueue_sim.policy.workloads.workload_info import Reservation, Target


@dataclass(slots=True, eq=False)
class _Queue:
    """A queue that may have to give, with its share when it was last looked at."""

    node: QuotaNode
    workloads: list[Reservation]
    share: float


def find_targets(
    request: Request,
    policy: Preemption,
    tree: TreeCandidates,
    shares: ShareCalculator,
    strategies: tuple[str, ...],
    shares_alone: bool,
) -> list[Target]:
    """The workloads to evict so that the request fits, empty when fairness forbids it.

    ``shares_alone``: ``borrowWithinCohort`` lets nobody be evicted whom shares protect (V20).
    """
    found = pooled.candidates(request, policy, tree)
    if all(reservation.queue is request.node for reservation in found):
        return pooled.evict_least(request, found, True, None)
    with SimulatedRemoval(request.ledger) as removal:
        threshold = None if shares_alone else borrowing_threshold(request, policy)
        search = _Search(request, shares, removal, threshold)
        if not search.first_pass(found, strategies[0]) and not (len(strategies) > 1 and search.second_pass()):
            return []
        spared = fill_back(request, [target.reservation for target in search.targets], removal, True)
        return [target for target in search.targets if target.reservation not in spared]


class _Search:
    """One search. ``threshold``: whoever is below this priority may be evicted whatever the shares are."""

    def __init__(
        self, request: Request, shares: ShareCalculator, removal: SimulatedRemoval, threshold: int | None
    ) -> None:
        self._request = request
        self._shares = shares
        self._removal = removal
        self._threshold = threshold
        self._retry: list[Reservation] = []
        self._mine = self._share_with_request()
        self.targets: list[Target] = []

    def _share_with_request(self) -> float:
        node = self._request.node
        for slot, amount in self._request.amounts:
            node.add(slot, amount)
        share = self._shares.share(node).weighted
        for slot, amount in self._request.amounts:
            node.remove(slot, amount)
        return share

    def _share_without(self, reservation: Reservation) -> float:
        with SimulatedRemoval() as trial:
            trial.remove(reservation)
            return self._shares.share(reservation.queue).weighted

    def _queues(self, found: list[Reservation], first_only: bool = False) -> list[_Queue]:
        queues: dict[QuotaNode, _Queue] = {}
        for reservation in found:
            known = queues.get(reservation.queue)
            if known is None:
                share = self._shares.share(reservation.queue).weighted
                queues[reservation.queue] = _Queue(reservation.queue, [reservation], share)
            elif not first_only:
                known.workloads.append(reservation)
        return list(queues.values())

    def _take(self, reservation: Reservation, reason: str) -> bool:
        self._removal.remove(reservation)
        self.targets.append(Target(reservation, reason))
        return fits(self._request, True)

    def first_pass(self, found: list[Reservation], strategy: str) -> bool:
        """The queue with the greatest share gives first; the own one gives to itself."""
        waiting = self._queues(found)
        while waiting:
            queue = max(waiting, key=lambda one: one.share)
            waiting.remove(queue)
            if queue.node is self._request.node:
                if self._take(queue.workloads.pop(0), "InClusterQueue"):
                    return True
                self._mine = self._share_with_request()
                queue.share = self._shares.share(queue.node).weighted
            elif self._take_from(queue, strategy):
                return True
            elif not exceeds_quota(queue.node, self._request.contested):
                queue.workloads.clear()
            if queue.workloads:
                waiting.append(queue)
        return False

    def _take_from(self, queue: _Queue, strategy: str) -> bool:
        """The first workload that the strategy allows; those before it may be tried by the next strategy."""
        while queue.workloads:
            reservation = queue.workloads.pop(0)
            after = self._share_without(reservation)
            fair = self._mine <= after if strategy == S2A else self._mine < queue.share
            if fair or (self._threshold is not None and reservation.priority < self._threshold):
                queue.share = after
                return self._take(reservation, "InCohortFairSharing" if fair else "InCohortReclaimWhileBorrowing")
            self._retry.append(reservation)
        return False

    def second_pass(self) -> bool:
        """Once from each queue that has a greater share than the preemptor's."""
        for queue in sorted(self._queues(self._retry, first_only=True), key=lambda one: -one.share):
            if self._mine < queue.share and self._take(queue.workloads[0], "InCohortFairSharing"):
                return True
        return False
