"""The pool workload: jobs of eight teams for 64 nodes of eight GPUs, and the queues they go to.

Jobs arrive as a Poisson process on whole seconds, sizes are 1 to 32 GPUs, run times log-normal around ten minutes.
``load`` is the offered share of the 512 GPUs. One seed gives the same jobs everywhere: the order in which the
random numbers are drawn (all sizes, all run times, all arrivals, all teams) is part of the definition.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate
from math import log
from random import Random

from kueue_sim.model import (
    ClusterQueue,
    FlavorQuotas,
    LocalQueue,
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

GPU = "nvidia.com/gpu"
GPUS, TEAMS = 512, 8
SHARES = {1: 0.50, 2: 0.15, 4: 0.15, 8: 0.15, 16: 0.03, 32: 0.02}
"""Share of the jobs with so many GPUs."""
MEDIAN_S, SIGMA = 600, 1.2
SHORTEST_S, LONGEST_S = 10, 86_400
NAMESPACE = "default"


@dataclass(frozen=True, slots=True)
class PoolJobs:
    """The jobs in order of submission: team index, second of submission, GPUs, seconds of run time."""

    teams: tuple[int, ...]
    submits_s: tuple[int, ...]
    gpus: tuple[int, ...]
    runtimes_s: tuple[int, ...]


def pool_jobs(count: int, load: float, seed: int = 1) -> PoolJobs:
    """``count`` jobs that would keep ``load`` of all GPUs busy."""
    random = Random(seed)
    sizes, weights = list(SHARES), list(SHARES.values())
    gpus = tuple(random.choices(sizes, weights)[0] for _ in range(count))
    drawn = (round(random.lognormvariate(log(MEDIAN_S), SIGMA)) for _ in range(count))
    runtimes = tuple(min(LONGEST_S, max(SHORTEST_S, seconds)) for seconds in drawn)
    work = sum(size * seconds for size, seconds in zip(gpus, runtimes, strict=True))
    rate = count / (work / (load * GPUS))
    gaps = (random.expovariate(rate) for _ in range(count))
    submits = tuple(int(at) for at in accumulate(gaps))
    names = [f"team-{index}" for index in range(TEAMS)]
    teams = tuple(names.index(random.choice(names)) for _ in range(count))
    return PoolJobs(teams, submits, gpus, runtimes)


def _workloads(jobs: PoolJobs, by_team: bool) -> Iterator[Workload]:
    """The jobs as workloads; uids keep the order of submission."""
    shapes = {size: (PodSet("main", 1, {GPU: size}),) for size in SHARES}
    queues = [queue_name(index) if by_team else queue_name(0) for index in range(TEAMS)]
    for number, (team, at, size, seconds) in enumerate(
        zip(jobs.teams, jobs.submits_s, jobs.gpus, jobs.runtimes_s, strict=True)
    ):
        yield Workload(
            name=f"job-{number}",
            namespace=NAMESPACE,
            queue_name=queues[team],
            pod_sets=shapes[size],
            uid=f"{number:09d}",
            created_ms=at * 1000,
            runtime_ms=seconds * 1000,
        )


def queue_name(index: int) -> str:
    """The name of a team's ClusterQueue and LocalQueue."""
    return f"team-{index}"


def _queue(index: int, quota: int, cohort: str | None, strategy: str) -> ClusterQueue:
    flavors = (FlavorQuotas("gpu", ((GPU, Quota(quota)),)),)
    groups = (ResourceGroup((GPU,), flavors),)
    return ClusterQueue(queue_name(index), groups, cohort, queueing_strategy=strategy)


def one_queue(jobs: PoolJobs, strategy: str = "StrictFIFO") -> Scenario:
    """All jobs in one ClusterQueue that owns all GPUs."""
    queues = (_queue(0, GPUS, None, strategy),)
    return _scenario("pool", jobs, queues, by_team=False)


def eight_queues(jobs: PoolJobs, strategy: str = "StrictFIFO") -> Scenario:
    """A ClusterQueue per team, all in one cohort without limits; one priority, no preemption."""
    queues = tuple(_queue(index, GPUS // TEAMS, "pool", strategy) for index in range(TEAMS))
    return _scenario("cohort", jobs, queues, by_team=True)


def reclaiming_queues(jobs: PoolJobs) -> Scenario:
    """The eight ClusterQueues with three priorities in turn, preemption within each and reclaim of whatever is lent."""
    scenario = eight_queues(jobs)
    rules = Preemption(PreemptionPolicy.LOWER_PRIORITY, PreemptionPolicy.ANY)
    queues = tuple(replace(queue, preemption=rules) for queue in scenario.policy.cluster_queues)
    workloads = tuple(one._replace(priority=number % 3) for number, one in enumerate(scenario.workloads))
    return replace(scenario, policy=replace(scenario.policy, cluster_queues=queues), workloads=workloads)


def _scenario(name: str, jobs: PoolJobs, queues: tuple[ClusterQueue, ...], by_team: bool) -> Scenario:
    policy = Policy(
        flavors=(ResourceFlavor("gpu"),),
        cluster_queues=queues,
        local_queues=tuple(LocalQueue(queue.name, NAMESPACE, queue.name) for queue in queues),
    )
    return Scenario(name=name, policy=policy, workloads=tuple(_workloads(jobs, by_team)))
