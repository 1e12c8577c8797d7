"""The queue of one ClusterQueue: an active heap, parked workloads, and the sticky preemptor (R3.1–R3.18).

Waiting workloads are kept by scheduling equivalence class: when one of a class cannot be admitted the whole class
is parked in one step, and a flush brings it back in one step, however many workloads wait in it.
"""

from heapq import heappop, heappush

from kueue_sim.policy.queueing.usage_heap import UsageHeap
from kueue_sim.policy.queueing.waiting import answer_of, is_active, is_live, key_of, members
from kueue_sim.policy.queueing.waiting_workloads import WaitingWorkloads
from kueue_sim.policy.workloads.reasons import RequeueReason
from kueue_sim.policy.workloads.workload_info import Pending, WaitingClass, WaitingEntry

IMMEDIATE = frozenset({"FailedAfterNomination", "PendingPreemption", "PendingMigration"})
"""Requeue reasons that keep a workload active even in a BestEffortFIFO queue (R3.9)."""
CLASS_VERDICTS = frozenset({"NoFit", "PreemptionNoCandidates"})
"""Requeue reasons that hold for its whole class (R3.41)."""


class PendingQueue(WaitingWorkloads):
    """Workloads waiting in one ClusterQueue. Each is in the heap, parked, or in flight (R3.1)."""

    def __init__(self, name: str, strict: bool, hashing: bool, sticky: bool = True) -> None:
        """``sticky``: a preemptor stays at the head unless the queue is strict (R3.12)."""
        super().__init__(name)
        self.strict = strict
        self._sticky = sticky
        self._hashing = hashing
        self._by_class = hashing and not strict
        self._serial = 0
        self.heads_in: dict[str, PendingQueue] = {}
        """Where the queue enters itself, by name, as long as any workload is active."""
        self.flushable_in: dict[str, PendingQueue] = {}
        """Where it enters itself when a flush would change something, unless it rests; who flushes takes it out."""
        self.by_usage: UsageHeap | None = None
        """The active workloads where admission is usage-based (R7.10), else None: see ``usage_queue``."""

    # -- the heap -----------------------------------------------------------------------------------------

    def _push(self, item: Pending, regardless: bool = False) -> None:
        """Sticky first, then priority, age, uid (R3.3); with a failed class it waits, unless it is ``regardless``."""
        item.in_heap, item.inadmissible = True, False
        self._serial = item.serial = serial = self._serial + 1
        key = item.shape if self._by_class else 0
        group = self._classes.get(key)
        if group is None:
            group = self._classes[key] = WaitingClass(key)
        elif regardless and group.failed:
            group = self._beside[key] = self._beside.get(key) or WaitingClass(key)
        item.group, group.newest = group, serial
        heap, first = group.heap, 1 if item is not self.preemptor else self._stickiness(item)
        while heap and heap[0][5].serial != heap[0][4]:
            heappop(heap)
        heappush(heap, (first, -item.priority, item.timestamp_ms, item.workload.uid, serial, item, group))
        group.live += 1
        leads = heap[0][4] == serial
        if leads and self._by_class:
            self._heads.expose(group)
        if group.failed:
            return
        self.active += 1
        self.heads_in[self.name] = self
        if leads:
            self._head = None
            self.new_head = self.new_head or self.active == 1 or self._top()[4] == serial

    def _stickiness(self, item: Pending) -> int:
        return 0 if item is self.preemptor and self._sticky and not self.strict else 1

    def _top(self) -> WaitingEntry:
        """The entry at the head of the queue. Raises IndexError when no workload is active."""
        if self._by_class:
            return self._heads.top()
        heap = self._classes[0].heap
        while True:
            entry = heap[0]
            if entry[5].serial == entry[4]:
                return entry
            heappop(heap)

    def _leave_heap(self, item: Pending) -> None:
        group = item.group
        assert group is not None
        if group.answered >= item.serial and not item.message:
            item.reason, item.message = group.answer
        item.in_heap, item.serial = False, 0
        self._head = None
        group.live -= 1
        if not group.failed:
            self._fewer_active(1)
            if group.live == 0 and self._by_class:
                groups = self._classes if self._classes.get(item.shape) is group else self._beside
                if groups.get(item.shape) is group:
                    del groups[item.shape]

    def _fewer_active(self, number: int) -> None:
        """So many workloads are active no more; without any there is no head."""
        self.active -= number
        if not self.active:
            self.new_head = False
            self.heads_in.pop(self.name, None)

    def pop(self) -> Pending:
        """The head, for evaluation. Raises IndexError when no workload is active.

        It stays in the heap meanwhile: there it will be afterwards, unless it is admitted or becomes inadmissible.
        """
        self._flushed = self.new_head = False
        item = self._head
        if item is None:
            entry = self._heads.top() if self._by_class else self._top()
            item = self._head = entry[5]
            if not item.message and entry[6].answered >= item.serial:
                item.reason, item.message = entry[6].answer
        return item

    # -- arrivals and returns -----------------------------------------------------------------------------

    def offer(self, item: Pending) -> bool:
        """A new or changed workload; False when it was parked because it backs off or its class has failed (R3.14)."""
        if self._resting:
            self._rouse()
        if item.in_heap:
            active = is_active(item)
            self._leave_heap(item)
            if active:
                self._push(item, regardless=True)
                return True
        if item.backing_off:
            self._park(item)
            return False
        if item.inadmissible:
            self._parked.pop(item.key, None)
        self._push(item)
        return not self._has_failed(item.shape)

    def restore(self, item: Pending) -> None:
        """A workload of a LocalQueue that starts again: active whatever held it back. Implements R3.16."""
        if not item.in_heap and item.key not in self._parked:
            self._rouse()
            self._push(item, regardless=True)

    def restore_inadmissible(self, item: Pending) -> None:
        """A workload looked at in vain before the simulation began, and its class; a strict queue keeps it (R3.9)."""
        self._rouse()
        if self.strict:
            self._push(item)
            return
        self._park(item)
        if self._by_class and not self._has_failed(item.shape):
            self._fail(item)

    def restore_preemptor(self, item: Pending) -> None:
        """A workload for which others were preempted before the simulation began: it goes to the head (R3.12)."""
        self._rouse()
        self._become_preemptor(item)

    def change(self, item: Pending, priority: int, shape: int) -> None:
        """A waiting workload gets another priority and class. It is looked at again (R3.14, R3.18)."""
        self._rouse()
        active = is_active(item)
        if item.in_heap:
            self._leave_heap(item)
        item.priority, item.shape, item.is_preemptor = priority, shape, False
        if active:
            self._push(item, regardless=True)
        else:
            self.offer(item)

    def requeue(self, item: Pending, reason: RequeueReason) -> bool:
        """Put an evaluated workload back; True when it is active again. Implements R3.9–R3.12, R3.41."""
        if reason == "FailedAfterNomination" and not item.backing_off:
            if self._resting and self.resting_in is not None:
                self.resting_in.again(self.name, self._resting)
                return True
            if item is self._head:
                self.new_head = not self.strict
            else:
                self._stay(item)
            return True
        if reason == "PendingPreemption" and item is self._head and item is self.preemptor and not item.backing_off:
            self.new_head = not self.strict
            return True
        if self._resting:
            self._rouse()
        scans_on = item.progress is not None and item.progress.pending_flavors
        if reason in CLASS_VERDICTS and not scans_on:
            return self.refuse(item, reason)
        return self._put_back(item, reason, scans_on)

    def refuse(self, item: Pending, reason: RequeueReason) -> bool:
        """Put back what was refused, and scans no further; True when it is active again.

        Mostly it stays where it is: at the head of a strict queue, in others with its class, which is parked whole.
        """
        if self.strict and not item.backing_off:
            if item is not self._head:
                self._stay(item)
            return True
        if not self._by_class or item is not self._head or item.backing_off or self._beside:
            return self._put_back(item, reason, scans_on=False)
        group = item.group
        assert group is not None
        group.judged = item.serial
        self._park_class(item, group)
        if not self.active and self.resting_in is not None and self._rest(self.resting_in):
            self.flushable_in.pop(self.name, None)
        return False

    def _rouse(self) -> bool:
        """As ever; whoever is active is looked at, and whoever is parked is flushed, as elsewhere."""
        if not self._resting:
            return False
        if super()._rouse():
            self.heads_in[self.name] = self
        if self._failed:
            self.flushable_in[self.name] = self
        return True

    def _put_back(self, item: Pending, reason: RequeueReason, scans_on: bool) -> bool:
        """It becomes active again, or is parked by itself, and its class where the reason holds for that."""
        failed = self._by_class and reason in CLASS_VERDICTS
        again = self._flushed or scans_on
        if not failed:
            if reason in ("PendingPreemption", "PendingMigration"):
                self._become_preemptor(item)
            again = again or (reason != "NamespaceMismatch" if self.strict else reason in IMMEDIATE)
        if again and not item.backing_off:
            self._stay(item)
            return True
        if item.in_heap:
            self._leave_heap(item)
        self._park(item)
        if failed:
            self._fail(item)
        return False

    def _stay(self, item: Pending) -> None:
        """It is active again: where it was, if that is still its place."""
        if self.strict and item.in_heap:
            return
        group = item.group
        if group is not None and item.in_heap and not group.failed:
            head = group.heap[0]
            if head[4] == item.serial and head[0] == self._stickiness(item):
                self.new_head = self.new_head or self._top()[4] == item.serial
                return
        if item.in_heap:
            self._leave_heap(item)
        self._push(item, regardless=True)

    def _park_class(self, item: Pending, group: WaitingClass) -> None:
        """Nobody of this class is active any more, for the reason that one of it got."""
        self._head, group.failed, group.answered = None, True, self._serial
        group.answer = item.reason, item.message
        self._failed.append(group)
        self.flushable_in[self.name] = self
        self.active -= group.live
        if not self.active:
            self.new_head = False
            self.heads_in.pop(self.name, None)

    def _has_failed(self, shape: int) -> bool:
        """Whether a class is parked as a whole."""
        group = self._classes.get(shape) if self._failed else None
        return group is not None and group.failed

    def _park(self, item: Pending) -> None:
        item.in_heap, item.inadmissible = False, True
        self._parked[item.key] = item
        self.flushable_in[self.name] = self

    def _fail(self, item: Pending) -> None:
        """The class of this workload is parked as a whole, and so are those that arrive before the next flush."""
        shape = item.shape
        others = self._classes[shape] if self._has_failed(shape) else None
        group = self._classes.get(shape) if others is None else self._beside.pop(shape, None)
        if group is None:
            group = WaitingClass(shape)
        group.judged = -1
        self._park_class(item, group)
        if others is None:
            self._classes[shape] = group
        else:
            self._failed.pop()
            self._join(group, others)

    def _join(self, group: WaitingClass, other: WaitingClass) -> None:
        """The workloads of one class count to another from now on, with the answers they have."""
        for entry in group.heap:
            item = entry[5]
            if is_live(entry):
                item.reason, item.message = answer_of(item)
                self._serial += 1
                item.serial = other.newest = self._serial
                item.group = other
                heappush(other.heap, (*entry[:4], self._serial, item, other))
                other.live += 1
        self._heads.expose(other)

    def switch(self, strict: bool) -> None:
        """The ClusterQueue gets another queueing strategy: what waits is sorted anew."""
        self._rouse()
        if strict == self.strict:
            return
        active, inadmissible = self.active_workloads(), self.parked_workloads()
        self.strict, self._by_class = strict, self._hashing and not strict
        self._classes.clear()
        self._failed.clear()
        self._beside.clear()
        self._heads.clear()
        self._head = None
        self._fewer_active(self.active)
        for item in inadmissible:
            self._park(item)
        for item in active:
            self._push(item)

    def _become_preemptor(self, item: Pending) -> None:
        former = self.preemptor
        self.preemptor = item
        if former is not None:
            former.is_preemptor = False
        item.is_preemptor = True
        if former is not None and former is not item and former.in_heap:
            active = is_active(former)
            group = former.group
            judged = group is not None and group.judged == former.serial
            self._leave_heap(former)
            self._push(former, regardless=active)
            if judged and former.group is not None:
                former.group.judged = former.serial

    def requeue_inadmissible(self) -> bool:
        """Reactivate what is parked, may be admitted from its namespace and does not back off; True when anything
        moved. Implements R3.22."""
        self._rouse()
        self._flushed, self._head, self._heads.first = True, None, 0
        moved = False
        if self.unselected_namespaces:
            self._park_foreign()
        if self._beside:
            self._take_back()
        for group in self._failed:
            group.failed = False
            if group.live:
                self.active += group.live
                moved = True
            elif self._classes[group.shape] is group:
                del self._classes[group.shape]
        self._failed.clear()
        if self._parked:
            moved = self._push_parked() or moved
        if moved:
            self.heads_in[self.name] = self
            self.new_head = True
        return moved

    def _push_parked(self) -> bool:
        """Those parked by themselves become active, whoever may; whether anybody did."""
        moved = False
        for item in sorted(self._parked.values(), key=key_of):
            if not item.backing_off and item.workload.namespace not in self.unselected_namespaces:
                del self._parked[item.key]
                self._push(item)
                moved = True
        if self._parked:
            self.flushable_in[self.name] = self
        return moved

    def _take_back(self) -> None:
        """Those who were active beside a class that had failed are one class with it again."""
        for group in self._failed:
            beside = self._beside.pop(group.shape, None)
            if beside is not None:
                self._classes[group.shape] = beside
                self._join(group, beside)

    def _park_foreign(self) -> None:
        """Workloads that a flush passes over are parked for themselves when their class comes back."""
        for item in members(self._failed):
            if item.workload.namespace in self.unselected_namespaces:
                self._leave_heap(item)
                self._park(item)

    def remove(self, item: Pending) -> None:
        """The workload left the queue for good: admitted, deleted or finished (R3.12)."""
        if self._resting:
            self._rouse()
        if item.in_heap:
            self._leave_heap(item)
        if item.inadmissible:
            self._parked.pop(item.key, None)
            item.inadmissible = False
        if self.preemptor is item:
            self.preemptor = None
            item.is_preemptor = False
