"""A run written in parts tells what the undivided run tells, whatever the parts are."""

from dataclasses import fields
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.contended import Contention, contended
from benchmarks.pool import eight_queues, one_queue, pool_jobs
from kueue_sim import run, stream
from kueue_sim.engine import recorder
from kueue_sim.inputs import scenario_from_text
from kueue_sim.model import Scenario
from kueue_sim.results.tables.sums import TeamSums
from tests.results.test_before_the_start import HEAD, WORK

WORLDS = {
    "pool": lambda: one_queue(pool_jobs(300, 0.9)),
    "overloaded cohort": lambda: eight_queues(pool_jobs(200, 1.5)),
    "preempting": lambda: contended(Contention(8, 400, 1.1)),
    "fair, two levels": lambda: contended(Contention(9, 300, 1.1, fair=True, levels=2)),
}


@pytest.fixture(autouse=True)
def few_facts_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "LATEST", 5)


@pytest.mark.parametrize("world", WORLDS)
def test_figures_workloads_and_events_are_those_of_the_undivided_run(world: str, tmp_path: Path) -> None:
    assert parts_are_the_whole(WORLDS[world](), tmp_path, instants=40) > 5


def test_a_cluster_that_is_taken_over_is_written_in_parts_as_well(tmp_path: Path) -> None:
    urgent = "- {name: urgent, team: team-a, requests: {gpu: 8}, runtime: 1h, submit: 1h, priority: 9}\n"
    assert (
        parts_are_the_whole(
            scenario_from_text((HEAD + WORK + urgent).replace("gpu", "nvidia.com/gpu")), tmp_path, instants=1
        )
        > 1
    )


def parts_are_the_whole(scenario: Scenario, tmp_path: Path, instants: int) -> int:
    """Compares all figures and tables of a run in parts with those of the undivided run; how many parts there were."""
    whole = run(scenario)
    found = stream(scenario, tmp_path, instants=instants)
    names = [one.name for one in fields(TeamSums)]
    rows = {one.cluster_queue: {name: getattr(one, name) for name in names} for one in (*found.teams, found.total)}
    assert rows == {
        one.cluster_queue: {name: getattr(one, name) for name in names} for one in (*whole.teams, whole.total)
    }
    workloads, events = (_together(tmp_path, name) for name in ("workloads", "events"))
    pd.testing.assert_frame_equal(_by_name(workloads), _by_name(whole.workloads), check_dtype=False)
    pd.testing.assert_frame_equal(_texts(events), _texts(whole.events), check_dtype=False)
    return found.parts


def _together(folder: Path, name: str) -> pd.DataFrame:
    parts = [pd.read_parquet(path) for path in sorted(folder.glob(f"{name}-*.parquet"))]
    return pd.concat([_texts(part) for part in parts], ignore_index=True)


def _by_name(table: pd.DataFrame) -> pd.DataFrame:
    return _texts(table).sort_values("workload", ignore_index=True)


def _texts(table: pd.DataFrame) -> pd.DataFrame:
    """Columns of texts as plain texts, whichever numbers stood for them."""
    plain = {name: table[name].astype(object) for name in table if isinstance(table[name].dtype, pd.CategoricalDtype)}
    return table.assign(**{name: column.where(column.notna(), None) for name, column in plain.items()})
