"""Figure by figure: what ``run`` tells is what compare, sweep, advise and policy tests measure, on varied scenarios."""

import json
from pathlib import Path

import pytest

from kueue_sim import load_scenario, run
from kueue_sim.policytest import suite
from kueue_sim.policytest.running import run_test
from kueue_sim.whatif.facade import advise, compare, sweep
from tests.engine.loops import five_jobs_of_three_teams, jobs_whose_pods_never_started
from tests.results.test_one_meaning import SAME, SCENARIOS, SHIPPED, WAITS, drained, never_ready

MADE = {one.__name__: one for one in (five_jobs_of_three_teams, jobs_whose_pods_never_started, never_ready, drained)}
TINY = 1e-6
"""Sums in another order differ in the last digits."""
HERE = {"executor": "local", "workers": 1}


def file(name: str, folder: Path) -> Path:
    """The scenario as a file."""
    if name in SHIPPED:
        return SCENARIOS / f"{name}.yaml"
    written = folder / f"{name}.yaml"
    written.write_text(json.dumps(MADE[name]()))
    return written


def figures(path: Path) -> dict[str, float | None]:
    """What ``run`` tells of everybody and of each team."""
    result = run(load_scenario(path))
    found: dict[str, float | None] = {}
    for team in (result.total, *result.teams):
        subject = f"{team.cluster_queue}." if team.cluster_queue else ""
        found |= {f"{subject}{metric}": getattr(team, column) for metric, column in SAME.items()}
        found |= {f"{subject}{metric}": getattr(team.waits, column) for metric, column in WAITS.items()}
    return found


@pytest.mark.parametrize("name", (*SHIPPED, *MADE))
def test_run_compare_sweep_advise_and_policy_tests_tell_the_same_figures(name: str, tmp_path: Path) -> None:
    path = file(name, tmp_path)
    told = figures(path)
    paths = list(told)
    compared = compare(path, {"same": path}, metrics=paths, seeds=[0, 1], **HERE).base.values[0]
    swept = sweep(path, cases=[{"name": "again"}], metrics=paths, seeds=[0], **HERE).outcomes[0].values
    assert {metric: compared[metric] for metric in paths} == pytest.approx(told)
    assert {metric: swept[metric] for metric in paths} == pytest.approx(told)

    known = {metric: value for metric, value in told.items() if value is not None}
    queue = load_scenario(path).policy.cluster_queues[0]
    resource, quota = queue.resource_groups[0].flavors[0].resources[0]
    vary = {f"clusterQueues.{queue.name}.{resource}.nominalQuota": [quota.nominal + 1]}
    advised = advise(path, [f"{metric} >= 0" for metric in known], vary, budget=1, seeds=[0], **HERE).present.means
    assert advised == pytest.approx(known)

    expected = [
        {"metric": f"{metric} {bound}"}
        for metric, value in known.items()
        for bound in (f">= {max(0.0, value - TINY):.9f}", f"<= {value + TINY:.9f}")
    ]
    document = {
        "apiVersion": "kueue-sim/v1",
        "kind": "PolicyTest",
        "world": str(path),
        "tests": [{"name": "figures", "expect": expected}],
    }
    (tmp_path / "figures.policytest.yaml").write_text(json.dumps(document))
    (outcome,) = [run_test(test) for test in suite.tests_of(tmp_path / "figures.policytest.yaml")]
    assert (outcome.expectations, outcome.failures, outcome.mistakes) == (2 * len(known), (), ())


def test_a_base_that_loops_is_compared_like_any_other(tmp_path: Path) -> None:
    """Two jobs evict each other 433 times in eleven hours; without borrowing for b nobody is evicted."""
    path = tmp_path / "loop.yaml"
    path.write_text(json.dumps({**five_jobs_of_three_teams(), "horizon": "11h", "timing": "ideal"}))
    change = [("clusterQueues.b.nvidia.com/gpu.borrowingLimit", 0)]
    metrics = ["preemptions", "lost.gpu_hours", "loops"]
    found = compare(path, {"own": change}, metrics=metrics, **HERE)
    values = [{metric: one.values[0][metric] for metric in metrics} for one in (found.base, *found.variants)]
    assert values == [
        {"preemptions": 867.0, "lost.gpu_hours": pytest.approx(10.6, abs=0.05), "loops": 1.0},
        {"preemptions": 0.0, "lost.gpu_hours": 0.0, "loops": 0.0},
    ]
    assert (found.failures, any("Other arrivals" in note for note in found.notes)) == ((), False)
