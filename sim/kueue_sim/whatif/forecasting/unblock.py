"""What would let it start now? Small changes, each tried alone in the present state."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from kueue_sim.engine import simulate
from kueue_sim.model import Action, ClusterQueue, Quota, Workload
from kueue_sim.results.quota.quota_over_time import quotas
from kueue_sim.units import format_quantity
from kueue_sim.whatif.learning.present import Present

SOON_MS = 5000
"""Admitted within this time is at once: timing profiles let cycles and batches take a moment."""


@dataclass(frozen=True, slots=True)
class Unblocking:
    """A change of ``what`` from ``now`` to ``then`` that admits the workload at once; amounts as Kubernetes does."""

    what: str
    now: str
    then: str

    def __str__(self) -> str:
        return f"{self.what} {self.now} -> {self.then}"


def unblocking(present: Present, target: Workload) -> tuple[Unblocking, ...]:
    """The smallest amounts of quota and of borrowing, and the lowest priority, that would admit it now."""
    queue = _queue(present, target)
    if queue is None:
        return ()
    found = [
        change
        for flavor, resource, quota in quotas(queue)
        if resource in _asked(target)
        for change in _amounts(present, target, queue, flavor, resource, quota)
    ]
    return (*found, *_priority(present, target))


def _queue(present: Present, target: Workload) -> ClusterQueue | None:
    policy = present.scenario.policy
    name = next(
        (
            item.cluster_queue
            for item in policy.local_queues
            if (item.namespace, item.name) == (target.namespace, target.queue_name)
        ),
        "",
    )
    return next((item for item in policy.cluster_queues if item.name == name), None)


def _asked(target: Workload) -> dict[str, int]:
    total: dict[str, int] = {}
    for pods in target.pod_sets:
        for resource, amount in pods.requests.items():
            total[resource] = total.get(resource, 0) + pods.count * amount
    return total


def _amounts(
    present: Present, target: Workload, queue: ClusterQueue, flavor: str, resource: str, quota: Quota
) -> list[Unblocking]:
    """The smallest nominal quota, and the smallest borrowing limit where there is one, that help."""
    unit = 1000 if resource == "cpu" else 1
    most = sum(_asked(item).get(resource, 0) for item in present.waiting)
    path = f"clusterQueues.{queue.name}.{flavor}.{resource}"
    found = []

    def admits(changed: Quota) -> bool:
        return _admits(present, target, (_with_quota(queue, flavor, resource, changed),))

    steps = _smallest(lambda extra: admits(replace(quota, nominal=quota.nominal + extra * unit)), -(-most // unit))
    if steps is not None:
        then = format_quantity(quota.nominal + steps * unit, resource)
        found.append(Unblocking(f"{path}.nominalQuota", format_quantity(quota.nominal, resource), then))
    limit = quota.borrowing_limit
    if limit is not None:
        steps = _smallest(lambda extra: admits(replace(quota, borrowing_limit=limit + extra * unit)), -(-most // unit))
        if steps is not None:
            then = format_quantity(limit + steps * unit, resource)
            found.append(Unblocking(f"{path}.borrowingLimit", format_quantity(limit, resource), then))
    return found


def _smallest(works: Callable[[int], bool], most: int) -> int | None:
    """The least amount from 1 to ``most`` that works, by halving; None when even the most does not."""
    if most < 1 or not works(most):
        return None
    low, high = 1, most
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if works(middle) else (middle + 1, high)
    return low


def _with_quota(queue: ClusterQueue, flavor: str, resource: str, quota: Quota) -> ClusterQueue:
    groups = tuple(
        replace(
            group,
            flavors=tuple(
                replace(
                    one,
                    resources=tuple(
                        (name, quota if one.name == flavor and name == resource else old) for name, old in one.resources
                    ),
                )
                for one in group.flavors
            ),
        )
        for group in queue.resource_groups
    )
    return replace(queue, resource_groups=groups)


def _priority(present: Present, target: Workload) -> list[Unblocking]:
    """The lowest priority, just above that of other work, that admits it now."""
    others = {item.priority for item in (*present.waiting, *(run.workload for run in present.running))}
    for value in sorted(other + 1 for other in others if other + 1 > target.priority):
        raised = _fresh(target._replace(priority=value))
        waiting = tuple(raised if item is target else item for item in present.waiting)
        if _admits(replace(present, waiting=waiting), raised, ()):
            return [Unblocking(f"priority of {target.name}", str(target.priority), str(value))]
    return []


def _fresh(target: Workload) -> Workload:
    """The workload as one that was not looked at yet."""
    status = target.status
    return target if status is None else target._replace(status=replace(status, reason="", message=""))


def _admits(present: Present, target: Workload, objects: tuple[ClusterQueue, ...]) -> bool:
    """Whether the workload is admitted at once when these objects are applied at the instant."""
    actions = (Action(0, "apply", objects=objects),) if objects else ()
    scenario = present.onward([None] * len(present.running), present.waiting, (), SOON_MS, actions)
    return simulate(scenario).states.get(target.key) in ("admitted", "quotaReserved")
