"""Every command about many runs writes its pictures where --plots asks for them, and says so without -o."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from kueue_sim.cli import cli
from kueue_sim.whatif.backtesting.backtest import Backtest, Row
from kueue_sim.whatif.facade import advise, compare, sweep
from kueue_sim.whatif.rendering.advice_page import advice_page
from kueue_sim.whatif.rendering.comparison_page import comparison_page
from kueue_sim.whatif.rendering.comparison_plots import intervals
from kueue_sim.whatif.rendering.folders import save_backtest
from kueue_sim.whatif.rendering.sweep_page import sweep_page
from kueue_sim.whatif.rendering.sweep_plots import SweepPlots

LAB, BUSY = "scenarios/lab-option-1.yaml", "scenarios/two-busy-teams.yaml"
QUOTA = "clusterQueues.team-b.nvidia.com/gpu.nominalQuota"
LOCAL = ("--executor", "local")


@pytest.mark.parametrize(
    ("asked", "pictures"),
    [
        (("compare", LAB, "team-b -> team-a 1", "--metric", "delay.mean", *LOCAL), ["delay.mean.png"]),
        (("sweep", LAB, "--grid", f"{QUOTA}=1,2", "--metric", "total.delay.mean", *LOCAL), ["total.delay.mean.png"]),
        (("advise", LAB, "--objective", "delay.mean <= 1h", "--vary", f"{QUOTA}=2", *LOCAL), ["frontier.png"]),
        (("forecast", BUSY, "--at", "1d", "--seeds", "2", "--hindcasts", "0", *LOCAL), ["starts.png"]),
        (("cost", LAB), ["cost.png"]),
        (
            ("upgrade", LAB, "--from", "0.12", "--to", "0.16", "--no-trials", *LOCAL),
            ["delay.mean.png", "delay.p95.png", "lost.gpu_hours.png", "preemptions.png", "utilisation.png"],
        ),
    ],
    ids=lambda value: value[0],
)
def test_plots_are_written_beside_the_page(asked: tuple[str, ...], pictures: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = CliRunner().invoke(cli, [*asked, "-o", str(out), "--plots"])
    nowhere = CliRunner().invoke(cli, [*asked, "--plots"])
    assert (done.exit_code, sorted(path.name for path in out.glob("*.png"))) == (0, pictures), done.output
    assert {path.read_bytes()[:8] for path in out.glob("*.png")} == {b"\x89PNG\r\n\x1a\n"}
    assert (nowhere.exit_code, "--plots says what to write besides" in nowhere.stderr) == (2, True)


def test_a_backtest_draws_recorded_and_simulated_waits(tmp_path: Path) -> None:
    rows = (Row("all", "", 40, 3600.0, 3900.0, 300.0, -120.0, 720.0, 0.93),)
    found = Backtest("march", 40, 160, 151, None, rows, (3, 2), ("nvidia.com/gpu", 12.5, 12.25, 0.5), ())
    saved = save_backtest(found, tmp_path / "out", plots=True)
    assert (saved / "waits.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_a_metric_in_which_nothing_differs_is_not_drawn_on_the_page() -> None:
    found = compare("scenarios/lending-limits.yaml", {"same": [f"{QUOTA}=8"]}, metrics=["delay.mean", "preemptions"])
    more = compare("scenarios/lending-limits.yaml", {"more": [f"{QUOTA}=13"]}, metrics=["delay.mean", "preemptions"])
    pages = [comparison_page(one) for one in (found, more)]
    assert [page.count('class="figure"') for page in pages] == [0, 1]


def test_outer_rows_keep_off_the_frame_and_zeros_have_an_axis_of_their_own() -> None:
    found = compare("scenarios/lending-limits.yaml", {"same": [f"{QUOTA}=8"]}, metrics=["delay.mean"])
    drawn = intervals(found, "delay.mean")
    assert (drawn.get_ylim(), drawn.get_xlim()) == ((2.5, -0.5), (-1, 1))
    plots = SweepPlots(sweep("scenarios/lending-limits.yaml", {QUOTA: [8, 9]}, metrics=["preemptions"]))
    assert plots.metric("preemptions").get_ylim() == (-0.05, 1)


def test_advice_draws_what_is_missed_only_where_something_is() -> None:
    asked = ("delay.mean <= 1h", "utilisation >= 99%")
    pages = [advice_page(advise(LAB, [objective], {QUOTA: [2, 4]}, seeds=1)) for objective in asked]
    assert [page.count('<div class="figure">') for page in pages] == [0, 1]


def test_a_recommendation_for_the_total_alone_does_not_speak_of_no_teams() -> None:
    found = compare("scenarios/lending-limits.yaml", {"more": [f"{QUOTA}=13"]}, metrics=["total.delay.mean"])
    assert found.recommendation.startswith("Take more: delay.mean over everybody falls by ")
    assert "Whom it helps or harms was not asked; --metric delay.mean asks for every team." in found.recommendation


def test_what_has_open_ends_is_drawn_hollow_above_the_intervals() -> None:
    compared = compare(BUSY, {"more": [f"{QUOTA.replace('team-b', 'team-a')}+=1"]}, metrics=["delay.mean"], seeds=2)
    rows = [row for row in compared.rows if any(row.open_ends)]
    lines = intervals(compared, "delay.mean").get_lines()
    hollow = [line for line in lines if line.get_markerfacecolor() == "white" and len(line.get_xdata())]
    filled = [line for line in lines if line.get_marker() == "o" and line not in hollow]
    assert [len(line.get_xdata()) for line in hollow] == [len(rows)] == [2]
    assert min(line.get_zorder() for line in hollow) > max(line.get_zorder() for line in filled)
    page = comparison_page(compared)
    assert (page.count("fill: var(--paper)") > 0, "fill: #ffffff" in page) == (True, False)


def test_teams_of_a_sweep_are_hollow_where_they_have_open_ends() -> None:
    quota = QUOTA.replace("team-b", "team-a")
    found = sweep(BUSY, {quota: [8, 16]}, metrics=["delay.mean"], seeds=2)
    plots = SweepPlots(found)
    total = next(path for path in found.paths if path.subject.kind == "total")
    drawn = [line for line in plots.teams(total).get_lines() if line.get_markerfacecolor() == "white"]
    open_ends = [sum(found.open_ends(path.text)) for path in plots.team_paths(total)]
    assert ([len(line.get_xdata()) for line in drawn], open_ends) == ([1], [1, 0])


def test_the_best_points_of_a_page_say_how_many_are_as_good() -> None:
    page = sweep_page(sweep(BUSY, {QUOTA: [4, 8, 12]}, metrics=["preemptions", "delay.mean"], seeds=1))
    limit = sweep(BUSY, {"clusterQueues.team-a.nvidia.com/gpu.borrowingLimit": [0, 4], QUOTA: [8, 10]}, seeds=1)
    assert "preemptions, the same at all points" in page
    assert "<i>team-b.nominalQuota=8</i> and 1 other point" in sweep_page(limit)
