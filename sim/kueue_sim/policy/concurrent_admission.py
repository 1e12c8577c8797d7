"""Variants of one workload, each allowed one flavor: which of them may be admitted? (R4.30, R6.90–R6.92)."""

from collections.abc import Mapping

from kueue_sim.policy.compiled_policy import CompiledQueue
from kueue_sim.policy.entry_order import Entry
from kueue_sim.policy.workloads.workload_info import Pending, Reservation


def admitted_siblings(
    pending: Pending, queue: CompiledQueue, reservations: Mapping[str, Reservation]
) -> tuple[Reservation | None, Reservation | None]:
    """The admitted variants of the same parent with a more favorable flavor, and with a less favorable one.

    Favorable is what stands earlier in the ClusterQueue's first resource group. None: there is none.
    """
    workload = pending.workload
    place = flavor_place(queue, workload.allowed_flavors)
    better: Reservation | None = None
    worse: Reservation | None = None
    if not workload.parent or place is None:
        return None, None
    for key in sorted(reservations):
        other = reservations[key]
        if other.workload.parent != workload.parent or key == pending.key or not other.admitted:
            continue
        theirs = flavor_place(queue, other.workload.allowed_flavors)
        if theirs is not None and theirs < place:
            better = better or other
        elif theirs is not None and theirs > place:
            worse = worse or other
    return better, worse


def migrate(entry: Entry) -> None:
    """The variant fits, but a less favorable variant runs and has to go first, if that is wanted. Implements R6.92."""
    if not _may_migrate(entry.pending, entry.queue):
        entry.pending_reason, entry.text = "PendingEvaluation", "Target flavor is below LastAcceptableFlavorName"
        return
    entry.status, entry.requeue_reason = "Migrating", "PendingMigration"
    entry.pending_reason = "WaitingForPreemptedWorkloads"
    entry.text = f"{entry.message}. Pending the migration of 1 workload(s)"
    entry.pending.progress = None


def _may_migrate(pending: Pending, queue: CompiledQueue) -> bool:
    """Whether its flavor is acceptable for a workload that runs elsewhere already."""
    rule = queue.spec.concurrent_admission
    if rule is None or rule.last_acceptable_flavor is None:
        return True
    last = flavor_place(queue, (rule.last_acceptable_flavor,))
    place = flavor_place(queue, pending.workload.allowed_flavors)
    return last is not None and place is not None and place <= last


def flavor_place(queue: CompiledQueue, allowed: tuple[str, ...]) -> int | None:
    """The place of a variant's flavor among those of the queue; None when it has no such flavor."""
    if not allowed or not queue.groups:
        return None
    names = [name for name, _ in queue.groups[0].flavors]
    return names.index(allowed[0]) if allowed[0] in names else None
