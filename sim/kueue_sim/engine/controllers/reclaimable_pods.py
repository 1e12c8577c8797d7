"""Changes of what a workload asks for or holds while it exists: reclaimable pods and priority (R6.80, R3.18)."""

from collections.abc import Iterable
from dataclasses import replace

from kueue_sim.engine.cluster import Cluster
from kueue_sim.engine.facts import CODE
from kueue_sim.model import PodSetAssignment, Reclaim, Workload
from kueue_sim.policy.compiled_policy import CompiledPolicy, CompiledQueue
from kueue_sim.policy.quota.quota_tree import Usage
from kueue_sim.policy.workloads.workload_info import Pending, Reservation

_RESIZED = CODE["Resized"]


def reclaim(cluster: Cluster, now: int, pending: Pending, reservation: Reservation, change: Reclaim) -> None:
    """Some pods of an admitted workload need no quota any more. Implements R6.80–R6.81."""
    counts = {**pending.workload.reclaimable, change.pod_set: change.count}
    pending.workload = reservation.workload = pending.workload._replace(reclaimable=counts)
    pending.shape = cluster.manager.classes.of(pending.workload)
    if not cluster.scenario.settings.gate("ReclaimablePods"):
        return
    resize(cluster, now, pending, reservation, shrunk(reservation.assignments, pending.workload))


def resize(
    cluster: Cluster,
    now: int,
    pending: Pending,
    reservation: Reservation,
    assignments: tuple[PodSetAssignment, ...],
) -> None:
    """A workload that holds quota holds these assignments from now on; what it gives back is news for others. Once it
    waits again it asks for no more."""
    before = reservation.assignments
    cluster.scheduler.forget(pending)
    cluster.cache.discharge(reservation)
    reservation.assignments = assignments
    cluster.cache.charge(transplanted(reservation, cluster.cache.queue_of(reservation), cluster.cache.compiled))
    if assignments != before:
        cluster.note_admission(now, _RESIZED, pending, assignments)
    if cluster.manager.usage is not None and reservation.admitted:
        cluster.manager.usage.change(now, pending, before, assignments)
    cluster.manager.notify(now, pending)


def shrunk(assignments: tuple[PodSetAssignment, ...], workload: Workload) -> tuple[PodSetAssignment, ...]:
    """What is left of an admission after reclaimable pods. Implements R1.27."""
    sizes = {pod_set.name: pod_set.count for pod_set in workload.pod_sets}
    return tuple(
        of_size(item, sizes[item.name] - min(workload.reclaimable.get(item.name, 0), sizes[item.name]))
        for item in assignments
    )


def of_size(assignment: PodSetAssignment, count: int) -> PodSetAssignment:
    """The assignment of a pod set that has at most ``count`` pods from now on, each with the usage it had."""
    if count >= assignment.count:
        return assignment
    usage = {resource: amount // assignment.count * count for resource, amount in assignment.usage.items()}
    return replace(assignment, usage=usage, count=count)


def prioritize(cluster: Cluster, now: int, pending: Pending, priority: int, priority_class: str) -> None:
    """The workload has another effective priority. Implements R3.18 and R3.24.4.

    While a workload holds quota, only a change that concerns a WorkloadPriorityClass is news for others.
    """
    before = pending.workload
    priority_class = priority_class or before.priority_class
    pending.workload = before._replace(priority=priority, priority_class=priority_class)
    cluster.scheduler.forget(pending)
    shape = cluster.manager.classes.of(pending.workload)
    reservation = cluster.cache.reservations.get(pending.key)
    if reservation is None and pending.queue and pending.key not in cluster.manager.unqueued:
        cluster.manager.queues[pending.queue].change(pending, priority, shape)
    else:
        pending.priority, pending.shape = priority, shape
    if pending.queue:
        cluster.cache.mark_changed(cluster.cache.compiled.queues[pending.queue].partition)
    if reservation is not None:
        reservation.workload, reservation.priority = pending.workload, priority
        cluster.cache.reorder(reservation)
        if priority_class and (priority, priority_class) != (before.priority, before.priority_class):
            cluster.manager.notify(now, pending)


def transplanted(reservation: Reservation, queue: CompiledQueue, compiled: CompiledPolicy) -> Reservation:
    """The same holding, with what its assignments say now, in this world."""
    reservation.queue = queue.node
    reservation.usage = usage_of(reservation.assignments, compiled)
    reservation.slots = frozenset(slot for slot, _ in reservation.usage)
    return reservation


def usage_of(assignments: Iterable[PodSetAssignment], compiled: CompiledPolicy) -> Usage:
    """What pod sets with these assignments use of the quotas there are."""
    amounts: dict[tuple[str, str], int] = {}
    for assignment in assignments:
        for resource, flavor in assignment.flavors.items():
            if (flavor, resource) in compiled.forest.slot_of:
                key = (flavor, resource)
                amounts[key] = amounts.get(key, 0) + assignment.usage.get(resource, 0)
    return compiled.forest.usage_of(amounts)
