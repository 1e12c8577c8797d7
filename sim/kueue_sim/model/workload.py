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
        return self.requests if self.pod_requests is None else self.pod_requests


@dataclass(frozen=True, slots=True)
class Reclaim:
    """After running this long, this many pods of a pod set need no quota any more (R6.80)."""

    after_ms: int
    pod_set: str
    count: int


_NO_COUNTS: Mapping[str, int] = {}


class Workload(NamedTuple):
    """A unit of admission. Times are milliseconds from the scenario's start.

    ``runtime_ms`` None: runs until deleted. ``checkpoint_every_ms`` None: eviction loses all progress.
    ``reclaimable`` maps a pod set to the number of its pods that need no quota any more (R1.27); ``reclaims``
    lets it grow while the workload runs. ``ready_after_ms`` says for the first, second, … start how long after
    admission all pods are ready, None for never; the last one holds for all further starts, empty means the
    pod start time of the timing profile. ``priority_boost`` is contained in ``priority`` (R1.31).
    ``infeasible_reason`` says why its pods can never be created (R4.9), "" when they can. ``preemption_gates``
    are closed until opened (R4.36). ``parent`` is the uid of the workload it is a variant of, and
    ``allowed_flavors`` the only flavors it may get, empty for all (R6.90). ``checks`` are what admission checks say
    of it already. ``status`` is what it is when the simulation begins, None for work that is submitted later.
    ``priority_class`` is the WorkloadPriorityClass its priority comes from, "" for none (R3.24.4).
    ``resumes``: it goes on with the work of the slice it replaces. ``sizes`` are the numbers of pods of the first pod
    set between which elastic training moves by itself, ascending; empty for other work.
    ``labels`` are those of its object but Kueue's own, sorted; they decide nothing, and figures may be about them.
    ``user`` is who submitted it, "" where no label says so. ``keeps_work``: with fewer pods than it asks for its work
    stays, and so it runs longer; otherwise it runs as long with any number of pods.
    """

    name: str
    namespace: str
    queue_name: str
    pod_sets: tuple[PodSet, ...]
    uid: str = ""
    created_ms: int = 0
    priority: int = 0
    runtime_ms: int | None = None
    active: bool = True
    checkpoint_every_ms: int | None = None
    restart_cost_ms: int = 0
    max_execution_ms: int | None = None
    reclaimable: Mapping[str, int] = _NO_COUNTS
    replaces: str | None = None
    owned_by_pod: bool = False
    gang: bool = True
    kind: str = "Workload"
    job_uid: str = ""
    priority_boost: int = 0
    ready_after_ms: tuple[int | None, ...] = ()
    reclaims: tuple[Reclaim, ...] = ()
    infeasible_reason: str = ""
    preemption_gates: tuple[str, ...] = ()
    parent: str = ""
    allowed_flavors: tuple[str, ...] = ()
    checks: tuple[tuple[str, CheckState], ...] = ()
    status: WorkloadStatus | None = None
    user: str = ""
    inadmissible_reason: str = ""
    priority_class: str = ""
    resumes: bool = False
    sizes: tuple[int, ...] = ()
    keeps_work: bool = False
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.name}"
