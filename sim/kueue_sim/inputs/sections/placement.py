"""How are pods spread over nodes? The ``placement`` section: a policy's name, or the policy with its details."""

from typing import Literal, cast

from kueue_sim.inputs.text.field import Field, near_miss
from kueue_sim.inputs.text.schema import CURVE_POINT, PLACEMENT
from kueue_sim.model import PLACEMENT_POLICIES, Placement
from kueue_sim.model.placement import PlacementPolicy

_SCORING = ("LeastAllocated", "MostAllocated", "RequestedToCapacityRatio")


def placement(field: Field) -> Placement:
    """The placement policy; absent is kube-scheduler's default."""
    if not isinstance(field.value, dict):
        return Placement(_policy(field))
    field.only(*PLACEMENT)
    policy = _policy(field.get("policy"))
    for name, users in (("weights", _SCORING), ("balancedAllocation", _SCORING), ("curve", _SCORING[2:])):
        if field.get(name).present and policy not in users:
            field.get(name).wrong(f"{name} has no effect with {policy}; {near_miss('', users)}", at_key=True)
    return Placement(
        policy,
        weights={name: child.integer(1, minimum=1) for name, child in field.get("weights").entries()},
        curve=_curve(field.get("curve")),
        balanced=_balanced(field),
        random_ties=_word(field, "tieBreak") == "random",
        alternating=_word(field, "podOrder") == "alternating",
    )


def _policy(field: Field) -> PlacementPolicy:
    return cast(PlacementPolicy, field.choice(PLACEMENT_POLICIES, PLACEMENT_POLICIES[0]))


def _word(field: Field, name: str) -> str:
    """One of the words that the table of the section accepts; the first of them when absent."""
    words = PLACEMENT[name][0].split("|")
    return field.get(name).choice(words, words[0])


def _balanced(field: Field) -> Literal["1.36", "classic"]:
    """YAML reads a bare 1.36 as a number."""
    if field.get("balancedAllocation").value == 1.36:
        return "1.36"
    return "classic" if _word(field, "balancedAllocation") == "classic" else "1.36"


def _curve(field: Field) -> tuple[tuple[int, int], ...]:
    if not field.present:
        return Placement().curve
    points: list[tuple[int, int]] = []
    for item in field.items():
        item.only(*CURVE_POINT)
        percent, score = item.get("utilization").integer(0, minimum=0), item.get("score").integer(0, minimum=0)
        if percent > 100:
            item.get("utilization").wrong(f"{percent} is too large; at most 100 is accepted")
        if score > 10:
            item.get("score").wrong(f"{score} is too large; at most 10 is accepted")
        if points and percent <= points[-1][0]:
            item.get("utilization").wrong(f"{percent} does not exceed the point before, {points[-1][0]}")
        points.append((percent, score))
    if not points:
        field.wrong("a curve needs at least one point")
    return tuple(points)
