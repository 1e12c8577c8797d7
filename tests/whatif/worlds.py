"""Small worlds for tests: two teams with GPUs of their own in one cohort."""

from dataclasses import replace
from pathlib import Path
from random import Random

from kueue_sim.model import (
    ClusterQueue,
    FlavorQuotas,
    LocalQueue,
    Namespace,
    PodSet,
    Policy,
    Preemption,
    PreemptionPolicy,
    Quota,
    ResourceFlavor,
    ResourceGroup,
    Scenario,
    Workload,
)
from tests.scenario_text import scenario_text

GPU = "nvidia.com/gpu"
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def queue(name: str, nominal: int, borrow: int | None = 0) -> ClusterQueue:
    quota = FlavorQuotas("gpu", ((GPU, Quota(nominal, borrowing_limit=borrow)),))
    reclaim = Preemption(reclaim_within_cohort=PreemptionPolicy.ANY)
    return ClusterQueue(name, (ResourceGroup((GPU,), (quota,)),), cohort="all", preemption=reclaim)


def policy(*queues: ClusterQueue) -> Policy:
    return Policy(
        flavors=(ResourceFlavor("gpu"),),
        cluster_queues=queues,
        local_queues=tuple(LocalQueue(item.name, "ml", item.name) for item in queues),
        namespaces=(Namespace("ml"),),
    )


def job(name: str, team: str, gpus: int, at_ms: int, runtime_ms: int | None = HOUR) -> Workload:
    return Workload(
        name, "ml", team, (PodSet("main", 1, {GPU: gpus}),), uid=name, created_ms=at_ms, runtime_ms=runtime_ms
    )


def busy(seed: int, nominal: int = 2, borrow: int | None = 0, jobs: int = 60) -> Scenario:
    """Team A asks for somewhat more than it has, team B for less; jobs follow from the seed alone."""
    random = Random(seed)
    at, found = 0.0, []
    for index in range(jobs):
        at += random.expovariate(1 / (18 * MINUTE))
        team = "team-a" if random.random() < 0.8 else "team-b"
        found.append(job(f"j{index:03d}", team, 1, round(at), round(random.expovariate(1 / HOUR)) + MINUTE))
    queues = policy(queue("team-a", nominal, borrow), queue("team-b", 2, borrow))
    return Scenario("busy", queues, tuple(found), seed=seed)


def borrowing(seed: int) -> Scenario:
    return busy(seed, borrow=None)


def larger(seed: int) -> Scenario:
    return busy(seed, nominal=6)


def recorded(nominal: int = 2) -> Scenario:
    """One recorded history, the same whatever the seed."""
    return replace(busy(7, nominal=nominal, jobs=450), seed=0)


def bursts(seed: int, days: int) -> Scenario:
    """A recorded history as clusters have it: jobs come in bursts, and those of one burst run alike."""
    random = Random(seed)
    at, found = 0.0, []
    while (at := at + random.expovariate(1 / (4 * HOUR))) < days * DAY:
        typical = HOUR * random.lognormvariate(0, 1.2)
        for _ in range(random.randint(1, 6)):
            created, runtime = round(at + random.uniform(0, HOUR)), round(typical * random.lognormvariate(0, 0.2))
            found.append(job(f"j{len(found):04d}", "team-a", 1, created, runtime))
    found.sort(key=lambda item: item.created_ms)
    return Scenario("bursts", policy(queue("team-a", 2)), tuple(found))


FILE = scenario_text(
    {"team-a": 2},
    """\
horizon: 1d
workloads:
  - generate:
      name: job
      team: team-a
      requests: {nvidia.com/gpu: 1}
      arrivals: {every: 20m}
      runtime: {distribution: exponential, mean: 1h}
""",
)
QUOTA = "[ClusterQueue/team-a].spec.resourceGroups[0].flavors[gpu].resources[nvidia.com/gpu].nominalQuota"


def file(folder: Path, text: str = FILE, name: str = "scenario.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path
