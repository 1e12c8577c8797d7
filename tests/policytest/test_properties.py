"""Ready properties: kept where they should be, broken where Kueue breaks them, and what a breach leaves behind."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kueue_sim import load_scenario
from kueue_sim.engine import simulate
from kueue_sim.inputs import scenario_from_dict, scenario_from_text
from kueue_sim.policytest import properties, strategies
from kueue_sim.policytest.random_worlds.worlds import Limits
from tests.policytest.files import RESERVING

FEW = settings(max_examples=25, deadline=None, database=None, derandomize=True)
SMALL = Limits(queues=3, workloads=6, seconds=6)
KEPT = [
    properties.decisions_are_sound,
    properties.no_queue_beyond_its_borrowing_limit,
    properties.no_more_lent_than_the_lending_limit,
    properties.higher_priority_first_in_strict_queues,
    properties.owners_reach_their_quota,
    properties.no_idle_quota_beside_work_that_fits,
]
KNOWN = Path(__file__).parents[2] / "scenarios" / "known-issues"


@FEW
@given(strategies.worlds(SMALL))
def test_generated_worlds_are_valid_and_keep_what_kueue_promises(world: dict[str, Any]) -> None:
    scenario = scenario_from_dict(world)
    run = simulate(scenario)
    assert {one.__name__: one(scenario, run) for one in KEPT} == {one.__name__: [] for one in KEPT}


@FEW
@given(st.data())
def test_work_for_a_policy_of_ones_own_is_valid(data: st.DataObject) -> None:
    world = yaml.safe_load(RESERVING)
    world["workloads"] = data.draw(strategies.work(["a", "b"], {"nvidia.com/gpu": 4}))
    properties.require(properties.owners_reach_their_quota, world)


def test_an_owner_without_means_to_reclaim_waits_which_breaks_the_promise_of_those_with_means() -> None:
    anyone = scenario_from_text(RESERVING)
    equals = scenario_from_text(RESERVING.replace("reclaimWithinCohort: Any", "reclaimWithinCohort: LowerPriority"))
    waits = simulate(equals)
    assert properties.owners_reach_their_quota(equals, waits) == []
    assert properties.owners_reach_their_quota(anyone, waits) == [
        "at 10s: default/owner waits although a owns the quota"
    ]
    assert properties.owners_reach_their_quota(anyone, simulate(anyone)) == []
    assert properties.no_idle_quota_beside_work_that_fits(equals, waits) == []


def test_starving_is_waiting_longer_than_the_span() -> None:
    scenario = scenario_from_text(RESERVING.replace("reclaimWithinCohort: Any", "reclaimWithinCohort: Never"))
    run = simulate(scenario)
    assert properties.nobody_starves("1h")(scenario, run) == []
    assert properties.nobody_starves("30m")(scenario, run) == ["default/owner waits 59m 50s from its submission"]


def test_more_quota_can_make_a_team_wait_longer() -> None:
    scenario = load_scenario(KNOWN / "more-quota-waits-longer.yaml")
    found = properties.more_quota_never_waits_longer("research", "nvidia.com/gpu")(scenario, simulate(scenario))
    assert found == ["default/small starts at 1s; with 1 more nvidia.com/gpu for research: never"]


def test_a_preemptor_may_go_away_empty_handed() -> None:
    scenario = load_scenario(KNOWN / "eviction-without-benefit.yaml")
    found = properties.no_preemption_without_benefit(scenario, simulate(scenario))
    assert found == ["at 1m: default/urgent waits although default/old had to go for it"]


def test_a_breach_is_kept_as_a_scenario_that_can_be_run(tmp_path: Path) -> None:
    world = yaml.safe_load((KNOWN / "more-quota-waits-longer.yaml").read_text(encoding="utf-8"))
    world.pop("expect")
    monotonic = properties.more_quota_never_waits_longer("research", "nvidia.com/gpu")
    with pytest.raises(properties.PropertyBroken, match="run it: kueue-sim run") as caught:
        properties.require(monotonic, world, keep_in=tmp_path, name="more quota waits longer")
    file = caught.value.file
    assert file == tmp_path / "more-quota-waits-longer.yaml"
    assert file.read_text(encoding="utf-8").splitlines()[:2] == [
        "# more quota waits longer: broken",
        "# default/small starts at 1s; with 1 more nvidia.com/gpu for research: never",
    ]
    assert load_scenario(file).policy == scenario_from_dict(world).policy
