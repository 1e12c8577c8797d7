"""The placement section: a policy by name, or with details."""

import pytest

from sim.errors import InputError
from sim.inputs import scenario_from_dict
from sim.model import Placement


def read(placement: object) -> Placement:
    document: dict[str, object] = {"apiVersion": "kueue-sim/v1", "kind": "Scenario"}
    return scenario_from_dict(document | {"placement": placement}).placement


def test_a_policy_is_named_or_given_with_its_details() -> None:
    points = [{"utilization": 0, "score": 10}, {"utilization": 80, "score": 2}]
    detailed = {
        "policy": "RequestedToCapacityRatio",
        "weights": {"nvidia.com/gpu": 3, "cpu": 1},
        "curve": points,
        "balancedAllocation": "classic",
        "tieBreak": "random",
        "podOrder": "alternating",
    }
    assert [read(None), read("GpuPack"), read({"policy": "Random", "tieBreak": "name"}), read(detailed)] == [
        Placement("LeastAllocated"),
        Placement("GpuPack"),
        Placement("Random"),
        Placement(
            "RequestedToCapacityRatio",
            weights={"nvidia.com/gpu": 3, "cpu": 1},
            curve=((0, 10), (80, 2)),
            balanced="classic",
            random_ties=True,
            alternating=True,
        ),
    ]


def test_the_kubernetes_release_of_the_balance_score_may_be_a_bare_number() -> None:
    assert read({"balancedAllocation": 1.36}) == read({"balancedAllocation": "1.36"}) == Placement()


def test_details_that_have_no_effect_are_mistakes() -> None:
    curve = [{"utilization": 50, "score": 11}, {"utilization": 50, "score": 1}]
    found = []
    for wrong in ({"policy": "GpuPack", "weights": {"cpu": 1}}, {"policy": "RequestedToCapacityRatio", "curve": curve}):
        with pytest.raises(InputError) as caught:
            read(wrong)
        found += [str(mistake) for mistake in caught.value.mistakes]
    assert found == [
        "placement.weights: weights has no effect with GpuPack; accepted: "
        "LeastAllocated, MostAllocated, RequestedToCapacityRatio",
        "placement.curve[0].score: 11 is too large; at most 10 is accepted",
        "placement.curve[1].utilization: 50 does not exceed the point before, 50",
    ]
