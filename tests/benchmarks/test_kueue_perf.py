"""Figures of Kueue's performance suites are measured as its own runner does."""

from pathlib import Path
from textwrap import dedent

import pytest

from benchmarks.published.kueue_perf import PUBLISHED, Figure, figures, measured, suite
from kueue_sim.engine import simulate

GENERATOR = dedent("""\
    cohorts:
    - className: cohort
      count: 1
      queuesSets:
      - className: cq
        count: 2
        nominalQuota: 4
        borrowingLimit: 0
        workloadsSets:
        - count: 2
          creationIntervalMs: 1000
          workloads:
          - {className: large, runtimeMs: 3000, priority: 1, request: 4}
    """)
RANGES = dedent("""\
    cmd: {maxWallMs: 9000}
    clusterQueueClassesMinUsage: {cq: 50}
    wlClassesMaxAvgTimeToAdmissionMs: {large: 900}
    """)


def test_times_usage_and_wall_time_follow_from_a_run(tmp_path: Path) -> None:
    (tmp_path / "tiny.generator.yaml").write_text(GENERATOR)
    scenario = suite(tmp_path, "tiny", "ideal")
    assert measured(scenario, simulate(scenario)) == {"wall": 7.0, "cq": pytest.approx(100 * 6 / 7), "large": 1.0}


def test_with_writes_that_take_time_an_admission_counts_when_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "tiny.generator.yaml").write_text(GENERATOR)
    scenario = suite(tmp_path, "tiny", "calibrated")
    ours = measured(scenario, simulate(scenario))
    assert 1.0 < ours["large"] < 2.0
    assert ours["wall"] > 7.0 + 2 / scenario.timing.writes_per_s


def test_figures_are_means_judged_by_the_range_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tiny.rangespec.yaml").write_text(RANGES)
    monkeypatch.setitem(PUBLISHED, "tiny", {"wall": 8.0, "cq": 50.0, "large": 1.0, "small": 2.0})
    samples = [
        {"wall": 8.0, "cq": 40.0, "large": 0.5, "small": 1.0},
        {"wall": 9.0, "cq": 50.0, "large": 1.5, "small": 3.0},
    ]
    found = figures(tmp_path, "tiny", samples)
    assert found == (
        Figure("wall", 8.0, 8.5, 0.5, 9.0),
        Figure("cq", 50.0, 45.0, 5.0, 50.0),
        Figure("large", 1.0, 1.0, 0.5, 0.9),
        Figure("small", 2.0, 2.0, 1.0, None),
    )
    assert [(one.in_range, one.deviation) for one in found] == [
        (True, 6.25),
        (False, pytest.approx(-10.0)),
        (False, 0.0),
        (None, 0.0),
    ]
