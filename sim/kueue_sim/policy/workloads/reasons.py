"""The words of Kueue for what becomes of a head in a cycle, as types: a misspelt one does not pass the type checker."""

from typing import Literal

EntryStatus = Literal[
    "NotNominated", "Inadmissible", "Skipped", "Gated", "Admitted", "Preempting", "Migrating", "Evicted"
]
"""What a cycle did with an entry (R4.6). *Evicted* is a second pass that found no place any more (R20.66)."""
RequeueReason = Literal[
    "Generic",
    "NamespaceMismatch",
    "NoFit",
    "PreemptionNoCandidates",
    "PreemptionGated",
    "PendingPreemption",
    "PendingMigration",
    "FailedAfterNomination",
]
"""Why an entry goes back to its queue, which decides whether it is active there or inadmissible (R3.9–R3.12)."""
NoFitReason = Literal["", "TopologyPlacementFailed", "WaitingForQuota", "ExceedsMaxQuota", "NoMatchingFlavor"]
"""Why no flavor serves a request (R5.71); empty where one does."""
PendingReason = Literal[
    NoFitReason,
    "AdmissionGated",
    "Misconfigured",
    "PendingEvaluation",
    "Suspended",
    "WaitingForPreemptedWorkloads",
]
"""The reason of the condition that says why a workload waits; empty before it was evaluated."""
