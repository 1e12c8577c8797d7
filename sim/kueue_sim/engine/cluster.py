"""The simulated control plane: which workloads exist, and how each goes from waiting to holding quota and back.

Three parts know one thing each: the cache who holds what, the queue manager who waits where, the job reconciler what
runs. A ``Cluster`` moves workloads between them, so that none of the three has to know the others, and takes down the
fact that says so. What decides about it lies above: controllers, and the decisions of scheduling cycles.
"""

from collections import defaultdict
from collections.abc import Callable

from kueue_sim.engine.cache import Cache
from kueue_sim.engine.facts import CODE, NONE, PodSets
from kueue_sim.engine.job_reconciler import JobReconciler
from kueue_sim.engine.nodes.failures import NodeFailures
from kueue_sim.engine.queue_manager import QueueManager, is_active
from kueue_sim.engine.queues.timers import Timers
from kueue_sim.engine.recorder import Recorder
from kueue_sim.model import Policy, Scenario, Workload
from kueue_sim.policy.cycle import Scheduler
from kueue_sim.policy.topology.multikueue_provisioning import is_dispatched
from kueue_sim.policy.workloads.workload_info import Pending, Reservation

_ADMITTED, _RESERVED, _REQUEUED = CODE["Admitted"], CODE["QuotaReserved"], CODE["Requeued"]
_PENDING = CODE["Pending"]
_EVICTED, _PREEMPTED, _FINISHED = CODE["Evicted"], CODE["Preempted"], CODE["Finished"]


class Cluster:
    """``pending`` are all workloads that exist, by key; ``evicted`` those evicted since somebody emptied the list.
    ``end_for_nodes`` ends an admission whose nodes failed. Times in milliseconds."""

    def __init__(
        self,
        scenario: Scenario,
        timers: Timers,
        end_for_nodes: Callable[[int, Reservation, str], None],
        shortcuts: bool = True,
    ) -> None:
        self.scenario = scenario
        self.shortcuts = shortcuts
        self.says_why = scenario.settings.gate("UnadmittedWorkloadsObservability")
        """Whether conditions give the reason for which a workload waits (V25)."""
        self.finished = 0
        self.pending: dict[str, Pending] = {}
        self.evicted: list[Reservation] = []
        self.recorder = Recorder()
        self._note, self._texts = self.recorder.note, self.recorder.texts
        self.numbers: defaultdict[str, int] = defaultdict(lambda: NONE)
        """What facts name the present ClusterQueues by; they name no others."""
        self.cache = Cache(scenario.settings)
        self.manager = QueueManager(scenario, self.cache, timers, shortcuts)
        self.jobs = JobReconciler(scenario, self.recorder, timers, self.numbers_of, self.cache.holds)
        workloads = (self.cache.reservations, self.pending)
        passes, stopped = self.manager.second_passes, self.jobs.stopped_work
        self.nodes = NodeFailures(scenario, timers, passes, *workloads, end_for_nodes, stopped)
        self.build(scenario.policy, 0)

    def build(self, policy: Policy, now: int) -> None:
        """Compile a policy. Nobody holds anything yet; the pending queues and what waits in them stay."""
        cache = self.cache
        cache.build(policy, self.nodes.nodes, self.jobs.non_tas_pods())
        self.jobs.flavors = cache.compiled.flavors
        self.jobs.dispatching = [name for name in cache.compiled.queues if is_dispatched(cache.compiled, name)]
        self.scheduler = Scheduler(cache.compiled, cache.by_queue, cache.topologies, self.shortcuts)
        self.manager.rebuild(now)
        self.numbers.clear()
        self.numbers.update({name: self.recorder.queue(name) for name in self.manager.queues})

    def register(self, workload: Workload, timestamp_ms: int, number: int | None = None) -> Pending:
        """A workload that exists from now on; facts name it by ``number``, or by one of its own."""
        equivalence_class = self.manager.classes.of(workload)
        if number is None:
            number = self.recorder.workload(workload)
        key = f"{workload.namespace}/{workload.name}"  # Workload.key, without a call from compiled code into Python's
        pending = Pending(
            workload,
            key,
            "",
            workload.priority,
            timestamp_ms,
            equivalence_class,
            workload.pod_sets,
            number,
        )
        self.pending[key] = pending
        return pending

    # -- from waiting to running --------------------------------------------------------------------------

    def wait_for_checks(self, now: int, pending: Pending, reservation: Reservation) -> None:
        """The workload holds quota and waits for admission checks."""
        reservation.admitted = False
        self.note_admission(now, _RESERVED, pending, reservation.assignments)

    def start(self, now: int, pending: Pending, reservation: Reservation, delay_ms: int | None) -> None:
        """The workload is admitted and runs; its pods are ready after ``delay_ms``, never for None."""
        reservation.admitted_ms = now
        if self.manager.usage is not None:
            self.manager.usage.admit(now, pending, reservation, self.cache.queue_of(reservation))
        given = self.recorder.admission(reservation.assignments)
        self._note((now, _ADMITTED, pending.number, self.numbers[pending.queue], NONE, NONE, given, 0))
        self.jobs.start(now, pending, reservation, delay_ms)

    # -- and back -----------------------------------------------------------------------------------------

    def evict(self, now: int, reservation: Reservation, reason: str, message: str, by: Pending | None = None) -> None:
        """The workload's pods are to go; it holds its quota until they are gone. ``by`` is the preemptor."""
        self.cache.mark_evicted(now, reservation)
        pending = self.pending[reservation.key]
        pending.reason, pending.message = "PendingEvaluation" if self.says_why else "Pending", message
        self.end_pods(now, reservation, reason, message, by)
        self.evicted.append(reservation)

    def end_pods(
        self, now: int, reservation: Reservation, reason: str, message: str, by: Pending | None = None
    ) -> None:
        """The workload's pods are to go, for this reason."""
        pending = self.pending[reservation.key]
        kind, culprit = (_EVICTED, NONE) if by is None else (_PREEMPTED, by.number)
        text = self._texts[reason, message]
        lost = self.jobs.stop(now, pending, reservation)
        self._note((now, kind, pending.number, self.numbers[reservation.queue.name], text, culprit, NONE, lost))

    def release_quota(self, now: int, reservation: Reservation) -> Pending:
        """The workload gives up its quota for good; what else counted its usage hears of it."""
        pending, manager = self.pending[reservation.key], self.manager
        self.cache.discharge(reservation)
        if manager.second_passes.attempts:
            manager.second_passes.forget(reservation.key)
        if manager.keeps_accounts:
            manager.released(now, pending, reservation)
        return pending

    def requeue(self, now: int, pending: Pending) -> None:
        """The workload lost its quota and waits again."""
        pending.progress = None
        self.note(now, _REQUEUED, pending)
        self.manager.enqueue(now, pending)
        self.manager.notify(now, pending)

    def finish(self, now: int, reservation: Reservation, reason: str = "") -> bool:
        """A running workload is done; False for a late end of an evicted one, which is ignored."""
        if self.cache.reservations.get(reservation.key) is not reservation or reservation.evicted:
            return False
        if reservation.void_ends:
            reservation.void_ends -= 1
            return False
        self.finished += 1
        self.leave(now, self.release_quota(now, reservation), _FINISHED, reason)
        return True

    def leave(self, now: int, pending: Pending, kind: int, reason: str = "") -> None:
        """The workload is gone for good; nothing but its facts are kept of it."""
        manager = self.manager
        del self.pending[pending.key]
        self.scheduler.forget(pending)
        text = self._texts[reason, ""] if reason else NONE
        self._note((now, kind, pending.number, self.numbers[pending.queue], text, NONE, NONE, 0))
        if manager.usage is not None:
            manager.usage.forgive(now, pending)
        manager.notify(now, pending)

    # -- what is told -------------------------------------------------------------------------------------

    def states(self) -> dict[str, str]:
        """What every workload that is not gone is now, by key: pending, quotaReserved, admitted, evicted while its
        pods end, or inactive."""
        holding = self.cache.reservations
        return {key: _state(pending, holding.get(key)) for key, pending in self.pending.items()}

    def answer(self, now: int, pending: Pending, reason: str, message: str) -> None:
        """Why it waits; recorded when it is another answer than before."""
        if message != pending.message or reason != pending.reason:
            self.tell(now, pending, reason, message)

    def tell(self, now: int, pending: Pending, reason: str, message: str) -> None:
        """It waits for another reason than before, or the reason has another message."""
        pending.reason, pending.message = reason, message
        text = self._texts[reason, message]
        self._note((now, _PENDING, pending.number, self.numbers[pending.queue], text, NONE, NONE, 0))

    def numbers_of(self, reservation: Reservation) -> tuple[int, int]:
        """What facts name a reservation's workload and its queue by."""
        return self.pending[reservation.key].number, self.numbers[reservation.queue.name]

    def note(self, now: int, kind: int, pending: Pending, reason: str = "", message: str = "") -> None:
        """Record something that happened to a workload."""
        text = self._texts[reason, message] if reason or message else NONE
        self._note((now, kind, pending.number, self.numbers[pending.queue], text, NONE, NONE, 0))

    def note_admission(self, now: int, kind: int, pending: Pending, pod_sets: PodSets) -> None:
        """Record what a workload was given."""
        given = self.recorder.admission(pod_sets)
        self._note((now, kind, pending.number, self.numbers[pending.queue], NONE, NONE, given, 0))


def _state(pending: Pending, reservation: Reservation | None) -> str:
    if not is_active(pending):
        return "inactive"
    if reservation is None:
        return "pending"
    return "evicted" if reservation.evicted else "admitted" if reservation.admitted else "quotaReserved"
