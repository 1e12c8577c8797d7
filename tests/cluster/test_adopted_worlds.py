"""A world that is stopped, written as a dump and imported goes on as if nobody had stopped it."""

from pathlib import Path

import pytest

from benchmarks.adoption import adopted


@pytest.mark.parametrize("seed", range(25))
def test_a_world_imported_from_its_dump_decides_to_the_letter_what_it_would_have_decided(
    seed: int, tmp_path: Path
) -> None:
    one = adopted(seed, tmp_path)
    assert one.found == one.expected
