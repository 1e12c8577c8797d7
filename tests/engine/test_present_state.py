"""A run stopped at any instant and begun anew from its state goes on with the same decisions."""

import random
from dataclasses import replace

import pytest

from kueue_sim.engine import Run
from kueue_sim.engine.simulation import Simulation
from kueue_sim.inputs.scenario import scenario_from_dict
from kueue_sim.model import Scenario
from kueue_sim.policytest.random_worlds.worlds import seeded_world

DECISIONS = ("QuotaReserved", "Admitted", "Preempted", "Evicted", "Requeued", "Finished", "Deleted", "Deactivated")


def decisions(run: Run, after_ms: int, shift_ms: int = 0) -> list[str]:
    """Everything decided later than an instant, as text; times count from the start of the uninterrupted run."""
    found = [fact._replace(at_ms=fact.at_ms + shift_ms) for fact in run.facts if fact.type in DECISIONS]
    return sorted(str(fact) for fact in found if fact.at_ms > after_ms)


def begun_at(scenario: Scenario, at_ms: int) -> tuple[Scenario, int]:
    """The scenario from this instant on, and how much later its clock starts."""
    present = Simulation(scenario).present(at_ms)
    base_ms = at_ms // 1000 * 1000
    later = [one._replace(created_ms=one.created_ms - base_ms) for one in scenario.workloads if one.created_ms > at_ms]
    return replace(present, workloads=(*present.workloads, *later)), base_ms


@pytest.mark.parametrize("seed", range(40))
def test_a_run_goes_on_from_its_state_at_a_random_instant_as_if_it_had_not_stopped(seed: int) -> None:
    scenario = scenario_from_dict(seeded_world(seed))
    whole = Simulation(scenario).run()
    at_ms = random.Random(seed).randrange(1 + max((fact.at_ms for fact in whole.facts), default=0))
    onward, base_ms = begun_at(scenario, at_ms)
    assert decisions(Simulation(onward).run(), at_ms, base_ms) == decisions(whole, at_ms)
