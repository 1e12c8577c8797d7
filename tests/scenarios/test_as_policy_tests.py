"""Every shipped scenario is a policy test, and all of them pass."""

from pathlib import Path

import pytest

from kueue_sim.policytest.running import collect, run_test
from kueue_sim.policytest.suite import PolicyTest

FOLDER = Path(__file__).parents[2] / "scenarios"
NO_TESTS = ("lab-steps", "manifests", "philly", "repository")
"""Folders of manifests as they lie in a repository, and of work that lies beside the clone."""
TESTS, WRONG = collect([FOLDER])


def test_every_scenario_says_what_to_expect() -> None:
    assert WRONG == []
    tested = {Path(test.file).relative_to(FOLDER) for test in TESTS}
    shipped = {path.relative_to(FOLDER) for path in FOLDER.rglob("*.yaml")}
    assert tested == {path for path in shipped if path.parts[0] not in NO_TESTS}


@pytest.mark.parametrize("test", TESTS, ids=lambda test: f"{Path(test.file).stem}: {test.name}")
def test_a_scenario_keeps_its_expectations(test: PolicyTest) -> None:
    outcome = run_test(test)
    assert [str(one) for one in (*outcome.mistakes, *outcome.failures)] == []
