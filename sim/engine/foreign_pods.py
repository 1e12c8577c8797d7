"""Pods on nodes that no topology placed: they take capacity away from topologies (R20.7, R21.32)."""

from sim.policy.entities import Held
from sim.policy.placement import Pod


def is_foreign(held: Held, pod: Pod) -> bool:
    """Whether the pod found its node without a topology assignment."""
    return held.assignments[pod.pod_set].topology is None


def own_requests(pod: Pod) -> dict[str, int]:
    """What the pod asks of its node; that it is a pod is counted anyway."""
    return {resource: amount for resource, amount in pod.shape.requests if resource != "pods"}
