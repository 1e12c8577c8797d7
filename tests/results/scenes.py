"""Small scenarios and hand-made runs for tests of tables and reports."""

from collections.abc import Iterable

from kueue_sim.model import S2A, S2B, Action, ClusterQueue, LocalQueue, Namespace, Policy, Scenario, Settings, Workload
from kueue_sim.testing import GPU as GPU
from kueue_sim.testing import a_job, a_queue, a_world

MINUTE = 60_000
HOUR = 60 * MINUTE
FAIR = Settings(fair_sharing=(S2A, S2B))


def queue(
    name: str, gpus: int, cohort: str | None = "all", flavor: str = "a100", borrow: int | None = None
) -> ClusterQueue:
    """A team's queue that reclaims what is its own and lets higher priority go first."""
    return a_queue(
        name, quota={GPU: gpus}, cohort=cohort, flavors=(flavor,), borrow=borrow, within="LowerPriority", reclaim="Any"
    )


def job(
    name: str, team: str, gpus: int, at_ms: int = 0, runtime_ms: int | None = None, priority: int = 0, pods: int = 1
) -> Workload:
    """A job of ``pods`` pods with ``gpus`` each, in the team's namespace and local queue."""
    runtime = None if runtime_ms is None else runtime_ms / 1000
    return a_job(
        name, "jobs", requests={GPU: gpus}, pods=pods, at_s=at_ms / 1000, runtime_s=runtime, priority=priority,
        namespace=team, kind="Job",
    )  # fmt: skip


def policy(*queues: ClusterQueue) -> Policy:
    """The queues with a namespace and a local queue ``jobs`` each."""
    return scene(queues, ()).policy


def scene(
    queues: Iterable[ClusterQueue],
    jobs: Iterable[Workload],
    horizon_ms: int | None = None,
    timeline: tuple[Action, ...] = (),
    warnings: tuple[str, ...] = (),
    name: str = "scene",
    settings: Settings = FAIR,
) -> Scenario:
    teams = tuple(queues)
    return a_world(
        *teams,
        *sorted(jobs, key=lambda item: item.key),
        *timeline,
        local_queues=tuple(LocalQueue("jobs", item.name, item.name) for item in teams),
        namespaces=tuple(Namespace(item.name) for item in teams),
        horizon_s=None if horizon_ms is None else horizon_ms / 1000,
        warnings=warnings,
        name=name,
        settings=settings,
    )


def introductory_lab() -> Scenario:
    """Team A borrows a GPU, team B takes it back, team A starts again from zero when B's job is deleted."""
    return scene(
        [queue("team-a", 1, flavor="ml.g5.8xlarge"), queue("team-b", 2, flavor="ml.g5.8xlarge")],
        [
            job("imagenet-1", "team-a", 1, pods=2, runtime_ms=90 * MINUTE, priority=70),
            job("imagenet-2", "team-b", 1, pods=2, at_ms=30 * MINUTE, priority=80),
        ],
        horizon_ms=4 * HOUR,
        timeline=(Action(2 * HOUR, "delete", "team-b/imagenet-2"),),
        warnings=("quota of nvidia.com/gpu in flavor ml.g5.8xlarge is 3, its nodes have 2",),
        name="introductory lab",
    )
