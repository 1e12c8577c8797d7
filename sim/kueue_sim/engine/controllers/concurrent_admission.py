"""Concurrent admission: one variant of a workload per flavor, of which the best that fits runs (rules 6.10).

Facts speak of the parent: its variants are recorded under its number. The parent itself waits in no queue.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from kueue_sim.engine.cluster import Cluster
from kueue_sim.engine.controllers.messages import DEACTIVATED
from kueue_sim.engine.facts import CODE
from kueue_sim.engine.queues.timers import Timers
from kueue_sim.model import ConcurrentAdmissionPolicy, Workload
from kueue_sim.policy.compiled_policy import CompiledQueue
from kueue_sim.policy.workloads.status import Status
from kueue_sim.policy.workloads.workload_info import Pending

GATE = "kueue.x-k8s.io/concurrent-admission"
REJECTED = "DeactivatedDueToAdmissionCheck"
_HELD_BY_FAMILY = frozenset(("FlavorMigration", REJECTED))
"""Reasons after which it is the family that decides who takes part."""
UNGATE_EVERY_MS = 300_000
"""Time between opening the preemption gates of two variants (R6.93)."""


@dataclass(slots=True, eq=False)
class VariantGroup:
    """A parent and its variants in order of preference. ``opened_ms`` is when a variant's gate was opened last, by key;
    ``limits`` is the parent's own status: how often it timed out and how long it ran, whichever variant it ran as
    (R6.94)."""

    parent: Workload
    rules: ConcurrentAdmissionPolicy
    variants: list[Pending] = field(default_factory=list)
    opened_ms: dict[str, int] = field(default_factory=dict)
    limits: Status = field(default_factory=Status)

    def after(self, flavor: str) -> set[str]:
        """Keys of the variants with less preferred flavors than this one."""
        names = [variant.workload.allowed_flavors[0] for variant in self.variants]
        place = names.index(flavor) if flavor in names else len(names)
        return {variant.key for variant in self.variants[place + 1 :]}

    def go_on_from(self, ended: Pending) -> None:
        """Whichever variant runs next goes on where this one ended."""
        for variant in self.variants:
            variant.done_ms, variant.restarts = ended.done_ms, ended.restarts


class ConcurrentAdmission:
    """All parents of a run."""

    def __init__(self, cluster: Cluster, timers: Timers) -> None:
        self._cluster = cluster
        self._timers = timers
        self.enabled = cluster.scenario.settings.gate("ConcurrentAdmission")
        self._by_parent: dict[str, VariantGroup] = {}
        self._by_variant: dict[str, VariantGroup] = {}

    def splits(self, workload: Workload, queue: CompiledQueue | None) -> bool:
        """Whether the workload becomes a parent in this ClusterQueue (R6.90)."""
        return (
            self.enabled
            and queue is not None
            and queue.spec.concurrent_admission is not None
            and not workload.parent
            and bool(queue.groups)
        )

    def create(self, now: int, parent: Pending, queue: CompiledQueue) -> None:
        """The parent leaves the scene and its variants come on, one per flavor. Implements R6.90."""
        cluster, rules = self._cluster, queue.spec.concurrent_admission
        assert rules is not None
        family = VariantGroup(parent.workload, rules)
        del cluster.pending[parent.key]
        for flavor, _ in queue.groups[0].flavors:
            one = parent.workload._replace(
                name=f"{parent.workload.name}-variant-{flavor}",
                uid=f"{parent.workload.uid}-{flavor}",
                parent=parent.workload.uid,
                allowed_flavors=(flavor,),
                preemption_gates=(*parent.workload.preemption_gates, GATE),
            )
            variant = cluster.register(one, parent.timestamp_ms, parent.number)
            variant.status = Status(closed_gates=set(one.preemption_gates))
            family.variants.append(variant)
            self._by_variant[variant.key] = family
        self._by_parent[parent.key] = family
        for variant in family.variants:
            cluster.manager.enqueue(now, variant)

    def variants(self, key: str) -> list[Pending]:
        """The variants of a parent, the one that runs first, then others with quota; none for other workloads."""
        family = self._by_parent.get(key)
        found = [] if family is None else family.variants
        return sorted(found, key=lambda one: (not self._runs(one), one.key not in self._cluster.cache.reservations))

    def submitted_as(self, pending: Pending) -> str:
        """Key of the workload that its user knows: the parent of a variant, otherwise the workload itself."""
        family = self._by_variant.get(pending.key)
        return pending.key if family is None else family.parent.key

    def limits(self, pending: Pending) -> Status | None:
        """What counts for the time limits of a variant: its parent's status. None for other workloads."""
        family = self._by_variant.get(pending.key)
        return None if family is None else family.limits

    # -- which variants take part -------------------------------------------------------------------------

    def admitted(self, now: int, pending: Pending) -> None:
        """A variant runs: others that could only be worse take no part any more. Implements R6.91."""
        family = self._by_variant.get(pending.key)
        if family is None:
            return
        if family.rules.mode == "RetainFirstAdmission":
            out = {variant.key for variant in family.variants} - {pending.key}
        else:
            out = family.after(pending.workload.allowed_flavors[0])
            last = family.rules.last_acceptable_flavor
            if last is not None:
                out |= family.after(last) - {pending.key}
        for variant in family.variants:
            if variant.key in out and variant.status is not None and not variant.status.inactive:
                self.leave_out(now, variant)

    def leave_out(self, now: int, variant: Pending) -> None:
        """The variant takes no part any more. What ran as it goes on as another variant; its quota is free (R6.15)."""
        family = self._by_variant[variant.key]
        assert variant.status is not None
        cluster, reservation = self._cluster, self._cluster.cache.reservations.get(variant.key)
        if reservation is None:
            cluster.manager.dequeue(variant)
        else:
            ran = reservation.admitted and not reservation.evicted
            if ran:
                cluster.end_pods(now, reservation, "Deactivated", DEACTIVATED)
                family.go_on_from(variant)
            cluster.release_quota(now, reservation)
            if ran:
                cluster.note(now, CODE["Requeued"], variant)
            cluster.manager.notify(now, variant)
        cluster.manager.unqueued[variant.key] = variant
        variant.progress = None
        cluster.scheduler.forget(variant)
        variant.status.deactivate()

    def deactivated(self, now: int, pending: Pending) -> None:
        """The parent of a variant is deactivated, and so are its other variants. Implements R6.94."""
        family = self._by_variant.get(pending.key)
        if family is None:
            return
        family.limits.deactivate()
        family.go_on_from(pending)
        for variant in family.variants:
            assert variant.status is not None
            if variant is not pending and not variant.status.inactive:
                self.leave_out(now, variant)

    def activated(self, now: int, pending: Pending) -> bool:
        """The parent of a variant is active again, and so are its other variants; False when it was active before. True
        for workloads that are no variants."""
        family = self._by_variant.get(pending.key)
        if family is None:
            return True
        if not family.limits.inactive:
            return False
        family.limits.inactive = False
        self._bring_back(now, family, pending)
        return True

    def released(self, now: int, pending: Pending) -> None:
        """A variant lost its quota; when none runs any more, all take part again. Implements R6.94."""
        family = self._by_variant.get(pending.key)
        if family is None:
            return
        assert pending.status is not None
        if pending.status.on_hold in _HELD_BY_FAMILY:
            pending.status.on_hold = ""
        family.go_on_from(pending)
        if not any(self._runs(variant) for variant in family.variants):
            self._bring_back(now, family, pending)

    def _bring_back(self, now: int, family: VariantGroup, pending: Pending) -> None:
        """All variants take part again; who asks for it sees to its own place in the queue."""
        for variant in family.variants:
            if variant.status is not None and variant.status.inactive:
                variant.status.inactive, variant.status.on_hold = False, ""
                self._cluster.manager.dequeue(variant)
                if variant is not pending:
                    self._cluster.manager.enqueue(now, variant)

    def _runs(self, variant: Pending) -> bool:
        reservation = self._cluster.cache.reservations.get(variant.key)
        return reservation is not None and reservation.admitted

    def ended(self, now: int, pending: Pending) -> None:
        """The work of one variant is done or deleted, and so are the parent and all others."""
        family = self._by_variant.get(pending.key)
        if family is None:
            return
        for variant in family.variants:
            del self._by_variant[variant.key]
            if variant is pending:
                continue
            reservation = self._cluster.cache.reservations.get(variant.key)
            if reservation is None:
                self._cluster.manager.dequeue(variant)
            else:
                self._cluster.release_quota(now, reservation)
            del self._cluster.pending[variant.key]
        del self._by_parent[family.parent.key]

    def show_states(self, states: dict[str, str]) -> dict[str, str]:
        """States by workload, parents instead of variants: a parent is what its furthest variant is."""
        if not self._by_parent:
            return states
        shown = {key: state for key, state in states.items() if key not in self._by_variant}
        for key, family in self._by_parent.items():
            found = {states.get(variant.key, "pending") for variant in family.variants}
            shown[key] = next((state for state in ("admitted", "quotaReserved") if state in found), "pending")
        return shown

    def representative(self, key: str) -> Pending | None:
        """The variant whose answer stands for a parent that waits: its most preferred one that was looked at."""
        variants = self._by_parent[key].variants if key in self._by_parent else []
        return next((variant for variant in variants if variant.message), variants[0] if variants else None)

    # -- preemption gates, one at a time ------------------------------------------------------------------

    def evaluated(self, now: int, pending: Pending) -> None:
        """A variant has to wait on; the next one in turn that needs a preemption may have it. Implements R6.93.

        The five minutes count from the last gate that is still open: admission and eviction start the turns anew.
        """
        family = self._by_variant.get(pending.key)
        if family is not None:
            self._open_next(now, family)

    def _open_next(self, now: int, family: VariantGroup) -> None:
        waiting = [variant for variant in family.variants if self._waits(variant)]
        candidate = _candidate(waiting)
        if candidate is None:
            return
        known = family.opened_ms
        opened = [known[variant.key] for variant in waiting if variant.key in known and _may_preempt(variant)]
        due_ms = max(opened) + UNGATE_EVERY_MS if opened else now
        if due_ms > now:
            self._timers.at(due_ms, family.parent.key, lambda at: self._open_next(at, family))
            return
        assert candidate.status is not None
        candidate.status.closed_gates.discard(GATE)
        family.opened_ms[candidate.key] = now
        self._cluster.manager.enqueue(now, candidate)

    def _waits(self, variant: Pending) -> bool:
        """Whether it is active and holds no quota."""
        if variant.key in self._cluster.cache.reservations or variant.key not in self._cluster.pending:
            return False
        return variant.status is not None and not variant.status.inactive


def _may_preempt(variant: Pending) -> bool:
    return variant.status is not None and GATE not in variant.status.closed_gates


def _candidate(waiting: Sequence[Pending]) -> Pending | None:
    """The most preferred waiting variant that needs a preemption and may not; None when one was not looked at."""
    for variant in waiting:
        if _may_preempt(variant):
            continue
        if variant.reason == "AdmissionGated":
            return variant
        if not variant.reason:
            return None
    return None
