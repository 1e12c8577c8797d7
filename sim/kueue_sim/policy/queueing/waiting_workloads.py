"""Who waits in one ClusterQueue, which classes of workloads are parked as a whole, and whether the queue rests (R3.1,
R3.41)."""

from collections.abc import Iterable
from heapq import heappop

from kueue_sim.policy.queueing.class_heads import ClassHeads
from kueue_sim.policy.queueing.resting_heads import RestingHeads
from kueue_sim.policy.queueing.waiting import is_active, key_of, members
from kueue_sim.policy.workloads.workload_info import Pending, WaitingClass, WaitingEntry


class WaitingWorkloads:
    """The workloads of a queue: in the heap with their class, parked with it, or parked by themselves."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._classes: dict[int, WaitingClass] = {}
        """The class of each shape, whether it has failed or not."""
        self._heads = ClassHeads()
        self._failed: list[WaitingClass] = []
        """The classes that have failed since the last flush."""
        self._beside: dict[int, WaitingClass] = {}
        """Active workloads whose class has failed without them, by shape."""
        self._parked: dict[str, Pending] = {}
        self.active = 0
        """Workloads in the heap whose class has not failed."""
        self.preemptor: Pending | None = None
        """The workload for which others were preempted last (R3.12)."""
        self.new_head = False
        """Set when another workload came, or by usage may come, to the head, until that is popped."""
        self._flushed = False
        """Whether a flush has come since the last head was popped."""
        self._head: Pending | None = None
        """The head, as long as nobody left and nobody came to the head since it was popped, and no flush; else None."""
        self.unselected_namespaces: frozenset[str] = frozenset()
        """Namespaces of its LocalQueues from which the ClusterQueue does not admit; flushes pass them over."""
        self.resting_in: RestingHeads | None = None
        """Where the queue rests while all that waits is parked with its class; None where it never does."""
        self._resting: list[WaitingEntry] = []
        """The heads of its classes in order while it rests, else empty."""

    def __len__(self) -> int:
        failed = sum(group.live for group in self._failed)
        return self.active + failed + len(self._parked)

    @property
    def flushable(self) -> bool:
        """Whether a flush would change anything."""
        self._rouse()
        return bool(self._parked or self._failed)

    def waiting(self) -> Iterable[Pending]:
        """All waiting workloads, active ones first, each group by key."""
        return [*self.active_workloads(), *self.parked_workloads()]

    def active_workloads(self) -> list[Pending]:
        """Workloads in the heap, by key."""
        self._rouse()
        active = (group for group in (*self._classes.values(), *self._beside.values()) if not group.failed)
        return sorted(members(active), key=key_of)

    def parked_workloads(self) -> list[Pending]:
        """Workloads that wait for a flush, by key."""
        self._rouse()
        return sorted([*self._parked.values(), *members(self._failed)], key=key_of)

    def is_parked(self, item: Pending) -> bool:
        """Whether it waits for a flush, by itself or with its class."""
        self._rouse()
        return item.inadmissible or (item.in_heap and not is_active(item))

    def verdict_on(self, item: Pending) -> str | None:
        """For which reason the class of a workload is parked with all its members, because another one was evaluated;
        None when it is not."""
        self._rouse()
        group = item.group
        if group is None or not item.in_heap or not group.failed or group.judged == item.serial:
            return None
        return group.answer[0]

    def fingerprint(self) -> object:
        """Who is active and who inadmissible, which classes have failed, and who is the preemptor."""
        active, parked = (tuple(map(key_of, items)) for items in (self.active_workloads(), self.parked_workloads()))
        return (
            active,
            parked,
            tuple(sorted(group.shape for group in self._failed)),
            None if self.preemptor is None else self.preemptor.key,
        )

    # -- rest ---------------------------------------------------------------------------------------------

    def _rest(self, resting: RestingHeads) -> bool:
        """Nobody is active. Where all wait with their class, and all got its answer, the queue need not be touched
        before more becomes of one of them than another refusal: then it rests."""
        if self._parked or self.unselected_namespaces:
            return False
        heads = []
        for group in self._failed:
            if not group.live or group.answered < group.newest:
                return False
            heap, group.refused_in = group.heap, -1
            while heap[0][5].serial != heap[0][4]:
                heappop(heap)
            heads.append(heap[0])
        heads.sort()
        self._resting, self._heads.first = heads, 0
        resting.enter(self.name, self._resting)
        return True

    def _rouse(self) -> bool:
        """More becomes of the workloads here than that heads are looked at and refused; whether anybody is active."""
        resting, heads = self.resting_in, self._resting
        if not heads or resting is None:
            return False
        self._resting = []
        parked, just_flushed, new_head = resting.leave(self.name, heads)
        if parked == len(heads):
            return False
        for entry in heads[parked:]:
            group = entry[6]
            group.failed = False
            self._failed.remove(group)
            self.active += group.live
        self._flushed, self.new_head = just_flushed, new_head
        self._head = None
        return True
