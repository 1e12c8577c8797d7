"""The state of the simulated control plane: who waits, who holds quota, and what the last cycle changed."""

from sim.engine.facts import EventType, Fact
from sim.model import Action, PodSetAssignment, Policy, Scenario, StopPolicy, Workload
from sim.policy.compiled import Queue, Shapes, World
from sim.policy.cycle import Scheduler
from sim.policy.entities import Held, Pending
from sim.policy.order import Entry
from sim.policy.pending import PendingQueue

_DUE_TO = {
    "InClusterQueue": "prioritization in the ClusterQueue",
    "InCohortReclamation": "reclamation within the cohort",
    "InCohortFairSharing": "Fair Sharing within the cohort",
    "InCohortReclaimWhileBorrowing": "reclamation within the cohort while borrowing",
}


class ClusterState:
    """Applies events and decisions, and records a fact for each."""

    def __init__(self, scenario: Scenario) -> None:
        self.facts: list[Fact] = []
        self.submitted = 0
        self.finished = 0
        self._scenario = scenario
        self._shapes = Shapes()
        self._states: dict[str, str] = {}
        self._pending: dict[str, Pending] = {}
        self._held: dict[str, Held] = {}
        self._progress_ms: dict[str, int] = {}
        self._orphans: dict[str, Pending] = {}
        self._started: list[tuple[Held, int | None]] = []
        self._evicted: list[Held] = []
        self._build(scenario.policy)

    def _build(self, policy: Policy) -> None:
        self._policy = policy
        settings = self._scenario.settings
        self._world = World(policy, settings)
        hashing = settings.gate("SchedulingEquivalenceHashing")
        self._queues = {name: PendingQueue(name, queue.strict, hashing) for name, queue in self._world.queues.items()}
        self._by_queue: dict[str, dict[str, Held]] = {name: {} for name in self._world.queues}
        self._scheduler = Scheduler(self._world, self._by_queue)
        self._trees: dict[str, list[str]] = {}
        for name, root in self._world.roots.items():
            self._trees.setdefault(root.path(), []).append(name)

    def adopt(self, held: Held) -> None:
        """Take over a workload that holds quota already when the simulation begins."""
        workload = held.workload
        shape = self._shapes.of(workload.priority, workload.pod_sets, workload.reclaimable)
        pending = Pending(workload, held.queue.name, held.priority, held.timestamp_s, shape, workload.pod_sets)
        self._pending[held.key] = pending
        self._states[held.key] = "admitted"
        self._held[held.key] = held
        self._by_queue[held.queue.name][held.key] = held
        for slot, amount in held.usage:
            held.queue.add(slot, amount)

    @property
    def world(self) -> World:
        return self._world

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

    def arrive(self, now: int, workload: object, timestamp_s: int | None = None) -> None:
        """A workload is submitted; its place in the queue follows from its creation unless given (R3.4)."""
        assert isinstance(workload, Workload)
        self.submitted += 1
        self._states[workload.key] = "pending"
        pod_sets = workload.pod_sets
        shape = self._shapes.of(workload.priority, pod_sets, workload.reclaimable)
        stamp = workload.created_ms // 1000 if timestamp_s is None else timestamp_s
        pending = Pending(workload, "", workload.priority, stamp, shape, pod_sets)
        self._pending[workload.key] = pending
        self._record(now, "Submitted", workload.key)
        self._offer(pending)

    def _offer(self, pending: Pending) -> None:
        queue = self._world.queue_of(pending.workload)
        if queue is None or not pending.workload.active:
            self._orphans[pending.key] = pending
            return
        pending.queue = queue.spec.name
        self._queues[pending.queue].offer(pending)

    def finish(self, now: int, held: object) -> None:
        """A running workload is done; a late end of an evicted one is ignored."""
        assert isinstance(held, Held)
        if self._held.get(held.key) is not held or held.evicted:
            return
        self.finished += 1
        self._states[held.key] = "finished"
        self._uncharge(held)
        self._record(now, "Finished", held.key, held.queue.name)
        self._flush(held.queue.name)

    def release(self, now: int, held: object) -> None:
        """An evicted workload's pods are gone: its quota is free, and it queues again (R12.28–R12.30)."""
        assert isinstance(held, Held)
        if self._held.get(held.key) is not held:
            return
        self._uncharge(held)
        pending = self._pending[held.key]
        pending.progress = None
        self._states[held.key] = "pending"
        self._record(now, "Requeued", held.key, held.queue.name)
        self._offer(pending)
        self._flush(held.queue.name)

    def act(self, now: int, action: object) -> None:
        """Something the administrator does."""
        assert isinstance(action, Action)
        if action.do == "delete":
            self._delete(now, action.target)
        elif action.do in ("apply", "stop"):
            self._change_policy(now, action)

    def _delete(self, now: int, key: str) -> None:
        held = self._held.get(key)
        pending = self._pending.get(key)
        if pending is None or self._states.get(key) in ("finished", "deleted"):
            return
        self._states[key] = "deleted"
        queue = pending.queue
        if held is not None:
            self._uncharge(held)
        elif pending.queue:
            self._queues[pending.queue].remove(pending)
        self._orphans.pop(key, None)
        self._record(now, "Deleted", key, queue)
        if queue:
            self._flush(queue)

    def _change_policy(self, now: int, action: Action) -> None:
        """Rebuild the world under the new policy; usage is recomputed, nothing is evicted (R2.11)."""
        policy = _changed(self._policy, action)
        holding = list(self._held.values())
        waiting = [item for queue in self._queues.values() for item in queue.waiting()]
        waiting += list(self._orphans.values())
        self._orphans.clear()
        self._build(policy)
        for held in holding:
            queue = self._world.queues[held.queue.name]
            self._held[held.key] = moved = _moved(held, queue, self._world)
            self._by_queue[queue.spec.name][held.key] = moved
            for slot, amount in moved.usage:
                queue.node.add(slot, amount)
        for pending in waiting:
            pending.progress = None
            self._offer(pending)
        self._record(now, "Policy", "", action.target or ", ".join(item.name for item in action.objects))
        for spec in policy.cluster_queues:
            if spec.stop_policy is StopPolicy.HOLD_AND_DRAIN:
                for held in list(self._by_queue[spec.name].values()):
                    self._evict(now, self._held[held.key], "ClusterQueueStopped", "", "")

    # -- cycles -------------------------------------------------------------------------------------------

    def has_heads(self) -> bool:
        return any(len(queue) and queue.active for queue in self._queues.values())

    def cycle(self, now: int) -> bool:
        """One scheduling cycle; True when a workload changed its state or moved between heap and parked."""
        heads = []
        for name in sorted(self._queues):
            if self._world.queues[name].active and self._queues[name].active:
                head = self._queues[name].pop()
                if head is not None:
                    heads.append(head)
        if not heads:
            return False
        changed = False
        for entry in self._scheduler.decide(heads):
            changed = self._carry_out(now, entry) or changed
        return changed

    def _carry_out(self, now: int, entry: Entry) -> bool:
        pending = entry.pending
        if entry.status == "Admitted":
            self._admit(now, entry)
            return True
        changed = False
        for target in entry.targets if entry.status == "Preempting" else ():
            if not target.held.evicted:
                message = self._preemption_message(entry, target.held, target.reason)
                self._evict(now, target.held, target.reason, pending.key, message)
                changed = True
        pending.reason, pending.message = entry.pending_reason, entry.message
        self._record(now, "Pending", pending.key, pending.queue, entry.pending_reason, entry.message)
        return not self._queues[pending.queue].requeue(pending, entry.requeue_reason) or changed

    def _admit(self, now: int, entry: Entry) -> None:
        pending = entry.pending
        assignments = tuple(
            PodSetAssignment(
                result.pod_set.name,
                {resource: choice.flavor for resource, choice in result.flavors.items()},
                {resource: result.requests.get(resource, 0) for resource in result.flavors},
                result.count,
            )
            for result in entry.assignment.pod_sets
        )
        node = entry.queue.node
        usage = tuple(sorted(entry.assignment.usage.items()))
        held = Held(
            pending.workload,
            node,
            pending.priority,
            pending.timestamp_s,
            now // 1000,
            usage,
            frozenset(entry.assignment.usage),
            assignments,
            local_queue=pending.workload.queue_name,
        )
        for slot, amount in usage:
            node.add(slot, amount)
        self._held[held.key] = held
        self._by_queue[node.name][held.key] = held
        self._queues[pending.queue].remove(pending)
        self._states[held.key] = "admitted"
        self._record(now, "Admitted", held.key, node.name, pod_sets=assignments)
        runtime = pending.workload.runtime_ms
        done = self._progress_ms.get(held.key, 0)
        self._started.append((held, None if runtime is None else max(0, runtime - done)))

    def _evict(self, now: int, held: Held, reason: str, by: str, message: str) -> None:
        held.evicted = True
        pending = self._pending[held.key]
        pending.reason, pending.message = "PendingEvaluation", message
        lost = now - held.reserved_s * 1000
        kind: EventType = "Preempted" if by else "Evicted"
        self._record(now, kind, held.key, held.queue.name, reason, message, by, lost_ms=max(0, lost))
        self._evicted.append(held)

    def _preemption_message(self, entry: Entry, victim: Held, reason: str) -> str:
        uid = entry.pending.workload.uid
        return (
            f"Preempted to accommodate a workload (UID: {uid}, JobUID: UNKNOWN) due to {_DUE_TO[reason]}; "
            f"preemptor path: {entry.queue.node.path()}; preemptee path: {victim.queue.path()}"
        )

    # -- bookkeeping --------------------------------------------------------------------------------------

    def _uncharge(self, held: Held) -> None:
        for slot, amount in held.usage:
            held.queue.remove(slot, amount)
        del self._held[held.key]
        del self._by_queue[held.queue.name][held.key]
        self._world.queues[held.queue.name].generation += 1

    def _flush(self, queue: str) -> None:
        """Reactivate what is parked in the whole tree (R3.20)."""
        for name in self._trees[self._world.roots[queue].path()]:
            self._queues[name].flush()

    def _record(
        self,
        now: int,
        kind: EventType,
        workload: str,
        queue: str = "",
        reason: str = "",
        message: str = "",
        by: str = "",
        pod_sets: tuple[PodSetAssignment, ...] = (),
        lost_ms: int = 0,
    ) -> None:
        self.facts.append(Fact(now, kind, workload, queue, reason, message, by, pod_sets, lost_ms))

    def take_started(self) -> list[tuple[Held, int | None]]:
        started, self._started = self._started, []
        return started

    def take_evicted(self) -> list[Held]:
        """Workloads evicted by the last cycle, by key."""
        evicted, self._evicted = self._evicted, []
        return sorted(evicted, key=lambda held: held.key)

    def final_states(self) -> dict[str, str]:
        return dict(sorted(self._states.items()))

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
        recent = [fact for fact in self.facts[-2000:] if fact.at_ms == now and fact.type == "Preempted"]
        names = {fact.workload for fact in recent} | {fact.by for fact in recent}
        queues = {self._pending[name].queue for name in names}
        return sorted(names), sorted(queues)


def _moved(held: Held, queue: Queue, world: World) -> Held:
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


def _changed(policy: Policy, action: Action) -> Policy:
    from dataclasses import replace

    if action.do == "stop":
        stop = StopPolicy(action.stop_policy)
        if "/" in action.target:
            return replace(
                policy,
                local_queues=tuple(
                    replace(q, stop_policy=stop) if f"{q.namespace}/{q.name}" == action.target else q
                    for q in policy.local_queues
                ),
            )
        return replace(
            policy,
            cluster_queues=tuple(
                replace(q, stop_policy=stop) if q.name == action.target else q for q in policy.cluster_queues
            ),
        )
    fields = {
        "ResourceFlavor": "flavors",
        "ClusterQueue": "cluster_queues",
        "Cohort": "cohorts",
        "LocalQueue": "local_queues",
    }
    for item in action.objects:
        name = fields[type(item).__name__]
        kept = [old for old in getattr(policy, name) if old.name != item.name]
        policy = replace(policy, **{name: (*kept, item)})
    return policy
