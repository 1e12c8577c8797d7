"""Pages in a real browser: nothing runs over its box or sideways, and everything can be read, by day and by night."""

from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from kueue_sim import load_scenario, run
from kueue_sim.report.page.run_page import run_page
from kueue_sim.whatif.backtesting.backtest import Backtest, Parting, Row
from kueue_sim.whatif.costing.statement import statement
from kueue_sim.whatif.execution.runs import Runs
from kueue_sim.whatif.execution.scenario_source import FromFile
from kueue_sim.whatif.facade import advise, compare, forecast, sweep
from kueue_sim.whatif.rendering.advice_page import advice_page
from kueue_sim.whatif.rendering.backtest_page import backtest_page
from kueue_sim.whatif.rendering.comparison_page import comparison_page
from kueue_sim.whatif.rendering.cost_page import cost_page
from kueue_sim.whatif.rendering.forecast_page import forecast_page
from kueue_sim.whatif.rendering.sweep_page import sweep_page
from kueue_sim.whatif.rendering.upgrade_text import upgrade_page
from kueue_sim.whatif.upgrading.upgrade import upgraded
from tests.report.browser import browser, look

FILE = "scenarios/two-busy-teams.yaml"
QUOTA = "clusterQueues.team-a.nvidia.com/gpu.nominalQuota"
BORROW = "clusterQueues.team-a.nvidia.com/gpu.borrowingLimit"
PRICES = {"currency": "USD", "date": "2026-01", "accelerators": {"gpu": 2}}
LEGIBLE = 4.5
"""Contrast of WCAG 2.1, level AA."""


def comparison() -> str:
    variants = {"a variant with a rather long name for its table": [f"{QUOTA}+=4"], "borrow": [f"{BORROW}=8"]}
    return comparison_page(compare(FILE, variants, seeds=3, fresh=False))


def exact() -> str:
    return comparison_page(compare("scenarios/lab-option-1.yaml", {"more": ["team-a -> team-b 1"]}))


def grid() -> str:
    return sweep_page(sweep(FILE, {QUOTA: [8, 12], BORROW: [0, 4]}, seeds=2))


def one_lever() -> str:
    return sweep_page(sweep(FILE, {QUOTA: [8, 12, 16]}, seeds=2))


def advice() -> str:
    return advice_page(advise(FILE, ["team-a.delay.mean <= 1h"], {QUOTA: [8, 14, 20]}, seeds=2, fresh_seeds=3))


def times() -> str:
    work = [{"team": "team-a", "requests": {"nvidia.com/gpu": 4}}]
    return forecast_page(forecast(FILE, work, at="1d12h", seeds=5, hindcasts=0))


def one_run() -> str:
    return run_page(run(load_scenario("scenarios/lab-option-1.yaml")))


def many_teams() -> str:
    return run_page(run(load_scenario("scenarios/hierarchical-cohorts.yaml")))


def strips() -> str:
    """More admissions than are drawn one by one, and more teams than lines can tell apart."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("kueue_sim.report.page.timeline.MOST_BARS", 10)
        patched.setattr("kueue_sim.report.page.figures.FEW", 1)
        return run_page(run(load_scenario("scenarios/fair-sharing-weights.yaml")))


def releases() -> str:
    return upgrade_page(upgraded(FromFile("scenarios/lab-option-1.yaml"), "0.10", "0.19", Runs(), False))


def costs() -> str:
    base = FromFile(FILE, (("clusterQueues.team-a.nvidia.com/gpu.borrowingLimit", 8), ("prices", PRICES)))
    return cost_page(statement(base, Runs(seeds=3)))


def past() -> str:
    parting = Parting(
        250_000,
        ("Admitted team-a/job-7 team-a: main 4 (nvidia.com/gpu h100)",),
        (),
        (),
        ("team-a/job-7: couldn't assign flavors to pod set main: insufficient quota for nvidia.com/gpu",),
    )
    rows = (
        Row("all", "", 40, 3600.0, 3900.0, 300.0, -120.0, 720.0, 0.93),
        Row("team-a/a-rather-long-queue-name", "4 pods", 40, 3600.0, None, None, None, None, 0.0),
    )
    used = ("nvidia.com/gpu", 12.5, 12.25, 0.5)
    return backtest_page(Backtest("march", 40, 160, 151, parting, rows, (3, 2), used, ("why job-9 was deleted",)))


@pytest.mark.skipif(browser() is None, reason="no Chromium or Chrome is installed to look at pages")
@pytest.mark.parametrize(
    "make", [comparison, exact, grid, one_lever, advice, times, one_run, many_teams, strips, releases, costs, past]
)
def test_pages_hold_their_text_and_can_be_read_on_wide_and_narrow_screens_by_day_and_night(
    make: Callable[[], str], tmp_path: Path
) -> None:
    command = browser()
    assert command is not None
    page = tmp_path / "page.html"
    page.write_text(make(), encoding="utf-8")
    for width, dark in product((1280, 390), (False, True)):
        found = look(command, page, width, dark)
        assert (width, dark, found.overflow, found.bursts, found.scrolled, found.contrast >= LEGIBLE or found) == (
            width, dark, 0, (), (), True,
        )  # fmt: skip


def test_a_page_of_a_forecast_says_what_its_times_are_worth() -> None:
    page = times()
    told = "as drawn: too little has happened before to learn from"
    assert ("5 futures; times from now on" in page, told in page) == (True, True)


def test_the_same_content_makes_the_same_page_and_a_small_one() -> None:
    one, two = comparison(), comparison()
    assert one == two
    assert len(one) < 600_000


def test_a_page_says_its_version_and_the_date_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    assert "· 2026-01-01</footer>" in exact()


def test_a_folder_never_holds_files_of_two_comparisons(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("stays")
    found = compare(FILE, {"own": [f"{QUOTA}+=4"]}, seeds=1, metrics=["delay.mean", "preemptions"])
    found.save(tmp_path, plots=True)
    sweep(FILE, {QUOTA: [8]}, metrics=["total.delay.mean"]).save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["manifest.json", "mine.txt", "report.html", "sweep.csv"]
