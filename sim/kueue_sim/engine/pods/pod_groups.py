"""The pods of one admission: which have a node, since when, and how far their work has come."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from kueue_sim.engine.pods.node_report import Placed, later
from kueue_sim.engine.pods.pod_shapes import PodShapes
from kueue_sim.engine.pods.progress import Clock
from kueue_sim.policy.placement import Pod, PodShape
from kueue_sim.policy.workloads.workload_info import Reservation


@dataclass(slots=True, eq=False)
class PodGroup:
    """``number`` counts the starts of jobs. ``clocks``: one for all pods of a gang, one per pod otherwise.
    ``delay_ms`` lies between a pod's binding and its readiness, None for never. ``waiting`` pods have no node or a
    failed one, and ``reported`` says that this is known; ``open`` pods have not succeeded. ``epoch`` grows when a
    readiness that lies ahead will not come. ``began_ms`` is when its work began before the simulation did, until it
    is interrupted. ``ready_due_ms`` is when its pods are or were to be ready, None as long as one has no node.

    ``elsewhere``: its pods run in another cluster, which gives them their nodes as soon as they are admitted.
    ``first_bound_ms``, ``all_bound_ms`` and ``ready_ms`` are None until it happens for the first time;
    ``idle_ms`` is accelerator·milliseconds that bound pods held while not all pods were ready.
    """

    reservation: Reservation
    shapes: PodShapes
    number: int
    admitted_ms: int
    delay_ms: int | None
    resource: str
    elsewhere: bool = False
    pods: list[Pod] = field(default_factory=list)
    clocks: list[Clock] = field(default_factory=list)
    waiting: int = 0
    open: int = 0
    reported: bool = False
    started: bool = False
    ready: bool = False
    epoch: int = 0
    began_ms: int | None = None
    ready_due_ms: int | None = None
    first_bound_ms: int | None = None
    all_bound_ms: int | None = None
    ready_ms: int | None = None
    idle_ms: int = 0
    _bound: int = 0
    _since: int = 0

    @property
    def gang(self) -> bool:
        """Whether all its pods run together or not at all (R21.40); those elsewhere begin and end together."""
        return self.reservation.workload.gang or len(self.pods) < 2 or self.elsewhere

    def create(self) -> None:
        """All its pods, as the admission says."""
        if self.elsewhere:
            self.first_bound_ms = self.all_bound_ms = self.admitted_ms
        for part, shapes in enumerate(self.shapes.of(self.reservation)):
            first = len(self.pods)
            self.pods += [Pod(self.reservation.key, part, first + rank, shape) for rank, shape in enumerate(shapes)]

    def reshape(self, pods: Collection[Pod]) -> None:
        """Give these pods the places of the admission that no other pod has, in its order (R20.76)."""
        for part, shapes in enumerate(self.shapes.of(self.reservation)):
            mine = [pod for pod in pods if pod.pod_set == part]
            if mine:
                taken = Counter(pod.shape for pod in self.pods if pod.pod_set == part and pod not in mine)
                for pod, shape in zip(mine, _others(shapes, taken), strict=False):
                    pod.shape = shape

    def share(self, pod: Pod) -> int:
        """The number of the clock by which a pod works."""
        return 0 if self.gang else pod.index

    def clock(self, pod: Pod) -> Clock:
        """The clock of the work a pod takes part in."""
        return self.clocks[self.share(pod)]

    @property
    def bound(self) -> list[Pod]:
        """The pods that have a node now."""
        return [pod for pod in self.pods if pod.node is not None]

    def take(self, now: int, pod: Pod) -> None:
        """A pod got its node."""
        self._hold(now, pod.shape.request(self.resource))
        self.waiting -= 1
        if self.first_bound_ms is None:
            self.first_bound_ms = now
        if not self.waiting and self.all_bound_ms is None:
            self.all_bound_ms = now

    def give(self, now: int, pod: Pod) -> None:
        """A pod has its node no longer."""
        self._hold(now, -pod.shape.request(self.resource))

    def set_ready(self, now: int, is_ready: bool) -> None:
        """All pods are ready from now on, or no longer; then a readiness that lay ahead is void."""
        self._hold(now, 0)
        self.ready = is_ready
        if not is_ready:
            self.epoch += 1
        elif self.ready_ms is None:
            self.ready_ms = now

    def _hold(self, now: int, more: int) -> None:
        if not self.ready:
            self.idle_ms += self._bound * (now - self._since)
        self._bound += more
        self._since = now

    def placed(self, now: int, ended: bool) -> Placed:
        """What became of the pods up to now."""
        self._hold(now, 0)
        key, ended_ms = self.reservation.key, now if ended else None
        times = (self.admitted_ms, self.first_bound_ms, self.all_bound_ms, self.ready_ms, ended_ms)
        return Placed(key, *times, self.idle_ms)

    def ages(self, now: int) -> tuple[int | None, ...]:
        """How long ago was what happened to the pods, and how long did they idle? Milliseconds; None where it did not
        happen, negative where it lies ahead."""
        times = (self.admitted_ms, self.first_bound_ms, self.all_bound_ms, self.ready_ms, self.ready_due_ms)
        works = tuple(clock.since for clock in self.clocks)
        ages = tuple(None if at_ms is None else now - at_ms for at_ms in (*times, self._since, *works))
        return (*ages, self.idle_ms, self._bound)

    def put_off(self, by_ms: int) -> None:
        """All that happened to the pods happened so much later."""
        self.admitted_ms += by_ms
        self.first_bound_ms = later(self.first_bound_ms, by_ms)
        self.all_bound_ms = later(self.all_bound_ms, by_ms)
        self.ready_ms = later(self.ready_ms, by_ms)
        self.ready_due_ms = later(self.ready_due_ms, by_ms)
        self._since += by_ms
        for clock in self.clocks:
            clock.since = later(clock.since, by_ms)

    def where(self) -> str:
        """The nodes of its pods: ``n1 (4), n2``."""
        if self.elsewhere:
            return "in another cluster"
        if len(self.pods) == 1 and self.pods[0].node is not None:
            return self.pods[0].node.name
        counts = Counter(pod.node.name for pod in self.pods if pod.node is not None)
        return ", ".join(name if count == 1 else f"{name} ({count})" for name, count in sorted(counts.items()))


def _others(shapes: Iterable[PodShape], taken: Counter[PodShape]) -> Iterator[PodShape]:
    """The shapes without those taken, each as often as it is taken."""
    left = Counter(taken)
    for shape in shapes:
        if left[shape]:
            left[shape] -= 1
        else:
            yield shape
