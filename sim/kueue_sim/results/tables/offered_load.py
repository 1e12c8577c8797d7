"""Offered load: the work that was asked for, over what nominal quota could have done in the time it came in.

Work counts pods × accelerators × run time as asked for, whoever got how much of it. From 1 on a queue can only grow,
and waits tell how long the run was; they begin to do so well before. Work that never starts because it asks for more
than the whole tree has is no load: no quota is ever given to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kueue_sim.engine.facts import NONE
from kueue_sim.model import ClusterQueue, Cohort, Policy
from kueue_sim.results.history.history import History
from kueue_sim.results.quota.quota_over_time import Era, hours, quotas
from kueue_sim.results.step_functions.steps import Ints
from kueue_sim.results.tables.waits import asked, submitted

ENOUGH = 20
"""Workloads of whom a load is told; of fewer it would be the chance of a few jobs."""


@dataclass(frozen=True, slots=True)
class OfferedLoad:
    """Of a ClusterQueue (``kind`` team) or of all queues below a root Cohort (cohort): hours of a resource asked for,
    and what nominal quota gives in the same time."""

    kind: str
    name: str
    workloads: int
    asked_hours: float
    quota_hours: float

    @property
    def load(self) -> float | None:
        """Asked over given; None without quota."""
        return self.asked_hours / self.quota_hours if self.quota_hours else None


def offered_loads(
    history: History, periods: list[Era], horizon_ms: int | None, resources: Sequence[str]
) -> dict[str, tuple[OfferedLoad, ...]]:
    """By resource every team of the first policy, then every root Cohort with more than one; none where work comes in
    no time.

    The time is that of the horizon (of a run that was stopped, until then), without one up to the last submission; work
    without end runs to the end of it.
    """
    rows = submitted(history)
    times = history.work.submitted[rows]
    span = horizon_ms if horizon_ms is not None else int(times.max(initial=0))
    if not span:
        return {}
    policy, queue = periods[0].policy, history.work.queue[rows]
    # bytes times milliseconds outgrow 64 bits
    sizes = {resource: asked(history.facts.workloads, resource)[rows] for resource in resources}
    fits = np.all([sizes[resource] <= _most(history, periods, resource)[queue] for resource in resources], axis=0)
    inside = times < span if horizon_ms is not None else times <= span
    inside &= (history.work.admissions[rows] > 0) | fits
    runs = _runs(history, rows, span)
    trees = {name: members for name, members in _trees(policy).items() if len(members & set(history.queue_numbers)) > 1}

    def row(resource: str, kind: str, name: str, members: set[str]) -> OfferedLoad:
        numbers = [history.queue_numbers[one] for one in members if one in history.queue_numbers]
        mine = inside & np.isin(queue, numbers)
        given = sum(amount for owner, amount in _nominal(periods, resource, span).items() if owner in members)
        ours = hours(float(sizes[resource][mine] @ runs[mine]), resource)
        return OfferedLoad(kind, name, int(np.count_nonzero(mine)), ours, hours(given, resource))

    return {
        resource: (
            *(row(resource, "team", one.name, {one.name}) for one in policy.cluster_queues),
            *(row(resource, "cohort", name, members) for name, members in trees.items()),
        )
        for resource in resources
    }


def scarcest(offered: Mapping[str, Sequence[OfferedLoad]]) -> list[tuple[str, OfferedLoad]]:
    """For each team and cohort the resource of which it is offered most, to the hundredth; of equal ones the first."""
    return [
        max(zip(offered, loads, strict=True), key=lambda found: round(found[1].load or 0.0, 2))
        for loads in zip(*offered.values(), strict=True)
    ]


def _runs(history: History, rows: Ints, span: int) -> NDArray[np.float64]:
    """Milliseconds that each of these workloads runs, as floating-point numbers."""
    workloads = [history.facts.workloads[number] for number in rows]
    runs = np.array([NONE if one.runtime_ms is None else one.runtime_ms for one in workloads], dtype=np.int64)
    return np.where(runs == NONE, np.maximum(span - history.work.submitted[rows], 0), runs).astype(np.float64)


def _most(history: History, periods: list[Era], resource: str) -> Ints:
    """The most nominal quota that the tree of each ClusterQueue had in any period, by the number of the queue; the last
    is for work without one."""
    most = np.zeros(len(history.queues) + 1, dtype=np.int64)
    for era in periods:
        policy = era.policy
        owners: tuple[ClusterQueue | Cohort, ...] = (*policy.cluster_queues, *policy.cohorts)
        given = {
            item.name: sum(quota.nominal for _, name, quota in quotas(item) if name == resource) for item in owners
        }
        trees = {member: members for members in _trees(policy).values() for member in members}
        for one in policy.cluster_queues:
            whole = sum(given.get(name, 0) for name in trees.get(one.name, {one.name}))
            number = history.queue_numbers[one.name]
            most[number] = max(most[number], whole)
    return most


def _nominal(periods: list[Era], resource: str, span: int) -> dict[str, int]:
    """Nominal quota times milliseconds by ClusterQueue and Cohort; the last policy stands to the end of the time."""
    found: dict[str, int] = {}
    for era in periods:
        end = span if era is periods[-1] else min(era.end_ms, span)
        owners: tuple[ClusterQueue | Cohort, ...] = (*era.policy.cluster_queues, *era.policy.cohorts)
        for item in owners:
            amount = sum(quota.nominal for _, name, quota in quotas(item) if name == resource)
            found[item.name] = found.get(item.name, 0) + amount * max(0, end - era.start_ms)
    return found


def _trees(policy: Policy) -> dict[str, set[str]]:
    """By root Cohort the names of everything below it, and its own."""
    parents = {cohort.name: cohort.parent for cohort in policy.cohorts}
    found: dict[str, set[str]] = {}
    for name, parent in [*((queue.name, queue.cohort) for queue in policy.cluster_queues), *parents.items()]:
        root = parent or (name if name in parents else None)
        while root is not None and parents.get(root):
            root = parents[root]
        if root is not None:
            found.setdefault(root, {root}).add(name)
    return found
