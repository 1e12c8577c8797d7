"""Work that comes alone where nobody waits need not queue: decided, told and counted is what a queue would give."""

import pytest

from kueue_sim.engine import Run, simulation
from kueue_sim.model import Scenario, StopPolicy, Timing, Workload
from kueue_sim.testing import a_job, a_queue, a_world, an_action


def played(scenario: Scenario, shortcuts: bool = True) -> Run:
    return simulation(scenario, shortcuts=shortcuts).run()


def job(name: str, gpus: int, at_s: float, runtime_s: float = 100) -> Workload:
    return a_job(name, "main", gpus=gpus, at_s=at_s, runtime_s=runtime_s)


LONELY = (job("a", 2, 0), job("b", 2, 10), job("c", 1, 300))
PARKED_AS_A_CLASS = (job("a", 4, 0), job("b", 2, 10), job("c", 2, 100.5), job("d", 1, 100.6))
"""There is room when "c" comes, but its class is parked until the next flush, a second after "a" ended."""
BEHIND_A_BLOCKED_HEAD = (job("a", 3, 0), job("b", 2, 10), job("c", 1, 20), job("d", 1, 200))
TOGETHER = (job("a", 1, 0), job("b", 1, 0), job("c", 4, 0), job("d", 1, 100))


@pytest.mark.parametrize("flush_ms", [0, 1000])
@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("jobs", [LONELY, PARKED_AS_A_CLASS, BEHIND_A_BLOCKED_HEAD, TOGETHER])
def test_it_is_decided_and_counted_as_if_it_had_queued(jobs: tuple[Workload, ...], strict: bool, flush_ms: int) -> None:
    world = a_world(a_queue("main", gpus=4, strict=strict), *jobs, timing=Timing(flush_ms=flush_ms))
    quick, slow = played(world), played(world, shortcuts=False)
    assert list(quick.facts) == list(slow.facts)
    assert (quick.left, quick.pending, quick.cycles) == (slow.left, slow.pending, slow.cycles)


def test_the_administrator_acts_before_the_cycle_of_the_same_instant() -> None:
    stop = an_action(10, "stop", "main", stop_policy=StopPolicy.HOLD)
    run = played(a_world(a_queue("main", gpus=4), job("a", 1, 0), job("b", 1, 10), stop))
    admitted = [(fact.at_ms, fact.workload) for fact in run.facts if fact.type == "Admitted"]
    assert (admitted, run.left) == ([(0, "default/a")], {"default/b": "pending"})


def test_each_that_comes_alone_and_is_admitted_takes_one_cycle() -> None:
    run = played(a_world(a_queue("main", gpus=4), *LONELY))
    admitted = [(fact.at_ms, fact.workload) for fact in run.facts if fact.type == "Admitted"]
    assert (admitted, run.cycles) == ([(0, "default/a"), (10_000, "default/b"), (300_000, "default/c")], 3)


@pytest.mark.parametrize("flavors", [("a100",), ("a100", "h100")])
@pytest.mark.parametrize("borrow", [None, 2])
def test_what_comes_alone_borrows_as_if_it_had_queued(borrow: int | None, flavors: tuple[str, ...]) -> None:
    queues = [a_queue(name, gpus=4, cohort="all", borrow=borrow, flavors=flavors) for name in ("main", "other")]
    jobs = (job("a", 3, 0), job("b", 3, 10), job("c", 3, 20), job("d", 3, 30), job("e", 3, 300))
    world = a_world(*queues, *jobs)
    quick, slow = played(world), played(world, shortcuts=False)
    assert list(quick.facts) == list(slow.facts)
    assert (quick.left, quick.pending, quick.cycles) == (slow.left, slow.pending, slow.cycles)
