"""What exists in the simulated control plane, and the few elementary changes everything else is made of."""

from collections.abc import Callable
from dataclasses import replace

from sim.engine.facts import CODE, NONE, PodSets, Recorder
from sim.engine.flushes import Flushes
from sim.engine.foreign_pods import is_foreign, own_requests
from sim.engine.node_failures import NodeFailures
from sim.engine.pods import Ended, Pods
from sim.engine.progress import Clock, due
from sim.engine.queue_usage import queue_usage
from sim.engine.second_pass import SecondPasses
from sim.engine.timers import Timers
from sim.model import STICKY_PREEMPTOR, NodePod, Policy, Scenario, Workload
from sim.policy.admissibility import foreign_namespaces
from sim.policy.compiled import Realm, Shapes, World
from sim.policy.cycle import Scheduler
from sim.policy.entities import Held, Pending
from sim.policy.holdings import Holdings
from sim.policy.pending import PendingQueue
from sim.policy.topologies import Topologies

_ADMITTED, _RESERVED, _REQUEUED = CODE["Admitted"], CODE["QuotaReserved"], CODE["Requeued"]
_EVICTED, _PREEMPTED, _FINISHED = CODE["Evicted"], CODE["Preempted"], CODE["Finished"]


class Cluster:
    """Who waits where and who holds what. ``orphans`` are active in no queue: their LocalQueue is missing or
    stopped, or they are deactivated. ``by_queue`` is ``held`` per ClusterQueue. ``end_for_nodes`` ends an admission
    whose nodes failed."""

    def __init__(self, scenario: Scenario, timers: Timers, end_for_nodes: Callable[[int, Held, str], None]) -> None:
        self.scenario = scenario
        self.recorder = Recorder()
        self.finished = 0
        self.pending: dict[str, Pending] = {}
        self.held: dict[str, Held] = {}
        self.orphans: dict[str, Pending] = {}
        self.evicted: list[Held] = []
        """Workloads evicted since somebody emptied this list."""
        self.queues: dict[str, PendingQueue] = {}
        self.unsettled: dict[Realm, None] = {}
        """Realms that changed since a cycle last looked at them without changing anything."""
        self.second_passes = SecondPasses(timers, self.look_again)
        self.pods: Pods | None = None
        """The pods of a scenario with nodes."""
        self.nodes = NodeFailures(scenario, timers, self.second_passes, self.held, self.pending, end_for_nodes)
        self.usage = queue_usage(scenario.settings, timers, self._woken)
        slow = scenario.settings.old_gate("SchedulerLongRequeueInterval")
        self.flushes = Flushes(scenario.timing.flush_ms * (10 if slow else 1), timers, self._woken)
        self.batching, self.parked = self.flushes.batching, self.flushes.parked
        self.shape: Callable[[Workload], int] = Shapes().of
        """The scheduling equivalence class of a workload (R3.40)."""
        self._finish_after = timers.finish_after
        self.build(scenario.policy, 0)

    def build(self, policy: Policy, now: int) -> None:
        """Compile a policy. Nobody holds anything yet; the pending queues and what waits in them stay."""
        settings = self.scenario.settings
        self.policy = policy
        self.world = World(policy, settings)
        hashing, sticky = settings.gate("SchedulingEquivalenceHashing"), settings.follows(STICKY_PREEMPTOR)
        known, self.queues = self.queues, {}
        foreign = foreign_namespaces(self.world)
        for name, queue in self.world.queues.items():
            waiting = self.queues[name] = known.get(name) or PendingQueue(name, queue.strict, hashing, sticky)
            waiting.switch(queue.strict)
            waiting.foreign = frozenset(foreign.get(name, ()))
            waiting.usage_of = self.usage.order(queue) if self.usage is not None else None
        self.numbers = {name: self.recorder.queue(name) for name in self.queues}
        self.held.clear()
        self.by_queue = {name: Holdings() for name in self.world.queues}
        self.topologies = Topologies(policy, settings, self.nodes.nodes, self.other_pods())
        self.scheduler = Scheduler(self.world, self.by_queue, self.topologies)
        self.flushes.rebuild(self.world, self.queues)
        if self.usage is not None:
            self.usage.rebuild(self.world, now)
        self.unsettled.clear()
        for queue in self.world.queues.values():
            if queue.active:
                queue.realm.waiting.append(self.queues[queue.name])
            self.touch(queue.realm)

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
        queue = self.world.queue_of(pending.workload)
        if queue is None or not is_active(pending):
            self.orphans[pending.key] = pending
            return
        if pending.status is not None:
            pending.backing_off = pending.status.backing_off(now)
        pending.queue = queue.spec.name
        waiting = self.queues[pending.queue]
        waiting.offer(pending)
        if waiting.new_head:
            self.unsettled[queue.realm] = None

    def withdraw(self, pending: Pending) -> None:
        """It waits in no queue any more."""
        self.orphans.pop(pending.key, None)
        if pending.queue:
            self.queues[pending.queue].remove(pending)
            self.touch(self.world.queues[pending.queue].realm)

    def notify(self, now: int, pending: Pending) -> None:
        """What it needed or held may serve others now; nobody hears of it while its LocalQueue is stopped (R3.25)."""
        if self.parked or self.batching:
            queue = self.world.queue_of(pending.workload)
            if queue is not None:
                self.flushes.notify(now, queue.spec.name)

    def _woken(self, queue: str) -> None:
        self.unsettled[self.world.queues[queue].realm] = None

    def touch(self, realm: Realm) -> None:
        """Something that decisions depend on changed here, and the next cycle has to look at the heads."""
        realm.version += 1
        self.unsettled[realm] = None

    def other_pods(self) -> list[NodePod]:
        """Pods on nodes that topologies have to do without: those that no topology placed (R20.7, R21.32)."""
        mine = () if self.pods is None else self.pods.on_nodes()
        found = [NodePod(pod.workload, node, own_requests(pod)) for held, pod, node in mine if is_foreign(held, pod)]
        return [*self.scenario.node_pods, *found]

    def look_again(self, held: Held) -> None:
        """The next cycle takes a second look at a workload that holds quota."""
        self.unsettled[self.world.queues[held.queue.name].realm] = None

    # -- quota --------------------------------------------------------------------------------------------

    def charge(self, held: Held) -> None:
        """It holds its quota from now on."""
        node = held.queue
        for slot, amount in held.usage:
            node.add(slot, amount)
        if held.topology_usage:
            self.topologies.hold(held)
        self.held[held.key] = held
        self.by_queue[node.name].hold(held)
        realm = self.world.queues[node.name].realm
        realm.version += 1
        self.unsettled[realm] = None

    def discharge(self, held: Held) -> None:
        """Its quota is free."""
        node = held.queue
        for slot, amount in held.usage:
            node.remove(slot, amount)
        if held.topology_usage:
            self.topologies.release(held)
        del self.held[held.key]
        self.by_queue[node.name].let_go(held)
        queue = self.world.queues[node.name]
        queue.generation += 1
        realm = queue.realm
        realm.version += 1
        if realm.has_heads:
            self.unsettled[realm] = None

    def free(self, now: int, held: Held) -> Pending:
        """It gives up its quota for good; what else counted its usage hears of it."""
        pending = self.pending[held.key]
        self.discharge(held)
        self.second_passes.forget(held.key)
        if self.usage is not None:
            self.usage.release(now, pending, held)
        if self.batching:
            self.flushes.counters_changed(now, held.queue.name)
        return pending

    def finish(self, now: int, held: Held, reason: str = "") -> None:
        """A running workload is done; a late end of an evicted one is ignored."""
        if self.held.get(held.key) is held and not held.evicted:
            self.finished += 1
            self.leave(now, self.free(now, held), _FINISHED, reason)

    def leave(self, now: int, pending: Pending, kind: int, reason: str = "") -> None:
        """The workload is gone for good; nothing but its facts are kept of it."""
        del self.pending[pending.key]
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

    def start(self, now: int, pending: Pending, held: Held, delay_ms: int | None) -> None:
        """It is admitted and runs; its pods are ready after ``delay_ms``, never for None."""
        held.admitted, held.admitted_ms = True, now
        if self.usage is not None:
            self.usage.admit(now, pending, held, self.world.queues[held.queue.name])
        self.note_admission(now, _ADMITTED, pending, held.assignments)
        if self.pods is not None:
            clock = Clock(held.workload, pending.done_ms, pending.restarts)
            self.pods.launch(now, held, self.world.flavors, clock, delay_ms)
        elif delay_ms is not None:
            held.since_ms = now + delay_ms
            rest = due(held.workload, pending.done_ms, pending.restarts)
            if rest is not None:
                self._finish_after(held, delay_ms + rest)

    def stop(self, now: int, pending: Pending, held: Held) -> int:
        """Its pods are to end; the run time that is thrown away. The next start goes on from what survives."""
        grace_ms = self.scenario.timing.termination_ms
        if not held.admitted:
            ended = Ended(0, pending.done_ms)
        elif self.pods is not None:
            ended = self.pods.terminate(now, held, grace_ms)
        else:
            clock = Clock(held.workload, pending.done_ms, pending.restarts, held.since_ms)
            ended = Ended(grace_ms, lost_ms=max(0, clock.stop(max(now, held.since_ms))), done_ms=clock.done, ran=True)
        fast = held.workload.owned_by_pod and self.scenario.settings.gate("FastQuotaReleaseInPodIntegration")
        held.gone_after_ms, pending.done_ms = 0 if fast else ended.gone_after_ms, ended.done_ms
        pending.restarts = pending.restarts or ended.ran
        return ended.lost_ms

    def wait_for_checks(self, now: int, pending: Pending, held: Held) -> None:
        """It holds quota and waits for admission checks."""
        held.admitted = False
        self.note_admission(now, _RESERVED, pending, held.assignments)

    def evict(self, now: int, held: Held, reason: str, message: str, by: Pending | None = None) -> None:
        """Its pods are to go; it holds its quota until they are gone. ``by`` is the preemptor."""
        held.evicted = True
        self.by_queue[held.queue.name].reorder()
        self.touch(self.world.queues[held.queue.name].realm)
        self.pending[held.key].reason, self.pending[held.key].message = "PendingEvaluation", message
        self.end_pods(now, held, reason, message, by)
        self.evicted.append(held)

    def end_pods(self, now: int, held: Held, reason: str, message: str, by: Pending | None = None) -> None:
        """Its pods are to go, for this reason."""
        pending = self.pending[held.key]
        kind, culprit = (_EVICTED, NONE) if by is None else (_PREEMPTED, by.number)
        text = self.recorder.text(reason, message)
        lost = self.stop(now, pending, held)
        self.recorder.note((now, kind, pending.number, self.numbers[held.queue.name], text, culprit, NONE, lost))

    def renew(self, held: Held) -> Held:
        """The same holding once more; whatever was to happen to it as it was is void."""
        again = replace(held)
        here = self.by_queue[held.queue.name]
        here.let_go(held)
        here.hold(again)
        self.held[held.key] = again
        self.touch(self.world.queues[held.queue.name].realm)
        return again

    def answer_of(self, pending: Pending) -> tuple[str, str]:
        """Reason and message of why it waits."""
        queue = self.queues.get(pending.queue)
        return (pending.reason, pending.message) if queue is None else queue.answer_of(pending)

    def states(self) -> dict[str, str]:
        """What every workload that is not gone is now, by key: pending, quotaReserved or admitted."""
        found = {key: self.held.get(key) for key in self.pending}
        return {
            key: "pending" if held is None else "admitted" if held.admitted else "quotaReserved"
            for key, held in found.items()
        }

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
