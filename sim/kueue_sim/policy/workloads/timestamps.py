"""Since when does a workload count as waiting? Its place among equals follows from that (R3.4–R3.6)."""

from dataclasses import dataclass

from kueue_sim.model import Settings


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of a workload that is True, since the second ``since_s``."""

    reason: str
    since_s: int


def queue_order_ms(
    settings: Settings, created_s: int, evicted: Condition | None = None, preempted: Condition | None = None
) -> int:
    """Milliseconds by which workloads of equal priority are ordered, earlier first. Implements R3.4.

    Whole seconds, but for a workload that was reclaimed while borrowing: one millisecond more.
    """
    if evicted is not None:
        wait = settings.wait_for_pods_ready
        by_eviction = wait is None or wait.requeue_by_eviction
        if evicted.reason == "AdmissionCheck" or (evicted.reason == "PodsReadyTimeout" and by_eviction):
            return evicted.since_s * 1000
    if (
        preempted is not None
        and preempted.reason == "InCohortReclaimWhileBorrowing"
        and not settings.gate("PrioritySortingWithinCohort")
    ):
        return preempted.since_s * 1000 + 1
    return created_s * 1000
