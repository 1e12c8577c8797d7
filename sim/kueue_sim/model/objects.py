"""Kueue's objects as frozen values, in canonical integer units (millicores, bytes, counts, milliseconds).

Names are Kueue's own in snake case; defaults are Kueue's API defaults (R1.6–R1.21).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction


class StopPolicy(StrEnum):
    """What a queue does (R6.60). None: it gives out work; Hold: none; HoldAndDrain: none, and what runs is evicted."""

    NONE = "None"
    HOLD = "Hold"
    HOLD_AND_DRAIN = "HoldAndDrain"


class PreemptionPolicy(StrEnum):
    """Whom a preemptor may evict, by priority and age (R10.8).

    UNSET occurs only in objects that never passed the API server's defaulting: nobody may be evicted, yet it
    differs from Never where Kueue merely asks whether the policy is Never (R5.22).
    """

    UNSET = ""
    NEVER = "Never"
    LOWER_PRIORITY = "LowerPriority"
    LOWER_OR_NEWER_EQUAL_PRIORITY = "LowerOrNewerEqualPriority"
    ANY = "Any"


@dataclass(frozen=True, slots=True)
class Taint:
    """Keeps pods without a toleration from a node; ``effect`` is NoSchedule, PreferNoSchedule or NoExecute."""

    key: str
    value: str
    effect: str


@dataclass(frozen=True, slots=True)
class Toleration:
    """A pod's or flavor's toleration. Empty ``key`` with operator Exists tolerates every key. ``seconds``
    bounds how long a pod stays under NoExecute, None: for ever."""

    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Expression:
    """One match expression of a node affinity term or label selector."""

    key: str
    operator: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AffinityTerm:
    """All expressions must match. ``fields`` are matchFields (only ``metadata.name`` exists)."""

    expressions: tuple[Expression, ...] = ()
    fields: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class PreferredTerm:
    """A term of node affinity that is worth ``weight`` where it matches, and refuses no node."""

    weight: int
    term: AffinityTerm


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """Kubernetes label selector; without any condition it selects everything."""

    match_labels: tuple[tuple[str, str], ...] = ()
    expressions: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace; ClusterQueues select namespaces by ``labels``."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ResourceFlavor:
    """A kind of node (R1.6). ``topology_name`` makes it topology-aware; None leaves placement to others."""

    name: str
    node_labels: Mapping[str, str] = field(default_factory=dict)
    node_taints: tuple[Taint, ...] = ()
    tolerations: tuple[Toleration, ...] = ()
    topology_name: str | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """Quota of one resource in one flavor. A limit of None means no limit (R2.4, R2.17)."""

    nominal: int
    borrowing_limit: int | None = None
    lending_limit: int | None = None


@dataclass(frozen=True, slots=True)
class FlavorQuotas:
    """A flavor of a resource group with the quota of each covered resource, in the user's order."""

    name: str
    resources: tuple[tuple[str, Quota], ...]


@dataclass(frozen=True, slots=True)
class ResourceGroup:
    """Resources that are always taken from one flavor together; flavors in order of preference (R1.10)."""

    covered_resources: tuple[str, ...]
    flavors: tuple[FlavorQuotas, ...]


@dataclass(frozen=True, slots=True)
class FlavorFungibility:
    """When the flavor scan stops early (R5.30); ``preference`` None is BorrowingOverPreemption."""

    when_can_borrow: str = "MayStopSearch"
    when_can_preempt: str = "TryNextFlavor"
    preference: str | None = None


@dataclass(frozen=True, slots=True)
class Preemption:
    """What a ClusterQueue's pending work may evict (R10.1). Threshold None: no upper bound."""

    within_cluster_queue: PreemptionPolicy = PreemptionPolicy.NEVER
    reclaim_within_cohort: PreemptionPolicy = PreemptionPolicy.NEVER
    borrow_within_cohort: PreemptionPolicy = PreemptionPolicy.NEVER
    max_priority_threshold: int | None = None


@dataclass(frozen=True, slots=True)
class AdmissionCheckRule:
    """A check a ClusterQueue demands; empty ``on_flavors`` means on all flavors."""

    name: str
    on_flavors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AdmissionCheck:
    """``controller`` decides about delayed topology requests (R20.18). An inactive check stops the queues that
    name it. The rest is the retry strategy of the ProvisioningRequestConfig that it names, else Kueue's own (R6.73)."""

    name: str
    controller: str = ""
    active: bool = True
    retry_limit: int = 3
    retry_base_ms: int = 60_000
    retry_max_ms: int = 1_800_000


@dataclass(frozen=True, slots=True)
class ConcurrentAdmissionPolicy:
    """One variant of a workload per flavor (R6.90)."""

    mode: str = "TryPreferredFlavors"
    last_acceptable_flavor: str | None = None


@dataclass(frozen=True, slots=True)
class ClusterQueue:
    """A team's queue with its quotas. ``namespace_selector`` None selects no namespace at all. ``terminating``: it is
    deleted, and there as long as a workload holds quota in it (R6.64)."""

    name: str
    resource_groups: tuple[ResourceGroup, ...] = ()
    cohort: str | None = None
    queueing_strategy: str = "BestEffortFIFO"
    namespace_selector: LabelSelector | None = LabelSelector()
    flavor_fungibility: FlavorFungibility = FlavorFungibility()
    preemption: Preemption = Preemption()
    stop_policy: StopPolicy = StopPolicy.NONE
    fair_weight: float = 1.0
    admission_checks: tuple[AdmissionCheckRule, ...] = ()
    usage_based_admission: bool = False
    concurrent_admission: ConcurrentAdmissionPolicy | None = None
    terminating: bool = False


@dataclass(frozen=True, slots=True)
class Cohort:
    """A node of the quota tree above ClusterQueues, with quota of its own (R1.13). No parent: a root."""

    name: str
    parent: str | None = None
    resource_groups: tuple[ResourceGroup, ...] = ()
    fair_weight: float = 1.0


@dataclass(frozen=True, slots=True)
class LocalQueue:
    """A namespace's entrance to a ClusterQueue. ``consumed`` is its decayed usage at ``consumed_at_ms`` from the start,
    per resource in natural units (cores), where admission is usage-based (R7.5). ``settled`` says that it counts all
    admissions up to now; what Kueue writes down counts those up to its last sample."""

    name: str
    namespace: str
    cluster_queue: str
    stop_policy: StopPolicy = StopPolicy.NONE
    fair_weight: float = 1.0
    consumed: Mapping[str, Fraction] = field(default_factory=dict)
    consumed_at_ms: int = 0
    settled: bool = False


@dataclass(frozen=True, slots=True)
class WorkloadPriorityClass:
    """A name for a priority; work with a larger ``value`` goes first."""

    name: str
    value: int


@dataclass(frozen=True, slots=True)
class Topology:
    """Node label keys from the highest level to the lowest (R20.1)."""

    name: str
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """``allocatable`` is what pods may use; ``capacity`` what the machine has, None when that is the same."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Taint, ...] = ()
    allocatable: Mapping[str, int] = field(default_factory=dict)
    ready: bool = True
    unschedulable: bool = False
    capacity: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class NodePod:
    """A pod already bound to a node that is not Kueue's to place; reduces topology capacity (R20.7)."""

    name: str
    node: str
    requests: Mapping[str, int] = field(default_factory=dict)
