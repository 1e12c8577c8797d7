"""Outcomes kept in a folder: what is damaged is made again, what is whole comes back equal."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from kueue_sim.whatif.execution.checkpoint import Kept
from kueue_sim.whatif.execution.replication import Cell, Outcome

CELL = cast(Cell, SimpleNamespace(key="0123"))
OUTCOME = Outcome({"wait.mean": 1.5, "jain": None}, (), "arrivals")


def test_a_kept_outcome_comes_back_equal(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    kept.put(CELL, OUTCOME)
    assert kept.get(CELL) == OUTCOME


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: b"",
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole.replace(b"1.5", b"2.5"),
        lambda whole: b"[1, 2]",
        lambda whole: b"\xff\x00" * 100,
        lambda whole: b"{}\n{}\n",
    ],
    ids=["empty", "cut off", "another figure", "another shape", "no text", "another file"],
)
def test_a_damaged_outcome_is_made_again(tmp_path: Path, damage: object) -> None:
    kept = Kept(tmp_path)
    kept.put(CELL, OUTCOME)
    (path,) = (tmp_path / "cells").iterdir()
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    assert kept.get(CELL) is None
