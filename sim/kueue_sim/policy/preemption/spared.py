"""Why a workload that lacks quota evicts nobody: each holder of what is short, and the rule that spares it (R10, R11).

The same conditions as in the search for victims, asked one by one and told instead of acted upon, on the state before
the first eviction.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from kueue_sim.model import S2A, PreemptionPolicy
from kueue_sim.model import Preemption as Rules
from kueue_sim.policy.preemption import fair_sharing as fair
from kueue_sim.policy.preemption.borrow_within_cohort import yields_to_borrower
from kueue_sim.policy.preemption.candidates import Request, exceeds_quota, may_evict
from kueue_sim.policy.preemption.simulated_removal import SimulatedRemoval
from kueue_sim.policy.preemption.tree_candidates import TreeCandidates
from kueue_sim.policy.quota.dominant_resource_share import ShareCalculator
from kueue_sim.policy.quota.quota_tree import QuotaNode
from kueue_sim.policy.workloads.workload_info import Reservation

Rule = Literal[
    "ending", "never", "within quota", "priority", "age", "borrowing", "outranks", "threshold", "share", "few"
]


@dataclass(frozen=True, slots=True)
class Spared:
    """A holder of what is short, and the first condition that spares it.

    ``setting`` is the field of the ClusterQueue's preemption rules that was asked, with its value. ``figures`` depend
    on ``rule``: *priority*, *age*, *outranks* the two priorities (own first), *threshold* the victim's and
    ``maxPriorityThreshold``; *within quota* what its ``branch`` uses and its quota, of ``slot``; *borrowing* what the
    own queue would use of ``slot`` and its nominal quota; *share* the share of the own branch ``own_branch`` with the
    request, that of ``branch`` now, and without the holder. *few*: it might go, but too little would be free then.
    """

    reservation: Reservation
    rule: Rule
    setting: tuple[str, str] = ("", "")
    figures: tuple[float, ...] = ()
    slot: int = -1
    branch: str = ""
    own_branch: str = ""


class Sparing:
    """Asks for each holder of what is short why it is no victim of one request. ``rules`` is None for classical
    preemption. ``pooled``: the release knows no tree of Cohorts in its search, so that every queue below the root is
    judged by its own quota and its own share alone (V15, V19)."""

    def __init__(
        self,
        request: Request,
        policy: Rules,
        tree: TreeCandidates,
        shares: ShareCalculator,
        rules: fair.Rules | None,
        pooled: bool = False,
    ) -> None:
        self._pooled = pooled
        self._request = request
        self._policy = policy
        self._tree = tree
        self._shares = shares
        self._rules = rules
        self._borrows = None if rules is not None else self._must_borrow()

    def told(self) -> list[Spared]:
        """Every holder of what is short, queue by queue in order of eviction, the own queue first."""
        own = self._request.node
        queues = sorted(self._tree.reservations, key=lambda queue: (queue is not own, queue.name))
        return [self._of(reservation) for queue in queues for reservation in self._holders(queue)]

    def missing_without(self, reservations: Sequence[Reservation]) -> dict[int, int]:
        """What is still short once these were gone, by slot."""
        node = self._request.node
        with SimulatedRemoval() as removal:
            for reservation in reservations:
                removal.remove(reservation)
            left = {slot: amount - node.raw_available(slot) for slot, amount in self._request.amounts}
        return {slot: amount for slot, amount in left.items() if amount > 0}

    def _holders(self, queue: QuotaNode) -> Iterator[Reservation]:
        order = self._tree.reservations[queue].order()
        for entries in (order.evicted, order.standing):
            for *_, reservation in entries:
                if any(slot in self._request.contested and amount > 0 for slot, amount in reservation.usage):
                    yield reservation

    def _of(self, reservation: Reservation) -> Spared:
        request, queue = self._request, reservation.queue
        own = queue is request.node
        name = "withinClusterQueue" if own else "reclaimWithinCohort"
        rule = self._policy.within_cluster_queue if own else self._policy.reclaim_within_cohort
        setting = (name, rule.value or "Never")
        if reservation.evicted:
            return Spared(reservation, "ending")
        if rule in (PreemptionPolicy.NEVER, PreemptionPolicy.UNSET):
            return Spared(reservation, "never", (name, "Never"))
        if not own and (kept := self._within_quota(queue)) is not None:
            slot = next(slot for slot in sorted(request.contested))
            return Spared(
                reservation, "within quota", setting, (kept.usage[slot], kept.subtree_quota[slot]), slot, kept.name
            )
        if not may_evict(rule, request, reservation):
            return self._by_rank(reservation, setting)
        if own:
            return Spared(reservation, "few", setting)
        spared = self._beside_quota(reservation) if self._rules is None else self._by_share(reservation, self._rules)
        return spared or Spared(reservation, "few", setting)

    def _by_rank(self, reservation: Reservation, setting: tuple[str, str]) -> Spared:
        mine, theirs = self._request.pending.priority, reservation.priority
        return Spared(reservation, "age" if mine == theirs else "priority", setting, (mine, theirs))

    def _path(self, queue: QuotaNode) -> Iterator[QuotaNode]:
        """A queue and the Cohorts above it, up to where the preemptor's branch meets them."""
        node: QuotaNode | None = queue
        above = {self._request.node, *self._ancestors()}
        while node is not None and node not in above:
            yield node
            node = None if self._pooled else node.parent

    def _branch(self, queue: QuotaNode) -> QuotaNode:
        """The last of them: the child of the lowest common ancestor."""
        return list(self._path(queue))[-1]

    def _ancestors(self) -> Iterator[QuotaNode]:
        node = self._request.node.parent
        while node is not None:
            yield node
            node = node.parent

    def _within_quota(self, queue: QuotaNode) -> QuotaNode | None:
        """The lowest part of its branch that uses no more than its quota of what is short (R10.18, R11.31)."""
        return next((node for node in self._path(queue) if not exceeds_quota(node, self._request.contested)), None)

    # -- classical preemption -----------------------------------------------------------------------------

    def _must_borrow(self) -> tuple[int, int, int] | None:
        """Slot, use and nominal quota where the own queue would exceed the latter, whoever of its own went (R10.29)."""
        request, rule = self._request, self._policy.within_cluster_queue
        mine = [one for one in self._tree.reservations[request.node].by_key.values() if may_evict(rule, request, one)]
        for slot, amount in request.amounts:
            freed = sum(used for one in mine for other, used in one.usage if other == slot)
            use = request.node.usage[slot] - freed + amount
            if use > request.node.nominal[slot]:
                return slot, use, request.node.nominal[slot]
        return None

    def _beside_quota(self, reservation: Reservation) -> Spared | None:
        """Whether it is spared because the request has to borrow (R10.20, R10.24), None when not."""
        if self._borrows is None or self._is_entitled(reservation.queue):
            return None
        policy, pending = self._policy, self._request.pending
        slot, use, nominal = self._borrows
        setting = ("borrowWithinCohort", policy.borrow_within_cohort.value or "Never")
        if policy.borrow_within_cohort in (PreemptionPolicy.NEVER, PreemptionPolicy.UNSET):
            return Spared(reservation, "borrowing", (setting[0], "Never"), (use, nominal), slot)
        if yields_to_borrower(policy, pending, reservation):
            return None
        if reservation.priority >= pending.priority:
            return Spared(reservation, "outranks", setting, (pending.priority, reservation.priority), slot)
        threshold = policy.max_priority_threshold
        assert threshold is not None
        return Spared(reservation, "threshold", setting, (reservation.priority, threshold), slot)

    def _is_entitled(self, queue: QuotaNode) -> bool:
        """Whether a Cohort of the own branch has room in its own quota, so that others have to go (R10.19)."""
        rest = dict(self._request.amounts)
        meeting = self._request.node.parent if self._pooled else self._branch(queue).parent
        node: QuotaNode | None = self._request.node
        while node is not None and node is not meeting:
            if all(node.usage[slot] + amount <= node.subtree_quota[slot] for slot, amount in rest.items()):
                return True
            for slot, amount in rest.items():
                rest[slot] = max(0, amount - max(0, node.local_quota[slot] - node.usage[slot]))
            node = node.parent
        return False

    # -- fair sharing -------------------------------------------------------------------------------------

    def _by_share(self, reservation: Reservation, rules: fair.Rules) -> Spared | None:
        """Whether its share protects it under every strategy (R11.40–R11.47), None when not."""
        request, shares = self._request, self._shares
        target = self._branch(reservation.queue)
        own = request.node
        while not self._pooled and own.parent is not target.parent:
            assert own.parent is not None
            own = own.parent
        with SimulatedRemoval() as charge:
            charge.charge(request.node, request.amounts)
            if fair.entitled(request, rules):
                return None
            mine, theirs = shares.share(own), shares.share(target)
            without = shares.share_without(target, reservation.queue, reservation.usage)
        for strategy in rules.strategies:
            passes = mine.rank <= without.rank if strategy == S2A else mine.rank < theirs.rank
            if passes:
                return None
        if not rules.shares_only and yields_to_borrower(self._policy, request.pending, reservation):
            return None
        figures = (mine.weighted, theirs.weighted, without.weighted)
        return Spared(
            reservation, "share", ("fairSharing", ", ".join(rules.strategies)), figures, -1, target.name, own.name
        )
