"""Circles of Cohorts are found in one pass, however long the chain of parents is."""

import pytest

from kueue_sim.errors import InputError
from kueue_sim.inputs.scenario import scenario_from_dict


def cohorts(parents: dict[str, str]) -> dict[str, object]:
    objects = [
        {"kind": "Cohort", "metadata": {"name": name}, "spec": {"parentName": parent}}
        for name, parent in parents.items()
    ]
    return {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "policy": {"objects": objects}}


def test_every_cohort_on_a_circle_is_told_and_those_that_only_lead_to_it_are_not() -> None:
    with pytest.raises(InputError) as error:
        scenario_from_dict(cohorts({"a": "b", "b": "c", "c": "a", "d": "a"}))
    assert sorted(mistake.message.partition("form a cycle: ")[2] for mistake in error.value.mistakes) == [
        "a -> b -> c -> a",
        "b -> c -> a -> b",
        "c -> a -> b -> c",
    ]


def test_a_circle_of_thousands_is_told_in_short() -> None:
    number = 3000
    with pytest.raises(InputError) as error:
        scenario_from_dict(cohorts({f"c{index}": f"c{(index + 1) % number}" for index in range(number)}))
    assert len(error.value.mistakes) == 20
    assert all(len(mistake.message) < 300 for mistake in error.value.mistakes)
