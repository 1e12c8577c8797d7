"""Elastic workloads: a bigger slice takes the place of the one that holds quota already (rules 5.8)."""

from collections.abc import Mapping, Sequence

from kueue_sim.model import PodSet
from kueue_sim.policy.workloads.workload_info import Pending, Reservation

Replaced = Sequence[tuple[Mapping[str, str], Mapping[str, int]]]
"""Per pod set, flavor and usage of each resource in the slice that is replaced."""


def replaced_slice(pending: Pending, reservations: Mapping[str, Reservation]) -> Reservation | None:
    """The slice that this one replaces, if it is counted in the same ClusterQueue. Implements R5.60."""
    key = pending.workload.replaces
    if key is None or not key.startswith(f"{pending.workload.namespace}/"):
        return None
    return reservations.get(key)


def holdings(slice_: Reservation, pod_sets: Sequence[PodSet]) -> Replaced:
    """What the slice holds for each pod set of its successor; nothing for pod sets it has not (R5.61–R5.62)."""
    known = {assignment.name: (assignment.flavors, assignment.usage) for assignment in slice_.assignments}
    return [known.get(pod_set.name, ({}, {})) for pod_set in pod_sets]
