"""Where does a dump contradict itself, or what runs the policy of today? It is kept as it is, and said."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from kueue_sim.inputs.recorded.conditions import is_true, status_of
from kueue_sim.units import exact_quantity

Slot = tuple[str, str, str]
"""ClusterQueue, flavor, resource."""


def contradictions(workloads: Iterable[Mapping[str, Any]], policy: Iterable[Mapping[str, Any]]) -> list[str]:
    """One sentence for each, none where everything fits."""
    queues = {str(one["metadata"]["name"]): one for one in policy if one.get("kind") == "ClusterQueue"}
    held = _held(workloads)
    limits = {slot: amount for name, one in queues.items() for slot, amount in _limits(name, one)}
    found = []
    for slot, amount in sorted(held.items()):
        name, flavor, resource = slot
        if name not in queues:
            continue
        limit = limits.get(slot, Fraction(0))
        if slot not in limits:
            found.append(f"{name} holds {_text(amount)} {resource} of flavor {flavor}, of which it has no quota: kept")
        elif limit is not None and amount > limit:
            found.append(
                f"{name} holds {_text(amount)} {resource} of flavor {flavor}, its quota allows {_text(limit)}: kept"
            )
    return found


def _held(workloads: Iterable[Mapping[str, Any]]) -> dict[Slot, Fraction]:
    total: dict[Slot, Fraction] = {}
    for one in workloads:
        admission = status_of(one).get("admission")
        if not admission or not is_true(one, "QuotaReserved"):
            continue
        reclaimed = {str(part.get("name")): part.get("count") for part in status_of(one).get("reclaimablePods") or ()}
        for pod_set in admission.get("podSetAssignments") or ():
            held = _held_still(pod_set.get("count"), reclaimed.get(str(pod_set.get("name"))))
            for resource, flavor in (pod_set.get("flavors") or {}).items():
                slot = (str(admission.get("clusterQueue")), str(flavor), str(resource))
                amount = _amount((pod_set.get("resourceUsage") or {}).get(resource, 0))
                total[slot] = total.get(slot, Fraction(0)) + amount * held
    return total


def _held_still(pods: Any, reclaimed: Any) -> Fraction:
    """The share of a pod set's quota that its pods still hold: those that ended for good gave theirs back (R1.27)."""
    if not isinstance(pods, int) or not isinstance(reclaimed, int) or pods <= 0:
        return Fraction(1)
    return Fraction(max(0, pods - reclaimed), pods)


def _limits(name: str, queue: Mapping[str, Any]) -> Iterable[tuple[Slot, Fraction | None]]:
    """The most a ClusterQueue may hold: nominal quota, in a cohort the borrowing limit more; None without limit."""
    spec = queue.get("spec") or {}
    in_cohort = bool(spec.get("cohortName") or spec.get("cohort"))
    for group in spec.get("resourceGroups") or ():
        for flavor in group.get("flavors") or ():
            for resource in flavor.get("resources") or ():
                most: Fraction | None = _amount(resource.get("nominalQuota", 0))
                if in_cohort:
                    more = resource.get("borrowingLimit")
                    most = None if more is None or most is None else most + _amount(more)
                yield (name, str(flavor.get("name")), str(resource.get("name"))), most


def _amount(value: Any) -> Fraction:
    """A quantity; 0 for what is none, which is a mistake where the scenario is checked."""
    try:
        return exact_quantity(value)
    except ValueError:
        return Fraction(0)


def _text(amount: Fraction) -> str:
    return str(amount.numerator) if amount.denominator == 1 else f"{float(amount):g}"
