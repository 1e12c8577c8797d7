"""Do forecasts of imported clusters keep what they promise where the law of what comes is known?

Worlds of four laws (one queue; a cohort that borrows; fair sharing that preempts; topology) run for some days, are
stopped at the first hour at which something waits, written as `kubectl get -A -o json` would print them, and imported.
The forecast of one waiting job knows nothing but the dump. What it promises is held against when that job really
started.

    python -m benchmarks.promises.known_laws --worlds 200 [--law cohort] [--control]

*As drawn* are the quantiles of the futures; *as told* those corrected by what forecasts in the worlds before missed.
The control asks the same of futures drawn by those who know the law: they hold by construction, so what
they miss is the luck of these worlds.
Worlds are independent of each other, so the intervals are exact.
"""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from math import log
from multiprocessing import Pool
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import process_time

from benchmarks.adoption import imported
from kueue_sim.engine.simulation import Simulation
from kueue_sim.inputs.scenario import scenario_from_dict
from kueue_sim.model import Scenario, Workload
from kueue_sim.whatif.forecasting.calibration import calibration, trials
from kueue_sim.whatif.forecasting.correction import Hindcast
from kueue_sim.whatif.forecasting.forecast import forecast
from kueue_sim.whatif.forecasting.starting import admissions
from kueue_sim.whatif.learning.futures import longest_leg_ms
from kueue_sim.whatif.learning.present import Present, present_of
from tests.cluster.exporting import Manifest, exported

GPU = "nvidia.com/gpu"
HOST, RACK = "kubernetes.io/hostname", "example.com/rack"
LAWS = ("one queue", "cohort", "fair sharing", "topology")
DAYS, FUTURES = 5, 19
HOURS = 24 * (DAYS + 1) + 48
GPUS = 16
LOAD = {"one queue": 0.95, "cohort": 0.95, "fair sharing": 0.75, "topology": 0.8}
"""Work that comes, in shares of what the GPUs can do; what preemption throws away and what cannot be placed comes on
top."""
MEAN_H = {1: 1.5, 2: 2.0, 4: 3.0}
"""Mean run time in hours by number of GPUs; run times are lognormal."""
SIGMA = 0.8
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
YEAR_MS = 365 * DAY_MS


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


Kind = tuple[int, str, int, str]
"""Number of GPUs, queue, priority, and the level its pods have to share: what a job is drawn with."""


def arrivals(law: str, random: Random, until_s: float) -> Iterator[tuple[float, Kind]]:
    """Poisson arrivals of jobs of 1, 2 or 4 GPUs: when, and which kind."""
    at_s = 0.0
    each = sum(size * hours for size, hours in MEAN_H.items()) / len(MEAN_H)
    every_s = 3600 * each / (LOAD[law] * GPUS)
    while (at_s := at_s + random.expovariate(1 / every_s)) < until_s:
        size, queue = random.choice(tuple(MEAN_H)), random.choice(queues(law))
        priority = random.choice((0, 0, 100)) if law == "fair sharing" else 0
        yield at_s, (size, queue, priority, random.choice((HOST, RACK)) if law == "topology" else "")


def run_time_s(random: Random, size: int) -> int:
    """Run times are lognormal."""
    return round(random.lognormvariate(log(3600 * MEAN_H[size]) - SIGMA**2 / 2, SIGMA)) + 1


def work(law: str, seed: int) -> Iterator[Manifest]:
    """The jobs of a world."""
    random = Random(f"{law}:{seed}")
    for number, (at_s, (size, queue, priority, level)) in enumerate(arrivals(law, random, HOURS * 3600)):
        pod_set: Manifest = {"name": "main", "pods": 1, "requests": {GPU: size}}
        if level:
            pod_set |= {"pods": min(size, 2), "requests": {GPU: size // min(size, 2)}, "topology": {"required": level}}
        runtime = run_time_s(random, size)
        entry = {"name": f"job-{number:05d}", "queue": queue, "podSets": [pod_set], "priority": priority}
        yield {**entry, "submit": f"{round(at_s)}s", "runtime": f"{runtime}s"}


def _kind(one: Workload) -> Kind:
    pods = one.pod_sets[0]
    level = (pods.topology.required if pods.topology is not None else None) or ""
    return pods.count * pods.requests[GPU], one.queue_name, one.priority, level


@dataclass(frozen=True, slots=True)
class Stopped:
    """A world that was stopped while something waited: the cluster as imported from its dump, the job that is asked
    about, and when it really started, in milliseconds from the stop. ``jobs`` are all of the world."""

    cluster: Scenario
    jobs: tuple[Workload, ...]
    key: str
    actual_ms: int | None


def stopped(law: str, seed: int) -> Stopped | None:
    """The world of this seed, None where nothing waited for a day."""
    document: Manifest = {
        "apiVersion": "kueue-sim/v1", "kind": "Scenario",
        "policy": {"objects": policy(law)}, "workloads": list(work(law, seed)),
    }  # fmt: skip
    if law == "fair sharing":
        document["kueue"] = {"configuration": {"fairSharing": {"enable": True}}}
    scenario = scenario_from_dict(document)
    simulation = Simulation(scenario)
    for at_ms in range(DAYS * DAY_MS, (DAYS + 1) * DAY_MS, HOUR_MS):
        present = simulation.present(at_ms)
        waiting = [one.key for one in present.workloads if one.status is not None and one.status.admission is None]
        if waiting:
            break
    else:
        return None
    key = Random(f"{law}:{seed}:asked").choice(waiting)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"world-{seed}.json"
        objects = document["policy"]["objects"]
        path.write_text(json.dumps(exported(objects, scenario, present, simulation.facts, at_ms)), encoding="utf-8")
        cluster = imported(path, scenario, at_ms)
    starts = [fact.at_ms for fact in simulation.run().facts if fact.type == "Admitted" and fact.workload == key]
    actual = next((at - at_ms for at in starts if at > at_ms), None)
    return Stopped(cluster, tuple(scenario.workloads), key, actual)


def promised(law: str, seed: int, control: bool) -> tuple[Hindcast, ...] | None:
    """What the dump of this world promised of one waiting job, and what came; with ``control`` also what those would
    promise who know the law. None where nothing waited."""
    world = stopped(law, seed)
    if world is None:
        return None
    found = forecast(world.cluster, [world.key], seeds=FUTURES, ahead="7d", explain=False, hindcasts=0).starts[0]
    learned = Hindcast(seed * YEAR_MS, found.starts_ms, found.ahead_ms, world.actual_ms)
    if not control:
        return (learned,)
    present, ahead_ms = present_of(world.cluster, 0).light(), 7 * DAY_MS
    drawn = [Random(f"{law}:{seed}:control:{number}") for number in range(FUTURES)]
    played = [admissions(by_law(law, world, present, random, ahead_ms), [world.key], 0) for random in drawn]
    starts = tuple(one.starts[world.key] for one in played)
    return learned, Hindcast(seed * YEAR_MS, starts, ahead_ms, world.actual_ms)


def by_law(law: str, world: Stopped, present: Present, random: Random, ahead_ms: int) -> Scenario:
    """A future of the present as those would draw it who know the law."""

    def runtime_ms(one: Workload, elapsed_ms: int = 0) -> int:
        size = sum(pods.count * pods.requests[GPU] for pods in one.pod_sets)
        while (drawn := 1000 * run_time_s(random, size)) <= elapsed_ms:
            pass
        return drawn

    def coming() -> Iterator[Workload]:
        like = {_kind(one): one for one in world.jobs}
        for number, (at_s, entry) in enumerate(arrivals(law, random, ahead_ms // 1000)):
            one = like[entry]
            name = f"coming-{number}"
            yield one._replace(
                name=name, uid=name, created_ms=round(1000 * at_s), runtime_ms=runtime_ms(one), status=None
            )

    running = [runtime_ms(one.workload, max(one.elapsed_ms, longest_leg_ms(one.workload))) for one in present.running]
    waiting = [one._replace(runtime_ms=runtime_ms(one, longest_leg_ms(one))) for one in present.waiting]
    return present.onward(running, waiting, coming(), ahead_ms)


def main() -> None:
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--worlds", type=int, default=200, help="forecasts of each law")
    parser.add_argument("--first", type=int, default=0, help="seed of the first world")
    parser.add_argument("--law", choices=LAWS, action="append")
    parser.add_argument("--control", action="store_true", help="also what those would promise who know the law")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    options = parser.parse_args()
    for law in options.law or LAWS:
        found: list[tuple[Hindcast, ...]] = []
        with Pool(options.workers) as pool:
            seeds = range(options.first, options.first + 20 * options.worlds)
            for one in pool.imap(partial(promised, law, control=options.control), seeds):
                found += [] if one is None else [one]
                if len(found) == options.worlds:
                    break
            pool.terminate()
        print(f"{law}, {len(found)} worlds, {process_time():.0f} s of processor time so far")
        learned = list(trials([one[0] for one in found], YEAR_MS))
        print(f"as drawn: {calibration(learned, told=False)}\nas told: {calibration(learned, told=True)}")
        if options.control:
            known = list(trials([one[1] for one in found], YEAR_MS))
            print(f"by the law: {calibration(known, told=False)}")
        print(flush=True)


if __name__ == "__main__":
    main()
