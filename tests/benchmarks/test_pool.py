"""The pool workload is the documented one, and its average waits are those other simulators agree on."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.pool import PoolJobs, eight_queues, one_queue, pool_jobs
from benchmarks.waits import average_wait_s
from kueue_sim.engine import simulate
from kueue_sim.model import Scenario

GENERATOR = Path(__file__).resolve().parents[3] / "shared" / "bench" / "pool_workload.py"


def csv_of(jobs: PoolJobs) -> str:
    """The jobs in the form the documented generator writes them."""
    rows = zip(jobs.teams, jobs.submits_s, jobs.gpus, jobs.runtimes_s, strict=True)
    lines = [f"{index},team-{team},{at},{size},{seconds}\n" for index, (team, at, size, seconds) in enumerate(rows)]
    return "job_id,team,submit,gpus,duration\n" + "".join(lines)


def average(scenario: Scenario) -> str:
    return f"{average_wait_s(simulate(scenario)):.4f}"


def best_effort(jobs: PoolJobs) -> Scenario:
    return one_queue(jobs, "BestEffortFIFO")


def test_the_first_jobs_are_the_documented_ones() -> None:
    assert csv_of(pool_jobs(500, 0.85)).splitlines()[:4] == FIRST_LINES
    assert hashlib.sha256(csv_of(pool_jobs(500, 0.85)).encode()).hexdigest() == DIGEST


FIRST_LINES = ["job_id,team,submit,gpus,duration", "0,team-6,8,1,606", "1,team-3,45,8,636", "2,team-5,49,4,484"]
DIGEST = "ebf01f38cbbe793ca3714565262acced8fb95c068e61f4f9d8c90abb497c2009"


@pytest.mark.skipif(
    not GENERATOR.exists(), reason="the documented generator (../shared/bench) does not lie beside this checkout"
)
@pytest.mark.parametrize(("count", "load"), [(500, 0.85), (3000, 1.5)])
def test_our_jobs_are_those_of_the_documented_generator(tmp_path: Path, count: int, load: float) -> None:
    command = [sys.executable, str(GENERATOR), str(count), str(load), "1", str(tmp_path)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert csv_of(pool_jobs(count, load)) == (tmp_path / "jobs.csv").read_text()


@pytest.mark.parametrize(
    ("count", "load", "make", "seconds"),
    [
        (2_000, 0.85, one_queue, "2.6210"),
        (10_000, 0.85, one_queue, "49.4178"),
        (10_000, 1.5, one_queue, "12106.1596"),
        (10_000, 0.85, best_effort, "13.9893"),
        (10_000, 0.85, eight_queues, "42.9044"),
    ],
)
def test_average_waits_are_those_published(count: int, load: float, make: object, seconds: str) -> None:
    assert callable(make)
    assert average(make(pool_jobs(count, load))) == seconds


def test_the_same_scenario_gives_the_same_jobs_again() -> None:
    scenario = one_queue(pool_jobs(100, 0.85))
    assert list(scenario.workloads) == list(scenario.workloads)
