"""Figures of work that had not come to its end when the run did are marked wherever they are told."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kueue_sim import run
from kueue_sim.cli import cli
from kueue_sim.inputs import scenario_from_dict
from kueue_sim.policytest import suite
from kueue_sim.policytest.running import run_test
from kueue_sim.report.charts.plots import Plots, own_axes
from kueue_sim.report.page.run_page import run_page
from kueue_sim.report.text.terminal import text_report
from kueue_sim.results.metrics.conditions import OPEN_ENDS
from kueue_sim.results.metrics.metric_path import read_metrics
from kueue_sim.results.metrics.metric_values import Measures
from kueue_sim.whatif.facade import compare, sweep
from kueue_sim.whatif.rendering.comparison_plots import intervals
from kueue_sim.whatif.rendering.sweep_plots import SweepPlots
from tests.engine.test_drain import one_an_hour

QUOTA = "clusterQueues.a.nvidia.com/gpu.nominalQuota"
PATHS = (
    "wait.mean", "wait.max", "delay.mean", "queued.p95", "start.mean", "completion.mean", "slowdown.mean",
    "wait.within[1h]", "wait.within[30m]", "utilisation", "pending.mean", "unfinished",
)  # fmt: skip
HERE = {"executor": "local", "workers": 1}


def file(folder: Path, **more: Any) -> Path:
    path = folder / "hourly.yaml"
    path.write_text(json.dumps(one_an_hour(**{"drain": False, "name": "hourly", **more})))
    return path


def invoke(*arguments: str) -> str:
    ran = CliRunner().invoke(cli, arguments)
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    return ran.output


def test_what_leaves_out_open_ends_and_what_counts_them_so_far_is_known() -> None:
    """At 4h two of five jobs wait, since 3h and 4h, and three have not finished. Within 30m some of them may still be
    admitted: the one that came just now; within an hour both."""
    measures = Measures(run(scenario_from_dict(one_an_hour(drain=False))))
    paths = read_metrics(PATHS, measures._result.scenario.policy)
    assert measures.open_ends(paths) == frozenset(PATHS[:9])
    assert measures.open_ends(paths, (0, 3 * 3_600_000)) == frozenset(PATHS[5:7])
    assert measures.values(paths[:9]) == {
        "wait.mean": 3600.0,
        "wait.max": 7200.0,
        "delay.mean": 2880.0,
        "queued.p95": pytest.approx(6480.0),
        "start.mean": 3600.0,
        "completion.mean": 9000.0,
        "slowdown.mean": 1.25,
        "wait.within[1h]": 0.4,
        "wait.within[30m]": 0.2,
    }


def test_a_drain_leaves_only_the_ends_of_what_runs_on() -> None:
    measures = Measures(run(scenario_from_dict(one_an_hour())))
    assert measures.open_ends(read_metrics(PATHS, measures._result.scenario.policy)) == frozenset(PATHS[5:7])


def test_waits_of_a_deleted_job_have_an_end_and_those_after_an_eviction_may_have_none() -> None:
    """The waiting job is deleted; the lower one is evicted at 1h and waits when the run ends."""
    low = {"name": "low", "queue": "a", "requests": {"nvidia.com/gpu": 4}}
    high = {**low, "name": "high", "submit": "1h", "priority": 5}
    gone = {**low, "name": "gone", "submit": "1h", "priority": -1}
    base = one_an_hour(drain=False)
    base["policy"]["objects"][1]["spec"]["preemption"] = {"withinClusterQueue": "LowerPriority"}
    base |= {"workloads": [low, high, gone], "timeline": [{"at": "2h", "do": "delete", "workload": "gone"}]}
    result = run(scenario_from_dict(base))
    measures = Measures(result)
    paths = read_metrics(["wait.mean", "queued.mean", "start.mean"], result.scenario.policy)
    assert measures.open_ends(paths) == {"queued.mean"}
    assert (result.total.waits.open_number, result.total.again.open_number) == (0, 1)
    assert "queue: mean length; *, ≥: some wait still team done" in " ".join(text_report(result).split())


def test_run_marks_them_in_text_page_json_and_plot(tmp_path: Path) -> None:
    result = run(scenario_from_dict(one_an_hour(drain=False)))
    assert "  a        2/5   1h*  1h*  1h 54m*  ≥ 2h" in text_report(result)
    page = run_page(result)
    assert "mean wait of what was admitted; 2 more wait still" in page
    assert "2 workloads had waited in vain when the run ended: these ends are open." in page
    told = json.loads(invoke("run", str(file(tmp_path)), "--format", "json"))
    figures = {
        name: told["total"][name] for name in ("wait_number", "wait_open_number", "wait_open_max_s", "wait_max_s")
    }
    assert figures == {"wait_number": 3, "wait_open_number": 2, "wait_open_max_s": 3600.0, "wait_max_s": 7200.0}
    assert "a: 2 still waiting" in Plots(result).wait_cdf(own_axes()).get_legend_handles_labels()[1]


def test_compare_marks_them_in_text_json_and_plot(tmp_path: Path) -> None:
    found = compare(file(tmp_path), {"six": [(QUOTA, 6)]}, metrics=["delay.mean", "wait.p50"], **HERE)
    sides = [(one["metric"], one["base_open"], one["value_open"]) for one in found.records() if one["team"] == "total"]
    assert sides == [("delay.mean", True, False), ("wait.p50", True, False)]
    text = str(found)
    words = " ".join(text.split())
    assert "total six ≥ 48m 0s -48m exact better" in words
    assert "total six 1h* 0s -1h exact better" in words
    assert words.count(OPEN_ENDS) == 1
    assert "default/j-3: waits 0s, before ≥ 1h" in text
    assert "hollow: with open ends" in intervals(found, "wait.p50").get_xlabel()
    drained = compare(file(tmp_path, drain=True), {"six": [(QUOTA, 6)]}, metrics=["delay.mean", "wait.p50"], **HERE)
    assert "≥" not in str(drained)


def test_sweep_marks_them_in_text_table_and_plot(tmp_path: Path) -> None:
    path = file(tmp_path)
    arguments = ("sweep", str(path), "--grid", f"{QUOTA}=4,6", "--executor", "local", "--metric", "wait.max")
    text = invoke(*arguments)
    assert "4      ≥ 2h\n" in text
    assert "6        0s\n" in text
    rows = invoke(*arguments, "--format", "csv").splitlines()
    assert [row.rpartition(",")[2] for row in rows] == ["open_ends", "a.wait.max wait.max", ""]
    found = sweep(path, {QUOTA: [4, 6]}, metrics=["wait.max"], **HERE)
    assert found.open_ends("wait.max") == [True, False]
    assert "with open ends" in SweepPlots(found).metric("wait.max").get_legend_handles_labels()[1]


def test_advise_and_policy_tests_mark_them(tmp_path: Path) -> None:
    path = file(tmp_path)
    arguments = ("advise", str(path), "--objective", "wait.p95 <= 30m", "--vary", f"{QUOTA}=4,6", "--executor", "local")
    assert "wait.p95 <= 30m  1h 54m*    0s  yes" in invoke(*arguments)
    told = json.loads(invoke(*arguments, "--format", "json"))
    assert (told["present_open"], told["expected_open"]) == (["wait.p95"], [])
    test = {"name": "short", "expect": [{"metric": "delay.max <= 30m"}]}
    document = {"apiVersion": "kueue-sim/v1", "kind": "PolicyTest", "world": str(path), "tests": [test]}
    (tmp_path / "short.policytest.yaml").write_text(json.dumps(document))
    (outcome,) = [run_test(one) for one in suite.tests_of(tmp_path / "short.policytest.yaml")]
    assert [failure.got for failure in outcome.failures] == ["≥ 2h"]
