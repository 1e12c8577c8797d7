"""What would let it start now? Small changes, each tried alone in the present state."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from time import time

import numpy as np

from kueue_sim.engine import Run, simulate
from kueue_sim.engine.facts import BY, CODE, TYPE, WORKLOAD
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
    to go for it; ``unplaced``: some of its pods have no node then. Where no amount has to change, ``now`` and ``then``
    are "" and ``what`` says all.
    """

    what: str
    now: str
    then: str
    also: tuple["Unblocking", ...] = ()
    preempts: tuple[str, ...] = ()
    unplaced: bool = False

    def __str__(self) -> str:
        first = f"{self.what} {self.now} -> {self.then}" if self.then else self.what
        whole = " and ".join([first, *map(str, self.also)])
        whole += f", which preempts {', '.join(self.preempts)}" if self.preempts else ""
        return whole + (", though some of its pods fit on no node" if self.unplaced else "")

    @property
    def promise(self) -> str:
        """What comes of it, as a sentence without its subject."""
        return f"would {'get quota' if self.unplaced else 'start'} now with {self}"


@dataclass(frozen=True, slots=True)
class _Trial:
    """Whether work was ``admitted`` at once, whom it preempted, by key, and whether some of its pods are ``unplaced``,
    as no node has room for them; ``course`` is who got quota, one after the other."""

    admitted: bool
    preempts: tuple[str, ...]
    unplaced: bool
    course: tuple[str, ...]


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
        return _trial(run, self.target.key)

    @property
    def woken(self) -> "_Blocked":
        """The same where something changes that makes Kueue look again at its tree, but decides nothing."""
        status = self.target.status
        return self._with(self.target._replace(status=None if status is None else replace(status, woken=True)))

    def of_priority(self, priority: int) -> "_Blocked":
        """The same with another priority, with which it is looked at as one that was never tried."""
        status = self.target.status
        fresh = None if status is None else replace(status, reason="", message="")
        return self._with(self.target._replace(priority=priority, status=fresh))

    def _with(self, target: Workload) -> "_Blocked":
        waiting = tuple(target if item is self.target else item for item in self.present.waiting)
        return replace(self, present=replace(self.present, waiting=waiting), target=target)


def _trial(run: Run, key: str) -> _Trial:
    workloads, table = run.facts.workloads, run.facts.table
    taken = table[table[:, TYPE] == CODE["Preempted"]][:, (BY, WORKLOAD)].tolist()
    given = table[np.isin(table[:, TYPE], (CODE["Admitted"], CODE["QuotaReserved"]))][:, WORKLOAD].tolist()
    victims = dict.fromkeys(workloads[one].key for by, one in taken if workloads[by].key == key)
    admitted = run.left.get(key) in ("admitted", "quotaReserved")
    placed = table[np.isin(table[:, TYPE], (CODE["Unschedulable"], CODE["Started"]))][:, (WORKLOAD, TYPE)].tolist()
    own = [kind for one, kind in placed if workloads[one].key == key]
    unplaced = own[-1:] == [CODE["Unschedulable"]]
    return _Trial(admitted, tuple(victims), unplaced, tuple(workloads[one].key for one in given))


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
    alone = one.tried()
    if alone.admitted:
        soon = f"no change: it {'gets it' if alone.unplaced else 'starts'} by itself within {SOON_MS // 1000} s"
        yield Unblocking(soon, "", "", unplaced=alone.unplaced)
        return
    unchanged = one.woken.tried()
    if unchanged.admitted:
        parked = "it fits, but Kueue has parked it and does not look again by itself"
        any_change = f"any change of clusterQueues.{one.queue.name}: {parked}"
        yield Unblocking(any_change, "", "", unplaced=unchanged.unplaced)
        return
    owned = [(flavor, resource, quota) for flavor, resource, quota in quotas(one.queue) if resource in one.asked]
    single = 0
    for each in owned:
        for change in _amounts(one, unchanged, *each):
            single += 1
            yield change
    for flavor in () if single else dict.fromkeys(flavor for flavor, _, _ in owned):
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
    """What it asks for in all, by resource; of ``pods`` one for each, where that has quota."""
    total: dict[str, int] = {}
    for pods in target.pod_sets:
        for resource, amount in {**pods.requests, "pods": 1}.items():
            total[resource] = total.get(resource, 0) + pods.count * amount
    return total


def _amounts(one: _Blocked, unchanged: _Trial, flavor: str, resource: str, quota: Quota) -> Iterator[Unblocking]:
    """The smallest nominal quota, and the smallest borrowing limit where there is one, that help."""
    unit, most = _unit(one.target, resource), _steps(one, resource)
    path = f"clusterQueues.{one.queue.name}.{flavor}.{resource}"

    def found(changed: Callable[[int], Quota]) -> tuple[Quota, _Trial] | None:
        """The quota that is changed by the smallest number of steps that help, and what becomes of it."""

        @cache
        def trial(steps: int) -> _Trial:
            return one.tried((_with_quota(one.queue, flavor, {resource: changed(steps)}),)) if steps else unchanged

        steps = _least(trial, most)
        return None if steps is None else (changed(steps), trial(steps))

    more = found(lambda steps: replace(quota, nominal=quota.nominal + steps * unit))
    if more is not None:
        new, trial = more
        yield replace(_nominal(path, resource, quota, new), preempts=trial.preempts, unplaced=trial.unplaced)
    limit = quota.borrowing_limit
    further = None if limit is None else found(lambda steps: replace(quota, borrowing_limit=limit + steps * unit))
    if further is not None:
        new, trial = further
        now, then = (format_quantity(amount or 0, resource) for amount in (limit, new.borrowing_limit))
        yield Unblocking(f"{path}.borrowingLimit", now, then, (), trial.preempts, trial.unplaced)


def _nominal(path: str, resource: str, old: Quota, new: Quota) -> Unblocking:
    now, then = (format_quantity(one.nominal, resource) for one in (old, new))
    return Unblocking(f"{path}.nominalQuota", now, then)


def _together(one: _Blocked, flavor: str, owned: Mapping[str, Quota]) -> Iterator[Unblocking]:
    """The smallest nominal quotas of one flavor that help together: each as small as the others allow, those first of
    which the work asks for the largest share of what is owned. They are the scarce ones: with more of them than it
    needs others would start as well and use up the rest."""
    steps = {resource: _steps(one, resource) for resource in owned}

    def raised(name: str) -> Quota:
        return replace(owned[name], nominal=owned[name].nominal + steps[name] * _unit(one.target, name))

    def trial() -> _Trial:
        return one.tried((_with_quota(one.queue, flavor, {name: raised(name) for name in owned}),))

    def with_steps(name: str, amount: int) -> _Trial:
        steps[name] = amount
        return trial()

    if len(owned) < 2 or not trial().admitted:
        return
    for name in sorted(owned, key=lambda name: one.asked[name] / max(1, owned[name].nominal), reverse=True):
        tried, most = cache(partial(with_steps, name)), steps[name]
        steps[name] = 0 if tried(0).admitted else _least(tried, most) or most
    path = f"clusterQueues.{one.queue.name}.{flavor}"
    first, *others = (
        _nominal(f"{path}.{name}", name, quota, raised(name)) for name, quota in owned.items() if steps[name]
    )
    last = trial()
    yield replace(first, also=tuple(others), preempts=last.preempts, unplaced=last.unplaced)


def _unit(target: Workload, resource: str) -> int:
    """Quotas are changed in whole cores, GPUs, and the largest of Gi, Mi and Ki in which the work asks for memory."""
    if resource == "cpu":
        return 1000
    if not is_bytes(resource):
        return 1
    asked = _asked(target)[resource]
    return next((size for size in (2**30, 2**20, 2**10) if asked and asked % size == 0), 1)


def _steps(one: _Blocked, resource: str) -> int:
    """How many units are always enough: with more than all that waits asks for and all that runs holds nobody waits."""
    holding = (item.workload.status for item in one.present.running)
    held = sum(
        assigned.usage.get(resource, 0)
        for status in holding
        if status is not None and status.admission is not None
        for assigned in status.admission.pod_sets
    )
    asked = sum(_asked(item).get(resource, 0) for item in one.present.waiting)
    return -(-(asked + held) // _unit(one.target, resource))


def _least(trial: Callable[[int], _Trial], most: int) -> int | None:
    """The least amount from 1 to ``most`` that works, None where none does; 0 does not.

    More may work no longer, as others start with it and use it up. But after the same decisions more makes the next
    one go one way only. So between two amounts of one course all have that course, and the least that works is found by
    halving where courses differ.
    """

    def within(low: int, high: int) -> int | None:
        """The least that works above ``low``, which does not, up to ``high``."""
        if trial(low).course == trial(high).course:
            return None
        if high == low + 1:
            return high if trial(high).admitted else None
        middle = (low + high) // 2
        found = within(low, middle)
        return found if found is not None or trial(middle).admitted else within(middle, high)

    return within(0, most) if most else None


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
    """The lowest priority, that of other work or just above it, that admits it now."""
    present, target = one.present, one.target
    others = {item.priority for item in (*present.waiting, *(run.workload for run in present.running))}
    for value in sorted({each for other in others for each in (other, other + 1) if each > target.priority}):
        trial = one.of_priority(value).tried()
        if trial.admitted:
            now, then = str(target.priority), str(value)
            yield Unblocking(f"priority of {target.name}", now, then, (), trial.preempts, trial.unplaced)
            return
