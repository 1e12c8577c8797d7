"""What all runs of a question have in common is read once, and again when it changed."""

import multiprocessing
import os
import threading
from pathlib import Path

import pytest

from kueue_sim.errors import InputError
from kueue_sim.inputs.repository import given
from kueue_sim.inputs.text.textfile import read_text
from kueue_sim.whatif.execution.execution import execute
from kueue_sim.whatif.execution.executors import Crew, in_process, processes
from kueue_sim.whatif.execution.scenario_source import FromFile
from kueue_sim.whatif.facade import sweep
from tests.whatif.execution.test_execution import cells
from tests.whatif.worlds import DAY, file

NOMINAL = "clusterQueues.team-a.nvidia.com/gpu.nominalQuota"


@pytest.fixture
def reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with one line for each time that any process reads a scenario."""
    log = tmp_path / "reads"
    log.touch()

    def counted(path: str | Path) -> str:
        with log.open("a", encoding="utf-8") as lines:
            lines.write(f"{os.getpid()} {path}\n")
        return read_text(path)

    monkeypatch.setattr(given, "read_text", counted)
    return log


@pytest.mark.parametrize("crew", [in_process(), processes(2)], ids=["here", "two processes"])
def test_a_sweep_reads_its_scenario_once_however_many_cells_it_has(tmp_path: Path, reads: Path, crew: Crew) -> None:
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("this system cannot fork: its workers start anew, and what they read cannot be counted from here")
    base = file(tmp_path)
    found = sweep(base, {NOMINAL: range(1, 5)}, metrics=["delay.mean"], seeds=3, executor=crew)
    assert (len(found.outcomes), found.failures) == (12, 0)
    assert reads.read_text(encoding="utf-8") == f"{os.getpid()} {base}\n"


def test_a_change_of_one_run_is_not_in_the_next(tmp_path: Path) -> None:
    origin = FromFile(str(file(tmp_path)))
    before = origin.scenario()
    changed = origin.changed([f"{NOMINAL}=5"]).scenario()
    assert (changed.policy == before.policy, origin.scenario() == before) == (False, True)


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    path = file(tmp_path)
    origin = FromFile(str(path))
    assert origin.scenario().horizon_ms == DAY
    path.write_text(path.read_text(encoding="utf-8").replace("horizon: 1d", "horizon: 2d"), encoding="utf-8")
    assert origin.scenario().horizon_ms == 2 * DAY


def test_mistakes_are_told_every_time(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("kind: Scenario\nkind: Scenario\n", encoding="utf-8")
    told = []
    for _ in range(2):
        with pytest.raises(InputError) as caught:
            FromFile(str(path)).scenario()
        told.append(str(caught.value))
    assert told[0] == told[1]


def test_workers_are_copies_of_this_process_only_where_it_has_no_threads(tmp_path: Path) -> None:
    origin = FromFile(str(file(tmp_path)))
    want = execute(cells(origin), in_process())
    waiting = threading.Event()
    thread = threading.Thread(target=waiting.wait)
    thread.start()
    try:
        with processes(2).start() as pool:
            started = type(next(iter(pool._processes.values()))).__name__  # type: ignore[attr-defined]
        found = execute(cells(origin), processes(2))
    finally:
        waiting.set()
        thread.join()
    assert (started, found) == ("ForkServerProcess", want)
