"""The Philly trace as scenarios: a ClusterQueue per virtual cluster, alone or in a cohort, or one over all GPUs."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from kueue_sim.inputs import scenario_from_dict
from kueue_sim.model import Scenario

FROM, UNTIL = "47d33m", "108d1h32m1s"
"""2017-10-01 00:00:00 to 2017-11-30 23:59:00 in the trace's local time, on its clock of elapsed seconds."""
FROM_MS = (47 * 24 * 60 + 33) * 60_000


def virtual_clusters(folder: Path, factor: str = "1.0") -> dict[str, int]:
    """GPUs of each virtual cluster at this share of the published capacity, rounded down."""
    with (folder / "vc_nodes.csv").open(newline="") as text:
        return {row["vc"]: int(8 * int(row["node num"]) * float(factor)) for row in csv.DictReader(text)}


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
    quota = {"name": "nvidia.com/gpu", "nominalQuota": sum(virtual_clusters(folder, factor).values())}
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
