"""What runs cost and what sharing saves, against arithmetic by hand."""

import json
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev

import pytest
from click.testing import CliRunner

from kueue_sim import load_scenario, run
from kueue_sim.cli import cli
from kueue_sim.errors import InputError
from kueue_sim.inputs.kubernetes.prices import read_prices
from kueue_sim.model import Prices
from kueue_sim.results.metrics.metric_values import Measures
from kueue_sim.whatif.comparing.compare import Question, compared
from kueue_sim.whatif.comparing.variants import Variant
from kueue_sim.whatif.costing.cost import TeamCost, cost_of
from kueue_sim.whatif.costing.savings import savings
from kueue_sim.whatif.costing.statement import statement
from kueue_sim.whatif.execution.runs import Runs
from kueue_sim.whatif.execution.scenario_source import FromFile
from kueue_sim.whatif.rendering.cost_text import cost_text

SHARED = """\
apiVersion: kueue-sim/v1
kind: Scenario
horizon: 10h
policy:
  objects:
    - {kind: ResourceFlavor, metadata: {name: h100}}
    - kind: ClusterQueue
      metadata: {name: team-a}
      spec: &spec
        cohortName: all
        namespaceSelector: {}
        resourceGroups:
          - coveredResources: [nvidia.com/gpu]
            flavors: [{name: h100, resources: [{name: nvidia.com/gpu, nominalQuota: 2}]}]
    - {kind: ClusterQueue, metadata: {name: team-b}, spec: *spec}
    - {kind: LocalQueue, metadata: {name: team-a}, spec: {clusterQueue: team-a}}
    - {kind: LocalQueue, metadata: {name: team-b}, spec: {clusterQueue: team-b}}
workloads:
  - {name: a, team: team-a, requests: {nvidia.com/gpu: 4}, submit: 0s, runtime: 4h}
  - {name: b, team: team-b, requests: {nvidia.com/gpu: 3}, submit: 5h, runtime: 4h}
"""
PRICES = {"currency": "USD", "date": "2026-01", "accelerators": {"h100": 2}}
HOUR = 3_600_000
TWO_DOLLARS = Prices("USD", "2026-01", "test", accelerators={"h100": 2.0})


def shared(folder: Path) -> Path:
    path = folder / "shared.yaml"
    path.write_text(SHARED)
    return path


def test_a_run_costs_what_its_quota_costs_and_is_used_idle_or_lost(tmp_path: Path) -> None:
    """Each team pays 2 GPUs x 10 h x 2 USD = 40; team-a uses 4 x 4 h x 2 = 32, team-b 3 x 4 h x 2 = 24."""
    cost = cost_of(run(load_scenario(shared(tmp_path))), TWO_DOLLARS)
    assert cost.teams == (TeamCost("team-a", 40.0, 32.0, 0.0, 16.0), TeamCost("team-b", 40.0, 24.0, 0.0, 12.0))
    assert (cost.total, cost.basis) == (TeamCost("total", 80.0, 56.0, 0.0, 28.0), "quota")
    assert (cost.total.idle, cost.total.per_hour) == (24.0, pytest.approx(80 / 28))


def test_work_that_is_evicted_is_lost_money(tmp_path: Path) -> None:
    """The lab's team-a loses 10 minutes of 2 GPUs."""
    result = run(load_scenario("scenarios/lab-option-1.yaml"))
    cost = cost_of(result, Prices("USD", "2026-01", "test", {"g5.8xlarge": 3.0}))
    assert cost.basis == "nodes"
    assert cost.total.paid == pytest.approx(3.0 * 2 * result.run.end_ms / 3_600_000)
    assert cost.total.lost == pytest.approx(3.0 / 3)


def test_sharing_saves_what_separate_teams_need_more_for_the_same_waits(tmp_path: Path) -> None:
    """Together 4 GPUs serve both at once, because they run one after the other; apart they need 4 + 3."""
    found = savings(FromFile(str(shared(tmp_path))), Runs())
    assert [(need.team, need.quota, need.needed) for need in found.teams] == [("team-a", 2, 4.0), ("team-b", 2, 3.0)]
    assert (found.shared, found.separate, found.saved.mean, found.exact) == (4, 7.0, 3.0, True)
    assert found.share == pytest.approx(3 / 7)


def test_random_work_gives_the_saving_the_interval_of_hand_arithmetic() -> None:
    """Three seeds one by one, their mean, and Student's 4.3027 (97.5 %, 2 degrees) times s over the root of 3."""
    base = FromFile("scenarios/two-busy-teams.yaml", ("clusterQueues.team-a.nvidia.com/gpu.borrowingLimit=8",))
    found = savings(base, Runs(seeds=3))
    single = [savings(base.changed([f"seed={seed}"]), Runs(seeds=1)).separate - 16 for seed in (0, 1, 2)]
    half = 4.302653 * stdev(single) / 3**0.5
    assert (found.exact, found.seeds, found.shared, found.saved.mean) == (False, 3, 16, pytest.approx(mean(single)))
    assert (found.saved.low, found.saved.high) == (
        pytest.approx(mean(single) - half, rel=1e-5),
        pytest.approx(mean(single) + half, rel=1e-5),
    )
    assert found.saved.mean == pytest.approx(found.separate - 16)


def test_a_statement_of_costs_is_text_json_csv_a_page_and_money_with_its_interval(tmp_path: Path) -> None:
    """With an interval of 1 to 11 accelerators at 2 USD, 730 hours a month cost 1,460 to 16,060."""
    file = str(shared(tmp_path))
    base = FromFile(file, (("prices", PRICES),))
    exact = statement(base, Runs())
    assert exact.saved_a_month() == {"mean": 3 * 2 * 730, "low": None, "high": None}
    assert exact.savings is not None
    saved = replace(exact.savings.saved, mean=6.0, low=1.0, high=11.0)
    sure = replace(exact, savings=replace(exact.savings, saved=saved, exact=False, seeds=3))
    assert sure.saved_a_month() == {"mean": 8760.0, "low": 1460.0, "high": 16060.0}
    assert "At 2.00 USD an hour that is 8,760 (95 %: 1,460 to 16,060) a month." in cost_text(sure)
    given = ["cost", file, "--set", "prices.currency=USD", "--set", "prices.date=2026-01", "--savings"]
    given += ["--set", "prices.accelerators.h100=2", "--executor", "local", "-o", str(tmp_path / "out")]
    done = CliRunner().invoke(cli, [*given, "--format", "csv"])
    assert done.stdout == (
        "team,paid,used,idle,lost,used_hours,per_used_hour,quota,needed_alone,wait_s\n"
        "team-a,40.0,32.0,8.0,0.0,16.0,2.5,2,4.0,0.0\n"
        "team-b,40.0,24.0,16.0,0.0,12.0,3.3333333333333335,2,3.0,0.0\n"
        "total,80.0,56.0,24.0,0.0,28.0,2.857142857142857,,,\n"
    )
    told = json.loads(CliRunner().invoke(cli, [*given, "--format", "json"]).stdout)
    assert (told["savings"]["saved"], told["savings"]["money_a_month"]["mean"]) == (
        {"mean": 3.0, "low": None, "high": None},
        4380.0,
    )
    assert json.loads((tmp_path / "out" / "cost.json").read_text()) == told
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "cost.csv", "cost.json", "manifest.json", "report.html",
    ]  # fmt: skip


def test_the_command_tells_both_in_money(tmp_path: Path) -> None:
    prices = tmp_path / "prices.yaml"
    prices.write_text("currency: EUR\ndate: 2026-01\naccelerators: {h100: 2}\n")
    done = CliRunner().invoke(
        cli, ["cost", str(shared(tmp_path)), "--prices", str(prices), "--savings", "--executor", "local"]
    )
    assert done.exit_code == 0
    assert "team-a  40.00  32.00   8.00  0.00           2.50" in done.stdout
    assert "Sharing saves 3.0 (exact), 43% of what the teams would need apart; one exact run." in done.stdout
    assert "At 2.00 EUR an hour that is 4,380 a month." in done.stdout


def test_a_comparison_tells_money_as_hand_arithmetic_does(tmp_path: Path) -> None:
    """Two GPUs more for team-a are paid for 10 h at 2 USD and finish nothing more: 40 USD, all of it idle."""
    priced = FromFile(str(shared(tmp_path)), (("prices", PRICES),))
    more = priced.changed(["clusterQueues.team-a.nvidia.com/gpu.nominalQuota+=2"])
    asked = Question(metrics=("cost.paid", "cost.used", "cost.lost", "cost.idle", "cost.per_gpu_hour"))
    found = compared(Variant("now", priced), [Variant("more", more)], asked, Runs())
    told = {row.path.text: (row.found.base, row.found.value) for row in found.rows}
    assert told == {
        "cost.paid": (80.0, 120.0),
        "team-a.cost.paid": (40.0, 80.0),
        "team-b.cost.paid": (40.0, 40.0),
        "cost.used": (56.0, 56.0),
        "team-a.cost.used": (32.0, 32.0),
        "team-b.cost.used": (24.0, 24.0),
        "cost.lost": (0.0, 0.0),
        "team-a.cost.lost": (0.0, 0.0),
        "team-b.cost.lost": (0.0, 0.0),
        "cost.idle": (24.0, 64.0),
        "team-a.cost.idle": (8.0, 48.0),
        "team-b.cost.idle": (16.0, 16.0),
        "cost.per_gpu_hour": (80 / 28, 120 / 28),
        "team-a.cost.per_gpu_hour": (2.5, 5.0),
        "team-b.cost.per_gpu_hour": (40 / 12, 40 / 12),
    }


def test_money_of_parts_of_a_run_adds_up_to_that_of_the_whole(tmp_path: Path) -> None:
    """In the first four hours 8 GPU-hours of each are paid for and team-a uses 16; nodes count while they are there."""
    scenario = load_scenario(shared(tmp_path), [("prices", PRICES)])
    measures = Measures(run(scenario))
    parts = [measures.value("cost.idle", window) for window in ((0, 4 * HOUR), (4 * HOUR, 10 * HOUR))]
    assert parts == [0.0, 24.0]
    lab = run(load_scenario("scenarios/lab-option-1.yaml", [("prices", "example")]))
    halves = [(0, lab.run.end_ms // 2), (lab.run.end_ms // 2, lab.run.end_ms)]
    paid = [Measures(lab).value("cost.paid", window) for window in halves]
    assert sum(amount or 0 for amount in paid) == pytest.approx(2 * 2.45 * lab.run.end_ms / HOUR)


def test_sweeps_advice_and_gates_take_money_and_refuse_it_without_prices(tmp_path: Path) -> None:
    prices = tmp_path / "prices.yaml"
    prices.write_text("currency: EUR\ndate: 2026-01\naccelerators: {h100: 2}\n")
    file, grid = str(shared(tmp_path)), "clusterQueues.team-a.nvidia.com/gpu.nominalQuota=2,4"
    swept = ["sweep", file, "--grid", grid, "--metric", "total.cost.paid", "--executor", "local"]
    done = CliRunner().invoke(cli, [*swept, "--prices", str(prices), "-o", str(tmp_path / "out")])
    assert done.exit_code == 0
    rows = (tmp_path / "out" / "sweep.csv").read_text().splitlines()
    assert [row.split(",")[-3] for row in rows] == ["total.cost.paid", "80.0", "120.0"]
    gate = ["compare", file, f"{grid[:-4]}=4", "--metric", "cost.paid", "--fail-if", "cost.paid > +10"]
    assert CliRunner().invoke(cli, [*gate, "--prices", str(prices), "--executor", "local"]).exit_code == 1
    for command in (swept, gate, ["advise", file, "--objective", "cost.paid <= 100", "--vary", grid]):
        with pytest.raises(InputError, match="costs need prices: give --prices FILE"):
            CliRunner().invoke(cli, command, catch_exceptions=False)


def test_savings_of_teams_with_several_flavors_carry_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "two.yaml"
    one = "{name: h100, resources: [{name: nvidia.com/gpu, nominalQuota: 2}]}"
    other = one.replace("h100", "a100").replace("2", "1")
    flavor = "{kind: ResourceFlavor, metadata: {name: h100}}"
    path.write_text(SHARED.replace(one, f"{one}, {other}").replace(flavor, f"{flavor}\n    - {flavor}").replace(
        "name: h100}}\n", "name: a100}}\n", 1))  # fmt: skip
    found = savings(FromFile(str(path)), Runs())
    assert found.warnings == (
        "team-a, team-b: several flavors of nvidia.com/gpu. Alone, a team gets them in the proportion it has them now, "
        "and one flavor counts like another; a better mix may need less.",
    )


def test_wrong_price_files_and_missing_prices_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text("currency: USD\ninstance: {x: 1}\n")
    with pytest.raises(InputError) as caught:
        read_prices(path)
    assert len(caught.value.mistakes) == 3
    with pytest.raises(InputError, match="there is no price for flavor h100"):
        cost_of(run(load_scenario(shared(tmp_path))), read_prices("example"))
