"""The questions after the release are answered as the newest one answers them, and nothing else changes."""

import ast
from pathlib import Path

import pytest

from benchmarks.release_cost import Answered, answered_copy, instructions

ASKS = """
def f(self, x):
    if not self._release.old and x:
        return 1
    if release.rule or x:
        return 2 if self._cached else 3
    return self.other.rule
"""


def test_questions_become_answers_and_what_they_decide_goes() -> None:
    answered = Answered({"old": True, "rule": True}, {"_cached": False})
    tree = ast.fix_missing_locations(answered.visit(ast.parse(ASKS)))
    assert (ast.unparse(tree), answered.answers) == (
        "def f(self, x):\n    pass\n    return 3\n    return self.other.rule",
        ["old", "rule", "_cached"],
    )


@pytest.mark.thorough
def test_the_copy_without_questions_can_be_made_of_the_present_sources(tmp_path: Path) -> None:
    assert answered_copy(tmp_path / "sim") > 30


@pytest.mark.thorough
def test_instructions_are_counted_alike_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks import release_cost

    jobs, make = release_cost.WORLDS["pool @ 0.85"]
    monkeypatch.setattr(release_cost, "WORLDS", {"pool": (jobs // 50, make)})
    instructions("pool")
    assert instructions("pool") == instructions("pool")
