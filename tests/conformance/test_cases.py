"""Kueue's own scheduler tests, case by case; without the shared data these are skipped."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conformance import cases

FOLDER = Path(__file__).parents[3] / "shared" / "conformance" / "cases"
SUITES = (
    "TestPreemption",
    "TestHierarchicalPreemptions",
    "TestFairPreemptions",
    "TestSchedule",
    "TestScheduleForAFS",
    "TestScheduleForFairSharing",
    "TestScheduleConcurrentAdmission",
    "TestFindTopologyAssignments",
    "TestScheduleForTAS",
    "TestScheduleForTASCohorts",
    "TestScheduleForTASPreemption",
)
CHECKS = {"cycle": cases.run_cycle, "targets": cases.run_targets, "placement": cases.run_placement}


def recorded() -> list[Any]:
    found = []
    for suite in SUITES:
        path = FOLDER / f"{suite}.jsonl"
        for line in path.read_text().splitlines() if path.exists() else ():
            case = json.loads(line)
            found.append(pytest.param(case, id=case["id"]))
    return found


@pytest.mark.skipif(
    not FOLDER.exists(), reason="the conformance data (../shared/conformance) does not lie beside this checkout"
)
@pytest.mark.parametrize("case", recorded())
def test_a_case_decides_as_kueue_does(case: dict[str, Any]) -> None:
    assert CHECKS[case["kind"]](case) is None
