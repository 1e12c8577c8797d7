"""The packing experiment of the OpenB trace: sharing of GPUs on a made-up cluster, and one of the real lists."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.published.openb import allocated, compare, placer, read_nodes, read_pods
from kueue_sim.policy.placement import PodShape

FOLDER = Path(__file__).parents[3] / "shared" / "traces" / "openb"
NODES = """\
sn,cpu_milli,memory_mib,gpu,model
big,96000,393216,4,G2
small,32000,131072,2,T4
"""
PODS = """\
name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec
half,4000,1024,1,500,
third,4000,1024,1,300,
whole,4000,1024,1,1000,
three,4000,1024,3,1000,
wants-t4,4000,1024,2,1000,T4|P100
cpu-only,4000,1024,0,0,
"""


def sample(folder: Path) -> tuple[list[str], dict[str, PodShape]]:
    """The names of the pods of the sample, and what they ask for."""
    (folder / "pods.csv").write_text(PODS)
    names = [line.split(",")[0] for line in PODS.splitlines()[1:]]
    return names, dict(zip(names, read_pods(folder / "pods.csv"), strict=True))


@pytest.mark.parametrize(
    ("policy", "offered", "nodes"),
    [
        ("BestFit", ["half", "third", "half", "half", "wants-t4"], ["small", "small", "small", "small", None]),
        ("BestFit", ["three", "whole", "half", "whole"], ["big", "small", "small", "big"]),
        ("BestFit", ["wants-t4", "wants-t4", "cpu-only"], ["small", None, "small"]),
    ],
)
def test_pods_share_single_gpus_and_take_whole_ones_untouched(
    tmp_path: Path, policy: str, offered: Sequence[str], nodes: Sequence[str | None]
) -> None:
    (tmp_path / "nodes.csv").write_text(NODES)
    _, pods = sample(tmp_path)
    cluster = placer(read_nodes(tmp_path / "nodes.csv"), policy, seed=0)
    found = []
    for name in offered:
        node = cluster.choose(pods[name])
        found.append(node.name if node else None)
        if node:
            cluster.nodes.bind(pods[name], node)
    assert found == nodes


def test_a_share_goes_to_the_fullest_gpu_that_has_room(tmp_path: Path) -> None:
    (tmp_path / "nodes.csv").write_text(NODES)
    _, pods = sample(tmp_path)
    cluster = placer(read_nodes(tmp_path / "nodes.csv"), "BestFit", seed=0)
    small = cluster.nodes.by_name["small"]
    for name in ("half", "third", "third", "half"):
        cluster.nodes.bind(pods[name], small)
    assert small.left == [200, 200]  # type: ignore[attr-defined]


def test_the_share_is_read_where_the_pods_asked_for_have_passed_the_marks(tmp_path: Path) -> None:
    (tmp_path / "nodes.csv").write_text(NODES)
    _, pods = sample(tmp_path)
    nodes = read_nodes(tmp_path / "nodes.csv")
    wholes = [pods["whole"]] * 5
    assert {policy: allocated(nodes, wholes, policy, seed=1) for policy in ("BestFit", "Random")} == {
        "BestFit": {100: 100.0, 130: 100.0},
        "Random": {100: 100.0, 130: 100.0},
    }


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the OpenB trace (../shared/traces) does not lie beside this checkout")
def test_one_seed_of_the_default_list_comes_near_the_published_ratios() -> None:
    """A single shuffle scatters by some tenths of a point around the mean; the benchmark compares means."""
    lines = list(compare(FOLDER, ("default",), ("BestFit", "Random"), seeds=1))
    assert [(line.policy, line.asked, abs(line.deviation) < 0.7) for line in lines] == [
        ("BestFit", 100, True),
        ("BestFit", 130, True),
        ("Random", 100, True),
        ("Random", 130, True),
    ]
