"""Forecasts: what is known and what is drawn, when work starts, what would help, and whether promises hold."""

import json
from dataclasses import replace
from math import log
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from kueue_sim.cli import cli
from kueue_sim.errors import InputError
from kueue_sim.model import Scenario
from kueue_sim.whatif.facade import forecast
from kueue_sim.whatif.forecasting.starting import admissions
from kueue_sim.whatif.forecasting.unblock import Unblocking
from kueue_sim.whatif.learning.futures import future, history_of
from kueue_sim.whatif.learning.present import present_of
from kueue_sim.whatif.learning.survival import Lifetimes
from kueue_sim.whatif.rendering.forecast_page import forecast_page
from kueue_sim.whatif.rendering.forecast_text import forecast_text
from tests.whatif.worlds import FILE, HOUR, MINUTE, busy, file, job, policy, queue

QUOTA = "clusterQueues.team-a.gpu.nvidia.com/gpu"


def one_waits(borrow: int | None = 0) -> Scenario:
    """Team A owns 2 GPUs: a1 and a2 run since 0 and 10 minutes, a3 and a4 wait since 20 and 30."""
    work = [job(f"a{number + 1}", "team-a", 1, number * 10 * MINUTE, 5 * HOUR) for number in range(4)]
    queues = policy(queue("team-a", 2, borrow), queue("team-b", 0, borrow))
    return Scenario("one waits", queues, tuple(work))


def test_the_present_is_what_runs_and_what_waits_and_nothing_later() -> None:
    late = job("later", "team-a", 1, 2 * HOUR)
    scenario = one_waits()
    present = present_of(replace(scenario, workloads=(*scenario.workloads, late)), HOUR)
    assert [(item.workload.name, item.elapsed_ms) for item in present.running] == [("a1", HOUR), ("a2", 50 * MINUTE)]
    assert [item.name for item in present.waiting] == ["a3", "a4"]


def test_without_any_randomness_left_the_forecast_is_what_happens() -> None:
    scenario = one_waits()
    present = present_of(scenario, HOUR)
    onward = present.onward([5 * HOUR, 5 * HOUR], present.waiting, (), 6 * HOUR)
    played = admissions(onward, ["ml/a3", "ml/a4"], present.now_ms)
    assert (played.starts, played.cut) == ({"ml/a3": 4 * HOUR, "ml/a4": 4 * HOUR + 10 * MINUTE}, False)


def test_a_future_knows_nothing_of_what_the_recording_says_of_later() -> None:
    scenario = busy(3, jobs=200)
    cut = 20 * HOUR
    other = tuple(
        item._replace(runtime_ms=99 * HOUR) if item.created_ms + (item.runtime_ms or 0) > cut else item
        for item in scenario.workloads
        if item.created_ms <= cut
    )
    first, second = (
        [item.name for item in present_of(one, cut).waiting] for one in (scenario, replace(scenario, workloads=other))
    )
    assert first == second
    futures = []
    for one in (scenario, replace(scenario, workloads=other)):
        present = present_of(one, cut)
        arrivals = tuple(item for item in one.workloads if item.created_ms <= cut)
        made = future(present, history_of(present, arrivals), 1, HOUR)
        futures.append([(item.name, item.created_ms, item.runtime_ms) for item in made.workloads])
    assert futures[0] == futures[1]


def test_the_same_seed_gives_the_same_future_and_another_one_another() -> None:
    present = present_of(busy(3, jobs=200), 20 * HOUR)
    history = history_of(present, tuple(item for item in busy(3, jobs=200).workloads if item.created_ms <= 20 * HOUR))
    one, again, other = (tuple(future(present, history, seed, HOUR).workloads) for seed in (1, 1, 2))
    assert (one == again, one == other) == (True, False)


def test_what_still_runs_counts_in_the_estimate_of_run_times() -> None:
    found = Lifetimes.of([1, 3], [2, 4])
    assert (found.times, found.surviving, found.mean_ms) == ((1, 3), (0.75, 0.375), 5.0)


def test_behind_the_longest_run_that_is_known_counts_what_was_seen_there_without_an_end() -> None:
    """Twenty jobs ended after an hour. Of those that have run for eight days and an hour, four in the present or one
    that is only asked about, none is expected to end within hours."""
    day = 24 * HOUR
    for running, mean_days in ((4, 4 * 8), (0, 8)):
        found = Lifetimes.of([HOUR] * 20, [8 * day + HOUR] * running)
        rest = [found.draw(Random(seed), 8 * day + HOUR) - 8 * day - HOUR for seed in range(2000)]
        expected = mean_days * day + found.mean_ms
        assert sum(rest) / len(rest) == pytest.approx(expected, rel=0.1)
        assert sorted(rest)[1000] == pytest.approx(expected * log(2), rel=0.1)


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=20), st.integers(0, 2000), st.integers(0, 99))
def test_a_drawn_run_time_is_longer_than_what_has_passed(ended: list[int], elapsed: int, seed: int) -> None:
    assert Lifetimes.of(ended, [500]).draw(Random(seed), elapsed) > elapsed


def test_the_forecast_says_what_it_waits_for_and_the_smallest_change_that_helps() -> None:
    found = forecast(one_waits(borrow=0), ["a4"], at=f"{HOUR}ms", seeds=3).starts[0]
    assert (found.workload, found.before, found.message) == (
        "ml/a4",
        1,
        "couldn't assign flavors to pod set main: insufficient unused quota for nvidia.com/gpu in flavor gpu, "
        "1 more needed",
    )
    assert found.changes == (Unblocking(f"{QUOTA}.nominalQuota", "2", "4"),)


def test_planned_work_is_asked_about_in_the_short_form_or_as_a_manifest(tmp_path: Path) -> None:
    base = file(tmp_path)
    manifest = file(
        tmp_path,
        """\
apiVersion: batch/v1
kind: Job
metadata: {name: mine, namespace: default, labels: {kueue.x-k8s.io/queue-name: team-a}}
spec:
  parallelism: 1
  template:
    spec:
      containers: [{name: main, image: none, resources: {requests: {nvidia.com/gpu: 2}}}]
""",
        "job.yaml",
    )
    short = {"team": "team-a", "requests": {"nvidia.com/gpu": 2}}
    found = forecast(str(base), [short, str(manifest)], at="12h", seeds=5, ahead="1d")
    assert [item.workload for item in found.starts] == ["default/planned", "default/mine"]
    assert [len(item.starts_ms) for item in found.starts] == [5, 5]


def test_run_times_and_arrivals_may_come_from_another_recording() -> None:
    short, long = (
        replace(busy(5), workloads=tuple(w._replace(runtime_ms=ms) for w in busy(5).workloads))
        for ms in (MINUTE, 9 * HOUR)
    )
    medians = [
        forecast(one_waits(), ["a3"], at=f"{HOUR}ms", history=history, seeds=5).starts[0].quantile(0.5)
        for history in (short, long)
    ]
    assert medians[0] is not None and medians[1] is not None and medians[0] < medians[1]


def test_what_does_not_wait_is_not_forecast() -> None:
    with pytest.raises(
        InputError, match="nothing of the name 'a1' waits at the instant; it has quota, and has run for 1h"
    ):
        forecast(one_waits(), ["a1"], at=f"{HOUR}ms", seeds=1)
    with pytest.raises(InputError, match="nothing of the name 'zz' waits at the instant; accepted: a3, a4"):
        forecast(one_waits(), ["zz"], at=f"{HOUR}ms", seeds=1)


def test_an_instant_behind_the_end_of_the_scenario_is_refused() -> None:
    with pytest.raises(InputError, match="the instant 3h lies behind the end of the scenario, 2h"):
        forecast(replace(one_waits(), horizon_ms=2 * HOUR), at="3h")


def test_the_command_prints_every_waiting_workload(tmp_path: Path) -> None:
    arguments = [str(file(tmp_path, FILE.replace("nominalQuota: 2", "nominalQuota: 1"))), "--at", "6h", "--seeds", "3"]
    ended = CliRunner().invoke(cli, ["forecast", *arguments, "--executor", "local", "--format", "json"])
    value = json.loads(ended.stdout)
    assert (ended.exit_code, value["at_s"], len(value["work"]) > 1) == (0, 21_600.0, True)


def test_what_is_not_looked_into_for_all_is_called_so() -> None:
    """Seven wait: reasons and remedies are told of five."""
    work = [job(f"a{number}", "team-a", 1, number * 10 * MINUTE, 5 * HOUR) for number in range(9)]
    crowd = Scenario("crowd", policy(queue("team-a", 2, 0)), tuple(work))
    found = forecast(crowd, [], at=f"{2 * HOUR}ms", seeds=2)
    told, page = forecast_text(found), forecast_page(found)
    assert (told.count("waits for: "), page.count("not looked for")) == (5, 2)
    assert told.splitlines()[-1].startswith("and 2 more workloads; the name of one behind the scenario tells")
    alone = forecast_text(forecast(crowd, ["a8"], at=f"{2 * HOUR}ms", seeds=2))
    assert (alone.count("waits for: "), "more workload" in alone) == (1, False)
