"""Simulated time: SimPy's queue of events, which also tells what is ahead and can put it off."""

from collections.abc import Callable, Iterator, Sequence
from heapq import heapify, heappop, heappush
from typing import Any

import simpy
from simpy.events import NORMAL, Event


class Planned(Event):
    """Something that is to happen, and then happens: ``item`` is what it is about.

    SimPy's ``Timeout``, but for what a run has no use for: all plans of one kind share their list of ``callbacks``,
    none can fail, and none knows its environment.
    """

    _ok = True
    _value = None

    def __init__(
        self, agenda: "Agenda", delay_ms: int, item: Any, callbacks: Sequence[Callable[[Any], object]]
    ) -> None:
        self.callbacks: Any = callbacks
        self.item = item
        heappush(agenda._queue, (agenda._now + delay_ms, NORMAL, next(agenda._eid), self))


class Agenda(simpy.Environment):
    """SimPy's environment, in which everything is ``Planned``. Times in milliseconds."""

    def play(self, end_ms: int, instant: Callable[[int], None]) -> None:
        """What is planned before the end takes place; ``instant`` is told of each instant once all its events have.

        Events are taken as SimPy's ``step`` takes them.
        """
        queue: list[Any] = self._queue
        while queue and queue[0][0] < end_ms:
            now = self._now = queue[0][0]
            while queue and queue[0][0] == now:
                event = heappop(queue)[3]
                callbacks, event.callbacks = event.callbacks, None
                for callback in callbacks:
                    callback(event)
            instant(now)

    def ahead(self) -> Iterator[tuple[int, Planned]]:
        """Everything that is going to happen, and when, in no order that means anything."""
        queue: list[Any] = self._queue
        for at, _, _, event in queue:
            yield int(at), event

    def put_off(self, by_ms: int, what: Callable[[Planned], bool], forget: Callable[[Planned], bool]) -> None:
        """Events for which ``what`` holds happen so much later; those for which ``forget`` holds do not happen."""
        queue: list[Any] = self._queue
        queue[:] = [
            (at + by_ms if what(event) else at, priority, number, event)
            for at, priority, number, event in queue
            if not forget(event)
        ]
        heapify(queue)
