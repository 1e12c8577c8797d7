"""Generators fitted to a history: known laws come out again, what no law describes is drawn itself."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from click.testing import CliRunner

from kueue_sim.cli import cli
from kueue_sim.errors import InputError
from kueue_sim.inputs.scenario import load_scenario, scenario_from_text
from kueue_sim.whatif.fitting.fit import families, fitted
from tests.scenario_text import scenario_text

HISTORY = scenario_text(
    {"team-a": 8},
    """\
start: "2026-01-05T00:00:00Z"
horizon: 56d
workloads:
  - generate:
      name: a
      team: team-a
      requests: {nvidia.com/gpu: 1}
      pods: {distribution: choice, values: [1, 8], weights: [3, 1]}
      arrivals: {every: 20m, rhythm: workdays}
      runtime: RUNTIME
""",
)
LAWS = {
    "lognormal": ("{distribution: lognormal, median: 1h, sigma: 1.5}", {"median": 3600, "sigma": 1.5}),
    "weibull": ("{distribution: weibull, shape: 0.5, scale: 1h}", {"shape": 0.5, "scale": 3600}),
    "gamma": ("{distribution: gamma, shape: 3, scale: 20m}", {"shape": 3, "scale": 1200}),
    "pareto": ("{distribution: pareto, shape: 1.8, low: 10m}", {"shape": 1.8, "low": 600}),
    "exponential": ("{distribution: exponential, mean: 1h}", {"mean": 3600}),
}


def history(runtime: str) -> str:
    return HISTORY.replace("RUNTIME", runtime)


@pytest.mark.parametrize("name", LAWS)
def test_a_known_law_of_run_times_comes_out_with_its_parameters(name: str) -> None:
    text, parameters = LAWS[name]
    best = fitted(scenario_from_text(history(text))).queues[0].best
    assert best is not None
    assert (best.name, best.parameters) == (name, pytest.approx(parameters, rel=0.08))
    assert best.distance < 0.02


def test_sizes_and_the_rhythm_of_day_and_week_come_out() -> None:
    queue = fitted(scenario_from_text(history("1h"))).queues[0]
    assert queue.hours is not None and queue.weekdays is not None
    assert queue.jobs == pytest.approx(56 * 72, rel=0.05)
    assert queue.every_ms == 56 * 86_400_000 / queue.jobs
    assert sum(jobs for size, jobs in queue.sizes if size == 1) / queue.jobs == pytest.approx(0.75, abs=0.03)
    assert np.argmax(queue.hours) in (10, 14, 15)
    assert queue.weekdays[5] / queue.weekdays[0] == pytest.approx(0.4, abs=0.1)
    assert (sum(queue.hours), sum(queue.weekdays)) == (pytest.approx(24), pytest.approx(7))


def test_even_work_is_told_no_rhythm() -> None:
    queue = fitted(scenario_from_text(history("1h").replace(", rhythm: workdays", ""))).queues[0]
    assert (queue.hours, queue.weekdays) == (None, None)
    assert queue.best is not None
    assert (queue.best.name, queue.best.parameters) == ("constant", {"value": 3600.0})


def test_the_likelihood_of_an_exponential_is_that_of_hand_arithmetic() -> None:
    """Mean 3: log-likelihood −4·log 3 − 12/3; Akaike 2 − 2 times that. Shares below 3 are 1 − 1/e in the model."""
    values = np.array([1.0, 2.0, 3.0, 6.0])
    found = next(family for family in families(values) if family.name == "exponential")
    assert found.parameters == pytest.approx({"mean": 3.0})
    assert found.aic == pytest.approx(2 + 2 * (4 * np.log(3) + 4))
    assert found.below(np.array([3.0]))[0] == pytest.approx(1 - np.exp(-1))
    assert found.distance == pytest.approx(max(1 - np.exp(-1 / 3), 0.5 - (1 - np.exp(-2 / 3)), 0.75 - (1 - np.exp(-1))))


def test_what_fit_writes_is_a_scenario_that_makes_such_work(tmp_path: Path) -> None:
    """Two run times far apart fit no family, so the recorded ones are drawn."""
    path = tmp_path / "history.yaml"
    path.write_text(history("{distribution: choice, values: [1m, 10h]}"))
    done = CliRunner().invoke(cli, ["fit", str(path), "-o", str(tmp_path / "fit")])
    assert done.exit_code == 0, done.output
    made = yaml.safe_load((tmp_path / "fit" / "workloads.yaml").read_text())
    assert made["workloads"][0]["generate"]["runtime"] == {
        "distribution": "empirical", "file": "default-team-a.csv", "column": "runtime",
    }  # fmt: skip
    assert (tmp_path / "fit" / "fit.png").read_bytes()[:4] == b"\x89PNG"
    again = yaml.safe_load(path.read_text()) | made
    (tmp_path / "fit" / "again.yaml").write_text(yaml.safe_dump(again))
    new, old = (list(load_scenario(one).workloads) for one in (tmp_path / "fit" / "again.yaml", path))
    assert len(new) == pytest.approx(len(old), rel=0.05)
    assert {job.runtime_ms for job in new} == {60_000, 36_000_000}
    means = [sum(job.pod_sets[0].count for job in jobs) / len(jobs) for jobs in (new, old)]
    assert means[0] == pytest.approx(means[1], rel=0.1)


def test_too_few_jobs_are_refused() -> None:
    with pytest.raises(InputError, match="no queue has 20 jobs with a run time"):
        fitted(scenario_from_text(history("1h").replace("56d", "2h")))
