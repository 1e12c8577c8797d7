"""Comparisons: what is paired with what, what counts as clear, and what is recommended."""

import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kueue_sim import run
from kueue_sim.cli import cli
from kueue_sim.errors import InputError
from kueue_sim.results.metrics.metric_values import Measures
from kueue_sim.whatif.comparing.comparison import judge
from kueue_sim.whatif.comparing.statistics import Difference
from kueue_sim.whatif.comparing.variants import Variant, read_variant
from kueue_sim.whatif.execution.replication import Cell, Outcome, carry_out
from kueue_sim.whatif.execution.scenario_source import FromFile
from kueue_sim.whatif.facade import compare, sweep
from kueue_sim.whatif.rendering.comparison_page import comparison_page
from kueue_sim.whatif.rendering.comparison_plots import intervals
from kueue_sim.whatif.rendering.comparison_text import comparison_text
from kueue_sim.whatif.rendering.verdicts import variant_words
from tests.report.browser import browser, render
from tests.whatif.worlds import QUOTA, borrowing, busy, file, larger, recorded

TEAM_B = "clusterQueues.team-b.nvidia.com/gpu.nominalQuota"


def test_the_same_seed_brings_the_same_arrivals_and_the_direction_is_right() -> None:
    found = compare(busy, {"borrow": borrowing, "larger": larger}, seeds=12, metrics=["delay.mean"])
    verdicts = {(row.variant, row.team): row.verdict for row in found.rows}
    assert (found.replicates, found.n, found.failures) == ("seeds", 12, ())
    assert verdicts == {
        ("borrow", "total"): "better",
        ("borrow", "team-a"): "better",
        ("borrow", "team-b"): "unclear",
        ("larger", "total"): "better",
        ("larger", "team-a"): "better",
        ("larger", "team-b"): "same",
    }
    assert not any("Other arrivals" in note for note in found.notes)


def test_variants_with_other_work_are_told_apart_from_variants_of_policy() -> None:
    found = compare(busy, {"shifted": lambda seed: busy(seed + 1)}, seeds=2, metrics=["delay.mean"])
    assert "Other arrivals than base: shifted. Their differences are not due to policy alone." in found.notes


def test_a_recorded_run_is_told_over_all_its_jobs_and_judged_by_parts_that_do_not_lean_on_each_other() -> None:
    found = compare(recorded(), {"larger": recorded(nominal=6)}, metrics=["delay.mean"])
    base, larger = (Measures(run(recorded(nominal))).value("delay.mean") for nominal in (2, 6))
    row = found.of("larger", "delay.mean")
    assert row is not None and row.serial is not None and base is not None and larger is not None
    assert (row.found.base, row.found.value, row.found.mean) == (base, larger, larger - base)
    assert (found.plan.basis, found.replicates, found.n, row.serial.parts) == ("parts", "hours", 129, 4)


def test_too_few_parts_give_the_value_and_no_verdict() -> None:
    found = compare(recorded(), {"larger": recorded(nominal=6)}, metrics=["delay.mean"], block="2d")
    row = found.of("larger", "delay.mean")
    assert row is not None
    assert (row.found.low, row.verdict) == (None, "too little")
    assert found.recommendation == "No recommendation: the recorded run is too short to judge by its parts."


def test_where_nothing_is_random_the_difference_is_exact_and_told_workload_by_workload() -> None:
    lab = "scenarios/lab-option-1.yaml"
    change = "clusterQueues.team-b.nvidia.com/gpu.nominalQuota+=2"
    found = compare(lab, {"more": [change]}, metrics=["preemptions", "utilisation"])
    assert (found.plan.basis, found.n) == ("exact", 1)
    assert [(row.path.of, row.team, row.found.mean, row.verdict) for row in found.rows[:3]] == [
        ("preemptions", "total", -1, "better"),
        ("preemptions", "team-a", -1, "better"),
        ("preemptions", "team-b", 0, "same"),
    ]
    assert [(row.team, row.verdict) for row in found.rows if row.path.of == "utilisation"] == [
        ("total", "less"),
        ("team-a", "more"),
        ("team-b", "less"),
    ]
    assert found.happened("more") == [
        "hyperpod-ns-team-a/imagenet-gpu-team-a-1: preempted never, before once; done after 1h 40m, before 2h 20m"
    ]
    assert found.recommendation.startswith("Take more: preemptions over everybody falls by 1 (exact).")


def test_a_variant_that_changes_nothing_is_told_so() -> None:
    same, less = (
        "clusterQueues.team-b.nvidia.com/gpu.nominalQuota=8",
        "clusterQueues.team-b.nvidia.com/gpu.nominalQuota=6",
    )
    found = compare(
        "scenarios/two-busy-teams.yaml", {"same": [same], "less": [less]}, metrics=["total.preemptions"], seeds=2
    )
    told = "it changes nothing: fields and figures are those of base"
    assert [name for name, texts in found.warnings.items() if told in texts] == ["same"]
    assert found.recommendation == (
        "Keep base: no variant is clearly better in preemptions over everybody. "
        "Every seed has the same figure on every side."
    )


def test_nodes_that_a_recommended_variant_buys_are_told() -> None:
    found = compare("scenarios/topology.yaml", {"more": ["nodePools.gpu.count+=2"]}, metrics=["delay.mean"])
    assert "It takes nodes with 48 nvidia.com/gpu instead of 32 (+16)." in found.recommendation


def test_what_a_class_is_worth_is_no_other_work() -> None:
    low = {"low": ["priorityClasses.urgent.value=1"]}
    found = compare("scenarios/priority-preemption.yaml", low, metrics=["delay.mean"])
    lines = [(item.object, item.field, item.before, item.after) for item in found.changes["low"].lines]
    assert lines == [("WorkloadPriorityClass urgent", "value", "1000", "1")]


def test_what_a_variant_changes_is_told_with_the_quota_it_promises_and_the_gpus_that_exist() -> None:
    found = compare("scenarios/lab-option-1.yaml", {"more": ["team-a -> team-b 1"], "gift": [f"{TEAM_B}=4"]}, seeds=1)
    lines = [(item.object, item.field, item.before, item.after) for item in found.changes["more"].lines]
    assert lines == [
        ("ClusterQueue hyperpod-ns-team-a-clusterqueue", "nvidia.com/gpu.nominalQuota", "1", "0"),
        ("ClusterQueue hyperpod-ns-team-b-clusterqueue", "nvidia.com/gpu.nominalQuota", "2", "3"),
    ]
    assert found.changes["more"].totals() == [
        ("quota in total", 3, 3), ("granted to ClusterQueues", 3, 3), ("on nodes", 2, 2),
    ]  # fmt: skip
    assert found.changes["gift"].totals()[0] == ("quota in total", 3, 5)
    assert found.changes["gift"].moved == {"hyperpod-ns-team-b-clusterqueue", "total"}
    assert [text for text in found.warnings["gift"] if "nvidia.com/gpu" in text] == [
        "nominal quota of nvidia.com/gpu in flavor ml.g5.8xlarge is 5, the nodes have 2"
    ]


def test_one_run_shows_no_interval() -> None:
    found = compare(busy, {"larger": larger}, seeds=1, metrics=["delay.mean"])
    assert [(row.found.low, row.found.p, row.verdict) for row in found.rows] == [(None, None, "one run")] * 3
    assert "1 run of each side · one difference, so no intervals and no verdicts" in str(found)
    assert found.recommendation == ("No recommendation: one run shows no interval. Use more seeds.")


def test_a_variant_against_itself_makes_no_difference() -> None:
    found = compare(busy, {"same": busy}, seeds=3)
    assert {row.verdict for row in found.rows} == {"same"}
    assert found.recommendation.startswith("Keep base: no variant is clearly better in delay.mean over everybody.")


@pytest.mark.parametrize(
    ("mean", "p", "adjusted", "better", "want"),
    [
        (-1.0, 0.001, 0.01, "lower", "better"),
        (-1.0, 0.001, 0.01, "higher", "worse"),
        (1.0, 0.001, 0.01, "", "more"),
        (1.0, 0.03, 0.4, "lower", "perhaps"),
        (1.0, 0.3, 1.0, "lower", "unclear"),
    ],
)
def test_better_and_worse_are_for_what_survives_the_correction(
    mean: float, p: float, adjusted: float, better: str, want: str
) -> None:
    assert judge(Difference(5, 0, mean, mean, mean - 1, mean + 1, p), adjusted, better, 0.05) == want  # type: ignore[arg-type]


def test_a_failed_run_is_named_and_its_pair_left_out() -> None:
    def fails_for_one(seed: int) -> object:
        if seed == 1:
            raise RuntimeError("broken")
        return busy(seed)

    found = compare(busy, {"odd": fails_for_one}, seeds=3, metrics=["delay.mean"])  # type: ignore[dict-item]
    assert found.failures == ("odd, seed 1: load: RuntimeError: broken",)
    assert {row.found.n for row in found.rows} == {2}


def test_the_recommendation_names_the_price() -> None:
    found = compare(busy, {"borrow": borrowing}, seeds=12, metrics=["delay.mean", "preemptions"])
    assert found.recommendation.startswith("Take borrow: delay.mean over everybody falls by ")
    assert "The price: preemptions +" in found.recommendation


def test_variants_are_files_overlays_or_changes_with_a_name_if_you_like(tmp_path: Path) -> None:
    base = FromFile(str(file(tmp_path)))
    other = file(tmp_path, name="other.yaml")
    overlay = file(tmp_path, "kind: Cohort\nmetadata: {name: all}\n", "overlay.yaml")
    texts = (str(other), f"wide: {overlay}; horizon=3d", f"close:{QUOTA}=7", f"{QUOTA}=9", f"B + 2 (a try): {QUOTA}+=2")
    assert [read_variant(text, base) for text in texts] == [
        Variant("other", FromFile(str(other))),
        Variant("wide", FromFile(base.path, ("horizon=3d",), (str(overlay),))),
        Variant("close", FromFile(base.path, (f"{QUOTA}=7",))),
        Variant("team-a nominalQuota=9", FromFile(base.path, (f"{QUOTA}=9",))),
        Variant("B + 2 (a try)", FromFile(base.path, (f"{QUOTA}+=2",))),
    ]


def test_a_variant_that_is_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="and it is no PATH=VALUE"):
        read_variant("missing.yaml", FromFile(str(file(tmp_path))))


def test_seeds_and_blocks_exclude_each_other() -> None:
    with pytest.raises(InputError, match="exclude each other"):
        compare(busy, {"same": busy}, seeds=2, block="1d")


def test_the_command_prints_writes_and_leaves_with_1_when_a_condition_holds(tmp_path: Path) -> None:
    arguments = [str(file(tmp_path)), f"more: {QUOTA}=4", "--seed", "5", "--seeds", "3", "--executor", "local"]
    arguments += ["--metric", "delay.mean", "-o", str(tmp_path / "out"), "--format", "json"]
    fine, failing = ("team-a.delay.mean > +10%", "team-a.delay.mean < -10%")
    ended = [
        CliRunner().invoke(cli, ["compare", *arguments, "--fail-if", condition]).exit_code
        for condition in (fine, failing)
    ]
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert (ended, written) == (
        [0, 1],
        ["cells", "comparison.csv", "comparison.json", "manifest.json", "report.html", "runs.csv"],
    )
    made = [row.split(",")[:2] for row in (tmp_path / "out" / "runs.csv").read_text().splitlines()]
    assert (made[0], [seed for _, seed in made[1:]]) == (["variant", "seed"], ["5", "6", "7"] * 2)


def interrupted_after(runs: int, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Ctrl-C once so many runs were made; side and seed of each of these, as they are made."""
    made: list[tuple[str, int]] = []

    def stops(cell: Cell) -> Outcome:
        if len(made) == runs:
            raise KeyboardInterrupt
        made.append((cell.identity.partition(" ")[0], cell.seed))
        return carry_out(cell)

    monkeypatch.setattr("kueue_sim.whatif.execution.batches.carry_out", stops)
    return made


def test_ctrl_c_leaves_the_comparison_of_the_seeds_that_every_side_has_met(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight of twelve runs: three sides have met two seeds, and two of them the third."""
    sides: dict[str, Any] = {"larger": larger, "borrowing": borrowing}
    whole = compare(busy, sides, seeds=2, fresh=False)
    made = interrupted_after(8, monkeypatch)
    found = compare(busy, sides, seeds=4)
    assert made == [(name, seed) for seed in range(3) for name in ("base", "larger", "borrowing")][:8]
    assert (found.rows, found.plan.seeds, found.interrupted) == (whole.rows, (0, 1), "2 of 4 seeds")
    assert found.notes == (
        "Interrupted after 2 of 4 seeds, each met by every side; figures are of no others.",
        *whole.notes,
    )
    assert "2 seeds (interrupted after 2 of 4 seeds) · paired differences" in str(found)


def test_ctrl_c_while_seeds_are_added_or_run_afresh_leaves_what_was_found_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sides: dict[str, Any] = {"larger": larger, "borrowing": borrowing}
    before = compare(busy, sides, seeds=8, fresh=False)
    with monkeypatch.context() as patched:
        interrupted_after(12 + 4, patched)
        added = compare(busy, sides, seeds=4, precision=0.001)
    with monkeypatch.context() as patched:
        interrupted_after(24 + 1, patched)
        afresh = compare(busy, sides, seeds=8)
    with monkeypatch.context() as patched:
        interrupted_after(2, patched)
        with pytest.raises(KeyboardInterrupt):
            compare(busy, sides, seeds=4)
    assert (added.interrupted, added.plan.seeds) == ("5 of 8 seeds", (0, 1, 2, 3, 4))
    assert (afresh.interrupted, afresh.rows, afresh.fresh) == ("0 of 8 fresh seeds", before.rows, None)


def test_ctrl_c_reports_and_keeps_the_finished_runs_of_a_comparison_and_the_same_command_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    arguments = ["compare", str(file(tmp_path)), f"more: {QUOTA}=4", "--seeds", "2", "--executor", "local"]
    with monkeypatch.context() as patched:
        interrupted_after(3, patched)
        first = CliRunner().invoke(cli, [*arguments, "-o", str(out)])
    with monkeypatch.context() as patched:
        interrupted_after(3, patched)
        lost = CliRunner().invoke(cli, arguments)
    with monkeypatch.context() as patched:
        interrupted_after(1, patched)
        nothing = CliRunner().invoke(cli, arguments)
    assert (first.exit_code, first.stderr) == (
        130,
        f"written to {out}\ninterrupted after 1 of 2 seeds; kept in {out}, the same command goes on\n",
    )
    assert (lost.exit_code, lost.stderr) == (130, "interrupted after 1 of 2 seeds; nothing is kept\n")
    assert (nothing.exit_code, nothing.stdout, nothing.stderr) == (
        130,
        "",
        "interrupted after 1 of 4 runs; nothing is kept\n",
    )
    assert (first.stdout, "1 run (interrupted after 1 of 2 seeds)" in first.stdout) == (lost.stdout, True)
    kept = {path.name for path in (out / "cells").iterdir()}
    again = CliRunner().invoke(cli, [*arguments, "-o", str(out)])
    assert (again.exit_code, len(kept), again.stdout) == (0, 3, CliRunner().invoke(cli, arguments).stdout)


def test_fairness_is_compared_in_total_and_weighted_shares_per_team() -> None:
    bounds = ["jain < -0.001", "jain.min > 1"]
    found = compare(busy, {"borrowing": borrowing}, seeds=3, metrics=["jain", "weighted_share.max"], bounds=bounds)
    rows = {(row.path.of, row.team): row.found for row in found.rows}
    assert list(rows) == [
        ("jain", "total"),
        ("weighted_share.max", "team-a"),
        ("weighted_share.max", "team-b"),
        ("jain.min", "total"),
    ]
    assert 0 < rows["jain.min", "total"].value <= rows["jain", "total"].value < rows["jain", "total"].base <= 1
    assert rows["weighted_share.max", "team-a"].value > rows["weighted_share.max", "team-a"].base == 0
    assert [text.partition(":")[0] for text in found.violations] == ["jain < -0.001"]


def test_the_same_comparison_writes_the_same_bytes(tmp_path: Path) -> None:
    folders = [compare(busy, {"larger": larger}, seeds=2).save(tmp_path / name) for name in ("one", "two")]
    one, two = [{path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders]
    assert one == two


def test_what_people_named_is_escaped_wherever_html_is_made() -> None:
    found = compare(busy, {"<b>": larger}, seeds=2, metrics=["delay.mean"])
    for made in (found._repr_html_(), comparison_page(found)):
        assert ("<b></td>" in made, "&lt;b&gt;" in made) == (False, True)


def test_plots_say_what_their_axes_are() -> None:
    axes = compare(busy, {"larger": larger}, seeds=3, metrics=["delay.mean"]).plot()
    assert axes.get_xlabel() == "delay.mean: difference from base (hours, lower is better)"
    assert [label.get_text() for label in axes.get_yticklabels()] == ["total", "team-a", "team-b"]


@pytest.mark.skipif(browser() is None, reason="no Chromium or Chrome is installed to render the page")
def test_a_browser_renders_the_pages_without_complaint(tmp_path: Path) -> None:
    command = browser()
    assert command is not None
    comparison = compare(busy, {"larger": larger, "borrow": borrowing}, seeds=3).save(tmp_path / "comparison")
    swept = sweep(file(tmp_path), {QUOTA: [2, 4]}, seeds=2, metrics=["total.delay.mean"]).save(tmp_path / "sweep")
    for folder, drawings in ((comparison, 5), (swept, 1)):
        rendered = render(command, folder / "report.html")
        drawn = len(re.findall(r'<div class="wide"><svg', rendered.document))
        assert (rendered.complaints, drawn) == ((), drawings)


def test_a_share_of_submitted_work_is_better_also_where_quota_changed_and_a_share_of_quota_is_not() -> None:
    found = compare(busy, {"larger": larger}, seeds=8, metrics=["wait.within[30m]", "utilisation"], fresh=False)
    verdicts = {row.path.of: row.verdict for row in found.rows if row.team == "total"}
    assert verdicts == {"wait.within[30m]": "better", "utilisation": "less"}
    assert found.recommendation.startswith("Take larger: wait.within[30m] over everybody rises by ")


def test_labels_of_narrow_plots_are_broken_into_lines_that_have_room() -> None:
    found = compare(busy, {"larger": larger}, seeds=2, metrics=["delay.mean"], fresh=False)
    narrow, wide = (intervals(found, "delay.mean", width=width).get_xlabel() for width in (3.6, 9.0))
    assert (max(map(len, narrow.splitlines())) <= 36, "\n" in wide) == (True, False)
    assert " ".join(narrow.split()) == wide


def test_a_team_that_was_asked_for_by_name_has_its_row_whatever_the_verdict() -> None:
    found = compare(busy, {"same": busy}, metrics=["total.delay.mean", "team-b.preemptions"], seeds=2)
    told = comparison_text(found)
    section = told[told.index("preemptions") :]
    assert "team-b" in section.splitlines()[2] and "without a clear difference" not in section


def test_in_words_every_team_is_accounted_for() -> None:
    """What more quota of team a does to its waits two seeds do not settle; to those of team b it does nothing."""
    found = compare(busy, {"larger": larger}, metrics=["delay.mean"], seeds=2)
    verdicts = {row.team: row.verdict for row in found.rows}
    (line,) = variant_words(found, "larger")
    assert (verdicts["team-a"], verdicts["team-b"]) == ("unclear", "same")
    assert line.endswith("; no clear difference for 1 of 2, none at all for 1")
