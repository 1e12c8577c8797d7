"""Pods waiting for a node, in kube-scheduler's order."""

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from kueue_sim.policy.placement.nodes import NodeState
from kueue_sim.policy.placement.placer import Placer
from kueue_sim.policy.placement.shapes import PodShape

Order = tuple[int, ...]


@dataclass(slots=True, eq=False)
class Pod:
    """One pod of an admitted workload. ``order`` is its place in the queue, unique among waiting pods; ``node`` is
    None while it has none; ``gone`` pods never get one again."""

    workload: str
    pod_set: int
    index: int
    shape: PodShape
    order: Order = ()
    node: NodeState | None = None
    gone: bool = False


class PodQueue:
    """Pods without a node. Those of one shape stand in one line: when the first fits nowhere, none of them does."""

    def __init__(self) -> None:
        self._lines: dict[PodShape, list[tuple[Order, Pod]]] = {}

    def add(self, pod: Pod) -> None:
        """A pod enters the queue at the place its order gives it."""
        heappush(self._lines.setdefault(pod.shape, []), (pod.order, pod))

    def discard(self, pods: Iterable[Pod]) -> None:
        """These pods are gone, wherever they stand."""
        shapes = {}
        for pod in pods:
            pod.gone = True
            shapes[pod.shape] = True
        for shape in shapes:
            line = [item for item in self._lines.pop(shape, ()) if not item[1].gone]
            if line:
                heapify(line)
                self._lines[shape] = line

    @property
    def shapes(self) -> Iterable[PodShape]:
        """The different shapes that wait."""
        return self._lines.keys()

    @property
    def pods(self) -> list[Pod]:
        """Every pod that waits, in order."""
        items = [item for line in self._lines.values() for item in line]
        return [pod for _, pod in sorted(items, key=lambda item: item[0])]

    @property
    def waiting(self) -> list[PodShape]:
        """The shape of every pod that waits, in order."""
        return [pod.shape for pod in self.pods]

    def place(self, placer: Placer) -> list[Pod]:
        """Bind every waiting pod that some node holds, in order; a pod that none holds does not stop those behind
        it (R21.33). The bound pods in order."""
        bound = []
        heads = [(line[0][0], shape) for shape, line in self._lines.items()]
        heapify(heads)
        while heads:
            _, shape = heappop(heads)
            node = placer.choose(shape)
            if node is None:
                continue
            line = self._lines[shape]
            _, pod = heappop(line)
            placer.nodes.bind(shape, node)
            pod.node = node
            bound.append(pod)
            if line:
                heappush(heads, (line[0][0], shape))
            else:
                del self._lines[shape]
        return bound
