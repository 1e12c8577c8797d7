"""Simulated time: SimPy's clock and queue, which also tells what is ahead and can put it off."""

from collections.abc import Callable, Iterator
from heapq import heapify, heappop, heappush
from itertools import chain, count
from sys import maxsize
from typing import Any, Final

import simpy
from simpy.events import NORMAL

from kueue_sim.engine.due import ARRIVAL, END, TIMER, Planned, Timer, in_turn, taken
from kueue_sim.model import Workload
from kueue_sim.policy.workloads.workload_info import Reservation

EXPECTED: Final = -1
"""The number of whoever arrives next; all else is numbered from 0."""
_NOBODY = Workload("", "", "", (), created_ms=maxsize)
"""Stands behind the last one who arrives, and never does."""


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
        self._arrivals: Iterator[Workload] = iter(())
        self._expected = _NOBODY
        """Who arrives next; nobody arrives before."""
        self._expected_ms = maxsize

    @property
    def now_ms(self) -> int:
        """The present instant."""
        return self._now

    def expect(self, arrivals: Iterator[Workload]) -> None:
        """These arrive one after the other. One of them alone is known ahead, however long a trace is."""
        self._arrivals = chain(arrivals, (_NOBODY,))
        self._expected = next(self._arrivals)
        self._expected_ms = max(0, self._expected.created_ms)

    def plan(self, delay_ms: int, kind: int, item: Any) -> None:
        """This is to happen after so long."""
        heappush(self._queue, (self._now + delay_ms, kind, next(self._eid), item))

    def plan_at(self, at_ms: int, kind: int, item: Any) -> None:
        """This is to happen at an instant, at once where that has passed."""
        heappush(self._queue, (at_ms if at_ms > self._now else self._now, kind, next(self._eid), item))

    def end_after(self, reservation: Reservation, delay_ms: int) -> None:
        """The work of an admission ends after so long."""
        heappush(self._queue, (self._now + delay_ms, END, next(self._eid), reservation))

    def play(
        self,
        end_ms: int,
        instant: Callable[[int, list[Planned]], None],
        arrival: Callable[[int, Workload], None] | None = None,
        end: Callable[[int, Reservation], None] | None = None,
        timer: Callable[[int, Timer], None] | None = None,
    ) -> None:
        """What is planned before the end takes place: ``instant`` is told of each instant, and of all that is due then,
        in turn. ``arrival``, ``end`` and ``timer``, where given, are told instead of an arrival, of an end of work, or
        of something timed that is all of its instant."""
        queue: list[Any] = self._queue
        arrivals = self._arrivals
        while True:
            until = self._expected_ms
            if until > end_ms:
                until = end_ms
            while queue:
                at, kind, _, item = queue[0]
                if at >= until:
                    break
                if kind == END and end is not None:
                    planned = heappop(queue)
                    self._now = at
                    if queue and queue[0][0] == at:
                        instant(at, self._joined(at, [planned]))
                    else:
                        end(at, item)
                elif kind <= NORMAL:
                    self.step()
                else:
                    planned = heappop(queue)
                    self._now = at
                    if queue and queue[0][0] == at:
                        instant(at, self._joined(at, [planned]))
                    elif kind == TIMER and timer is not None:
                        timer(at, item)
                    else:
                        instant(at, [planned])
            else:
                at = maxsize  # nothing is planned
            if until == end_ms:
                return
            self._now = until
            workload = self._expected
            another = self._expected = next(arrivals)
            self._expected_ms = another.created_ms
            if arrival is None or at == until or self._expected_ms <= until:
                instant(until, self._joined(until, self._arrivals_of(until, workload)))
            else:
                arrival(until, workload)

    def _arrivals_of(self, now: int, first: Workload) -> list[Planned]:
        """Everybody who arrives at this instant, by key."""
        arrived = [first]
        while self._expected_ms <= now:
            arrived.append(self._expected)
            self._expected = next(self._arrivals)
            self._expected_ms = self._expected.created_ms
        return [(now, ARRIVAL, EXPECTED, one) for one in taken(arrived)]

    def _joined(self, now: int, due: list[Planned]) -> list[Planned]:
        """What is due with all else that is planned for this instant, in turn; SimPy's events of it take place."""
        queue = self._queue
        while queue and queue[0][0] == now:
            if queue[0][1] <= NORMAL:
                self.step()
            else:
                due.append(heappop(queue))
        due.sort(key=in_turn)
        return due

    def due(self, now: int) -> list[Planned]:
        """What was planned for this instant while it lasted, and is to happen in it."""
        queue, due = self._queue, []
        while queue and queue[0][0] == now:
            due.append(heappop(queue))
        return due

    @property
    def ahead(self) -> list[Planned]:
        """Everything that is going to happen, in no order that means anything."""
        if self._expected_ms == maxsize:
            return self._queue
        return [*self._queue, (self._expected_ms, ARRIVAL, EXPECTED, self._expected)]

    def put_off(self, by_ms: int, what: Callable[[Planned], bool], forget: Callable[[Planned], bool]) -> None:
        """Plans for which ``what`` holds happen so much later; those for which ``forget`` holds do not happen. Who is
        expected comes in any case when he comes."""
        queue = self._queue
        queue[:] = [(one[0] + by_ms, *one[1:]) if what(one) else one for one in queue if not forget(one)]
        heapify(queue)
