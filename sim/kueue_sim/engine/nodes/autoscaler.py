"""An autoscaler of nodes: pods without a place and ProvisioningRequests bring nodes, empty nodes go after a while.

Modelled after the cluster autoscaler of Kubernetes as far as quota is concerned: a node comes for pods that fit on
nothing that is there or on its way, from the first pool that would take them; ProvisioningRequests get all their nodes
or none; nodes with any pod stay. What the real one does besides (moving pods off little used nodes, expanders, failed
orders) is left out.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from kueue_sim.engine.pods.pods import Pods
from kueue_sim.engine.queues.timers import Timers
from kueue_sim.model import Action, AutoscaledPool, CheckAnswer, Node, Scenario
from kueue_sim.policy.placement import NodeState, Placer, PodShape, place_on
from kueue_sim.policy.placement.filters import refusal
from kueue_sim.policy.workloads.workload_info import Reservation

_KEY = "node autoscaler"


class NodeAutoscaler:
    """Orders and gives back the nodes of the pools of one scenario. Times in milliseconds.

    ``holding`` is what holds quota, by key; ``act`` changes nodes later in this instant.
    """

    def __init__(
        self,
        scenario: Scenario,
        pods: Pods,
        timers: Timers,
        holding: Mapping[str, Reservation],
        act: Callable[[Action], None],
    ) -> None:
        self._scenario = scenario
        self._pools = scenario.node_pools
        self._pods = pods
        self._timers = timers
        self._holding = holding
        self._act = act
        self._due: dict[str, int] = {}
        self._promised: dict[str, tuple[Reservation, list[PodShape]]] = {}
        self._empty_since: dict[str, int] = {}
        self._seen: object = None
        self._take_over()
        self._look_for_empty(0)

    def _take_over(self) -> None:
        """Nodes that were on their way when the scenario began, and how long others had been empty."""
        for pool in self._pools:
            nodes = {node.name: node for node in pool.nodes}
            for name, at_ms in pool.ordered:
                self._due[name] = at_ms
                self._timers.at(at_ms, _KEY, self._arriving((nodes[name],)))
            for name, since_ms in pool.empty:
                self._empty_since[name] = since_ms
                self._timers.at(max(0, since_ms + pool.idle_ms), _KEY, lambda _: None)

    def present(self, base_ms: int) -> tuple[AutoscaledPool, ...]:
        """The pools as they are now, for a scenario that begins at ``base_ms``."""
        return tuple(
            replace(
                pool,
                ordered=tuple(
                    (node.name, self._due[node.name] - base_ms) for node in pool.nodes if node.name in self._due
                ),
                empty=tuple(
                    (node.name, self._empty_since[node.name] - base_ms)
                    for node in pool.nodes
                    if node.name in self._empty_since
                ),
            )
            for pool in self._pools
        )

    def look(self, now: int) -> None:
        """What waits and what is empty at the end of this instant."""
        self._keep_promises()
        waiting = self._pods.waiting
        seen = (self._pods.stamp, len(waiting), tuple(self._due), tuple(self._promised))
        if waiting and seen != self._seen:
            self._seen = seen
            room = self._room()
            missing = [shape for shape in waiting if not _taken(room, shape)]
            self._order(now, self._nodes_for(missing, room)[0])
        self._look_for_empty(now)

    def provision(self, now: int, reservation: Reservation) -> CheckAnswer:
        """What a ProvisioningRequest for these pods is answered: Ready when all their nodes are there, Failed when the
        pools do not have as many."""
        self._keep_promises()
        shapes, room = self._pods.shapes_of(reservation), self._room()
        missing = [shape for shape in shapes if not _taken(room, shape)]
        nodes, without = self._nodes_for(missing, room)
        if without:
            return CheckAnswer("Failed")
        self._order(now, nodes)
        self._promised[reservation.key] = (reservation, shapes)
        return CheckAnswer("Ready", max((self._due[name] for name in self._used(room, shapes)), default=now) - now)

    # -- more nodes ---------------------------------------------------------------------------------------

    def _room(self) -> Placer:
        """The nodes that are there or on their way, with all that has its place there."""
        nodes = [
            *self._pods.node_specs,
            *(node for pool in self._pools for node in pool.nodes if node.name in self._due),
        ]
        room = place_on(nodes, self._scenario.placement, lambda _: 0)
        for shape, node in self._pods.loads:
            room.nodes.bind(shape, room.nodes.by_name[node])
        for _, shapes in self._promised.values():
            for shape in shapes:
                _taken(room, shape)
        return room

    def _nodes_for(self, missing: Iterable[PodShape], room: Placer) -> tuple[list[tuple[AutoscaledPool, Node]], int]:
        """The nodes to order for pods without a place, and how many pods no pool has a node for."""
        found: list[tuple[AutoscaledPool, Node]] = []
        without = 0
        taken = {state.name for state in room.nodes.states}
        for shape in missing:
            if _taken(room, shape):
                continue
            chosen = next(
                ((pool, node) for pool in self._pools for node in _next(pool, taken) if _takes(node, shape)), None
            )
            if chosen is None:
                without += 1
                continue
            found.append(chosen)
            taken.add(chosen[1].name)
            room.resize([*room.nodes.states, NodeState(chosen[1])])
            _taken(room, shape)
        return found, without

    def _order(self, now: int, nodes: Iterable[tuple[AutoscaledPool, Node]]) -> None:
        """Ask for nodes; those of one pool come together, and at the beginning where they would have come before."""
        by_pool: dict[str, tuple[AutoscaledPool, list[Node]]] = {}
        for pool, node in nodes:
            by_pool.setdefault(pool.name, (pool, []))[1].append(node)
            self._due[node.name] = max(0, now + pool.delay_ms)
        for pool, ordered in by_pool.values():
            self._timers.at(max(0, now + pool.delay_ms), _KEY, self._arriving(tuple(ordered)))

    def _arriving(self, nodes: tuple[Node, ...]) -> Callable[[int], None]:
        def arrive(_: int) -> None:
            for node in nodes:
                del self._due[node.name]
            self._act(Action(0, "add-nodes", nodes=nodes))

        return arrive

    def _used(self, room: Placer, shapes: Iterable[PodShape]) -> list[str]:
        """Names of the nodes on their way that pods of these shapes may have been given."""
        accepted = {state.name for shape in set(shapes) for state in room.accepted(shape) if state.name in self._due}
        return [name for name in accepted if room.nodes.by_name[name].used("pods")]

    def _keep_promises(self) -> None:
        """Requests whose pods have come, or will not come any more, hold no room."""
        for key, (reservation, _) in list(self._promised.items()):
            gone = self._holding.get(key) is not reservation or reservation.evicted
            if gone or self._pods.follows(reservation):
                del self._promised[key]

    # -- fewer nodes --------------------------------------------------------------------------------------

    def _look_for_empty(self, now: int) -> None:
        """Nodes that have been empty for long enough go, the last ones first, as long as the minimum stays."""
        there = {node.name for node in self._pods.node_specs}
        loaded = {node for _, node in self._pods.loads}
        for pool in self._pools:
            present = [node.name for node in pool.nodes if node.name in there]
            for name in present:
                if name in loaded:
                    self._empty_since.pop(name, None)
                elif name not in self._empty_since:
                    self._empty_since[name] = now
                    self._timers.at(now + pool.idle_ms, _KEY, lambda _: None)
            spare = len(present) - pool.minimum
            idle = [name for name in present if now - self._empty_since.get(name, now) >= pool.idle_ms]
            for name in reversed(idle[-spare:] if spare > 0 and not self._promised else []):
                self._empty_since[name] = now
                self._timers.at(now, _KEY, self._leaving(name))

    def _leaving(self, name: str) -> Callable[[int], None]:
        def leave(_: int) -> None:
            del self._empty_since[name]
            self._act(Action(0, "remove-node", name))

        return leave


def _taken(room: Placer, shape: PodShape) -> bool:
    """Whether a pod finds a place, which it then has."""
    node = room.choose(shape)
    if node is not None:
        room.nodes.bind(shape, node)
    return node is not None


def _next(pool: AutoscaledPool, taken: set[str]) -> list[Node]:
    """The node that would come next of a pool, if it may have one more."""
    return [node for node in pool.nodes if node.name not in taken][:1]


def _takes(node: Node, shape: PodShape) -> bool:
    return refusal(node, shape.constraint) is None and NodeState(node).fits(shape.requests)
