"""The queue of one ClusterQueue: an active heap, parked workloads, and the sticky preemptor (file 03)."""

from collections.abc import Callable, Iterable
from heapq import heappop, heappush

from sim.policy.entities import Pending

IMMEDIATE = frozenset({"FailedAfterNomination", "PendingPreemption", "PendingMigration", "PreemptionFailed"})
"""Requeue reasons that keep a workload active even in a BestEffortFIFO queue (R3.9)."""


class PendingQueue:
    """Workloads waiting in one ClusterQueue. Each is in the heap, parked, or in flight (R3.1)."""

    def __init__(self, name: str, strict: bool, hashing: bool) -> None:
        self.name = name
        self.strict = strict
        self._hashing = hashing
        self._heap: list[tuple[int, int, int, str, int, Pending]] = []
        self._parked: dict[str, Pending] = {}
        self._failed_shapes: set[int] = set()
        self._by_shape: dict[int, dict[str, Pending]] = {}
        self._pop_cycle = 0
        self._flush_cycle = -1
        self._serial = 0
        self.active = 0
        """Workloads in the heap."""
        self.new_head = False
        """Set when another workload came to the head of the queue; whoever runs cycles resets it."""
        self.preemptor: Pending | None = None
        self.usage_of: Callable[[Pending], float] | None = None
        """Usage of the workload's LocalQueue where admission is usage-based (R7.10), else None."""

    def __len__(self) -> int:
        return self.active + len(self._parked)

    @property
    def flushable(self) -> bool:
        """Whether a flush would change anything."""
        return bool(self._parked or self._failed_shapes)

    def waiting(self) -> Iterable[Pending]:
        """All waiting workloads, active ones first, each group by key."""
        heap = {entry[-1].key: entry[-1] for entry in self._heap if self._is_live(entry)}
        return [heap[key] for key in sorted(heap)] + [self._parked[key] for key in sorted(self._parked)]

    def _is_live(self, entry: tuple[int, int, int, str, int, Pending]) -> bool:
        return entry[-1].in_heap and entry[-1].serial == entry[-2]

    def _push(self, item: Pending) -> None:
        """Heap order: sticky first, then priority, age, uid. Implements R3.3."""
        item.in_heap, item.parked = True, False
        self._serial += 1
        item.serial = self._serial
        sticky = 0 if item is self.preemptor and not self.strict else 1
        entry = (sticky, -item.priority, item.timestamp_ms, item.workload.uid, self._serial, item)
        heap = self._heap
        while heap and not self._is_live(heap[0]):
            heappop(heap)
        heappush(heap, entry)
        if heap[0] is entry or self.usage_of is not None:
            self.new_head = True
        self.active += 1
        if self._hashing and not self.strict:
            self._by_shape.setdefault(item.shape, {})[item.key] = item

    def _put_back(self, item: Pending) -> None:
        """Return a head to the heap; its entry is still good when nothing came before it."""
        if self.strict and self._heap:
            top = self._heap[0]
            if top[-2] == item.serial and top[-1] is item and top[1] == -item.priority and top[2] == item.timestamp_ms:
                item.in_heap = self.new_head = True
                self.active += 1
                return
        self._push(item)

    def offer(self, item: Pending) -> bool:
        """A new or changed workload; False when it was parked because it backs off or its class has failed (R3.14)."""
        if item.in_heap:
            self._leave_heap(item)
        elif item.backing_off or (self._hashing and not self.strict and item.shape in self._failed_shapes):
            self._park(item)
            return False
        self._parked.pop(item.key, None)
        self._push(item)
        return True

    def restore(self, item: Pending) -> None:
        """A workload of a LocalQueue that starts again: active whatever held it back. Implements R3.16."""
        if not item.in_heap and item.key not in self._parked:
            self._push(item)

    def change(self, item: Pending, priority: int, shape: int) -> None:
        """A waiting workload gets another priority and class. It is looked at again (R3.14, R3.18)."""
        in_heap = item.in_heap
        if in_heap:
            self._leave_heap(item)
        item.priority, item.shape, item.is_preemptor = priority, shape, False
        if in_heap:
            self._push(item)
        else:
            self.offer(item)

    def _park(self, item: Pending) -> None:
        item.in_heap, item.parked = False, True
        self._parked[item.key] = item

    def _leave_heap(self, item: Pending) -> None:
        item.in_heap = False
        self.active -= 1
        same = self._by_shape.get(item.shape)
        if same is not None:
            same.pop(item.key, None)

    def pop(self) -> Pending:
        """Take the head out for evaluation. Raises IndexError when no workload is active.

        The head of a strict queue comes back unless it is admitted, so its entry stays on top meanwhile.
        """
        self._pop_cycle += 1
        if self.usage_of is not None:
            return self._pop_by_usage(self.usage_of)
        heap = self._heap
        while not self._is_live(heap[0]):
            heappop(heap)
        item = heap[0][-1] if self.strict else heappop(heap)[-1]
        self._leave_heap(item)
        return item

    def _pop_by_usage(self, usage_of: Callable[[Pending], float]) -> Pending:
        live = [entry for entry in self._heap if self._is_live(entry)]
        best = min(live, key=lambda entry: (usage_of(entry[-1]), entry[:5]))
        live.remove(best)
        self._heap = sorted(live, key=lambda entry: entry[:5])
        self._leave_heap(best[-1])
        return best[-1]

    def requeue(self, item: Pending, reason: str) -> bool:
        """Put an evaluated workload back; True when it is active again. Implements R3.9–R3.12, R3.41."""
        if reason in ("PendingPreemption", "PendingMigration"):
            self._become_preemptor(item)
        immediate = reason != "NamespaceMismatch" if self.strict else reason in IMMEDIATE
        scanning = item.progress is not None and item.progress.pending_flavors
        if not item.backing_off and (immediate or self._flush_cycle >= self._pop_cycle or scanning):
            self._put_back(item)
            return True
        self._park(item)
        if self._hashing and not self.strict and reason in ("NoFit", "PreemptionNoCandidates"):
            self._failed_shapes.add(item.shape)
            for same in list(self._by_shape.get(item.shape, {}).values()):
                self._leave_heap(same)
                same.reason, same.message = item.reason, item.message
                self._park(same)
        return False

    def _become_preemptor(self, item: Pending) -> None:
        former = self.preemptor
        self.preemptor = item
        if former is not None:
            former.is_preemptor = False
        item.is_preemptor = True
        if former is not None and former is not item and former.in_heap:
            self._leave_heap(former)
            self._push(former)

    def flush(self) -> bool:
        """Reactivate what is parked and does not back off; True when anything moved. Implements R3.22."""
        self._flush_cycle = self._pop_cycle
        self._failed_shapes.clear()
        moved = [self._parked[key] for key in sorted(self._parked) if not self._parked[key].backing_off]
        for item in moved:
            del self._parked[item.key]
            self._push(item)
        return bool(moved)

    def remove(self, item: Pending) -> None:
        """The workload left the queue for good: admitted, deleted or finished (R3.12)."""
        if item.in_heap:
            self._leave_heap(item)
        self._parked.pop(item.key, None)
        item.parked = False
        if self.preemptor is item:
            self.preemptor = None
            item.is_preemptor = False
