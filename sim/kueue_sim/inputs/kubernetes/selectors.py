"""Which nodes or namespaces do taints, tolerations, affinities and label selectors name?"""

from kueue_sim.inputs.text.field import Field
from kueue_sim.model import AffinityTerm, Expression, LabelSelector, PreferredTerm, Taint, Toleration

EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
NODE_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")
LABEL_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")


def taints(field: Field) -> tuple[Taint, ...]:
    """The taints of a node or flavor; key and effect together are unique (R1.7)."""
    found: list[Taint] = []
    for item in field.items():
        item.members("key", "value", "effect", "timeAdded")
        if not item.get("effect").present:
            item.get("effect").wrong(f"effect is missing; accepted: {', '.join(EFFECTS)}")
        effect = item.get("effect").choice(EFFECTS, "NoSchedule")
        taint = Taint(item.get("key").needed("key"), item.get("value").text(), effect)
        if any((other.key, other.effect) == (taint.key, taint.effect) for other in found):
            item.wrong(f"a second taint with key {taint.key!r} and effect {taint.effect}")
        found.append(taint)
    return tuple(found)


def tolerations(field: Field) -> tuple[Toleration, ...]:
    """The tolerations of a pod or flavor (R1.7)."""
    return tuple(_toleration(item) for item in field.items())


def _toleration(item: Field) -> Toleration:
    item.members("key", "operator", "value", "effect", "tolerationSeconds")
    effect = item.get("effect")
    toleration = Toleration(
        key=item.get("key").text(),
        operator=item.get("operator").choice(("Equal", "Exists"), "Equal"),
        value=item.get("value").text(),
        effect="" if effect.value == "" else effect.choice(EFFECTS, ""),
        seconds=item.get("tolerationSeconds").optional_integer(),
    )
    if not toleration.key and toleration.operator != "Exists":
        item.wrong("a toleration without key needs operator Exists")
    if toleration.value and toleration.operator == "Exists":
        item.get("value").wrong("a toleration with operator Exists has no value")
    if toleration.seconds is not None and toleration.effect != "NoExecute":
        item.get("tolerationSeconds").wrong("tolerationSeconds needs effect NoExecute")
    return toleration


def _expressions(field: Field, operators: tuple[str, ...]) -> tuple[Expression, ...]:
    return tuple(
        Expression(
            item.get("key").needed("key"),
            item.get("operator").choice(operators, "In"),
            item.get("values").strings(),
        )
        for item in field.items()
    )


def label_selector(field: Field) -> LabelSelector | None:
    """The selector; absent selects nothing, an empty one everything."""
    if not field.present:
        return None
    field.members("matchLabels", "matchExpressions")
    return LabelSelector(
        match_labels=tuple(sorted(field.get("matchLabels").labels().items())),
        expressions=_expressions(field.get("matchExpressions"), LABEL_OPERATORS),
    )


def _term(field: Field) -> AffinityTerm:
    return AffinityTerm(
        expressions=_expressions(field.get("matchExpressions"), NODE_OPERATORS),
        fields=_expressions(field.get("matchFields"), NODE_OPERATORS),
    )


def required_affinity(pod_spec: Field) -> tuple[AffinityTerm, ...] | None:
    """The required node affinity of a pod, None when it has none."""
    required = pod_spec.get("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    if not required.present:
        return None
    return tuple(_term(item) for item in required.get("nodeSelectorTerms").items())


def preferred_affinity(pod_spec: Field) -> tuple[PreferredTerm, ...]:
    """The preferred node affinity of a pod, with its weights."""
    preferred = pod_spec.get("affinity", "nodeAffinity", "preferredDuringSchedulingIgnoredDuringExecution")
    return tuple(
        PreferredTerm(item.get("weight").integer(1), _term(item.get("preference"))) for item in preferred.items()
    )
