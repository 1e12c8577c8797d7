"""One scheduling cycle: nominate the heads, order them, process them one by one (file 04)."""

from collections.abc import Mapping, Sequence

from sim.model import PreemptionPolicy
from sim.policy import classical, fair
from sim.policy.candidates import Request, eviction_order
from sim.policy.compiled import Queue, World
from sim.policy.entities import (
    DEFERRED_FIT,
    FIT,
    NO_FIT,
    PREEMPT,
    Held,
    Nomination,
    Pending,
    ScanProgress,
    Target,
)
from sim.policy.flavors import NO_CANDIDATES, PREEMPT_OWN, RECLAIM, Assignment, FlavorAssigner
from sim.policy.matching import selects
from sim.policy.order import Entry, classical_order, tournament
from sim.policy.plans import plan_of, quick_fit, quick_reject
from sim.policy.quota_tree import QuotaNode, borrowing_level
from sim.policy.removal import Removal


class Scheduler:
    """Decides cycles for one world. ``held`` is what holds quota, per ClusterQueue and workload key."""

    def __init__(self, world: World, held: dict[str, dict[str, Held]]) -> None:
        self.world = world
        self.held = held
        self.cycle = 0
        self.local_queue_usage: Mapping[str, Mapping[str, float]] = {}
        self._assigner = FlavorAssigner(world, self)
        self._fair = world.settings.fair_sharing
        self._selected: dict[tuple[str, str], bool] = {}

    def decide(self, heads: Sequence[Pending]) -> list[Entry]:
        """Evaluate the heads and say what becomes of each. The world's usage is unchanged afterwards."""
        self.cycle += 1
        if len(heads) == 1:
            return [self._decide_alone(heads[0])]
        entries: list[Entry] = []
        rejected: list[Entry] = []
        for pending in heads:
            entry = self._nominate(pending)
            (rejected if entry.status == "Inadmissible" else entries).append(entry)
        charged: list[tuple[QuotaNode, int, int]] = []
        victims: dict[str, Held] = {}
        ordered = classical_order(entries, self.world) if self._fair is None else tournament(entries, self.world)
        for entry in ordered:
            self._process(entry, charged, victims)
        for node, slot, amount in reversed(charged):
            node.remove(slot, amount)
        return entries + rejected

    def admit_at_once(self, pending: Pending) -> Assignment | None:
        """A cycle of one head, where its compiled request answers it: the assignment it is admitted with.

        None: it may not be admitted, or not so easily; the cycle has not taken place and must be decided in full.
        """
        if pending.progress is not None:
            return None
        queue = self.world.queues[pending.queue]
        plan = queue.plans.get(pending.shape)
        if plan is None or not queue.active or not self._selects(queue, pending.workload.namespace):
            return None
        assignment = quick_fit(queue, plan)
        if assignment is not None:
            self.cycle += 1
        return assignment

    def _decide_alone(self, pending: Pending) -> Entry:
        """A cycle of one head: nothing to order, and nobody after it to see what it charges."""
        entry = self._nominate(pending)
        if entry.status != "Inadmissible":
            charged: list[tuple[QuotaNode, int, int]] = []
            self._process(entry, charged, {})
            for node, slot, amount in reversed(charged):
                node.remove(slot, amount)
        return entry

    def _nominate(self, pending: Pending) -> Entry:
        """Implements R4.6–R4.10. At the same version of its realm a workload gets the same answer again."""
        queue = self.world.queues[pending.queue]
        progress = pending.progress
        if progress is None and pending.nomination is not None:
            known = pending.nomination
            if known.version == queue.realm.version:
                return Entry(pending, queue, known.assignment, known.targets, settled=True)
        problem = self._inadmissible(pending, queue)
        if problem is not None:
            entry = Entry(pending, queue, _nothing(), status="Inadmissible", settled=True)
            entry.requeue_reason, entry.pending_reason, entry.text = problem
            return entry
        if progress is not None and self._is_outdated(progress, queue):
            pending.progress = progress = None
        entry = Entry(pending, queue, _nothing())
        self._assign(entry, None)
        if progress is None and pending.progress is None:
            entry.settled = True
            pending.nomination = Nomination(queue.realm.version, entry.assignment, entry.targets)
        return entry

    def _inadmissible(self, pending: Pending, queue: Queue) -> tuple[str, str, str] | None:
        if not queue.active:
            return "Generic", "Misconfigured", f"ClusterQueue {queue.spec.name} is inactive"
        if not self._selects(queue, pending.workload.namespace):
            message = "workload namespace doesn't match ClusterQueue selector"
            return "NamespaceMismatch", "Misconfigured", message
        return None

    def _selects(self, queue: Queue, namespace: str) -> bool:
        """Whether the queue admits from this namespace (R4.9)."""
        known = self._selected.get((queue.name, namespace))
        if known is None:
            space = self.world.namespaces.get(namespace)
            labels = dict(space.labels) if space is not None else {}
            labels.setdefault("kubernetes.io/metadata.name", namespace)
            known = self._selected[queue.name, namespace] = selects(queue.spec.namespace_selector, labels)
        return known

    def _is_outdated(self, progress: ScanProgress, queue: Queue) -> bool:
        """Implements R5.42."""
        if self.world.settings.gate("FlavorFungibilityPreserveScanProgress") and self.cycle - progress.cycle <= 1:
            return False
        return queue.generation > progress.generation

    def _assign(self, entry: Entry, pinned: Sequence[Mapping[str, str]] | None) -> None:
        """Full assignment, then targets, then fewer pods. Implements R4.13."""
        pending = entry.pending
        if pinned is None and pending.progress is None and self._assign_by_plan(entry):
            return
        full = self._counts(pending)
        assignment = self._assigner.assign(entry.queue, pending, full, self.cycle, pinned)
        entry.assignment, entry.targets = assignment, []
        if assignment.mode == PREEMPT:
            entry.targets = self.targets(entry.queue, pending, assignment)
        if assignment.mode != FIT and not entry.targets and self.world.settings.gate("PartialAdmission"):
            self._reduce(entry, pinned)
        progress = entry.assignment.progress
        pending.progress = progress if progress.pending_flavors else None

    def _assign_by_plan(self, entry: Entry) -> bool:
        """Answer from the compiled request where that suffices; False when the general way must be gone."""
        pending, queue = entry.pending, entry.queue
        if pending.shape in queue.plans:
            plan = queue.plans[pending.shape]
        else:
            plan = queue.plans[pending.shape] = plan_of(queue, pending, self._assigner)
        if plan is None:
            return False
        assignment = quick_fit(queue, plan)
        if assignment is None:
            assignment = quick_reject(queue, plan, self._assigner, pending, self.cycle)
            if assignment is None:
                return False
        elif assignment.progress.pending_flavors:
            pending.progress = ScanProgress(assignment.progress.tried, queue.generation, self.cycle)
        entry.assignment, entry.targets = assignment, []
        return True

    def _counts(self, pending: Pending) -> list[int]:
        reclaimable = pending.workload.reclaimable
        if not self.world.settings.gate("ReclaimablePods"):
            return [pod_set.count for pod_set in pending.pod_sets]
        return [ps.count - min(reclaimable.get(ps.name, 0), ps.count) for ps in pending.pod_sets]

    def _reduce(self, entry: Entry, pinned: Sequence[Mapping[str, str]] | None) -> None:
        """Search the largest number of pods that can be had. Implements R5.50–R5.55."""
        pending = entry.pending
        spare = [ps.count - (ps.count if ps.min_count is None else ps.min_count) for ps in pending.pod_sets]
        most = sum(spare)
        if most <= 0:
            return
        low, high = 0, most + 1
        best: tuple[int, Assignment, list[Target]] | None = None
        while low < high:
            step = (low + high) // 2
            counts = [ps.count - extra * step // most for ps, extra in zip(pending.pod_sets, spare, strict=True)]
            assignment = self._assigner.assign(entry.queue, pending, counts, self.cycle, pinned)
            targets = self.targets(entry.queue, pending, assignment) if assignment.mode == PREEMPT else []
            if assignment.mode == FIT or targets:
                best = (step, assignment, targets)
                high = step
            else:
                low = step + 1
        if best is not None and best[0] == low:
            entry.assignment, entry.targets = best[1], best[2]

    def targets(self, queue: Queue, pending: Pending, assignment: Assignment) -> list[Target]:
        """Whom to evict so that this assignment fits; empty when nothing helps (R10.12)."""
        amounts = tuple((slot, amount) for slot, amount in sorted(assignment.usage.items()) if amount != 0)
        contested = assignment.contested(self.world.forest.slot_of)
        return self._search(queue, Request(pending, queue.node, amounts, contested))

    def _search(self, queue: Queue, request: Request) -> list[Target]:
        order = eviction_order(queue.node, self.local_queue_usage)
        policy = queue.spec.preemption
        if self._fair is None:
            return classical.find_targets(request, policy, self.held, order)
        within = self.world.settings.gate("FairSharingPreemptWithinNominal")
        return fair.find_targets(request, policy, self.held, order, self.world.shares, self._fair, within)

    def simulate(self, queue: Queue, pending: Pending, slot: int, amount: int) -> tuple[int, int]:
        """The preemption oracle. Implements R10.40–R10.43."""
        amounts = ((slot, amount),) if amount else ()
        targets = self._search(queue, Request(pending, queue.node, amounts, frozenset((slot,))))
        if not targets:
            return NO_CANDIDATES, borrowing_level(queue.node, slot, amount)[0]
        with Removal() as removal:
            for target in targets:
                removal.remove(target.held)
            level, _ = borrowing_level(queue.node, slot, amount)
        own = any(target.held.queue is queue.node for target in targets)
        return (PREEMPT_OWN if own else RECLAIM), level

    def _process(self, entry: Entry, charged: list[tuple[QuotaNode, int, int]], victims: dict[str, Held]) -> None:
        """Implements R4.31–R4.43 and R12.7."""
        if not entry.targets and not victims and self._process_plainly(entry, charged):
            return
        own = {target.held.key: target.held for target in entry.targets}
        if own.keys() & victims.keys() and self.world.settings.gate("RecomputeAssignmentUponPreemptionTargetsOverlap"):
            self._recompute(entry, victims)
            own = {target.held.key: target.held for target in entry.targets}
        fits = self._fits(entry, victims | own)
        mode = entry.assignment.mode
        node = entry.queue.node
        if mode == NO_FIT:
            entry.requeue_reason, entry.pending_reason = "NoFit", entry.assignment.no_fit_reason
        elif mode == PREEMPT and not entry.targets:
            entry.requeue_reason, entry.pending_reason = "PreemptionNoCandidates", "WaitingForQuota"
            self._reserve(entry, charged)
        elif mode == DEFERRED_FIT:
            entry.requeue_reason, entry.pending_reason = "PendingPreemption", "WaitingForPreemptedWorkloads"
            entry.text = (
                "Workload has overlapping preemption targets with another workload, "
                "but will fit after these preemptions complete"
            )
            entry.pending.progress = None
            _charge(node, entry.usage, charged)
        elif own.keys() & victims.keys():
            self._skip(entry, "Workload has overlapping preemption targets with another workload")
        elif not fits:
            self._skip(entry, "Workload no longer fits after processing another workload")
        else:
            victims.update(own)
            _charge(node, entry.usage, charged)
            if mode == PREEMPT:
                entry.status, entry.requeue_reason = "Preempting", "PendingPreemption"
                entry.pending_reason = "WaitingForPreemptedWorkloads"
                entry.text = f"{entry.message}. Pending the preemption of {len(entry.targets)} workload(s)"
                entry.pending.progress = None
            else:
                entry.status = "Admitted"

    def _process_plainly(self, entry: Entry, charged: list[tuple[QuotaNode, int, int]]) -> bool:
        """The outcomes that involve no eviction, neither its own nor one before it in the cycle. False: another."""
        assignment = entry.assignment
        node = entry.queue.node
        if assignment.mode == FIT:
            usage = entry.usage
            for slot, amount in usage:
                if amount > node.available(slot):
                    self._skip(entry, "Workload no longer fits after processing another workload")
                    return True
            _charge(node, usage, charged)
            entry.status = "Admitted"
        elif assignment.mode == NO_FIT:
            entry.requeue_reason, entry.pending_reason = "NoFit", assignment.no_fit_reason
        elif assignment.mode == PREEMPT:
            entry.requeue_reason, entry.pending_reason = "PreemptionNoCandidates", "WaitingForQuota"
            self._reserve(entry, charged)
        else:
            return False
        return True

    def _skip(self, entry: Entry, message: str) -> None:
        """Implements R4.45 and R12.9."""
        entry.status, entry.requeue_reason = "Skipped", "FailedAfterNomination"
        entry.pending_reason, entry.text = "WaitingForQuota", message
        if not self.world.settings.gate("FlavorFungibilityPreserveScanProgress"):
            entry.pending.progress = None

    def _fits(self, entry: Entry, without: Mapping[str, Held]) -> bool:
        """Whether it still fits once these workloads are gone. Implements R4.31."""
        with Removal() as removal:
            for key in sorted(without):
                removal.remove(without[key])
            node = entry.queue.node
            return all(amount <= node.available(slot) for slot, amount in entry.usage)

    def _recompute(self, entry: Entry, victims: Mapping[str, Held]) -> None:
        """Nominate anew as if this cycle's victims were gone. Implements R4.32a and R12.5."""
        pinned = [
            {resource: choice.flavor for resource, choice in result.flavors.items()}
            for result in entry.assignment.pod_sets
        ]
        entry.pending.progress = None
        with Removal() as removal:
            for key in sorted(victims):
                held = victims[key]
                removal.remove(held)
                del self.held[held.queue.name][key]
            self._assign(entry, pinned)
        for held in victims.values():
            self.held[held.queue.name][held.key] = held
        if entry.assignment.mode == FIT:
            entry.assignment.mode = DEFERRED_FIT

    def _reserve(self, entry: Entry, charged: list[tuple[QuotaNode, int, int]]) -> None:
        """Keep capacity from later entries of this cycle. Implements R4.50–R4.53."""
        queue = entry.queue
        if queue.spec.preemption.reclaim_within_cohort is PreemptionPolicy.ANY:
            return
        node = queue.node
        amounts = []
        for slot, wanted in entry.usage:
            free = node.nominal[slot] - node.usage[slot]
            limit = node.borrowing_limit[slot]
            if entry.assignment.borrowing == 0:
                wanted = max(0, min(wanted, free))
            elif limit is not None:
                wanted = min(wanted, free + limit)
            amounts.append((slot, wanted))
        _charge(node, amounts, charged)


def _nothing() -> Assignment:
    return Assignment([], {}, 0, ScanProgress((), 0, 0))


def _charge(node: QuotaNode, amounts: Sequence[tuple[int, int]], charged: list[tuple[QuotaNode, int, int]]) -> None:
    for slot, amount in amounts:
        node.add(slot, amount)
        charged.append((node, slot, amount))
