"""What is said of figures where nothing is random, and where chance has its part after all."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from kueue_sim.cli import cli
from kueue_sim.whatif.execution.replication import Outcome
from kueue_sim.whatif.facade import advise, compare, sweep
from kueue_sim.whatif.rendering.advice_page import advice_page
from kueue_sim.whatif.rendering.comparison_text import comparison_text
from kueue_sim.whatif.rendering.sweep_page import sweep_page
from tests.whatif.worlds import FILE, file

NOMINAL = "clusterQueues.team-a.nvidia.com/gpu.nominalQuota"
JOBS = FILE[: FILE.index("workloads:")] + (
    "workloads:\n  - {name: a, team: team-a, count: 4, runtime: 1h, requests: {nvidia.com/gpu: 1}}\n"
)
"""Four jobs of an hour, all there from the beginning: on 2 GPUs two of them wait an hour, on 3 one does, on 4 none."""
NODES = (
    JOBS
    + """\
cluster: {nodePools: [{name: gpu, count: 2, resources: {nvidia.com/gpu: 2}}]}
placement: {policy: GpuSpread, tieBreak: random}
"""
)
EXACT, ONE_SEED = "nothing here is random: exact for this work", "one seed: another may say otherwise"


@pytest.mark.parametrize(
    ("text", "seeds", "basis"),
    [
        (JOBS, 1, EXACT),
        (JOBS, 3, EXACT),
        (NODES.replace("random", "name"), 1, EXACT),
        (NODES, 1, ONE_SEED),
        (FILE, 1, ONE_SEED),
        (FILE, 2, "means over seeds ± standard error"),
    ],
)
def test_a_sweep_says_exact_only_where_no_seed_can_make_a_difference(
    tmp_path: Path, text: str, seeds: int, basis: str
) -> None:
    found = sweep(file(tmp_path, text), {NOMINAL: [2, 4]}, metrics=["wait.mean"], seeds=seeds)
    said, page = str(found), sweep_page(found)
    assert (found.basis, f" · {basis}\n" in said, f" · {basis}" in page) == (basis, True, True)
    assert (found.exact, "±" in said.replace(basis, "")) == (basis == EXACT, seeds == 2)


def test_an_exact_sweep_of_several_seeds_has_figures_without_errors(tmp_path: Path) -> None:
    found = sweep(file(tmp_path, JOBS), {NOMINAL: [2, 3, 4]}, metrics=["total.wait.mean"], seeds=2)
    assert [line.split() for line in str(found).splitlines()[-3:]] == [["2", "30m"], ["3", "15m"], ["4", "0s"]]
    assert found.plot.metric("total.wait.mean").get_legend_handles_labels()[1] == ["exact"]


def test_a_sweep_is_not_exact_as_soon_as_one_point_draws(tmp_path: Path) -> None:
    base = file(tmp_path, NODES.replace("random", "name"))
    ties = sweep(base, {"placement.tieBreak": ["name", "random"]}, metrics=["total.wait.mean"])
    assert (ties.exact, ties.basis) == (False, ONE_SEED)


def test_json_of_a_sweep_tells_whether_it_is_exact(tmp_path: Path) -> None:
    def told(text: str) -> bool:
        arguments = ["sweep", str(file(tmp_path, text)), "--grid", f"{NOMINAL}=2,4", "--executor", "local"]
        ended = CliRunner().invoke(cli, [*arguments, "--metric", "total.wait.mean", "--format", "json"])
        return bool(json.loads(ended.stdout)["exact"])

    assert (told(JOBS), told(FILE)) == (True, False)


def test_a_comparison_of_which_only_a_variant_draws_is_judged_by_seeds(tmp_path: Path) -> None:
    drawn = file(tmp_path, FILE, "drawn.yaml")
    found = compare(file(tmp_path, JOBS), {"other work": drawn}, metrics=["total.wait.mean"])
    assert (found.plan.basis, len(found.plan.seeds)) == ("seeds", 10)


def test_exact_advice_speaks_of_no_seeds(tmp_path: Path) -> None:
    found = advise(file(tmp_path, JOBS), ["wait.max <= 0s"], {NOMINAL: [2, 3, 4]})
    said = [" ".join(line.split()) for line in str(found).splitlines()]
    assert found.value()["exact"] is True
    assert said[1].endswith("no cheaper one meets the objectives; one exact run each")
    assert "Nothing here is random, so one run says it all of this work, and nothing about other work." in said
    assert "Objectives nothing here is random: exact" in said
    assert "change cost wait.max missed by" in said
    page = advice_page(found)
    assert ("seed" in "\n".join(said), "seed" in page) == (False, False)


def test_advice_where_nodes_are_drawn_has_fresh_seeds(tmp_path: Path) -> None:
    found = advise(file(tmp_path, NODES), ["wait.max <= 0s"], {NOMINAL: [2, 4]}, seeds=2, fresh_seeds=3)
    assert (found.exact, found.seeds, found.told is None or found.told.sure.n) == (False, 2, 3)


def test_advice_without_fresh_seeds_does_not_say_that_nothing_is_random(tmp_path: Path) -> None:
    found = advise(file(tmp_path), ["delay.mean <= 10m"], {NOMINAL: [2, 8]}, seeds=2, fresh_seeds=0)
    assert "How sure: not known, because no fresh seeds were asked for" in str(found)


def test_a_page_of_a_sweep_without_work_has_no_best_wait_and_draws_none(tmp_path: Path) -> None:
    nothing = JOBS[: JOBS.index("workloads:")] + "workloads: []\n"
    page = sweep_page(sweep(file(tmp_path, nothing), {NOMINAL: [2, 4]}, metrics=["delay.mean", "utilisation"]))
    assert ("delay.mean, measured at no point" in page, "best delay.mean" in page) == (True, False)
    assert ("chart-points-delay-mean" in page, "chart-points-utilisation" in page) == (False, True)


def test_a_comparison_without_work_says_that_there_is_no_value_to_compare(tmp_path: Path) -> None:
    nothing = file(tmp_path, JOBS[: JOBS.index("workloads:")] + "workloads: []\n")
    found = compare(nothing, {"more": [f"{NOMINAL}=4"]}, metrics=["delay.mean", "utilisation"])
    assert found.recommendation == "No recommendation: delay.mean decides, and has no value to compare."


FULL = JOBS + "cluster: {nodePools: [{name: gpu, count: 1, resources: {nvidia.com/gpu: 2}}]}\n"
"""The same on one node of two GPUs, whatever the quota is."""


@pytest.mark.parametrize(("gpus", "wait"), [(4, "2 GPU-hours against 0 under base"), (2, "")])
def test_quota_that_finds_no_nodes_is_told_with_what_it_seems_to_help(gpus: int, wait: str, tmp_path: Path) -> None:
    """With four GPUs of quota all are admitted at once, and two of them start no sooner than before."""
    file = tmp_path / "file.yaml"
    file.write_text(FULL)
    found = compare(file, {"more": [f"{NOMINAL}={gpus}"]}, metrics=["delay.mean", "start.mean"])
    text = comparison_text(found)
    assert [row.found.mean for row in found.rows if row.team == "total" and row.path.of == "start.mean"] == [0]
    told = " ".join(line.strip() for line in text.splitlines())
    beware = (
        f"Beware: under it work holds quota without nodes for its pods, {wait}: it starts later than it is admitted"
    )
    assert (beware in told) is ("Beware" in told) is bool(wait)
    assert ("warning (more): work holds quota without nodes" in told) is bool(wait)


def test_where_a_cluster_is_taken_over_what_is_exact_rests_on_run_times_that_were_given(tmp_path: Path) -> None:
    there = "  - {name: old, team: team-a, requests: {nvidia.com/gpu: 2}, runtime: 2h, admitted: {}, ranFor: 1h}\n"
    notes = []
    for name, work in (("now", there), ("new", "")):
        (tmp_path / f"{name}.yaml").write_text(JOBS + work)
        found = compare(tmp_path / f"{name}.yaml", {"more": [f"{NOMINAL}=4"]}, metrics=["delay.mean"])
        notes.append([note for note in found.notes if "is taken as the scenario says" in note])
    assert [len(one) for one in notes] == [1, 0]


def test_advice_to_take_quota_that_finds_no_nodes_says_so(tmp_path: Path) -> None:
    told = []
    for text in (FULL, FULL.replace("name: gpu, count: 1", "name: gpu, count: 2")):
        (tmp_path / "file.yaml").write_text(text)
        found = advise(tmp_path / "file.yaml", ["delay.mean <= 0s"], {NOMINAL: [2, 4]})
        assert found.chosen is not None and dict(found.chosen.move.settings) == {NOMINAL: "4"}
        told.append(found.doubts)
    beware = (
        "Beware: under it work holds quota without nodes for its pods, 2 GPU-hours against 0 under the present "
        "settings: it starts later than it is admitted, which start.mean tells."
    )
    assert told == [(beware,), ()]


def test_a_sweep_names_the_points_at_which_quota_finds_no_nodes(tmp_path: Path) -> None:
    (tmp_path / "file.yaml").write_text(FULL)
    found = sweep(tmp_path / "file.yaml", {NOMINAL: [1, 2, 3, 4]}, metrics=["delay.mean"])
    assert found.unplaced == [
        "Work holds quota without nodes for its pods at team-a.nominalQuota=4 (2), team-a.nominalQuota=3 (1), in "
        "GPU-hours a run against 0 at best: it starts later than it is admitted, which start.mean tells."
    ]
    assert "unplaced" not in " ".join(found.columns())


def test_a_point_of_which_nothing_is_known_is_not_the_best_one(tmp_path: Path) -> None:
    """Of a run that failed nobody knows whether its quota found nodes."""
    (tmp_path / "file.yaml").write_text(FULL)
    all_ran = sweep(tmp_path / "file.yaml", {NOMINAL: [3, 4, 2]}, metrics=["delay.mean"])
    failed = Outcome({}, stage="simulate", reason="RuntimeError: broken")
    found = replace(all_ran, outcomes=(*all_ran.outcomes[:2], failed))
    assert (found.failures, found.unplaced) == (
        1,
        [
            "Work holds quota without nodes for its pods at team-a.nominalQuota=4 (2), in GPU-hours a run against 1 at "
            "best: it starts later than it is admitted, which start.mean tells."
        ],
    )
