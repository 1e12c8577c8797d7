"""Small worlds without nodes for tests of workloads' lives, and their facts as lines."""

from collections.abc import Sequence
from typing import Any

from kueue_sim.engine import Run, simulate
from kueue_sim.model import (
    Action,
    AdmissionCheck,
    AdmissionCheckRule,
    ClusterQueue,
    FlavorQuotas,
    LocalQueue,
    PodSet,
    Policy,
    Quota,
    ResourceFlavor,
    ResourceGroup,
    Scenario,
    Workload,
)

CPU = "cpu"
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000


def queue(name: str = "q", cpu: int = 10, flavors: Sequence[str] = ("default",), **more: Any) -> ClusterQueue:
    """A ClusterQueue with this many cores in each flavor; ``checks`` are names of admission checks."""
    group = ResourceGroup((CPU,), tuple(FlavorQuotas(flavor, ((CPU, Quota(cpu * 1000)),)) for flavor in flavors))
    checks = tuple(AdmissionCheckRule(check) for check in more.pop("checks", ()))
    return ClusterQueue(name, (group,), admission_checks=checks, **more)


def job(name: str, cpu: int, at_s: int = 0, runtime_s: int | None = 600, **more: Any) -> Workload:
    """One pod with some cores, or ``pods`` of them. ``to`` names its LocalQueue, in ``namespace``."""
    pods = (PodSet("main", more.pop("pods", 1), {CPU: cpu * 1000}, more.pop("min_count", None)),)
    runtime = None if runtime_s is None else runtime_s * SECOND
    namespace, target = more.pop("namespace", "default"), more.pop("to", "q")
    return Workload(name, namespace, target, pods, uid=name, created_ms=at_s * SECOND, runtime_ms=runtime, **more)


def compiled(workloads: Sequence[Workload], queues: Sequence[ClusterQueue] = (), **more: Any) -> Scenario:
    """Every ClusterQueue has a LocalQueue of its name, unless ``locals`` says otherwise."""
    queues = tuple(queues) or (queue(),)
    flavors = sorted({quotas.name for one in queues for group in one.resource_groups for quotas in group.flavors})
    checks = sorted({rule.name for one in queues for rule in one.admission_checks})
    policy = Policy(
        flavors=tuple(map(ResourceFlavor, flavors)),
        cluster_queues=queues,
        cohorts=more.pop("cohorts", ()),
        local_queues=more.pop("locals", tuple(LocalQueue(one.name, "default", one.name) for one in queues)),
        admission_checks=tuple(map(AdmissionCheck, checks)),
    )
    return Scenario("life", policy, tuple(workloads), **more)


def act(at_s: int, do: str, target: str = "", **more: Any) -> Action:
    return Action(at_s * SECOND, do, target, **more)  # type: ignore[arg-type]


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
