"""Second passes: a workload that holds quota comes up again to be placed, or because a node failed (20.11, 20.12)."""

from sim.policy.assignment import Assignment
from sim.policy.entities import FIT, FlavorChoice, Held, PodSetResult, ScanProgress


def needs_second_pass(held: Held) -> bool:
    """Whether pods are still to be placed, or one of the nodes they are on has failed. Implements R20.60, R20.62."""
    if held.evicted:
        return False
    return has_delayed_topology(held) or has_failed_node(held)


def has_delayed_topology(held: Held) -> bool:
    """Whether pods of it are placed only when its admission checks are ready (R20.18)."""
    return any(one.topology_pending for one in held.assignments)


def has_failed_node(held: Held) -> bool:
    """Whether an unhealthy node occurs in the assignment of a pod set."""
    return any(
        domain.values[-1] in held.unhealthy_nodes
        for one in held.assignments
        if one.topology is not None
        for domain in one.topology.domains
    )


def present_assignment(held: Held) -> Assignment:
    """What the workload has already, as the starting point of its second pass (R20.60)."""
    pod_sets = {pod_set.name: pod_set for pod_set in held.workload.pod_sets}
    results = [
        PodSetResult(
            pod_sets[one.name],
            one.count,
            one.usage,
            {resource: FlavorChoice(flavor, FIT, 0, 0) for resource, flavor in one.flavors.items()},
            topology=one.topology,
            delayed=one.topology_pending,
        )
        for one in held.assignments
    ]
    assignment = Assignment(results, dict(held.usage), 0, ScanProgress((), 0, 0), mode=FIT)
    assignment.complete()
    return assignment


def eviction_message(held: Held) -> str:
    """Why a workload is evicted whose failed node could not be replaced (R20.65)."""
    return f"Workload was evicted as there was no replacement for unhealthy node(s): {','.join(held.unhealthy_nodes)}"
