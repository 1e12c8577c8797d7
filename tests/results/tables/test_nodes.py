"""Tables and figures about nodes, from a run in which two gangs wait for each other's nodes."""

import json
from pathlib import Path

import kueue_sim
from kueue_sim.report.text.story import story
from kueue_sim.results.tables.nodes import NodeFigures
from tests.engine.worlds import HOUR, MINUTE, act, job, nodes, scenario

FAILS = ("timeline", [{"at": "30m", "do": "fail", "node": "gpu-2"}])
WORK = [job("a", 2, 8), job("b", 2, 8, runtime_ms=None)]


def test_each_node_and_each_admission_has_its_row() -> None:
    result = kueue_sim.run(scenario(WORK, nodes(3), horizon_ms=2 * HOUR))
    assert (result.nodes.to_dict("list"), result.placements.fillna(-1).to_dict("list")) == (
        {
            "node": ["n1", "n2", "n3"],
            "resource": ["nvidia.com/gpu"] * 3,
            "allocatable": [8.0] * 3,
            "there_s": [7200.0] * 3,
            "allocated_hours": [16.0, 8.0, 16.0],
            "allocation": [1.0, 0.5, 1.0],
        },
        {
            "workload": ["default/a", "default/b"],
            "admitted_s": [0.0, 0.0],
            "first_bound_s": [0.0, 0.0],
            "all_bound_s": [0.0, 3600.0],
            "ready_s": [0.0, 3600.0],
            "ended_s": [3600.0, -1.0],
            "idle_hours": [0.0, 8.0],
        },
    )


def test_the_summary_tells_what_the_nodes_did_together_and_null_without_nodes(tmp_path: Path) -> None:
    with_nodes = kueue_sim.run(scenario(WORK, nodes(3), horizon_ms=2 * HOUR))
    without = kueue_sim.run(scenario(WORK, (), horizon_ms=2 * HOUR))
    saved = [result.save(tmp_path / name) for name, result in (("with", with_nodes), ("without", without))]
    figures = [json.loads((folder / "summary.json").read_text())["nodes"] for folder in saved]
    files = [sorted(path.name for path in folder.glob("*s.csv")) for folder in saved]
    assert with_nodes.run.nodes is not None
    assert (NodeFigures.of(with_nodes.run.nodes).allocation, figures, files) == (
        40 / 48,
        [
            {
                "resource": "nvidia.com/gpu",
                "nodes": 3,
                "allocation": round(40 / 48, 9),
                "allocated_hours": 40.0,
                "idle_hours": 8.0,
                "free_hours": 8.0,
                "stuck_hours": 0.0,
                "fragmentation": 0.0,
            },
            None,
        ],
        [
            ["events.csv", "nodes.csv", "placements.csv", "queues.csv", "workloads.csv"],
            ["events.csv", "queues.csv", "workloads.csv"],
        ],
    )


def test_running_work_stands_still_while_a_gang_has_lost_pods() -> None:
    timeline = [act(30 * MINUTE, "fail", "n1"), act(60 * MINUTE, "repair", "n1")]
    result = kueue_sim.run(scenario([job("a", 2, 8)], nodes(2), timeline=timeline))
    total = result.total
    assert (total.held_hours, total.running_hours, total.lost_hours, total.goodput_hours, total.unplaced_hours) == (
        16 * 2,
        16 * 1.5,
        16 * 0.5,
        16,
        16 * 0.5,
    )


def test_a_wait_for_nodes_is_over_with_the_admission_it_was_in() -> None:
    """A node fails, its gang is evicted and admitted again: what it waited in the queue is no wait for nodes."""
    result = kueue_sim.run(kueue_sim.load_scenario(kueue_sim.example("topology"), [FAILS]))
    told = [line.text for line in story(result) if line.workload == "tight"]
    assert any(text.startswith("evicted, NodeFailures") for text in told)
    assert [text for text in told if "after waiting" in text and "for nodes" in text] == []


def test_who_waits_for_a_place_is_told_who_has_the_room_and_not_the_quota() -> None:
    result = kueue_sim.run(kueue_sim.load_scenario(kueue_sim.example("topology")))
    told = [line.strip() for line in result.explain("tight-2").splitlines() if "held by" in line]
    assert told == [
        "room is held by training's default/loose (6 nvidia.com/gpu); training's default/tight (12 nvidia.com/gpu)"
    ]
