"""The entries of a cycle and their classical order; under fair sharing the ``tournament`` orders them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from kueue_sim.policy.compiled_policy import CompiledPolicy, CompiledQueue
from kueue_sim.policy.flavors.compiled_request import CompiledRequest
from kueue_sim.policy.standing_verdict import Standing
from kueue_sim.policy.workloads.assignment import Assignment
from kueue_sim.policy.workloads.reasons import EntryStatus, PendingReason, RequeueReason
from kueue_sim.policy.workloads.workload_info import FIT, NO_FIT, PREEMPT, Pending, Reservation, Target


@dataclass(slots=True, eq=False)
class Entry:
    """A head with its nomination. ``uid`` breaks ties (R4.21); ``is_variant``: several of one workload stand in for it
    (R6.90). ``reservation`` is set when it already holds quota (second pass).

    ``settled``: evaluated again in the same state, that is at the same ``version`` of its realm, it would get the
    same answer; ``version`` is −1 when the assignment is not that of a first look any more. ``lasting``: it would get
    the same answer as well after its targets were evicted and nothing else happened. ``first`` is the answer of the
    first look while another one stands, found in the course of the cycle; ``recomputed`` is that one, after what it
    depends on. ``refused``: it is settled, was hopeless when it was nominated, and has the reasons for that already.
    ``text`` overrides the message of its assignment. ``replaced`` is the slice it takes the place of (R5.60),
    ``migrates`` the less favorable variant that must go before it can be admitted (R6.92). ``request`` is what it asks
    for as long as flavors and targets are all there is to find for it. ``standing`` is what decides of it as long as
    nothing happens in its own queue, None where that is not known.
    """

    pending: Pending
    queue: CompiledQueue
    uid: str
    is_variant: bool
    assignment: Assignment
    targets: list[Target] = field(default_factory=list)
    reservation: Reservation | None = None
    status: EntryStatus = "NotNominated"
    requeue_reason: RequeueReason = "Generic"
    pending_reason: PendingReason = ""
    text: str | None = None
    settled: bool = False
    version: int = -1
    lasting: bool = False
    first: tuple[Assignment, list[Target]] | None = None
    recomputed: tuple[object, Assignment, list[Target]] | None = None
    refused: bool = False
    replaced: Reservation | None = None
    migrates: Reservation | None = None
    request: CompiledRequest | None = None
    standing: Standing | None = None

    def renew(self) -> None:
        """The head comes up again: nothing has been decided of it."""
        self.status, self.requeue_reason, self.pending_reason = "NotNominated", "Generic", ""
        self.text = self.migrates = None
        if self.first is not None:
            self.assignment, self.targets = self.first
            self.first = None

    def stand(self, assignment: Assignment) -> None:
        """The head comes up again, and fits or is refused with this assignment, unlike the last time."""
        if self.first is not None:
            self.targets, self.first = self.first[1], None
        self.assignment, self.refused = assignment, assignment.mode != FIT
        self.status, self.text, self.migrates = "NotNominated", None, None
        if self.refused:
            self.refuse()
        else:
            self.requeue_reason, self.pending_reason = "Generic", ""

    def only_evicted(self, version: int) -> bool:
        """Whether nothing happened in its realm but that its targets were evicted, each of them a step of the version;
        then they are found again."""
        if version - self.version != len(self.targets):
            return False
        return all(target.reservation.evicted for target in self.targets)

    @property
    def victims(self) -> list[Target]:
        """Whom to preempt: all targets but the slice it replaces, which is not evicted (R4.60)."""
        return [target for target in self.targets if target.reservation is not self.replaced]

    def is_hopeless(self) -> bool:
        """Whether it can be neither admitted nor evict anybody, whatever happens before it in the cycle."""
        mode = self.assignment.mode
        if mode > PREEMPT or self.targets or self.reservation is not None or self.is_variant:
            return False
        return mode == NO_FIT or not self.assignment.topology_usage

    def refuse(self) -> None:
        """No flavor, or nobody to evict for it (R4.34, R4.35)."""
        if self.assignment.mode == NO_FIT:
            self.requeue_reason, self.pending_reason = "NoFit", self.assignment.no_fit_reason
        else:
            self.requeue_reason, self.pending_reason = "PreemptionNoCandidates", "WaitingForQuota"

    @property
    def message(self) -> str:
        """Why it waits, in Kueue's words; worked out only when somebody wants to know."""
        return self.assignment.message() if self.text is None else self.text

    @property
    def usage(self) -> tuple[tuple[int, int], ...]:
        """What it would charge; nothing when it holds quota already (R4.16)."""
        return () if self.reservation is not None else self.assignment.charges


def classical_order(compiled: CompiledPolicy) -> Callable[[Iterable[Entry]], list[Entry]]:
    """Implements R4.21. Ties that Kueue leaves open are broken by uid, then key."""
    by_priority = compiled.settings.gate("PrioritySortingWithinCohort")
    preemptors_first = compiled.settings.gate("PrioritizePreemptorWorkloads")

    by_share = compiled.settings.fair_sharing is not None

    def key(entry: Entry) -> tuple[object, ...]:
        pending = entry.pending
        turn = 0 if entry.reservation is not None else 2
        if preemptors_first and not pending.is_preemptor:
            turn += 1
        priority = -pending.priority if by_priority else 0
        return turn, entry.assignment.borrowing, priority, pending.timestamp_ms, entry.uid, pending.key

    def key_with_share(entry: Entry) -> tuple[object, ...]:
        turn, borrowing, *rank = key(entry)
        return turn, borrowing, _share_with(entry, compiled), *rank

    return partial(sorted, key=key_with_share if by_share else key)


def _share_with(entry: Entry, compiled: CompiledPolicy) -> float:
    """The share of the entry's queue once it is admitted: before the tournament, the order of fair sharing (V19)."""
    node = entry.queue.node
    return compiled.shares.share_with(node, node, entry.usage).weighted
