"""Does the calibrated profile reproduce what Kueue's own performance suites measured on a real control plane?

    python -m benchmarks.published.kueue_perf ../shared/bench/kueue-perf [--profile ideal]

Reads the generator and range files as they are. Beside every published average stands ours, its deviation, and
whether the range file accepts it. The averages are those in the comments of the range files.

Kueue's runner saw an admission when its write arrived, so time to admission is from creation to that write. It
counted the wall time until the status of every ClusterQueue said that nothing is left: ClusterQueues are written
by the same client, one after the other.

The published figures are means of several runs. Which workload goes first within a second and which is stuck behind
which answer is chance, so ours are means too, of runs that differ in the seed, which draws the workloads' UIDs.
"""

from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, pstdev
from time import process_time

import numpy as np

from benchmarks.waits import NEVER, groups_of, times_of
from kueue_sim.engine import Run, simulate
from kueue_sim.engine.facts import ADMISSION, AT, CODE, TYPE, WORKLOAD
from kueue_sim.inputs import load_scenario
from kueue_sim.inputs.generators.kueue_perf import class_of
from kueue_sim.inputs.text.field import Report
from kueue_sim.inputs.text.yamltext import read_yaml
from kueue_sim.model import PROFILES, Scenario
from kueue_sim.policytest.perf_ranges import class_ranges

CREATIONS_PER_S = 2000
"""What the API server of the published runs took; the runner's own limit is a burst of 2000, then 1000 a second."""
PUBLISHED: Mapping[str, Mapping[str, float]] = {
    "baseline": {"wall": 351.116, "cq": 55.9, "large": 16.501, "medium": 76.768, "small": 215.468},
    "large-scale": {"wall": 1179.411, "cq": 38.64, "large": 105.604, "medium": 256.413, "small": 700.379},
    "tas": {
        "wall": 401.472,
        "cq": 62.41,
        "large-balanced-rack": 37.862,
        "large-preferred-rack": 39.573,
        "large-required-rack": 39.625,
        "medium-balanced-rack": 106.303,
        "medium-preferred-rack": 106.324,
        "medium-required-rack": 107.071,
        "small-balanced-rack": 237.846,
        "small-preferred-rack": 246.090,
        "small-required-rack": 246.755,
    },
}
"""Means of real runs: wall time and times to admission in seconds, usage of nominal quota in percent (``cq``)."""
TOLERANCE = 10.0
"""Percent of deviation that is aimed at."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a suite: mean and standard deviation over our runs.

    ``limit`` is the range file's, None without one; usage has a least, times a most.
    """

    name: str
    published: float
    ours: float
    spread: float
    limit: float | None

    @property
    def deviation(self) -> float:
        """Percent."""
        return 100 * (self.ours / self.published - 1)

    @property
    def in_range(self) -> bool | None:
        if self.limit is None:
            return None
        return self.ours >= self.limit if self.name == "cq" else self.ours <= self.limit


def suite(folder: Path, name: str, profile: str = "calibrated", seed: int = 0) -> Scenario:
    """The scenario of a suite's generator file."""
    overrides: list[str | tuple[str, object]] = [("timing", profile), ("seed", seed)]
    if profile != "ideal":
        overrides.append(("creationsPerSecond", CREATIONS_PER_S))
    return load_scenario(folder / f"{name}.generator.yaml", overrides)


def figures(folder: Path, name: str, samples: Sequence[Mapping[str, float]]) -> tuple[Figure, ...]:
    """Everything published about a suite beside what our runs gave."""
    limits = _limits(folder / f"{name}.rangespec.yaml")
    found = []
    for figure, published in PUBLISHED[name].items():
        values = [sample[figure] for sample in samples]
        found.append(Figure(figure, published, fmean(values), pstdev(values), limits.get(figure)))
    return tuple(found)


def measured(scenario: Scenario, run: Run) -> dict[str, float]:
    """Wall time and mean time to admission per class in seconds, usage in percent of nominal quota."""
    count = len(run.facts.workloads)
    seen = times_of(run, "Started", count)
    seen = np.where(seen == NEVER, times_of(run, "Admitted", count), seen)
    waits = (seen - times_of(run, "Submitted", count)) / 1000
    classes = groups_of(run, lambda workload: class_of(workload.name))
    rate = scenario.timing.writes_per_s
    queues = scenario.policy.cluster_queues
    wall_s = run.end_ms / 1000 + (len(queues) / rate if rate else 0.0)
    nominal = sum(queue.resource_groups[0].flavors[0].resources[0][1].nominal for queue in queues)
    result = {name: float(waits[numbers].mean()) for name, numbers in classes.items()}
    return {"wall": wall_s, "cq": 100 * _held_cpu_ms(run) / (nominal * wall_s * 1000), **result}


def _held_cpu_ms(run: Run) -> int:
    """Millicores times milliseconds of quota held."""
    admitted, ends = CODE["Admitted"], (CODE["Finished"], CODE["Requeued"])
    table = run.facts.table
    since: dict[int, tuple[int, int]] = {}
    total = 0
    for row in table[np.isin(table[:, TYPE], (admitted, *ends))].tolist():
        if row[TYPE] == admitted:
            pods = run.facts.admissions[row[ADMISSION]]
            since[row[WORKLOAD]] = (row[AT], sum(one.usage["cpu"] for one in pods))
        else:
            start, amount = since.pop(row[WORKLOAD])
            total += amount * (row[AT] - start)
    return total


def _limits(path: Path) -> dict[str, float]:
    """The limits of a range file: seconds, and percent of usage. Raises InputError."""
    report = Report()
    (document,) = read_yaml(path.read_text(encoding="utf-8"), str(path), report)
    found = {one.name: one.limit * (100 if one.of == "cluster_queues" else 1) for one in class_ranges(document)}
    found["wall"] = document.get("cmd", "maxWallMs").number() / 1000
    report.check()
    return found


def main() -> None:
    """Print one line per figure."""
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="folder with the generator and range files")
    parser.add_argument("--profile", choices=PROFILES, default="calibrated")
    parser.add_argument("--runs", type=int, default=5, help="seeds 0, 1, …; 5 when absent")
    parser.add_argument("--suite", action="append", choices=PUBLISHED, help="only this one; may be repeated")
    options = parser.parse_args()
    print(f"{'suite':12} {'figure':22} {'published':>9} {'ours':>9} {'+/-':>7} {'deviation':>9}  range file")
    within = shown = 0
    for name in options.suite or PUBLISHED:
        start = process_time()
        scenarios = [suite(options.folder, name, options.profile, seed) for seed in range(options.runs)]
        samples = [measured(scenario, simulate(scenario)) for scenario in scenarios]
        seconds = (process_time() - start) / options.runs
        for one in figures(options.folder, name, samples):
            word = {None: "", True: "accepts", False: "REFUSES"}[one.in_range]
            near = abs(one.deviation) <= TOLERANCE
            within, shown = within + near, shown + 1
            far = "" if near else " *"
            print(
                f"{name:12} {one.name:22} {one.published:9.1f} {one.ours:9.1f} {one.spread:7.1f} "
                f"{one.deviation:+8.1f}%  {word}{far}"
            )
        print(f"{name:12} {options.runs} runs, {seconds:.1f} s of processor time each", flush=True)
    print(f"{within} of {shown} within {TOLERANCE:g} %; * the others")


if __name__ == "__main__":
    main()
