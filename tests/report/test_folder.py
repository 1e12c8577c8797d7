"""The run folder: what is in it, and that the same run writes the same bytes."""

import csv
import hashlib
import json
from pathlib import Path

import pytest

from kueue_sim import report, run
from kueue_sim.report.exports.output_folder import OutputFolder, write_whole
from kueue_sim.report.text.terminal import text_report
from tests.results.scenes import HOUR, introductory_lab, queue, scene

TABLES = ("events", "queues", "usage", "workloads")
FILES = sorted(
    [f"{name}.{kind}" for name in TABLES for kind in ("csv", "parquet")]
    + ["manifest.json", "metrics.openmetrics", "report.html", "summary.json", "timeline.perfetto.json"]
)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_same_run_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        report.save(run(introductory_lab()), tmp_path / name, parquet=True)
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert sorted(one) == FILES
    assert [name for name in one if one[name] != two[name]] == []


def test_the_manifest_lists_all_other_files_with_their_digests(tmp_path: Path) -> None:
    report.save(run(introductory_lab()), tmp_path, parquet=True)
    listed = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))["files"]
    found = contents(tmp_path)
    del found["manifest.json"]
    assert listed == {name: hashlib.sha256(content).hexdigest() for name, content in found.items()}


def test_files_of_a_run_before_go_also_when_it_was_cut_off_and_other_files_stay(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("stays")
    first = OutputFolder(tmp_path)
    first.write("nodes.csv", "whole")
    first.close({})
    cut_off = OutputFolder(tmp_path)
    cut_off.write("placements.csv", "whole")
    with pytest.raises(ZeroDivisionError):
        cut_off.write("events.csv", (str(1 // number) for number in (1, 0)))
    assert sorted(contents(tmp_path)) == [".unfinished.json", "mine.txt", "placements.csv"]
    OutputFolder(tmp_path).close({})
    assert sorted(contents(tmp_path)) == ["manifest.json", "mine.txt"]


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "events.csv").mkdir()
    with pytest.raises(OSError, match=r"Is a directory: .*/events\.csv'"):
        write_whole(tmp_path / "events.csv", "text")
    assert list(tmp_path.iterdir()) == [tmp_path / "events.csv"]


def test_tables_read_back_as_they_were(tmp_path: Path) -> None:
    import pandas as pd

    result = run(introductory_lab())
    report.save(result, tmp_path, parquet=True)
    with (tmp_path / "workloads.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["workload"], row["wait_total_s"], row["runtime_s"], row["unfinished"]) for row in rows] == [
        ("team-a/imagenet-1", "5400.0", "5400.0", "false"),
        ("team-b/imagenet-2", "0.0", "", "false"),
    ]
    stored = pd.read_parquet(tmp_path / "workloads.parquet")
    pd.testing.assert_frame_equal(stored.astype(str), result.workloads.astype(str))


def test_the_summary_holds_the_figures_of_every_team(tmp_path: Path) -> None:
    report.save(run(introductory_lab()), tmp_path)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert (
        [(team["cluster_queue"], team["lost_hours"], team["caused_hours"]) for team in summary["teams"]],
        summary["lent"],
        summary["weighted_share"],
        round(summary["jain"], 3),
    ) == (
        [("team-a", 1.0, 0.0), ("team-b", 0.0, 1.0)],
        [{"lender": "team-b", "borrower": "team-a", "hours": 2.0}],
        {"team-a": pytest.approx(1000 / 6), "team-b": 0.0},
        0.829,
    )


def test_a_run_without_any_work_is_reported_like_any_other(tmp_path: Path) -> None:
    idle = run(scene([queue("team-a", 2)], [], horizon_ms=HOUR))
    report.save(idle, tmp_path)
    assert "team-a      2     0        0%" in text_report(idle)
    assert (tmp_path / "workloads.csv").read_text().count("\n") == 1
