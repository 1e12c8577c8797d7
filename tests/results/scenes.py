"""Small scenarios and hand-made runs for tests of tables and reports."""

from collections.abc import Iterable

from kueue_sim.model import (
    S2A,
    S2B,
    Action,
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
    Settings,
    Workload,
)

GPU = "nvidia.com/gpu"
MINUTE = 60_000
HOUR = 60 * MINUTE
FAIR = Settings(fair_sharing=(S2A, S2B))


def queue(
    name: str, gpus: int, cohort: str | None = "all", flavor: str = "a100", borrow: int | None = None
) -> ClusterQueue:
    """A team's queue that reclaims what is its own and lets higher priority go first."""
    quotas = FlavorQuotas(flavor, ((GPU, Quota(gpus, borrow)),))
    return ClusterQueue(
        name,
        (ResourceGroup((GPU,), (quotas,)),),
        cohort=cohort,
        preemption=Preemption(PreemptionPolicy.LOWER_PRIORITY, PreemptionPolicy.ANY),
    )


def job(
    name: str, team: str, gpus: int, at_ms: int = 0, runtime_ms: int | None = None, priority: int = 0, pods: int = 1
) -> Workload:
    """A job of ``pods`` pods with ``gpus`` each, in the team's namespace and local queue."""
    pod_sets = (PodSet("main", pods, {GPU: gpus}),)
    return Workload(
        name, team, "jobs", pod_sets, uid=name, created_ms=at_ms, runtime_ms=runtime_ms, priority=priority, kind="Job"
    )


def policy(*queues: ClusterQueue) -> Policy:
    """The queues with a namespace and a local queue ``jobs`` each."""
    flavors = dict.fromkeys(
        flavor.name for item in queues for group in item.resource_groups for flavor in group.flavors
    )
    return Policy(
        flavors=tuple(ResourceFlavor(name) for name in flavors),
        cluster_queues=queues,
        local_queues=tuple(LocalQueue("jobs", item.name, item.name) for item in queues),
        namespaces=tuple(Namespace(item.name) for item in queues),
    )


def scene(
    queues: Iterable[ClusterQueue],
    jobs: Iterable[Workload],
    horizon_ms: int | None = None,
    timeline: tuple[Action, ...] = (),
    warnings: tuple[str, ...] = (),
    name: str = "scene",
    settings: Settings = FAIR,
) -> Scenario:
    return Scenario(
        name,
        policy(*queues),
        tuple(sorted(jobs, key=lambda item: (item.created_ms, item.key))),
        settings,
        timeline=timeline,
        horizon_ms=horizon_ms,
        warnings=warnings,
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
