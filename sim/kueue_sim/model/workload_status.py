"""What a workload is already when the simulation begins: the part of its status that decides what happens later.

Times are milliseconds from the scenario's start, so what happened before is negative. Names are those of Kueue's
``status``. Docs: docs/your-cluster.md.
"""

from dataclasses import dataclass

from kueue_sim.model.admission import PodSetAssignment
from kueue_sim.model.checks import CheckState, PodSetUpdate


@dataclass(frozen=True, slots=True)
class RecordedAdmission:
    """The quota a workload holds (``status.admission``), taken over as it is.

    ``reserved_ms`` is when its quota was reserved, ``admitted_ms`` when it was admitted, None while admission checks
    are outstanding. ``ran_ms`` is how long it has run since, None: as long as it is admitted, without the time its pods
    needed to get ready; negative: its work begins so much later. ``pods_scheduled`` says whether all its pods have a
    node: as long as one has none, the work of a gang stands still. ``ready`` says whether all its pods are,
    ``unready_ms`` since when they are not any more after they were, None when they never were. ``nodes`` are the nodes
    of its pods, pod set by pod set, where they are known. ``unhealthy_nodes`` failed under it (R20.72).
    """

    cluster_queue: str
    pod_sets: tuple[PodSetAssignment, ...]
    reserved_ms: int = 0
    admitted_ms: int | None = 0
    ran_ms: int | None = None
    pods_scheduled: bool = True
    ready: bool = True
    unready_ms: int | None = None
    nodes: tuple[tuple[str, ...], ...] = ()
    unhealthy_nodes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordedEviction:
    """The last eviction, as long as no quota was reserved after it; ``preempted`` is the reason of a preemption, and
    ``message`` what Kueue said, which is the workload's answer once its pods are gone."""

    reason: str
    at_ms: int = 0
    preempted: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class RecordedCheck:
    """What an admission check says, and since when; ``retries`` counts its answers Retry, ``updates`` are what it adds
    to the pods while it is Ready."""

    name: str
    state: CheckState = "Pending"
    since_ms: int = 0
    requeue_after_ms: int | None = None
    retries: int = 0
    updates: tuple[PodSetUpdate, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkloadStatus:
    """Everything that is remembered of a workload that was submitted before the start.

    With an ``admission`` and an ``eviction`` its pods terminate and it still holds its quota. ``on_hold`` is the reason
    why it must not be requeued (condition Requeued is False), "" when it may; ``requeue_at_ms`` ends its backoff and
    ``requeue_count`` counts its PodsReady timeouts. It was admitted for ``past_execution_ms`` before (R6.41), and
    ``done_ms`` of its run time need not be repeated. ``admissions`` and ``reservations`` were made so far, the present
    ones included. ``reason`` and ``message`` say why it waits, "" when it was never tried; ``woken``: something changes
    at the start for which Kueue looks again at what it refused (R3.24). A ``preemptor`` preempted others and was not
    admitted since (R3.12).
    """

    admission: RecordedAdmission | None = None
    eviction: RecordedEviction | None = None
    on_hold: str = ""
    requeue_at_ms: int | None = None
    requeue_count: int = 0
    checks: tuple[RecordedCheck, ...] = ()
    past_execution_ms: int = 0
    done_ms: int = 0
    admissions: int = 0
    reservations: int = 0
    reason: str = ""
    message: str = ""
    woken: bool = False
    preemptor: bool = False

    @property
    def ends(self) -> bool:
        """Whether it was evicted and holds its quota until its pods are gone."""
        return self.admission is not None and self.eviction is not None
