"""How full does a placement policy get a real GPU cluster before pods no longer fit?

Replays the packing experiment of the OpenB trace (Weng, Yang et al., "Beware of Fragmentation", USENIX ATC 2023)
with the simulator's node placement and compares the share of allocated GPUs with the published one, for the
policies BestFit and Random. Pods may ask for a part of one GPU, so a node here also knows how much of each GPU
is left.

    python -m benchmarks.published.openb ../shared/traces/openb --seeds 5
"""

import csv
import gzip
import random
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from kueue_sim.model import AffinityTerm, Expression, Node
from kueue_sim.policy.placement import Constraint, Nodes, NodeState, Placer, PodShape, Preference

MILLI, WHOLE = "gpu-milli", 1000
"""A node's GPUs together, in thousandths, as one resource beside cpu and memory."""
UNTOUCHED = "gpu-untouched"
"""GPUs of a node that nobody uses at all; a pod that wants whole GPUs needs as many."""
SHARE = "gpu-share"
"""The most that is left of any single GPU; a pod that wants a part of a GPU needs that much of one."""
MODEL = "model"
LISTS = ("default", "cpu050", "cpu250", "gpushare100", "gpuspec33", "multigpu50")
MARKS = (100, 130)
"""Percent of all GPUs that have been asked for when the allocated share is read."""
PUBLISHED = {"BestFit": "05-BestFit", "Random": "01-Random"}
TOLERANCE = {"BestFit": 0.2, "Random": 0.7}
"""Deviation from the published mean, in percentage points, within which an independent replay stayed."""


class SharedGpuNode(NodeState):
    """A node that knows how much of each GPU is left. A share goes to the fullest GPU that has room for it, or with
    ``draw`` to any."""

    __slots__ = ("draw", "left")

    def __init__(self, spec: Node, draw: random.Random | None) -> None:
        super().__init__(spec)
        self.draw = draw
        self.left = [WHOLE] * (spec.allocatable[MILLI] // WHOLE)
        self._sum_up()

    def charge(self, shape: PodShape, sign: int) -> None:
        """Pods of the experiment never leave, so that ``sign`` is always 1."""
        super().charge(shape, sign)
        share = shape.request(SHARE)
        if share:
            self.left[self._pick(share)] -= share
        for _ in range(shape.request(UNTOUCHED)):
            self.left[self.left.index(WHOLE)] = 0
        self._sum_up()

    def _pick(self, share: int) -> int:
        fitting = [index for index, amount in enumerate(self.left) if amount >= share]
        if self.draw is not None:
            return self.draw.choice(fitting)
        return min(fitting, key=lambda index: self.left[index])

    def _sum_up(self) -> None:
        self.free[SHARE] = max(self.left, default=0)
        self.free[UNTOUCHED] = self.left.count(WHOLE)


def _left_over(node: NodeState) -> int:
    """CPU left as a share of 128 cores plus GPUs left as a share of 8, times 128,000."""
    return node.free["cpu"] + 16 * node.free[MILLI]


def placer(nodes: Sequence[Node], policy: str, seed: int) -> Placer:
    """The empty cluster under BestFit (least left over, ties at random) or Random (any feasible node, any fitting
    GPU of it)."""
    draw = random.Random(f"{seed}/nodes")
    if policy == "BestFit":
        states = [SharedGpuNode(node, None) for node in nodes]
        return Placer(Nodes(states), Preference(lambda shape: _left_over, random_ties=True), draw.randrange)
    gpus = random.Random(f"{seed}/gpus")
    states = [SharedGpuNode(node, gpus) for node in nodes]
    return Placer(Nodes(states), Preference(lambda shape: lambda node: 0, random_ties=True), draw.randrange)


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a CSV file, unpacked if need be."""
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    yield from csv.DictReader(text.decode().splitlines())


def read_nodes(path: Path) -> list[Node]:
    """The nodes of an OpenB node list, labelled with their GPU model."""
    return [
        Node(
            row["sn"],
            {MODEL: row["model"]},
            allocatable={
                "cpu": int(row["cpu_milli"]),
                "memory": int(row["memory_mib"]) << 20,
                MILLI: int(row["gpu"]) * WHOLE,
                "pods": 10_000,
            },
        )
        for row in rows(path)
    ]


def read_pods(path: Path) -> list[PodShape]:
    """What the pods of an OpenB pod list ask for."""
    return [_pod(row) for row in rows(path)]


def _pod(row: dict[str, str]) -> PodShape:
    count, milli = int(row["num_gpu"]), int(row["gpu_milli"])
    requests = {"cpu": int(row["cpu_milli"]), "memory": int(row["memory_mib"]) << 20, MILLI: count * milli}
    requests |= {SHARE: milli} if count == 1 and milli < WHOLE else {UNTOUCHED: count}
    models = tuple((row.get("gpu_spec") or "").split("|"))
    affinity = (AffinityTerm((Expression(MODEL, "In", models),)),) if any(models) else None
    return PodShape.of(requests, Constraint(affinity=affinity))


def arrivals(pods: Sequence[PodShape], gpu_milli: int, seed: int) -> Iterator[PodShape]:
    """The pods in random order, followed by random copies until 130 % of the GPUs have been asked for."""
    draw = random.Random(f"{seed}/pods")
    order = list(pods)
    draw.shuffle(order)
    asked = 0
    for pod in order:
        asked += pod.request(MILLI)
        yield pod
    while asked * 100 < gpu_milli * MARKS[-1]:
        pod = draw.choice(order)
        asked += pod.request(MILLI)
        yield pod


def allocated(nodes: Sequence[Node], pods: Sequence[PodShape], policy: str, seed: int) -> dict[int, float]:
    """Percent of the GPUs that are allocated once this percent of them has been asked for; a pod that fits nowhere
    is dropped. Marks that the pods never reach are left out."""
    cluster = placer(nodes, policy, seed)
    total = sum(node.allocatable[MILLI] for node in nodes)
    marks = list(MARKS)
    shares: dict[int, float] = {}
    asked = given = 0
    for pod in arrivals(pods, total, seed):
        asked += pod.request(MILLI)
        node = cluster.choose(pod)
        if node is not None:
            cluster.nodes.bind(pod, node)
            given += pod.request(MILLI)
        while marks and asked * 100 >= total * marks[0]:
            shares[marks.pop(0)] = 100 * given / total
    return shares


def published(folder: Path) -> dict[tuple[str, str, int], float]:
    """Mean allocated percent of the authors' runs, by pod list, policy and percent asked for."""
    names = {theirs: ours for ours, theirs in PUBLISHED.items()}
    return {
        (row["workload"].removeprefix("openb_pod_list_"), names[row["sc_policy"]], int(row["arrived_pct"])): float(
            row["alloc_pct_mean"]
        )
        for row in rows(folder / "published_allocation_ratio.csv")
        if row["sc_policy"] in names
    }


@dataclass(frozen=True, slots=True)
class Comparison:
    """One line of the table: mean percent allocated over the seeds, and the published mean."""

    pods: str
    policy: str
    asked: int
    ours: float
    theirs: float

    @property
    def deviation(self) -> float:
        return self.ours - self.theirs

    @property
    def within(self) -> bool:
        return abs(self.deviation) <= TOLERANCE[self.policy]


def compare(folder: Path, names: Sequence[str], policies: Sequence[str], seeds: int) -> Iterator[Comparison]:
    """Run the experiment with seeds 0, 1, … and put it beside the published figures."""
    nodes, expected = read_nodes(folder / "openb_node_list_gpu_node.csv"), published(folder)
    for name in names:
        pods = read_pods(folder / f"openb_pod_list_{name}.csv.gz")
        for policy in policies:
            runs = [allocated(nodes, pods, policy, seed) for seed in range(seeds)]
            for mark in MARKS:
                mean = sum(run[mark] for run in runs) / seeds
                yield Comparison(name, policy, mark, mean, expected[name, policy, mark])


def main() -> int:
    """Print the table; 1 when a figure deviates more than its tolerance."""
    parser = ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path, help="folder with the OpenB lists and the published ratios")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--list", action="append", choices=LISTS, dest="names")
    parser.add_argument("--policy", action="append", choices=tuple(PUBLISHED), dest="policies")
    options = parser.parse_args()
    started = perf_counter()
    far = 0
    print(f"{'pod list':<12} {'policy':<8} {'asked %':>7} {'ours %':>8} {'published %':>11} {'points':>7}")
    for line in compare(options.folder, options.names or LISTS, options.policies or tuple(PUBLISHED), options.seeds):
        far += not line.within
        mark = "" if line.within else f"  more than {TOLERANCE[line.policy]}"
        print(
            f"{line.pods:<12} {line.policy:<8} {line.asked:>7} {line.ours:>8.2f} {line.theirs:>11.2f} "
            f"{line.deviation:>+7.2f}{mark}"
        )
    print(f"{options.seeds} seeds, {perf_counter() - started:.1f} s")
    return 1 if far else 0


if __name__ == "__main__":
    raise SystemExit(main())
