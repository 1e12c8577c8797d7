"""Everything about Kueue's configuration that changes a decision, as one frozen value (file 08 of the rules)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

S2A = "LessThanOrEqualToFinalShare"
S2B = "LessThanInitialShare"

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
GATE_DEFAULTS: Mapping[str, Mapping[str, bool]] = MappingProxyType(
    {
        "0.20": MappingProxyType(_MAIN),
        "0.19": MappingProxyType(
            _MAIN
            | {
                "RecomputeAssignmentUponPreemptionTargetsOverlap": False,
                "WorkloadPriorityClassDefaulting": False,
                "UnadmittedWorkloadsObservability": False,
            }
        ),
    }
)


@dataclass(frozen=True, slots=True)
class AdmissionFairSharing:
    """Usage-based order of LocalQueues inside a ClusterQueue (R7.2). Absent weights count 1."""

    half_life_ms: int
    sampling_interval_ms: int = 300_000
    resource_weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WaitForPodsReady:
    """Eviction of workloads whose pods do not become ready (R6.30). ``backoff_limit`` None: endless."""

    timeout_ms: int = 1_800_000
    recovery_timeout_ms: int | None = None
    block_admission: bool = False
    requeue_by_eviction: bool = True
    backoff_base_ms: int = 60_000
    backoff_max_ms: int = 3_600_000
    backoff_limit: int | None = None


@dataclass(frozen=True, slots=True)
class Transformation:
    """Resource transformation of the manager's configuration (R1.25), factors in natural units."""

    input: str
    outputs: Mapping[str, str]
    retain: bool = True
    multiply_by: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """``fair_sharing`` None is classical preemption, otherwise the strategies in order (R11.2)."""

    version: str = "0.20"
    gates: Mapping[str, bool] = field(default_factory=dict)
    fair_sharing: tuple[str, ...] | None = None
    admission_fair_sharing: AdmissionFairSharing | None = None
    wait_for_pods_ready: WaitForPodsReady | None = None
    ignore_undeclared_resources: bool = False
    exclude_resource_prefixes: tuple[str, ...] = ()
    transformations: tuple[Transformation, ...] = ()

    def gate(self, name: str) -> bool:
        """Whether a feature gate is on: what the user set, else the default of the version."""
        return self.gates.get(name, GATE_DEFAULTS[self.version][name])


@dataclass(frozen=True, slots=True)
class Timing:
    """Latencies in milliseconds; all zero is the *ideal* profile (R3.21 for the flush batching).

    ``node_failure_ms`` passes from a node's failure until its pods are given up: *typical* are 40 s until the node is
    found not ready and 300 s that pods tolerate it (R20.73).
    """

    cycle_ms: int = 0
    flush_ms: int = 0
    pod_start_ms: int = 0
    termination_ms: int = 0
    node_failure_ms: int = 0


IDEAL = Timing()
TYPICAL = Timing(cycle_ms=10, flush_ms=1000, pod_start_ms=15_000, termination_ms=30_000, node_failure_ms=340_000)
