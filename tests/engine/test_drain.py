"""After the horizon nothing is submitted, and the run goes on until nobody waits; averages stay over the horizon."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kueue_sim import Result, run
from kueue_sim.cli import cli
from kueue_sim.errors import InputError
from kueue_sim.inputs import scenario_from_dict
from kueue_sim.report.page.run_page import run_page
from kueue_sim.report.text.terminal import text_report
from kueue_sim.results.metrics.metric_values import Measures
from kueue_sim.results.tables.drain import Drain
from kueue_sim.whatif.comparing.changes import changes_between
from kueue_sim.whatif.facade import compare
from tests.engine.loops import five_jobs_of_three_teams

GPU = "nvidia.com/gpu"
HOUR = 3_600_000


def queue_of(gpus: int, **preemption: str) -> list[dict[str, Any]]:
    quota = {"name": "f", "resources": [{"name": GPU, "nominalQuota": gpus}]}
    groups = [{"coveredResources": [GPU], "flavors": [quota]}]
    spec = {"namespaceSelector": {}, "resourceGroups": groups, "preemption": preemption}
    return [
        {"kind": "ResourceFlavor", "metadata": {"name": "f"}},
        {"kind": "ClusterQueue", "metadata": {"name": "a"}, "spec": spec},
    ]


def document(*work: dict[str, Any], gpus: int = 4, preemption: dict[str, str] | None = None, **more: Any) -> Any:
    head = {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "horizon": "4h", "drain": True}
    return {**head, "policy": {"objects": queue_of(gpus, **preemption or {})}, "workloads": list(work), **more}


def one_an_hour(**more: Any) -> Any:
    """A job of 3 of 4 GPUs for 2h comes every hour for 9 hours, so each waits an hour longer than the one before."""
    jobs = {"name": "j", "queue": "a", "pods": 3, "requests": {GPU: 1}, "runtime": "2h", "count": 9, "every": "1h"}
    return document(jobs, **more)


def played(what: Any) -> Result:
    return run(scenario_from_dict(what))


def waits(result: Result) -> dict[str, float | None]:
    measures = Measures(result)
    return {name: measures.value(name) for name in ("wait.mean", "wait.max", "delay.max", "queued.mean", "start.max")}


def test_waits_end_in_the_drain_and_averages_are_over_the_horizon() -> None:
    """Five jobs come until 4h, at 4h two of them wait; the last one starts at 8h after 4h. In the 4h before, 3 of 4
    GPUs are used and 0, 1, 1 and 2 jobs wait."""
    result = played(one_an_hour())
    assert (result.run.end_ms, result.run.measured_ms, result.total.workloads) == (8 * HOUR, 4 * HOUR, 5)
    assert waits(result) == {
        "wait.mean": 7200.0,
        "wait.max": 14_400.0,
        "delay.max": 14_400.0,
        "queued.mean": 7200.0,
        "start.max": 14_400.0,
    }
    total = result.total
    assert (total.utilisation, total.held_hours, total.pending_mean, total.pending_max) == (0.75, 12.0, 1.0, 2)
    assert (total.waits.open_max_s, total.never_admitted, total.finished) == (None, 0, 4)
    assert result.drain == Drain(4 * HOUR, 8 * HOUR, 2, 0, 2, 0, 0, 12.0, 12.0, 0.0)
    assert [one.load for one in result.offered_loads] == [4 * 6 / 16]


def test_without_the_drain_the_same_averages_have_open_waits() -> None:
    drained, cut = played(one_an_hour()), played(one_an_hour(drain=False))
    names = ("utilisation", "allocation", "running.gpu_hours", "pending.mean", "pending.max", "workloads")
    assert [Measures(drained).value(name) for name in names] == [Measures(cut).value(name) for name in names]
    assert (cut.drain, cut.total.never_admitted, cut.total.waits.open_max_s) == (None, 2, 3600.0)


def test_the_drain_is_told_apart_in_text_json_and_page() -> None:
    result = played(one_an_hour(name="hourly"))
    text = text_report(result)
    assert "4h simulated, drained until 8h" in text
    assert "averages over the 4h before the drain" in text
    told = "2 workloads waited · none waits any more · 2 finished · 0 preemptions · 12 GPU-h of work, 0 lost"
    assert (
        f"Drain  from 4h to 8h, nothing more was submitted; waits end here, averages do not count it\n  {told}" in text
    )
    page = run_page(result)
    assert "From 4h to 8h nothing more was submitted." in page
    assert told in page
    assert '<i class="area" style="color:#80808033"></i>drain</span>' in page


def test_the_command_line_drains_as_the_file_does(tmp_path: Path) -> None:
    path = tmp_path / "hourly.yaml"
    path.write_text(json.dumps(one_an_hour(drain=False)))
    told = json.loads(CliRunner().invoke(cli, ["run", str(path), "--drain", "--format", "json"]).stdout)
    assert (told["end_s"], told["measured_s"], told["total"]["wait_max_s"]) == (28_800.0, 14_400.0, 14_400.0)
    assert told["drain"] == {
        "from_s": 14_400.0,
        "to_s": 28_800.0,
        "waiting": 2,
        "left": 0,
        "finished": 2,
        "preempted": 0,
        "evicted": 0,
        "held_hours": 12.0,
        "running_hours": 12.0,
        "lost_hours": 0.0,
    }
    swept = ["sweep", str(path), "--case", "horizon=4h", "--drain", "--executor", "local", "--format", "csv"]
    rows = CliRunner().invoke(cli, [*swept, "--metric", "wait.max", "--metric", "utilisation"]).stdout.splitlines()
    assert rows[1].endswith("14400.0,14400.0,0.75,0.75,0,")


def test_a_comparison_tells_that_only_one_side_is_drained() -> None:
    given = [scenario_from_dict(one_an_hour(drain=drain)) for drain in (False, True)]
    found = compare(given[0], {"drained": given[1]}, metrics=["wait.max", "utilisation"], executor="local")
    values = [[one.values[0][name] for name in ("wait.max", "utilisation")] for one in (found.base, *found.variants)]
    assert values == [[7200.0, 0.75], [14_400.0, 0.75]]
    told = changes_between(*given).records()
    assert told == [{"object": "run", "field": "drain", "before": "false", "after": "true"}]


def test_a_drain_needs_a_horizon() -> None:
    with pytest.raises(InputError) as caught:
        scenario_from_dict(one_an_hour(horizon=None))
    assert "a drain begins at the horizon; give one (horizon: 7d, or --until 7d)" in str(caught.value)


def test_work_that_can_never_start_ends_the_drain_with_the_last_thing_that_happens() -> None:
    """The big one asks for more than there is; the other one ends at 5h, and then nothing lies ahead."""
    big = {"name": "big", "queue": "a", "requests": {GPU: 9}, "runtime": "1h"}
    small = {"name": "small", "queue": "a", "requests": {GPU: 1}, "submit": "3h", "runtime": "2h"}
    result = played(document(big, small))
    assert result.drain == Drain(4 * HOUR, 5 * HOUR, 1, 1, 1, 0, 0, 1.0, 1.0, 0.0)
    assert "1 workload waited · 1 never start" in text_report(result)


def test_nothing_is_left_to_drain_where_nobody_waits() -> None:
    result = played(document({"name": "j", "queue": "a", "requests": {GPU: 1}, "runtime": "9h"}))
    assert result.drain == Drain(4 * HOUR, 4 * HOUR, 0, 0, 0, 0, 0, 0.0, 0.0, 0.0)
    assert result.run.states == {"default/j": "admitted"}


def test_evictions_of_the_drain_count_there_and_their_victims_start_again() -> None:
    """At 4h two jobs of 4 GPUs wait for one that runs until 5h: the higher one starts then, and at 6h, when its
    priority is raised, the lower one takes its place, until 7h; the higher one starts again."""
    low = {"name": "low", "queue": "a", "requests": {GPU: 4}, "submit": "2h", "runtime": "1h"}
    high = {"name": "high", "queue": "a", "requests": {GPU: 4}, "submit": "2h", "runtime": "3h", "priority": 5}
    first = {"name": "first", "queue": "a", "requests": {GPU: 4}, "runtime": "5h", "priority": 9}
    raised = {"at": "6h", "do": "priority", "workload": "low", "priority": 7}
    preemption = {"withinClusterQueue": "LowerPriority"}
    result = played(document(low, high, first, preemption=preemption, timeline=[raised]))
    assert (result.total.preempted, result.total.lost_hours, result.evictions.groups) == (0, 0.0, ())
    assert result.drain == Drain(4 * HOUR, 7 * HOUR, 2, 0, 2, 1, 0, 12.0, 12.0, 4.0)
    assert Measures(result).value("queued.max") == 4 * 3600.0


def test_pods_that_wait_for_a_node_are_waited_for(tmp_path: Path) -> None:
    """Quota for 8, one node of 4 GPUs: the second job is admitted at once and starts when the first one is over."""
    jobs = [{"name": name, "queue": "a", "requests": {GPU: 4}, "submit": "3h", "runtime": "2h"} for name in ("x", "y")]
    pool = {"nodePools": [{"name": "n", "resources": {GPU: 4, "pods": 10}, "count": 1}]}
    result = played(document(*jobs, gpus=8, cluster=pool))
    assert (result.run.end_ms, Measures(result).value("start.max")) == (5 * HOUR, 7200.0)
    assert list(result.placements.ready_s) == [10_800.0, 18_000.0]
    assert list(result.nodes.there_s) == [14_400.0]
    assert list(result.nodes.allocated_hours) == [4.0]
    assert result.total.unplaced_hours == 4.0


def test_rounds_that_nothing_would_end_end_the_drain() -> None:
    """Two jobs evict each other; the drain begins among them, and ends with the day's last job at the latest."""
    result = played({**five_jobs_of_three_teams(), "horizon": "6h", "drain": True})
    alone = played({**five_jobs_of_three_teams(), "horizon": "6h"})
    assert result.drain is not None
    assert result.drain.preempted > 0
    assert (result.drain.left, result.total.preempted) == (0, alone.total.preempted)
    assert result.drain.preempted + result.total.preempted == len(result.evictions)


def test_a_drain_waits_for_admissions_that_are_still_written() -> None:
    """The last job is admitted at 8h. Under the calibrated profile that is written a bit later, and the run goes on
    until it is: the job has started."""
    result = played(one_an_hour(timing="calibrated"))
    last, started = ([fact for fact in result.run.facts if fact.type == kind][-1] for kind in ("Admitted", "Started"))
    assert (last.workload, started.workload, result.run.end_ms) == ("default/j-4", "default/j-4", started.at_ms)
    assert 8 * HOUR < last.at_ms < started.at_ms < 8 * HOUR + 120_000
