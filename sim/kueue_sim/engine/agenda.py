"""Simulated time: SimPy's clock and queue, which also tells what is ahead and can put it off."""

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Any

import simpy
from simpy.events import NORMAL

Planned = tuple[int, int, int, Any]
"""Something that is to happen: when, of which kind it is (``due``), its number, and what it is about. The number tells
it from everything else, also after it was put off."""


class Agenda(simpy.Environment):
    """SimPy's environment, whose queue holds what is planned beside SimPy's events. The kind stands where SimPy has an
    event's priority, so that what falls on one instant comes kind by kind. Nothing that is planned can fail, and nobody
    waits for it; so it needs no event. SimPy's own events, of the priorities below all kinds, take place before what is
    planned for their instant. Times in whole milliseconds."""

    _queue: list[Planned]  # type: ignore[assignment]
    _now: int
    _eid: "count[int]"
    """As SimPy has them, but for what they hold here."""

    @property
    def now_ms(self) -> int:
        """The present instant."""
        return self._now

    def plan(self, delay_ms: int, kind: int, item: Any) -> None:
        """This is to happen after so long."""
        heappush(self._queue, (self._now + delay_ms, kind, next(self._eid), item))

    def play(self, end_ms: int, instant: Callable[[int, list[Planned]], None]) -> None:
        """What is planned before the end takes place: ``instant`` is told of each instant, and of all that is due then,
        by kind and number."""
        queue: list[Any] = self._queue
        while queue and queue[0][0] < end_ms:
            if queue[0][1] <= NORMAL:
                self.step()
                continue
            due = [heappop(queue)]
            now = self._now = due[0][0]
            while queue and queue[0][0] == now:
                due.append(heappop(queue))
            instant(now, due)

    def due(self, now: int) -> list[Planned]:
        """What was planned for this instant while it lasted, and is to happen in it."""
        queue, due = self._queue, []
        while queue and queue[0][0] == now:
            due.append(heappop(queue))
        return due

    @property
    def ahead(self) -> list[Planned]:
        """Everything that is going to happen, in no order that means anything."""
        return self._queue

    def put_off(self, by_ms: int, what: Callable[[Planned], bool], forget: Callable[[Planned], bool]) -> None:
        """Plans for which ``what`` holds happen so much later; those for which ``forget`` holds do not happen."""
        queue = self.ahead
        queue[:] = [(one[0] + by_ms, *one[1:]) if what(one) else one for one in queue if not forget(one)]
        heapify(queue)
