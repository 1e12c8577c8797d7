"""Known defects of Kueue happen here as they do there, and the ways out of them work."""

from pathlib import Path

import pytest

from sim.policytest.running import collect, run_test
from sim.policytest.suite import PolicyTest

FOLDER = Path(__file__).parents[2] / "scenarios" / "known-issues"
TESTS, WRONG = collect([FOLDER])


def test_every_file_holds_a_test() -> None:
    assert WRONG == []
    assert {Path(test.file).name for test in TESTS} == {path.name for path in FOLDER.glob("*.yaml")}


@pytest.mark.parametrize("test", TESTS, ids=lambda test: f"{Path(test.file).stem}: {test.name}")
def test_known_issue(test: PolicyTest) -> None:
    assert [str(failure) for failure in run_test(test).failures] == []
