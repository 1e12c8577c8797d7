"""Forecasts of an imported cluster: nothing is made up, and what it remembers is used."""

from dataclasses import replace
from typing import Any

import pytest

from kueue_sim.errors import InputError
from kueue_sim.inputs import scenario_from_text
from kueue_sim.model import Scenario
from kueue_sim.whatif.forecasting.correction import Correction
from kueue_sim.whatif.forecasting.forecast import EARLIER, HELP, Forecast, StartForecast, forecast
from kueue_sim.whatif.forecasting.starting import starts
from kueue_sim.whatif.learning.futures import History, future, history_of_cluster
from kueue_sim.whatif.learning.present import Present, present_of
from kueue_sim.whatif.learning.run_times import Run, RunTimes
from kueue_sim.whatif.rendering.forecast_page import forecast_page
from kueue_sim.whatif.rendering.forecast_text import forecast_text, time_of
from tests.scenario_text import scenario_text
from tests.whatif.worlds import HOUR, busy, job

DAY = 24 * HOUR
HEAD = scenario_text(
    {"team-a": 32},
    "start: 2026-01-20T00:00:00Z\n",
    flavors=["h100"],
    resource="gpu",
)


def cluster(runtime: str = "", past: str = "") -> Scenario:
    """Four jobs of 8 GPUs hold all of it and have run for 193 hours; three wait."""
    said = f", runtime: {runtime}" if runtime else ""
    running = [
        f"r{number}, team: team-a, requests: {{gpu: 8}}, admitted: {{}}, ranFor: 193h{said}" for number in range(4)
    ]
    waiting = [
        f"w{number}, team: team-a, requests: {{gpu: 8}}, waitingSince: {9 - number}h{said}" for number in range(3)
    ]
    work = "".join(f"- {{name: {text}}}\n" for text in (*running, *waiting))
    return scenario_from_text(f"{HEAD}workloads:\n{work}{past}")


def asked(scenario: Scenario, *work: str, **options: Any) -> Forecast:
    return forecast(scenario, work, seeds=40, ahead="14d", explain=False, **options)


def test_without_any_evidence_it_asks_in_which_of_three_ways_run_times_can_be_said() -> None:
    with pytest.raises(InputError) as caught:
        asked(cluster())
    told = str(caught.value)
    assert [way in told for way in ("--history FILE", "import --runtime 6h", "`runtime` of each workload")] == [
        True
    ] * 3


def test_a_run_time_that_is_said_holds_and_nothing_is_expected_to_come() -> None:
    found = asked(cluster("240h"), "w0")
    assert (found.starts[0].quantile(0.1), found.starts[0].quantile(0.9)) == (47 * HOUR, 47 * HOUR)
    assert found.learned == "run times as the scenario says; nothing has ended yet, so nothing else is expected to come"


def test_it_is_seen_from_the_instant_of_the_dump() -> None:
    """Instants of a scenario that begins empty are told from its start, as they are asked for."""
    dumped = asked(cluster("240h"), "w0")
    later, empty = forecast(cluster("240h"), ["w0"], at="90m", seeds=1), forecast(busy(1), at="90m", seeds=1)
    told = "2026-01-20T00:00:00Z"
    assert (dumped.seen_from, later.seen_from, empty.seen_from) == (told, "2026-01-20T01:30:00Z", "1h 30m")
    assert forecast_text(dumped).splitlines()[0].endswith(f", seen from {told}")
    assert f", seen from {told}</title>" in forecast_page(dumped)
    assert dumped.content()["seen_from"] == told


def test_jobs_that_have_run_for_eight_days_are_longer_than_those_that_ended_after_an_hour() -> None:
    """Half of all work runs an hour and half of it ten days: what has run eight days has two more to go."""
    ends = [
        f"- {{name: p{number}, team: team-a, requests: {{gpu: 8}}, ran: {1 if number % 2 else 240}h, "
        f"submitted: {300 + number}h, ended: {10 + number}h}}\n"
        for number in range(40)
    ]
    found = asked(cluster(past="past:\n" + "".join(ends)), "w0")
    assert (found.starts[0].quantile(0.1), found.starts[0].quantile(0.9)) == (47 * HOUR, 47 * HOUR)
    assert found.learned.startswith("run times and arrivals learned from 40 ended jobs of ")


def test_run_times_are_learned_by_size_where_enough_is_known_and_by_team_where_not() -> None:
    small, large, rare = job("s", "team-a", 1, 0), job("l", "team-a", 8, 0), job("x", "team-a", 3, 0)
    runs = [Run(small, HOUR, True)] * 25 + [Run(large, 9 * HOUR, True)] * 25 + [Run(rare, DAY, True)] * 3
    learned = RunTimes.learned(runs)
    known = {one.name: learned.of(one) for one in (small, large, rare)}
    assert {name: (item.times, item.ends) for name, item in known.items() if item is not None} == {
        "s": ((HOUR,), 25),
        "l": ((9 * HOUR,), 25),
        "x": ((HOUR, 9 * HOUR, DAY), 53),
    }


def mixed(text: str) -> tuple[Present, History]:
    """A cluster that remembers forty jobs, of which every other one ran an hour and the others ten days; ``text`` are
    workloads of the present."""
    ends = [
        f"- {{name: p{number}, team: team-a, requests: {{gpu: 8}}, ran: {1 if number % 2 else 240}h, "
        f"submitted: {300 + number}h, ended: {10 + number}h}}\n"
        for number in range(40)
    ]
    scenario = scenario_from_text(f"{HEAD}workloads:\n{text}past:\n" + "".join(ends))
    present = present_of(scenario, 0)
    return present.light(), history_of_cluster(present, scenario.past)


def drawn(present: Present, history: History, name: str) -> set[int]:
    """The run times that futures draw for a workload, in hours."""
    futures = (future(present, history, seed, HOUR).workloads for seed in range(30))
    return {(one.runtime_ms or 0) // HOUR for work in futures for one in work if one.name == name}


def test_evicted_work_lasts_longer_than_the_run_that_was_thrown_away() -> None:
    evicted = "evicted: {reason: Preempted, since: 1h}, executedBefore: 9h, admissions: 1"
    present, history = mixed(
        f"- {{name: evicted, team: team-a, requests: {{gpu: 8}}, waitingSince: 20h, {evicted}}}\n"
        "- {name: fresh, team: team-a, requests: {gpu: 8}, waitingSince: 20h}\n"
    )
    assert (drawn(present, history, "evicted"), drawn(present, history, "fresh")) == ({240}, {1, 240})
    assert history.so_far == {"default/evicted": 9 * HOUR, "default/fresh": 0}


def test_work_that_comes_again_lasts_longer_than_the_like_of_it_that_runs_has_lasted_so_far() -> None:
    runs = "- {name: runs, team: team-a, requests: {gpu: 8}, admitted: {}, ranFor: 9h, waitingSince: 10h}\n"
    present, history = mixed(runs)
    alone = replace(history, arrivals=tuple(one for one in history.arrivals if one.name == "runs"))
    coming = [
        (one.runtime_ms or 0) // HOUR
        for seed in range(30)
        for one in future(present, alone, seed, 15 * DAY).workloads
        if one.status is None
    ]
    assert set(coming) == {240}


def test_futures_differ_in_what_might_have_been_learned_and_the_same_luck_learns_the_same() -> None:
    work = job("x", "team-a", 8, 0)
    learned = RunTimes.learned([Run(work, number * HOUR, True) for number in range(1, 41)])
    told = [learned.another(luck).of(work) for luck in ("a", "a", "b")]
    assert (told[0] == told[1], told[0] == told[2]) == (True, False)
    assert all(one is not None and set(one.times) <= {number * HOUR for number in range(1, 41)} for one in told)


def test_a_future_that_is_cut_off_when_time_is_over_counts_as_later_than_all_others() -> None:
    found = asked(cluster("240h"), "w0", within_s=1e-9)
    assert (found.seeds, found.cut, found.asked, found.starts[0].quantile(0.5)) == (1, 1, 40, None)


def test_what_is_told_beyond_a_future_that_was_cut_off_is_later_than_where_it_was_cut() -> None:
    """Futures that started after 2, 3 and 5 hours, one that was cut off after 4, and one after a minute."""
    begun = (2 * HOUR, 3 * HOUR, 5 * HOUR, None, None)
    looked = (DAY, DAY, DAY, 4 * HOUR, HOUR // 60)
    told = StartForecast("w", "q", begun, DAY, "waits", 0, None, None, True, looked)
    shares = (0.5, 0.6, 0.9)
    assert [told.quantile(share) for share in shares] == [5 * HOUR, None, None]
    assert [told.later_than(share) for share in shares] == [3 * HOUR, 4 * HOUR, DAY]
    assert time_of(told, 0.6) == "> 4h"


def test_what_backs_off_is_not_promised_before_its_backoff_ends() -> None:
    """Earlier work started long before all futures; of a backoff that teaches nothing."""
    correction = Correction(40, (-3.0,), (1.0,))
    told = StartForecast("w", "q", (2 * HOUR,) * 40, DAY, "waits", 0, None, correction, True, (DAY,) * 40)
    assert told.quantile(0.5) is not None and told.quantile(0.5) < HOUR * 3 / 2  # type: ignore[operator]
    assert replace(told, backoff_ms=2 * HOUR).quantile(0.5) == 2 * HOUR
    waits = "evicted: {reason: PodsReadyTimeout, since: 1m}, requeue: {at: 1h, count: 1, held: PodsReadyTimeout}"
    text = (
        f"{HEAD}workloads:\n- {{name: w, team: team-a, requests: {{gpu: 8}}, waitingSince: 9h, runtime: 1h, {waits}}}\n"
    )
    assert asked(scenario_from_text(text), "w").starts[0].backoff_ms == HOUR


@pytest.mark.parametrize(("error", "far"), [(-9.0, True), (-1.0, False)])
def test_that_earlier_forecasts_missed_by_far_is_said(error: float, far: bool) -> None:
    told = StartForecast("w", "q", (2 * HOUR,), DAY, "waits", 0, None, None, True, (DAY,))
    found = Forecast("x", 0, 1, (told,), correction=Correction(40, (error,), (1.0,)))
    assert ("they missed by far" in " ".join(forecast_text(found).split())) is far


def test_no_future_is_begun_after_the_time_is_over_but_the_first() -> None:
    scenario = cluster("240h")
    present = present_of(scenario, 0)
    history = history_of_cluster(present, scenario.past)
    played = starts(present.light(), history, ["default/w0"], range(3), DAY, until=0.0)
    assert [(one.starts, one.cut) for one in played] == [({"default/w0": None}, True)]


def test_the_futures_played_by_the_time_that_is_given_are_the_answer() -> None:
    found = asked(cluster("240h"), "w0", within_s=60)
    assert (found.seeds, found.cut, found.starts[0].quantile(0.5)) == (40, 0, 47 * HOUR)


def test_what_waits_is_asked_for_by_the_name_of_its_job() -> None:
    waits = cluster("240h")
    work = tuple(
        one._replace(name=f"job-{one.name}-9b644", kind="Job") if one.name == "w0" else one for one in waits.workloads
    )
    assert asked(replace(waits, workloads=work), "w0").starts[0].workload == "default/job-w0-9b644"


def test_a_job_of_a_dump_is_asked_for_by_the_name_of_its_workload_too() -> None:
    """An import calls Workloads by their jobs; ``kubectl get workloads`` does not."""
    waits = cluster("240h")
    waits = replace(waits, workloads=tuple(one._replace(kind="Job") for one in waits.workloads))
    found = [asked(waits, name).starts[0].workload for name in ("job-w1-9b644", "default/job-w1-9b644")]
    assert found == ["default/w1", "default/w1"]
    with pytest.raises(InputError, match="nothing of the name 'job-w1-9b6447' waits at the instant"):
        asked(waits, "job-w1-9b6447")


@pytest.mark.parametrize("team", ["team-a", "default", "default/team-a"])
def test_all_that_waits_of_a_team_is_asked_for_by_the_name_of_a_queue_or_namespace(team: str) -> None:
    found = asked(cluster("240h"), team, "w1")
    assert [one.workload for one in found.starts] == ["default/w0", "default/w1", "default/w2"]


def test_a_team_of_which_nothing_waits_is_told_so_and_others_are_offered_for_a_wrong_name() -> None:
    empty = cluster("240h")
    empty = replace(empty, workloads=tuple(one for one in empty.workloads if not one.name.startswith("w")))
    with pytest.raises(InputError, match="nothing of 'team-a' waits at the instant"):
        asked(empty, "team-a")
    with pytest.raises(InputError, match="nothing of the name 'team-b' waits at the instant; did you mean 'team-a'"):
        asked(cluster("240h"), "team-b")


def test_work_that_asks_for_more_than_there_is_never_starts_and_holds_up_no_future() -> None:
    waits = cluster("240h")
    work = [one._replace(pod_sets=(replace(one.pod_sets[0], requests={"gpu": 40}),)) if one.name == "w0" else one
            for one in waits.workloads]  # fmt: skip
    found = asked(replace(waits, workloads=tuple(work)))
    alone = asked(replace(waits, workloads=tuple(work)), "w0")
    assert [(one.workload, one.never, one.quantile(0.5)) for one in found.starts] == [
        ("default/w0", True, None),
        ("default/w1", False, 47 * HOUR),
        ("default/w2", False, 47 * HOUR),
    ]
    assert (found.seeds, found.starts[1].ahead_ms, alone.seeds) == (40, 14 * DAY, 0)
    row = [line.split() for line in forecast_text(alone).splitlines() if line.startswith("default/w0 ")]
    assert row == [["default/w0", "default/team-a", "never", "never", "never", "0"]]
    assert "never starts, whoever ends" in forecast_text(alone)
    assert alone.records()[0]["never"] == 1.0


def remembered(waited: bool) -> Scenario:
    """Every four hours two jobs of all 32 GPUs came, one of which started at once and the other two hours later, when
    the first one had ended; ``waited``: the cluster remembers when they started."""
    ends = []
    for pair in range(1, 41):
        for second in (0, 1):
            came = 4 * pair
            began = came - 2 * second
            admitted = f", admitted: {began}h" if waited else ""
            ends.append(
                f"- {{name: p{pair}-{second}, team: team-a, requests: {{gpu: 32}}, ran: 2h, submitted: {came}h, "
                f"ended: {began - 2}h{admitted}}}\n"
            )
    held = "waitingSince: 1h, admitted: {since: 1h}"
    now = f"- {{name: r, team: team-a, requests: {{gpu: 32}}, {held}, ranFor: 1h}}\n"
    now += "- {name: w, team: team-a, requests: {gpu: 32}, waitingSince: 1h}\n"
    return scenario_from_text(f"{HEAD}workloads:\n{now}past:\n" + "".join(ends))


def test_a_promise_is_told_with_how_earlier_ones_in_the_own_past_of_the_cluster_held() -> None:
    found = asked(remembered(waited=True), "w")
    checked = found.content()["checked"]
    assert isinstance(checked, dict)
    assert (checked["known"] >= 19, checked["p90_held"] == checked["known"], found.correction is None) == (
        True,
        True,
        False,
    )
    assert f"corrected: of {checked['known']} earlier promises like these, made for nine cases in ten" in str(
        forecast_text(found)
    )


def test_a_past_without_starts_has_no_earlier_promises_to_tell_of() -> None:
    found = asked(remembered(waited=False), "w")
    assert (found.content()["checked"], found.correction) == ({"earlier": 0, "known": 0, "p90_held": 0}, None)


@pytest.mark.parametrize(
    ("within_s", "left_out", "told"),
    [
        (0.0, (EARLIER, HELP), "as drawn: not held against earlier forecasts, which were not tried"),
        (
            None,
            (),
            "as drawn: too little has happened before to learn from (it takes 19 earlier forecasts with a known end)",
        ),
    ],
)
def test_for_what_there_was_no_time_is_said(within_s: float | None, left_out: tuple[str, ...], told: str) -> None:
    past = "past:\n" + "".join(
        f"- {{name: p{number}, team: team-a, requests: {{gpu: 8}}, ran: 1h, submitted: {30 - number}h, "
        f"admitted: {30 - number}h, ended: {29 - number}h}}\n"
        for number in range(9)
    )
    found = forecast(cluster(past=past), ["w0"], seeds=2, ahead="1d", within_s=within_s)
    assert (found.left_out, told in forecast_text(found)) == (left_out, True)


def test_only_the_past_of_a_cluster_is_tried_for_a_limited_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Earlier forecasts of a scenario are all made while there is time for the answer, however long each takes."""
    monkeypatch.setattr("kueue_sim.whatif.forecasting.forecast.MOST_TRIED_S", 0.0)
    ask: dict[str, Any] = {"seeds": 2, "explain": False, "hindcasts": 3, "within_s": 600.0}
    of_cluster = forecast(remembered(waited=True), ["w"], ahead="1d", **ask)
    of_scenario = forecast("scenarios/two-busy-teams.yaml", at="1d12h", ahead="1d", **ask)
    assert (of_cluster.left_out, of_scenario.left_out, len(of_scenario.earlier) > 0) == ((EARLIER,), (), True)
