"""Simulated time: SimPy's queue of events, which also tells what is ahead and can put it off."""

from collections.abc import Callable, Iterator
from heapq import heapify
from typing import Any

import simpy
from simpy.events import Event


class Agenda(simpy.Environment):
    """SimPy's environment. Times in milliseconds."""

    def play(self, end_ms: int, instant: Callable[[int], None]) -> None:
        """What is planned before the end takes place; ``instant`` is told of each instant once all its events have."""
        queue, step = self._queue, self.step
        while queue and queue[0][0] < end_ms:
            now: Any = queue[0][0]
            step()
            while queue and queue[0][0] == now:
                step()
            instant(now)

    def ahead(self) -> Iterator[tuple[int, Event]]:
        """Everything that is going to happen, and when, in no order that means anything."""
        for at, _, _, event in self._queue:
            yield int(at), event

    def put_off(self, by_ms: int, what: Callable[[Event], bool], forget: Callable[[Event], bool]) -> None:
        """Events for which ``what`` holds happen so much later; those for which ``forget`` holds do not happen."""
        self._queue[:] = [
            (at + by_ms if what(event) else at, priority, number, event)
            for at, priority, number, event in self._queue
            if not forget(event)
        ]
        heapify(self._queue)
