"""Which class of a queue has the head of it (R3.3, R3.41)?"""

from bisect import bisect_left
from heapq import heappop

from kueue_sim.policy.workloads.workload_info import WaitingClass, WaitingEntry


class ClassHeads:
    """The heads of the classes of one queue in order, of those that have failed too, so that a class that fails again
    and again keeps its place; and others that were heads. Whoever has left is taken out when it is met."""

    __slots__ = ("_entries", "first")

    def __init__(self) -> None:
        self._entries: list[WaitingEntry] = []
        self.first = 0
        """Before this place, all classes have failed; whoever makes them active again sets it to 0."""

    def expose(self, group: WaitingClass) -> None:
        """Put the head of a class in its place."""
        heap = group.heap
        while heap and heap[0][5].serial != heap[0][4]:
            heappop(heap)
        if heap:
            entry, entries = heap[0], self._entries
            place = bisect_left(entries, entry)
            if place == len(entries) or entries[place][4] != entry[4]:
                entries.insert(place, entry)
            if place < self.first:
                self.first = place

    def top(self) -> WaitingEntry:
        """The first of a class that has not failed. Raises IndexError when there is none."""
        entries, first = self._entries, self.first
        while True:
            entry = entries[first]
            if entry[6].failed:
                first += 1
            elif entry[5].serial == entry[4]:
                self.first = first
                return entry
            else:
                del entries[first]
                self.expose(entry[6])

    def clear(self) -> None:
        """There are no classes any more."""
        self._entries.clear()
        self.first = 0
