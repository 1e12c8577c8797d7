"""Nodes as Kueue sees them: which there are, and what happens to workloads that lost one (R20.3, R20.67–R20.73)."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from kueue_sim.engine.nodes.work_on_nodes import WorkOnNodes
from kueue_sim.engine.pods.node_actions import changed
from kueue_sim.engine.queues.second_pass_queue import SecondPasses
from kueue_sim.engine.queues.timers import Timers
from kueue_sim.model import Action, Node, Scenario
from kueue_sim.policy.topology.domains import HOSTNAME
from kueue_sim.policy.workloads.workload_info import Pending, Reservation

POD_EVENTS_MS = 100
"""Kueue collects pod events for so long before it looks at a node (R20.73)."""


class NodeFailures:
    """Keeps the present nodes, marks workloads whose node failed, and sends them to a second pass.

    ``holding`` and ``pending`` are all workloads with quota and all that exist, by key; ``evict`` ends an admission
    for the failure of nodes.
    """

    def __init__(
        self,
        scenario: Scenario,
        timers: Timers,
        passes: SecondPasses,
        holding: Mapping[str, Reservation],
        pending: Mapping[str, Pending],
        evict: Callable[[int, Reservation, str], None],
        work: WorkOnNodes,
    ) -> None:
        self._nodes = {node.name: node for node in scenario.nodes}
        self._enabled = scenario.settings.gate("TASFailedNodeReplacement")
        self._found_ms = scenario.timing.node_failure_ms + (POD_EVENTS_MS if scenario.timing.flush_ms else 0)
        self._batch_ms = POD_EVENTS_MS if scenario.timing.flush_ms else 0
        self._timers = timers
        self._passes = passes
        self._holding = holding
        self._pending = pending
        self._evict = evict
        self._work = work

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes there are now."""
        return tuple(self._nodes.values())

    def follow_work(self, now: int) -> None:
        """Work stops and starts with the nodes it is on."""
        self._work.follow(now, self._holding.values(), self._pending, self._nodes)

    def act(self, now: int, action: Action) -> None:
        """Something happens to nodes. Kueue learns of a node that stops answering when its pods are gone (R20.73). A
        cordon alone does nothing to running pods (R20.69), but the node no longer exists for topologies (R20.3)."""
        name = action.target
        if action.do == "add-nodes":
            self._nodes |= {node.name: node for node in action.nodes}
        elif action.do == "remove-node":
            self._nodes.pop(name, None)
            self._failed(now, name)
        elif name in self._nodes:
            self._nodes[name] = changed(self._nodes[name], action)
            if action.do == "fail" and self._found_ms:
                self._timers.at(now + self._found_ms, name, lambda at: self._failed(at, name))
            elif action.do == "fail":
                self._failed(now, name)
            elif action.do == "repair":
                self._recovered(name)

    def _failed(self, now: int, name: str) -> None:
        """Mark the workloads on the node, unless it is back."""
        node = self._nodes.get(name)
        if node is None or not node.ready:
            self._mark(now, name, _placed_on(name, self._holding.values()))

    def driven_off(self, now: int, name: str, work: Sequence[Reservation]) -> None:
        """The workloads have no pod on the node any more that does not end, since it was drained or tainted: those that
        a topology placed there get another (R20.69, R20.73)."""

        def learn(at: int) -> None:
            held = [one for one in work if self._holding.get(one.key) is one]
            self._mark(at, name, _placed_on(name, held))

        if self._batch_ms:
            self._timers.at(now + self._batch_ms, name, learn, "driven off")
        else:
            learn(now)

    def _mark(self, now: int, name: str, placed: Iterable[Reservation]) -> None:
        """The node is lost to workloads that a topology placed on it. A second node is too much (R20.68–R20.72)."""
        for reservation in placed if self._enabled else ():
            if reservation.unhealthy_nodes and name not in reservation.unhealthy_nodes:
                self.give_up(now, reservation, (*reservation.unhealthy_nodes, name))
            else:
                reservation.unhealthy_nodes = (name,)
                self._passes.queue(now, self._pending[reservation.key], reservation)

    def give_up(self, now: int, reservation: Reservation, failed: Iterable[str]) -> None:
        """Evict a workload that lost several nodes, of which only one could be replaced (R20.72)."""
        cause = "Workload eviction triggered due to multiple TAS assigned node failures, including:"
        self._evict(now, reservation, f"{cause} {', '.join(failed)}")

    def _recovered(self, name: str) -> None:
        """The node is back before the workload could be moved: nothing happens (R20.72)."""
        for reservation in self._holding.values():
            if name in reservation.unhealthy_nodes:
                reservation.unhealthy_nodes = tuple(one for one in reservation.unhealthy_nodes if one != name)


def _placed_on(node: str, holding: Iterable[Reservation]) -> list[Reservation]:
    """Workloads with pods assigned to this very node, by key; evicted ones are on their way out anyway (R20.67)."""
    return sorted(
        (reservation for reservation in holding if not reservation.evicted and _is_on(node, reservation)),
        key=lambda reservation: reservation.key,
    )


def _is_on(node: str, reservation: Reservation) -> bool:
    return any(
        domain.values[-1] == node
        for one in reservation.assignments
        if one.topology is not None and one.topology.levels[-1] == HOSTNAME
        for domain in one.topology.domains
    )
