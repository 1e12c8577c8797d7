"""A backtest finds the first decision that a change of policy made another, whichever order the cluster keeps."""

from pathlib import Path

import pytest

from benchmarks.promises.planted import planted


@pytest.mark.parametrize(("change", "seed", "at"), [("weight", 43, 416), ("strict", 4, None)])
def test_parked_work_that_looks_again_after_the_cycles_is_not_taken_for_another_policy(
    tmp_path: Path, change: str, seed: int, at: int | None
) -> None:
    """These worlds keep Kueue's own order, the replay begins with that of the recorded runs."""
    found = planted(change, seed, tmp_path)
    assert found is not None
    assert (found.expected, found.found) == (at, at)
