"""What would let it start now? Small changes, each tried alone in the present state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from kueue_sim.engine import simulate
from kueue_sim.model import Action, ClusterQueue, Quota, Workload
from kueue_sim.results.quota.quota_over_time import quotas
from kueue_sim.units import format_quantity, is_bytes
from kueue_sim.whatif.learning.present import Present

SOON_MS = 5000
"""Admitted within this time is at once: timing profiles let cycles and batches take a moment."""


@dataclass(frozen=True, slots=True)
class Unblocking:
    """A change of ``what`` from ``now`` to ``then`` that admits the workload at once; amounts as Kubernetes does.

    ``also`` are changes that go with it, each too small without the others. ``preempts`` are the keys of those who have
    to go for it. Where ``now`` is ``then`` any change of ``what`` will do: it fits, but Kueue does not look again.
    """

    what: str
    now: str
    then: str
    also: tuple["Unblocking", ...] = ()
    preempts: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.now == self.then:
            return f"any change of {self.what}: it fits, but Kueue has parked it and does not look again by itself"
        whole = " and ".join([f"{self.what} {self.now} -> {self.then}", *map(str, self.also)])
        return f"{whole}, which preempts {', '.join(self.preempts)}" if self.preempts else whole


@dataclass(frozen=True, slots=True)
class Trial:
    """Whether work was ``admitted`` at once, and whom it preempted, by key."""

    admitted: bool
    preempts: tuple[str, ...]


def unblocking(present: Present, target: Workload) -> tuple[Unblocking, ...]:
    """The smallest amounts of quota and of borrowing, and the lowest priority, that would admit it now.

    Where no amount of one resource helps, as with teams that own CPUs and memory in the proportion of their GPUs, the
    smallest amounts of all that it asks for of a flavor.
    """
    queue = _queue(present, target)
    if queue is None:
        return ()
    if _with(present, target, _fresh(target)).admitted:
        return (Unblocking(f"clusterQueues.{queue.name}", "", ""),)
    asked = _asked(target)
    owned = [(flavor, resource, quota) for flavor, resource, quota in quotas(queue) if resource in asked]
    found = [change for each in owned for change in _amounts(present, target, queue, *each)]
    for flavor in () if found else dict.fromkeys(flavor for flavor, _, _ in owned):
        found += _together(present, target, queue, {name: quota for one, name, quota in owned if one == flavor}, flavor)
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
    unit, most = _unit(target, resource), _most(present, resource)
    path = f"clusterQueues.{queue.name}.{flavor}.{resource}"
    found = []

    def trial(changed: Quota) -> Trial:
        return _tried(present, target, (_with_quota(queue, flavor, {resource: changed}),))

    def more(extra: int) -> Quota:
        return replace(quota, nominal=quota.nominal + extra * unit)

    steps = _smallest(lambda extra: trial(more(extra)).admitted, -(-most // unit))
    if steps is not None:
        found.append(_nominal(path, resource, quota, more(steps), preempts=trial(more(steps)).preempts))
    limit = quota.borrowing_limit
    if limit is not None:

        def further(extra: int) -> Quota:
            return replace(quota, borrowing_limit=limit + extra * unit)

        steps = _smallest(lambda extra: trial(further(extra)).admitted, -(-most // unit))
        if steps is not None:
            now, then = (format_quantity(amount, resource) for amount in (limit, limit + steps * unit))
            preempts = trial(further(steps)).preempts
            found.append(Unblocking(f"{path}.borrowingLimit", now, then, preempts=preempts))
    return found


def _nominal(path: str, resource: str, old: Quota, new: Quota, **more: Any) -> Unblocking:
    now, then = (format_quantity(one.nominal, resource) for one in (old, new))
    return Unblocking(f"{path}.nominalQuota", now, then, **more)


def _together(
    present: Present, target: Workload, queue: ClusterQueue, owned: Mapping[str, Quota], flavor: str
) -> list[Unblocking]:
    """The smallest nominal quotas of one flavor that help together: each as small as the others allow, those first of
    which the work asks for the largest share of what is owned. They are the scarce ones: with more of them than it
    needs others would start as well and use up the rest."""
    units = {resource: _unit(target, resource) for resource in owned}
    steps = {resource: -(-_most(present, resource) // units[resource]) for resource in owned}

    def raised(name: str) -> Quota:
        return replace(owned[name], nominal=owned[name].nominal + steps[name] * units[name])

    def trial() -> Trial:
        return _tried(present, target, (_with_quota(queue, flavor, {name: raised(name) for name in owned}),))

    def admits(name: str, extra: int) -> bool:
        steps[name] = extra
        return trial().admitted

    if len(owned) < 2 or not trial().admitted:
        return []
    asked = _asked(target)
    for name in sorted(owned, key=lambda one: asked[one] / max(1, owned[one].nominal), reverse=True):
        steps[name] = _smallest(partial(admits, name), steps[name], least=0) or 0
    path = f"clusterQueues.{queue.name}.{flavor}"
    first, *others = (
        _nominal(f"{path}.{name}", name, quota, raised(name)) for name, quota in owned.items() if steps[name]
    )
    return [replace(first, also=tuple(others), preempts=trial().preempts)]


def _unit(target: Workload, resource: str) -> int:
    """Quotas are changed in whole cores, GPUs, and the largest of Gi, Mi and Ki in which the work asks for memory."""
    if resource == "cpu":
        return 1000
    if not is_bytes(resource):
        return 1
    asked = _asked(target)[resource]
    return next((size for size in (2**30, 2**20, 2**10) if asked and asked % size == 0), 1)


def _most(present: Present, resource: str) -> int:
    """More than all that waits together asks for helps nobody."""
    return sum(_asked(item).get(resource, 0) for item in present.waiting)


def _smallest(works: Callable[[int], bool], most: int, least: int = 1) -> int | None:
    """The least amount from ``least`` to ``most`` that works, by halving; None when even the most does not."""
    if most < least or not works(most):
        return None
    low, high = least, most
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if works(middle) else (middle + 1, high)
    return low


def _with_quota(queue: ClusterQueue, flavor: str, changed: Mapping[str, Quota]) -> ClusterQueue:
    groups = tuple(
        replace(
            group,
            flavors=tuple(
                replace(
                    one,
                    resources=tuple(
                        (name, changed.get(name, old) if one.name == flavor else old) for name, old in one.resources
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
        trial = _with(present, target, _fresh(target._replace(priority=value)))
        if trial.admitted:
            now, then = str(target.priority), str(value)
            return [Unblocking(f"priority of {target.name}", now, then, preempts=trial.preempts)]
    return []


def _with(present: Present, target: Workload, changed: Workload) -> Trial:
    """What becomes of the workload when it is another from the instant on."""
    waiting = tuple(changed if item is target else item for item in present.waiting)
    return _tried(replace(present, waiting=waiting), changed, ())


def _fresh(target: Workload) -> Workload:
    """The workload as one that was not looked at yet."""
    status = target.status
    return target if status is None else target._replace(status=replace(status, reason="", message=""))


def _tried(present: Present, target: Workload, objects: tuple[ClusterQueue, ...]) -> Trial:
    """What becomes of the workload when these objects are applied at the instant."""
    actions = (Action(0, "apply", objects=objects),) if objects else ()
    scenario = present.onward([None] * len(present.running), present.waiting, (), SOON_MS, actions)
    run = simulate(scenario)
    victims = dict.fromkeys(fact.workload for fact in run.facts if fact.type == "Preempted" and fact.by == target.key)
    return Trial(run.states.get(target.key) in ("admitted", "quotaReserved"), tuple(victims))
