"""Advice: the smallest answer where it is known, what it costs, how sure it is, and what to apply."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from kueue_sim.cli import cli
from kueue_sim.errors import InputError
from kueue_sim.inputs import load
from kueue_sim.whatif.advising.advice import Advice
from kueue_sim.whatif.advising.levers import Lever, all_moves, levers_of, present_value
from kueue_sim.whatif.advising.remedy import patch_of
from kueue_sim.whatif.facade import advise
from kueue_sim.whatif.rendering.advice_text import about_frontier
from kueue_sim.whatif.rendering.advice_text import change as in_words
from kueue_sim.whatif.sweeping.grid import read_axis
from tests.scenario_text import scenario_text
from tests.whatif.worlds import FILE, file

A, B = (f"clusterQueues.{team}.nvidia.com/gpu.nominalQuota" for team in ("team-a", "team-b"))

BATCHES = scenario_text(
    {"team-a": 1, "team-b": 1},
    """\
name: batches
workloads:
  - {name: a, team: team-a, count: 4, runtime: 1h, requests: {nvidia.com/gpu: 1}}
  - {name: b, team: team-b, count: 3, runtime: 1h, requests: {nvidia.com/gpu: 1}}
""",
)
"""Four jobs of an hour wait at most an hour on 2 GPUs; three wait not at all on 3."""
OBJECTIVES = ["team-a.wait.max <= 1h", "team-b.wait.max <= 0s"]


def change(advice: Advice) -> dict[str, str]:
    assert advice.chosen is not None
    return dict(advice.chosen.move.settings)


def test_the_known_smallest_change_is_found_by_going_through_all(tmp_path: Path) -> None:
    found = advise(file(tmp_path, BATCHES), OBJECTIVES, {A: range(1, 6), B: range(1, 6)})
    assert found.chosen is not None
    assert (change(found), found.chosen.move.cost, found.told) == ({A: "2", B: "3"}, 3.0, None)
    assert found.method.endswith("no cheaper one meets the objectives")


def test_the_known_smallest_change_is_found_with_a_budget_far_below_the_number_of_changes(tmp_path: Path) -> None:
    found = advise(file(tmp_path, BATCHES), OBJECTIVES, {A: range(1, 31), B: range(1, 31)}, budget=60)
    assert (change(found), len(found.tried) <= 60) == ({A: "2", B: "3"}, True)
    assert "by Optuna (TPE, seed 0)" in found.method


def test_where_nothing_meets_the_objectives_the_nearest_is_shown(tmp_path: Path) -> None:
    found = advise(file(tmp_path, BATCHES), ["team-a.wait.max <= 0s", "team-b.wait.max <= 2h"], {A: range(1, 3)})
    assert (found.chosen, dict(found.nearest.move.settings)) == (None, {A: "2"})
    lines = [" ".join(line.split()) for line in str(found).splitlines()]
    assert "team-a.wait.max <= 0s 3h 1h no" in lines
    assert "team-b.wait.max <= 2h 2h 2h yes" in lines
    assert found.method.endswith("none meets the objectives")


def test_prices_decide_which_change_is_cheapest(tmp_path: Path) -> None:
    axes = {A: range(1, 6), B: range(1, 6)}
    objectives = ["total.wait.mean <= 30m"]
    cheap_a, cheap_b = (
        change(advise(file(tmp_path, BATCHES), objectives, axes, prices=prices))
        for prices in ({A: 1.0, B: 100.0}, {A: 100.0, B: 1.0})
    )
    assert (cheap_a, A in cheap_b and cheap_b[A] == cheap_a[A]) == ({A: "4"}, False)


def test_what_is_met_already_needs_no_change(tmp_path: Path) -> None:
    found = advise(file(tmp_path, BATCHES), ["team-a.wait.max <= 3h"], {A: range(1, 6)})
    assert (change(found), found.remedy) == ({}, None)
    assert "Change nothing: the objectives are met as it is." in str(found)


def test_what_cannot_be_met_is_said_with_the_nearest(tmp_path: Path) -> None:
    found = advise(file(tmp_path, BATCHES), ["team-a.wait.max <= 0s"], {A: [1, 2, 3]})
    assert found.chosen is None
    assert f"Nothing that was tried meets all objectives. The nearest is {A} 1 -> 2." in str(found)


def test_sureness_comes_from_seeds_that_took_no_part_in_the_choice(tmp_path: Path) -> None:
    found = advise(file(tmp_path), ["delay.mean <= 10m"], {A: [2, 4, 8]}, seeds=2, fresh_seeds=6)
    assert found.told is not None
    sure = found.told.sure
    assert (sure.n, sure.low <= sure.hits / 6 <= sure.high) == (6, True)


def test_a_change_that_holds_under_the_seeds_of_the_search_only_is_passed_over(tmp_path: Path) -> None:
    """Four GPUs are enough under the seed of the search, and not under six others."""
    quick = advise(file(tmp_path), ["delay.mean <= 10m"], {A: [2, 3, 4, 8]}, seeds=1, fresh_seeds=0)
    found = advise(file(tmp_path), ["delay.mean <= 10m"], {A: [2, 3, 4, 8]}, seeds=1, fresh_seeds=6)
    assert quick.chosen is not None and found.chosen is not None and found.told is not None
    assert (dict(quick.chosen.move.settings), quick.refuted) == ({A: "4"}, ())
    assert [(dict(item.move.settings), item.excess > 0) for item in found.refuted] == [({A: "4"}, True)]
    assert (dict(found.chosen.move.settings), found.told.sure.hits, found.confirmed) == ({A: "8"}, 6, True)


def test_the_table_of_less_and_more_says_under_which_seeds_its_figures_were_measured(tmp_path: Path) -> None:
    found = advise(file(tmp_path), ["delay.mean <= 10m"], {A: [2, 4, 8]}, seeds=2, fresh_seeds=2)
    basis = "changes that no cheaper one beats; means over 2 seeds of the search"
    assert about_frontier(replace(found, refuted=())) == basis
    others = "; those passed over: under the seeds that refuted them"
    assert about_frontier(replace(found, refuted=(found.present,))) == basis + others
    exact = advise(file(tmp_path, BATCHES), ["team-a.wait.max <= 3h"], {A: range(1, 3)})
    assert about_frontier(exact) == "changes that no cheaper one beats"


def test_the_frontier_goes_from_cheap_and_bad_to_dear_and_good(tmp_path: Path) -> None:
    found = advise(file(tmp_path, BATCHES), ["team-a.wait.max <= 0s"], {A: range(1, 6)})
    assert [(item.move.cost, item.means["team-a.wait.max"]) for item in found.frontier] == [
        (0.0, 10_800.0),
        (1.0, 3600.0),
        (3.0, 0.0),
    ]


def test_the_change_can_be_applied_as_it_stands(tmp_path: Path) -> None:
    found = advise(file(tmp_path, BATCHES), ["team-a.wait.max <= 1h"], {A: range(1, 6)})
    assert found.remedy is not None
    manifest = yaml.safe_load(found.remedy.manifests)
    quota = manifest["spec"]["resourceGroups"][0]["flavors"][0]["resources"][0]
    assert (manifest["kind"], manifest["metadata"]["name"], quota["nominalQuota"]) == ("ClusterQueue", "team-a", 2)
    assert found.remedy.commands == (
        "kubectl patch clusterqueue team-a --type=json -p "
        '\'[{"op": "replace", "path": "/spec/resourceGroups/0/flavors/0/resources/0/nominalQuota", "value": 2}]\'',
    )


HYPERPOD = """\
apiVersion: kueue-sim/v1
kind: Scenario
policy:
  hyperpod:
    computeQuotas:
      - Name: a
        ComputeQuotaConfig:
          ComputeQuotaResources: [{InstanceType: ml.g5.12xlarge, Count: 1}]
          ResourceSharingConfig: {Strategy: LendAndBorrow, BorrowLimit: 50}
          PreemptTeamTasks: LowerPriority
        ComputeQuotaTarget: {TeamName: team-a, FairShareWeight: 10}
workloads:
  - {name: a, team: team-a, count: 8, runtime: 1h, requests: {nvidia.com/gpu: 1}}
"""


def test_under_hyperpod_the_change_is_an_update_of_the_compute_quota(tmp_path: Path) -> None:
    found = advise(file(tmp_path, HYPERPOD), ["wait.max <= 0s"], {A: [4, 6, 8]})
    assert (change(found), found.remedy is not None and found.remedy.manifests) == ({A: "8"}, "")
    assert found.remedy is not None
    command = found.remedy.commands[0]
    config = json.loads(command.split("--compute-quota-config '")[1].split("'")[0])
    assert command.startswith("aws sagemaker update-compute-quota --compute-quota-id <id> --target-version <version> ")
    assert config["ComputeQuotaResources"] == [{"InstanceType": "ml.g5.12xlarge", "Accelerators": 8}]


def test_what_a_path_stands_at_is_read_wherever_it_is_written(tmp_path: Path) -> None:
    loaded = load(file(tmp_path, FILE))
    paths = (
        A,
        "[ClusterQueue/team-a].spec.resourceGroups[0].flavors[gpu].resources[0].nominalQuota",
        "horizon",
        "seed",
    )
    assert [present_value(path, loaded) for path in paths] == ["2", "2", "1d", None]


def test_staying_is_always_possible_and_costs_nothing(tmp_path: Path) -> None:
    levers = levers_of([read_axis(f"{A}=4,1"), read_axis("seed=1")], load(file(tmp_path, FILE)))
    assert levers == [Lever(A, ("1", "2", "4"), "2"), Lever("seed", ("null", "1"), "null")]
    assert [(dict(move.settings), move.cost) for move in all_moves(levers, {})] == [
        ({}, 0.0),
        ({A: "1"}, 0.5),
        ({"seed": "1"}, 1.0),
        ({A: "4"}, 1.0),
        ({A: "1", "seed": "1"}, 1.5),
        ({A: "4", "seed": "1"}, 2.0),
    ]


def test_quota_that_moves_is_a_lever_that_costs_what_both_changes_cost() -> None:
    """Eight GPUs each: two of them are a quarter of both quotas."""
    path = "team-b -> team-a"
    levers = levers_of([read_axis(f"{path} 2,4")], load("scenarios/two-busy-teams.yaml"))
    assert levers == [Lever(path, ("0", "2", "4"), "0", 0.25)]
    assert [(dict(move.settings), move.cost) for move in all_moves(levers, {})] == [
        ({}, 0.0),
        ({path: "2"}, 0.5),
        ({path: "4"}, 1.0),
    ]
    with pytest.raises(InputError, match="move team-x -> team-a: there is no ClusterQueue or Cohort 'team-x'"):
        levers_of([read_axis("team-x -> team-a 2")], load("scenarios/two-busy-teams.yaml"))


def test_advice_to_move_quota_reads_like_the_move_and_patches_both_queues() -> None:
    path, objective = "team-b -> team-a", "team-a.delay.mean <= 3h"
    found = advise("scenarios/two-busy-teams.yaml", [objective], {path: [4]}, seeds=2, fresh_seeds=2)
    assert found.chosen is not None and found.remedy is not None
    assert in_words(found, found.chosen) == "team-b -> team-a 4"
    assert [command.split()[3] for command in found.remedy.commands] == ["team-a", "team-b"]


def test_a_patch_leads_from_one_value_to_the_other() -> None:
    before = {"a": [1, {"b": 2}], "c/d": 3, "e": 4}
    after = {"a": [1, {"b": 5}], "c/d": 6, "f": [7]}
    assert patch_of(before, after) == [
        {"op": "remove", "path": "/e"},
        {"op": "replace", "path": "/a/1/b", "value": 5},
        {"op": "replace", "path": "/c~1d", "value": 6},
        {"op": "add", "path": "/f", "value": [7]},
    ]


@pytest.mark.parametrize(
    ("objectives", "vary", "prices"),
    [([], {A: [1]}, {}), (["wait.p95 <= soon"], {A: [1]}, {}), (["preemptions == 0"], {}, {}),
     (["preemptions == 0"], {A: [1]}, {B: 1.0}), (["preemptions == 0"], {A.replace("nominal", "nomnal"): [1]}, {})],
)  # fmt: skip
def test_wrong_questions_are_refused(
    tmp_path: Path, objectives: list[str], vary: dict[str, list[object]], prices: dict[str, float]
) -> None:
    with pytest.raises(InputError):
        advise(file(tmp_path, BATCHES), objectives, vary, prices=prices)


def test_the_command_writes_the_change_and_leaves_with_1_when_there_is_none(tmp_path: Path) -> None:
    arguments = [
        str(file(tmp_path, BATCHES)),
        "--vary",
        f"{A}=1..3",
        "--executor",
        "local",
        "-o",
        str(tmp_path / "out"),
    ]
    ended = [
        CliRunner().invoke(cli, ["advise", *arguments, "--objective", objective]).exit_code
        for objective in ("team-a.wait.max <= 0s", "team-a.wait.max <= 1h")
    ]
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert ended == [1, 0]
    assert written == [
        "advice.json", "cells", "change.sh", "change.yaml", "manifest.json", "report.html", "tried.csv",
    ]  # fmt: skip


@pytest.mark.parametrize(("end", "said"), [("horizon: 30m\n", True), ("", False)])
def test_advice_says_where_it_rests_on_waits_that_were_cut_off(tmp_path: Path, end: str, said: bool) -> None:
    found = advise(file(tmp_path, BATCHES + end), ["team-a.delay.max <= 1h"], {A: [2, 4]})
    assert (found.met_so_far == ("team-a.delay.max <= 1h",)) is said
    words = "As far as the runs went: team-a.delay.max <= 1h is about some work that was cut off at their end"
    assert (words in " ".join(str(found).split())) is said


@pytest.mark.parametrize(("prices", "words"), [(None, "cost 1 (sum of relative"), ({A: 5.0}, "cost 5 (price times")])
def test_a_cost_says_what_it_is(tmp_path: Path, prices: dict[str, float] | None, words: str) -> None:
    found = advise(file(tmp_path, BATCHES), ["team-a.wait.max <= 1h"], {A: [2, 4]}, prices=prices)
    assert f"{A} 1 -> 2; {words} change" in str(found)
