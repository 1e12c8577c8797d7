"""Worlds of real contention: full cohorts whose queues preempt each other, as scenarios.

Every ClusterQueue owns 16 GPUs; jobs of 1, 1, 2, 4 or 8 GPUs with log-normal run times (median 30 minutes) arrive as a
Poisson process spread evenly over the queues, one in four with high priority. Queues reclaim what they lent from
anybody, and preempt lower priorities within. One seed gives the same jobs everywhere: the order in which the random
numbers are drawn is part of the definition.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from kueue_sim.inputs import scenario_from_dict
from kueue_sim.model import Scenario

GPU = "nvidia.com/gpu"
QUOTA = 16
BESIDE: Mapping[str, tuple[int, str, tuple[int, ...]]] = {
    "cpu": (12, "", (8, 12, 16)),
    "memory": (128, "Gi", (64, 128, 192)),
}
"""Resources beside GPUs: what a queue owns for each GPU of its quota, the unit, and what a job asks for each of its."""
SIZES = (1, 1, 2, 4, 8)
PRIORITIES = (0, 0, 0, 100)


@dataclass(frozen=True, slots=True)
class Contention:
    """``load`` is the offered share of all GPUs. ``levels`` 1: one Cohort for all; 2: a root over √queues Cohorts.
    ``with_cores``: jobs ask for cores and memory as well, more or less for each GPU than a queue owns. ``flavors``:
    the quota of each queue is spread evenly over so many, any of which may serve; a queue tries the next one rather
    than borrow where it ``looks_on``."""

    queues: int
    jobs: int
    load: float
    fair: bool = False
    levels: int = 1
    strict: bool = False
    seed: int = 1
    with_cores: bool = False
    flavors: int = 1
    looks_on: bool = False


def contended(world: Contention) -> Scenario:
    """The scenario of such a world, with the latencies of a typical cluster."""
    random = Random(world.seed)
    cohorts = [f"c{index}" for index in range(max(1, int(world.queues**0.5)))] if world.levels > 1 else []
    objects: list[dict[str, Any]] = [{"kind": "ResourceFlavor", "metadata": {"name": name}} for name in _flavors(world)]
    if cohorts:
        objects.append({"kind": "Cohort", "metadata": {"name": "root"}})
        for name in cohorts:
            objects.append({"kind": "Cohort", "metadata": {"name": name}, "spec": {"parentName": "root"}})
    for index in range(world.queues):
        cohort = cohorts[index % len(cohorts)] if cohorts else "root"
        objects += _queue(f"q{index}", cohort, world)
    document: dict[str, Any] = {
        "apiVersion": "kueue-sim/v1",
        "kind": "Scenario",
        "name": "contended",
        "timing": "typical",
    }
    document |= {"policy": {"objects": objects}, "workloads": _jobs(world, random)}
    if world.fair:
        document["kueue"] = {"configuration": {"fairSharing": {"enable": True}}}
    return scenario_from_dict(document)


def _flavors(world: Contention) -> list[str]:
    return ["g"] if world.flavors == 1 else [f"g{number}" for number in range(1, world.flavors + 1)]


def _queue(name: str, cohort: str, world: Contention) -> list[dict[str, Any]]:
    """A ClusterQueue and its LocalQueue."""
    share = QUOTA // world.flavors
    owned: dict[str, Any] = {GPU: share}
    if world.with_cores:
        owned |= {resource: f"{share * each}{unit}" for resource, (each, unit, _) in BESIDE.items()}
    resources = [{"name": name, "nominalQuota": quota} for name, quota in owned.items()]
    flavors = [{"name": flavor, "resources": resources} for flavor in _flavors(world)]
    spec: dict[str, Any] = {
        "namespaceSelector": {},
        "cohortName": cohort,
        "queueingStrategy": "StrictFIFO" if world.strict else "BestEffortFIFO",
        "preemption": {"reclaimWithinCohort": "Any", "withinClusterQueue": "LowerPriority"},
        "resourceGroups": [{"coveredResources": list(owned), "flavors": flavors}],
    }
    if world.looks_on:
        spec["flavorFungibility"] = {"whenCanBorrow": "TryNextFlavor"}
    local = {"name": name, "namespace": "default"}
    return [
        {"kind": "ClusterQueue", "metadata": {"name": name}, "spec": spec},
        {"kind": "LocalQueue", "metadata": local, "spec": {"clusterQueue": name}},
    ]


def _jobs(world: Contention, random: Random) -> list[dict[str, Any]]:
    runtimes = [max(60, int(random.lognormvariate(7.5, 1))) for _ in range(world.jobs)]
    sizes = [random.choice(SIZES) for _ in range(world.jobs)]
    work = sum(seconds * size for seconds, size in zip(runtimes, sizes, strict=True))
    rate = world.jobs / (work / (world.load * QUOTA * world.queues))
    at, jobs = 0.0, []
    for number in range(world.jobs):
        at += random.expovariate(rate)
        job: dict[str, Any] = {
            "name": f"j{number}",
            "queue": f"default/q{random.randrange(world.queues)}",
            "submit": f"{int(at)}s",
            "runtime": f"{runtimes[number]}s",
            "requests": {GPU: sizes[number]},
            "priority": random.choice(PRIORITIES),
        }
        if world.with_cores:
            for resource, (_, unit, asked) in BESIDE.items():
                job["requests"][resource] = f"{sizes[number] * random.choice(asked)}{unit}"
        jobs.append(job)
    return jobs
