"""The order in which objects and equal workloads are listed, and the order of dictionaries, decide nothing."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from kueue_sim.engine import simulate
from kueue_sim.inputs import scenario_from_dict
from kueue_sim.policytest.random_worlds.worlds import Document, Limits, seeded_world
from kueue_sim.policytest.told import recorded

WORLDS = [f"order:{index}" for index in range(40)]


def outcome(document: Document) -> tuple[str, ...]:
    """All decisions of a world, and its last messages."""
    run = simulate(scenario_from_dict(document))
    return (*recorded(run), *(f"{key} {reason} {message}" for key, (reason, message) in sorted(run.pending.items())))


def turned(value: Any, random: Random) -> Any:
    """The same value with the keys of every mapping in another order."""
    if isinstance(value, dict):
        keys = list(value)
        random.shuffle(keys)
        return {key: turned(value[key], random) for key in keys}
    return [turned(item, random) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("seed", WORLDS)
def test_listing_objects_and_work_in_another_order_decides_nothing(seed: str) -> None:
    document = seeded_world(seed, Limits(workloads=14))
    other, random = turned(document, Random(seed)), Random(seed)
    random.shuffle(other["policy"]["objects"])
    random.shuffle(other["workloads"])
    assert outcome(other) == outcome(document)


def test_a_cycle_leaves_no_trace_in_the_next_run() -> None:
    document = seeded_world("order:3", Limits(workloads=14))
    scenario = scenario_from_dict(document)
    assert recorded(simulate(scenario)) == recorded(simulate(replace(scenario, name="again")))
