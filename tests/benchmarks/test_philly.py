"""Waits of the Philly trace agree with an independent replay, line by line."""

from pathlib import Path

import pytest

from benchmarks.published.philly_nodes import freest_remainder, pod_sets
from benchmarks.published.philly_reference import compare

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "traces" / "philly"
SMALL = ("2869ce", "e13805", "ed69ec", "103959")
"""Virtual clusters with few jobs; the benchmark replays all of them."""
WITH_TRACE = pytest.mark.skipif(
    not FOLDER.exists(), reason="the Philly trace (../shared/traces) does not lie beside this checkout"
)


@WITH_TRACE
@pytest.mark.parametrize(
    ("capacity", "policy", "clusters"),
    [
        ("0.75", "fifo_strict_pool", SMALL),
        ("0.5", "fifo_besteffort_pool", SMALL),
        ("0.75", "fifo_strict_nodes", SMALL[:2]),
        ("0.5", "sjf_strict_nodes", SMALL[:1]),
    ],
)
def test_virtual_clusters_on_their_own_wait_as_in_the_reference_replay(
    capacity: str, policy: str, clusters: tuple[str, ...]
) -> None:
    pairs = list(compare(FOLDER, capacity, policy, clusters))
    assert [ours for ours, _ in pairs] == [theirs for _, theirs in pairs]
    assert [ours.vc for ours, _ in pairs] == list(clusters)


@WITH_TRACE
def test_only_the_node_of_a_remainder_separates_kueue_from_the_reference() -> None:
    """One of the 4,000 jobs of ee9e8c has a remainder: 20 GPUs are two nodes and four GPUs of another."""
    ((ours, theirs),) = compare(FOLDER, "1.0", "fifo_strict_nodes", ("ee9e8c",))
    assert (ours.n_waited, theirs.n_waited) == (191, 211)
    with freest_remainder():
        ((ours, theirs),) = compare(FOLDER, "1.0", "fifo_strict_nodes", ("ee9e8c",))
    assert ours == theirs


def test_jobs_take_one_node_or_whole_nodes_and_a_remainder() -> None:
    shapes = {gpus: [(pods.name, pods.count) for pods in pod_sets(gpus)] for gpus in (1, 8, 16, 20)}
    assert shapes == {
        1: [("main", 1)],
        8: [("main", 8)],
        16: [("main", 16)],
        20: [("main", 16), ("remainder", 4)],
    }
