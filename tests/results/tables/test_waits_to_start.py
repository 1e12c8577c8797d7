"""The time between an admission and the start of its work, wherever waits are told."""

import json
from dataclasses import asdict
from pathlib import Path

import kueue_sim
from kueue_sim.report.page.run_page import run_page
from kueue_sim.report.text.terminal import text_report
from kueue_sim.results.tables.waits import Waits
from tests.engine.worlds import HOUR, MINUTE, job, nodes, scenario

WORK = [job("a", 2, 8), job("b", 2, 8, runtime_ms=None)]
"""Two gangs of two nodes each on three nodes: the second one begins when the first one has ended."""


def table(result: kueue_sim.Result) -> list[str]:
    lines = text_report(result).splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith("Waiting and preemption"))
    return lines[begin : lines.index("", begin)]


def test_the_wait_for_nodes_is_one_of_its_own_and_no_part_of_the_others() -> None:
    total = kueue_sim.run(scenario(WORK, nodes(3), horizon_ms=2 * HOUR)).total
    assert asdict(total.to_start) == asdict(Waits(2, 1800, 1800, 3240, 3420, 3564, 3600))
    assert (total.waits.max_s, total.again.number) == (0, 0)


def test_what_does_not_run_yet_is_an_open_wait() -> None:
    total = kueue_sim.run(scenario(WORK, nodes(3), horizon_ms=30 * MINUTE)).total
    found = total.to_start
    assert (found.number, found.max_s, found.open_number, found.open_max_s) == (1, 0, 1, 1800)


def test_the_report_has_columns_for_it_where_any_work_starts_late() -> None:
    late = kueue_sim.run(scenario(WORK, nodes(3), horizon_ms=2 * HOUR))
    assert table(late) == [
        "Waiting and preemption  first waits of what was admitted; again: mean after evictions; queue: mean length; "
        "to start:",
        "from admission until pods run, mean and longest",
        "  team    done  mean  p50  p95  max  again  queue  preempted  preempts  evicted  to start  longest",
        "  main     1/2    0s   0s   0s   0s      –      0          0         0        0       30m       1h",
        "  all      1/2    0s   0s   0s   0s      –      0          0         0        0       30m       1h",
    ]
    cut = kueue_sim.run(scenario(WORK, nodes(3), horizon_ms=30 * MINUTE))
    assert table(cut)[-1].split()[-3:] == ["0s*", "≥", "30m"]
    at_once = kueue_sim.run(scenario(WORK, nodes(4), horizon_ms=2 * HOUR))
    assert table(at_once)[1].split()[-1] == "evicted"


def test_page_and_json_have_it_as_well(tmp_path: Path) -> None:
    result = kueue_sim.run(scenario(WORK, nodes(3), horizon_ms=2 * HOUR))
    summary = json.loads((result.save(tmp_path / "out") / "summary.json").read_text(encoding="utf-8"))
    row = {key: value for key, value in summary["total"].items() if key.startswith("to_start_")}
    assert row == {
        "to_start_number": 2,
        "to_start_mean_s": 1800,
        "to_start_p50_s": 1800,
        "to_start_p90_s": 3240,
        "to_start_p95_s": 3420,
        "to_start_p99_s": 3564,
        "to_start_max_s": 3600,
        "to_start_open_max_s": None,
        "to_start_open_number": 0,
    }
    page = run_page(result)
    assert ("to start: mean" in page, "To start: from each admission until its pods run." in page) == (True, True)
    plain = kueue_sim.run(scenario(WORK, nodes(4), horizon_ms=2 * HOUR))
    assert "to start: mean" not in run_page(plain)


def test_the_table_of_waits_has_a_kind_for_it() -> None:
    result = kueue_sim.run(scenario(WORK, nodes(3), horizon_ms=2 * HOUR))
    rows = result.waits[(result.waits["by"] == "all") & (result.waits["kind"] == "to_start")]
    assert rows[["number", "mean_s", "max_s"]].values.tolist() == [[2, 1800, 3600]]


def test_the_life_of_a_workload_says_how_long_its_pods_waited() -> None:
    result = kueue_sim.run(scenario(WORK, nodes(3), horizon_ms=2 * HOUR))
    assert "       1h  its pods run after waiting 1h for nodes: n1, n3" in result.explain("b").splitlines()
    assert "  1h  main  b  its pods run on n1, n3, after waiting 1h for nodes" in text_report(result).splitlines()
    cut = kueue_sim.run(scenario(WORK, nodes(3), horizon_ms=30 * MINUTE)).explain("b")
    assert cut.splitlines()[-1] == (
        "At the end (30m) it is unfinished: admitted; its pods do not run after waiting 30m for nodes."
    )
