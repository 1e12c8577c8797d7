"""What flavor assignment finds for a workload, and the small rules about pod sets that go with it (R5.1–R5.7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from kueue_sim.model import PodSet, PodSetAssignment
from kueue_sim.policy.workloads.reasons import NoFitReason
from kueue_sim.policy.workloads.workload_info import (
    NO_FIT,
    PREEMPT,
    AssignmentMode,
    Explanation,
    Pending,
    PodSetResult,
    TopologyUsage,
)
from kueue_sim.units import MAX_AMOUNT

_SEVERITY = ("", "TopologyPlacementFailed", "WaitingForQuota", "ExceedsMaxQuota", "NoMatchingFlavor")

Verdict = tuple[int, int, int]
"""How well a flavor serves one resource: mode, level of borrowing, and what is missing."""


@dataclass(slots=True)
class Assignment:
    """Outcome of flavor assignment for a whole workload. ``usage`` is charged per slot; ``borrowing`` the
    highest borrowing level over all resources (R4.17); ``charges`` and ``slots`` are ``usage`` as pairs and as
    the slots alone, once the assignment is complete. ``topology_usage`` is charged where its pods go (R20.50).
    ``tried`` holds per pod set and resource the last flavor tried; ``resumes_after``: the next scan starts behind it
    (R5.40)."""

    pod_sets: list[PodSetResult]
    usage: dict[int, int]
    borrowing: int
    tried: tuple[Mapping[str, int], ...] = ()
    placed: bool = True
    """Whether a topology may have a say in it."""
    shrinks: bool = False
    """Whether fewer pods would do (R5.50)."""
    in_vain: bool = False
    """Whether nobody can be evicted for it, as the oracle has found for all it asks for (R10.12)."""
    verdict: Verdict | None = None
    """What it follows from, where one flavor alone may serve, and one resource is asked for."""
    no_fit_reason: NoFitReason = ""
    mode: AssignmentMode = NO_FIT
    charges: tuple[tuple[int, int], ...] = ()
    slots: frozenset[int] = frozenset()
    resumes_after: bool = False
    text: str | None = None
    topology_usage: tuple[TopologyUsage, ...] = ()
    admission: tuple[PodSetAssignment, ...] | None = None

    def complete(self) -> None:
        """All that is charged is known now."""
        self.charges = tuple(self.usage.items())
        self.slots = frozenset(self.usage)
        self.resumes_after = any(index != -1 for record in self.tried for index in record.values())

    def explained_by(self, explanation: Explanation) -> "Assignment":
        """The same flavors, which do not simply fit for a like reason with another number."""
        return Assignment(
            [result.explained_by(explanation) for result in self.pod_sets],
            self.usage,
            self.borrowing,
            self.tried,
            self.placed,
            self.shrinks,
            self.in_vain,
            None,
            self.no_fit_reason,
            self.mode,
            self.charges,
            self.slots,
            self.resumes_after,
        )

    def admitted(self) -> tuple[PodSetAssignment, ...]:
        """What an admission with this assignment gives to the pod sets (R4.80); the same value every time."""
        if self.admission is None:
            self.admission = tuple(
                PodSetAssignment(
                    result.pod_set.name,
                    {resource: result.flavors[resource].flavor for resource in sorted(result.flavors)},
                    {resource: result.requests.get(resource, 0) for resource in sorted(result.flavors)},
                    result.count,
                    result.topology,
                    result.delayed,
                )
                for result in self.pod_sets
            )
        return self.admission

    def message(self) -> str:
        """Why it does not simply fit, in Kueue's words."""
        if self.text is None:
            self.text = self._message()
        return self.text

    def _message(self) -> str:
        parts = []
        for result in self.pod_sets:
            if result.error:
                return f"failed to assign flavors to pod set {result.pod_set.name}: {result.error}"
            reasons = result.reasons
            if reasons:
                found = ", ".join(sorted(reasons))
                parts.append(f"couldn't assign flavors to pod set {result.pod_set.name}: {found}")
        return "; ".join(parts)

    def contested(self, slot_of: Mapping[tuple[str, str], int]) -> frozenset[int]:
        """The slots for which preemption is needed (R10.13)."""
        return frozenset(
            slot_of[choice.flavor, resource]
            for result in self.pod_sets
            for resource, choice in result.flavors.items()
            if choice.mode == PREEMPT
        )


@cache
def visiting_order(resource: str) -> tuple[int, str]:
    """Sort key for the resources of a request in the order they are looked at: FNV-1a hash of the name (R5.3)."""
    value = 0xCBF29CE484222325
    for byte in resource.encode():
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value, resource


def requests_of(pod_set: PodSet, number: int, count_pods: bool) -> dict[str, int]:
    """Total request of ``number`` pods, with the ``pods`` resource where a group covers it (R1.28)."""
    requests = {resource: min(amount * number, MAX_AMOUNT) for resource, amount in pod_set.requests.items()}
    if count_pods:
        requests["pods"] = number
    return requests


def pod_counts(pending: Pending, reclaim: bool) -> list[int]:
    """Pods per pod set that still need quota; ``reclaim`` is gate ReclaimablePods (R1.27)."""
    done = pending.workload.reclaimable if reclaim else {}
    return [pod_set.count - min(done.get(pod_set.name, 0), pod_set.count) for pod_set in pending.pod_sets]


def pod_set_groups(pod_sets: Sequence[PodSet]) -> list[list[int]]:
    """Indices of pod sets that share one flavor decision, in order of first appearance (R5.2)."""
    groups: dict[object, list[int]] = {}
    for index, pod_set in enumerate(pod_sets):
        name = pod_set.topology.group if pod_set.topology is not None else None
        groups.setdefault(index if name is None else name, []).append(index)
    return list(groups.values())


def worse(a: NoFitReason, b: NoFitReason) -> NoFitReason:
    """The more severe of two reasons (R5.71)."""
    return a if _SEVERITY.index(a) >= _SEVERITY.index(b) else b


def milder(a: NoFitReason, b: NoFitReason) -> NoFitReason:
    """The less severe of two reasons; "" is none."""
    if not a:
        return b
    return a if _SEVERITY.index(a) <= _SEVERITY.index(b) else b
