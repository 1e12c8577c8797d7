"""What releases of Kueue do differently: defaults of feature gates, and rules that came without a gate.

0.19 and 0.20 are modelled in full (docs/kueue, page 8). 0.13.5 and 0.10.0 are there for defects that later releases
repaired: they differ from 0.19 in what stands here and in nothing else, whatever else Kueue changed in between.
"""

from collections.abc import Mapping
from types import MappingProxyType

_MAIN: dict[str, bool] = {
    "FlavorFungibility": True,
    "FlavorFungibilityPreserveScanProgress": True,
    "PartialAdmission": True,
    "ReclaimablePods": True,
    "PrioritySortingWithinCohort": True,
    "SchedulingEquivalenceHashing": True,
    "RecomputeAssignmentUponPreemptionTargetsOverlap": True,
    "PrioritizePreemptorWorkloads": False,
    "QuotaCheckStrategy": True,
    "VectorizedResourceRequests": True,
    "AdmissionFairSharing": True,
    "FairSharingPreemptWithinNominal": True,
    "FairSharingPrioritizeNonBorrowing": True,
    "PriorityBoost": False,
    "WorkloadPriorityClassDefaulting": True,
    "AdmissionGatedBy": True,
    "ElasticJobsViaWorkloadSlices": True,
    "ElasticJobsViaWorkloadSlicesWithTAS": False,
    "ConcurrentAdmission": False,
    "MultiKueueOrchestratedPreemption": False,
    "DisableWaitForPodsReady": False,
    "FastQuotaReleaseInPodIntegration": False,
    "SkipReassignmentForPodOwnedWorkloads": True,
    "UnadmittedWorkloadsObservability": True,
    "TopologyAwareScheduling": True,
    "TASRecomputeAssignmentWithinSchedulingCycle": True,
    "TASFailedNodeReplacement": True,
    "TASFailedNodeReplacementFailFast": True,
    "TASReplaceNodeOnPodTermination": True,
    "TASReplaceNodeOnNodeTaints": True,
    "TASHandleOverlappingFlavors": True,
    "TASProfileMixed": True,
    "TASMultiLayerTopology": True,
    "TASBalancedPlacement": False,
    "TASRespectNodeAffinityPreferred": False,
    "SchedulerLibraryIntegration": False,
    "SchedulerLongRequeueInterval": False,
    "SchedulerTimestampPreemptionBuffer": False,
}

_0_19: dict[str, bool] = _MAIN | {
    "RecomputeAssignmentUponPreemptionTargetsOverlap": False,
    "WorkloadPriorityClassDefaulting": False,
    "UnadmittedWorkloadsObservability": False,
}
_0_13: dict[str, bool] = _0_19 | dict.fromkeys(
    (
        "FlavorFungibilityPreserveScanProgress",
        "SchedulingEquivalenceHashing",
        "QuotaCheckStrategy",
        "AdmissionFairSharing",
        "FairSharingPreemptWithinNominal",
        "FairSharingPrioritizeNonBorrowing",
        "AdmissionGatedBy",
        "ElasticJobsViaWorkloadSlices",
        "SkipReassignmentForPodOwnedWorkloads",
        "TopologyAwareScheduling",
        "TASRecomputeAssignmentWithinSchedulingCycle",
        "TASFailedNodeReplacement",
        "TASFailedNodeReplacementFailFast",
        "TASReplaceNodeOnPodTermination",
        "TASReplaceNodeOnNodeTaints",
        "TASHandleOverlappingFlavors",
        "TASProfileMixed",
        "TASMultiLayerTopology",
    ),
    False,
)
"""Off by default in 0.13, or not there yet."""
_0_10: dict[str, bool] = _0_13 | {"FairSharingPrioritizeNonBorrowing": True}
"""Before the tournament of 0.11 whoever borrows went after whoever does not, without a gate."""
GATE_DEFAULTS: Mapping[str, Mapping[str, bool]] = MappingProxyType(
    {
        "0.20": MappingProxyType(_MAIN),
        "0.19": MappingProxyType(_0_19),
        "0.13.5": MappingProxyType(_0_13),
        "0.10.0": MappingProxyType(_0_10),
    }
)
"""The releases that can be chosen, newest first."""

STICKY_PREEMPTOR = "a preemptor stays at the head of its BestEffortFIFO queue"
FAIR_SHARES_ONLY = "fair sharing ignores borrowWithinCohort"
RECLAIMERS_LEND = "what may be reclaimed at any time is not reserved"
BATCHED_WAKING = "inadmissible workloads come back a while after what woke them"
LACKING: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        STICKY_PREEMPTOR: ("0.13.5", "0.10.0"),
        FAIR_SHARES_ONLY: ("0.10.0",),
        RECLAIMERS_LEND: ("0.10.0",),
        BATCHED_WAKING: ("0.13.5", "0.10.0"),
    }
)
"""Rules without a gate, and the releases that do not have them yet: R3.12 (came with 0.13.6 and 0.14.1), R11.50 (with
0.11.0), the exception of R4.50 (with 0.10.4 and 0.11.2) and the batches of R3.21, without which a release wakes.
"""
IN_PART: tuple[str, ...] = ("0.13.5", "0.10.0")
"""Releases of which only the differences above are modelled."""
