"""Simulated time: SimPy's clock and queue, which also tells what is ahead and can put it off."""

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from itertools import count
from sys import maxsize
from typing import Any, Final

import simpy
from simpy.events import NORMAL

from kueue_sim.engine.due import ARRIVAL, Planned, in_turn

EXPECTED: Final = -1
"""The number of whoever arrives next; all else is numbered from 0."""
_NOBODY: Planned = (maxsize, ARRIVAL, EXPECTED, None)
"""Nobody is expected."""


class Agenda(simpy.Environment):
    """SimPy's environment, whose queue holds what is planned beside SimPy's events. The kind stands where SimPy has an
    event's priority, so that what falls on one instant comes kind by kind. Nothing that is planned can fail, and nobody
    waits for it; so it needs no event. SimPy's own events, of the priorities below all kinds, take place before what is
    planned for their instant. Who arrives next is expected beside the queue, so that no arrival has to be sorted into
    it. Times in whole milliseconds."""

    _queue: list[Planned]  # type: ignore[assignment]
    _now: int
    _eid: "count[int]"
    """As SimPy has them, but for what they hold here."""

    def __init__(self) -> None:
        super().__init__()
        self.expected = _NOBODY
        """Who arrives next, of number ``EXPECTED``; nobody arrives before."""

    @property
    def now_ms(self) -> int:
        """The present instant."""
        return self._now

    def plan(self, delay_ms: int, kind: int, item: Any) -> None:
        """This is to happen after so long."""
        heappush(self._queue, (self._now + delay_ms, kind, next(self._eid), item))

    def play(self, end_ms: int, instant: Callable[[int, list[Planned]], None]) -> None:
        """What is planned before the end takes place: ``instant`` is told of each instant, and of all that is due then,
        in turn."""
        queue: list[Any] = self._queue
        while True:
            expected = self.expected
            until = expected[0]
            if until > end_ms:
                until = end_ms
            while queue and queue[0][0] < until:
                if queue[0][1] <= NORMAL:
                    self.step()
                    continue
                due = [heappop(queue)]
                now = self._now = due[0][0]
                if queue and queue[0][0] == now:
                    self._join(now, due)
                instant(now, due)
            if until == end_ms:
                return
            self.expected, due = _NOBODY, [expected]
            if queue and queue[0][0] == until:
                self._join(until, due)
            self._now = until
            instant(until, due)

    def _join(self, now: int, due: list[Planned]) -> None:
        """What else is planned for an instant is due, in turn; SimPy's events of it take place."""
        queue = self._queue
        while queue and queue[0][0] == now:
            if queue[0][1] <= NORMAL:
                self.step()
            else:
                due.append(heappop(queue))
        due.sort(key=in_turn)

    def due(self, now: int) -> list[Planned]:
        """What was planned for this instant while it lasted, and is to happen in it."""
        queue, due = self._queue, []
        while queue and queue[0][0] == now:
            due.append(heappop(queue))
        return due

    @property
    def ahead(self) -> list[Planned]:
        """Everything that is going to happen, in no order that means anything."""
        return self._queue if self.expected[0] == maxsize else [*self._queue, self.expected]

    def put_off(self, by_ms: int, what: Callable[[Planned], bool], forget: Callable[[Planned], bool]) -> None:
        """Plans for which ``what`` holds happen so much later; those for which ``forget`` holds do not happen. Who is
        expected comes in any case when he comes."""
        queue = self._queue
        queue[:] = [(one[0] + by_ms, *one[1:]) if what(one) else one for one in queue if not forget(one)]
        heapify(queue)
