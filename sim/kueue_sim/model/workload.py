"""What is submitted: workloads and their pod sets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from kueue_sim.model.checks import CheckState
from kueue_sim.model.objects import AffinityTerm, PreferredTerm, Toleration
from kueue_sim.model.workload_status import WorkloadStatus


@dataclass(frozen=True, slots=True)
class SliceLayer:
    """Groups of ``size`` pods that must share one domain of ``level``."""

    level: str
    size: int


@dataclass(frozen=True, slots=True)
class TopologyRequest:
    """A pod set's topology annotations (R20.12). Levels are node label keys; None is absent."""

    required: str | None = None
    preferred: str | None = None
    unconstrained: bool | None = None
    slice_layers: tuple[SliceLayer, ...] = ()
    group: str | None = None

    @property
    def explicit(self) -> bool:
        """Whether the pod set asks for topology-aware placement by itself (R20.13)."""
        return bool(self.required or self.preferred or self.unconstrained is not None or self.slice_layers)


@dataclass(frozen=True, slots=True)
class PodSet:
    """Pods of one shape. ``requests`` is per pod after resource transformations (R1.25);
    ``pod_requests`` the plain pod request used for placement (R20.8), None when the same. ``further_shape`` is what
    else of the pod spec distinguishes the workload's scheduling equivalence class (R3.40), as text."""

    name: str
    count: int
    requests: Mapping[str, int] = field(default_factory=dict)
    min_count: int | None = None
    node_selector: Mapping[str, str] = field(default_factory=dict)
    required_affinity: tuple[AffinityTerm, ...] | None = None
    preferred_affinity: tuple[PreferredTerm, ...] = ()
    tolerations: tuple[Toleration, ...] = ()
    topology: TopologyRequest | None = None
    pod_requests: Mapping[str, int] | None = None
    further_shape: str = ""

    @property
    def placement_requests(self) -> Mapping[str, int]:
        """What one pod asks a node for, in canonical units."""
        return self.requests if self.pod_requests is None else self.pod_requests

    @property
    def content(self) -> tuple[object, ...]:
        """All that tells it apart, the order of its resources included; comparable and hashable."""
        return (
            self.name,
            self.count,
            tuple(self.requests.items()),
            self.min_count,
            tuple(self.node_selector.items()),
            self.required_affinity,
            self.preferred_affinity,
            self.tolerations,
            self.topology,
            None if self.pod_requests is None else tuple(self.pod_requests.items()),
            self.further_shape,
        )


@dataclass(frozen=True, slots=True)
class Reclaim:
    """After running this long, this many pods of a pod set need no quota any more (R6.80)."""

    after_ms: int
    pod_set: str
    count: int


_NO_COUNTS: Mapping[str, int] = {}


class Workload(NamedTuple):
    """A unit of admission, and what becomes of it where nobody intervenes. Times are milliseconds from the scenario's
    start."""

    name: str
    namespace: str
    queue_name: str
    pod_sets: tuple[PodSet, ...]
    uid: str = ""
    created_ms: int = 0
    priority: int = 0
    """What the cluster orders it by; a ``priority_boost`` is contained (R1.31)."""
    runtime_ms: int | None = None
    """How long it runs undisturbed; None: until it is deleted."""
    active: bool = True
    checkpoint_every_ms: int | None = None
    """After so much work progress is safe; None: eviction loses all of it."""
    restart_cost_ms: int = 0
    """What every start after the first takes on top."""
    max_execution_ms: int | None = None
    """After running so long it is deactivated; None: never."""
    reclaimable: Mapping[str, int] = _NO_COUNTS
    """By pod set, how many of its pods need no quota any more (R1.27)."""
    replaces: str | None = None
    """The slice of an elastic job that it takes over from, ``namespace/name`` (R5.61)."""
    owned_by_pod: bool = False
    """Whether a single Pod owns it: evicted, it does not come back under gate SkipReassignmentForPodOwnedWorkloads."""
    gang: bool = True
    """Whether all its pods run together or not at all (R21.40)."""
    kind: str = "Workload"
    """The kind of the job behind it."""
    job_uid: str = ""
    """The uid of that job, "" where nobody knows it; messages of preemption tell it."""
    priority_boost: int = 0
    ready_after_ms: tuple[int | None, ...] = ()
    """For the first, second, … start, how long after admission all pods are ready, None: never. The last one holds for
    all further starts; empty: the pod start time of the timing profile."""
    reclaims: tuple[Reclaim, ...] = ()
    """How ``reclaimable`` grows while it runs."""
    infeasible_reason: str = ""
    """Why its pods can never be created (R4.9), "" when they can."""
    preemption_gates: tuple[str, ...] = ()
    """Closed until they are opened (R4.36)."""
    parent: str = ""
    """The uid of the workload that it is a variant of (R6.90)."""
    allowed_flavors: tuple[str, ...] = ()
    """The only flavors that it may get; empty: all (R6.90)."""
    checks: tuple[tuple[str, CheckState], ...] = ()
    """What admission checks say of it already."""
    status: WorkloadStatus | None = None
    """What it is when the simulation begins; None: it is submitted later."""
    user: str = ""
    """Who submitted it, "" where no label says so."""
    inadmissible_reason: str = ""
    """Why no queue takes it, whatever the quota; "" when one may."""
    priority_class: str = ""
    """The WorkloadPriorityClass that its priority comes from, "" for none (R3.24.4)."""
    resumes: bool = False
    """Whether it goes on with the work of the slice that it replaces."""
    sizes: tuple[int, ...] = ()
    """Numbers of pods of the first pod set between which elastic training moves by itself, ascending; empty for other
    work."""
    keeps_work: bool = False
    """Whether its work stays with fewer pods than it asks for, so that it runs longer; else it runs as long with any
    number of pods."""
    labels: tuple[tuple[str, str], ...] = ()
    """Those of its object but Kueue's own, sorted; they decide nothing, and figures may be about them."""

    @property
    def key(self) -> str:
        """``namespace/name``."""
        return f"{self.namespace}/{self.name}"

    @property
    def waits_from_ms(self) -> int:
        """Since when what waits at the beginning of the simulation does so: since it was submitted, or last evicted."""
        eviction = None if self.status is None else self.status.eviction
        return self.created_ms if eviction is None else eviction.at_ms
