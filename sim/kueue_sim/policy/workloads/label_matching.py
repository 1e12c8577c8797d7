"""Kubernetes matching: taints against tolerations, labels against selectors and affinity terms."""

from collections.abc import Iterable, Mapping

from kueue_sim.model import AffinityTerm, Expression, LabelSelector, Taint, Toleration


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
        return _compare(toleration.operator, taint.value, toleration.value)
    return bool(toleration.key) and toleration.value == taint.value


def _compare(operator: str, left: str, right: str) -> bool:
    try:
        a, b = int(left), int(right)
    except ValueError:
        return False
    return a > b if operator == "Gt" else a < b


def untolerated_taint(taints: Iterable[Taint], tolerations: Iterable[Toleration]) -> Taint | None:
    """The first NoSchedule or NoExecute taint that nothing tolerates, None when there is none (R5.12)."""
    tolerations = tuple(tolerations)
    for taint in taints:
        if taint.effect in ("NoSchedule", "NoExecute") and not tolerates(taint, tolerations):
            return taint
    return None


def expression_matches(labels: Mapping[str, str], expression: Expression) -> bool:
    """Whether the labels satisfy one In, NotIn, Exists, DoesNotExist, Gt or Lt expression."""
    value = labels.get(expression.key)
    match expression.operator:
        case "In":
            return value is not None and value in expression.values
        case "NotIn":
            return value is None or value not in expression.values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case _:
            return value is not None and _compare(expression.operator, value, expression.values[0])


def term_matches(labels: Mapping[str, str], term: AffinityTerm, node_name: str) -> bool:
    """Whether a node matches all of a term; a term without any condition matches nothing."""
    if not term.expressions and not term.fields:
        return False
    fields = {"metadata.name": node_name}
    return all(expression_matches(labels, item) for item in term.expressions) and all(
        expression_matches(fields, item) for item in term.fields
    )


def selects(selector: LabelSelector | None, labels: Mapping[str, str]) -> bool:
    """Whether a label selector picks these labels; no selector picks nothing, an empty one everything."""
    if selector is None:
        return False
    return all(labels.get(key) == value for key, value in selector.match_labels) and all(
        expression_matches(labels, item) for item in selector.expressions
    )
