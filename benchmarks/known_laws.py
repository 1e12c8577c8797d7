"""Do forecasts of imported clusters keep what they promise where the law of what comes is known?

Worlds of four laws (one queue; a cohort that borrows; fair sharing that preempts; topology) run for some days, are
stopped while something waits, written as `kubectl get -A -o json` would print them, and imported. The forecast of one
waiting job knows nothing but the dump. What it promises is held against when that job really started.

    python -m benchmarks.known_laws --worlds 200 [--law cohort]

*As drawn* are the quantiles of the futures; *as told* those corrected by what forecasts in the worlds before missed.
Worlds are independent of each other, so the intervals are exact.
"""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from functools import partial
from math import log
from multiprocessing import Pool
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from benchmarks.adoption import imported
from kueue_sim.engine.simulation import Simulation
from kueue_sim.inputs.scenario import scenario_from_dict
from kueue_sim.whatif.forecasting.calibration import calibration, trials
from kueue_sim.whatif.forecasting.correction import Hindcast
from kueue_sim.whatif.forecasting.forecast import forecast
from tests.cluster.exporting import Manifest, exported

GPU = "nvidia.com/gpu"
HOST, RACK = "kubernetes.io/hostname", "example.com/rack"
LAWS = ("one queue", "cohort", "fair sharing", "topology")
DAYS, HOURS_ASIDE, FUTURES = 5, 60, 19
GPUS = 16
LOAD = {"one queue": 0.95, "cohort": 0.95, "fair sharing": 0.75, "topology": 0.8}
"""Work that comes, in shares of what the GPUs can do; what preemption throws away and what cannot be placed comes on
top."""
MEAN_H = {1: 1.5, 2: 2.0, 4: 3.0}
"""Mean run time in hours by number of GPUs; run times are lognormal."""
SIGMA = 0.8
YEAR_MS = 365 * 86_400_000


def policy(law: str) -> list[Manifest]:
    """One ClusterQueue of sixteen GPUs, or two of eight in a cohort."""
    flavor: Manifest = {"nodeLabels": {"pool": "gpu"}, "topologyName": "racks"} if law == "topology" else {}
    objects: list[Manifest] = [{"kind": "ResourceFlavor", "metadata": {"name": "gpu"}, "spec": flavor}]
    if law == "topology":
        levels = [{"nodeLabel": RACK}, {"nodeLabel": HOST}]
        objects.append({"kind": "Topology", "metadata": {"name": "racks"}, "spec": {"levels": levels}})
        objects += nodes()
    names = queues(law)
    for name in names:
        resources = [{"name": GPU, "nominalQuota": GPUS // len(names)}]
        group = {"coveredResources": [GPU], "flavors": [{"name": "gpu", "resources": resources}]}
        spec: Manifest = {"namespaceSelector": {}, "resourceGroups": [group]}
        if len(names) > 1:
            spec["cohortName"] = "all"
        if law == "fair sharing":
            spec["preemption"] = {"reclaimWithinCohort": "Any", "withinClusterQueue": "LowerPriority"}
        objects.append({"kind": "ClusterQueue", "metadata": {"name": name}, "spec": spec})
    return objects


def queues(law: str) -> tuple[str, ...]:
    """Names of the ClusterQueues."""
    return ("a", "b") if law in ("cohort", "fair sharing") else ("a",)


def nodes() -> list[Manifest]:
    """Four nodes of four GPUs in two racks."""
    status = {"allocatable": {GPU: "4", "pods": "110"}, "conditions": [{"type": "Ready", "status": "True"}]}
    labels = [{HOST: f"n{number}", RACK: f"r{number // 2}", "pool": "gpu"} for number in range(4)]
    return [
        {"kind": "Node", "metadata": {"name": one[HOST], "labels": one}, "spec": {}, "status": status} for one in labels
    ]


def work(law: str, seed: int) -> Iterator[Manifest]:
    """Poisson arrivals of jobs of 1, 2 or 4 GPUs with lognormal run times."""
    random, at = Random(f"{law}:{seed}"), 0.0
    each = sum(size * hours for size, hours in MEAN_H.items()) / len(MEAN_H)
    every_s = 3600 * each / (LOAD[law] * GPUS)
    number = 0
    while (at := at + random.expovariate(1 / every_s)) < (24 * DAYS + HOURS_ASIDE) * 3600:
        size = random.choice(tuple(MEAN_H))
        mean_s = 3600 * MEAN_H[size]
        pod_set: Manifest = {"name": "main", "pods": 1, "requests": {GPU: size}}
        if law == "topology":
            pod_set |= {"pods": min(size, 2), "requests": {GPU: size // min(size, 2)}}
            pod_set["topology"] = {"required": HOST if random.random() < 0.5 else RACK}
        entry = {"name": f"job-{number:05d}", "queue": random.choice(queues(law)), "podSets": [pod_set]}
        if law == "fair sharing":
            entry["priority"] = random.choice((0, 0, 100))
        runtime = round(random.lognormvariate(log(mean_s) - SIGMA**2 / 2, SIGMA)) + 1
        yield {**entry, "submit": f"{round(at)}s", "runtime": f"{runtime}s"}
        number += 1


def promised(law: str, seed: int) -> Hindcast | None:
    """What the dump of this world promised of one waiting job, and what came; None where nothing waited."""
    document: Manifest = {
        "apiVersion": "kueue-sim/v1", "kind": "Scenario",
        "policy": {"objects": policy(law)}, "workloads": list(work(law, seed)),
    }  # fmt: skip
    if law == "fair sharing":
        document["kueue"] = {"configuration": {"fairSharing": {"enable": True}}}
    scenario = scenario_from_dict(document)
    at_ms = DAYS * 86_400_000
    simulation = Simulation(scenario)
    present = simulation.present(at_ms)
    waiting = [one.key for one in present.workloads if one.status is not None and one.status.admission is None]
    if not waiting:
        return None
    key = Random(f"{law}:{seed}:asked").choice(waiting)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"world-{seed}.json"
        objects = document["policy"]["objects"]
        path.write_text(json.dumps(exported(objects, scenario, present, simulation.facts, at_ms)), encoding="utf-8")
        cluster = imported(path, scenario, at_ms)
    found = forecast(cluster, [key], seeds=FUTURES, ahead="7d", explain=False, hindcasts=0).starts[0]
    whole = Simulation(scenario).run()
    starts = [fact.at_ms for fact in whole.facts if fact.type == "Admitted" and fact.workload == key]
    actual = next((at - at_ms for at in starts if at > at_ms), None)
    return Hindcast(seed * YEAR_MS, found.starts_ms, found.ahead_ms, actual)


def main() -> None:
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--worlds", type=int, default=200, help="forecasts of each law")
    parser.add_argument("--law", choices=LAWS, action="append")
    options = parser.parse_args()
    for law in options.law or LAWS:
        found: list[Hindcast] = []
        with Pool(2) as pool:
            for one in pool.imap(partial(promised, law), range(10 * options.worlds)):
                found += [] if one is None else [one]
                if len(found) == options.worlds:
                    break
            pool.terminate()
        checked = list(trials(found, YEAR_MS))
        print(
            f"{law}\nas drawn: {calibration(checked, told=False)}\nas told: {calibration(checked, told=True)}",
            flush=True,
        )


if __name__ == "__main__":
    main()
