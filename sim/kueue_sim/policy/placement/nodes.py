"""The nodes as pods see them: what is free on each, and which changed since somebody last looked."""

from collections.abc import Iterable, Iterator, Mapping

from kueue_sim.model import Node
from kueue_sim.policy.placement.shapes import PodShape

DEFAULT_PODS = 110
"""Pods a node takes when it does not say (R21.30)."""


class NodeState:
    """One node with its load. ``free`` is allocatable minus the requests of bound pods, negative when
    overcommitted by pods that were there before (R21.30); ``counted`` sums what the scores count (R21.15).
    ``changed`` and ``respecified`` are stamps: of the last change at all, and of the last of ``spec``. ``balance``
    is a score without any further pod (R21.16), None until it is asked for."""

    __slots__ = ("allocatable", "balance", "changed", "counted", "free", "name", "rank", "respecified", "spec")

    def __init__(self, spec: Node) -> None:
        self.spec = spec
        self.name = spec.name
        self.rank = 0
        self.allocatable: Mapping[str, int] = {"pods": DEFAULT_PODS, **spec.allocatable}
        self.free = dict(self.allocatable)
        self.counted = {"cpu": 0, "memory": 0}
        self.balance: int | None = None
        self.changed = 0
        self.respecified = 0

    def used(self, resource: str) -> int:
        """Sum of the requests of bound pods."""
        return self.allocatable.get(resource, 0) - self.free.get(resource, 0)

    def fits(self, requests: Iterable[tuple[str, int]]) -> bool:
        """Whether every requested amount is free (R21.9, R21.10); a resource the node lacks never is."""
        free = self.free
        for resource, amount in requests:
            if free.get(resource, 0) < amount:
                return False
        return True

    def charge(self, shape: PodShape, sign: int) -> None:
        """Take a pod's requests (sign 1) or give them back (sign −1)."""
        free, counted = self.free, self.counted
        self.balance = None
        for resource, amount in shape.requests:
            free[resource] = free.get(resource, 0) - sign * amount
        for resource, amount in shape.counted.items():
            counted[resource] += sign * amount


class Nodes:
    """All nodes in the order that breaks ties: by name, or as the scenario lists them.

    Every change is stamped with a rising number, so that whoever remembers the stamp of his last look gets
    just the nodes that changed since.
    """

    def __init__(self, states: Iterable[NodeState]) -> None:
        self.states = list(states)
        for rank, state in enumerate(self.states):
            state.rank, state.changed, state.respecified = rank, 0, 0
        self.by_name = {state.name: state for state in self.states}
        self.stamp = 0
        self.respecified = 0
        self._changed: dict[int, int] = {}
        self._labelled: dict[tuple[str, str], list[NodeState]] = {}
        for state in self.states:
            for item in state.spec.labels.items():
                self._labelled.setdefault(item, []).append(state)

    def with_labels(self, labels: Iterable[tuple[str, str]]) -> list[NodeState]:
        """The nodes that carry all these labels, in order."""
        wanted = tuple(labels)
        if not wanted:
            return self.states
        fewest = min((self._labelled.get(item, []) for item in wanted), key=len)
        return [state for state in fewest if all(state.spec.labels.get(key) == value for key, value in wanted)]

    def bind(self, shape: PodShape, node: NodeState) -> None:
        """A pod takes its place on a node."""
        node.charge(shape, 1)
        self._touch(node)

    def unbind(self, shape: PodShape, node: NodeState) -> None:
        """A pod is gone from a node."""
        node.charge(shape, -1)
        self._touch(node)

    def respecify(self, node: NodeState, spec: Node) -> None:
        """A node is cordoned, fails, comes back; its labels and allocatable stay."""
        node.spec = spec
        self._touch(node)
        node.respecified = self.respecified = self.stamp

    def _touch(self, node: NodeState) -> None:
        self.stamp += 1
        node.changed = self.stamp
        self._changed.pop(node.rank, None)
        self._changed[node.rank] = self.stamp

    def changed_since(self, stamp: int) -> Iterator[NodeState]:
        """The nodes that changed after ``stamp``, the latest first."""
        for rank in reversed(self._changed):
            if self._changed[rank] <= stamp:
                return
            yield self.states[rank]
