"""A figure of ``run`` and the metric of the same name in compare, sweep, advise and policy tests are one number."""

from pathlib import Path
from typing import Any

import pytest

from kueue_sim import run
from kueue_sim.inputs import load_scenario, scenario_from_dict
from kueue_sim.model import Scenario
from kueue_sim.results.metrics.metric_values import Measures
from kueue_sim.results.tables.summary import TeamSummary
from tests.engine.loops import five_jobs_of_three_teams, jobs_whose_pods_never_started

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SHIPPED = (
    "two-busy-teams", "borrow-and-reclaim", "fair-sharing-weights", "hierarchical-cohorts", "lending-limits",
    "life-of-workloads", "node-failure", "fragmentation", "priority-preemption", "lab-option-1",
)  # fmt: skip
SAME = {
    "workloads": "workloads",
    "finished": "finished",
    "unfinished": "unfinished",
    "never_admitted": "never_admitted",
    "preemptions": "preempted",
    "preempting": "preempting",
    "evictions": "evicted",
    "lost.gpu_hours": "lost_hours",
    "unplaced.gpu_hours": "unplaced_hours",
    "utilisation": "utilisation",
    "allocation": "allocation",
    "running.gpu_hours": "running_hours",
    "held.gpu_hours": "held_hours",
    "goodput.gpu_hours": "goodput_hours",
    "borrowed.gpu_hours": "borrowed_hours",
    "lent.gpu_hours": "lent_hours",
    "pending.mean": "pending_mean",
    "pending.max": "pending_max",
}
"""Metric and column of the summary."""
WAITS = {"wait.mean": "mean_s", "wait.p50": "p50_s", "wait.p95": "p95_s", "wait.max": "max_s"}


def never_ready() -> dict[str, Any]:
    """Pods that are never ready twice, checkpoints, and a job that is admitted with fewer pods."""
    document = five_jobs_of_three_teams()
    rules = {"timeout": "5m", "requeuingStrategy": {"backoffBaseSeconds": 600, "backoffLimitCount": 3}}
    document["kueue"] = {"configuration": {"fairSharing": {}, "waitForPodsReady": rules}}
    for job in document["workloads"]:
        job |= {"checkpointEvery": "10m", "podsReady": ["never", "1m"]}
    document["workloads"].append(
        {
            "name": "fewer",
            "queue": "c",
            "submit": "1m",
            "pods": 16,
            "minPods": 2,
            "requests": {"nvidia.com/gpu": 1},
            "runtime": "1h",
        }
    )
    return document


def drained() -> dict[str, Any]:
    """A day that is cut off in the middle of a loop and then drained: evictions, work and waits go on after it."""
    return {**five_jobs_of_three_teams(), "horizon": "6h", "drain": True}


def worlds() -> dict[str, Scenario]:
    shipped = {name: load_scenario(SCENARIOS / f"{name}.yaml") for name in SHIPPED}
    made = (five_jobs_of_three_teams, jobs_whose_pods_never_started, never_ready, drained)
    return shipped | {make.__name__: scenario_from_dict(make()) for make in made}


@pytest.mark.parametrize(
    "name", (*SHIPPED, "five_jobs_of_three_teams", "jobs_whose_pods_never_started", "never_ready", "drained")
)
def test_every_metric_over_the_whole_run_is_the_figure_of_the_summary(name: str) -> None:
    result = run(worlds()[name])
    measures = Measures(result)

    def told(team: TeamSummary) -> dict[str, object]:
        figures = {metric: getattr(team, column) for metric, column in SAME.items()}
        return figures | {metric: getattr(team.waits, column) for metric, column in WAITS.items()}

    def measured(prefix: str) -> dict[str, object]:
        return {metric: measures.value(f"{prefix}{metric}") for metric in (*SAME, *WAITS)}

    assert measured("") == pytest.approx(told(result.total))
    for team in result.teams:
        assert measured(f"{team.cluster_queue}.") == pytest.approx(told(team)), team.cluster_queue


def test_queued_counts_every_wait_and_within_counts_who_never_came() -> None:
    result = run(scenario_from_dict(jobs_whose_pods_never_started()))
    measures = Measures(result)
    waited = result.history.work.waited / 1000
    found = {name: measures.value(name) for name in ("queued.mean", "start.max", "wait.within[0s]", "wait.within[1h]")}
    assert found == {"queued.mean": waited.mean(), "start.max": 1831.0, "wait.within[0s]": 0.6, "wait.within[1h]": 1.0}
