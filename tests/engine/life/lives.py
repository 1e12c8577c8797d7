"""Small worlds without nodes for tests of workloads' lives, and their facts as lines."""

from collections.abc import Sequence
from typing import Any

from kueue_sim.engine import Run, simulate
from kueue_sim.model import Action, ClusterQueue, LocalQueue, Scenario, Workload
from kueue_sim.testing import a_job, a_queue, a_world, an_action

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000


def queue(name: str = "q", cpu: int = 10, **more: Any) -> ClusterQueue:
    """A ClusterQueue with this many cores in each flavor."""
    return a_queue(name, cores=cpu, **more)


def job(name: str, cpu: int, at_s: int = 0, runtime_s: int | None = 600, to: str = "q", **more: Any) -> Workload:
    """One pod with some cores, or ``pods`` of them. ``to`` names its LocalQueue."""
    return a_job(name, to, cores=cpu, at_s=at_s, runtime_s=runtime_s, **more)


def compiled(workloads: Sequence[Workload], queues: Sequence[ClusterQueue] = (), **more: Any) -> Scenario:
    """Every ClusterQueue has a LocalQueue of its name, unless ``locals`` says otherwise."""
    chosen = tuple(queues) or (queue(),)
    entrances = more.pop("locals", tuple(LocalQueue(one.name, "default", one.name) for one in chosen))
    parts = (*chosen, *more.pop("cohorts", ()), *workloads)
    return a_world(*parts, local_queues=entrances, namespaces=(), **more)


def act(at_s: int, do: str, target: str = "", **more: Any) -> Action:
    return an_action(at_s, do, target, **more)


def log(run: Run) -> list[str]:
    """The facts as lines: seconds, type, workload, reason; Submitted is left out."""
    return [
        " ".join(part for part in (f"{fact.at_ms / 1000:g}", fact.type, _subject(fact), fact.reason) if part)
        for fact in run.facts
        if fact.type != "Submitted"
    ]


def _subject(fact: Any) -> str:
    return str(fact.workload.removeprefix("default/") or fact.cluster_queue)


def live(*args: Any, **more: Any) -> list[str]:
    """The log of a simulated world."""
    return log(simulate(compiled(*args, **more)))
