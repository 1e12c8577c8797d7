"""The beginning that a run is still marked by is found, told and left out."""

import random

import pytest
from click.testing import CliRunner

from kueue_sim.cli import cli
from kueue_sim.inputs import load_scenario
from kueue_sim.whatif.comparing import warm_up
from kueue_sim.whatif.comparing.warm_up import found_warm_up_ms, mser5, warm_up_notes
from kueue_sim.whatif.facade import advise, compare, sweep


def noise(number: int, level: float = 10.0) -> list[float]:
    draw = random.Random(1)
    return [level + draw.gauss(0, 1) for _ in range(number)]


def test_a_beginning_that_differs_is_cut_where_it_ends() -> None:
    cut = mser5([0.0] * 100 + noise(900))
    assert cut == 100


def test_what_is_alike_throughout_loses_next_to_nothing() -> None:
    cut = mser5(noise(1000))
    assert cut is not None and cut <= 100


def test_what_grows_all_the_time_has_not_settled_and_little_is_not_judged() -> None:
    assert mser5([float(number**2) for number in range(1000)]) is None
    assert mser5(noise(49)) is None


def test_an_index_of_workloads_becomes_a_time_of_submission(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = load_scenario("scenarios/two-busy-teams.yaml", ["horizon=28d"])
    submitted = sorted(job.created_ms for job in scenario.workloads)
    assert found_warm_up_ms(scenario) == submitted[0], "these queues go on as they begin"
    assert found_warm_up_ms(load_scenario("scenarios/lab-option-1.yaml")) is None
    monkeypatch.setattr(warm_up, "mser5", lambda delays: 100)
    assert found_warm_up_ms(scenario) == submitted[100]


def test_the_notes_name_every_side_and_warn_of_runs_that_grow() -> None:
    assert list(warm_up_notes({"now": 3_600_000, "more": None})) == [
        "Warm-up found by MSER-5 on the delays of one run each: now 1h, more not settled; the longest is left out "
        "everywhere.",
        "Where a run has not settled, its queue may still grow: figures depend on how long is looked.",
    ]
    assert list(warm_up_notes({})) == []


def test_compare_looks_for_the_warm_up_and_says_so() -> None:
    change = "clusterQueues.team-a.nvidia.com/gpu.nominalQuota+=4"
    asked = ["compare", "scenarios/two-busy-teams.yaml", change, "--warm-up", "auto", "--seeds", "2"]
    done = CliRunner().invoke(cli, [*asked, "--executor", "local"])
    assert done.exit_code == 0, done.output
    assert "Warm-up found by MSER-5 on the delays of one run each: two-busy-teams" in done.stdout


QUOTA = "clusterQueues.team-a.nvidia.com/gpu.nominalQuota"


def test_sweep_looks_for_the_warm_up_at_its_ends_and_leaves_out_the_longest() -> None:
    ends = {
        value: found_warm_up_ms(load_scenario("scenarios/two-busy-teams.yaml", [f"{QUOTA}={value}"]))
        for value in (8, 12)
    }
    cut = max(found or 0 for found in ends.values())
    asked = {"metrics": ["delay.mean"], "executor": "local"}
    found = sweep("scenarios/two-busy-teams.yaml", {QUOTA: [8, 12]}, warm_up="auto", **asked)
    given = sweep("scenarios/two-busy-teams.yaml", {QUOTA: [8, 12]}, warm_up=f"{cut}ms", **asked)
    names = (f"team-a.nvidia.com/gpu.nominalQuota={value}" for value in ends)
    assert found.notes == tuple(warm_up_notes(dict(zip(names, ends.values(), strict=True))))
    assert cut > 0 and found.columns() == given.columns() and given.notes == ()
    assert found.notes[0] in " ".join(str(found).split())


def test_advise_looks_for_the_warm_up_of_the_scenario_as_it_is() -> None:
    cut = found_warm_up_ms(load_scenario("scenarios/two-busy-teams.yaml"))
    asked = {"objectives": ["team-a.delay.mean <= 1h"], "vary": {QUOTA: [14]}, "seeds": 2, "fresh_seeds": 0}
    found = advise("scenarios/two-busy-teams.yaml", warm_up="auto", executor="local", **asked)
    given = advise("scenarios/two-busy-teams.yaml", warm_up=f"{cut or 0}ms", executor="local", **asked)
    assert found.notes == tuple(warm_up_notes({"as it is": cut}))
    assert (found.present, found.tried) == (given.present, given.tried)
    assert found.value()["notes"][0] == found.notes[0]


def test_an_index_of_how_alike_teams_are_is_never_called_better_or_worse() -> None:
    found = compare(
        "scenarios/two-busy-teams.yaml", {"own": [f"{QUOTA}+=4"]}, seeds=6, metrics=["jain"], executor="local"
    )
    assert [row.verdict for row in found.rows] == ["more"]
