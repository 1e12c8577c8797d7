"""Whom to evict for a workload: the search of classical preemption or of fair sharing, and the preemption oracle."""

from collections.abc import Mapping, Sequence
from functools import partial

from kueue_sim.model import S2A
from kueue_sim.policy.compiled_policy import CompiledPolicy, CompiledQueue
from kueue_sim.policy.flavors.flavor_fungibility import NO_CANDIDATES, PREEMPT_OWN, RECLAIM, FlavorMode
from kueue_sim.policy.flavors.preemption_oracle import Oracle, Standing
from kueue_sim.policy.preemption import classical, pooled
from kueue_sim.policy.preemption import fair_sharing as fair
from kueue_sim.policy.preemption import flat_fair_sharing as flat
from kueue_sim.policy.preemption.beside import NOBODY_ELSE, Everybody, Others, beside
from kueue_sim.policy.preemption.candidates import (
    ANY,
    BUFFER_MS,
    LOWER_PRIORITY,
    NEVER,
    QueueUsage,
    Request,
    bound_of_priority,
    eviction_order,
)
from kueue_sim.policy.preemption.simulated_removal import SimulatedRemoval
from kueue_sim.policy.preemption.spared import Sparing
from kueue_sim.policy.preemption.tree_candidates import ALONE, TreeCandidates
from kueue_sim.policy.quota.quota_tree import QuotaNode, borrowing_level
from kueue_sim.policy.topology.snapshot import Topologies
from kueue_sim.policy.topology.workload_topology import WorkloadTopology
from kueue_sim.policy.workloads.assignment import Assignment
from kueue_sim.policy.workloads.reservations import Reservations
from kueue_sim.policy.workloads.workload_info import Pending, Shortage, Target

NOBODY: list[Target] = []
"""The targets of whoever needs none or finds none; never added to."""


class Preemption(Oracle):
    """Finds targets under one policy. ``reservations`` is what holds quota, per ClusterQueue and workload key.

    ``local_queue_usage`` is the usage that ranks victims where admission is usage-based (R10.21), else empty; the
    scheduler sets it for each cycle.
    ``tentative`` says that the cycle has charged something by now: what is remembered of the state before is not true.
    """

    def __init__(
        self,
        compiled: CompiledPolicy,
        reservation: Mapping[str, Reservations],
        places: WorkloadTopology,
        topologies: Topologies,
        shortcuts: bool = True,
    ) -> None:
        self.local_queue_usage: QueueUsage = {}
        self.tentative = False
        self._compiled = compiled
        self._reservations = reservation
        self._trees: dict[QuotaNode, TreeCandidates] = {}
        self._places = places
        self._topologies = topologies
        self._fair = fair.rules(compiled.settings)
        self._release = compiled.settings.release
        self._shortcuts = shortcuts
        self._foresees = shortcuts and self._release.exact_shares
        self._ranks_by_usage = compiled.settings.admission_fair_sharing is not None
        self._only_the_root_gains = shortcuts and self._release.victims_free_their_own_queue
        """Whether victims beside a queue leave its level of borrowing as it is where the root is all that is above."""
        self.searched: dict[tuple[int, int], list[Target]] = {}
        """What the oracle found for one amount of one slot while the present assignment is made."""
        self._futile: set[tuple[int, int]] = set()
        """Those of them that needed no search, because too much would be missing whoever were gone."""
        self.found_again = NOBODY
        """What the last search found, where the same search finds it again once these are evicted; else nobody."""
        self._buffer_ms = BUFFER_MS if compiled.settings.old_gate("SchedulerTimestampPreemptionBuffer") else 0

    def begin(self) -> None:
        """Another assignment is about to be made: nothing is found for it yet."""
        self.searched.clear()
        self._futile.clear()

    def _tree(self, node: QuotaNode) -> TreeCandidates:
        """The candidates of a tree; workloads of inactive ClusterQueues are nobody's (R10.15)."""
        known = self._trees.get(node.root) if self._shortcuts else None
        if known is None:
            queues = [one for one in self._compiled.queues.values() if one.active and one.node.root is node.root]
            holdings = {queue.node: self._reservations[queue.name] for queue in queues}
            passes_over = any(queue.may_preempt_while_borrowing for queue in queues)
            shares = self._compiled.shares
            known = TreeCandidates(holdings, self._fair is None, passes_over, shares, self._shortcuts)
            if self._shortcuts:
                self._trees[node.root] = known
        return known

    def targets(self, queue: CompiledQueue, pending: Pending, assignment: Assignment) -> list[Target]:
        """Whom to evict so that this assignment fits; empty when nothing helps (R10.12).

        The number of pods as such is no part of what has to fit (R1.28): too few may be evicted for it.
        """
        if queue.never_preempts and self._shortcuts:
            return []
        if len(assignment.charges) == 1 and not assignment.placed:
            known = self.searched.get(assignment.charges[0])
            if known is not None and assignment.charges[0][0] not in queue.pod_slots:
                return known
        uncounted = queue.pod_slots if pending.reservation is None else ()
        amounts = tuple(
            (slot, amount) for slot, amount in sorted(assignment.usage.items()) if amount != 0 and slot not in uncounted
        )
        contested = assignment.contested(self._compiled.forest.slot_of)
        if self._futile and self._is_short_of(queue, pending, assignment, contested):
            return []
        demands = self._places.demands(queue, assignment, pending.reservation)
        if not demands:
            return self._search(queue, Request(pending, queue.node, amounts, contested, buffer_ms=self._buffer_ms))
        placeable = partial(self._places.placeable, demands, pending.reservation)
        request = Request(pending, queue.node, amounts, contested, placeable, self._topologies, self._buffer_ms)
        return self._search(queue, request)

    def is_in_vain(self, queue: CompiledQueue, slot: int, amount: int) -> bool:
        """Whether it was found without a search, while the present assignment is made, that nobody's eviction gives so
        much of a slot."""
        if queue.never_preempts and self._shortcuts:
            return True
        return slot not in queue.pod_slots and (slot, amount) in self._futile

    def _is_short_of(
        self, queue: CompiledQueue, pending: Pending, assignment: Assignment, contested: frozenset[int]
    ) -> bool:
        """Whether a slot that preemption is needed for would stay short whoever were gone.

        What else the assignment uses, and where its pods are to be, has to fit as well: that makes nobody a candidate
        who is none for the contested slots, and no search end sooner. One that is short alone may be had where others
        are short with it, since whoever uses more than its quota of those is a candidate, too. The number of pods need
        not fit (R1.28).
        """
        usage, counted = assignment.usage, contested - queue.pod_slots
        futile = [slot for slot in counted if (slot, usage[slot]) in self._futile]
        if len(contested) == 1:
            return bool(futile)
        for slot in futile:
            amount = usage[slot]
            level, below_root = borrowing_level(queue.node, slot, amount)
            standing = level, below_root, amount - queue.node.raw_available(slot)
            if self._is_futile(queue, pending, slot, amount, standing, contested):
                return True
        return False

    def _search(self, queue: CompiledQueue, request: Request) -> list[Target]:
        order = eviction_order(queue.node, self.local_queue_usage) if self.local_queue_usage else None
        policy, tree = queue.spec.preemption, self._tree(queue.node)
        if self._fair is None and not self._release.searches_the_tree:
            return pooled.find_targets(request, policy, tree)
        if self._fair is not None and not self._release.tournament:
            shares, strategies = self._compiled.shares, self._fair.strategies
            return flat.find_targets(request, policy, tree, shares, strategies, self._release.shares_alone)
        if self._fair is None:
            targets, again = classical.find_targets(request, policy, tree, order)
        else:
            shares, rules = self._compiled.shares, self._fair
            targets, again = fair.find_targets(request, policy, tree, order, shares, rules, self.tentative)
        self.found_again = targets if again else NOBODY
        return targets

    def sparing(self, queue: CompiledQueue, pending: Pending, shortage: Shortage) -> Sparing:
        """Asks why holders of what is short are not evicted, by the rules of the release."""
        pooled_search = not (self._release.searches_the_tree if self._fair is None else self._release.tournament)
        amounts = tuple((slot, amount) for slot, amount in shortage.amounts if amount)
        request = Request(pending, queue.node, amounts, shortage.short, buffer_ms=self._buffer_ms)
        policy, tree, shares = queue.spec.preemption, self._tree(queue.node), self._compiled.shares
        return Sparing(request, policy, tree, shares, self._fair, pooled_search)

    def rules_out(self, queue: CompiledQueue, pending: Pending, slot: int, amount: int, standing: Standing) -> bool:
        """Where nobody is ever evicted, or too much would be missing whoever were gone."""
        if (slot, amount) in self._futile:
            return True
        in_vain = queue.never_preempts and self._shortcuts
        if in_vain or self._is_futile(queue, pending, slot, amount, standing):
            self.searched[slot, amount] = NOBODY
            self._futile.add((slot, amount))
            return True
        return False

    def keeps_level(self, queue: CompiledQueue, pending: Pending, slot: int, amount: int, level: int) -> bool:
        """Within its quota a queue stays. One that borrows directly below the root does so as long as it exceeds its
        quota without any of its own that may go: what others give up is at the root (R5.24)."""
        node = queue.node
        if not level:
            return True
        if node.parent is not node.root or not self._only_the_root_gains:
            return False
        return node.usage[slot] + amount - self.freed_at_home(queue, pending, slot) > node.nominal[slot]

    def simulate(
        self, queue: CompiledQueue, pending: Pending, slot: int, amount: int, standing: Standing
    ) -> tuple[FlavorMode, int]:
        """The preemption oracle. Implements R10.40–R10.43."""
        if self.rules_out(queue, pending, slot, amount, standing):
            return NO_CANDIDATES, standing[0]
        amounts = ((slot, amount),) if amount else ()
        request = Request(pending, queue.node, amounts, frozenset((slot,)), buffer_ms=self._buffer_ms)
        targets = self._search(queue, request)
        self.searched[slot, amount] = targets
        if not targets:
            return NO_CANDIDATES, standing[0]
        node, level = queue.node, standing[0]
        own = any(target.reservation.queue is node for target in targets)
        if level and (own or node.parent is not node.root or not self._only_the_root_gains):
            level = self._level_without(node, targets, slot, amount)
        return (PREEMPT_OWN if own else RECLAIM), level

    def _level_without(self, node: QuotaNode, targets: Sequence[Target], slot: int, amount: int) -> int:
        """The level of borrowing once the victims are gone (R5.24); before 0.13.5 as if all were of ``node`` (V11)."""
        if self._release.victims_free_their_own_queue:
            with SimulatedRemoval() as removal:
                for target in targets:
                    removal.remove(target.reservation)
                return borrowing_level(node, slot, amount)[0]
        freed = [pair for target in targets for pair in target.reservation.usage]
        for used, freed_amount in freed:
            node.remove(used, freed_amount)
        level, _ = borrowing_level(node, slot, amount)
        for used, freed_amount in reversed(freed):
            node.add(used, freed_amount)
        return level

    def _is_futile(
        self,
        queue: CompiledQueue,
        pending: Pending,
        slot: int,
        amount: int,
        standing: Standing,
        contested: frozenset[int] = ALONE,
    ) -> bool:
        """Whether too much would be missing even if everybody were gone who may be: a search that need not be made.
        ``contested``: all slots that are short, empty where this one is alone.

        Removing a workload frees at most what it uses. Which candidates of other queues may be taken at all follows
        from usage and quota on the path to the root (R10.24, R11.42); what those of a queue could free, from that
        queue alone. So the verdict depends on usage on the path, and on the candidates of the tree as sums.
        """
        if not self._foresees or self.tentative:
            return False
        _, below_root, missing = standing
        own = self.freed_at_home(queue, pending, slot)
        if missing <= own:
            return False
        others = self.others(queue, pending, slot, amount, below_root, own, contested)
        return others is not None and missing - own > others.freed(missing - own)

    def freed_at_home(self, queue: CompiledQueue, pending: Pending, slot: int) -> int:
        """How much of a slot evictions in its own queue can free for a workload, whatever it asks for."""
        rule = queue.spec.preemption.within_cluster_queue
        if rule is NEVER:
            return 0
        return self._reservations[queue.name].used_below(slot, bound_of_priority(rule, pending))

    def others(
        self,
        queue: CompiledQueue,
        pending: Pending,
        slot: int,
        amount: int,
        below_root: bool,
        own: int,
        contested: frozenset[int] = ALONE,
    ) -> Others | None:
        """Who else may be evicted for so much of a slot. ``below_root``: whether a subtree below the root could hold
        it; ``own``: how much evictions at home can free; ``contested`` as ever. None where that is not known.

        It stays so while nobody comes, goes or moves in the own queue, and while the Cohorts between it and the root
        use as much of the slot as they do.
        """
        rules, node, fair = queue.spec.preemption, queue.node, self._fair
        if rules.reclaim_within_cohort is NEVER or node.parent is None:
            return NOBODY_ELSE
        if not self._foresees:
            return None
        if fair is None and not below_root and classical.keeps_to_its_queue(rules, node, slot, amount, own):
            return NOBODY_ELSE
        if self._ranks_by_usage:
            return None
        below = bound_of_priority(rules.reclaim_within_cohort, pending)
        within = node.usage[slot] + amount <= node.nominal[slot]
        if fair is None or (fair.prefer_within_nominal and within):
            return Everybody(self._tree(node), node, slot, below, contested)
        foretold = not own and self._foretells(queue)
        elsewhere = self._stays_elsewhere(queue, pending, slot) if len(node.slots) > 1 else 0
        return beside(self._tree(node), node, slot, amount, own, below, contested, foretold, elsewhere)

    def _stays_elsewhere(self, queue: CompiledQueue, pending: Pending, slot: int) -> int:
        """How much a queue uses above its quota of other slots than this one, at least, whoever of its own is evicted;
        0 where they are of several resources."""
        node = queue.node
        if not self._compiled.shares.is_of_one_resource(node):
            return 0
        usage, quota = node.usage, node.subtree_quota
        over = [(other, usage[other] - quota[other]) for other in node.slots if other != slot]
        return sum([max(0, more - self.freed_at_home(queue, pending, other)) for other, more in over if more > 0])

    def _foretells(self, queue: CompiledQueue) -> bool:
        """Whether it is known who goes from the queues beside this one while its share stays what it is: that follows
        from one slot, priority alone says who is a candidate, and final shares are compared first."""
        by_priority = queue.spec.preemption.reclaim_within_cohort in (ANY, LOWER_PRIORITY)
        return by_priority and self._fair is not None and self._fair.strategies[0] == S2A and len(queue.node.slots) == 1
