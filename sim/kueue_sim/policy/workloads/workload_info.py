"""The workloads a cycle looks at: those waiting, those holding quota, and what may be evicted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from kueue_sim.model import PodSet, PodSetAssignment, PodSetUpdate, TopologyAssignment, Workload
from kueue_sim.policy.quota.quota_tree import QuotaNode
from kueue_sim.policy.workloads.reasons import NoFitReason
from kueue_sim.policy.workloads.status import Status

AssignmentMode = Literal[0, 1, 2, 3]
NO_FIT: Final = 0
PREEMPT: Final = 1
DEFERRED_FIT: Final = 2
FIT: Final = 3
"""Assignment modes from worst to best (R4.15)."""


@dataclass(slots=True)
class ScanProgress:
    """Where the flavor scan of a workload stopped (R5.40). ``tried`` holds one dict per pod set:
    resource to the index of the last flavor tried, −1 when that was the last of the list."""

    tried: tuple[Mapping[str, int], ...]
    generation: tuple[int, int]
    cycle: int

    def outdated(self, generation: tuple[int, int], cycle: int, preserved: bool) -> bool:
        """Whether the next scan starts anew; ``preserved`` is gate FlavorFungibilityPreserveScanProgress (R5.42)."""
        if preserved and cycle - self.cycle <= 1:
            return False
        return generation != self.generation

    @property
    def pending_flavors(self) -> bool:
        """Whether the scan stopped before the end of a list, so that flavors are left to try."""
        return any(index != -1 for record in self.tried for index in record.values())


@dataclass(slots=True, eq=False)
class Pending:
    """A workload in a queue. ``timestamp_ms`` orders it among equals (R3.4); ``shape`` is its equivalence
    class (R3.40); ``reason`` and ``message`` are those of its last evaluation; ``number`` names it in facts;
    ``done_ms`` is the run time it need not repeat after an eviction, ``restarts`` says that it ran before.
    ``status`` is None until something happens to it that is remembered; ``backing_off`` keeps it parked (R3.17);
    ``serial`` numbers its place in the heap of its queue, 0 while it is in none;
    ``is_preemptor`` says that its queue has recorded it as preemptor since its last change (R3.12)."""

    workload: Workload
    key: str
    queue: str
    priority: int
    timestamp_ms: int
    shape: int
    pod_sets: tuple[PodSet, ...]
    number: int = -1
    progress: ScanProgress | None = None
    reason: str = ""
    message: str = ""
    in_heap: bool = False
    inadmissible: bool = False
    serial: int = 0
    group: "WaitingClass | None" = None
    done_ms: int = 0
    restarts: bool = False
    reservation: "Reservation | None" = None
    """Set while it holds quota and comes up for a second pass (R3.50)."""
    status: Status | None = None
    backing_off: bool = False
    is_preemptor: bool = False

    @property
    def gated(self) -> bool:
        """Whether a preemption gate is closed (R4.36)."""
        return self.status is not None and bool(self.status.closed_gates)


@dataclass(slots=True, eq=False)
class WaitingClass:
    """Workloads of one queue and ``shape`` that share one verdict (R3.40), ``live`` of them. ``answer`` is why the
    class was parked: that of its workloads up to the serial number ``answered``; the ``newest`` may have come later.
    While it is parked, ``judged`` is the serial number of the one that was evaluated, −1 when it is not among them, and
    ``refused_in`` the cycle that refused it while its queue rested. Entries are told apart by number, since a tuple
    need not stay the same object."""

    shape: int
    heap: "list[WaitingEntry]" = field(default_factory=list)
    live: int = 0
    failed: bool = False
    answer: tuple[str, str] = ("", "")
    answered: int = -1
    newest: int = -1
    judged: int = -1
    refused_in: int = -1


WaitingEntry = tuple[int, int, int, str, int, Pending, WaitingClass]
"""Sort key of a waiting workload (sticky, priority, age, uid, serial number), the workload and its class."""


@dataclass(slots=True, eq=False)
class Reservation:
    """A workload that holds quota. ``slots`` are the (flavor, resource) pairs it is assigned, whatever the
    amount (R10.16); ``reserved_s`` the second its quota was reserved; ``topology_usage`` per flavor the
    pods per domain; ``unhealthy_nodes`` failed under it (R20.72); ``pod_updates`` is what its admission checks add
    to its pods (R20.60). ``since_ms`` is when its work began (without nodes),
    ``gone_after_ms`` how long after its eviction its last pod is gone. ``admitted`` is False while admission checks
    are outstanding, ``ready`` while some of its pods are not; ``ready_deadline_ms`` is when they must be (R6.32).
    ``void_ends`` counts planned ends of its work that were overtaken by the failure of a node. ``pace`` is how fast its
    work comes on, as pods given and pods asked for; both 1 where it makes no difference."""

    workload: Workload
    key: str
    queue: QuotaNode
    priority: int
    timestamp_ms: int
    reserved_s: int
    usage: tuple[tuple[int, int], ...]
    slots: frozenset[int]
    assignments: tuple[PodSetAssignment, ...]
    topology_usage: tuple["TopologyUsage", ...] = ()
    evicted: bool = False
    unhealthy_nodes: tuple[str, ...] = ()
    pod_updates: tuple[PodSetUpdate, ...] = ()
    since_ms: int = 0
    gone_after_ms: int = 0
    evicted_ms: int = 0
    admitted: bool = True
    admitted_ms: int = 0
    ready: bool = True
    ready_deadline_ms: int = 0
    void_ends: int = 0
    pace: tuple[int, int] = (1, 1)

    @property
    def uid(self) -> str:
        return self.workload.uid

    @property
    def local_queue(self) -> str:
        """The name of the LocalQueue that it was submitted to."""
        return self.workload.queue_name


@dataclass(frozen=True, slots=True)
class TopologyUsage:
    """``count`` pods with these requests each (resource and amount), in one domain of one flavor's topology."""

    flavor: str
    values: tuple[str, ...]
    requests: tuple[tuple[str, int], ...]
    count: int


@dataclass(slots=True)
class Target:
    """A workload to evict, and Kueue's reason for it (R10.34, R11.51)."""

    reservation: Reservation
    reason: str


@dataclass(slots=True)
class FlavorChoice:
    """The flavor found for one resource of a pod set, in which mode, and the index tried last."""

    flavor: str
    mode: AssignmentMode
    level: int
    tried: int


class Explanation(Protocol):
    """Why flavors do not simply fit. Asked at most when somebody reads the reasons."""

    def texts(self) -> Sequence[str]:
        """In the order in which flavors and resources were looked at."""
        ...

    def shortages(self) -> "Sequence[Shortage]":
        """The flavors that lack unused quota, in the same order."""
        ...


@dataclass(frozen=True, slots=True)
class Shortage:
    """A flavor that lacks unused quota for a pod set: what would be charged there, and the slots that are short.

    ``untried`` are those of them for which no eviction is tried: more than the nominal quota is asked for, and nothing
    allows to evict and borrow (R5.22)."""

    flavor: str
    amounts: tuple[tuple[int, int], ...]
    short: frozenset[int]
    untried: frozenset[int] = frozenset()


@dataclass(slots=True)
class PodSetResult:
    """Outcome of flavor assignment for one pod set. ``explanation`` is why its flavors do not simply fit, None when
    they do; ``further`` is what its placement adds to that.

    ``rejections`` is, by the resources of a group, the mildest reason against its unusable flavors (R5.71).
    ``topology`` is where its pods go, None when it uses no topology, has no place, or is placed later (``delayed``);
    ``previous`` where those of the slice are that an elastic workload replaces (R20.59).
    """

    pod_set: PodSet
    count: int
    requests: Mapping[str, int]
    flavors: dict[str, FlavorChoice] = field(default_factory=dict)
    explanation: Explanation | None = None
    further: tuple[str, ...] = ()
    error: str = ""
    no_fit_reason: NoFitReason = ""
    rejections: Mapping[frozenset[str], NoFitReason] = field(default_factory=dict)
    topology: TopologyAssignment | None = None
    delayed: bool = False
    previous: TopologyAssignment | None = None

    def explained_by(self, explanation: Explanation) -> "PodSetResult":
        """The same outcome for another reason."""
        return PodSetResult(
            self.pod_set,
            self.count,
            self.requests,
            self.flavors,
            explanation,
            self.further,
            self.error,
            self.no_fit_reason,
            self.rejections,
        )

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it does not simply fit, in Kueue's words; empty when it does."""
        return self.further if self.explanation is None else (*self.explanation.texts(), *self.further)

    @property
    def mode(self) -> AssignmentMode:
        """The worst mode of its resources; FIT when nothing is in its way (R4.15)."""
        if self.error:
            return NO_FIT
        if self.explanation is None and not self.further:
            return FIT
        if not self.flavors:
            return NO_FIT
        return min([choice.mode for choice in self.flavors.values()])
