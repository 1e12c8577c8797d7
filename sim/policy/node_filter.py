"""Which nodes may a pod use at all: taints, node selector, required affinity (R20.20), and how well it likes them."""

from collections.abc import Mapping
from dataclasses import dataclass

from sim.model import AffinityTerm, PodSet, PreferredTerm, Toleration
from sim.policy.matching import term_matches, untolerated_taint
from sim.policy.topology_domains import DomainTree


@dataclass(frozen=True, slots=True)
class NodeFilter:
    """What decides whether a node is usable; equal filters share their result."""

    tolerations: tuple[Toleration, ...] = ()
    selector: tuple[tuple[str, str], ...] = ()
    affinity: tuple[AffinityTerm, ...] | None = None
    preferred: tuple[PreferredTerm, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """Leaves that are out of the question, why (R20.85), and the affinity score of each leaf (R20.48) or None."""

    excluded: frozenset[int]
    reasons: tuple[tuple[str, int], ...]
    scores: tuple[int, ...] | None


def filter_of(
    pod_set: PodSet, selector: Mapping[str, str], flavor_tolerations: tuple[Toleration, ...], preferences: bool
) -> NodeFilter:
    """The filter of a pod set in a flavor; ``preferences`` is gate TASRespectNodeAffinityPreferred."""
    return NodeFilter(
        (*pod_set.tolerations, *flavor_tolerations),
        tuple(sorted(selector.items())),
        pod_set.required_affinity,
        pod_set.preferred_affinity if preferences else (),
    )


def match(tree: DomainTree, wanted: NodeFilter) -> Match:
    """Try the filter on every node. Only nodes can be filtered, not pooled leaves (R20.20)."""
    if not tree.by_hostname:
        return Match(frozenset(), (), None)
    excluded: set[int] = set()
    reasons: dict[str, int] = {}
    scores = [0] * tree.size
    for leaf, node in enumerate(tree.nodes):
        assert node is not None
        taint = untolerated_taint(node.taints, wanted.tolerations)
        reason = ""
        if taint is not None:
            text = f"{taint.key}={taint.value}:{taint.effect}" if taint.value else f"{taint.key}:{taint.effect}"
            reason = f'taint "{text}"'
        elif any(node.labels.get(key) != value for key, value in wanted.selector):
            reason = "nodeSelector"
        elif wanted.affinity is not None and not any(
            term_matches(node.labels, term, node.name) for term in wanted.affinity
        ):
            reason = "affinity"
        if reason:
            excluded.add(leaf)
            reasons[reason] = reasons.get(reason, 0) + 1
            continue
        scores[leaf] = sum(item.weight for item in wanted.preferred if term_matches(node.labels, item.term, node.name))
    return Match(frozenset(excluded), tuple(sorted(reasons.items())), tuple(scores) if wanted.preferred else None)
