"""What would let it start now? Small changes, each tried alone in the present state."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from time import time

from kueue_sim.engine import simulate
from kueue_sim.model import Action, ClusterQueue, Quota, Workload
from kueue_sim.results.quota.quota_over_time import quotas
from kueue_sim.units import format_quantity, is_bytes
from kueue_sim.whatif.learning.present import Present

SOON_MS = 5000
"""Admitted within this time is at once: timing profiles let cycles and batches take a moment."""
_ONE_BY_ONE = 64
"""How many amounts are tried one after the other, from the least that would do if nobody else waited."""


@dataclass(frozen=True, slots=True)
class Unblocking:
    """A change of ``what`` from ``now`` to ``then`` that admits the workload at once; amounts as Kubernetes does.

    ``also`` are changes that go with it, each too small without the others. ``preempts`` are the keys of those who have
    to go for it. Where no amount has to change, ``now`` and ``then`` are "" and ``what`` says all.
    """

    what: str
    now: str
    then: str
    also: tuple["Unblocking", ...] = ()
    preempts: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.then:
            return self.what
        whole = " and ".join([f"{self.what} {self.now} -> {self.then}", *map(str, self.also)])
        return f"{whole}, which preempts {', '.join(self.preempts)}" if self.preempts else whole


@dataclass(frozen=True, slots=True)
class _Trial:
    """Whether work was ``admitted`` at once, and whom it preempted, by key."""

    admitted: bool
    preempts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Blocked:
    """The work that is asked about, in its ClusterQueue; after ``until`` nothing more is tried."""

    present: Present
    target: Workload
    queue: ClusterQueue
    until: float | None

    @property
    def asked(self) -> dict[str, int]:
        """What it asks for in all, by resource."""
        return _asked(self.target)

    def tried(self, objects: tuple[ClusterQueue, ...] = ()) -> _Trial:
        """What becomes of it when these objects are applied at the instant. Raises TimeoutError."""
        if self.until is not None and time() >= self.until:
            raise TimeoutError
        actions = (Action(0, "apply", objects=objects),) if objects else ()
        running, waiting = self.present.running, self.present.waiting
        run = simulate(self.present.onward([None] * len(running), waiting, (), SOON_MS, actions))
        key = self.target.key
        victims = dict.fromkeys(fact.workload for fact in run.facts if fact.type == "Preempted" and fact.by == key)
        return _Trial(run.states.get(key) in ("admitted", "quotaReserved"), tuple(victims))

    @property
    def alone(self) -> "_Blocked":
        """The same with nobody else waiting, who might start as well and use up what is given."""
        return replace(self, present=replace(self.present, waiting=(self.target,)))

    def looked_at(self, priority: int | None = None) -> "_Blocked":
        """The same as one that was not looked at yet, with this priority where it is said."""
        status, own = self.target.status, self.target.priority
        fresh = self.target._replace(
            priority=own if priority is None else priority,
            status=None if status is None else replace(status, reason="", message=""),
        )
        waiting = tuple(fresh if item is self.target else item for item in self.present.waiting)
        return replace(self, present=replace(self.present, waiting=waiting), target=fresh)


def unblocking(present: Present, target: Workload, until: float | None = None) -> tuple[Unblocking, ...] | None:
    """The smallest amounts of quota and of borrowing, and the lowest priority, that would admit it now.

    Where no amount of one resource helps, as with teams that own CPUs and memory in the proportion of their GPUs, the
    smallest amounts of all that it asks for of a flavor. After ``until`` (seconds since the epoch) what was found by
    then, None where that is nothing.
    """
    queue = _queue(present, target)
    if queue is None:
        return ()
    found: list[Unblocking] = []
    try:
        found.extend(_helps(_Blocked(present, target, queue, until)))
    except TimeoutError:
        return tuple(found) or None
    return tuple(found)


def _helps(one: _Blocked) -> Iterator[Unblocking]:
    if one.tried().admitted:
        yield Unblocking(f"no change: it starts by itself within {SOON_MS // 1000} s", "", "")
        return
    if one.looked_at().tried().admitted:
        parked = "it fits, but Kueue has parked it and does not look again by itself"
        yield Unblocking(f"any change of clusterQueues.{one.queue.name}: {parked}", "", "")
        return
    owned = [(flavor, resource, quota) for flavor, resource, quota in quotas(one.queue) if resource in one.asked]
    alone = 0
    for each in owned:
        for change in _amounts(one, *each):
            alone += 1
            yield change
    for flavor in () if alone else dict.fromkeys(flavor for flavor, _, _ in owned):
        yield from _together(one, flavor, {name: quota for of, name, quota in owned if of == flavor})
    yield from _priority(one)


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


def _amounts(one: _Blocked, flavor: str, resource: str, quota: Quota) -> Iterator[Unblocking]:
    """The smallest nominal quota, and the smallest borrowing limit where there is one, that help."""
    unit = _unit(one.target, resource)
    path = f"clusterQueues.{one.queue.name}.{flavor}.{resource}"
    most = -(-_most(one.present, resource) // unit)

    def trial(changed: Quota, of: _Blocked = one) -> _Trial:
        return of.tried((_with_quota(of.queue, flavor, {resource: changed}),))

    def smallest(changed: Callable[[int], Quota]) -> int | None:
        return _smallest(
            lambda extra: trial(changed(extra)).admitted, lambda extra: trial(changed(extra), one.alone).admitted, most
        )

    def more(extra: int) -> Quota:
        return replace(quota, nominal=quota.nominal + extra * unit)

    steps = smallest(more)
    if steps is not None:
        yield _nominal(path, resource, quota, more(steps), preempts=trial(more(steps)).preempts)
    limit = quota.borrowing_limit
    if limit is None:
        return

    def further(extra: int) -> Quota:
        return replace(quota, borrowing_limit=limit + extra * unit)

    steps = smallest(further)
    if steps is not None:
        now, then = (format_quantity(amount, resource) for amount in (limit, limit + steps * unit))
        yield Unblocking(f"{path}.borrowingLimit", now, then, preempts=trial(further(steps)).preempts)


def _nominal(path: str, resource: str, old: Quota, new: Quota, preempts: tuple[str, ...] = ()) -> Unblocking:
    now, then = (format_quantity(one.nominal, resource) for one in (old, new))
    return Unblocking(f"{path}.nominalQuota", now, then, preempts=preempts)


def _together(one: _Blocked, flavor: str, owned: Mapping[str, Quota]) -> Iterator[Unblocking]:
    """The smallest nominal quotas of one flavor that help together: each as small as the others allow, those first of
    which the work asks for the largest share of what is owned. They are the scarce ones: with more of them than it
    needs others would start as well and use up the rest."""
    units = {resource: _unit(one.target, resource) for resource in owned}
    steps = {resource: -(-_most(one.present, resource) // units[resource]) for resource in owned}

    def raised(name: str) -> Quota:
        return replace(owned[name], nominal=owned[name].nominal + steps[name] * units[name])

    def trial() -> _Trial:
        return one.tried((_with_quota(one.queue, flavor, {name: raised(name) for name in owned}),))

    def admits(name: str, extra: int) -> bool:
        steps[name] = extra
        return trial().admitted

    if len(owned) < 2 or not trial().admitted:
        return
    for name in sorted(owned, key=lambda name: one.asked[name] / max(1, owned[name].nominal), reverse=True):
        steps[name] = _halved(partial(admits, name), steps[name], 0) or 0
    path = f"clusterQueues.{one.queue.name}.{flavor}"
    first, *others = (
        _nominal(f"{path}.{name}", name, quota, raised(name)) for name, quota in owned.items() if steps[name]
    )
    yield replace(first, also=tuple(others), preempts=trial().preempts)


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


def _smallest(works: Callable[[int], bool], works_alone: Callable[[int], bool], most: int) -> int | None:
    """The least amount from 1 to ``most`` that works, None when none does.

    More may work no longer, as others start with it. So amounts are tried one by one from the least that does if nobody
    else waits; beyond ``_ONE_BY_ONE`` of them by halving.
    """
    least = _halved(works_alone, most, 1) or most + 1
    beyond = min(least + _ONE_BY_ONE, most + 1)
    found = next((extra for extra in range(least, beyond) if works(extra)), None)
    return _halved(works, most, min(beyond, most)) if found is None else found


def _halved(works: Callable[[int], bool], most: int, least: int) -> int | None:
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


def _priority(one: _Blocked) -> Iterator[Unblocking]:
    """The lowest priority, just above that of other work, that admits it now."""
    present, target = one.present, one.target
    others = {item.priority for item in (*present.waiting, *(run.workload for run in present.running))}
    for value in sorted(other + 1 for other in others if other + 1 > target.priority):
        trial = one.looked_at(priority=value).tried()
        if trial.admitted:
            now, then = str(target.priority), str(value)
            yield Unblocking(f"priority of {target.name}", now, then, preempts=trial.preempts)
            return
