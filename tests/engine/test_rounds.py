"""Work that is evicted and admitted again: time moves, rounds are counted as they would have been played."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.everyday.days import day
from kueue_sim import run
from kueue_sim.engine.facts import Counted, Run
from kueue_sim.engine.rounds.thrash import KEPT, Snapshot, Thrash
from kueue_sim.engine.simulation import Simulation
from kueue_sim.inputs import load_scenario, scenario_from_dict
from kueue_sim.model import PROFILES, Scenario, Timing
from kueue_sim.results.tables.loops import Loop
from tests.engine.loops import (
    five_jobs_of_three_teams,
    five_jobs_of_two_teams,
    jobs_whose_pods_never_started,
    on_nodes,
    placed_by_topology,
)

MINUTE = 60_000
KNOWN = Path(__file__).parents[2] / "scenarios" / "known-issues"


def played(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The run of a scenario with every round played."""
    with monkeypatch.context() as patch:
        patch.setattr(Thrash, "goes_round_at", lambda self, now: False)
        return Simulation(scenario).run()


@pytest.mark.parametrize(
    ("timing", "period_ms"),
    [
        (PROFILES["prompt"], 30_000),
        (PROFILES["ideal"], 20_000),
        (PROFILES["typical"], 93_000),
        (Timing(flush_ms=1000), 3_000),
        (Timing(termination_ms=30_000), 60_000),
    ],
)
def test_counted_rounds_leave_the_facts_that_playing_them_leaves(
    timing: Timing, period_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = replace(scenario_from_dict(five_jobs_of_three_teams()), timing=timing)
    counted = Simulation(scenario).run()
    assert [one.period_ms for one in counted.counted] == [period_ms]
    assert counted.counted[0].rounds > 50
    one_by_one = played(scenario, monkeypatch)
    assert list(counted.facts) == list(one_by_one.facts)
    assert (counted.end_ms, counted.cycles, counted.states) == (
        one_by_one.end_ms, one_by_one.cycles, one_by_one.states,
    )  # fmt: skip


ON_NODES = {
    "a node for each GPU": on_nodes(five_jobs_of_three_teams(), 12),
    "pods wait for nodes": on_nodes(five_jobs_of_three_teams(), 10),
    "placed by topology": placed_by_topology(five_jobs_of_three_teams(), 12),
}


@pytest.mark.parametrize("document", ON_NODES.values(), ids=ON_NODES)
@pytest.mark.parametrize(
    ("timing", "period_ms"),
    [
        (PROFILES["prompt"], 30_000),
        (PROFILES["ideal"], 20_000),
        (PROFILES["typical"], 93_000),
        (Timing(pod_start_ms=4000, termination_ms=30_000), 20_000),
    ],
)
def test_counted_rounds_on_nodes_leave_the_facts_and_the_report_that_playing_them_leaves(
    document: dict[str, Any], timing: Timing, period_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = replace(scenario_from_dict(document), timing=timing)
    counted = Simulation(scenario).run()
    assert [one.period_ms for one in counted.counted] == [period_ms]
    assert counted.counted[0].rounds > 50
    one_by_one = played(scenario, monkeypatch)
    assert list(counted.facts) == list(one_by_one.facts)
    assert (counted.nodes, counted.placed, counted.end_ms, counted.cycles, counted.states) == (
        one_by_one.nodes, one_by_one.placed, one_by_one.end_ms, one_by_one.cycles, one_by_one.states,
    )  # fmt: skip


@pytest.mark.parametrize(
    "document", [five_jobs_of_three_teams(), ON_NODES["pods wait for nodes"]], ids=["quota", "nodes"]
)
def test_the_present_in_the_midst_of_rounds_is_that_of_played_rounds(
    document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rounds are counted up to the instant, not beyond it, and the run that goes on from there is the same."""
    scenario, at_ms = scenario_from_dict(document), 400 * MINUTE + 7_000
    counted = Simulation(scenario)
    present = counted.present(at_ms)
    run = counted.run()
    assert any(one.from_ms < at_ms for one in run.counted)
    with monkeypatch.context() as patch:
        patch.setattr(Thrash, "goes_round_at", lambda self, now: False)
        one_by_one = Simulation(scenario)
        assert present == one_by_one.present(at_ms)
        assert list(run.facts) == list(one_by_one.run().facts)


def test_there_is_a_present_while_nothing_but_the_same_rounds_lies_ahead() -> None:
    scenario = load_scenario(KNOWN / "fair-sharing-fill-back-loop.yaml")
    assert len(Simulation(scenario).present(60 * MINUTE).workloads) == 3


@pytest.mark.parametrize(("number", "horizon"), [(5, "10h"), (102, "26h")])
def test_pods_that_started_in_a_round_are_as_old_after_many(
    number: int, horizon: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On these days some of the work that goes round has pods when the round is over."""
    scenario = scenario_from_dict({**day(number), "horizon": horizon})
    counted, one_by_one = Simulation(scenario).run(), played(scenario, monkeypatch)
    assert counted.counted
    assert list(counted.facts) == list(one_by_one.facts)
    assert (counted.nodes, counted.placed) == (one_by_one.nodes, one_by_one.placed)


def test_what_waits_is_told_in_a_round_what_it_was_told_a_round_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    """On day 24 work that waits gets another answer in the first round than in all others."""
    scenario = scenario_from_dict({**day(24), "horizon": "16h"})
    assert list(Simulation(scenario).run().facts) == list(played(scenario, monkeypatch).facts)


@pytest.mark.parametrize("placement", [{"policy": "Random"}, {"tieBreak": "random"}], ids=str)
def test_rounds_on_nodes_that_are_chosen_at_random_are_played(placement: dict[str, str]) -> None:
    document = {**on_nodes(five_jobs_of_three_teams(), 12), "placement": placement}
    assert Simulation(scenario_from_dict(document)).run().counted == ()


def test_a_loop_lasts_until_something_else_happens_and_the_run_goes_on() -> None:
    result = run(scenario_from_dict(five_jobs_of_three_teams()))
    assert [(one.at_ms, one.workloads, one.cluster_queues) for one in result.run.standstills] == [
        (335 * MINUTE, ("default/j1", "default/j2", "default/j5"), ("a", "b"))
    ]
    assert result.loops == (
        Loop(
            workloads=("default/j1", "default/j2", "default/j5"),
            cluster_queues=("a", "b"),
            from_ms=335 * MINUTE,
            to_ms=28_670_000,
            rounds=289,
            counted=284,
            preemptions=868,
            lost_hours=pytest.approx(3.1333, abs=1e-4),
            ending_hours=pytest.approx(7.9444, abs=1e-4),
            reasons=("InClusterQueue", "InCohortFairSharing"),
            pairs=(
                ("default/j5", "default/j2", 290),
                ("default/j1", "default/j5", 289),
                ("default/j2", "default/j1", 289),
            ),
        ),
    )
    assert result.total.finished == 5


def test_the_preemptor_sees_what_was_released_before_inadmissible_work_is_woken() -> None:
    scenario = scenario_from_dict(five_jobs_of_two_teams())
    assert scenario.timing == PROFILES["prompt"]
    found = {name: run(replace(scenario, timing=PROFILES[name])) for name in ("prompt", "ideal", "typical")}
    assert {name: (one.total.finished, len(one.loops)) for name, one in found.items()} == {
        "prompt": (5, 0),
        "ideal": (5, 1),
        "typical": (5, 0),
    }
    assert {name: found[name].total.preempted for name in ("prompt", "typical")} == {"prompt": 1, "typical": 1}


def test_evictions_of_pods_that_never_started_take_their_least_time() -> None:
    result = run(scenario_from_dict(jobs_whose_pods_never_started()))
    assert (result.run.standstills, result.total.finished, result.total.preempted) == ((), 5, 32)
    assert [(one.to_ms - one.from_ms, one.rounds) for one in result.loops] == [(29_000, 29)]


@pytest.mark.parametrize("name", PROFILES)
def test_a_loop_that_nothing_will_end_ends_the_run(name: str) -> None:
    scenario = replace(load_scenario(KNOWN / "fair-sharing-fill-back-loop.yaml"), timing=PROFILES[name])
    result = run(scenario)
    assert result.run.counted[-1].for_ever
    assert [(loop.workloads, loop.for_ever) for loop in result.loops] == [
        (("default/a-urgent", "default/b-first"), True)
    ]


def test_with_a_horizon_the_rounds_go_on_to_it() -> None:
    scenario = load_scenario(KNOWN / "fair-sharing-fill-back-loop.yaml", [("horizon", "1h")])
    result = run(scenario)
    assert result.run.end_ms == 60 * MINUTE
    assert result.run.counted == (Counted(70_000, 10_000, 353),)


def test_a_run_ends_with_the_last_thing_that_happens() -> None:
    document = five_jobs_of_two_teams()
    document["workloads"] = [
        {"name": "a", "queue": "a", "requests": {"nvidia.com/gpu": 1}, "runtime": "100h"},
        {"name": "b", "queue": "a", "requests": {"nvidia.com/gpu": 1}, "runtime": "2h"},
    ]
    document["timeline"] = [{"at": "1h", "do": "delete", "workload": "a"}]
    assert run(scenario_from_dict(document)).run.end_ms == 120 * MINUTE


def test_a_round_of_more_states_than_are_kept_is_known_too() -> None:
    """Three states lead into a round of 150, more than the 64 that are kept: it is known, and whole rounds apart."""
    thrash = Thrash(1_000)
    states = [*range(-3, 0), *(at % 150 for at in range(1_000))]
    for at, state in enumerate(states):
        found = thrash.known_round(Snapshot(at, 0, 0, state, {}, (), None))
        if found is not None:
            assert (found[0].state, (at - found[0].at_ms) % 150, found[1]) == (state, 0, frozenset())
            break
    else:
        raise AssertionError("no round was known")
    assert KEPT < 150 < at < 3 + 4 * 150
    assert thrash.known_round(Snapshot(at, 0, 0, states[at], {}, (), None)) is None  # and all begins anew
