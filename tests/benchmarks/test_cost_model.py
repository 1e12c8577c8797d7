"""The model of what a job costs finds prices that are known, and what it counts is there to be counted."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.contended import Contention, contended
from benchmarks.cost_model import BASE, BY_NODES, CAUSES, CostModel, Counted, World, counted, draw, fitted, table
from benchmarks.cost_model import with_topology as topology_of
from benchmarks.pool import one_queue, pool_jobs


def test_known_prices_are_found_again_and_explain_everything() -> None:
    prices = {BASE: 3_000.0, "heads evaluated anew": 900.0, "searches for victims": 7_000.0, BY_NODES: 4.0}
    random = np.random.default_rng(1)
    causes = [{name: float(random.uniform(0, 10)) for name in prices if name != BASE} for _ in range(30)]
    model = fitted([CostModel(prices, 1.0, ()).cost(one) for one in causes], causes)
    assert model.prices == pytest.approx(prices)
    assert (model.r2, model.errors) == (pytest.approx(1.0), pytest.approx([0.0] * 30, abs=1e-9))


def test_no_price_is_negative_and_errors_are_those_of_what_was_counted() -> None:
    model = fitted([100.0, 90.0], [{"cycles": 0.0}, {"cycles": 1.0}])
    assert model.prices["cycles"] == 0.0
    assert model.errors == pytest.approx([model.prices[BASE] / 100 - 1, model.prices[BASE] / 90 - 1])


def test_shares_of_all_causes_make_the_whole() -> None:
    model = CostModel({BASE: 100.0, "cycles": 50.0, "evictions": 25.0}, 1.0, ())
    assert model.shares({"cycles": 4.0, "evictions": 4.0}) == {BASE: 0.25, "cycles": 0.5, "evictions": 0.25}


def test_every_cause_is_counted_somewhere_and_alike_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.cost_model.LEAST_JOBS", 40)
    full = World("load", "full", 1.5, lambda: contended(Contention(2, 40, 1.5)))
    racks = World("nodes", "racks", 20, lambda: topology_of(20), 20)
    counted(full), counted(racks)
    rows = [counted(full), counted(racks)]
    assert {name for row in rows for name, times in row.causes.items() if times} == set(CAUSES)
    assert rows[1].causes[BY_NODES] == 20 * rows[1].causes["places looked for"]
    assert [counted(full), counted(racks)] == rows


def test_a_picture_for_each_axis_and_a_row_for_each_world(tmp_path: Path) -> None:
    axes = {"queues": 1.0, "load": 2.0, "nodes": 3.0}
    rows = [
        Counted(World(axis, "a", 2, lambda: one_queue(pool_jobs(1, 1.0))), 100 * times, dict.fromkeys(CAUSES, times))
        for axis, times in axes.items()
    ]
    model = fitted([row.instructions for row in rows], [row.causes for row in rows])
    assert [path.name for path in draw(rows, model, tmp_path)] == [
        "cost-by-queues.svg",
        "cost-by-load.svg",
        "cost-by-nodes.svg",
    ]
    assert all("thousand instructions a job" in path.read_text() for path in tmp_path.iterdir())
    assert [line.split(" | ")[-2] for line in table(rows, model).splitlines()[2:]] == ["100", "200", "300"]
