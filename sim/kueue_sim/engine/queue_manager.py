"""Who waits where: pending queues, inadmissible workloads and what wakes them, second passes, usage-based order.

Kueue's queue manager. It asks the cache which queues there are, and tells it which partitions have a new head.
"""

from kueue_sim.engine.cache import Cache
from kueue_sim.engine.queues.inadmissible import InadmissibleRequeuer
from kueue_sim.engine.queues.queue_usage import queue_usage
from kueue_sim.engine.queues.second_pass_queue import SecondPasses
from kueue_sim.engine.queues.timers import Timers
from kueue_sim.model import Scenario
from kueue_sim.policy.compiled_policy import CompiledQueue
from kueue_sim.policy.flavors.admissibility import unselected_namespaces
from kueue_sim.policy.queueing.pending_queue import PendingQueue
from kueue_sim.policy.queueing.usage_queue import UsageQueue
from kueue_sim.policy.queueing.waiting import answer_of
from kueue_sim.policy.scheduling_equivalence import EquivalenceClasses
from kueue_sim.policy.workloads.workload_info import Pending, Reservation


class QueueManager:
    """``queues`` are the pending workloads per ClusterQueue; ``unqueued`` are active in no queue: their LocalQueue is
    missing or stopped, or they are deactivated. ``usage`` is None where admission is not usage-based."""

    def __init__(self, scenario: Scenario, cache: Cache, timers: Timers, shortcuts: bool = True) -> None:
        """Without ``shortcuts`` no queue rests."""
        settings, timing = scenario.settings, scenario.timing
        self._cache = cache
        self._settings = settings
        self._shortcuts = shortcuts
        self.queues: dict[str, PendingQueue] = {}
        self.unqueued: dict[str, Pending] = {}
        self.classes = EquivalenceClasses()
        """Scheduling equivalence classes of workloads (R3.40)."""
        self.second_passes = SecondPasses(timers, self.look_again)
        self.usage = queue_usage(settings, timers, self._woken)
        batches = settings.release.batches_waking
        slow = 10 if settings.old_gate("SchedulerLongRequeueInterval") else 1
        cycles_first = batches and timing.cycles_first and not timing.timed_control_plane
        flush_ms = timing.flush_ms * slow if batches else 0
        self.requeuer = InadmissibleRequeuer(flush_ms, timers, self._woken, cache.rebuild_tree, cycles_first)
        self.keeps_accounts = True
        """Whether anything but the quota tree counts what is reserved and released under the present policy."""

    def rebuild(self, now: int) -> None:
        """The policy is another one; the pending queues and what waits in them stay."""
        settings, compiled = self._settings, self._cache.compiled
        hashing, sticky = settings.gate("SchedulingEquivalenceHashing"), settings.release.sticky_preemptors
        known, self.queues = self.queues, {}
        unselected = unselected_namespaces(compiled)
        for name, queue in compiled.queues.items():
            waiting = self.queues[name] = known.get(name) or self._new(queue, hashing, sticky)
            waiting.switch(queue.strict)
            waiting.unselected_namespaces = frozenset(unselected.get(name, ()))
            waiting.heads_in = queue.partition.heads if queue.active else {}
            if waiting.active:
                waiting.heads_in[name] = waiting
            self._cache.mark_changed(queue.partition)
        self.requeuer.rebuild(compiled, self.queues, self._shortcuts)
        self.keeps_accounts = self.usage is not None or self.requeuer.hears_of_counters
        if self.usage is not None:
            self.usage.rebuild(compiled, now)

    def _new(self, queue: CompiledQueue, hashing: bool, sticky: bool) -> PendingQueue:
        if self.usage is not None and queue.spec.usage_based_admission:
            return UsageQueue(queue.name, queue.strict, hashing, sticky, self.usage.of)
        return PendingQueue(queue.name, queue.strict, hashing, sticky)

    def enqueue(self, now: int, pending: Pending) -> None:
        """The workload is to wait in its queue, if it has one and may."""
        queue = self._cache.compiled.queue_of(pending.workload)
        if queue is None or not is_active(pending):
            self.unqueued[pending.key] = pending
            return
        if pending.status is not None:
            pending.backing_off = pending.status.backing_off(now)
        pending.queue = queue.name
        waiting = self.queues[pending.queue]
        waiting.offer(pending)
        if waiting.new_head:
            self._cache.dirty_partitions[queue.partition] = None

    def dequeue(self, pending: Pending) -> None:
        """The workload waits in no queue any more."""
        self.unqueued.pop(pending.key, None)
        if pending.queue:
            self.queues[pending.queue].remove(pending)
            self._cache.mark_changed(self._cache.compiled.queues[pending.queue].partition)

    def waits(self, pending: Pending) -> bool:
        """Whether it is in a queue and holds no quota."""
        key = pending.key
        return bool(pending.queue) and key not in self.unqueued and key not in self._cache.reservations

    def notify(self, now: int, pending: Pending) -> None:
        """What it needed or held may serve others now; nobody hears of it while its LocalQueue is stopped (R3.25)."""
        requeuer = self.requeuer
        if requeuer.inadmissible or requeuer.batching or requeuer.in_flight:
            queue = self._cache.compiled.queue_of(pending.workload)
            if queue is not None:
                requeuer.notify(now, queue.name)

    def reserved(self, now: int, pending: Pending, queue: CompiledQueue) -> None:
        """A workload has got quota, which the usage of its LocalQueue and the status of its ClusterQueue show."""
        if self.usage is not None:
            self.usage.reserve(now, pending, queue)
        self.requeuer.counters_changed(now, queue.spec.name)

    def released(self, now: int, pending: Pending, reservation: Reservation) -> None:
        """And it has given it back."""
        if self.usage is not None:
            self.usage.release(now, pending, reservation)
        self.requeuer.counters_changed(now, reservation.queue.name)

    def look_again(self, reservation: Reservation) -> None:
        """The next cycle takes a second look at a workload that holds quota."""
        self._cache.dirty_partitions[self._cache.queue_of(reservation).partition] = None

    def answer_of(self, pending: Pending) -> tuple[str, str]:
        """Reason and message of why it waits."""
        queue = self.queues.get(pending.queue)
        return (pending.reason, pending.message) if queue is None else answer_of(pending)

    def _woken(self, queue: str) -> None:
        self._cache.dirty_partitions[self._cache.compiled.queues[queue].partition] = None


def is_active(pending: Pending) -> bool:
    """Whether it may be in a queue at all (R1.41)."""
    return pending.workload.active and not (pending.status is not None and pending.status.inactive)
