"""Second passes: a workload that holds quota comes up again to be placed, or because a node failed (20.11, 20.12)."""

from kueue_sim.policy.workloads.assignment import Assignment
from kueue_sim.policy.workloads.workload_info import FIT, FlavorChoice, PodSetResult, Reservation


def needs_second_pass(reservation: Reservation) -> bool:
    """Whether pods are still to be placed, or one of the nodes they are on has failed. Implements R20.60, R20.62."""
    if reservation.evicted:
        return False
    return has_delayed_topology(reservation) or has_failed_node(reservation)


def has_delayed_topology(reservation: Reservation) -> bool:
    """Whether pods of it are placed only when its admission checks are ready (R20.18)."""
    return any(one.topology_pending for one in reservation.assignments)


def has_failed_node(reservation: Reservation) -> bool:
    """Whether an unhealthy node occurs in the assignment of a pod set."""
    return any(
        domain.values[-1] in reservation.unhealthy_nodes
        for one in reservation.assignments
        if one.topology is not None
        for domain in one.topology.domains
    )


def present_assignment(reservation: Reservation) -> Assignment:
    """What the workload has already, as the starting point of its second pass (R20.60)."""
    pod_sets = {pod_set.name: pod_set for pod_set in reservation.workload.pod_sets}
    results = [
        PodSetResult(
            pod_sets[one.name],
            one.count,
            one.usage,
            {resource: FlavorChoice(flavor, FIT, 0, 0) for resource, flavor in one.flavors.items()},
            topology=one.topology,
            delayed=one.topology_pending,
        )
        for one in reservation.assignments
    ]
    assignment = Assignment(results, dict(reservation.usage), 0, mode=FIT)
    assignment.complete()
    return assignment


def eviction_message(reservation: Reservation) -> str:
    """Why a workload is evicted whose failed node could not be replaced (R20.65)."""
    nodes = ",".join(reservation.unhealthy_nodes)
    return f"Workload was evicted as there was no replacement for unhealthy node(s): {nodes}"
