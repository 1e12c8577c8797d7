"""What does sharing buy? The Philly weeks with separate quotas, with borrowing, and with borrowing and reclaim.

    python -m benchmarks.published.philly_sharing ../shared/traces/philly [--capacity 0.75] [--plot waits.png]

Prints the average wait of every virtual cluster in minutes and the 95th percentile over all jobs, and draws the waits.
Best-effort FIFO, no priorities; a job that is evicted starts from zero.
"""

from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.published.philly import FROM, UNTIL, philly
from benchmarks.waits import groups_of, waits_ms
from kueue_sim.engine import Run, simulate
from kueue_sim.engine.facts import CODE, LOST, TYPE

VARIANTS: Mapping[str, dict[str, Any]] = {
    "separate": {"cohort": None},
    "borrowing": {},
    "borrowing and reclaim": {"preemption": {"reclaimWithinCohort": "Any"}},
}
MINUTE_MS, HOUR_MS = 60_000, 3_600_000


def replay(folder: Path, capacity: str, variant: str) -> Run:
    """One run of October and November 2017."""
    return simulate(philly(folder, capacity, "BestEffortFIFO", window=(FROM, UNTIL), **VARIANTS[variant]))


def minutes_by_cluster(run: Run) -> dict[str, float]:
    """Average wait until the first admission in minutes, per virtual cluster and for ``all``."""
    waits = waits_ms(run) / MINUTE_MS
    teams = groups_of(run, lambda workload: workload.queue_name)
    return {**{name: float(waits[numbers].mean()) for name, numbers in teams.items()}, "all": float(waits.mean())}


def evictions(run: Run) -> tuple[int, float]:
    """How often a job was evicted, and the hours of run time that were thrown away."""
    table = run.facts.table
    lost = table[table[:, TYPE] == CODE["Preempted"]][:, LOST]
    return len(lost), float(lost.sum()) / HOUR_MS


def draw(columns: Mapping[str, Mapping[str, float]], path: Path) -> None:
    """Bars of the average waits, one group per virtual cluster; above a minute the scale is logarithmic."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(10, 4))
    names: Sequence[str] = list(next(iter(columns.values())))
    for index, (variant, minutes) in enumerate(columns.items()):
        axes.bar(np.arange(len(names)) + 0.27 * (index - 1), [minutes[name] for name in names], 0.27, label=variant)
    axes.set_xticks(range(len(names)), names, rotation=45)
    axes.set_yscale("symlog", linthresh=1)
    axes.set_yticks((0, 1, 10, 100, 1000), ("0", "1", "10", "100", "1,000"))
    axes.set_ylim(0, 2000)
    axes.set_ylabel("average wait, minutes")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(columns), frameon=False)
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def main() -> None:
    """Print the table, draw the plot when asked to."""
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="folder with philly_jobs.csv.gz and vc_nodes.csv")
    parser.add_argument("--capacity", default="0.75", help="of the published GPUs; 0.75 when absent")
    parser.add_argument("--plot", type=Path, help="write the plot here")
    options = parser.parse_args()
    columns: dict[str, dict[str, float]] = {}
    for variant in VARIANTS:
        run = replay(options.folder, options.capacity, variant)
        columns[variant] = minutes_by_cluster(run)
        count, lost = evictions(run)
        p95 = float(np.percentile(waits_ms(run), 95)) / MINUTE_MS
        print(f"{variant}: p95 wait {p95:,.1f} min, {count:,} evictions, {lost:,.0f} h of run time lost", flush=True)
    print("| virtual cluster | " + " | ".join(columns) + " |\n|---|" + "---|" * len(columns))
    for name in columns["separate"]:
        print(f"| {name} | " + " | ".join(f"{minutes[name]:,.1f}" for minutes in columns.values()) + " |")
    if options.plot is not None:
        draw(columns, options.plot)


if __name__ == "__main__":
    main()
