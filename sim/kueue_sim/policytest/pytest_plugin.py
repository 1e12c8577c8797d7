"""pytest collects ``*.policytest.yaml`` files, and tests in Python get the fixture ``policy``.

Loaded by every pytest in the environment, so nothing of the simulator is imported before it is needed.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from kueue_sim.policytest.python_api import PolicyWorld
    from kueue_sim.policytest.suite import PolicyTest

_SUFFIXES = (".policytest.yaml", ".policytest.yml")
_OUR_VERSION = re.compile(rb"kueue-sim/v")
_OUR_KIND = re.compile(rb"^kind:\s*['\"]?PolicyTest\b", re.MULTILINE)
_ANY_VERSION = re.compile(rb"^apiVersion:\s*\S", re.MULTILINE)
_LOOKED_AT = 1 << 16
"""Bytes of a file in which its ``apiVersion`` or ``kind`` stands."""


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "PolicyTestFile | None":
    """Files named ``*.policytest.yaml`` hold policy tests: of kind PolicyTest, or a scenario with ``expect``.

    Other tools may use that name too: a file whose ``apiVersion`` is not ours, or that names neither our format nor
    the kind PolicyTest, is left to them.
    """
    if file_path.name.endswith(_SUFFIXES) and _is_ours(file_path):
        return PolicyTestFile.from_parent(parent, path=file_path)
    return None


def _is_ours(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            text = file.read(_LOOKED_AT)
    except OSError:
        return False
    if _OUR_VERSION.search(text):
        return True
    return _OUR_KIND.search(text) is not None and not _ANY_VERSION.search(text)


class PolicyTestFile(pytest.File):
    """One file of policy tests."""

    def collect(self) -> Iterable["PolicyTestItem"]:
        from kueue_sim.errors import InputError
        from kueue_sim.policytest.suite import tests_of

        try:
            tests = tests_of(self.path)
        except InputError as error:
            raise self.CollectError(str(error)) from None
        for test in tests:
            yield PolicyTestItem.from_parent(self, name=test.title, test=test)


class PolicyTestItem(pytest.Item):
    """One policy test."""

    def __init__(self, *, test: "PolicyTest", **attributes: object) -> None:
        super().__init__(**attributes)  # type: ignore[arg-type]
        self._test = test

    def runtest(self) -> None:
        from kueue_sim.policytest.running import run_test

        outcome = run_test(self._test)
        problems = [str(one) for one in (*outcome.mistakes, *outcome.failures)]
        if problems:
            raise ExpectationFailed("\n".join(problems))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        """The expectation, what came instead and why; no traceback, since the test is not code."""
        if isinstance(excinfo.value, ExpectationFailed):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        line = self._test.place.line - 1 if self._test.place else 0
        return self.path, line, self.name


class ExpectationFailed(AssertionError):
    """What did not hold, as text."""


@pytest.fixture
def policy(request: pytest.FixtureRequest) -> "PolicyWorld":
    """Loads worlds relative to the test's file and judges expectations about their runs."""
    from kueue_sim.policytest.python_api import PolicyWorld

    return PolicyWorld(request.path.parent)
