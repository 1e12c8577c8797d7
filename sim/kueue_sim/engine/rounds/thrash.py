"""Work that is evicted and admitted again in rounds, while nothing else happens: found, slowed down, and counted.

Kueue does that (R12.36), and on a cluster each round costs time until something else happens. Two things follow. Where
rounds take no time, the evictions of the workloads concerned take ``Timing.round_ms`` at least from then on, so that
time moves. And where a round is known to repeat, because everything is as it was a round ago, its facts are written
down once for each repetition up to the next event from outside, instead of being decided anew each time.
"""

from collections import deque
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from kueue_sim.engine.facts import Counted, Standstill
from kueue_sim.engine.pods.pods_in_rounds import PodsReached
from kueue_sim.policy.workloads.workload_info import Reservation

SUDDEN_MS = 1_000
"""Rounds of less than this are none that pods could follow: the kubelet looks at its containers once a second."""
KEPT = 64
"""So many of the latest states are compared with the present one, and one that is older."""
TIMES = 2
"""A state that comes back so often within an instant will come back for ever."""
TIMES_UNKNOWN = 1000
"""And this often where something besides decides, such as usage that each admission adds to; also the evictions of one
workload within an instant after which time moves on, whatever else is different."""

Relative = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Ahead:
    """Something that is going to happen. ``number`` tells it from others that look like it, ``kind`` and ``key``
    say what it is: the workload it is about, "" for arrivals and actions, "~" and something for what only queues do.
    ``what`` is to happen to its pods, "" for all else."""

    at_ms: int
    number: int
    kind: int
    key: str
    what: str


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The state after an instant. ``state`` is all that decides how things go on but for what is told relative to now:
    ``held``, per workload its reservation and how old that is, and what lies ``ahead``. ``facts`` and ``cycles``
    count those until now, ``pods`` is how far the report about nodes has come, None without nodes."""

    at_ms: int
    facts: int
    cycles: int
    state: Hashable
    held: Mapping[str, tuple[Reservation, Relative]]
    ahead: tuple[Ahead, ...]
    pods: PodsReached | None


def outside(before: Snapshot, now: Snapshot) -> "frozenset[int] | None":
    """Whether all is as it was, but for the time: then the events that stay where they are, None when it is not.

    What was scheduled before the round and is still to come happens when it happens, whatever goes round; everything
    else must be as far ahead as it was, and every reservation as old, unless it is the same one untouched.
    """
    if before.state != now.state:
        return None
    for key, (reservation, relative) in now.held.items():
        other, same = before.held[key]
        if reservation is not other and relative != same:
            return None
    stays = frozenset(item.number for item in before.ahead) & frozenset(item.number for item in now.ahead)
    if _moving(before, stays) != _moving(now, stays):
        return None
    return stays


def _moving(snapshot: Snapshot, stays: frozenset[int]) -> list[tuple[int, int, str, str]]:
    moving = (item for item in snapshot.ahead if item.number not in stays)
    return sorted((item.at_ms - snapshot.at_ms, item.kind, item.key, item.what) for item in moving)


class Thrash:
    """What is known of workloads that are evicted again and again. ``slow`` are those whose evictions take their least
    time from now on; ``standstills`` the instants that repeated themselves; ``counted`` the rounds not played."""

    def __init__(self, round_ms: int) -> None:
        self._round_ms = round_ms
        self.slow: dict[str, int] = {}
        self.standstills: list[Standstill] = []
        self.counted: list[Counted] = []
        self._instant = -1
        self._instants = 0
        self._here: dict[str, int] = {}
        self._seen: dict[object, int] = {}
        self.since: dict[str, int] = {}
        """Evictions per workload since something else happened; while there are none, nothing goes round."""
        self._snapshots: deque[Snapshot] = deque(maxlen=KEPT)
        self._compared = 0
        self._milestone: list[Snapshot] = []
        """The latest state whose number was a power of two: so a round of any length is known in the end (Brent)."""

    def something_else(self) -> None:
        """Work came or went, or the administrator acted: what was known of rounds is void."""
        self.since.clear()
        self._here.clear()
        self._seen.clear()
        self._forget_states()
        self._instants = 0

    def _forget_states(self) -> None:
        self._snapshots.clear()
        self._milestone.clear()
        self._compared = 0

    # -- rounds that take no time -------------------------------------------------------------------------

    def evictions(self, now: int, evicted: Iterable[Reservation]) -> bool:
        """Take note of evictions; whether one of the workloads was evicted at this very instant before."""
        if now != self._instant:
            self._instant = now
            self._here.clear()
            self._seen.clear()
        again = False
        for reservation in evicted:
            times = self._here[reservation.key] = self._here.get(reservation.key, 0) + 1
            self.since[reservation.key] = self.since.get(reservation.key, 0) + 1
            again = again or times > 1
        return again

    def stands_still(self, state: object, known: bool = True) -> bool:
        """Whether this state of the present instant has come back so often that it always will; ``known`` is whether it
        is everything that decides."""
        times = self._seen[state] = self._seen.get(state, 0) + 1
        return times > (TIMES if known else TIMES_UNKNOWN) or max(self._here.values()) > TIMES_UNKNOWN

    def slow_down(self, who: Iterable[str]) -> bool:
        """Evictions of these workloads take their least time from now on; whether any did not before."""
        found = [key for key in who if key not in self.slow]
        self.slow |= dict.fromkeys(found, self._round_ms)
        self._seen.clear()
        return bool(found)

    @property
    def evicted_twice(self) -> list[str]:
        """Workloads evicted more than once at the present instant, sorted."""
        return sorted(key for key, times in self._here.items() if times > 1)

    # -- rounds that take time ----------------------------------------------------------------------------

    def goes_round_at(self, now: int) -> bool:
        """Whether somebody was evicted now who was evicted before, and nothing else happened since."""
        return now == self._instant and any(self.since[key] > 1 for key in self._here)

    def goes_on_for(self, rounds: int) -> bool:
        """Count another instant of rounds that cannot be told apart; whether there were so many."""
        self._instants += 1
        return self._instants > rounds

    @property
    def in_rounds(self) -> list[str]:
        """Workloads evicted more than once since something else happened, sorted."""
        return sorted(key for key, times in self.since.items() if times > 1)

    def known_round(self, now: Snapshot) -> "tuple[Snapshot, frozenset[int]] | None":
        """The earlier state that is this one, and the events that stay where they are; None when there is none."""
        for before in chain(reversed(self._snapshots), self._milestone):
            stays = outside(before, now)
            if stays is not None:
                self._forget_states()
                return before, stays
        self._snapshots.append(now)
        self._compared += 1
        if self._compared.bit_count() == 1:
            self._milestone = [now]
        return None


def repetitions(before: Snapshot, now: Snapshot, stays: frozenset[int], end_ms: int | None) -> int | None:
    """How often the round between two snapshots goes on before anything from outside happens, or the end of the run.

    None when nothing ever will.
    """
    limits = [item.at_ms for item in now.ahead if item.number in stays]
    limits += [] if end_ms is None else [end_ms]
    return max(0, (min(limits) - 1 - now.at_ms) // (now.at_ms - before.at_ms)) if limits else None
