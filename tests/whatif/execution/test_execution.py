"""Many runs: the same outcomes whoever makes them, and nothing lost when something dies."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest

from kueue_sim.errors import InputError
from kueue_sim.model import Scenario
from kueue_sim.results.metrics.metric_path import read_metrics
from kueue_sim.whatif.execution.checkpoint import Kept
from kueue_sim.whatif.execution.execution import Interrupted, execute
from kueue_sim.whatif.execution.executors import Crew, crew_of, in_process, processes
from kueue_sim.whatif.execution.replication import Cell, Cuts, Outcome
from kueue_sim.whatif.execution.scenario_source import FromFile, FromFunction, Origin, origin_of
from tests.whatif.worlds import HOUR, QUOTA, busy, file, recorded

PATHS = read_metrics(["delay.mean", "team-a.utilisation"], busy(0).policy)


def cells(origin: Origin, seeds: range = range(3)) -> list[Cell]:
    return [Cell(origin, "x", seed, PATHS) for seed in seeds]


def fails_for_one(seed: int) -> Scenario:
    if seed == 1:
        raise ValueError("no such\nworld")
    return busy(seed)


def dies_for_one(seed: int) -> Scenario:
    if seed == 1:
        os._exit(9)
    return busy(seed)


def dies_once(marker: str, seed: int) -> Scenario:
    if seed == 1 and not Path(marker).exists():
        Path(marker).touch()
        os._exit(9)
    return busy(seed)


class DyingOnce:
    """Kills the process that first asks for seed 1."""

    def __init__(self, marker: Path) -> None:
        self.marker = str(marker)

    def __call__(self, seed: int) -> Scenario:
        return dies_once(self.marker, seed)


def test_a_run_is_the_same_in_any_order_and_by_any_executor() -> None:
    origin = FromFunction(busy)
    want = execute(cells(origin), in_process())
    with ThreadPoolExecutor(2) as threads:
        by_threads = execute(cells(origin), crew_of(threads))
    backwards = execute(list(reversed(cells(origin))), in_process())[::-1]
    assert (by_threads, backwards, want[0] == want[1]) == (want, want, False)


def test_a_run_that_fails_is_a_row_with_stage_and_reason() -> None:
    found = execute(cells(FromFunction(fails_for_one)), in_process())
    assert [(item.stage, item.reason) for item in found] == [("", ""), ("load", "ValueError: no such world"), ("", "")]


def test_a_worker_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    want = execute(cells(FromFunction(busy), range(5)), in_process())
    origin = FromFunction(DyingOnce(tmp_path / "died"))
    assert execute(cells(origin, range(5)), processes(2)) == want


def test_a_run_that_kills_every_worker_is_found_and_the_others_go_on() -> None:
    want = execute(cells(FromFunction(busy)), in_process())
    found = execute(cells(FromFunction(dies_for_one)), processes(2))
    died = Outcome({}, stage="worker", reason="BrokenExecutor: the process that ran it died")
    assert found == [want[0], died, want[2]]


def test_finished_runs_are_kept_and_not_made_again(tmp_path: Path) -> None:
    made: list[int] = []

    def make(seed: int) -> Scenario:
        made.append(seed)
        return fails_for_one(seed)

    first = execute(cells(FromFunction(make)), in_process(), Kept(tmp_path))
    again = execute(cells(FromFunction(make)), in_process(), Kept(tmp_path))
    assert (made, again) == ([0, 1, 2, 1], first)


def test_what_was_finished_before_ctrl_c_is_kept(tmp_path: Path) -> None:
    def interrupted(seed: int) -> Scenario:
        if seed == 2:
            raise KeyboardInterrupt
        return busy(seed)

    with pytest.raises(KeyboardInterrupt):
        execute(cells(FromFunction(interrupted)), in_process(), Kept(tmp_path))
    assert [Kept(tmp_path).get(cell) is not None for cell in cells(FromFunction(busy))] == [True, True, False]


def test_equal_cells_run_once_and_progress_tells_of_each() -> None:
    heard: list[tuple[int, int]] = []
    twice = [*cells(FromFunction(busy), range(2)), *cells(FromFunction(busy), range(2))]
    found = execute(twice, in_process(), progress=lambda done, total: heard.append((done, total)))
    assert (found[:2], heard) == (found[2:], [(0, 2), (1, 2), (2, 2)])


class Broken(Executor):
    """An executor of the caller's that cannot be replaced."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        from concurrent.futures import BrokenExecutor

        raise BrokenExecutor("gone")


def test_a_given_executor_that_breaks_makes_failed_rows() -> None:
    found = execute(cells(FromFunction(busy)), Crew(lambda: Broken(), ahead=2))
    assert [item.stage for item in found] == ["worker"] * 3


def test_the_identity_of_a_run_follows_from_content(tmp_path: Path) -> None:
    one, copy = (FromFile(str(file(tmp_path, name=name))) for name in ("a.yaml", "b.yaml"))
    changed = one.changed([f"{QUOTA}=3"])
    identities = [origin.identity(origin.scenario()) for origin in (one, one.changed([]), changed)]
    keys = {Cell(one, "x", seed, PATHS, Cuts(warm_up)).key for seed in (1, 2) for warm_up in (0, HOUR)}
    assert (identities[0] == identities[1], identities[0] == identities[2], len(keys)) == (True, False, 4)
    assert copy.identity(copy.scenario()) != identities[2]


def test_parts_are_equally_long_and_cover_everything_after_the_warm_up() -> None:
    cuts = Cuts(HOUR, (2, 1))
    assert cuts.windows(2, last_ms=5 * HOUR, end_ms=9 * HOUR) == [(HOUR, 3 * HOUR), (3 * HOUR, 9 * HOUR)]
    assert cuts.windows(1, last_ms=5 * HOUR, end_ms=9 * HOUR) == [(HOUR, 9 * HOUR)]


def test_unknown_executors_are_refused() -> None:
    with pytest.raises(InputError, match="accepted: local, processes, dask"):
        crew_of("threads")
    with pytest.raises(InputError, match="address of its scheduler"):
        crew_of("dask")


def test_a_scenario_in_memory_keeps_its_jobs_under_every_seed() -> None:
    origin = origin_of(recorded())
    assert origin.scenario(3).workloads == origin.scenario(4).workloads


def waiting_for(event: threading.Event) -> Callable[[int], Scenario]:
    """Busy scenarios, of which that of seed 1 is not there before the event."""

    def scenario(seed: int) -> Scenario:
        if seed == 1:
            event.wait()
        return busy(seed)

    return scenario


def test_calls_under_way_when_ctrl_c_comes_are_finished_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One thread waits with its run until the other one's run is done and Ctrl-C has come."""
    monkeypatch.setattr("kueue_sim.whatif.execution.execution.GRACE_S", 3600)
    told = threading.Event()
    second_waits = waiting_for(told)

    def interrupt(done: int, total: int) -> None:
        if done == 1:
            told.set()
            raise KeyboardInterrupt

    kept = Kept(tmp_path)
    asked = cells(FromFunction(second_waits), range(2))
    with ThreadPoolExecutor(2) as threads, pytest.raises(Interrupted) as caught:
        execute(asked, crew_of(threads), kept, interrupt)
    want = execute(cells(FromFunction(busy), range(2)), in_process())
    assert list(caught.value.found) == want
    assert [kept.get(cell) for cell in asked] == want


def test_after_ctrl_c_nobody_waits_longer_than_the_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kueue_sim.whatif.execution.execution.GRACE_S", 0)
    over = threading.Event()
    second_waits = waiting_for(over)

    def interrupt(done: int, total: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    threads = ThreadPoolExecutor(2)
    with pytest.raises(Interrupted) as caught:
        execute(cells(FromFunction(second_waits), range(2)), crew_of(threads), None, interrupt)
    over.set()
    threads.shutdown()
    assert [outcome is None for outcome in caught.value.found] == [False, True]


def hears_ctrl_c_and_finishes() -> str:
    os.kill(os.getpid(), signal.SIGINT)
    return "finished"


def hears_ctrl_c_and_goes_on_for_ever(times: int) -> None:
    for _ in range(times):
        os.kill(os.getpid(), signal.SIGINT)
    threading.Event().wait()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_worker_finishes_its_call_after_ctrl_c_and_dies_of_a_long_one_or_of_a_second_ctrl_c(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("kueue_sim.whatif.execution.executors.GRACE_S", 3600)
        with processes(1).start() as pool:
            assert pool.submit(hears_ctrl_c_and_finishes).result() == "finished"
        with processes(1).start() as pool, pytest.raises(BrokenProcessPool):
            pool.submit(hears_ctrl_c_and_goes_on_for_ever, 2).result()
    with processes(1).start() as pool, pytest.raises(BrokenProcessPool):
        pool.submit(hears_ctrl_c_and_goes_on_for_ever, 1).result()
