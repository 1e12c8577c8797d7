"""A bounded round of damaged files through every reader; ``python -m tests.fuzz`` runs longer ones."""

from pathlib import Path

import pytest

from tests.fuzz.readers import READERS, Reader, faults, memory_mb

MUTANTS = 40


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_damaged_files_are_answered(reader: Reader, tmp_path: Path) -> None:
    assert list(faults((reader,), range(MUTANTS), tmp_path)) == []
    assert memory_mb() < 1000
