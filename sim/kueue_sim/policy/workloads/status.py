"""What a workload carries from one admission to the next: the part of its status that decides later events."""

from dataclasses import dataclass, field

from kueue_sim.model import CheckState, PodSetUpdate, WaitForPodsReady
from kueue_sim.policy.workloads.backoff import backoff_ms
from kueue_sim.policy.workloads.timestamps import Condition

BACK_AT_ONCE = frozenset({"Preempted", "NodeFailures"})
"""Reasons of eviction after which a workload may be admitted again right away (R6.11)."""
BACK_AFTER_BACKOFF = frozenset({"PodsReadyTimeout", "AdmissionCheck"})
"""Reasons after which it comes back when its backoff is over, without anybody doing anything (R6.16)."""


@dataclass(slots=True)
class Check:
    """What an admission check says about a workload, since when; ``updates`` are
    what it adds to the pods while it is Ready."""

    state: CheckState = "Pending"
    since_ms: int = 0
    requeue_after_ms: int | None = None
    updates: tuple[PodSetUpdate, ...] = ()


@dataclass(slots=True)
class Status:
    """``on_hold`` is the reason why it must not be requeued yet, "" when it may (condition Requeued is False).

    ``requeue_at_ms`` ends its backoff. ``timeouts`` counts PodsReady evictions over its whole life (R6.21).
    ``past_s`` are the whole seconds it was admitted before (R6.41). ``starts`` counts its admissions, and
    ``reservations`` those of quota. ``retries`` counts the Retry answers of a check, also of one that is
    off the list for now. ``closed_gates`` are preemption gates that are not open. ``deactivation_target``
    says that whoever activates it sees it deactivated again (R6.40).
    """

    evicted: Condition | None = None
    preempted: Condition | None = None
    on_hold: str = ""
    requeue_at_ms: int | None = None
    timeouts: int = 0
    past_s: int = 0
    starts: int = 0
    reservations: int = 0
    checks: dict[str, Check] = field(default_factory=dict)
    retries: dict[str, int] = field(default_factory=dict)
    closed_gates: set[str] = field(default_factory=set)
    inactive: bool = False
    deactivation_target: bool = False

    @property
    def failed_checks(self) -> bool:
        """Whether some check says Retry or Rejected (R4.7)."""
        return any(check.state in ("Retry", "Rejected") for check in self.checks.values())

    def reserve(self) -> None:
        """Quota is reserved: what happened before is history. Implements R4.81."""
        self.evicted = self.preempted = None
        self.on_hold = ""
        self.requeue_at_ms = None
        self.reservations += 1

    def evict(self, reason: str, now: int, preempted: str = "") -> None:
        """Evicted for this reason; ``preempted`` is the reason of a preemption. Implements R6.10."""
        self.evicted = Condition(reason, now // 1000)
        if preempted:
            self.preempted = Condition(preempted, now // 1000)
        for name, check in self.checks.items():
            if check.state != "Pending":
                self.retries[name] = self.retries.get(name, 0) + 1 if check.state == "Retry" else 0
                check.state, check.since_ms, check.updates = "Pending", now, ()

    def release(self, requeue: bool) -> None:
        """The quota is free. Without ``requeue`` the workload waits for what its eviction needs (R6.11)."""
        if self.evicted is not None and not (requeue and self.evicted.reason in BACK_AT_ONCE):
            self.on_hold = self.evicted.reason

    def time_out(self, now: int, rules: WaitForPodsReady) -> None:
        """The workload's pods did not become ready in time: wait longer each time. Implements R6.21–R6.22."""
        self.timeouts += 1
        self.postpone(now + backoff_ms(self.timeouts, rules.backoff_base_ms, rules.backoff_max_ms))

    def finish_backoff(self) -> None:
        """The workload may be queued again. Implements R6.23."""
        self.on_hold = ""
        self.requeue_at_ms = None

    def postpone(self, until_ms: int) -> None:
        """The end of the backoff only moves forward; it is stored in whole seconds."""
        until_ms = until_ms // 1000 * 1000
        if self.requeue_at_ms is None or until_ms > self.requeue_at_ms:
            self.requeue_at_ms = until_ms

    def backing_off(self, now: int) -> bool:
        """Whether it must not be queued yet. Implements R3.17."""
        return bool(self.on_hold) or (self.requeue_at_ms is not None and now < self.requeue_at_ms)

    def let_go(self, reason: str) -> bool:
        """Requeue it if it was kept for this reason (R6.17); whether it was."""
        if self.on_hold != reason:
            return False
        self.on_hold = ""
        return True

    def deactivate(self) -> None:
        """No retries are counted any more. Implements R6.50."""
        self.inactive = True
        self.requeue_at_ms = None
        self.timeouts = 0
