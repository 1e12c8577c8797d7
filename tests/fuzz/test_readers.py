"""A bounded round of damaged files through every reader; ``python -m tests.fuzz`` runs longer ones."""

from pathlib import Path

import pytest

from tests.fuzz.readers import READERS, Reader, faults, memory_mb

MUTANTS = 40


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_damaged_files_are_answered(reader: Reader, tmp_path: Path) -> None:
    assert list(faults((reader,), range(MUTANTS), tmp_path)) == []
    assert memory_mb() < 1000


@pytest.mark.parametrize(
    ("name", "seed"),
    [
        ("dumps", 3004547),
        ("histories", 3002812),
        ("histories", 7005920),
        ("scripts", 9006611),
        ("scripts", 9007518),
        ("logs", 9000016),
        ("logs", 9005436),
    ],
)
def test_files_that_ended_in_a_traceback_once_are_answered(name: str, seed: int, tmp_path: Path) -> None:
    """A key that is a number beside keys that are text; a flavor of a resource whose usage is not told; an instant of a
    decision that is none; a sleep and a wait longer than any number."""
    readers = tuple(reader for reader in READERS if reader.name == name)
    assert list(faults(readers, range(seed, seed + 1), tmp_path)) == []
