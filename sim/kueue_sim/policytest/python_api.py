"""Policy tests in Python: load a world, run it with differences, ask what became of the work.

def test_team_b_takes_its_quota_back(policy):
    world = policy.load("two-teams.yaml")
    run = world.run({"clusterQueues.team-a.gpu.nominalQuota": 4})
    run.expect(preempted="a-3", by="b", reason="InCohortReclamation")
    run.expect(metric="team-b.wait.max <= 0s")
    assert run.result.explain("b")
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kueue_sim._run import load_scenario, run
from kueue_sim.inputs.text.field import Field, Report, Source
from kueue_sim.model import Scenario
from kueue_sim.policytest.checking import Checker, Failure
from kueue_sim.policytest.reading import Reader
from kueue_sim.result import Result


class PolicyRun:
    """One run and what is expected of it."""

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        self._scenario = scenario
        self._folder = folder
        self.result: Result = run(scenario)

    def failures(self, **expectation: Any) -> list[Failure]:
        """What of an expectation, written as in a policy test, does not hold. Raises InputError for a wrong one."""
        report = Report()
        field = Field([expectation], Source("expect"), report)
        expectations = Reader(self._scenario, self._folder).expectations(field)
        report.check()
        return Checker(self.result).failures(expectations)

    def expect(self, **expectation: Any) -> None:
        """Raise AssertionError with expected, got and the explanation unless the expectation holds."""
        failures = self.failures(**expectation)
        if failures:
            raise AssertionError("\n".join(map(str, failures)))


class PolicyWorld:
    """A folder of worlds, or one of them once it is loaded."""

    def __init__(self, folder: Path, file: Path | None = None) -> None:
        self._folder = folder
        self._file = file

    def load(self, file: str | Path) -> "PolicyWorld":
        """A scenario file, relative to the test."""
        return PolicyWorld(self._folder, self._folder / file)

    def scenario(self, changes: Mapping[str, object] | None = None) -> Scenario:
        """The scenario with single values changed (path to value)."""
        if self._file is None:
            raise ValueError("load a scenario first: policy.load('world.yaml')")
        return load_scenario(self._file, list((changes or {}).items()))

    def run(self, changes: Mapping[str, object] | None = None) -> PolicyRun:
        """Run the scenario with single values changed."""
        return PolicyRun(self.scenario(changes), self._folder)
