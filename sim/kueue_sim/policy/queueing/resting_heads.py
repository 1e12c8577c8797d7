"""Heads that a flush brings back and cycles refuse again, for all queues of one tree together.

Most flushes of a full cohort find the same heads, and most of these are refused once more. A queue in which all that
waits is parked with its class has its heads in a fixed order: the first one comes up in the first cycle after a flush,
and while it is refused the next one comes up in the next cycle. So neither the flush nor these cycles have to touch the
queue. It rests until somebody comes to it or leaves it, or one of its heads gets an answer of another kind.

Worked number: queue ``a`` has classes with the heads a1 and a2, ``b`` has b1. After a flush the first cycle looks at a1
and b1. When a1 is refused and b1 admitted, ``b`` does not rest any more; the second cycle looks at a2 and at what is
the head of ``b`` then.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kueue_sim.policy.workloads.workload_info import Pending, WaitingEntry


@dataclass(slots=True)
class _Late:
    """A queue with these ``heads`` comes so many ``cycles`` later than the others since the last flush, those in the
    places from ``since`` on; when it last fell behind, cycles had ``seen`` that many heads of each queue."""

    heads: Sequence[WaitingEntry]
    since: int
    cycles: int = 0
    seen: int = 0


class RestingHeads:
    """The heads of the resting queues of a tree, by the cycle after a flush that looks at them.

    ``woken`` are the trees, this one among them as long as not all of its heads were looked at since its last flush;
    ``queues`` are the names of all queues that rest, those of this tree among them.
    """

    __slots__ = ("_coming", "_late", "_looked_at", "_popped_in", "_queues", "_rounds", "_woken")

    def __init__(self, woken: "dict[RestingHeads, None]", queues: set[str]) -> None:
        self._woken = woken
        self._queues = queues
        self._rounds: list[dict[str, Pending]] = []
        self._coming: dict[str, Sequence[WaitingEntry]] = {}
        """Queues that rest since the last flush; cycles have looked at their heads already."""
        self._late: dict[str, _Late] = {}
        """Queues of which a head came up again that was looked at since the last flush."""
        self._looked_at = 0
        """How many cycles have looked at heads since the last flush."""
        self._popped_in = -1
        """The number of the last of them."""

    def enter(self, queue: str, heads: Sequence[WaitingEntry]) -> None:
        """A queue with these heads rests from now on."""
        self._coming[queue] = heads
        self._queues.add(queue)

    def flush(self) -> bool:
        """All heads come up again, those of the first classes in the next cycle; whether any of them was parked."""
        active = 0
        if self._late:
            for queue, late in self._late.items():
                active += 1 if late.cycles == self._looked_at else 0
                self._put_in(queue, late.heads[late.since :], late.since)
                self._take_out(queue, len(late.heads), len(late.heads) + late.cycles)
            self._late.clear()
        parked = bool(self._looked_at and self._rounds and len(self._rounds[0]) > active)
        if self._coming:
            parked = True
            for queue, heads in self._coming.items():
                self._put_in(queue, heads, 0)
            self._coming.clear()
        self._looked_at = 0
        if self._rounds:
            self._woken[self] = None
        return parked

    def pop(self, cycle: int) -> Iterable[Pending]:
        """The heads that the cycle of this number looks at. They stay where they are."""
        heads = self._rounds[self._looked_at].values()
        self._looked_at += 1
        self._popped_in = cycle
        if self._looked_at == len(self._rounds):
            del self._woken[self]
        return heads

    def again(self, queue: str, heads: Sequence[WaitingEntry]) -> None:
        """A head that the present cycle looks at was neither admitted nor refused, and comes up in the next one again;
        the others of the queue with these heads come one cycle later."""
        late = self._late.get(queue)
        if late is None:
            late = self._late[queue] = _Late(heads, self._looked_at)
        place = self._looked_at - 1 - late.cycles
        late.cycles, late.seen = late.cycles + 1, self._looked_at
        self._put_in(queue, heads[place:], self._looked_at)
        self._woken[self] = None

    def _put_in(self, queue: str, heads: Sequence[WaitingEntry], place: int) -> None:
        rounds = self._rounds
        for entry in heads:
            if place == len(rounds):
                rounds.append({})
            rounds[place][queue] = entry[5]
            place += 1

    def _take_out(self, queue: str, place: int, end: int) -> None:
        rounds = self._rounds
        for number in range(place, end):
            del rounds[number][queue]
        while rounds and not rounds[-1]:
            del rounds[-1]

    def leave(self, queue: str, heads: Sequence[WaitingEntry]) -> tuple[int, bool, bool]:
        """The queue with these heads rests no more: so many of them are parked, and those behind are active. And
        whether no cycle has come since a flush, or since a head of the queue came up by that or again.

        A head that the present cycle looks at is parked as soon as it is refused.
        """
        self._queues.discard(queue)
        if self._coming.pop(queue, None) is not None:
            return len(heads), False, False
        late = self._late.pop(queue, None)
        cycles = 0 if late is None else late.cycles
        looked_at = self._looked_at
        just_flushed = not looked_at and self in self._woken
        came_again = late is not None and late.seen == looked_at
        self._take_out(queue, 0, len(heads) + cycles)
        if looked_at >= len(self._rounds):
            self._woken.pop(self, None)
        parked = min(looked_at - cycles, len(heads))
        came_up = 0 < looked_at - cycles <= len(heads) and (late is None or late.seen < looked_at)
        if came_up and heads[parked - 1][6].refused_in != self._popped_in:
            parked -= 1
        return parked, just_flushed, just_flushed or came_again
