"""Rules give run times to jobs as they lie in repositories, which cannot say how long they run."""

from pathlib import Path

import pytest

from kueue_sim.inputs import load_scenario
from tests.inputs.repository.repositories import QUEUES, job, write


def test_jobs_without_a_run_time_are_told_and_rules_give_them_one(tmp_path: Path) -> None:
    write(tmp_path, {"q.yaml": QUEUES, "jobs.yaml": "---\n".join(job(name) for name in ("a", "b", "c"))})
    rules = [("runtimes[*]", "1h"), ("runtimes[team/b]", "2h")]
    assert [one.runtime_ms for one in load_scenario(tmp_path, rules).workloads] == [3_600_000, 7_200_000, 3_600_000]
    assert load_scenario(tmp_path, [("runtimes[a]", "1h")]).notes == (
        "b, c have no run time and run until deleted; --runtime 1h gives one to every job, "
        "--runtime 'PATTERN=1h' to some",
    )


DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: team, labels: {kueue.x-k8s.io/queue-name: lq}}
spec: {replicas: 2, template: {spec: {containers: [{name: c, resources: {requests: {cpu: 1}}}]}}}
"""
WRITTEN = """\
apiVersion: kueue-sim/v1
kind: Scenario
policy: {include: [q.yaml]}
workloads:
- {name: open, queue: team/lq, requests: {cpu: 1}}
- {name: own, queue: team/lq, requests: {cpu: 1}, runtime: 1m}
- generate: {name: g, queue: team/lq, arrivals: {process: fixed, every: 1h}, until: 2h, requests: {cpu: 1}}
"""


def run_times(folder: Path, *rules: tuple[str, str]) -> tuple[list[int | None], tuple[str, ...]]:
    """The run times of what a folder submits, in minutes, and the warnings."""
    scenario = load_scenario(folder, [(f"runtimes[{pattern}]", text) for pattern, text in rules])
    minutes = [None if one.runtime_ms is None else one.runtime_ms // 60_000 for one in scenario.workloads]
    return minutes, scenario.warnings


@pytest.mark.parametrize("pattern", ["web", "team/web", "web-*", "w?b"])
def test_rules_find_the_pods_of_a_deployment_by_its_name(tmp_path: Path, pattern: str) -> None:
    write(tmp_path, {"q.yaml": QUEUES, "web.yaml": DEPLOYMENT})
    assert run_times(tmp_path, ("*", "1h")) == ([None, None], ())
    assert run_times(tmp_path, ("*", "1h"), (pattern, "2h")) == ([120, 120], ())


def test_rules_hold_for_work_that_is_written_out_as_well(tmp_path: Path) -> None:
    write(tmp_path, {"q.yaml": QUEUES, "s.yaml": WRITTEN})
    assert run_times(tmp_path / "s.yaml") == ([None, 1, None, None], ())
    assert run_times(tmp_path / "s.yaml", ("*", "1h"), ("g-*", "2h")) == ([60, 1, 120, 120], ())


def test_a_rule_that_gives_no_job_its_run_time_is_told(tmp_path: Path) -> None:
    write(tmp_path, {"q.yaml": QUEUES, "s.yaml": WRITTEN, "a.yaml": job("a")})
    idle = "the run time of {0!r} is given to no job: none without its own is called so"
    given = [("*", "1h"), ("own", "2h"), ("trian", "2h"), ("team/", "2h"), ("team/a", "3h")]
    times, warnings = run_times(tmp_path, *given)
    assert times == [60, 1, 60, 180, 60]
    assert warnings == tuple(idle.format(one) for one in ("own", "trian", "team/"))
