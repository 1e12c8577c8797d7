"""The state of the simulated control plane: who waits, who holds quota, and what the last cycle changed."""

from sim.engine.facts import CODE, NONE, TYPES, Facts, Recorder
from sim.engine.foreign_pods import is_foreign, own_requests
from sim.engine.node_failures import NodeFailures
from sim.engine.pod_facts import PodFacts
from sim.engine.pods import NODE_ACTIONS, Ended, Pods
from sim.engine.policy_changes import changed
from sim.engine.progress import Clock, due
from sim.engine.second_pass import SecondPasses, resettle
from sim.engine.timers import NoTimers, Timers
from sim.model import Action, NodePod, Policy, Scenario, StopPolicy, Workload
from sim.policy.compiled import Queue, Realm, Shapes, World
from sim.policy.cycle import Scheduler
from sim.policy.entities import Held, Pending
from sim.policy.flavors import Assignment
from sim.policy.order import Entry
from sim.policy.pending import PendingQueue
from sim.policy.placement import Pod
from sim.policy.second_pass import eviction_message
from sim.policy.topologies import Topologies

_DUE_TO = {
    "InClusterQueue": "prioritization in the ClusterQueue",
    "InCohortReclamation": "reclamation within the cohort",
    "InCohortFairSharing": "Fair Sharing within the cohort",
    "InCohortReclaimWhileBorrowing": "reclamation within the cohort while borrowing",
}
_SUBMITTED, _PENDING, _ADMITTED = CODE["Submitted"], CODE["Pending"], CODE["Admitted"]
_PREEMPTED, _EVICTED, _REQUEUED = CODE["Preempted"], CODE["Evicted"], CODE["Requeued"]
_FINISHED, _DELETED, _POLICY = CODE["Finished"], CODE["Deleted"], CODE["Policy"]
_ENDED = frozenset(("finished", "deleted"))


class ClusterState:
    """Applies events and decisions, and records a fact for each."""

    def __init__(self, scenario: Scenario, timers: Timers | None = None) -> None:
        timers = NoTimers() if timers is None else timers
        self.recorder = Recorder()
        self._note = self.recorder.note
        self.submitted = 0
        self.finished = 0
        self.pods: Pods | None = None
        """The pods of a scenario with nodes."""
        self.pod_facts = PodFacts(self.recorder, self._numbers_of, self.finish)
        self._scenario = scenario
        self._shapes = Shapes()
        self._states: dict[str, str] = {}
        self._pending: dict[str, Pending] = {}
        self._held: dict[str, Held] = {}
        self._orphans: dict[str, Pending] = {}
        self._second_passes = SecondPasses(timers, self._wake)
        self._nodes = NodeFailures(
            scenario, timers, self._second_passes, self._held, self._pending, self._evict_for_nodes
        )
        self.started: list[tuple[Held, int]] = []
        """Workloads admitted since somebody emptied this list, with the run time they still need in ms."""
        self.evicted: list[Held] = []
        """Workloads evicted since somebody emptied this list."""
        self._build(scenario.policy)

    def _build(self, policy: Policy) -> None:
        self._policy = policy
        settings = self._scenario.settings
        self._world = World(policy, settings)
        hashing = settings.gate("SchedulingEquivalenceHashing")
        self._queues = {name: PendingQueue(name, queue.strict, hashing) for name, queue in self._world.queues.items()}
        self._numbers = {name: self.recorder.queue(name) for name in self._queues}
        self._by_queue: dict[str, dict[str, Held]] = {name: {} for name in self._world.queues}
        self._topologies = Topologies(policy, settings, self._nodes.nodes, self._other_pods())
        self._scheduler = Scheduler(self._world, self._by_queue, self._topologies)
        self._trees: dict[str, list[PendingQueue]] = {}
        by_root: dict[int, list[PendingQueue]] = {}
        for name, root in self._world.roots.items():
            tree = by_root.setdefault(id(root), [])
            tree.append(self._queues[name])
            self._trees[name] = tree
        self.unsettled: dict[Realm, None] = {}
        """Realms that changed since a cycle last looked at them without changing anything."""
        for queue in self._world.queues.values():
            if queue.active:
                queue.realm.waiting.append(self._queues[queue.name])
            self._touch(queue.realm)

    def adopt(self, held: Held) -> None:
        """Take over a workload that holds quota already when the simulation begins."""
        pending = self._pending[held.key] = self._tracked(held.workload, held.timestamp_s)
        pending.queue = held.queue.name
        self._states[held.key] = "admitted"
        self._charge(held)

    @property
    def world(self) -> World:
        return self._world

    @property
    def facts(self) -> Facts:
        """What happened so far."""
        return self.recorder.facts()

    @property
    def holding(self) -> dict[str, Held]:
        """Everything that holds quota, by workload key."""
        return dict(self._held)

    def waiting(self, parked: bool) -> dict[str, list[str]]:
        """Keys of active (or parked) workloads per ClusterQueue, sorted; queues without any are left out."""
        found = {
            name: sorted(item.key for item in queue.waiting() if item.parked is parked)
            for name, queue in self._queues.items()
        }
        return {name: keys for name, keys in found.items() if keys}

    # -- events -------------------------------------------------------------------------------------------

    def arrive(self, now: int, workload: Workload, timestamp_s: int | None = None) -> None:
        """A workload is submitted; its place in the queue follows from its creation unless given (R3.4)."""
        self.submitted += 1
        pending = self._tracked(workload, workload.created_ms // 1000 if timestamp_s is None else timestamp_s)
        key = pending.key
        self._states[key] = "pending"
        self._pending[key] = pending
        queue = self._world.queue_of(workload)
        number = NONE if queue is None else self._numbers[queue.spec.name]
        self._note((now, _SUBMITTED, pending.number, number, NONE, NONE, NONE, 0))
        self._offer(pending, queue)

    def _tracked(self, workload: Workload, timestamp_s: int) -> Pending:
        pod_sets, priority = workload.pod_sets, workload.priority
        shape = self._shapes.of(priority, pod_sets, workload.reclaimable)
        number = self.recorder.workload(workload)
        return Pending(workload, workload.key, "", priority, timestamp_s, shape, pod_sets, number)

    def _offer(self, pending: Pending, queue: Queue | None) -> None:
        if queue is None or not pending.workload.active:
            self._orphans[pending.key] = pending
            return
        name = pending.queue = queue.spec.name
        waiting = self._queues[name]
        waiting.offer(pending)
        if waiting.new_head:
            self.unsettled[queue.realm] = None

    def finish(self, now: int, held: Held) -> None:
        """A running workload is done; a late end of an evicted one is ignored."""
        if self._held.get(held.key) is not held or held.evicted:
            return
        self.finished += 1
        self._uncharge(held)
        self._leave(now, held.key, _FINISHED, "finished")

    def _leave(self, now: int, key: str, kind: int, state: str) -> None:
        """The workload is gone for good; nothing but its final state is kept of it."""
        pending = self._pending.pop(key)
        self._states[key] = state
        self._note((now, kind, pending.number, self._numbers.get(pending.queue, NONE), NONE, NONE, NONE, 0))
        if pending.queue:
            self._flush(pending.queue)

    def release(self, now: int, held: Held) -> None:
        """An evicted workload's pods are gone: its quota is free, and it queues again (R12.28–R12.30)."""
        if self._held.get(held.key) is not held:
            return
        self._uncharge(held)
        pending = self._pending[held.key]
        pending.progress = None
        self._states[held.key] = "pending"
        self._note((now, _REQUEUED, pending.number, self._numbers[held.queue.name], NONE, NONE, NONE, 0))
        self._offer(pending, self._world.queue_of(pending.workload))
        self._flush(held.queue.name)

    def act(self, now: int, action: Action) -> None:
        """Something the administrator does."""
        if action.do == "delete":
            self._delete(now, action.target)
        elif action.do in ("apply", "stop"):
            self._change_policy(now, action)
        elif action.do in NODE_ACTIONS:
            if self.pods is not None:
                self.pods.act(now, action)
            self._change_nodes(now, action)

    def _change_nodes(self, now: int, action: Action) -> None:
        """Topologies take the nodes as they are now, and whatever is parked may have a place (R20.3, R20.82)."""
        self._nodes.act(now, action)
        if not self._topologies.flavors:
            return
        self._topologies.rebuild(self._nodes.nodes, self._other_pods(), self._held.values())
        self._reconsider(room_was_made=True)

    def _reconsider(self, room_was_made: bool) -> None:
        """What topologies have to offer changed; what is parked is tried again when that may help (R20.82)."""
        for queue in self._world.queues.values():
            self._touch(queue.realm)
            if room_was_made:
                self._flush(queue.name)

    def _other_pods(self) -> list[NodePod]:
        """Pods on nodes that topologies have to do without: those that no topology placed (R20.7, R21.32)."""
        mine = () if self.pods is None else self.pods.on_nodes()
        found = [NodePod(pod.workload, node, own_requests(pod)) for held, pod, node in mine if is_foreign(held, pod)]
        return [*self._scenario.node_pods, *found]

    def pod_moved(self, held: Held, pod: Pod, node: str, sign: int) -> None:
        """A pod came to a node (1) or left it (−1); topologies see the difference at once (R21.32)."""
        if not self._topologies.flavors or not is_foreign(held, pod):
            return
        if self._topologies.take_from_node(node, own_requests(pod), sign):
            self._reconsider(room_was_made=sign < 0)

    def look_again(self, held: Held) -> None:
        """The next cycle takes a second look at a workload that holds quota, if there is a reason to."""
        self._second_passes.look_again(self._pending[held.key], held)

    def _wake(self, held: Held) -> None:
        self.unsettled[self._world.queues[held.queue.name].realm] = None

    def _evict_for_nodes(self, now: int, held: Held, message: str) -> None:
        self._evict(now, held, "NodeFailures", None, message)

    def _delete(self, now: int, key: str) -> None:
        held = self._held.get(key)
        pending = self._pending.get(key)
        if pending is None or self._states.get(key) in _ENDED:
            return
        if held is not None:
            if not held.evicted:
                self._stop(now, pending, held)
            self._uncharge(held)
        elif pending.queue:
            self._queues[pending.queue].remove(pending)
            self._touch(self._world.queues[pending.queue].realm)
        self._orphans.pop(key, None)
        self._leave(now, key, _DELETED, "deleted")

    def _change_policy(self, now: int, action: Action) -> None:
        """Rebuild the world under the new policy; usage is recomputed, nothing is evicted (R2.11)."""
        policy = changed(self._policy, action)
        holding = list(self._held.values())
        waiting = [item for queue in self._queues.values() for item in queue.waiting()]
        waiting += list(self._orphans.values())
        self._orphans.clear()
        self._build(policy)
        for held in holding:
            self._charge(_moved(held, self._world.queues[held.queue.name], self._world))
        for pending in waiting:
            pending.progress = pending.nomination = None
            self._offer(pending, self._world.queue_of(pending.workload))
        what = action.target or ", ".join(item.name for item in action.objects)
        self._note((now, _POLICY, NONE, self.recorder.queue(what), NONE, NONE, NONE, 0))
        for spec in policy.cluster_queues:
            if spec.stop_policy is StopPolicy.HOLD_AND_DRAIN:
                for held in list(self._by_queue[spec.name].values()):
                    self._evict(now, held, "ClusterQueueStopped", None, "")

    # -- cycles -------------------------------------------------------------------------------------------

    def cycle(self, now: int) -> bool:
        """One scheduling cycle; True when a workload changed its state or moved between heap and parked.

        Only realms that changed are looked at: in all others every head would get the same answer again.
        """
        heads = self._second_passes.take() + self._pop_heads()
        if not heads:
            return False
        if len(heads) == 1 and heads[0].held is None:
            assignment = self._scheduler.admit_at_once(heads[0])
            if assignment is not None:
                self._admit(now, heads[0], assignment)
                self._rest()
                return True
        moved: set[Realm] = set()
        restless: set[Realm] = set()
        for entry in self._scheduler.decide(heads):
            if self._carry_out(now, entry):
                moved.add(entry.queue.realm)
            elif not entry.settled or entry.pending.progress is not None:
                restless.add(entry.queue.realm)
        for realm in list(self.unsettled):
            if realm not in moved and realm not in restless:
                del self.unsettled[realm]
        return bool(moved)

    def _rest(self) -> None:
        """Realms in which nobody waits any more need no further cycle."""
        for realm in list(self.unsettled):
            for waiting in realm.waiting:
                if waiting.active:
                    break
            else:
                del self.unsettled[realm]

    def _pop_heads(self) -> list[Pending]:
        """The head of every active queue of the realms to look at, by name of the queue."""
        heads: list[Pending] = []
        several = len(self.unsettled) > 1
        for realm in list(self.unsettled):
            before = len(heads)
            for waiting in realm.waiting:
                waiting.new_head = False
                if waiting.active:
                    heads.append(waiting.pop())
            if len(heads) == before:
                del self.unsettled[realm]
        if several:
            heads.sort(key=_queue_name)
        return heads

    def _carry_out(self, now: int, entry: Entry) -> bool:
        if entry.held is not None:
            return self._carry_out_second(now, entry, entry.held)
        if entry.status == "Admitted":
            self._admit(now, entry.pending, entry.assignment)
            return True
        evicting = self._evict_targets(now, entry)
        self._answer(now, entry.pending, entry.pending_reason, entry.message)
        return not self._queues[entry.pending.queue].requeue(entry.pending, entry.requeue_reason) or evicting

    def _carry_out_second(self, now: int, entry: Entry, held: Held) -> bool:
        """What a second pass found: new places, the end of the admission, or another attempt (R20.60–R20.66)."""
        pending = entry.pending
        pending.held = None
        if entry.status == "Admitted":
            self._uncharge(held)
            resettle(held, entry.assignment)
            self._charge(held)
            pending.reason = pending.message = ""
            if self.pods is not None:
                self.pods.move(now, held)
            return True
        if entry.status == "Evicted":
            self._evict_for_nodes(now, held, eviction_message(held))
            return True
        pending.reason, pending.message = "SecondPassFailed", entry.message
        self._second_passes.queue(now, pending, held)
        return self._evict_targets(now, entry)

    def _evict_targets(self, now: int, entry: Entry) -> bool:
        """Evict whom the entry preempts; True when somebody is not on the way out already."""
        pending = entry.pending
        evicting = False
        for target in entry.targets if entry.status == "Preempting" else ():
            if not target.held.evicted:
                message = self._preemption_message(entry, target.held, target.reason)
                self._evict(now, target.held, target.reason, pending, message)
                evicting = True
        return evicting

    def _answer(self, now: int, pending: Pending, reason: str, message: str) -> None:
        """Why it waits; recorded when it is another answer than before."""
        if message != pending.message or reason != pending.reason:
            pending.reason, pending.message = reason, message
            text = self.recorder.text(reason, message)
            self._note((now, _PENDING, pending.number, self._numbers[pending.queue], text, NONE, NONE, 0))

    def _admit(self, now: int, pending: Pending, assignment: Assignment) -> None:
        workload, name = pending.workload, pending.queue
        pod_sets = assignment.admitted()
        held = Held(
            workload,
            pending.key,
            self._world.queues[name].node,
            pending.priority,
            pending.timestamp_s,
            now // 1000,
            assignment.charges,
            assignment.slots,
            pod_sets,
            assignment.topology_usage,
            False,
            workload.queue_name,
        )
        self._charge(held)
        self._queues[name].remove(pending)
        pending.nomination = None
        pending.reason = pending.message = ""
        self._states[held.key] = "admitted"
        admission = self.recorder.admission(pod_sets)
        self._note((now, _ADMITTED, pending.number, self._numbers[name], NONE, NONE, admission, 0))
        self._start(now, pending, held)

    def _start(self, now: int, pending: Pending, held: Held) -> None:
        """Its pods are created; without nodes they run at once."""
        workload = held.workload
        if self.pods is not None:
            clock = Clock(workload, pending.done_ms, pending.restarts)
            self.pods.launch(now, held, self._world.flavors, clock, self._scenario.timing.pod_start_ms)
            return
        held.since_ms = now
        rest = due(workload, pending.done_ms, pending.restarts)
        if rest is not None:
            self.started.append((held, rest))

    def _stop(self, now: int, pending: Pending, held: Held) -> int:
        """Its pods are to end; the run time that is thrown away. The next start goes on from what survives."""
        grace_ms = self._scenario.timing.termination_ms
        if self.pods is None:
            clock = Clock(held.workload, pending.done_ms, pending.restarts, held.since_ms)
            ended = Ended(grace_ms, lost_ms=clock.stop(now), done_ms=clock.done, ran=True)
        else:
            ended = self.pods.terminate(now, held, grace_ms)
        held.gone_after_ms, pending.done_ms = ended.gone_after_ms, ended.done_ms
        pending.restarts = pending.restarts or ended.ran
        return ended.lost_ms

    def _evict(self, now: int, held: Held, reason: str, by: Pending | None, message: str) -> None:
        held.evicted = True
        self._touch(self._world.queues[held.queue.name].realm)
        pending = self._pending[held.key]
        pending.reason, pending.message = "PendingEvaluation", message
        kind, culprit = (_EVICTED, NONE) if by is None else (_PREEMPTED, by.number)
        text = self.recorder.text(reason, message)
        lost = self._stop(now, pending, held)
        self._note((now, kind, pending.number, self._numbers[held.queue.name], text, culprit, NONE, lost))
        self.evicted.append(held)

    def _numbers_of(self, held: Held) -> tuple[int, int]:
        return self._pending[held.key].number, self._numbers[held.queue.name]

    def _preemption_message(self, entry: Entry, victim: Held, reason: str) -> str:
        uid = entry.pending.workload.uid
        return (
            f"Preempted to accommodate a workload (UID: {uid}, JobUID: UNKNOWN) due to {_DUE_TO[reason]}; "
            f"preemptor path: {entry.queue.node.path()}; preemptee path: {victim.queue.path()}"
        )

    # -- bookkeeping --------------------------------------------------------------------------------------

    def _touch(self, realm: Realm) -> None:
        """Something that decisions depend on changed here, and the next cycle has to look at the heads."""
        realm.version += 1
        self.unsettled[realm] = None

    def _charge(self, held: Held) -> None:
        node = held.queue
        for slot, amount in held.usage:
            node.add(slot, amount)
        self._topologies.hold(held)
        self._held[held.key] = held
        self._by_queue[node.name][held.key] = held
        self._touch(self._world.queues[node.name].realm)

    def _uncharge(self, held: Held) -> None:
        node = held.queue
        for slot, amount in held.usage:
            node.remove(slot, amount)
        self._topologies.release(held)
        self._second_passes.forget(held.key)
        del self._held[held.key]
        del self._by_queue[node.name][held.key]
        queue = self._world.queues[node.name]
        queue.generation += 1
        self._touch(queue.realm)

    def _flush(self, queue: str) -> None:
        """Reactivate what is parked in the whole tree (R3.20)."""
        for waiting in self._trees[queue]:
            if waiting.flushable and waiting.flush():
                self.unsettled[self._world.queues[waiting.name].realm] = None

    def final_states(self) -> dict[str, str]:
        return dict(sorted(self._states.items()))

    def answers(self) -> dict[str, tuple[str, str]]:
        """Reason and message of the last evaluation of each workload, as far as it did not succeed."""
        return {key: (one.reason, one.message) for key, one in sorted(self._pending.items()) if one.message}

    def pending_reasons(self) -> dict[str, tuple[str, str]]:
        return {
            key: (self._pending[key].reason, self._pending[key].message)
            for key, state in sorted(self._states.items())
            if state == "pending"
        }

    def fingerprint(self) -> object:
        """Everything that decides what the next cycle does, for telling a loop from progress."""
        return frozenset((key, held.evicted) for key, held in self._held.items())

    def recent_victims(self, now: int) -> tuple[list[str], list[str]]:
        """Workloads and ClusterQueues in the preemptions of this instant, as far as the last facts tell."""
        recent = [fact for fact in self.facts[-2000:] if fact.at_ms == now and TYPES.index(fact.type) == _PREEMPTED]
        names = {fact.workload for fact in recent} | {fact.by for fact in recent}
        queues = {self._pending[name].queue for name in names}
        return sorted(names), sorted(queues)


def _queue_name(pending: Pending) -> str:
    return pending.queue


def _moved(held: Held, queue: Queue, world: World) -> Held:
    """The same holding in the world of a changed policy."""
    amounts: dict[tuple[str, str], int] = {}
    for assignment in held.assignments:
        for resource, flavor in assignment.flavors.items():
            if (flavor, resource) in world.forest.slot_of:
                key = (flavor, resource)
                amounts[key] = amounts.get(key, 0) + assignment.usage[resource]
    held.queue = queue.node
    held.usage = world.forest.usage_of(amounts)
    held.slots = frozenset(slot for slot, _ in held.usage)
    return held
