"""Bounds that must hold for the whole interval over seeds, and Kueue's range files."""

from pathlib import Path

import pytest

from kueue_sim.policytest.intervals import mean_interval
from tests.policytest.files import RESERVING, complaints, expecting, outcome_of

RANDOM = RESERVING.replace("name: reserving", "name: random\nseed: 3\nhorizon: 8h") + (
    "- generate: {name: job, queue: b, requests: {nvidia.com/gpu: 4}, arrivals: {every: 30m}, runtime: 20m}\n"
)


def test_the_interval_of_a_mean_is_students() -> None:
    assert mean_interval([4.0], 0.95) == (4.0, 4.0)
    assert mean_interval([1.0, 3.0], 0.5) == pytest.approx((1.0, 3.0))
    assert mean_interval([2.0, 4.0, 6.0], 0.95) == pytest.approx((4 - 4.968, 4 + 4.968), abs=1e-3)


def test_a_bound_over_seeds_needs_the_whole_interval(tmp_path: Path) -> None:
    wide = complaints(outcome_of(tmp_path, expecting("{metric: b.workloads <= 19, seeds: 4}", world=RANDOM)))
    assert len(wide) == 1
    assert "(95% interval of 4 seeds)" in wide[0]
    assert complaints(outcome_of(tmp_path, expecting("{metric: b.workloads <= 40, seeds: 4}", world=RANDOM))) == []


def test_the_same_bound_holds_for_one_seed_and_not_for_the_interval(tmp_path: Path) -> None:
    one = outcome_of(tmp_path, expecting("{metric: b.workloads <= 19}", world=RANDOM))
    assert complaints(one) == []


def test_kueues_range_files_are_expectations_about_classes(tmp_path: Path) -> None:
    (tmp_path / "range.yaml").write_text(
        """\
cmd:
  maxWallMs: 1_000
clusterQueueClassesMinUsage:
  a: 50
  z: 10
wlClassesMaxAvgTimeToAdmissionMs:
  own: 0
  lent: 1
  missing: 5_000
""",
        encoding="utf-8",
    )
    outcome = outcome_of(tmp_path, expecting("{rangespec: range.yaml}"))
    assert complaints(outcome) == [
        "4: ClusterQueues of class a hold at least 50.0% of their quota | 33.3%",
        "5: ClusterQueues of class z hold at least 10.0% of their quota | no ClusterQueue of class 'z' has quota",
        "9: workloads of class missing wait at most 5s on average | no workload of class 'missing' was admitted",
    ]
