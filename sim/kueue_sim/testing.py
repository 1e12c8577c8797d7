"""Worlds in a few lines, for tests of policies: queues, jobs, nodes, and what was decided as lines.

    from kueue_sim.testing import a_job, a_queue, a_world, decisions

    world = a_world(
        a_queue("team-a", gpus=4, cohort="all"),
        a_queue("team-b", gpus=4, cohort="all", reclaim="Any"),
        a_job("big", "team-a", gpus=8, runtime_s=3600),
        a_job("own", "team-b", gpus=2, at_s=60, runtime_s=600),
    )
    assert decisions(world)[0] == "0s admitted default/big in team-a: main 1 × nvidia.com/gpu=default"

Times are seconds, GPUs and cores natural numbers; nothing random. ``kueue_sim.policytest.strategies`` has random
worlds for hypothesis.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeVar, cast

from kueue_sim.engine import Run, simulate
from kueue_sim.model import (
    Action,
    AdmissionCheck,
    AdmissionCheckRule,
    ClusterQueue,
    Cohort,
    FlavorQuotas,
    LocalQueue,
    Namespace,
    Node,
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
from kueue_sim.policytest.told import recorded
from kueue_sim.units import parse_quantity

GPU = "nvidia.com/gpu"
FLAVOR = "default"
Amounts = Mapping[str, int | float | str]
"""Resource → amount as in manifests: ``{"nvidia.com/gpu": 4, "cpu": "500m"}``."""
Part = ClusterQueue | Cohort | Workload | Node | Action | ResourceFlavor | LocalQueue
Policies = Literal["Never", "Any", "LowerPriority", "LowerOrNewerEqualPriority"]
_Kind = TypeVar("_Kind")


def a_quota(
    flavors: Sequence[str], amounts: Amounts, borrow: float | None = None, lend: float | None = None
) -> ResourceGroup:
    """One resource group with the same quota in each flavor. ``borrow`` and ``lend`` limit each resource; None: no
    limit. Raises ValueError where an amount is no quantity."""
    quotas = tuple(
        (
            resource,
            Quota(
                parse_quantity(str(amount), resource),
                None if borrow is None else parse_quantity(str(borrow), resource),
                None if lend is None else parse_quantity(str(lend), resource),
            ),
        )
        for resource, amount in amounts.items()
    )
    return ResourceGroup(tuple(amounts), tuple(FlavorQuotas(flavor, quotas) for flavor in flavors))


def a_queue(
    name: str,
    *,
    gpus: float | None = None,
    cores: float | None = None,
    quota: Amounts | None = None,
    cohort: str | None = None,
    borrow: float | None = None,
    lend: float | None = None,
    flavors: Sequence[str] = (FLAVOR,),
    within: Policies = "Never",
    reclaim: Policies = "Never",
    while_borrowing: Policies = "Never",
    threshold: int | None = None,
    preemption: Preemption | None = None,
    weight: float = 1.0,
    strict: bool = False,
    checks: Sequence[str] = (),
    **more: Any,
) -> ClusterQueue:
    """A ClusterQueue with so many GPUs and cores (and further ``quota``) in each flavor.

    ``within``, ``reclaim`` and ``while_borrowing`` are Kueue's withinClusterQueue, reclaimWithinCohort and
    borrowWithinCohort with its ``threshold``; ``preemption`` stands for all of them. ``strict`` queues are StrictFIFO;
    ``checks`` are names of admission checks; ``more`` are further fields of ``ClusterQueue``.
    """
    amounts = _amounts(gpus, cores, quota)
    chosen = preemption or Preemption(
        PreemptionPolicy(within), PreemptionPolicy(reclaim), PreemptionPolicy(while_borrowing), threshold
    )
    fields: dict[str, Any] = {
        "cohort": cohort,
        "queueing_strategy": "StrictFIFO" if strict else "BestEffortFIFO",
        "preemption": chosen,
        "fair_weight": weight,
        "admission_checks": tuple(AdmissionCheckRule(check) for check in checks),
        **more,
    }
    return ClusterQueue(name, (a_quota(flavors, amounts, borrow, lend),) if amounts else (), **fields)


def a_cohort(
    name: str,
    parent: str | None = None,
    *,
    gpus: float | None = None,
    cores: float | None = None,
    weight: float = 1.0,
    **limits: float,
) -> Cohort:
    """A Cohort, with quota of its own where it is given. ``limits`` are ``borrow`` and ``lend``."""
    amounts = _amounts(gpus, cores)
    return Cohort(name, parent, (a_quota((FLAVOR,), amounts, **limits),) if amounts else (), weight)


def a_job(
    name: str,
    queue: str,
    *,
    gpus: float | None = None,
    cores: float | None = None,
    requests: Amounts | None = None,
    pods: int = 1,
    min_pods: int | None = None,
    at_s: float = 0,
    runtime_s: float | None = None,
    priority: int = 0,
    namespace: str = "default",
    selector: Mapping[str, str] | None = None,
    **more: Any,
) -> Workload:
    """A job of equal pods, each with so many GPUs and cores, submitted to the LocalQueue ``queue``.

    ``runtime_s`` None: it runs until it is deleted. ``min_pods`` allows partial admission. ``selector`` is the node
    selector of its pods; ``more`` are further fields of ``Workload``.
    """
    amounts = _amounts(gpus, cores, requests)
    canonical = {resource: parse_quantity(str(amount), resource) for resource, amount in amounts.items()}
    pod_set = PodSet("main", pods, canonical, min_pods, node_selector=dict(selector or {}))
    runtime = None if runtime_s is None else round(runtime_s * 1000)
    return Workload(
        name,
        namespace,
        queue,
        (pod_set,),
        uid=more.pop("uid", name),
        created_ms=round(at_s * 1000),
        runtime_ms=runtime,
        priority=priority,
        **more,
    )


def some_nodes(count: int, *, gpus: int = 8, pool: str = "n", **labels: str) -> tuple[Node, ...]:
    """Equal nodes ``n1``, ``n2``, … with the label ``pool`` and others."""
    return tuple(
        Node(f"{pool}{number}", {"pool": pool, **labels}, allocatable={GPU: gpus}) for number in range(1, count + 1)
    )


def an_action(at_s: float, do: str, target: str = "", **more: Any) -> Action:
    """Something the administrator or the world does: ``delete``, ``cordon``, ``stop`` … (see ``Action``)."""
    return Action(round(at_s * 1000), cast(Any, do), target, **more)


def a_world(*parts: Part, name: str = "world", horizon_s: float | None = None, **more: Any) -> Scenario:
    """The scenario of these parts, in any order.

    Flavors that queues name, admission checks and namespaces in use are made. Every ClusterQueue without a LocalQueue
    gets one of its own name in each namespace in use. Jobs are submitted in order of time and then as they are given.
    ``more`` are further fields of ``Scenario``, ``local_queues`` and ``namespaces`` among them.
    """
    queues, jobs = _of(parts, ClusterQueue), _of(parts, Workload)
    spaces = list(dict.fromkeys([job.namespace for job in jobs] or ["default"]))
    given = (*_of(parts, LocalQueue), *more.pop("local_queues", ()))
    served = {one.cluster_queue for one in given}
    made = (LocalQueue(one.name, space, one.name) for one in queues if one.name not in served for space in spaces)
    named = dict.fromkeys(quotas.name for one in queues for group in one.resource_groups for quotas in group.flavors)
    flavors = {one.name: one for one in _of(parts, ResourceFlavor)}
    checks = dict.fromkeys(rule.name for one in queues for rule in one.admission_checks)
    policy = Policy(
        flavors=tuple(flavors.get(flavor, ResourceFlavor(flavor)) for flavor in {**named, **flavors}),
        cluster_queues=queues,
        cohorts=_of(parts, Cohort),
        local_queues=(*given, *made),
        namespaces=more.pop("namespaces", tuple(Namespace(space) for space in spaces)),
        admission_checks=tuple(map(AdmissionCheck, checks)),
    )
    fields: dict[str, Any] = {
        "nodes": _of(parts, Node),
        "timeline": tuple(sorted(_of(parts, Action), key=lambda action: action.at_ms)),
        "horizon_ms": None if horizon_s is None else round(horizon_s * 1000),
        **{name: tuple(value) if isinstance(value, list) else value for name, value in more.items()},
    }
    return Scenario(name, policy, tuple(sorted(jobs, key=lambda job: job.created_ms)), **fields)


def decisions(of: Scenario | Run) -> list[str]:
    """What was decided, a line each: ``1m preempted default/big by default/own (InCohortReclamation)``.

    Of a scenario: it is run first.
    """
    return list(recorded(simulate(of) if isinstance(of, Scenario) else of))


def _amounts(gpus: float | None, cores: float | None, others: Amounts | None = None) -> dict[str, int | float | str]:
    """What is given of GPUs, cores and other resources; a given 0 is an amount, None is not."""
    given = {GPU: gpus, "cpu": cores}
    return {**{resource: amount for resource, amount in given.items() if amount is not None}, **(others or {})}


def _of(parts: Sequence[Part], kind: type[_Kind]) -> tuple[_Kind, ...]:
    return tuple(part for part in parts if isinstance(part, kind))


__all__ = [
    "GPU",
    "a_cohort",
    "a_job",
    "a_queue",
    "a_quota",
    "a_world",
    "an_action",
    "decisions",
    "some_nodes",
]
