"""Small runs share a call to a worker; what comes of them is the same as if each had its own."""

import os
import pickle
from concurrent.futures import Executor, Future
from contextlib import nullcontext
from typing import Any

import pytest

from kueue_sim.model import Scenario
from kueue_sim.results.metrics.metric_path import read_metrics
from kueue_sim.whatif.execution import batches
from kueue_sim.whatif.execution.batches import Made, Pace, carry_out_all
from kueue_sim.whatif.execution.execution import execute
from kueue_sim.whatif.execution.executors import Crew, InProcess, in_process, processes
from kueue_sim.whatif.execution.replication import Cell, Outcome
from kueue_sim.whatif.execution.scenario_source import FromFunction, Origin
from tests.whatif.worlds import busy

PATHS = read_metrics(["delay.mean"], busy(0).policy)
NOTHING = Outcome({})


def cells(origin: Origin, number: int) -> list[Cell]:
    return [Cell(origin, "x", seed, PATHS) for seed in range(number)]


def pace(workers: int | None, cells: int, seconds: float) -> Pace:
    found = Pace(workers)
    found.heard(Made((NOTHING,) * cells, seconds))
    return found


def dies_for_thirty(seed: int) -> Scenario:
    if seed == 30:
        os._exit(9)
    return busy(seed)


class Counting(InProcess):
    """Notes how many cells each call carries; refuses those that carry several where ``picky``."""

    def __init__(self, picky: bool = False) -> None:
        self.sizes: list[int] = []
        self.picky = picky

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.sizes.append(len(args[0]))
        if self.picky and len(args[0]) > 1:
            future: Future[Any] = Future()
            future.set_exception(pickle.PicklingError("too long"))
            return future
        return super().submit(fn, *args, **kwargs)


def crew(executor: Executor) -> Crew:
    return Crew(lambda: nullcontext(executor), ahead=1, workers=1)


def test_calls_last_three_twentieths_of_a_second_and_get_smaller_towards_the_end() -> None:
    """Ten cells took 0.3 s, so five of them last 0.15 s; of 24 left, four for each of three calls to two workers."""
    known = pace(workers=2, cells=10, seconds=0.3)
    assert [known.size(left) for left in (1000, 30, 24, 13, 12, 6, 5, 1)] == [5, 5, 4, 2, 2, 1, 1, 1]


def test_long_runs_unknown_ones_and_those_of_unknown_workers_go_out_alone() -> None:
    sizes = (pace(2, 10, 20.0).size(1000), Pace(2).size(1000), pace(None, 10, 0.3).size(1000))
    assert sizes == (1, 1, 1)


def test_runs_too_short_to_be_timed_share_calls_as_far_as_the_end_allows() -> None:
    assert pace(workers=2, cells=3, seconds=0.0).size(600) == 100


def test_the_outcomes_do_not_depend_on_which_runs_share_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = cells(FromFunction(busy), 40)
    want = execute(asked, in_process())
    found, sizes = [], []
    for seconds in (1e-9, 1e9):
        monkeypatch.setattr(batches, "LASTS_S", seconds)
        counting = Counting()
        found.append(execute(asked, crew(counting)))
        sizes.append(max(counting.sizes))
    assert (found, sizes) == ([want, want], [1, 13])


def test_a_run_that_kills_its_process_is_the_only_one_lost_of_those_that_share_its_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batches, "LASTS_S", 1e9)
    want = execute(cells(FromFunction(busy), 40), in_process())
    found = execute(cells(FromFunction(dies_for_thirty), 40), processes(2))
    died = Outcome({}, stage="worker", reason="BrokenExecutor: the process that ran it died")
    assert found == [*want[:30], died, *want[31:]]


def test_runs_whose_common_call_fails_are_made_one_by_one() -> None:
    asked, picky = cells(FromFunction(busy), 12), Counting(picky=True)
    assert execute(asked, crew(picky)) == execute(asked, in_process())
    assert max(picky.sizes) > 1


def test_a_call_tells_its_outcomes_in_the_order_of_its_cells() -> None:
    asked = cells(FromFunction(busy), 3)
    made = carry_out_all(asked)
    assert (made.outcomes, made.seconds > 0) == (tuple(execute(asked, in_process())), True)
