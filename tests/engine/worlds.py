"""Scenarios with nodes for the tests of pods, and their facts as lines."""

from collections.abc import Sequence
from typing import Any

from kueue_sim.engine import Run, simulate
from kueue_sim.model import Action, Node, Placement, Scenario, Workload
from kueue_sim.testing import GPU as GPU
from kueue_sim.testing import a_job, a_queue, a_world, some_nodes

MINUTE, HOUR = 60_000, 3_600_000


def nodes(count: int, gpus: int = 8, pool: str = "n") -> list[Node]:
    """Equal nodes n1, n2, … of a pool."""
    return list(some_nodes(count, gpus=gpus, pool=pool))


def job(name: str, pods: int, gpus: int, at_ms: int = 0, runtime_ms: int | None = HOUR, **more: Any) -> Workload:
    """Pods of some GPUs each; ``selector`` goes to the pods, everything else to the workload."""
    runtime = None if runtime_ms is None else runtime_ms / 1000
    return a_job(name, "main", gpus=gpus, pods=pods, at_s=at_ms / 1000, runtime_s=runtime, **more)


def scenario(
    workloads: Sequence[Workload], cluster: Sequence[Node], placement: str = "GpuSpread", quota: int = 64, **more: Any
) -> Scenario:
    """One ClusterQueue with this many GPUs of quota, whatever the nodes have."""
    queue = a_queue("main", gpus=quota, flavors=("gpu",), preemption=more.pop("preemption", None))
    chosen = more.pop("chosen", None) or Placement(placement)  # type: ignore[arg-type]
    return a_world(queue, *workloads, *cluster, name="nodes", placement=chosen, namespaces=(), **more)


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
