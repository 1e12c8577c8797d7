"""Which nodes may a pod use at all: taints, node selector, required affinity (R20.20), and how well it likes them."""

from dataclasses import dataclass

from kueue_sim.model import AffinityTerm, Node, PreferredTerm, Taint, Toleration
from kueue_sim.policy.topology.domains import DomainTree
from kueue_sim.policy.workloads.label_matching import term_matches, untolerated_taint

LIBRARY_NO_FIT = "schedulerLibraryNoFit"
_CORDONED = Taint("node.kubernetes.io/unschedulable", "", "NoSchedule")
_NOT_READY = Taint("node.kubernetes.io/not-ready", "", "NoSchedule")


@dataclass(frozen=True, slots=True)
class NodeFilter:
    """What decides whether a node is usable; equal filters share their result.

    ``library``: kube-scheduler's own plugins judge the pod template alone, and give no reasons (gate
    SchedulerLibraryIntegration).
    """

    tolerations: tuple[Toleration, ...] = ()
    selector: tuple[tuple[str, str], ...] = ()
    affinity: tuple[AffinityTerm, ...] | None = None
    preferred: tuple[PreferredTerm, ...] = ()
    library: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """Leaves that are out of the question, why (R20.85), and the affinity score of each leaf (R20.48) or None."""

    excluded: frozenset[int]
    reasons: tuple[tuple[str, int], ...]
    scores: tuple[int, ...] | None


def _refusal(node: Node, wanted: NodeFilter) -> str:
    """Why the node is out of the question, "" if it is not."""
    taints = node.taints
    if wanted.library:
        taints += (_CORDONED,) * node.unschedulable + (_NOT_READY,) * (not node.ready)
    taint = untolerated_taint(taints, wanted.tolerations)
    if taint is not None:
        text = f"{taint.key}={taint.value}:{taint.effect}" if taint.value else f"{taint.key}:{taint.effect}"
        return f'taint "{text}"'
    if any(node.labels.get(key) != value for key, value in wanted.selector):
        return "nodeSelector"
    terms = wanted.affinity
    if terms is not None and not any(term_matches(node.labels, term, node.name) for term in terms):
        return "affinity"
    return ""


def match(tree: DomainTree, wanted: NodeFilter) -> Match:
    """Try the filter on every node. Only nodes can be filtered, not pooled leaves (R20.20)."""
    if not tree.by_hostname:
        return Match(frozenset(), (), None)
    excluded: set[int] = set()
    reasons: dict[str, int] = {}
    scores = [0] * tree.size
    for leaf, node in enumerate(tree.nodes):
        assert node is not None
        reason = _refusal(node, wanted)
        if reason:
            excluded.add(leaf)
            reason = LIBRARY_NO_FIT if wanted.library else reason
            reasons[reason] = reasons.get(reason, 0) + 1
            continue
        scores[leaf] = sum(item.weight for item in wanted.preferred if term_matches(node.labels, item.term, node.name))
    return Match(frozenset(excluded), tuple(sorted(reasons.items())), tuple(scores) if wanted.preferred else None)
