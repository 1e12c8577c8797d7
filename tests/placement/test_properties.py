"""Placement keeps its promises whatever comes and goes."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kueue_sim.model import (
    PLACEMENT_POLICIES,
    AffinityTerm,
    Expression,
    Node,
    Placement,
    PreferredTerm,
    Taint,
    Toleration,
)
from kueue_sim.policy.placement import Constraint, Nodes, NodeState, PodShape, place_on
from kueue_sim.policy.placement.filters import refusal, soft_counts
from kueue_sim.policy.placement.preferences import preference
from tests.placement.builders import amounts, first

ZONES = ("z1", "z2")
TAINTS = st.lists(
    st.builds(Taint, st.just("team"), st.just("x"), st.sampled_from(("NoSchedule", "PreferNoSchedule"))), max_size=2
)
SPECS = st.tuples(
    st.builds(amounts, st.integers(1, 16), st.integers(1, 16), st.integers(0, 8)), st.sampled_from(ZONES), TAINTS
)
NEAR = PreferredTerm(5, AffinityTerm((Expression("zone", "In", ("z1",)),)))
CONSTRAINTS = st.builds(
    Constraint,
    st.sampled_from(((), (("zone", "z1"),), (("zone", "z2"),))),
    st.none(),
    st.sampled_from(((), (NEAR,))),
    st.sampled_from(((), (Toleration("team", "Exists"),))),
)
SHAPES = st.lists(
    st.builds(
        lambda cpu, gi, gpu, where: PodShape.of(amounts(cpu, gi, gpu), where),
        st.integers(0, 4),
        st.integers(0, 4),
        st.sampled_from((0, 1, 2, 4)),
        CONSTRAINTS,
    ),
    min_size=1,
    max_size=3,
)
STEPS = st.lists(st.tuples(st.sampled_from(("place", "place", "remove", "turn")), st.integers(0, 7)), max_size=30)
PLACEMENTS = st.builds(
    Placement,
    st.sampled_from([name for name in PLACEMENT_POLICIES if name != "Random"]),
    balanced=st.sampled_from(("1.36", "classic")),
)


def made(specs: list[Any]) -> list[Node]:
    return [
        Node(f"n{index}", {"zone": zone}, tuple(taints), allocatable)
        for index, (allocatable, zone, taints) in enumerate(specs)
    ]


def judged_one_by_one(nodes: Nodes, shape: PodShape, placement: Placement) -> str | None:
    """The choice as the rules state it: judge every node, take the best, ties in order."""
    prefer = preference(placement)
    where = shape.constraint
    feasible = [state for state in nodes.states if refusal(state.spec, where) is None and state.fits(shape.requests)]
    counts = {state.name: soft_counts(state.spec, where) for state in feasible}
    disliked = max((taints for taints, _ in counts.values()), default=0)
    liked = max((weight for _, weight in counts.values()), default=0)

    def total(state: NodeState) -> int:
        score = -prefer.key(shape)(state)
        if prefer.scoring:
            taints, weight = counts[state.name]
            score += 3 * (100 - (100 * taints // disliked if disliked else 0))
            score += 2 * (100 * weight // liked if liked else 0)
        return score

    return max(feasible, key=lambda state: (total(state), -state.rank)).name if feasible else None


@given(st.lists(SPECS, min_size=1, max_size=6), SHAPES, STEPS, PLACEMENTS)
def test_choices_are_those_of_judging_every_node_for_every_pod(
    specs: list[Any], shapes: list[PodShape], steps: list[tuple[str, int]], placement: Placement
) -> None:
    placer = place_on(made(specs), placement, first)
    nodes = placer.nodes
    bound: list[tuple[PodShape, NodeState]] = []
    for do, number in steps:
        if do == "place":
            shape = shapes[number % len(shapes)]
            expected = judged_one_by_one(nodes, shape, placement)
            found = placer.choose(shape)
            assert (found.name if found else None) == expected
            if found:
                nodes.bind(shape, found)
                bound.append((shape, found))
        elif do == "remove" and bound:
            nodes.unbind(*bound.pop(number % len(bound)))
        elif do == "turn":
            state = nodes.states[number % len(nodes.states)]
            nodes.respecify(state, replace(state.spec, unschedulable=not state.spec.unschedulable))
        assert all(amount >= 0 for state in nodes.states for amount in state.free.values())
    for item in bound:
        nodes.unbind(*item)
    assert [state.free for state in nodes.states] == [state.allocatable for state in nodes.states]


@given(
    st.lists(SPECS, min_size=1, max_size=6),
    SHAPES,
    st.sampled_from([name for name in PLACEMENT_POLICIES if name != "FirstFit"]),
    st.randoms(use_true_random=False),
)
def test_the_order_in_which_nodes_are_listed_does_not_matter(
    specs: list[Any], shapes: list[PodShape], policy: Any, chance: Any
) -> None:
    nodes = made(specs)
    shuffled = list(nodes)
    chance.shuffle(shuffled)
    found = []
    for order in (nodes, shuffled):
        placer = place_on(order, Placement(policy), lambda count: count // 2)
        names = []
        for shape in shapes * 4:
            state = placer.choose(shape)
            names.append(state.name if state else None)
            if state:
                placer.nodes.bind(shape, state)
        found.append(names)
    assert found[0] == found[1]
