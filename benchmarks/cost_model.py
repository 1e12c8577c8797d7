"""Where does the cost of a job come from? Interpreter instructions against queues, load and nodes, and a model of them.

    python -m benchmarks.cost_model                        table, model and error
    python -m benchmarks.cost_model --plots docs/images    also the pictures of docs/benchmarks.md

Instructions are counted, not timed: they are the same on every machine and however busy it is. What a job costs is
explained by how often a few things happen for it: a model with one price for each, fitted so that relative errors are
small and no price is negative.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import CodeType, FrameType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from benchmarks.contended import GPU, Contention, contended
from kueue_sim.engine import simulate
from kueue_sim.inputs import scenario_from_dict
from kueue_sim.model import Scenario
from kueue_sim.policy.cycle import Scheduler

LEAST_JOBS, JOBS_PER_QUEUE = 300, 30
"""Enough for queues to fill up: what a policy costs before the first job comes is spread over all."""
CAUSES: Mapping[str, tuple[str, ...]] = {
    "instants": tuple(f"Simulation.{one}" for one in ("_instant", "_arrival", "_end", "_timer")),
    "cycles": ("Scheduler.decide",),
    "heads": ("Scheduler.decide",),
    "heads evaluated anew": ("Nominator._assign_plainly",),
    "questions whom to evict": ("Preemption.targets",),
    "searches for victims": ("Preemption._search",),
    "evictions": ("Cluster.end_pods",),
    "steps in the quota tree": ("QuotaNode.raw_available", "QuotaNode.add", "QuotaNode.remove"),
    "places looked for": ("FlavorTopology.find",),
    "nodes looked at for them": ("FlavorTopology.find",),
}
"""What a job is charged for, and the functions of which one is called each time. A cycle looks at several heads, and a
place is looked for on all nodes."""
BASE, BY_HEADS = "the job itself", "heads"
BY_NODES = "nodes looked at for them"
RACK = 10
"""Nodes of a rack in the worlds with topology."""


@dataclass(frozen=True, slots=True)
class World:
    """``value`` is where it lies on its axis, ``family`` the line it belongs to."""

    axis: str
    family: str
    value: float
    make: Callable[[], Scenario]
    nodes: int = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """``instructions`` and ``causes`` are those of one job on average."""

    world: World
    instructions: float
    causes: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class CostModel:
    """Instructions for each cause. ``r2`` is the share of the variance that it explains, ``errors`` the relative error
    of each world, in the order they were given."""

    prices: Mapping[str, float]
    r2: float
    errors: tuple[float, ...]

    def cost(self, causes: Mapping[str, float]) -> float:
        """Instructions that a job with these causes takes."""
        return self.prices[BASE] + sum(price * causes[name] for name, price in self.prices.items() if name != BASE)

    def shares(self, causes: Mapping[str, float]) -> dict[str, float]:
        """The part of a job's instructions that each cause has."""
        whole = self.cost(causes)
        return {name: price * causes.get(name, 1.0) / whole for name, price in self.prices.items()}


def fitted(instructions: Sequence[float], causes: Sequence[Mapping[str, float]]) -> CostModel:
    """The prices, none of them negative, with the smallest sum of squared relative errors."""
    names = (BASE, *causes[0])
    cost: NDArray[np.float64] = np.array(instructions)
    table = np.array([[1.0, *(one[name] for name in names[1:])] for one in causes])
    prices, _ = nnls(table / cost[:, None], np.ones(len(cost)))
    told = table @ prices
    r2 = 1 - float(((cost - told) ** 2).sum() / ((cost - cost.mean()) ** 2).sum())
    return CostModel(dict(zip(names, prices.tolist(), strict=True)), r2, tuple((told / cost - 1).tolist()))


def worlds() -> list[World]:
    """The grid: queues, load, and nodes with a topology."""
    found = []
    for load, queues in ((load, queues) for load in (0.85, 1.1) for queues in (1, 2, 4, 8, 16, 32, 64)):
        found.append(
            _contended("queues", f"classical, load {load}", queues, Contention(queues, jobs_for(queues), load))
        )
    for queues in (2, 4, 8, 16, 32):
        world = Contention(queues, jobs_for(queues), 0.85, fair=True)
        found.append(_contended("queues", "fair sharing, load 0.85", queues, world))
    for load in (0.5, 0.7, 0.85, 1.0, 1.2, 1.5):
        found.append(_contended("load", "8 queues, classical", load, Contention(8, jobs_for(8), load)))
        found.append(_contended("load", "8 queues, StrictFIFO", load, Contention(8, jobs_for(8), load, strict=True)))
        found.append(_contended("load", "16 queues, two levels", load, Contention(16, jobs_for(16), load, levels=2)))
    for nodes in (100, 200, 400, 700, 1000):
        found.append(World("nodes", "racks, load 0.9", nodes, lambda nodes=nodes: with_topology(nodes), nodes))
    return found


def jobs_for(queues: int) -> int:
    """How many jobs so many queues get."""
    return max(LEAST_JOBS, JOBS_PER_QUEUE * queues)


def _contended(axis: str, family: str, value: float, world: Contention) -> World:
    return World(axis, family, value, lambda: contended(world))


def with_topology(nodes: int) -> Scenario:
    """One queue over nodes of eight GPUs in racks; jobs of one to three nodes' GPUs that must share a rack."""
    random = Random(nodes)
    sizes = [random.choice((4, 8, 16, 24)) for _ in range(LEAST_JOBS)]
    runtimes = [random.randrange(600, 3_600) for _ in range(LEAST_JOBS)]
    work = sum(size * seconds for size, seconds in zip(sizes, runtimes, strict=True))
    gap, at, jobs = work / (0.9 * 8 * nodes) / LEAST_JOBS, 0.0, []
    for number, (size, seconds) in enumerate(zip(sizes, runtimes, strict=True)):
        at += random.expovariate(1 / gap)
        job = {"name": f"j{number}", "queue": "default/q", "submit": f"{at:.3f}s", "runtime": f"{seconds}s"}
        jobs.append(job | {"pods": size, "requests": {GPU: 1}, "topology": {"required": "rack"}})
    pool = {"name": "gpu", "count": nodes, "resources": {GPU: 8}, "labels": {"pool": "gpu"}}
    levels = [{"nodeLabel": "rack"}, {"nodeLabel": "kubernetes.io/hostname"}]
    flavors = [{"name": "g", "resources": [{"name": GPU, "nominalQuota": 8 * nodes}]}]
    groups = [{"coveredResources": [GPU], "flavors": flavors}]
    objects: list[dict[str, Any]] = [
        {"kind": "Topology", "metadata": {"name": "racks"}, "spec": {"levels": levels}},
        {
            "kind": "ResourceFlavor",
            "metadata": {"name": "g"},
            "spec": {"nodeLabels": {"pool": "gpu"}, "topologyName": "racks"},
        },
        {
            "kind": "ClusterQueue",
            "metadata": {"name": "q"},
            "spec": {"namespaceSelector": {}, "resourceGroups": groups},
        },
        {"kind": "LocalQueue", "metadata": {"name": "q", "namespace": "default"}, "spec": {"clusterQueue": "q"}},
    ]
    return scenario_from_dict(
        {
            "apiVersion": "kueue-sim/v1",
            "kind": "Scenario",
            "name": "topology",
            "cluster": {"nodePools": [pool | {"topology": [{"label": "rack", "nodes": RACK}]}]},
            "placement": {"policy": "none"},
            "policy": {"objects": objects},
            "workloads": jobs,
        }
    )


def counted(world: World) -> Counted:
    """Play a world under a tracer."""
    scenario = world.make()
    number = sum(1 for _ in scenario.workloads)
    instructions, heads, calls = 0, 0, Counter[CodeType]()

    def inside(frame: FrameType, event: str, _: Any) -> Callable[..., Any]:
        nonlocal instructions
        if event == "opcode":
            instructions += 1
        return inside

    def entered(frame: FrameType, event: str, _: Any) -> Callable[..., Any]:
        nonlocal heads
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        calls[frame.f_code] += 1
        if frame.f_code is Scheduler.decide.__code__:
            heads += len(frame.f_locals["heads"])
        return inside

    sys.settrace(entered)
    try:
        simulate(scenario)
    finally:
        sys.settrace(None)
    by_name = Counter[str]()
    for code, times in calls.items():
        by_name[code.co_qualname] += times
    causes = {cause: sum(by_name[name] for name in names) / number for cause, names in CAUSES.items()}
    causes[BY_HEADS] = heads / number
    causes[BY_NODES] *= world.nodes
    return Counted(world, instructions / number, causes)


def table(rows: Sequence[Counted], model: CostModel) -> str:
    """Markdown: a row for each world, its causes, its cost and the model's error."""
    head = ["world", *CAUSES, "instructions a job", "model"]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for row, error in zip(rows, model.errors, strict=True):
        world = row.world
        name = (
            f"{world.family}: {world.value:g} {world.axis}"
            if world.axis != "load"
            else f"{world.family}: {world.value}"
        )
        cells = [f"{row.causes[cause]:,.2f}" for cause in CAUSES]
        lines.append(f"| {' | '.join([name, *cells, f'{row.instructions:,.0f}', f'{error:+.0%}'])} |")
    return "\n".join(lines)


def price_table(rows: Sequence[Counted], model: CostModel) -> str:
    """Markdown: the price of each cause, and its share where it is largest."""
    lines = ["| cause | instructions each | largest share of a job | in |", "|---|---|---|---|"]
    for name, price in model.prices.items():
        share, world = max(((model.shares(row.causes)[name], row.world) for row in rows), key=lambda pair: pair[0])
        where = f"{world.family}, {world.value:g} {world.axis}"
        lines.append(f"| {name} | {price:,.1f} | {share:.0%} | {where} |")
    return "\n".join(lines)


def draw(rows: Sequence[Counted], model: CostModel, folder: Path) -> list[Path]:
    """A picture for each axis: what was counted as points, what the model says as lines."""
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    from kueue_sim.report.charts.chart_style import PALETTE

    made = []
    labels = {"queues": "ClusterQueues", "load": "offered load", "nodes": "nodes"}
    with matplotlib.rc_context({"svg.hashsalt": "cost", "svg.fonttype": "none", "font.size": 9}):
        for axis, label in labels.items():
            mine = [row for row in rows if row.world.axis == axis]
            figure = Figure(figsize=(6, 3.2), layout="constrained")
            axes = figure.add_subplot()
            for colour, family in zip(PALETTE, dict.fromkeys(row.world.family for row in mine), strict=False):
                line = [row for row in mine if row.world.family == family]
                places = [row.world.value for row in line]
                axes.plot(places, [model.cost(row.causes) / 1000 for row in line], color=colour, label=family)
                axes.plot(places, [row.instructions / 1000 for row in line], "o", color=colour, markersize=4)
            axes.set(xlabel=label, ylabel="thousand instructions a job")
            axes.set_ylim(bottom=0)
            if axis == "queues":
                axes.set_xscale("log", base=2)
                axes.set_xticks([1, 2, 4, 8, 16, 32, 64], ["1", "2", "4", "8", "16", "32", "64"])
            axes.legend(frameon=False)
            axes.spines[["top", "right"]].set_visible(False)
            made.append(folder / f"cost-by-{axis}.svg")
            FigureCanvasSVG(figure).print_svg(made[-1], metadata={"Date": None})
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="write the pictures there")
    asked = parser.parse_args()
    rows = list(_watched(worlds()))
    model = fitted([row.instructions for row in rows], [row.causes for row in rows])
    print(table(rows, model), price_table(rows, model), sep="\n\n")
    errors = np.abs(model.errors)
    print(f"\nR² {model.r2:.3f}; error of a world: median {np.median(errors):.0%}, largest {errors.max():.0%}")
    if asked.plots is not None:
        for path in draw(rows, model, asked.plots):
            print(f"written to {path}", file=sys.stderr)


def _watched(grid: Iterable[World]) -> Iterable[Counted]:
    for world in grid:
        print(f"{world.family}, {world.value:g} {world.axis} …", file=sys.stderr, flush=True)
        yield counted(world)


if __name__ == "__main__":
    main()
