"""Shortcuts decide, and say, what the long way does: facts, states, reasons and messages as whole values.

``python -m benchmarks.agreement`` plays thousands of such worlds.
"""

import pytest

from benchmarks.agreement import lively, outcome, world


@pytest.mark.parametrize("number", range(48))
def test_a_random_world_is_the_same_with_all_shortcuts_and_without_any(number: int) -> None:
    document = world(number)
    assert outcome(document, shortcuts=True) == outcome(document, shortcuts=False)


@pytest.mark.parametrize("number", [*range(24), 159, 389])
def test_so_is_one_in_which_more_happens(number: int) -> None:
    """In 18, 159 and 389 a cycle stands still while slices, victims and the policy become others."""
    document = lively(number)
    assert outcome(document, shortcuts=True) == outcome(document, shortcuts=False)
