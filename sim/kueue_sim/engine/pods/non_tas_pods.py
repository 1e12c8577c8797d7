"""Pods on nodes that no topology placed: they take capacity away from topologies (R20.7, R21.32)."""

from kueue_sim.policy.placement import Pod
from kueue_sim.policy.workloads.workload_info import Reservation


def is_non_tas(reservation: Reservation, pod: Pod) -> bool:
    """Whether the pod found its node without a topology assignment."""
    return reservation.assignments[pod.pod_set].topology is None


def own_requests(pod: Pod) -> dict[str, int]:
    """What the pod asks of its node; that it is a pod is counted anyway."""
    return {resource: amount for resource, amount in pod.shape.requests if resource != "pods"}
