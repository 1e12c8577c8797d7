"""On which nodes may a pod go, and why not on the others? Implements R21.9.

Host ports, volumes, pod (anti-)affinity and DoNotSchedule topology spread are no part of the model.
"""

from collections import Counter

from kueue_sim.model import Node, Taint
from kueue_sim.policy.placement.nodes import Nodes, NodeState
from kueue_sim.policy.placement.shapes import Constraint, PodShape
from kueue_sim.policy.workloads.label_matching import term_matches, tolerates, untolerated_taint

CORDONED = Taint("node.kubernetes.io/unschedulable", "", "NoSchedule")
NOT_READY = Taint("node.kubernetes.io/not-ready", "", "NoExecute")


def refusal(node: Node, constraint: Constraint) -> str | None:
    """Why a node is out of the question whatever its load, in kube-scheduler's words; None when it is not.

    A node that is not ready takes nothing, whatever is tolerated.
    """
    if node.unschedulable and not tolerates(CORDONED, constraint.tolerations):
        return "node(s) were unschedulable"
    taint = untolerated_taint(node.taints, constraint.tolerations) if node.ready else NOT_READY
    if taint is not None:
        return f"node(s) had untolerated taint {{{taint.key}: {taint.value}}}"
    if not _matches(node, constraint):
        return "node(s) didn't match Pod's node affinity/selector"
    return None


def _matches(node: Node, constraint: Constraint) -> bool:
    if any(node.labels.get(key) != value for key, value in constraint.selector):
        return False
    terms = constraint.affinity
    return terms is None or any(term_matches(node.labels, term, node.name) for term in terms)


def soft_counts(node: Node, constraint: Constraint) -> tuple[int, int]:
    """PreferNoSchedule taints of a node that are not tolerated, and the weight of preferred terms it matches."""
    disliked = sum(
        taint.effect == "PreferNoSchedule" and not tolerates(taint, constraint.tolerations) for taint in node.taints
    )
    liked = sum(one.weight for one in constraint.preferred if term_matches(node.labels, one.term, node.name))
    return disliked, liked


def reasons(state: NodeState, shape: PodShape) -> tuple[str, ...]:
    """Why a node does not take a pod now, in kube-scheduler's words; empty when it does."""
    refused = refusal(state.spec, shape.constraint)
    if refused is not None:
        return (refused,)
    return tuple(
        "Too many pods" if resource == "pods" else f"Insufficient {resource}"
        for resource, amount in shape.requests
        if state.free.get(resource, 0) < amount
    )


class Refusals:
    """Why no node takes pods of one shape. Remembers what every node said, and asks only those that changed since."""

    def __init__(self, nodes: Nodes, shape: PodShape) -> None:
        self._nodes = nodes
        self._shape = shape
        self._said: dict[int, tuple[str, ...]] = {}
        self._counts: Counter[str] = Counter()
        self._seen = nodes.stamp
        for state in nodes.states:
            self._ask(state)

    def text(self) -> str:
        """kube-scheduler's sentence: ``0/2 nodes are available: 2 Insufficient cpu.``"""
        for state in self._nodes.changed_since(self._seen):
            self._ask(state)
        self._seen = self._nodes.stamp
        found = ", ".join(sorted(f"{count} {reason}" for reason, count in self._counts.items() if count))
        start = f"0/{len(self._nodes.states)} nodes are available"
        return f"{start}: {found}." if found else f"{start}."

    def _ask(self, state: NodeState) -> None:
        self._counts.subtract(self._said.get(state.rank, ()))
        self._said[state.rank] = said = reasons(state, self._shape)
        self._counts.update(said)
