"""What exists in the simulated control plane, and the few elementary changes everything else is made of."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from kueue_sim.engine.facts import CODE, NONE, PodSets, Recorder
from kueue_sim.engine.node_failures import NodeFailures
from kueue_sim.engine.pods.non_tas_pods import is_non_tas, own_requests
from kueue_sim.engine.pods.pods import Ended, Pods
from kueue_sim.engine.pods.progress import Clock, due, pace_of
from kueue_sim.engine.queues.inadmissible import InadmissibleRequeuer
from kueue_sim.engine.queues.queue_usage import queue_usage
from kueue_sim.engine.queues.second_pass_queue import SecondPasses
from kueue_sim.engine.queues.timers import Timers
from kueue_sim.engine.work_on_nodes import NEVER_STARTS, WorkOnNodes, has_topology_nodes
from kueue_sim.model import NodePod, Policy, Scenario, Workload
from kueue_sim.policy.compiled_policy import CompiledPolicy, EquivalenceClasses, Partition
from kueue_sim.policy.cycle import Scheduler
from kueue_sim.policy.flavors.admissibility import unselected_namespaces
from kueue_sim.policy.queueing.pending_queue import PendingQueue
from kueue_sim.policy.topology.snapshot import Topologies
from kueue_sim.policy.workloads.reservations import Reservations
from kueue_sim.policy.workloads.workload_info import Pending, Reservation

_ADMITTED, _RESERVED, _REQUEUED = CODE["Admitted"], CODE["QuotaReserved"], CODE["Requeued"]
_PENDING = CODE["Pending"]
_EVICTED, _PREEMPTED, _FINISHED = CODE["Evicted"], CODE["Preempted"], CODE["Finished"]


class Cluster:
    """Who waits where and who holds what. ``unqueued`` are active in no queue: their LocalQueue is missing or
    stopped, or they are deactivated. ``by_queue`` is ``reservations`` per ClusterQueue. ``end_for_nodes`` ends an
    admission whose nodes failed."""

    def __init__(
        self,
        scenario: Scenario,
        timers: Timers,
        end_for_nodes: Callable[[int, Reservation, str], None],
        shortcuts: bool = True,
    ) -> None:
        self.scenario = scenario
        self._shortcuts = shortcuts
        self.recorder = Recorder()
        self.says_why = scenario.settings.gate("UnadmittedWorkloadsObservability")
        """Whether conditions give the reason for which a workload waits (V25)."""
        self.finished = 0
        self.pending: dict[str, Pending] = {}
        self.reservations: dict[str, Reservation] = {}
        self.unqueued: dict[str, Pending] = {}
        self.evicted: list[Reservation] = []
        """Workloads evicted since somebody emptied this list."""
        self.queues: dict[str, PendingQueue] = {}
        self.unsettled: dict[Partition, None] = {}
        """Realms that changed since a cycle last looked at them without changing anything."""
        self.slow: Mapping[str, int] = {}
        """Workloads whose evictions take so many milliseconds at least, because they would go round in no time."""
        self.second_passes = SecondPasses(timers, self.look_again)
        self.pods: Pods | None = None
        """The pods of a scenario with nodes."""
        work = WorkOnNodes(self.recorder, self._numbers_of, timers.finish_after)
        self.work_on_nodes = work if has_topology_nodes(scenario) and scenario.placement.policy == "none" else None
        self._later = timers.at
        workloads = (self.reservations, self.pending)
        self.nodes = NodeFailures(scenario, timers, self.second_passes, *workloads, end_for_nodes, work)
        self.usage = queue_usage(scenario.settings, timers, self._woken)
        slow = scenario.settings.old_gate("SchedulerLongRequeueInterval")
        timing = scenario.timing
        batches = scenario.settings.release.batches_waking
        cycles_first = batches and timing.cycles_first and not timing.timed_control_plane
        flush_ms = timing.flush_ms * (10 if slow else 1) if batches else 0
        self.requeuer = InadmissibleRequeuer(flush_ms, timers, self._woken, cycles_first)
        self.batching, self.inadmissible = self.requeuer.batching, self.requeuer.inadmissible
        self.shape: Callable[[Workload], int] = EquivalenceClasses().of
        """The scheduling equivalence class of a workload (R3.40)."""
        self._finish_after = timers.finish_after
        self.build(scenario.policy, 0)

    def build(self, policy: Policy, now: int) -> None:
        """Compile a policy. Nobody holds anything yet; the pending queues and what waits in them stay."""
        settings = self.scenario.settings
        self.policy = policy
        self.compiled = CompiledPolicy(policy, settings)
        hashing, sticky = settings.gate("SchedulingEquivalenceHashing"), settings.release.sticky_preemptors
        known, self.queues = self.queues, {}
        unselected = unselected_namespaces(self.compiled)
        for name, queue in self.compiled.queues.items():
            waiting = self.queues[name] = known.get(name) or PendingQueue(name, queue.strict, hashing, sticky)
            waiting.switch(queue.strict)
            waiting.unselected_namespaces = frozenset(unselected.get(name, ()))
            if self.usage is not None and queue.spec.usage_based_admission and name not in known:
                waiting.order_by_usage(self.usage.of)
        self.numbers = {name: self.recorder.queue(name) for name in self.queues}
        self.reservations.clear()
        self.by_queue = {name: Reservations() for name in self.compiled.queues}
        self.topologies = Topologies(policy, settings, self.nodes.nodes, self.other_pods())
        self.scheduler = Scheduler(self.compiled, self.by_queue, self.topologies, self._shortcuts)
        self.requeuer.rebuild(self.compiled, self.queues)
        if self.usage is not None:
            self.usage.rebuild(self.compiled, now)
        self.unsettled.clear()
        for queue in self.compiled.queues.values():
            if queue.active:
                queue.partition.waiting.append(self.queues[queue.name])
            self.touch(queue.partition)

    # -- workloads and queues -----------------------------------------------------------------------------

    def track(self, workload: Workload, timestamp_ms: int, number: int | None = None) -> Pending:
        """A workload that exists from now on; facts name it by ``number``, or by one of its own."""
        shape = self.shape(workload)
        if number is None:
            number = self.recorder.workload(workload)
        pod_sets, priority = workload.pod_sets, workload.priority
        pending = Pending(workload, workload.key, "", priority, timestamp_ms, shape, pod_sets, number)
        self.pending[pending.key] = pending
        return pending

    def offer(self, now: int, pending: Pending) -> None:
        """It is to wait in its queue, if it has one and may."""
        queue = self.compiled.queue_of(pending.workload)
        if queue is None or not is_active(pending):
            self.unqueued[pending.key] = pending
            return
        if pending.status is not None:
            pending.backing_off = pending.status.backing_off(now)
        pending.queue = queue.spec.name
        waiting = self.queues[pending.queue]
        waiting.offer(pending)
        if waiting.new_head:
            self.unsettled[queue.partition] = None

    def withdraw(self, pending: Pending) -> None:
        """It waits in no queue any more."""
        self.unqueued.pop(pending.key, None)
        if pending.queue:
            self.queues[pending.queue].remove(pending)
            self.touch(self.compiled.queues[pending.queue].partition)

    def notify(self, now: int, pending: Pending) -> None:
        """What it needed or held may serve others now; nobody hears of it while its LocalQueue is stopped (R3.25)."""
        if self.inadmissible or self.batching or self.requeuer.in_flight:
            queue = self.compiled.queue_of(pending.workload)
            if queue is not None:
                self.requeuer.notify(now, queue.spec.name)

    def _woken(self, queue: str) -> None:
        self.unsettled[self.compiled.queues[queue].partition] = None

    def touch(self, partition: Partition) -> None:
        """Something that decisions depend on changed here, and the next cycle has to look at the heads."""
        partition.version += 1
        self.unsettled[partition] = None

    def other_pods(self) -> list[NodePod]:
        """Pods on nodes that topologies have to do without: those that no topology placed (R20.7, R21.32)."""
        mine = () if self.pods is None else self.pods.on_nodes()
        found = [
            NodePod(pod.workload, node, own_requests(pod))
            for reservation, pod, node in mine
            if is_non_tas(reservation, pod)
        ]
        return [*self.scenario.node_pods, *found]

    def look_again(self, reservation: Reservation) -> None:
        """The next cycle takes a second look at a workload that holds quota."""
        self.unsettled[self.compiled.queues[reservation.queue.name].partition] = None

    # -- quota --------------------------------------------------------------------------------------------

    def charge(self, reservation: Reservation) -> None:
        """It holds its quota from now on."""
        node = reservation.queue
        for slot, amount in reservation.usage:
            node.add(slot, amount)
        if reservation.topology_usage:
            self.topologies.hold(reservation)
        self.reservations[reservation.key] = reservation
        self.by_queue[node.name].hold(reservation)
        partition = self.compiled.queues[node.name].partition
        partition.version += 1
        self.unsettled[partition] = None

    def discharge(self, reservation: Reservation) -> None:
        """Its quota is free."""
        node = reservation.queue
        for slot, amount in reservation.usage:
            node.remove(slot, amount)
        if reservation.topology_usage:
            self.topologies.release(reservation)
        del self.reservations[reservation.key]
        self.by_queue[node.name].let_go(reservation)
        queue = self.compiled.queues[node.name]
        queue.generation += 1
        partition = queue.partition
        partition.version += 1
        if partition.has_heads:
            self.unsettled[partition] = None

    def free(self, now: int, reservation: Reservation) -> Pending:
        """It gives up its quota for good; what else counted its usage hears of it."""
        pending = self.pending[reservation.key]
        self.discharge(reservation)
        self.second_passes.forget(reservation.key)
        if self.usage is not None:
            self.usage.release(now, pending, reservation)
        if self.batching:
            self.requeuer.counters_changed(now, reservation.queue.name)
        return pending

    def finish(self, now: int, reservation: Reservation, reason: str = "") -> None:
        """A running workload is done; a late end of an evicted one is ignored."""
        if self.reservations.get(reservation.key) is reservation and not reservation.evicted:
            if reservation.void_ends:
                reservation.void_ends -= 1
                return
            self.finished += 1
            self.leave(now, self.free(now, reservation), _FINISHED, reason)

    def leave(self, now: int, pending: Pending, kind: int, reason: str = "") -> None:
        """The workload is gone for good; nothing but its facts are kept of it."""
        del self.pending[pending.key]
        self.scheduler.forget(pending)
        self.note(now, kind, pending, reason)
        if self.usage is not None:
            self.usage.forgive(now, pending)
        self.notify(now, pending)

    def requeue(self, now: int, pending: Pending) -> None:
        """It lost its quota and waits again."""
        pending.progress = None
        self.note(now, _REQUEUED, pending)
        self.offer(now, pending)
        self.notify(now, pending)

    def start(self, now: int, pending: Pending, reservation: Reservation, delay_ms: int | None) -> None:
        """It is admitted and runs; its pods are ready after ``delay_ms``, never for None."""
        reservation.admitted, reservation.admitted_ms = True, now
        if self.usage is not None:
            self.usage.admit(now, pending, reservation, self.compiled.queues[reservation.queue.name])
        self.note_admission(now, _ADMITTED, pending, reservation.assignments)
        if reservation.workload.keeps_work:
            reservation.pace = pace_of(reservation.workload, reservation.assignments)
        if self.pods is not None:
            clock = Clock(reservation.workload, pending.done_ms, pending.restarts, pace=reservation.pace)
            self.pods.launch(now, reservation, self.compiled.flavors, clock, delay_ms)
        elif delay_ms is None:
            reservation.since_ms = NEVER_STARTS
        else:
            reservation.since_ms = now + delay_ms
            rest = due(reservation.workload, pending.done_ms, pending.restarts, reservation.pace)
            if rest is not None:
                self._finish_after(reservation, delay_ms + rest)
            if self.work_on_nodes is not None:
                self._later(now + delay_ms, pending.key, partial(self.work_on_nodes.begin, reservation=reservation))

    def stop(self, now: int, pending: Pending, reservation: Reservation) -> int:
        """Its pods are to end; the run time that is thrown away. The next start goes on from what survives."""
        grace_ms = self.scenario.timing.termination_ms
        if not reservation.admitted:
            ended = Ended(0, pending.done_ms)
        elif self.pods is not None:
            ended = self.pods.terminate(now, reservation, grace_ms)
        else:
            clock = self._clock(pending, reservation)
            ended = Ended(
                grace_ms, lost_ms=max(0, clock.stop(max(now, reservation.since_ms))), done_ms=clock.done, ran=True
            )
        fast = reservation.workload.owned_by_pod and self.scenario.settings.gate("FastQuotaReleaseInPodIntegration")
        least_ms = max(self.scenario.timing.eviction_ms, self.slow.get(reservation.key, 0))
        reservation.gone_after_ms = max(0 if fast else ended.gone_after_ms, least_ms)
        pending.done_ms = ended.done_ms
        pending.restarts = pending.restarts or ended.ran
        return ended.lost_ms

    def reached_ms(self, now: int, reservation: Reservation) -> int:
        """How far the work of a reservation has come, in milliseconds of its run time."""
        pending = self.pending[reservation.key]
        if not reservation.admitted:
            return pending.done_ms
        if self.pods is not None:
            return self.pods.reached_ms(now, reservation)
        return self._clock(pending, reservation).reached(now)

    @staticmethod
    def _clock(pending: Pending, reservation: Reservation) -> Clock:
        """The progress of admitted work whose pods are not followed one by one."""
        return Clock(
            reservation.workload, pending.done_ms, pending.restarts, reservation.since_ms, pace=reservation.pace
        )

    def wait_for_checks(self, now: int, pending: Pending, reservation: Reservation) -> None:
        """It holds quota and waits for admission checks."""
        reservation.admitted = False
        self.note_admission(now, _RESERVED, pending, reservation.assignments)

    def evict(self, now: int, reservation: Reservation, reason: str, message: str, by: Pending | None = None) -> None:
        """Its pods are to go; it holds its quota until they are gone. ``by`` is the preemptor."""
        reservation.evicted, reservation.evicted_ms = True, now
        self.by_queue[reservation.queue.name].moved(reservation)
        self.touch(self.compiled.queues[reservation.queue.name].partition)
        pending = self.pending[reservation.key]
        pending.reason, pending.message = "PendingEvaluation" if self.says_why else "Pending", message
        self.end_pods(now, reservation, reason, message, by)
        self.evicted.append(reservation)

    def end_pods(
        self, now: int, reservation: Reservation, reason: str, message: str, by: Pending | None = None
    ) -> None:
        """Its pods are to go, for this reason."""
        pending = self.pending[reservation.key]
        kind, culprit = (_EVICTED, NONE) if by is None else (_PREEMPTED, by.number)
        text = self.recorder.text(reason, message)
        lost = self.stop(now, pending, reservation)
        self.recorder.note((now, kind, pending.number, self.numbers[reservation.queue.name], text, culprit, NONE, lost))

    def renew(self, reservation: Reservation) -> Reservation:
        """The same holding once more; whatever was to happen to it as it was is void."""
        again = replace(reservation)
        here = self.by_queue[reservation.queue.name]
        here.let_go(reservation)
        here.hold(again)
        self.reservations[reservation.key] = again
        self.touch(self.compiled.queues[reservation.queue.name].partition)
        return again

    def answer_of(self, pending: Pending) -> tuple[str, str]:
        """Reason and message of why it waits."""
        queue = self.queues.get(pending.queue)
        return (pending.reason, pending.message) if queue is None else queue.answer_of(pending)

    def states(self) -> dict[str, str]:
        """What every workload that is not gone is now, by key: pending, quotaReserved, admitted, evicted while its
        pods end, or inactive."""
        return {key: self._state(pending, self.reservations.get(key)) for key, pending in self.pending.items()}

    @staticmethod
    def _state(pending: Pending, reservation: Reservation | None) -> str:
        if not is_active(pending):
            return "inactive"
        if reservation is None:
            return "pending"
        return "evicted" if reservation.evicted else "admitted" if reservation.admitted else "quotaReserved"

    def answer(self, now: int, pending: Pending, reason: str, message: str) -> None:
        """Why it waits; recorded when it is another answer than before."""
        if message != pending.message or reason != pending.reason:
            pending.reason, pending.message = reason, message
            self.note(now, _PENDING, pending, reason, message)

    def _numbers_of(self, reservation: Reservation) -> tuple[int, int]:
        return self.pending[reservation.key].number, self.numbers[reservation.queue.name]

    # -- the record ---------------------------------------------------------------------------------------

    def note(self, now: int, kind: int, pending: Pending, reason: str = "", message: str = "") -> None:
        """Record something that happened to a workload."""
        text = self.recorder.text(reason, message) if reason or message else NONE
        queue = self.numbers.get(pending.queue, NONE)
        self.recorder.note((now, kind, pending.number, queue, text, NONE, NONE, 0))

    def note_admission(self, now: int, kind: int, pending: Pending, pod_sets: PodSets) -> None:
        """Record what a workload was given."""
        admission = self.recorder.admission(pod_sets)
        self.recorder.note((now, kind, pending.number, self.numbers[pending.queue], NONE, NONE, admission, 0))


def is_active(pending: Pending) -> bool:
    """Whether it may be in a queue at all (R1.41)."""
    return pending.workload.active and not (pending.status is not None and pending.status.inactive)
