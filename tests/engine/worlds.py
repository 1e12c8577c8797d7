"""Scenarios with nodes for the tests of pods, and their facts as lines."""

from collections.abc import Sequence
from typing import Any

from kueue_sim.engine import Run, simulate
from kueue_sim.model import (
    Action,
    ClusterQueue,
    FlavorQuotas,
    LocalQueue,
    Node,
    Placement,
    PodSet,
    Policy,
    Quota,
    ResourceFlavor,
    ResourceGroup,
    Scenario,
    Workload,
)

GPU = "nvidia.com/gpu"
MINUTE, HOUR = 60_000, 3_600_000


def nodes(count: int, gpus: int = 8, pool: str = "n") -> list[Node]:
    """Equal nodes n1, n2, … of a pool."""
    return [Node(f"{pool}{number}", {"pool": pool}, allocatable={GPU: gpus}) for number in range(1, count + 1)]


def job(name: str, pods: int, gpus: int, at_ms: int = 0, runtime_ms: int | None = HOUR, **more: Any) -> Workload:
    """Pods of some GPUs each; ``selector`` goes to the pods, everything else to the workload."""
    pod_set = PodSet("main", pods, {GPU: gpus}, node_selector=more.pop("selector", {}))
    return Workload(name, "default", "main", (pod_set,), uid=name, created_ms=at_ms, runtime_ms=runtime_ms, **more)


def scenario(
    workloads: Sequence[Workload], cluster: Sequence[Node], placement: str = "GpuSpread", quota: int = 64, **more: Any
) -> Scenario:
    """One ClusterQueue with this many GPUs of quota, whatever the nodes have."""
    group = ResourceGroup((GPU,), (FlavorQuotas("gpu", ((GPU, Quota(quota)),)),))
    policy = Policy(
        flavors=(ResourceFlavor("gpu"),),
        cluster_queues=(
            ClusterQueue("main", (group,), preemption=more.pop("preemption", ClusterQueue("").preemption)),
        ),
        local_queues=(LocalQueue("main", "default", "main"),),
    )
    chosen = more.pop("chosen", None) or Placement(placement)  # type: ignore[arg-type]
    return Scenario("nodes", policy, tuple(workloads), nodes=tuple(cluster), placement=chosen, **more)


def log(run: Run, *, since_ms: int = 0, types: Sequence[str] = ()) -> list[str]:
    """The facts as lines: seconds, type, workload, message; Submitted is left out."""
    return [
        " ".join(
            part
            for part in (
                f"{fact.at_ms / 1000:g}",
                fact.type,
                fact.workload.removeprefix("default/"),
                fact.reason if fact.type == "Node" else "",
                fact.message,
                f"lost {fact.lost_ms / 1000:g}" if fact.lost_ms else "",
            )
            if part
        )
        for fact in run.facts
        if fact.type != "Submitted" and fact.at_ms >= since_ms and (not types or fact.type in types)
    ]


def act(at_ms: int, do: str, target: str = "", **more: Any) -> Action:
    return Action(at_ms, do, target, **more)  # type: ignore[arg-type]


def run(*args: Any, **more: Any) -> Run:
    """Simulate a scenario of these parts."""
    return simulate(scenario(*args, **more))
