"""Which labels do expressions and selectors pick?"""

from collections.abc import Mapping

from kueue_sim.model.objects import Expression, LabelSelector


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
            return value is not None and compares(expression.operator, value, expression.values[0])


def compares(operator: str, left: str, right: str) -> bool:
    """Whether two whole numbers are in the order Gt or Lt; texts that are none never are."""
    try:
        a, b = int(left), int(right)
    except ValueError:
        return False
    return a > b if operator == "Gt" else a < b


def selects(selector: LabelSelector | None, labels: Mapping[str, str]) -> bool:
    """Whether a label selector picks these labels; no selector picks nothing, an empty one everything."""
    if selector is None:
        return False
    return all(labels.get(key) == value for key, value in selector.match_labels) and all(
        expression_matches(labels, item) for item in selector.expressions
    )
