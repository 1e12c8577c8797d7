"""What a comparison does not say: better of what is an average of something else, take of what helps nobody."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from kueue_sim import run
from kueue_sim.cli import cli
from kueue_sim.errors import InputError
from kueue_sim.inputs.scenario import scenario_from_text
from kueue_sim.results.metrics.metric_values import Measures
from kueue_sim.whatif.costing.cost import TeamCost, cost_of
from kueue_sim.whatif.facade import advise, compare, sweep
from kueue_sim.whatif.rendering.comparison_text import comparison_content
from tests.scenario_text import scenario_text

LENDS_MORE = {"lends more": ["clusterQueues.team-a.nvidia.com/gpu.lendingLimit=8"]}


def test_another_value_of_a_priority_class_is_policy_and_brings_the_same_arrivals() -> None:
    found = compare("scenarios/priority-preemption.yaml", {"low": ["priorityClasses.urgent.value=5"]})
    waits = {row.team: row.found.mean for row in found.rows if row.path.of == "delay.mean"}
    assert waits == {"total": 5 * 3612 / 10, "team-a": 5 * 3612 / 9, "team-b": 0.0}
    assert found.notes == (
        "Nothing here is random, so the differences are exact for this work; they say nothing about other work.",
    )


def test_other_work_is_told_as_other_arrivals() -> None:
    found = compare("scenarios/priority-preemption.yaml", {"later": ["workloads[1].submit=90m"]})
    assert "Other arrivals than base: later. Their differences are not due to policy alone." in found.notes


def test_a_teams_average_over_a_shorter_run_is_not_called_better_and_the_report_says_why() -> None:
    """Team A runs one job of six GPUs for an hour on either side: of 8 GPUs over 4 hours, and over 3."""
    found = compare("scenarios/lending-limits.yaml", LENDS_MORE, metrics=["utilisation", "total.pending.mean"])
    told = {row.path.text: (row.found.base, row.found.value, row.verdict) for row in found.rows}
    assert told == {
        "utilisation": (36 / 64, 36 / 48, "better"),
        "team-a.utilisation": (6 / 32, 6 / 24, "more"),
        "team-b.utilisation": (30 / 32, 30 / 24, "more"),
        "total.pending.mean": ((119 - 1) / 60 / 4, 1.5 / 3, "worse"),
    }
    note = (
        "Runs end with their work, at different times (base 4h, lends more 3h). Averages over time (pending.mean, "
        "utilisation) are over as long as each lasts, so of a team's neither is called better. --until sets the same "
        "end for all."
    )
    assert note in comparison_content(found)["notes"]  # type: ignore[operator]
    assert "at different times (base 4h, lends more 3h)" in str(found)


def test_sums_and_averages_of_runs_with_other_horizons_are_not_called_better() -> None:
    """In less time less work runs; only what is said of workloads, such as their waits, has a verdict."""
    metrics = ["running.gpu_hours", "never_admitted", "pending.mean", "delay.mean", "wait.within[1h]", "wait.p50"]
    shorter = {"shorter": ["horizon=3h"]}
    found = compare("scenarios/lending-limits.yaml", shorter, metrics=[f"total.{one}" for one in metrics])
    verdicts = {row.path.name: row.verdict for row in found.rows}
    assert verdicts == {
        "running.gpu_hours": "less", "never_admitted": "same", "pending.mean": "more", "delay": "same",
        "wait.within": "same", "wait": "same",
    }  # fmt: skip
    assert (
        "Runs are of different length (base 4h, shorter 3h). Sums and averages over a run (never_admitted, "
        "pending.mean, running.gpu_hours) are of as long as it lasts: none is called better where horizons differ."
    ) in " ".join(str(found).split())


STARVED = scenario_text(
    {"team-a": 8},
    """\
horizon: 6h
workloads:
- {name: big, team: team-a, submit: 1h, requests: {nvidia.com/gpu: 8}, runtime: 1h}
- {name: small, team: team-a, count: 12, every: 20m, requests: {nvidia.com/gpu: 1}, runtime: 50m}
""",
)


@pytest.mark.parametrize(("now", "then", "waits", "delays"), [(8, 7, "less", "worse"), (7, 8, "more", "better")])
def test_waits_that_leave_out_other_work_are_neither_better_nor_worse(
    tmp_path: Path, now: int, then: int, waits: str, delays: str
) -> None:
    """Of 8 GPUs the big job waits from 1h to 4h30; of 7 it never starts, and who does waits for nothing."""
    file, quota = tmp_path / "starved.yaml", "clusterQueues.team-a.nvidia.com/gpu.nominalQuota"
    file.write_text(STARVED.replace("nominalQuota: 8", f"nominalQuota: {now}"))
    metrics = ["wait.mean", "wait.max", "delay.mean", "wait.within[10m]"]
    found = compare(file, {"then": [f"{quota}={then}"]}, metrics=[f"total.{one}" for one in metrics])
    assert {row.path.of: (row.found.base, row.verdict) for row in found.rows} == {
        "wait.mean": (12_600 / 13 if now == 8 else 0.0, waits),
        "wait.max": (12_600.0 if now == 8 else 0.0, waits),
        "delay.mean": (12_600 / 13 if now == 8 else 18_000 / 13, delays),
        "wait.within[10m]": (12 / 13, "same"),
    }
    assert "wait.max, wait.mean: who was never admitted is left out, or" in str(found)


def test_a_quota_under_which_nothing_starts_is_not_recommended_because_the_run_ends_sooner(tmp_path: Path) -> None:
    """The second job waits from 10m to 5h. Of seven GPUs neither starts, and the run is over at 10m."""
    file = tmp_path / "never.yaml"
    hog, big = (f"- {{team: team-a, requests: {{nvidia.com/gpu: 8}}, {one}}}\n" for one in (
        "name: hog, runtime: 5h", "name: big, submit: 10m, runtime: 1h"
    ))  # fmt: skip
    file.write_text(scenario_text({"team-a": 8}, f"workloads:\n{hog}{big}"))
    fewer = {"fewer": ["clusterQueues.team-a.nvidia.com/gpu.nominalQuota=7"]}
    found = compare(file, fewer, metrics=["total.delay.mean", "total.queued.mean"])
    assert [(row.found.base, row.found.value, row.verdict) for row in found.rows] == [(8700.0, 300.0, "less")] * 2
    assert found.recommendation.startswith("Keep base: no variant is better in delay.mean over everybody")


def test_with_the_same_end_a_teams_average_has_its_verdict() -> None:
    found = compare(
        "scenarios/two-busy-teams.yaml", {"borrow": ["team-b -> team-a 0"]}, seeds=2, metrics=["utilisation"]
    )
    assert (found.of_other_length, "at different times" in str(found)) == ((), False)


def test_what_hardly_changes_the_whole_and_harms_teams_is_not_recommended() -> None:
    heavier = {"bronze heavier": ["clusterQueues.team-bronze.fairSharing.weight=6"]}
    found = compare("scenarios/fair-sharing-weights.yaml", heavier, metrics=["delay.mean"])
    assert found.recommendation == (
        "No recommendation: bronze heavier hardly changes delay.mean over everybody (-33s (exact), 0.2%) and moves it "
        "from some teams to others. It is better for 1 of 3 teams and worse for team-gold by +29m 4s (exact), "
        "team-silver by +44m 38s (exact)."
    )


AUTOSCALED = scenario_text(
    {"team-a": 40},
    """\
horizon: 10h
prices: {currency: USD, date: 2026-01, instances: {p5.48xlarge: 48}}
cluster:
  nodePools:
    - {name: gpu, instanceType: ml.p5.48xlarge, autoscale: {min: 0, max: 3, delay: 5m, idle: 10m}}
workloads:
  - {name: a, team: team-a, pods: 2, requests: {nvidia.com/gpu: 8}, submit: 0s, runtime: 1h}
  - {name: b, team: team-a, pods: 1, requests: {nvidia.com/gpu: 8}, submit: 2h, runtime: 1h}
""",
    flavors=["p5.48xlarge"],
)


def test_what_an_autoscaler_is_told_is_named_and_costs_what_hand_arithmetic_says(tmp_path: Path) -> None:
    """At 48 USD a node and hour. As it is: two nodes from 5 to 75 minutes and one from 2 h 5 min to 3 h 15 min, 210
    minutes. Idle for two hours: the second node goes at 3 h 5 min; the first runs b at once and goes at 5 h: 180 and
    295. All three stay: 30 hours. At most one: a gets one of its two nodes and waits on it for the other until the end,
    9 h 55 min."""
    file = tmp_path / "autoscaled.yaml"
    file.write_text(AUTOSCALED)
    variants = {
        "idle": ["nodePools.gpu.autoscale.idle=2h"],
        "stay": ["nodePools.gpu.autoscale.min=3"],
        "one": ["nodePools.gpu.autoscale.max=1"],
        "dear": ["prices.instances.p5.48xlarge=96"],
    }
    found = compare(file, variants, metrics=["total.cost.paid", "total.start.mean"])
    paid = {row.variant: (row.found.value, row.verdict) for row in found.rows if row.path.of == "cost.paid"}
    assert found.rows[0].found.base == 210 / 60 * 48
    assert paid == {
        "idle": (pytest.approx((180 + 295) / 60 * 48), "worse"),
        "stay": (30 * 48, "worse"),
        "one": (pytest.approx(595 / 60 * 48), "worse"),
        "dear": (210 / 60 * 96, "worse"),
    }
    starts = {row.variant: row.found.value for row in found.rows if row.path.of == "start.mean"}
    assert starts == {"idle": 150.0, "stay": 0.0, "dear": 300.0}
    assert "start.mean: cannot be compared, one has none" in str(found)
    lines = [(name, line.object, line.field, line.before, line.after) for name in variants for line in
             found.changes[name].lines]  # fmt: skip
    assert lines == [
        ("idle", "node pool gpu", "autoscale.idle", "10m", "2h"),
        ("stay", "nodes", "ml.p5.48xlarge", "0", "3"),
        ("stay", "node pool gpu", "autoscale.min", "0", "3"),
        ("one", "node pool gpu", "autoscale.max", "3", "1"),
        ("dear", "prices", "instances.p5.48xlarge", "48", "96"),
    ]


def test_a_pool_that_does_not_exist_and_a_field_that_does_not_are_told_apart(tmp_path: Path) -> None:
    file = tmp_path / "autoscaled.yaml"
    file.write_text(AUTOSCALED)
    with pytest.raises(InputError, match="there is no such pool; did you mean 'gpu'"):
        sweep(file, {"nodePools.gpuu.count": [1]})
    with pytest.raises(InputError, match="unknown field 'autoscal'; did you mean 'autoscale'"):
        sweep(file, {"nodePools.gpu.autoscal.max": [1]})


MIXED = """\
apiVersion: kueue-sim/v1
kind: Scenario
horizon: 10h
policy:
  objects:
    - {kind: ResourceFlavor, metadata: {name: a100}}
    - {kind: ResourceFlavor, metadata: {name: h100}}
    - {kind: ResourceFlavor, metadata: {name: trn}}
    - kind: ClusterQueue
      metadata: {name: team-a}
      spec:
        namespaceSelector: {}
        resourceGroups:
          - coveredResources: [nvidia.com/gpu]
            flavors:
              - {name: a100, resources: [{name: nvidia.com/gpu, nominalQuota: 8}]}
              - {name: h100, resources: [{name: nvidia.com/gpu, nominalQuota: 8}]}
    - kind: ClusterQueue
      metadata: {name: team-b}
      spec:
        namespaceSelector: {}
        preemption: {withinClusterQueue: LowerPriority}
        resourceGroups:
          - coveredResources: [aws.amazon.com/neuron, vpc.amazonaws.com/efa]
            flavors:
              - name: trn
                resources:
                  - {name: aws.amazon.com/neuron, nominalQuota: 4}
                  - {name: vpc.amazonaws.com/efa, nominalQuota: 2}
workloads:
  - {name: a, team: team-a, requests: {nvidia.com/gpu: 8}, runtime: 1h}
  - {name: b, team: team-b, requests: {aws.amazon.com/neuron: 4, vpc.amazonaws.com/efa: 1}, runtime: 2h}
  - name: c
    team: team-b
    priority: 5
    requests: {aws.amazon.com/neuron: 4, vpc.amazonaws.com/efa: 1}
    submit: 1h
    runtime: 1h
"""
NEURON = "aws.amazon.com/neuron"
MIXED_PRICES = {"currency": "USD", "date": "2026-01", "accelerators": {"a100": 1, "h100": 10, "trn": 3}}


def test_every_accelerator_costs_the_price_of_the_flavor_it_is_used_in() -> None:
    """Team A has 8 at 1 USD and 8 at 10 USD for ten hours and uses 8 of the cheap ones for one; team B has 4 at 3 USD,
    loses one hour of them and uses three. Network cards are not paid for."""
    scenario = scenario_from_text(MIXED + f"prices: {MIXED_PRICES}\n")
    assert scenario.prices is not None
    cost = cost_of(run(scenario), scenario.prices)
    assert cost.teams == (TeamCost("team-a", 880.0, 8.0, 0.0, 8.0), TeamCost("team-b", 120.0, 36.0, 12.0, 12.0))
    assert (cost.total, cost.total.idle, cost.total.per_hour) == (
        TeamCost("total", 1000.0, 44.0, 12.0, 20.0),
        944.0,
        50.0,
    )


def test_an_accelerator_without_a_price_is_refused_whatever_its_resource() -> None:
    scenario = scenario_from_text(MIXED + "prices: {currency: USD, date: 2026-01, accelerators: {a100: 1, h100: 10}}\n")
    assert scenario.prices is not None
    with pytest.raises(InputError, match="there is no price for flavor trn;"):
        cost_of(run(scenario), scenario.prices)


def test_hours_and_shares_of_another_resource_have_names_of_their_own() -> None:
    """Team B runs 4 devices for 1 h that is thrown away, then 3 h: 16 of 40 hours; while c runs, b waits."""
    measures = Measures(run(scenario_from_text(MIXED)))
    asked = {
        "lost.gpu_hours": 0.0,
        f"lost.hours[{NEURON}]": 4.0,
        f"team-b.lost.hours[{NEURON}]": 4.0,
        f"priority[0].lost.hours[{NEURON}]": 4.0,
        f"priority[5].lost.hours[{NEURON}]": 0.0,
        "running.gpu_hours": 8.0,
        f"running.hours[{NEURON}]": 16.0,
        f"goodput.hours[{NEURON}]": 12.0,
        f"held.hours[{NEURON}]": 16.0,
        f"team-b.utilisation[{NEURON}]": 0.4,
        f"allocation[{NEURON}]": 0.4,
        f"team-b.satisfaction[{NEURON}]": 1.0,
        "running.hours[vpc.amazonaws.com/efa]": 4.0,
        "team-b.utilisation": None,
        "running.hours[nvidia.com/gpu]": 8.0,
    }
    assert {path: measures.value(path) for path in asked} == asked


def test_a_resource_without_quota_has_no_metrics() -> None:
    measures = Measures(run(scenario_from_text(MIXED)))
    with pytest.raises(InputError, match=r"there is no quota of 'cpu'; accepted: .*neuron"):
        measures.value("lost.hours[cpu]")


def test_figures_of_one_accelerator_say_that_they_leave_out_others(tmp_path: Path) -> None:
    file = tmp_path / "mixed.yaml"
    file.write_text(MIXED)
    note = (
        "lost.gpu_hours: of nvidia.com/gpu alone, without aws.amazon.com/neuron, vpc.amazonaws.com/efa. Metrics such "
        f"as lost.hours[{NEURON}] and utilisation[{NEURON}] count those."
    )
    change = {"workloads.c.priority": [0]}
    metrics = ["delay.mean", "total.lost.gpu_hours", f"total.lost.hours[{NEURON}]"]
    found = compare(file, {"equal": ["workloads.c.priority=0"]}, metrics=metrics)
    swept = sweep(file, change, metrics=metrics)
    advised = advise(file, ["lost.gpu_hours <= 5"], change, seeds=1, fresh_seeds=0)
    quiet = compare(file, {"equal": ["workloads.c.priority=0"]}, metrics=metrics[::2])
    assert [note in notes for notes in (found.notes, swept.notes, advised.notes, quiet.notes)] == [True] * 3 + [False]
    row = found.of("equal", f"total.lost.hours[{NEURON}]")
    assert row is not None
    assert (row.found.base, row.found.value, row.verdict, row.team) == (4.0, 0.0, "better", "total")
    written = found.save(tmp_path / "out", plots=True)
    assert (written / "lost.hours[aws.amazon.com-neuron].png").exists()


def test_selection_takes_as_many_seeds_first_as_variances_need() -> None:
    variants = {"own": ["team-b -> team-a 2"], "other": ["team-a -> team-b 2"]}
    file = "scenarios/two-busy-teams.yaml"
    found = compare(file, variants, metrics=["total.delay.mean"], seeds=1, select=0.2, fresh=False)
    assert found.selection is not None
    assert (found.selection.stage, found.selection.left[-1:], len(found.plan.seeds) >= 10) == (10, ("own",), True)


@pytest.mark.parametrize(
    ("seeds", "said"), [("6", "6 seeds were enough: the interval"), ("2", "Seeds were added, from 2 to ")]
)
def test_precision_says_whether_seeds_were_added(seeds: str, said: str) -> None:
    given = ["compare", "--example", "two-busy-teams", "m: team-b -> team-a 2", "--seeds", seeds, "--executor", "local"]
    done = CliRunner().invoke(cli, [*given, "--precision", "60%", "--metric", "total.delay.mean", "--no-fresh"])
    assert (done.exit_code, said in " ".join(done.stdout.split())) == (0, True)


def test_a_warm_up_that_leaves_nothing_is_refused_by_everything_that_takes_one() -> None:
    file, grid = "scenarios/two-busy-teams.yaml", {"clusterQueues.team-a.nvidia.com/gpu.nominalQuota": [9]}
    for ask in (
        lambda: compare(file, {"m": ["team-b -> team-a 2"]}, warm_up="10d"),
        lambda: sweep(file, grid, warm_up="10d"),
        lambda: advise(file, ["delay.mean <= 1h"], grid, warm_up="10d"),
    ):
        with pytest.raises(InputError, match="a warm-up of 10d leaves nothing to measure; the last work is submitted"):
            ask()


def test_a_variant_of_the_work_says_how_much_more_there_is() -> None:
    """The trace beside the scenario has 295 jobs; a second job of team A is one more of 2 GPUs for 1 h 40 min."""
    more = compare(
        "scenarios/philly/borrowing.yaml", {"more": ["workloads[0].trace.load=2"]}, metrics=["total.workloads"]
    )
    lines = [(line.object, line.field, line.before, line.after) for line in more.changes["more"].lines]
    assert lines[0] == ("work", "workloads", "295", "590")
    lab = compare("scenarios/lab-option-1.yaml", {"two": ["workloads[0].count=2"]}, metrics=["total.workloads"])
    assert [(line.field, line.before, line.after) for line in lab.changes["two"].lines] == [
        ("workloads", "2", "3"),
        ("nvidia.com/gpu hours asked for", "6.7", "10.0"),
    ]


def test_the_interval_of_a_wait_does_not_reach_below_zero() -> None:
    found = advise(
        "scenarios/two-busy-teams.yaml",
        ["team-a.delay.mean <= 1h"],
        {"clusterQueues.team-a.nvidia.com/gpu.nominalQuota": [8, 20]},
        seeds=2,
        fresh_seeds=3,
    )
    assert found.told is not None
    told = found.told.objectives[0]
    assert told.then is not None and told.low == 0.0 and told.high is not None and told.high > 2 * told.then
