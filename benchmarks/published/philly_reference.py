"""Do we replay the Philly trace number by number as the reference replay does?

    python -m benchmarks.published.philly_reference ../shared/traces/philly
    python -m benchmarks.published.philly_reference ../shared/traces/philly --capacity 0.75 --policy sjf_strict_nodes

Prints our figures beside those of every line of ``reference_replay.csv``: a ClusterQueue per virtual cluster without a
cohort, one over all GPUs, and the virtual clusters on nodes. A line is the same when jobs, average wait and
completion, 95th percentile, longest wait, jobs that waited and last end are all the same to the last printed digit.

On nodes, Kueue puts the remainder of a job above eight GPUs elsewhere than the reference (``philly_nodes``). Lines
that may differ for that are marked; with ``--freest-remainder`` they are replayed by the reference's rule.
"""

import csv
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from time import process_time

import numpy as np

from benchmarks.published.philly import FROM, FROM_MS, UNTIL, one_pool, philly, virtual_clusters
from benchmarks.published.philly_nodes import freest_remainder, on_nodes
from benchmarks.waits import Times, groups_of, times_of, waits_ms
from kueue_sim.engine import Run, simulate
from kueue_sim.model import Scenario

STRATEGIES = {"strict": "StrictFIFO", "besteffort": "BestEffortFIFO"}
POOLS = {f"fifo_{name}_pool": strategy for name, strategy in STRATEGIES.items()}
ONE_POOL = {f"onepool_fifo_{name}": strategy for name, strategy in STRATEGIES.items()}
ON_NODES = {"fifo_strict_nodes": False, "sjf_strict_nodes": True}
"""Policy -> whether shorter jobs go first."""
POLICIES = (*POOLS, *ONE_POOL, *ON_NODES)
CAPACITIES = ("1.0", "0.75", "0.5")
REMAINDERS = frozenset(("e13805", "ee9e8c", "all"))
"""Virtual clusters with jobs of 12 or 20 GPUs, 13 in all."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the reference replay, figures as it prints them; times in seconds."""

    capacity: str
    vc: str
    gpus: int
    policy: str
    jobs: int
    avg_wait_s: float
    avg_jct_s: float
    p95_wait_s: float
    max_wait_s: float
    n_waited: int
    last_end_s: float

    @property
    def key(self) -> tuple[str, str, str]:
        return self.capacity, self.vc, self.policy

    @property
    def remainder(self) -> bool:
        """Whether jobs of the line have a remainder that Kueue places in its own way."""
        return self.policy in ON_NODES and self.vc in REMAINDERS


def reference_rows(folder: Path) -> Iterator[Row]:
    """The lines of ``reference_replay.csv``."""
    with (folder / "reference_replay.csv").open(newline="") as text:
        for row in csv.DictReader(text):
            yield Row(
                row["capacity"],
                row["vc"],
                int(row["gpus"]),
                row["policy"],
                int(row["jobs"]),
                float(row["avg_wait_s"]),
                float(row["avg_jct_s"]),
                round(float(row["p95_wait_s"]), 6),
                float(row["max_wait_s"]),
                int(row["n_waited"]),
                float(row["last_end_s"]),
            )


def scenario(folder: Path, capacity: str, policy: str, clusters: Sequence[str] = ()) -> Scenario:
    """What a policy of the reference replay is in Kueue; ``clusters`` keeps only these, but for one pool."""
    if policy in ONE_POOL:
        return one_pool(folder, capacity, ONE_POOL[policy])
    if policy in ON_NODES:
        return on_nodes(folder, capacity, ON_NODES[policy], clusters)
    return philly(folder, capacity, POOLS[policy], None, (FROM, UNTIL), clusters)


def replayed_rows(folder: Path, capacity: str, policy: str, clusters: Sequence[str] = ()) -> tuple[Row, ...]:
    """Our lines for one capacity and policy: each virtual cluster, then all of them; or only some clusters."""
    gpus = virtual_clusters(folder, capacity)
    run = simulate(scenario(folder, capacity, policy, clusters))
    row = partial(_row, run, capacity, policy)
    rows = []
    if policy not in ONE_POOL:
        teams = groups_of(run, lambda workload: workload.queue_name)
        rows = [row(name, gpus[name], teams[name]) for name in clusters or gpus]
    if not clusters:
        rows.append(row("all", sum(gpus.values()), np.arange(len(run.facts.workloads))))
    return tuple(rows)


def _row(run: Run, capacity: str, policy: str, vc: str, gpus: int, numbers: Times) -> Row:
    count = len(run.facts.workloads)
    waits = waits_ms(run)[numbers]
    ends = times_of(run, "Finished", count)[numbers]
    return Row(
        capacity,
        vc,
        gpus,
        policy,
        len(numbers),
        _mean_s(waits),
        _mean_s(ends - times_of(run, "Submitted", count)[numbers]),
        round(float(np.percentile(waits / 1000, 95)), 6),
        float(waits.max()) / 1000,
        int((waits > 0).sum()),
        float(ends.max() + FROM_MS) / 1000,
    )


def _mean_s(times: Times) -> float:
    """Mean in seconds to the reference's three digits; halves go to the even digit there."""
    return float(round(Fraction(int(times.sum()), 1000 * len(times)), 3))


def compare(folder: Path, capacity: str, policy: str, clusters: Sequence[str] = ()) -> Iterator[tuple[Row, Row]]:
    """Our lines beside those of the reference."""
    known = {row.key: row for row in reference_rows(folder)}
    for ours in replayed_rows(folder, capacity, policy, clusters):
        yield ours, known[ours.key]


def main() -> int:
    """Print every line; exit code 1 when one differs that should not."""
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="folder with philly_jobs.csv.gz and reference_replay.csv")
    parser.add_argument("--capacity", action="append", choices=CAPACITIES, help="only this one; may be repeated")
    parser.add_argument("--policy", action="append", choices=POLICIES, help="only this one; may be repeated")
    parser.add_argument("--freest-remainder", action="store_true", help="remainders by the reference's rule")
    options = parser.parse_args()
    print(
        f"{'capacity':8} {'policy':24} {'vc':6} {'jobs':>6} {'avg wait, s':>12} {'reference':>12} "
        f"{'waited':>6} {'ref.':>6}  same"
    )
    counts = {"yes": 0, "no, remainder": 0, "NO": 0}
    start = process_time()
    with freest_remainder() if options.freest_remainder else nullcontext():
        for capacity in options.capacity or CAPACITIES:
            for policy in options.policy or POLICIES:
                for ours, theirs in compare(options.folder, capacity, policy):
                    excused = ours.remainder and not options.freest_remainder
                    word = "yes" if ours == theirs else "no, remainder" if excused else "NO"
                    counts[word] += 1
                    print(
                        f"{capacity:8} {policy:24} {ours.vc:6} {ours.jobs:6} {ours.avg_wait_s:12.3f} "
                        f"{theirs.avg_wait_s:12.3f} {ours.n_waited:6} {theirs.n_waited:6}  {word}",
                        flush=True,
                    )
    print(", ".join(f"{word}: {count}" for word, count in counts.items()) + f"; {process_time() - start:.0f} s")
    return 1 if counts["NO"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
