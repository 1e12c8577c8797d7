"""Which pods have to leave a node that goes on working, and when? Implements R21.43.

A drain makes all of them leave, a taint with NoExecute those that do not tolerate it, some of them later.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from functools import partial

from kueue_sim.engine.pods.pod_groups import PodGroup
from kueue_sim.engine.queues.timers import Timers
from kueue_sim.model import Taint, Toleration
from kueue_sim.policy.placement import NodeState, Pod
from kueue_sim.policy.workloads.label_matching import tolerates
from kueue_sim.policy.workloads.workload_info import Reservation

EMPTYING = {"drain": "NodeDrained", "taint": "NodeTainted"}
"""The actions, and why work that they interrupt says that it was."""
EndPods = Callable[[int, NodeState, int, Container[Pod], str], None]


class Emptying:
    """Makes pods leave. ``on`` are the pods of each node, and those ``dying`` end already; ``end_pods`` ends more of
    them, which are gone after the grace period."""

    def __init__(
        self,
        timers: Timers,
        grace_ms: int,
        on: Mapping[str, Mapping[Pod, PodGroup]],
        dying: Container[Pod],
        end_pods: EndPods,
    ) -> None:
        self._timers = timers
        self._grace_ms = grace_ms
        self._on = on
        self._dying = dying
        self._end_pods = end_pods
        self.tell: Callable[[int, str, list[Reservation]], None] = lambda now, node, work: None
        """Told of work all pods of which on a node have to leave it."""

    def empty(self, now: int, node: NodeState, do: str, taints: Sequence[Taint]) -> None:
        """A node is drained, or gets taints with NoExecute that it had not."""
        found: dict[int, set[Pod]] = {}
        for pod in self._on.get(node.name, ()):
            wait = 0 if do == "drain" else leaves_after_ms(pod.shape.constraint.tolerations, taints)
            if wait is not None:
                found.setdefault(wait, set()).add(pod)
        for wait, pods in sorted(found.items()):
            leave = partial(self._drive_off, node=node, pods=pods, why=EMPTYING[do])
            if wait:
                is_void = partial(_is_without, node, taints)
                self._timers.at(now + wait, node.name, leave, f"driven off after {wait}", is_void)
            else:
                leave(now)

    def _drive_off(self, now: int, node: NodeState, pods: set[Pod], why: str) -> None:
        before = set(self._on.get(node.name, {}).values())
        self._end_pods(now, node, self._grace_ms, pods, why)
        staying = {group for pod, group in self._on.get(node.name, {}).items() if pod not in self._dying}
        gone = {group.reservation.key: group.reservation for group in before - staying}
        self.tell(now, node.name, [gone[key] for key in sorted(gone)])


def _is_without(node: NodeState, taints: Sequence[Taint]) -> bool:
    """Whether the node has lost some of the taints."""
    return not all(one in node.spec.taints for one in taints)


def leaves_after_ms(tolerations: Sequence[Toleration], taints: Iterable[Taint]) -> int | None:
    """After what time a pod has to leave a node that gets these taints with NoExecute; None: it may stay. A toleration
    may hold for some seconds; of several that accept one taint the first counts."""
    waits = []
    for taint in taints:
        accepting = next((one for one in tolerations if tolerates(taint, (one,))), None)
        if accepting is None:
            return 0
        if accepting.seconds is not None:
            waits.append(1000 * max(0, accepting.seconds))
    return min(waits, default=None)
