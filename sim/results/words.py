"""Kueue's reasons in words a reader who does not know Kueue understands."""

_RULES = {
    "InClusterQueue": "higher priority in the same ClusterQueue (withinClusterQueue)",
    "InCohortReclamation": "its team takes back quota that it had lent (reclaimWithinCohort)",
    "InCohortFairSharing": "the other team is further above its fair share (fair sharing)",
    "InCohortReclaimWhileBorrowing": "takes quota back while borrowing itself (borrowWithinCohort)",
    "ClusterQueueStopped": "its ClusterQueue was stopped and drained",
    "LocalQueueStopped": "its LocalQueue was stopped and drained",
    "PodsReadyTimeout": "its pods were not ready in time (waitForPodsReady)",
    "NodeFailures": "a node it ran on failed",
    "Deactivated": "it was deactivated",
    "MaximumExecutionTimeExceeded": "it ran longer than it may (maximumExecutionTime)",
    "AdmissionCheck": "an admission check took its admission back",
}


def rule_in_words(reason: str) -> str:
    """What an eviction reason means; an unknown reason stands for itself."""
    return _RULES.get(reason, reason)


def count(number: int | float, noun: str) -> str:
    """``1 workload``, ``2 workloads``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
