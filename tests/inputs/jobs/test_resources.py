"""What one pod asks of the quota after the manager's ``resources`` settings (R1.25), number by number."""

from fractions import Fraction

import pytest

from kueue_sim.inputs.kubernetes.pods import quota_requests
from kueue_sim.model import Settings, Transformation

GPU, SLICE = "nvidia.com/gpu", "nvidia.com/mig-1g.5gb"


def asks(requests: dict[str, object], *rules: Transformation, exclude: tuple[str, ...] = ()) -> dict[str, int]:
    settings = Settings(transformations=rules, exclude_resource_prefixes=exclude)
    return quota_requests({name: Fraction(str(amount)) for name, amount in requests.items()}, settings)


def test_the_worked_example_of_credits() -> None:
    rule = Transformation("gpu-a", {"credits": "30"}, retain=False)
    assert asks({"gpu-a": 2, "memory": 10 << 30}, rule) == {"credits": 60, "memory": 10 << 30}


def test_an_input_that_is_retained_counts_beside_its_outputs() -> None:
    assert asks({SLICE: 3}, Transformation(SLICE, {"mem": "5Gi"})) == {SLICE: 3, "mem": 15 << 30}


def test_outputs_of_several_inputs_add_up_and_to_what_was_asked_for_under_their_name() -> None:
    rules = (Transformation(GPU, {"credits": "10"}, False), Transformation("cpu", {"credits": "1"}))
    assert asks({GPU: 2, "cpu": "1.5", "credits": 4}, *rules) == {"cpu": 1500, "credits": 26}


def test_outputs_cancel_each_other_but_never_what_was_asked_for() -> None:
    rules = (Transformation(GPU, {"credits": "-10"}, False), Transformation("cpu", {"credits": "1"}, False))
    assert asks({GPU: 1, "cpu": 2, "credits": 7}, *rules) == {"credits": 7}


@pytest.mark.parametrize(("requests", "expected"), [({GPU: 2, "cpu": "0.5"}, 10), ({GPU: 2}, 20)])
def test_an_output_is_multiplied_in_natural_units_where_the_other_resource_is_asked_for(
    requests: dict[str, object], expected: int
) -> None:
    """500m of CPU are one half; the input that is retained stays what it was."""
    rule = Transformation(GPU, {"credits": "10"}, multiply_by="cpu")
    found = asks(requests, rule)
    assert (found["credits"], found[GPU]) == (expected, 2)


def test_excluded_resources_neither_count_nor_feed_a_transformation() -> None:
    other = "example.com/a"
    rules = (Transformation(other, {"credits": "5"}), Transformation("cpu", {"x": "1"}, multiply_by=other))
    assert asks({other: 3, "cpu": 1}, *rules, exclude=("example.com/",)) == {"cpu": 1000, "x": 1}


def test_fractions_round_up_per_pod() -> None:
    rule = Transformation(GPU, {"credits": "0.3"}, retain=False)
    assert asks({GPU: 1, "cpu": "0.1005"}, rule) == {"credits": 1, "cpu": 101}
