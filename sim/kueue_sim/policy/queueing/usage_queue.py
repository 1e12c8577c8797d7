"""The queue of a ClusterQueue whose admission is usage-based: the LocalQueue that used least comes first (R7.10).

Who waits where is as in every queue. Active workloads lie in one more heap, which says who of them is the head; a head
that was popped is not in it until it is put back.
"""

from collections.abc import Callable

from kueue_sim.policy.queueing.pending_queue import PendingQueue
from kueue_sim.policy.queueing.usage_heap import UsageHeap
from kueue_sim.policy.queueing.waiting import is_active, key_of, members, shape_of
from kueue_sim.policy.workloads.workload_info import Pending, WaitingClass


class UsageQueue(PendingQueue):
    """The usage of its LocalQueue at this moment goes before everything else that orders workloads."""

    def __init__(
        self, name: str, strict: bool, hashing: bool, sticky: bool, usage_of: Callable[[Pending], float]
    ) -> None:
        super().__init__(name, strict, hashing, sticky)

        def order(item: Pending) -> tuple[object, ...]:
            return (usage_of(item), self._stickiness(item), -item.priority, item.timestamp_ms, item.workload.uid)

        self.by_usage = self._active = UsageHeap(order)

    def _push(self, item: Pending, regardless: bool = False) -> None:
        super()._push(item, regardless)
        if is_active(item):
            self._active.push(item)
            self.new_head = True

    def _leave_heap(self, item: Pending) -> None:
        active = is_active(item)
        super()._leave_heap(item)
        if active:
            self._active.remove(item)

    def pop(self) -> Pending:
        """The head, for evaluation, taken out of the heap by usage. Raises IndexError when no workload is active."""
        self._flushed = self.new_head = False
        item = self._active.pop()
        group = item.group
        if not item.message and group is not None and group.answered >= item.serial:
            item.reason, item.message = group.answer
        return item

    def _stay(self, item: Pending) -> None:
        serial = item.serial
        super()._stay(item)
        if item.serial == serial:
            self._active.push(item)
            self.new_head = self.new_head or not self.strict

    def _park_class(self, item: Pending, group: WaitingClass) -> None:
        for member in sorted(members((group,)), key=key_of):
            self._active.remove(member)
        super()._park_class(item, group)

    def switch(self, strict: bool) -> None:
        """As in every queue; the heap by usage is filled anew."""
        if strict != self.strict:
            self._active.clear()
        super().switch(strict)

    def requeue_inadmissible(self) -> bool:
        """As in every queue; classes that come back are in the heap by usage again."""
        if self.unselected_namespaces:
            self._park_foreign()
        for group in sorted(self._failed, key=shape_of):
            for member in sorted(members((group,)), key=key_of):
                self._active.push(member)
        return super().requeue_inadmissible()
