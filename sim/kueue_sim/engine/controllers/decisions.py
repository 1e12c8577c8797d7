"""What becomes of the entries of a scheduling cycle: admissions, evictions, second passes, and another wait."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from kueue_sim.engine.cluster import Cluster
from kueue_sim.engine.controllers import messages
from kueue_sim.engine.controllers.reclaimable_pods import transplanted, usage_of
from kueue_sim.engine.controllers.workload_controller import WorkloadController
from kueue_sim.engine.facts import CODE
from kueue_sim.engine.queues.second_pass_queue import resettle
from kueue_sim.policy.compiled_policy import CompiledQueue, Partition
from kueue_sim.policy.entry_order import Entry
from kueue_sim.policy.workloads.assignment import Assignment
from kueue_sim.policy.workloads.second_pass import eviction_message
from kueue_sim.policy.workloads.workload_info import Pending, Reservation

_REASSIGNED = CODE["Reassigned"]
_EVICTING = frozenset(("Preempting", "Migrating"))


class Decisions:
    """Puts the decisions of cycles into effect. ``blocked`` are those of the present cycle that wait (R4.70).

    ``refuses_writes``: the API server takes no reservations (R4.82).
    """

    def __init__(self, cluster: Cluster, life: WorkloadController) -> None:
        self.blocked: list[Entry] = []
        self.refuses_writes = False
        self.admitted_elastic: Callable[[int, str], None] = lambda now, key: None
        """Told when elastic training is admitted."""
        self.tell = cluster.tell
        """Told when a workload waits for another reason than before, or the reason has another message."""
        self._cluster = cluster
        self._life = life
        self._to_requeue: list[Entry] = []
        settings = cluster.scenario.settings
        self._release = settings.release
        self._says_why = cluster.says_why
        """Whether the release gives reasons."""
        self._elastic = cluster.scenario.elastic
        self._variants = life.families.enabled
        """Whether any workload may be a variant of another one."""
        self._keeps_progress = settings.gate("FlavorFungibilityPreserveScanProgress")

    def at_once(self, now: int, entries: Sequence[Entry]) -> tuple[bool, bool, dict[Partition, None]]:
        """Carry out a cycle's decisions in the order they were taken: nobody is admitted into a victim's quota before
        its eviction is told (R12.4).

        Whether a workload changed its state or is not active any more, whether others may get another answer without
        that, and the partitions of either. Most heads of a full cohort were refused when they were nominated: these
        wait on without further ado.
        """
        tell, queues, says_why = self.tell, self._cluster.manager.queues, self._says_why
        cycle = self._cluster.scheduler.cycle
        changed, restless = False, False
        stirred: dict[Partition, None] = {}
        for entry in entries:
            pending = entry.pending
            if entry.refused:
                assignment, group = entry.assignment, pending.group
                message = assignment.text or assignment.message()
                reason = entry.pending_reason if says_why else "Pending"
                if message != pending.message or reason != pending.reason:
                    tell(now, pending, reason, message)
                if group is not None and group.failed:  # its queue rests
                    group.answer, group.refused_in, group.judged = (reason, message), cycle, pending.serial
                elif queues[pending.queue].refuse(pending, entry.requeue_reason):
                    continue  # it remains the head
                changed = True
            elif self.carry_out(now, entry):
                changed = True
            elif not entry.settled or pending.progress is not None:
                restless = True
            else:
                continue
            stirred[entry.queue.partition] = None
        return changed, restless, stirred

    def carry_out(self, now: int, entry: Entry) -> bool:
        """What became of an entry that was processed; True when a workload changed its state or is not active any
        more."""
        status = entry.status
        if entry.reservation is not None:
            return self._carry_out_second(now, entry, entry.reservation)
        if status == "Skipped":
            return self._requeue(now, entry)
        if status == "Admitted":
            return self.admit(now, entry.pending, entry.assignment, entry.replaced)
        evicting = status in _EVICTING and self._evict_others(now, entry)
        return self._requeue(now, entry) or evicting

    def _carry_out_second(self, now: int, entry: Entry, reservation: Reservation) -> bool:
        """What a second pass found: new places, the end of the admission, or another attempt (R20.60–R20.66)."""
        pending, cluster = entry.pending, self._cluster
        pending.reservation = None
        if entry.status == "Admitted":
            cluster.cache.discharge(reservation)
            resettle(reservation, entry.assignment)
            cluster.cache.charge(reservation)
            cluster.manager.second_passes.forget(reservation.key)
            pending.reason = pending.message = ""
            if not reservation.admitted:
                self._life.placed(now, pending, reservation)
                return True
            cluster.note_admission(now, _REASSIGNED, pending, reservation.assignments)
            if cluster.jobs.pods is not None:
                cluster.jobs.pods.move(now, reservation)
            else:
                cluster.nodes.follow_work(now)
            return True
        if entry.status == "Evicted":
            self._life.evict(now, reservation, "NodeFailures", eviction_message(reservation))
            return True
        pending.reason, pending.message = "SecondPassFailed", entry.message
        cluster.manager.second_passes.queue(now, pending, reservation)
        return self._evict_others(now, entry)

    def _evict_others(self, now: int, entry: Entry) -> bool:
        """The evictions an entry asks for; True when there was one that is not under way already. Whoever ended while
        the cycle stood still has nothing to give any more."""
        evicting, cache, migrates = False, self._cluster.cache, entry.migrates
        if entry.status == "Preempting":
            for target in entry.targets:
                victim = target.reservation
                if not victim.evicted and victim is not entry.replaced and cache.holds(victim):
                    message = messages.preemption(entry.pending, entry.queue.node, target, self._release)
                    self._life.evict(now, victim, target.reason, message, by=entry.pending)
                    evicting = True
        elif entry.status == "Migrating" and migrates is not None and not migrates.evicted and cache.holds(migrates):
            self._life.evict(now, migrates, "FlavorMigration", messages.migration(entry.pending))
            evicting = True
        return evicting

    def _requeue(self, now: int, entry: Entry) -> bool:
        """The workload waits on; True when it is not active any more."""
        pending, message = entry.pending, entry.text or entry.message
        reason = entry.pending_reason if self._says_why else "Pending"
        told = message != pending.message or reason != pending.reason
        if told:
            self.tell(now, pending, reason, message)
        parked = not self._cluster.manager.queues[pending.queue].requeue(pending, entry.requeue_reason)
        if told and pending.progress is not None and not self._keeps_progress:
            pending.progress = None
        if self._variants:
            self._life.families.evaluated(now, pending)
        return parked

    def admit(self, now: int, pending: Pending, assignment: Assignment, replaced: Reservation | None = None) -> bool:
        """A head is admitted, and leaves its queue. ``replaced`` is the slice whose place it takes. True when anything
        changed."""
        waiting = self._cluster.manager.queues[pending.queue]
        if self.refuses_writes:
            return not waiting.requeue(pending, "FailedAfterNomination")
        if pending.in_heap or waiting.preemptor is pending:
            waiting.remove(pending)
        pending.reason = pending.message = ""
        self.reserve(now, pending, self._cluster.cache.compiled.queues[pending.queue], assignment, replaced)
        return True

    def reserve(
        self,
        now: int,
        pending: Pending,
        queue: CompiledQueue,
        assignment: Assignment,
        replaced: Reservation | None = None,
    ) -> None:
        """Quota is reserved for a workload, and it is admitted unless admission checks are outstanding."""
        cluster, workload, status = self._cluster, pending.workload, pending.status
        if status is not None:
            self._life.reserve(pending)
        if replaced is not None and workload.resumes:
            pending.done_ms = cluster.jobs.reached_ms(now, cluster.pending[replaced.key], replaced)
        reservation = Reservation(
            workload,
            pending.key,
            queue.node,
            pending.priority,
            pending.timestamp_ms,
            now // 1000,
            assignment.charges,
            assignment.slots,
            assignment.admission or assignment.admitted(),
            assignment.topology_usage,
        )
        if replaced is not None:
            reservation = transplanted(reservation, queue, cluster.cache.compiled)
        cluster.cache.charge(reservation)
        if cluster.manager.keeps_accounts:
            cluster.manager.reserved(now, pending, queue)
        if status is not None:
            self._life.begin(now, pending, reservation)
        else:
            cluster.start(now, pending, reservation, self._life.pods.start_ms)
        if replaced is not None:
            cluster.jobs.stop(now, cluster.pending[replaced.key], replaced)
            cluster.finish(now, replaced, "WorkloadSliceReplaced")
        if self._elastic and workload.sizes:
            self.admitted_elastic(now, pending.key)

    # -- one admission at a time (R4.70) ------------------------------------------------------------------

    def in_turn(self, now: int, entries: Sequence[Entry]) -> bool:
        """Carry out a cycle's decisions in the order they were taken, admissions only while all pods are ready.

        Second passes take no new quota and need not wait (R4.71).
        """
        self.blocked = list(entries)
        self._to_requeue = [entry for entry in entries if entry.status != "Admitted" and entry.reservation is None]
        return self.go_on(now)

    def go_on(self, now: int) -> bool:
        """The decisions of the present cycle up to the next admission that has to wait."""
        changed = False
        while self.blocked:
            entry = self.blocked[0]
            second = entry.reservation
            if second is None and entry.status == "Admitted" and not self._life.pods.all_ready():
                message = "waiting for all admitted workloads to be in PodsReady condition"
                reason = "WaitingForPodsReady" if self._says_why else "Pending"
                if message != entry.pending.message or reason != entry.pending.reason:
                    self.tell(now, entry.pending, reason, message)
                self._cluster.manager.requeuer.in_flight = True
                return changed
            del self.blocked[0]
            queue = self._cluster.cache.compiled.queues.get(entry.queue.name)
            exists = queue is not None and self._waits(entry.pending)
            if queue is not None:
                self._cluster.cache.dirty_partitions[queue.partition] = None
            if second is not None and exists:
                changed = self._carry_out_second(now, entry, second) or changed
            elif entry.status == "Admitted" and exists:
                changed = self.admit(now, entry.pending, *self._as_of_now(entry)) or changed
            elif exists:
                changed = self._evict_others(now, entry) or changed
        self._cluster.manager.requeuer.in_flight = False
        for entry in self._to_requeue:
            if entry.pending.queue in self._cluster.manager.queues and self._waits(entry.pending):
                changed = self._requeue(now, entry) or changed
        self._to_requeue = []
        return changed

    def _waits(self, pending: Pending) -> bool:
        """Whether the workload is still there when a cycle goes on that stood still."""
        return self._cluster.pending.get(pending.key) is pending

    def _as_of_now(self, entry: Entry) -> tuple[Assignment, Reservation | None]:
        """The assignment of an entry, and the slice whose place it takes, where the policy may be another one by now,
        and the slice may have ended: then it needs quota for all that it asks for."""
        cache, replaced, assignment = self._cluster.cache, entry.replaced, entry.assignment
        gone = replaced is not None and not cache.holds(replaced)
        if gone or cache.compiled.queues[entry.queue.name] is not entry.queue:
            usage = usage_of(assignment.admitted(), cache.compiled)
            slots = frozenset([slot for slot, _ in usage])
            assignment = replace(assignment, usage=dict(usage), charges=usage, slots=slots)
        return assignment, None if gone else replaced
