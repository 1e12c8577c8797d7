"""The threshold of ``borrowWithinCohort``: whom a preemptor may evict although it has to borrow afterwards (R10.20).

Worked number: ``maxPriorityThreshold: 100``, a preemptor of priority 200. Who has 100 or less may be evicted, who has
101 may not. A preemptor of priority 50 may evict only what lies below 50.
"""

from kueue_sim.model import Preemption, PreemptionPolicy
from kueue_sim.policy.preemption.candidates import Request
from kueue_sim.policy.workloads.workload_info import Pending, Reservation


def yields_to_borrower(policy: Preemption, pending: Pending, reservation: Reservation) -> bool:
    """Whether ``borrowWithinCohort`` lets a workload that has to borrow evict it (R10.20)."""
    threshold = policy.max_priority_threshold
    return (
        policy.borrow_within_cohort is not PreemptionPolicy.NEVER
        and reservation.priority < pending.priority
        and (threshold is None or reservation.priority <= threshold)
    )


def borrowing_threshold(request: Request, policy: Preemption) -> int | None:
    """Workloads below this priority may be evicted while the preemptor borrows; None without borrowWithinCohort."""
    if policy.borrow_within_cohort in (PreemptionPolicy.NEVER, PreemptionPolicy.UNSET):
        return None
    own, most = request.pending.priority, policy.max_priority_threshold
    return own if most is None or most >= own else most + 1
