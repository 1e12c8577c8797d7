"""How well the nodes are used: what each had allocated, what was free, and what of it no waiting pod could use."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kueue_sim.model import Node
from kueue_sim.policy.placement import Nodes, NodeState, Placer, PodShape


@dataclass(frozen=True, slots=True)
class NodeUse:
    """One node over the run, in accelerator·milliseconds; it was there for ``there_ms`` from ``from_ms`` on."""

    name: str
    from_ms: int
    allocatable: int
    there_ms: int
    allocated_ms: int


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of the pods of one admission. Milliseconds; None: it did not happen. ``idle_ms`` is
    accelerator·milliseconds that bound pods held while not all of them were ready (R21.44)."""

    workload: str
    admitted_ms: int
    first_bound_ms: int | None
    all_bound_ms: int | None
    ready_ms: int | None
    ended_ms: int | None
    idle_ms: int

    def later(self, by_ms: int) -> "Placed":
        """The same, so much later."""
        return Placed(
            self.workload,
            self.admitted_ms + by_ms,
            later(self.first_bound_ms, by_ms),
            later(self.all_bound_ms, by_ms),
            later(self.ready_ms, by_ms),
            later(self.ended_ms, by_ms),
            self.idle_ms,
        )


def later(at_ms: int | None, by_ms: int) -> int | None:
    """An instant so much later; one that never was stays None."""
    return None if at_ms is None else at_ms + by_ms


@dataclass(frozen=True, slots=True)
class NodeReport:
    """How the nodes did, measured in ``resource``. ``free_ms`` and ``stuck_ms`` are accelerator·milliseconds: free on
    nodes that are ready and not cordoned; and of that, on nodes that some pod without node accepts, while it and all
    others like it fit nowhere."""

    resource: str
    nodes: tuple[NodeUse, ...]
    placed: tuple[Placed, ...]
    free_ms: int
    stuck_ms: int

    @property
    def fragmentation(self) -> float:
        """Share of the free accelerators that waiting pods could not use (R21.44); 0 when nothing was ever free."""
        return self.stuck_ms / self.free_ms if self.free_ms else 0.0


def accelerator_of(nodes: Iterable[Node]) -> str:
    """The resource by which nodes are measured: nvidia.com/gpu, else the first other device, else cpu."""
    names = sorted({name for node in nodes for name, amount in node.allocatable.items() if amount and "/" in name})
    return "nvidia.com/gpu" if "nvidia.com/gpu" in names else next(iter(names), "cpu")


@dataclass(frozen=True, slots=True)
class Measured:
    """The integrals of ``NodeReport`` up to some instant; ``allocated_ms`` by node."""

    free_ms: int
    stuck_ms: int
    allocated_ms: Mapping[str, int]


@dataclass(slots=True)
class _Known:
    """What was last seen of a node, which is there ``from_ms`` on and so since ``since_ms``; ``free`` is 0 when it is
    not ready or cordoned."""

    allocatable: int
    from_ms: int
    since_ms: int
    used: int = 0
    free: int = 0
    allocated_ms: int = 0

    def allocated_until(self, now: int) -> int:
        """What pods had of it up to now, in accelerator·milliseconds."""
        return self.allocated_ms + self.used * (now - self.since_ms)


class FreeRoom:
    """Exact time integrals over the nodes while a run goes on; ``NodeReport`` says what they mean."""

    def __init__(self, resource: str) -> None:
        self.resource = resource
        self.free_ms = 0
        self.stuck_ms = 0
        self._known: dict[str, _Known] = {}
        self._gone: list[NodeUse] = []
        self._free = 0
        self._stuck = 0
        self._now = 0
        self._stamp = -1
        self._nodes: Nodes | None = None
        self._waiting: tuple[PodShape, ...] = ()
        self._accepted: set[str] = set()

    def update(self, now: int, placer: Placer, waiting: Iterable[PodShape]) -> None:
        """The nodes are now like this, and these pods fit on none of them."""
        self._advance(now)
        nodes, shapes = placer.nodes, tuple(waiting)
        anew = nodes is not self._nodes or nodes.respecified > self._stamp or shapes != self._waiting
        for state in list(nodes.changed_since(self._stamp)) if nodes is self._nodes else nodes.states:
            self._look(now, state)
        if nodes is not self._nodes:
            self._forget(now, nodes)
        self._nodes, self._stamp = nodes, nodes.stamp
        if anew:
            self._waiting = shapes
            self._accepted = {state.name for shape in shapes for state in placer.accepted(shape)}
            self._stuck = sum(self._known[name].free for name in self._accepted)

    def _advance(self, now: int) -> None:
        self.free_ms += self._free * (now - self._now)
        self.stuck_ms += self._stuck * (now - self._now)
        self._now = now

    def _look(self, now: int, state: NodeState) -> None:
        used = state.used(self.resource)
        usable = state.spec.ready and not state.spec.unschedulable
        free = max(0, state.free.get(self.resource, 0)) if usable else 0
        known = self._known.get(state.name)
        if known is None:
            known = self._known[state.name] = _Known(state.allocatable.get(self.resource, 0), now, now)
        known.allocated_ms = known.allocated_until(now)
        self._free += free - known.free
        if state.name in self._accepted:
            self._stuck += free - known.free
        known.used, known.free, known.since_ms = used, free, now

    def _forget(self, now: int, nodes: Nodes) -> None:
        """Nodes that are no longer there."""
        for name in [name for name in self._known if name not in nodes.by_name]:
            known = self._known.pop(name)
            self._free -= known.free
            self._gone.append(_use(name, known, now))

    def measured(self, now: int) -> Measured:
        """The integrals up to now."""
        self._advance(now)
        allocated_ms = {name: known.allocated_until(now) for name, known in self._known.items()}
        return Measured(self.free_ms, self.stuck_ms, allocated_ms)

    def repeat(self, now: int, before: Measured, rounds: int, period_ms: int) -> None:
        """What was measured since ``before`` is measured so many rounds more; then it is so much later."""
        until = self.measured(now)
        self.free_ms += rounds * (until.free_ms - before.free_ms)
        self.stuck_ms += rounds * (until.stuck_ms - before.stuck_ms)
        self._now = now + rounds * period_ms
        for name, known in self._known.items():
            allocated_ms = until.allocated_ms[name]
            known.allocated_ms = allocated_ms + rounds * (allocated_ms - before.allocated_ms[name])
            known.since_ms = self._now

    def close(self, end_ms: int) -> tuple[NodeUse, ...]:
        """The use of every node up to the end of the run, by name."""
        self._advance(end_ms)
        uses = [*self._gone, *(_use(name, known, end_ms) for name, known in self._known.items())]
        return tuple(sorted(uses, key=lambda use: use.name))


def _use(name: str, known: _Known, now: int) -> NodeUse:
    return NodeUse(name, known.from_ms, known.allocatable, now - known.from_ms, known.allocated_until(now))
