"""Quota over time: which resource is the accelerator, and what was nominal when.

Quota changes through ``apply`` and ``remove`` actions of the timeline; between two changes lies an *era*.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from kueue_sim.engine.facts import Run
from kueue_sim.model import ClusterQueue, Cohort, Policy, Quota, Scenario
from kueue_sim.results.step_functions.steps import Changes, Steps
from kueue_sim.units import is_accelerator

Slot = tuple[str, str, str]
"""ClusterQueue, flavor, resource."""
Window = tuple[int, int]
"""Milliseconds: from the first up to, not including, the second."""
HOUR_MS = 3_600_000
GPU = "nvidia.com/gpu"
_Item = TypeVar("_Item", bound=ClusterQueue | Cohort)


@dataclass(frozen=True, slots=True)
class Era:
    """A stretch of time under one policy."""

    start_ms: int
    end_ms: int
    policy: Policy


def span_of(length_ms: int) -> int:
    """Milliseconds over which quota is averaged: of a run that takes no time, one, so that its quota is told."""
    return length_ms or 1


def unit_of(resource: str) -> int:
    """Canonical units per natural unit: 1000 millicores per core, else 1."""
    return 1000 if resource == "cpu" else 1


def natural(amount: int, resource: str) -> float:
    """Canonical amount in natural units: cores, bytes, counts."""
    return amount / unit_of(resource)


def hours(amount_ms: int | float, resource: str) -> float:
    """Canonical unit-milliseconds as resource-hours (GPU-hours, core-hours)."""
    return amount_ms / unit_of(resource) / HOUR_MS


def accelerator(policy: Policy) -> str:
    """The resource that metrics count, among those with any quota: nvidia.com/gpu, else the device with the most quota,
    a network card only where there is nothing else, else cpu. Without any quota the same of what quota covers."""
    nominal = nominal_quota(policy)
    known = {name: amount for name, amount in nominal.items() if amount > 0} or nominal
    if GPU in known:
        return GPU
    devices = [name for name in known if is_accelerator(name)] or [name for name in known if "/" in name]
    return max(devices, key=lambda name: known[name]) if devices else "cpu"


def nominal_quota(policy: Policy) -> dict[str, int]:
    """Nominal quota of every resource that is covered, all ClusterQueues and Cohorts together."""
    nominal: dict[str, int] = {}
    for item in _quota_owners(policy):
        for _, resource, quota in quotas(item):
            nominal[resource] = nominal.get(resource, 0) + quota.nominal
    return nominal


def _quota_owners(policy: Policy) -> Iterator[ClusterQueue | Cohort]:
    yield from policy.cluster_queues
    yield from policy.cohorts


def quotas(item: ClusterQueue | Cohort) -> Iterator[tuple[str, str, Quota]]:
    """Flavor, resource and quota of every entry of a ClusterQueue or Cohort."""
    for group in item.resource_groups:
        for flavor in group.flavors:
            for resource, quota in flavor.resources:
                yield flavor.name, resource, quota


def eras(scenario: Scenario, run: Run) -> list[Era]:
    """The policies in force from 0 to the end of a run, in order of time. A ClusterQueue that is deleted has its quota
    until it is gone."""
    found: list[Era] = []
    policy, start = scenario.policy, 0
    for at_ms, change in _changes(scenario, run):
        if at_ms > start:
            found.append(Era(start, at_ms, policy))
            start = at_ms
        policy = change(policy)
    found.append(Era(start, run.end_ms, policy))
    return found


def until(periods: Iterable[Era], end_ms: int) -> list[Era]:
    """Those periods as far as they lie before ``end_ms``; the first one also where nothing does."""
    found = [replace(era, end_ms=min(era.end_ms, end_ms)) for era in periods]
    return [era for era in found if era.end_ms > era.start_ms] or found[:1]


def _changes(scenario: Scenario, run: Run) -> list[tuple[int, Callable[[Policy], Policy]]]:
    """Instant and effect of every change of quota, in order of time."""
    found: list[tuple[int, Callable[[Policy], Policy]]] = []
    removed = [action for action in scenario.timeline if action.do == "remove"]
    for action in scenario.timeline:
        if action.do == "apply":
            found.append((action.at_ms, partial(_all_applied, items=action.objects)))
        elif action.do == "remove" and action.name == "Cohort":
            found.append((action.at_ms, partial(_without, names=frozenset((action.target,)), cohorts=True)))
    queues = {action.target for action in removed if action.name == "ClusterQueue"}
    for fact in run.facts if queues else ():
        if fact.type == "Policy" and fact.reason == "Deleted" and fact.cluster_queue in queues:
            found.append((fact.at_ms, partial(_without, names=frozenset((fact.cluster_queue,)), cohorts=False)))
    return sorted((one for one in found if one[0] <= run.end_ms), key=lambda one: one[0])


def _without(policy: Policy, names: frozenset[str], cohorts: bool) -> Policy:
    if cohorts:
        return replace(policy, cohorts=tuple(one for one in policy.cohorts if one.name not in names))
    return replace(policy, cluster_queues=tuple(one for one in policy.cluster_queues if one.name not in names))


def _all_applied(policy: Policy, items: Iterable[object]) -> Policy:
    for item in items:
        policy = _applied(policy, item)
    return policy


def _applied(policy: Policy, item: object) -> Policy:
    if isinstance(item, ClusterQueue):
        return replace(policy, cluster_queues=_put(policy.cluster_queues, item))
    if isinstance(item, Cohort):
        return replace(policy, cohorts=_put(policy.cohorts, item))
    return policy


def _put(items: tuple[_Item, ...], new: _Item) -> tuple[_Item, ...]:
    if any(old.name == new.name for old in items):
        return tuple(new if old.name == new.name else old for old in items)
    return (*items, new)


def nominal_steps(periods: Iterable[Era]) -> dict[Slot, Steps]:
    """Nominal quota of every ClusterQueue over time; zero before it exists or after it lost the slot."""
    changes: dict[Slot, Changes] = {}
    present: dict[Slot, int] = {}
    for era in periods:
        now = {
            (queue.name, flavor, resource): quota.nominal
            for queue in era.policy.cluster_queues
            for flavor, resource, quota in quotas(queue)
        }
        for slot in {**present, **now}:
            delta = now.get(slot, 0) - present.get(slot, 0)
            changes.setdefault(slot, Changes.none()).add(era.start_ms, delta)
        present = now
    return {slot: Steps.of(change) for slot, change in changes.items()}
