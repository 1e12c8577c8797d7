"""Waits of the Philly trace agree with an independent replay, line by line."""

from pathlib import Path

import pytest

from benchmarks.philly import compare

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "traces" / "philly"
SMALL = ("2869ce", "e13805", "ed69ec", "103959")
"""Virtual clusters with few jobs; the benchmark replays all of them."""


@pytest.mark.skipif(not FOLDER.exists(), reason="needs the Philly trace")
@pytest.mark.parametrize(("capacity", "policy"), [("0.75", "fifo_strict_pool"), ("0.5", "fifo_besteffort_pool")])
def test_virtual_clusters_on_their_own_wait_as_in_the_reference_replay(capacity: str, policy: str) -> None:
    pairs = list(compare(FOLDER, capacity, policy, SMALL))
    assert [ours.figures() for ours, _ in pairs] == [reference.figures() for _, reference in pairs]
    assert [ours.vc for ours, _ in pairs] == list(SMALL)
