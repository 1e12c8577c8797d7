"""Changes of what a workload asks for or holds while it exists: reclaimable pods and priority (R6.80, R3.18)."""

from dataclasses import replace

from sim.engine.cluster import Cluster
from sim.engine.facts import CODE
from sim.model import PodSetAssignment, Reclaim, Workload
from sim.policy.compiled import Queue, World
from sim.policy.entities import Held, Pending

_RESIZED = CODE["Resized"]


def reclaim(cluster: Cluster, now: int, pending: Pending, held: Held, change: Reclaim) -> None:
    """Some pods of an admitted workload need no quota any more. Implements R6.80–R6.81."""
    counts = {**pending.workload.reclaimable, change.pod_set: change.count}
    pending.workload = held.workload = pending.workload._replace(reclaimable=counts)
    pending.shape = cluster.shape(pending.workload)
    if not cluster.scenario.settings.gate("ReclaimablePods"):
        return
    before = held.assignments
    cluster.discharge(held)
    held.assignments = shrunk(before, pending.workload)
    cluster.charge(transplanted(held, cluster.world.queues[held.queue.name], cluster.world))
    if held.assignments != before:
        cluster.note_admission(now, _RESIZED, pending, held.assignments)
    if cluster.usage is not None and held.admitted:
        cluster.usage.change(now, pending, before, held.assignments)
    cluster.notify(now, pending)


def shrunk(assignments: tuple[PodSetAssignment, ...], workload: Workload) -> tuple[PodSetAssignment, ...]:
    """What is left of an admission after reclaimable pods. Implements R1.27."""
    sizes = {pod_set.name: pod_set.count for pod_set in workload.pod_sets}
    return tuple(
        _smaller(item, sizes[item.name] - min(workload.reclaimable.get(item.name, 0), sizes[item.name]))
        for item in assignments
    )


def _smaller(assignment: PodSetAssignment, count: int) -> PodSetAssignment:
    if count >= assignment.count:
        return assignment
    usage = {resource: amount // assignment.count * count for resource, amount in assignment.usage.items()}
    return replace(assignment, usage=usage, count=count)


def prioritize(cluster: Cluster, now: int, pending: Pending, priority: int) -> None:
    """It has another effective priority. Implements R3.18 and R3.24.4."""
    pending.workload = pending.workload._replace(priority=priority)
    pending.entry = None
    shape = cluster.shape(pending.workload)
    held = cluster.held.get(pending.key)
    if held is None and pending.queue and pending.key not in cluster.orphans:
        cluster.queues[pending.queue].change(pending, priority, shape)
    else:
        pending.priority, pending.shape = priority, shape
    if pending.queue:
        cluster.touch(cluster.world.queues[pending.queue].realm)
    if held is not None:
        held.workload, held.priority = pending.workload, priority
        cluster.by_queue[held.queue.name].reorder()
        cluster.notify(now, pending)


def transplanted(held: Held, queue: Queue, world: World) -> Held:
    """The same holding, with what its assignments say now, in this world."""
    amounts: dict[tuple[str, str], int] = {}
    for assignment in held.assignments:
        for resource, flavor in assignment.flavors.items():
            if (flavor, resource) in world.forest.slot_of:
                key = (flavor, resource)
                amounts[key] = amounts.get(key, 0) + assignment.usage[resource]
    held.queue = queue.node
    held.usage = world.forest.usage_of(amounts)
    held.slots = frozenset(slot for slot, _ in held.usage)
    return held
