"""Facts that are handed over while a run goes on are those of the undivided run, and what has ended is forgotten."""

from collections.abc import Callable, Iterable

import pytest

from benchmarks.contended import Contention, contended
from benchmarks.pool import one_queue, pool_jobs
from kueue_sim import load_scenario
from kueue_sim.engine import Fact, Facts, simulate, simulation
from kueue_sim.engine.facts import CODE, GONE, TYPE, WORKLOAD
from kueue_sim.model import Scenario

LOOP = "scenarios/known-issues/fair-sharing-fill-back-loop.yaml"


@pytest.fixture(autouse=True)
def few_facts_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kueue_sim.engine.recorder.LATEST", 5)


def finished(facts: Facts) -> list[int]:
    table = facts.table
    return [int(number) for number in table[table[:, TYPE] == CODE["Finished"], WORKLOAD]]


def in_parts(scenario: Scenario, take: Callable[[Facts], Iterable[int]]) -> tuple[Facts, list[bool]]:
    """What is left after a run that was asked for its facts at every instant, and what it answered."""
    answers: list[bool] = []
    played = simulation(scenario, lambda *_: answers.append(played.hand_over(take)))
    return played.run().facts, answers


@pytest.mark.parametrize("scenario", [one_queue(pool_jobs(150, 0.9)), contended(Contention(4, 120, 1.1))])
def test_handed_over_and_left_facts_are_all_facts_in_their_order(scenario: Scenario) -> None:
    told: list[Fact] = []

    def take(facts: Facts) -> list[int]:
        told.extend(facts)
        return finished(facts)

    left, _ = in_parts(scenario, take)
    assert len(left) < 20
    assert [*told, *left] == list(simulate(scenario).facts)


def test_workloads_that_ended_are_kept_no_longer_and_the_others_keep_their_numbers() -> None:
    scenario = one_queue(pool_jobs(150, 0.9))
    ended: list[int] = []

    def take(facts: Facts) -> list[int]:
        ended.extend(finished(facts))
        return finished(facts)

    left, answers = in_parts(scenario, take)
    whole = simulate(scenario).facts.workloads
    gone = set(ended)
    assert all(answers) and len(ended) == len(gone) > 140
    assert list(left.workloads) == [GONE if number in gone else one for number, one in enumerate(whole)]


def test_nothing_is_handed_over_while_work_goes_round_and_the_rounds_are_those_of_the_undivided_run() -> None:
    scenario = load_scenario(LOOP)
    told: list[Fact] = []

    def take(facts: Facts) -> list[int]:
        told.extend(facts)
        return []

    left, answers = in_parts(scenario, take)
    whole = simulate(scenario)
    assert whole.counted and not all(answers) and any(answers)
    assert [*told, *left] == list(whole.facts)
