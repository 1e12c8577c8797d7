"""Kubernetes matching: taints against tolerations, nodes against affinity terms."""

from collections.abc import Iterable, Mapping

from kueue_sim.model import AffinityTerm, Taint, Toleration
from kueue_sim.model.label_matching import compares, expression_matches


def tolerates(taint: Taint, tolerations: Iterable[Toleration]) -> bool:
    """Whether any toleration accepts the taint."""
    return any(_accepts(toleration, taint) for toleration in tolerations)


def _accepts(toleration: Toleration, taint: Taint) -> bool:
    if toleration.effect and toleration.effect != taint.effect:
        return False
    if toleration.key and toleration.key != taint.key:
        return False
    if toleration.operator == "Exists":
        return True
    if toleration.operator in ("Gt", "Lt"):
        return compares(toleration.operator, taint.value, toleration.value)
    return bool(toleration.key) and toleration.value == taint.value


def untolerated_taint(taints: Iterable[Taint], tolerations: Iterable[Toleration]) -> Taint | None:
    """The first NoSchedule or NoExecute taint that nothing tolerates, None when there is none (R5.12)."""
    tolerations = tuple(tolerations)
    for taint in taints:
        if taint.effect in ("NoSchedule", "NoExecute") and not tolerates(taint, tolerations):
            return taint
    return None


def term_matches(labels: Mapping[str, str], term: AffinityTerm, node_name: str) -> bool:
    """Whether a node matches all of a term; a term without any condition matches nothing."""
    if not term.expressions and not term.fields:
        return False
    fields = {"metadata.name": node_name}
    return all(expression_matches(labels, item) for item in term.expressions) and all(
        expression_matches(fields, item) for item in term.fields
    )
