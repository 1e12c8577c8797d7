"""The heap of a ClusterQueue with usage-based admission, as stale as Kueue's own (R7.13).

The usage of a LocalQueue changes while its workloads lie in the heap. Comparisons use the usage of the moment, but
positions are only refreshed when somebody asks for it; until then the head may not be the least of all. So what comes
first depends on how the heap is laid out: it is sifted here as the standard library of Go sifts.
"""

from collections.abc import Callable
from typing import Any

from kueue_sim.policy.workloads.workload_info import Pending


class UsageHeap:
    """Workloads with the least used LocalQueue first. ``order`` gives the sort key of a workload at this moment."""

    def __init__(self, order: Callable[[Pending], Any]) -> None:
        self.order = order
        self._items: list[Pending] = []

    def pop(self) -> Pending:
        """Take out the head. Raises IndexError when the heap is empty."""
        last = len(self._items) - 1
        self._swap(0, last)
        self._down(0, last)
        return self._items.pop()

    def clear(self) -> None:
        """Take out everybody."""
        self._items.clear()

    def push(self, item: Pending) -> None:
        """Add a workload that is not in the heap."""
        self._items.append(item)
        self._up(len(self._items) - 1)

    def remove(self, item: Pending) -> None:
        """Take out a workload; one that is not in the heap is ignored."""
        index = self._place(item)
        if index is None:
            return
        last = len(self._items) - 1
        if index != last:
            self._swap(index, last)
            if not self._down(index, last):
                self._up(index)
        self._items.pop()

    def refresh(self) -> None:
        """Put every workload where it belongs at this moment."""
        size = len(self._items)
        for index in range(size // 2 - 1, -1, -1):
            self._down(index, size)

    def _place(self, item: Pending) -> int | None:
        return next((place for place, other in enumerate(self._items) if other is item), None)

    def _less(self, one: int, other: int) -> bool:
        found: bool = self.order(self._items[one]) < self.order(self._items[other])
        return found

    def _swap(self, one: int, other: int) -> None:
        items = self._items
        items[one], items[other] = items[other], items[one]

    def _up(self, index: int) -> None:
        while index:
            parent = (index - 1) // 2
            if not self._less(index, parent):
                return
            self._swap(parent, index)
            index = parent

    def _down(self, start: int, size: int) -> bool:
        """True when it moved."""
        index = start
        while 2 * index + 1 < size:
            child = 2 * index + 1
            if child + 1 < size and self._less(child + 1, child):
                child += 1
            if not self._less(child, index):
                break
            self._swap(index, child)
            index = child
        return index > start
