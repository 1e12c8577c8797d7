"""Kueue's own words about evictions."""

from kueue_sim.model import Release
from kueue_sim.policy.quota.quota_tree import QuotaNode
from kueue_sim.policy.workloads.workload_info import Pending, Reservation, Target

DEACTIVATED = "The workload is deactivated"

_DUE_TO = {
    "InClusterQueue": "prioritization in the ClusterQueue",
    "InCohortReclamation": "reclamation within the cohort",
    "InCohortFairSharing": "Fair Sharing within the cohort",
    "InCohortReclaimWhileBorrowing": "reclamation within the cohort while borrowing",
}


def preemption(preemptor: Pending, node: QuotaNode, target: Target, release: Release) -> str:
    """Why a workload is preempted. ``node`` is the ClusterQueue of the preemptor; what else is told depends on the
    release (V27, V31)."""
    uid = preemptor.workload.uid or "UNKNOWN"
    job_uid = preemptor.workload.job_uid or "UNKNOWN"
    because = _DUE_TO[target.reason]
    if not release.tells_job_uid:
        return f"Preempted to accommodate a workload (UID: {uid}) due to {because.replace('Fair S', 'fair s')}"
    told = f"Preempted to accommodate a workload (UID: {uid}, JobUID: {job_uid}) due to {because}"
    if not release.tells_paths:
        return told
    return f"{told}; preemptor path: {node.path()}; preemptee path: {target.reservation.queue.path()}"


def migration(favored: Pending) -> str:
    """Why a less favorable variant is evicted (R6.92)."""
    uid = favored.workload.uid
    return f"Evicted to accommodate a workload (UID: {uid}) due to migration to more favorable resource flavor"


def deleted(reservation: Reservation, local_queue: bool) -> tuple[str, str]:
    """Why a workload loses a reservation it could not use yet when its queue is deleted: reason, message (R6.64)."""
    kind, name = ("LocalQueue", reservation.local_queue) if local_queue else ("ClusterQueue", reservation.queue.name)
    return "Misconfigured", f"{kind} {name} is terminating or missing"


def stopped(reservation: Reservation, local_queue: bool) -> tuple[str, str]:
    """Why a workload of a stopped queue is evicted, or loses a reservation it could not use yet: reason, message."""
    kind, name = ("LocalQueue", reservation.local_queue) if local_queue else ("ClusterQueue", reservation.queue.name)
    if reservation.admitted:
        return f"{kind}Stopped", f"The {kind} is stopped"
    return "Suspended", f"{kind} {name} is stopped"
