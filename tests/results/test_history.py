"""The arrays of a run against a tick-by-tick replay of the same facts."""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kueue_sim import run
from kueue_sim.engine.facts import Fact, Run
from kueue_sim.model import PodSetAssignment, Reclaim, Scenario, Workload
from kueue_sim.result import Result
from kueue_sim.results.step_functions.series import averages
from kueue_sim.results.step_functions.steps import Steps
from tests.results.handmade import facts_of
from tests.results.scenes import GPU, HOUR, job, policy, queue, scene

END = 60
TEAMS = ("team-a", "team-b")
MOVES = {
    "": ["Submitted"],
    "Submitted": ["Pending", "QuotaReserved", "Admitted", "Deleted"],
    "Pending": ["Pending", "QuotaReserved", "Admitted", "Deleted"],
    "QuotaReserved": ["Admitted", "Evicted", "Deleted"],
    "Admitted": ["Started", "Unschedulable", "Preempted", "Evicted", "Finished", "Deleted"],
    "Unschedulable": ["Started", "Preempted", "Evicted", "Deleted"],
    "Started": ["Interrupted", "Preempted", "Evicted", "Finished", "Deleted"],
    "Interrupted": ["Started", "Unschedulable", "Preempted", "Evicted", "Deleted"],
    "Preempted": ["Requeued", "Deleted"],
    "Evicted": ["Requeued", "Deleted"],
    "Requeued": ["Pending", "QuotaReserved", "Admitted", "Deleted"],
    "Finished": [],
    "Deleted": [],
}
"""What may follow what in the life of a workload."""


@st.composite
def runs(draw: Callable[[st.SearchStrategy[Any]], Any]) -> tuple[Scenario, list[Fact]]:
    """Lives of a few workloads of two teams, their facts mixed in order of time."""
    workloads, facts = [], []
    for index in range(draw(st.integers(1, 5))):
        team = draw(st.sampled_from(TEAMS))
        gpus = draw(st.integers(0, 4))
        workload = job(f"job-{index}", team, gpus)
        workloads.append(workload)
        facts += draw(lives(workload, team, gpus))
    facts.sort(key=lambda fact: fact.at_ms)
    queues = [queue(team, 3) for team in TEAMS]
    return Scenario("random", policy(*queues), tuple(workloads)), facts


@st.composite
def lives(draw: Callable[[st.SearchStrategy[Any]], Any], workload: Workload, team: str, gpus: int) -> list[Fact]:
    """One life, which may end at any point of it."""
    facts: list[Fact] = []
    state, now = "", draw(st.integers(0, 10))
    for _ in range(draw(st.integers(0, 14))):
        if not MOVES[state]:
            break
        state = draw(st.sampled_from(MOVES[state]))
        lost = draw(st.integers(0, 5)) if state in ("Interrupted", "Preempted", "Evicted") else 0
        amount = draw(st.integers(0, gpus)) if state == "Admitted" else gpus
        pod_sets = (PodSetAssignment("main", {GPU: "a100"}, {GPU: amount}, 1),)
        given_ = pod_sets if state in ("QuotaReserved", "Admitted") else ()
        facts.append(Fact(now, state, workload.key, team, pod_sets=given_, lost_ms=lost))  # type: ignore[arg-type]
        now += draw(st.integers(0, 8))
        if state in ("Admitted", "Started") and gpus > 1 and draw(st.booleans()):
            fewer = (PodSetAssignment("main", {GPU: "a100"}, {GPU: draw(st.integers(0, gpus))}, 1),)
            facts.append(Fact(now, "Resized", workload.key, team, pod_sets=fewer))
    return [fact for fact in facts if fact.at_ms <= END]


HOLDS = ("QuotaReserved", "Admitted", "Started", "Interrupted", "Unschedulable", "Preempted", "Evicted")
WAITS = ("Submitted", "Pending", "Requeued")


def replayed(facts: list[Fact], count: Callable[[str, bool], bool], starts: bool) -> dict[str, list[int]]:
    """Per team and tick how many workloads ``count`` by their last fact and whether they run."""
    found = {team: [0] * (END + 1) for team in TEAMS}
    for key in {fact.workload for fact in facts}:
        mine = [fact for fact in facts if fact.workload == key]
        for tick in range(END + 1):
            happened = [fact for fact in mine if fact.at_ms <= tick]
            past = [fact for fact in happened if fact.type != "Resized"]
            amount = next((fact.pod_sets[0].usage[GPU] for fact in reversed(happened) if fact.pod_sets), 0)
            if past:
                running = past[-1].type == ("Started" if starts else "Admitted")
                weight = 1 if count is waits else amount
                found[past[-1].cluster_queue][tick] += weight * count(past[-1].type, running)
    return found


def holds(state: str, running: bool) -> bool:
    return state in HOLDS


def runs_now(state: str, running: bool) -> bool:
    return running


def waits(state: str, running: bool) -> bool:
    return state in WAITS


def ticks(steps: dict[str, Steps]) -> dict[str, list[int]]:
    return {team: [steps.get(team, Steps.constant(0)).value(t) for t in range(END + 1)] for team in TEAMS}


@settings(max_examples=150, deadline=None)
@given(runs())
def test_usage_running_work_and_queues_are_those_of_a_replay(case: tuple[Scenario, list[Fact]]) -> None:
    scenario, facts = case
    history = Result(scenario, Run(facts_of(facts, list(scenario.workloads)), {}, {}, 0, END)).history
    starts = any(fact.type in ("Started", "Unschedulable") for fact in facts)
    held = {queue: steps for (queue, _, _), steps in history.held.items()}
    assert (ticks(held), ticks(history.running), ticks(history.pending)) == (
        replayed(facts, holds, starts),
        replayed(facts, runs_now, starts),
        replayed(facts, waits, starts),
    )


@settings(max_examples=150, deadline=None)
@given(runs())
def test_work_that_holds_quota_stands_where_it_does_not_run(case: tuple[Scenario, list[Fact]]) -> None:
    scenario, facts = case
    history = Result(scenario, Run(facts_of(facts, list(scenario.workloads)), {}, {}, 0, END)).history
    starts = any(fact.type in ("Started", "Unschedulable") for fact in facts)
    found, expected = set(), set()
    for stay, spans in history.standing.items():
        key = history.facts.workloads[int(history.stays.workload[stay])].key
        found |= {(key, tick) for since, until in spans for tick in range(since, until)}
    for key in {fact.workload for fact in facts}:
        for tick in range(END):
            past = [
                fact.type for fact in facts if fact.workload == key and fact.at_ms <= tick and fact.type != "Resized"
            ]
            if past and past[-1] in ("QuotaReserved", "Admitted", "Interrupted", "Unschedulable"):
                expected |= {(key, tick)} if starts or past[-1] != "Admitted" else set()
    assert found == expected


@settings(max_examples=150, deadline=None)
@given(runs())
def test_quota_time_is_conserved(case: tuple[Scenario, list[Fact]]) -> None:
    """An integral is the sum over its ticks."""
    scenario, facts = case
    history = Result(scenario, Run(facts_of(facts, list(scenario.workloads)), {}, {}, 0, END)).history
    by_queues = sum(steps.integral(END) for steps in history.held.values())
    by_ticks = sum(sum(values[:END]) for values in replayed(facts, holds, True).values())
    assert by_queues == by_ticks


@settings(max_examples=100, deadline=None)
@given(runs())
def test_waits_of_all_workloads_add_up_to_the_time_spent_waiting(case: tuple[Scenario, list[Fact]]) -> None:
    scenario, facts = case
    history = Result(scenario, Run(facts_of(facts, list(scenario.workloads)), {}, {}, 0, END)).history
    not_admitted = ("Submitted", "Pending", "Requeued", "QuotaReserved", "Resized")
    expected = 0
    for key in {fact.workload for fact in facts}:
        mine = [fact for fact in facts if fact.workload == key]
        state, since = "", 0
        for fact in [*mine, Fact(END, "Node", key)]:
            expected += fact.at_ms - since if state == "waits" else 0
            since = fact.at_ms
            if fact.type in ("Submitted", "Requeued"):
                state = "waits"
            elif fact.type not in not_admitted and fact.type not in ("Preempted", "Evicted"):
                state = ""
    assert int(history.work.waited.sum()) == expected


def test_quota_of_pods_that_are_done_is_given_back() -> None:
    """Four pods, of which three need no quota any more after half an hour."""
    pods = job("shrinks", "team-a", 1, pods=4, runtime_ms=HOUR)._replace(reclaims=(Reclaim(HOUR // 2, "main", 3),))
    result = run(scene([queue("team-a", 4)], [pods]))
    held = result.figures.held["team-a", "a100", GPU]
    assert (held.times.tolist(), held.values.tolist(), result.total.running_hours) == (
        [0, HOUR // 2, HOUR],
        [4, 1, 0],
        2.5,
    )


def test_a_stay_is_told_with_what_it_was_admitted_with_not_what_was_reserved() -> None:
    """Pods that are placed only after their checks, or another variant than the one that reserved quota first."""
    work = job("late", "team-a", 4)
    reserved, admitted = ((PodSetAssignment("main", {GPU: flavor}, {GPU: 4}, 1),) for flavor in ("reserved", "spot"))
    facts = [
        Fact(0, "Submitted", work.key, "team-a"),
        Fact(0, "QuotaReserved", work.key, "team-a", pod_sets=reserved),
        Fact(20, "Admitted", work.key, "team-a", pod_sets=admitted),
    ]
    result = Result(Scenario("late", policy(queue("team-a", 4)), (work,)), Run(facts_of(facts, [work]), {}, {}, 0, END))
    assert [stay.pod_sets for stay in result.history.lives[work.key].stays] == [admitted]
    held = {flavor: steps.integral(END) for (_, flavor, _), steps in result.history.held.items()}
    assert held == {"reserved": 4 * 20, "spot": 4 * (END - 20)}
    assert "20ms  admitted after waiting 20ms: 4 nvidia.com/gpu from flavor spot" in result.explain(work.key)


def test_an_average_is_infinite_only_where_the_function_is() -> None:
    """An infinite share made everything after it no number at all."""
    times, values = np.array([0, 5, 15, 30]), np.array([2.0, np.inf, 4.0, 1.0])
    found = averages(times, values, np.array([0, 5, 10, 20, 40]))
    assert found.tolist() == [2.0, np.inf, np.inf, 2.5]
