"""On which nodes may a pod go, and why not on the others? Implements R21.9.

Host ports, volumes, pod (anti-)affinity and DoNotSchedule topology spread are no part of the model.
"""

from collections import Counter
from collections.abc import Iterable

from sim.model import Node, Taint
from sim.policy.matching import term_matches, tolerates, untolerated_taint
from sim.policy.placement.nodes import NodeState
from sim.policy.placement.shapes import Constraint, PodShape

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


def explain(nodes: Iterable[NodeState], shape: PodShape) -> str:
    """kube-scheduler's sentence about a pod without node: ``0/2 nodes are available: 2 Insufficient cpu.``"""
    reasons: Counter[str] = Counter()
    total = 0
    for state in nodes:
        total += 1
        refused = refusal(state.spec, shape.constraint)
        if refused is not None:
            reasons[refused] += 1
            continue
        reasons.update(
            "Too many pods" if resource == "pods" else f"Insufficient {resource}"
            for resource, amount in shape.requests
            if state.free.get(resource, 0) < amount
        )
    found = ", ".join(sorted(f"{count} {reason}" for reason, count in reasons.items()))
    return f"0/{total} nodes are available: {found}." if found else f"0/{total} nodes are available."
