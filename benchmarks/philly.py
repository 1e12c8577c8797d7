"""Do we replay the Philly trace number by number as the reference replay does?

    python -m benchmarks.philly ../shared/traces/philly [--capacity 0.75]

Prints our figures beside those of ``reference_replay.csv``: one ClusterQueue per virtual cluster without a cohort,
and one queue over all GPUs; strict and best-effort FIFO. Differences beyond the printed digits are marked.
"""

import csv
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.waits import groups_of, times_of, waits_ms
from sim.engine import Run, simulate
from sim.inputs import scenario_from_dict
from sim.model import Scenario

FROM, UNTIL = "47d33m", "108d1h32m1s"
"""2017-10-01 00:00:00 to 2017-11-30 23:59:00 in the trace's local time, on its clock of elapsed seconds."""
FROM_MS = (47 * 24 * 60 + 33) * 60_000
STRATEGIES = {"strict": "StrictFIFO", "besteffort": "BestEffortFIFO"}
POOLS = {f"fifo_{name}_pool": strategy for name, strategy in STRATEGIES.items()}
ONE_POOL = {f"onepool_fifo_{name}": strategy for name, strategy in STRATEGIES.items()}
CAPACITIES = ("1.0", "0.75", "0.5")


def virtual_clusters(folder: Path) -> dict[str, int]:
    """GPUs of each virtual cluster at full capacity."""
    with (folder / "vc_nodes.csv").open(newline="") as text:
        return {row["vc"]: 8 * int(row["node num"]) for row in csv.DictReader(text)}


def philly(
    folder: Path,
    factor: str = "1.0",
    strategy: str = "StrictFIFO",
    cohort: str | None = "philly",
    window: tuple[str, str] | None = None,
    clusters: Sequence[str] = (),
    preemption: Mapping[str, str] | None = None,
) -> Scenario:
    """The trace with a ClusterQueue per virtual cluster; ``cohort`` None keeps the clusters apart.

    ``window`` is from and until on the trace's clock, None for all of it; ``clusters`` keeps only these jobs.
    """
    spec: dict[str, object] = {"queueingStrategy": strategy, **({"cohortName": cohort} if cohort else {})}
    if preemption is not None:
        spec["preemption"] = dict(preemption)
    times = {"from": window[0], "until": window[1]} if window else {}
    return scenario_from_dict(
        {
            "apiVersion": "kueue-sim/v1",
            "kind": "Scenario",
            "policy": {
                "teams": {"preset": "philly", "file": "vc_nodes.csv", "factor": float(factor), "clusterQueue": spec}
            },
            "workloads": [_trace(folder, times, clusters)],
        },
        folder=folder,
        name="philly",
    )


def _trace(folder: Path, times: Mapping[str, str], clusters: Sequence[str], **more: object) -> dict[str, object]:
    wanted = sorted(clusters or virtual_clusters(folder))
    trace = {"preset": "philly", "file": "philly_jobs.csv.gz", "where": {"vc": wanted}, **times, **more}
    return {"trace": trace}


def one_pool(folder: Path, factor: str, strategy: str) -> Scenario:
    """All virtual clusters in one queue that owns all GPUs, in the window of the reference replay."""
    gpus = sum(int(amount * float(factor)) for amount in virtual_clusters(folder).values())
    quota = {"name": "nvidia.com/gpu", "nominalQuota": gpus}
    group = {"coveredResources": ["nvidia.com/gpu"], "flavors": [{"name": "gpu", "resources": [quota]}]}
    spec = {"namespaceSelector": {}, "queueingStrategy": strategy, "resourceGroups": [group]}
    objects: list[object] = [
        {"kind": "ResourceFlavor", "metadata": {"name": "gpu"}},
        {"kind": "ClusterQueue", "metadata": {"name": "all"}, "spec": spec},
        {"kind": "LocalQueue", "metadata": {"name": "all", "namespace": "default"}, "spec": {"clusterQueue": "all"}},
    ]
    trace = _trace(folder, {"from": FROM, "until": UNTIL}, (), defaults={"team": "all"})
    document = {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "policy": {"objects": objects}, "workloads": [trace]}
    return scenario_from_dict(document, folder=folder, name="philly-one-pool")


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

    def figures(self) -> tuple[float, ...]:
        """What a replay must reproduce, to the digits printed."""
        percentile = round(self.p95_wait_s, 6)
        return (self.jobs, self.avg_wait_s, self.avg_jct_s, percentile, self.max_wait_s, self.n_waited, self.last_end_s)


def reference_rows(folder: Path) -> Iterator[Row]:
    """The lines of ``reference_replay.csv`` for pools; those for nodes need a placement of their own."""
    with (folder / "reference_replay.csv").open(newline="") as text:
        for row in csv.DictReader(text):
            if row["policy"] in POOLS or row["policy"] in ONE_POOL:
                yield Row(
                    row["capacity"],
                    row["vc"],
                    int(row["gpus"]),
                    row["policy"],
                    int(row["jobs"]),
                    *(float(row[name]) for name in ("avg_wait_s", "avg_jct_s", "p95_wait_s", "max_wait_s")),
                    n_waited=int(row["n_waited"]),
                    last_end_s=float(row["last_end_s"]),
                )


def replayed_rows(folder: Path, capacity: str, policy: str, clusters: Sequence[str] = ()) -> tuple[Row, ...]:
    """Our lines for one capacity and policy: each virtual cluster, then all of them; or only some clusters."""
    gpus = {name: int(amount * float(capacity)) for name, amount in virtual_clusters(folder).items()}
    row = partial(_row, capacity=capacity, policy=policy)
    if policy in ONE_POOL:
        run = simulate(one_pool(folder, capacity, ONE_POOL[policy]))
        return (row(run, "all", sum(gpus.values()), np.arange(len(run.facts.workloads))),)
    run = simulate(philly(folder, capacity, POOLS[policy], None, (FROM, UNTIL), clusters))
    teams = groups_of(run, lambda workload: workload.queue_name)
    rows = [row(run, name, gpus[name], teams[name]) for name in clusters or gpus]
    if clusters:
        return tuple(rows)
    return (*rows, row(run, "all", sum(gpus.values()), np.arange(len(run.facts.workloads))))


def _row(
    run: Run, vc: str, gpus: int, numbers: "np.ndarray[tuple[int], np.dtype[np.int64]]", capacity: str, policy: str
) -> Row:
    waits = waits_ms(run)[numbers] / 1000
    count = len(run.facts.workloads)
    ends, submits = times_of(run, "Finished", count)[numbers], times_of(run, "Submitted", count)[numbers]
    return Row(
        capacity,
        vc,
        gpus,
        policy,
        len(numbers),
        round(float(waits.mean()), 3),
        round(float((ends - submits).mean()) / 1000, 3),
        float(np.percentile(waits, 95)),
        float(waits.max()),
        int((waits > 0).sum()),
        float(ends.max() + FROM_MS) / 1000,
    )


def compare(folder: Path, capacity: str, policy: str, clusters: Sequence[str] = ()) -> Iterator[tuple[Row, Row]]:
    """Our lines beside those of the reference."""
    known = {(row.capacity, row.vc, row.policy): row for row in reference_rows(folder)}
    for ours in replayed_rows(folder, capacity, policy, clusters):
        yield ours, known[capacity, ours.vc, policy]


def main() -> int:
    """Print every line; exit code 1 when one differs."""
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="folder with philly_jobs.csv.gz and reference_replay.csv")
    parser.add_argument("--capacity", action="append", choices=CAPACITIES, help="only this one; may be repeated")
    options = parser.parse_args()
    print(f"{'capacity':8} {'policy':24} {'vc':8} {'jobs':>6} {'avg wait, s':>12} {'reference':>12}  same")
    different = 0
    for capacity in options.capacity or CAPACITIES:
        for policy in (*POOLS, *ONE_POOL):
            for ours, reference in compare(options.folder, capacity, policy):
                same = ours.figures() == reference.figures()
                different += not same
                print(
                    f"{capacity:8} {policy:24} {ours.vc:8} {ours.jobs:6} {ours.avg_wait_s:12.3f} "
                    f"{reference.avg_wait_s:12.3f}  {'yes' if same else 'NO'}",
                    flush=True,
                )
    print(f"{different} lines differ" if different else "all lines are the same")
    return 1 if different else 0


if __name__ == "__main__":
    raise SystemExit(main())
