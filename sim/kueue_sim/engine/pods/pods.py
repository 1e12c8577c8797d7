"""The pods of admitted workloads: from admission over nodes and readiness to the end. Implements R21.40–R21.43.

Kueue admits by quota alone; whether and when the pods find nodes is decided here. Pods wait, are bound, become
ready, run, and end; a gang makes progress while all its pods are ready, other pods each by itself.
"""

import random
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from kueue_sim.engine.pods.emptied_nodes import EMPTYING, Emptying
from kueue_sim.engine.pods.node_actions import changed, driving_off
from kueue_sim.engine.pods.node_report import FreeRoom, NodeReport, Placed, accelerator_of
from kueue_sim.engine.pods.pod_groups import PodGroup
from kueue_sim.engine.pods.pod_shapes import PodShapes
from kueue_sim.engine.pods.pods_in_rounds import PodsInRounds
from kueue_sim.engine.pods.progress import Clock, Ended
from kueue_sim.engine.pods.watcher import Watcher
from kueue_sim.engine.queues.timers import Timers
from kueue_sim.model import Action, Node, ResourceFlavor, Scenario
from kueue_sim.policy.placement import NodeState, Pod, PodQueue, PodShape, place_on
from kueue_sim.policy.workloads.workload_info import Reservation

Work = Callable[[int, PodGroup, int], None]
"""What happens at an instant to the work of a group that one of its clocks, by number, measures."""


class Pods:
    """Follows the pods of all workloads that hold quota and have been admitted."""

    def __init__(self, scenario: Scenario, timers: Timers, watcher: Watcher) -> None:
        draw = random.Random(f"{scenario.seed}/nodes").randrange
        added = [node for action in scenario.timeline for node in action.nodes]
        added += [node for pool in scenario.node_pools for node in pool.nodes]
        self._placer = place_on(scenario.nodes, scenario.placement, draw)
        self._alternating = scenario.placement.alternating
        self._failure_ms = scenario.timing.node_failure_ms
        self._timers = timers
        self._watcher = watcher
        self.occupied: Callable[[int, Reservation, Pod, str, int], None] | None = None
        """Told when a pod takes its place on a node (1) or gives it back (−1)."""
        self._queue = PodQueue()
        self._groups: dict[str, PodGroup] = {}
        self._on: dict[str, dict[Pod, PodGroup]] = {}
        self._dying: set[Pod] = set()
        self.emptying = Emptying(timers, scenario.timing.termination_ms, self._on, self._dying, self._end_pods)
        self._fresh: dict[PodGroup, None] = {}
        self._placed: list[Placed] = []
        self._shapes = PodShapes({item.name: item for item in scenario.policy.flavors})
        self._starts = 0
        self._stale = True
        self._room = FreeRoom(accelerator_of([*scenario.nodes, *added]))
        self._others = [(PodShape.of(other.requests), other.node) for other in scenario.node_pods]
        for shape, name in self._others:
            node = self._placer.nodes.by_name.get(name)
            if node is not None:
                self._placer.nodes.bind(shape, node)
        self._room.update(0, self._placer, ())
        self.in_rounds = PodsInRounds(self._groups, self._on, self._queue, self._room, self._placed)

    # -- a workload's pods --------------------------------------------------------------------------------

    def launch(
        self,
        now: int,
        reservation: Reservation,
        flavors: Mapping[str, ResourceFlavor],
        clock: Clock,
        delay_ms: int | None,
        elsewhere: bool = False,
    ) -> None:
        """A workload is admitted: its pods are created, ``elsewhere`` in another cluster, where they need no node.
        ``clock`` tells how far its work has come, ``delay_ms`` the time from binding to readiness, None for never."""
        self._starts += 1
        if self._shapes.flavors is not flavors:
            self._shapes = PodShapes(flavors)
        group = PodGroup(reservation, self._shapes, self._starts, now, delay_ms, self._room.resource, elsewhere)
        group.create()
        group.clocks = [clock] if group.gang else [replace(clock) for _ in group.pods]
        group.open = len(group.pods)
        self._groups[reservation.key] = group
        self._enqueue(now, group, () if elsewhere else group.pods)

    def adopt(
        self,
        reservation: Reservation,
        flavors: Mapping[str, ResourceFlavor],
        clock: Clock,
        delay_ms: int | None,
        began_ms: int | None,
        nodes: Sequence[Sequence[str]],
        elsewhere: bool,
    ) -> None:
        """A workload that is admitted when the simulation begins. Its pods are on ``nodes``, pod set by pod set; those
        of which no node is known are placed first of all. Its work began at ``began_ms``, None when it did not yet."""
        self.launch(0, reservation, flavors, clock, delay_ms, elsewhere)
        group = self._groups[reservation.key]
        group.began_ms = began_ms
        rooms = [list(names) for names in nodes]
        self._queue.discard(group.pods)
        for pod in () if elsewhere else group.pods:
            pod.gone = False
            known = rooms[pod.pod_set] if pod.pod_set < len(rooms) else []
            node = self._placer.nodes.by_name.get(known.pop(0)) if known else None
            if node is None:
                self._queue.add(pod)
            else:
                self._placer.nodes.bind(pod.shape, node)
                pod.node = node
                self._took(0, group, pod)

    def _took(self, now: int, group: PodGroup, pod: Pod) -> None:
        """A pod has its node."""
        assert pod.node is not None
        self._on.setdefault(pod.node.name, {})[pod] = group
        group.take(now, pod)
        if self.occupied is not None:
            self.occupied(now, group.reservation, pod, pod.node.name, 1)

    def _enqueue(self, now: int, group: PodGroup, pods: Iterable[Pod]) -> None:
        for pod in pods:
            turn = (pod.index, group.number) if self._alternating else (group.number, pod.index)
            pod.order = (now, *turn)
            self._queue.add(pod)
            group.waiting += 1
        self._fresh[group] = None
        self._stale = True

    def place(self, now: int) -> None:
        """Give nodes to waiting pods, if anything changed since the last time. Implements R21.33."""
        if not self._stale:
            return
        self._stale = False
        touched = self._fresh
        self._fresh = {}
        for pod in self._queue.place(self._placer):
            group = self._groups[pod.workload]
            self._took(now, group, pod)
            touched.setdefault(group)
            if group.gang:
                continue
            if group.delay_ms == 0:
                self._run(now, group, group.share(pod))
            else:
                self._later(now, group.delay_ms, "run", group, group.share(pod), self._run)
        for group in touched:
            if group.waiting:
                self._report(now, group)
            else:
                self._await_ready(now, group)
        self._room.update(now, self._placer, self._queue.shapes)

    def _report(self, now: int, group: PodGroup) -> None:
        """Say once per stretch of waiting why its first pod has no node."""
        without = next((pod for pod in group.pods if pod.node is None and not pod.gone), None)
        if without is not None and not group.reported:
            group.reported = True
            self._watcher.pods_unschedulable(now, group.reservation, self._placer.explain(without.shape))

    def _await_ready(self, now: int, group: PodGroup) -> None:
        epoch = group.epoch
        group.ready_due_ms = None if group.delay_ms is None else now + group.delay_ms

        def become_ready(at: int) -> None:
            group.reported = False
            group.set_ready(at, True)
            if group.gang:
                self._run(at, group, 0)
            self._watcher.pods_ready(at, group.reservation)

        if group.delay_ms == 0:
            become_ready(now)
        elif group.delay_ms is not None:
            key, is_void = group.reservation.key, lambda: group.epoch != epoch
            self._timers.at(now + group.delay_ms, key, become_ready, "ready", is_void)

    # -- the work the pods do -----------------------------------------------------------------------------

    def _later(self, now: int, delay_ms: int | None, what: str, group: PodGroup, share: int, do: Work) -> None:
        """Do it after this time unless the clock of this number was stopped until then; never for None."""
        clock, key = group.clocks[share], group.reservation.key
        epoch = clock.epoch
        if delay_ms is not None:
            self._timers.at(
                now + delay_ms, key, lambda at: do(at, group, share), f"{what} {share}", lambda: clock.epoch != epoch
            )

    def _run(self, now: int, group: PodGroup, share: int) -> None:
        if not group.started:
            group.started = True
            self._watcher.pods_started(now, group.reservation, group.where())
        began, clock = now if group.began_ms is None else min(now, group.began_ms), group.clocks[share]
        clock.start(began)
        self._later(began, clock.due, "done", group, share, self._complete)

    def _complete(self, now: int, group: PodGroup, share: int) -> None:
        """Work is done: that of a whole gang, or of one pod."""
        for pod in group.pods:
            if group.share(pod) == share:
                self._leave(now, group, pod)
                group.open -= 1
        if not group.open:
            self._close(now, group)
            self._watcher.finish(now, group.reservation)

    def _leave(self, now: int, group: PodGroup, pod: Pod) -> None:
        """A pod is gone for good."""
        node, pod.node, pod.gone = pod.node, None, True
        self._dying.discard(pod)
        if node is not None:
            del self._on[node.name][pod]
            if self._placer.nodes.by_name.get(node.name) is node:
                self._placer.nodes.unbind(pod.shape, node)
            group.give(now, pod)
            self._stale = True
            if self.occupied is not None:
                self.occupied(now, group.reservation, pod, node.name, -1)

    def _close(self, now: int, group: PodGroup) -> None:
        self._placed.append(group.placed(now, ended=True))
        group.set_ready(now, False)
        del self._groups[group.reservation.key]
        self._fresh.pop(group, None)

    def terminate(self, now: int, reservation: Reservation, grace_ms: int) -> Ended:
        """The workload is evicted, deleted or deactivated: pods without node vanish, the others keep theirs for the
        grace period. Implements R21.42 and R6.12."""
        group = self._groups.get(reservation.key)
        if group is None or group.reservation is not reservation:
            return Ended()
        lost = [clock.stop(now) for clock in group.clocks]
        bound = group.bound
        self._queue.discard(pod for pod in group.pods if pod.node is None)
        self._close(now, group)

        def leave(at: int) -> None:
            for pod in bound:
                self._leave(at, group, pod)

        grace_ms = grace_ms if bound or group.elsewhere else 0
        if grace_ms:
            self._timers.at(now + grace_ms, reservation.key, leave, "gone")
        else:
            leave(now)
        done = min(clock.done for clock in group.clocks)
        return Ended(grace_ms, done, sum(lost) // len(lost), any(clock.restarts for clock in group.clocks))

    def whereabouts(self, reservation: Reservation) -> tuple[int | None, tuple[tuple[str, ...], ...]]:
        """When its work began or, with all pods on nodes, will begin; None where neither is known; and the nodes of its
        pods, pod set by pod set."""
        group = self._groups.get(reservation.key)
        if group is None or group.reservation is not reservation:
            return None, ()
        began = [clock.since for clock in group.clocks if clock.since is not None]
        parts = range(1 + max((pod.pod_set for pod in group.pods), default=-1))
        names = tuple(
            tuple(pod.node.name for pod in group.pods if pod.pod_set == part and pod.node is not None) for part in parts
        )
        ahead = group.ready_due_ms if self.all_scheduled(reservation) else None
        return (min(began) if began else ahead), names

    def all_scheduled(self, reservation: Reservation) -> bool:
        """Whether every pod of an admission has a node."""
        group = self._groups.get(reservation.key)
        return group is None or not group.waiting

    def done_ms(self, reservation: Reservation) -> int:
        """Run time of an admission that survived interruptions so far."""
        group = self._groups.get(reservation.key)
        return 0 if group is None else min(clock.done for clock in group.clocks)

    def reached_ms(self, now: int, reservation: Reservation) -> int:
        """How far the work of a workload has come, that of its slowest pod where pods work for themselves."""
        group = self._groups[reservation.key]
        return min((clock.reached(now) for clock in group.clocks), default=0)

    def on_nodes(self) -> Iterator[tuple[Reservation, Pod, str]]:
        """All pods that are on a node, with the name of the node."""
        for node, pods in self._on.items():
            for pod, group in pods.items():
                yield group.reservation, pod, node

    # -- what an autoscaler looks at ----------------------------------------------------------------------

    @property
    def waiting(self) -> list[PodShape]:
        """The shape of every pod without node, in the order of the queue."""
        return self._queue.waiting

    @property
    def node_specs(self) -> list[Node]:
        """The nodes there are now."""
        return [state.spec for state in self._placer.nodes.states]

    @property
    def loads(self) -> list[tuple[PodShape, str]]:
        """What has its place on a node now, with the node's name."""
        there = self._placer.nodes.by_name
        mine = [(pod.shape, node) for node, pods in self._on.items() if node in there for pod in pods]
        return [*((shape, node) for shape, node in self._others if node in there), *mine]

    @property
    def stamp(self) -> tuple[int, int]:
        """Another one whenever nodes or their loads changed."""
        return len(self._placer.nodes.states), self._placer.nodes.stamp

    def shapes_of(self, reservation: Reservation) -> list[PodShape]:
        """The pods that an admission would create."""
        return [shape for shapes in self._shapes.of(reservation) for shape in shapes]

    def follows(self, reservation: Reservation) -> bool:
        """Whether the pods of this admission exist."""
        group = self._groups.get(reservation.key)
        return group is not None and group.reservation is reservation

    # -- nodes that change --------------------------------------------------------------------------------

    def act(self, now: int, action: Action) -> None:
        """A node is cordoned, uncordoned, drained, tainted, fails, is repaired or removed; or nodes are added."""
        nodes = self._placer.nodes
        self._stale = True
        for name in (action.target,) if action.target else (node.name for node in action.nodes):
            self._watcher.node_changed(now, name, action.do)
        if action.do == "add-nodes":
            self._placer.resize([*nodes.states, *(NodeState(node) for node in action.nodes)])
            return
        state = nodes.by_name.get(action.target)
        if state is None:
            return
        if action.do == "remove-node":
            self._end_pods(now, state, 0, self._on.get(state.name, ()), "NodeFailed")
            self._placer.resize([other for other in nodes.states if other is not state])
            return
        taints = driving_off(action, state.spec)
        nodes.respecify(state, changed(state.spec, action))
        if action.do == "fail":
            self._end_pods(now, state, self._failure_ms, self._on.get(state.name, ()), "NodeFailed")
        elif action.do in EMPTYING:
            self.emptying.empty(now, state, action.do, taints)

    def _end_pods(self, now: int, node: NodeState, delay_ms: int, leaving: Container[Pod], why: str) -> None:
        """The work of the leaving pods of a node stops at once; they are found to be gone after the delay. Implements
        R21.43."""
        affected: dict[PodGroup, list[Pod]] = {}
        for pod, group in self._on.get(node.name, {}).items():
            if self._groups.get(pod.workload) is group and pod not in self._dying and pod in leaving:
                affected.setdefault(group, []).append(pod)
                self._dying.add(pod)
                group.waiting += 1
        for group, pods in affected.items():
            clocks = group.clocks if group.gang else [group.clock(pod) for pod in pods]
            running = any(clock.since is not None for clock in clocks)
            lost = [clock.stop(now) for clock in clocks]
            group.began_ms = None
            group.set_ready(now, False)
            if running:
                group.started = not group.gang
                self._watcher.pods_lost(now, group.reservation, node.name, sum(lost) // len(group.clocks), why)
            if delay_ms:
                self._timers.at(now + delay_ms, group.reservation.key, self._recreating(group, pods), "again")
            else:
                self._recreate(now, group, pods)

    def _recreating(self, group: PodGroup, pods: list[Pod]) -> Callable[[int], None]:
        return lambda at: self._recreate(at, group, pods)

    def _recreate(self, now: int, group: PodGroup, pods: list[Pod]) -> None:
        """Pods that died are replaced by new ones, which wait for a node; quota is kept throughout."""
        if self._groups.get(group.reservation.key) is not group:
            return
        for pod in pods:
            self._leave(now, group, pod)
            pod.gone = False
        group.waiting -= len(pods)
        group.reshape(pods)
        self._enqueue(now, group, pods)

    def move(self, now: int, reservation: Reservation) -> None:
        """The workload's topology assignment changed: pods without node go where it says now (R20.64)."""
        group = self._groups.get(reservation.key)
        if group is not None and group.reservation is reservation and group.waiting:
            pods = [pod for pod in group.pods if pod.node is None and not pod.gone]
            self._queue.discard(pods)
            group.reshape(pods)
            group.waiting -= len(pods)
            for pod in pods:
                pod.gone = False
            self._enqueue(now, group, pods)

    def report(self, end_ms: int) -> NodeReport:
        """How the nodes did up to the end of the run."""
        uses, room = self._room.close(end_ms), self._room
        still = [group.placed(end_ms, ended=False) for group in self._groups.values()]
        return NodeReport(room.resource, uses, (*self._placed, *still), room.free_ms, room.stuck_ms)
