"""When is work submitted? At random or regularly, with a rhythm of day and week, one by one or in sessions of users.

A rhythm stretches time: instants are made on a clock that runs fast where much is submitted and slowly where little is,
and read off on the real one. So ``every`` stays the mean over a week, another rate keeps the same pattern of instants,
and a regular process has a rhythm as well. Times of day are those of the scenario's ``start``.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count as endless
from math import fsum
from random import Random
from statistics import fmean

from kueue_sim.inputs.generators.distributions import Draw, distribution
from kueue_sim.inputs.text.field import Field
from kueue_sim.inputs.text.files import Files
from kueue_sim.inputs.text.schema import ARRIVALS, RHYTHM, SESSIONS

HOUR_MS = 3_600_000
WEEK_HOURS = 168
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WORKDAYS: tuple[Sequence[float], Sequence[float]] = (
    (2, 2, 2, 2, 2, 2, 3, 5, 9, 13, 14, 13, 11, 12, 14, 14, 13, 11, 8, 6, 5, 4, 3, 3),
    (1.0, 1.0, 1.0, 1.0, 0.9, 0.4, 0.4),
)
"""The rhythm ``workdays``, by hour and from Monday on: most work from nine to six, a third as much at weekends; an
illustration, no measurement."""
MOST = 1_000_000
"""Arrivals of one generator; who asks for more has mistyped a rate, or means several generators."""
MOST_OF_SESSION = 100_000
"""Jobs of one session, which are drawn together."""
MOST_USERS = 1_000_000
"""Users of one generator, whose speeds are drawn together."""
SESSIONS_TRIED = 1000
"""Sessions that are drawn to tell how many jobs one has in the mean."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How much is submitted in each hour of a week, mean 1; ``begins_ms`` is how far into a week time 0 lies."""

    weights: tuple[float, ...]
    begins_ms: int

    def __post_init__(self) -> None:
        assert len(self.weights) == WEEK_HOURS

    def clock(self) -> Callable[[float], float]:
        """From even time to real time, both in milliseconds from 0; asked with times that never go back."""
        at, hour = 0.0, self.begins_ms // HOUR_MS
        left = HOUR_MS - self.begins_ms % HOUR_MS
        even = 0.0

        def real(asked: float) -> float:
            nonlocal at, hour, left, even
            while True:
                weight = self.weights[hour % WEEK_HOURS]
                if weight and even + left * weight >= asked:
                    return at + (asked - even) / weight
                even += left * weight
                at += left
                left, hour = HOUR_MS, hour + 1

        return real

    def even(self, real_ms: int) -> float:
        """How much even time has gone by at a real time."""
        start = self.begins_ms
        end = start + real_ms
        weeks, rest = divmod(end, WEEK_HOURS * HOUR_MS)
        return weeks * fsum(self.weights) * HOUR_MS + self._within(rest) - self._within(start)

    def _within(self, ms: int) -> float:
        hours, rest = divmod(ms, HOUR_MS)
        return fsum(self.weights[:hours]) * HOUR_MS + (self.weights[hours] * rest if rest else 0.0)


@dataclass(frozen=True, slots=True)
class Sessions:
    """Each arrival is a user who submits several jobs: how many, how far apart, and which of ``users`` it is."""

    jobs: Draw
    gap: Draw
    users: int = 0


def read_rhythm(field: Field, start_ms: int) -> Rhythm | None:
    """The rhythm of a field, None without one: ``workdays``, or weights of hours and weekdays."""
    if not field.present:
        return None
    if isinstance(field.value, str):
        field.choice(("workdays",), "workdays")
        hours, days = WORKDAYS
    else:
        field.only(*RHYTHM)
        hours = _weights(field.get("hours"), 24)
        days = _weekdays(field.get("weekdays"))
    weights = [day * hour for day in days for hour in hours]
    total = fsum(weights)
    if not total:
        field.wrong("some hour must have a weight above 0")
        return None
    # 1970-01-01 was a Thursday.
    begins = (start_ms + 3 * 24 * HOUR_MS) % (WEEK_HOURS * HOUR_MS)
    return Rhythm(tuple(weight * WEEK_HOURS / total for weight in weights), begins)


def _weights(field: Field, number: int) -> Sequence[float]:
    if not field.present:
        return [1.0] * number
    found = [item.number(1.0) for item in field.items()]
    if len(found) != number or min(found) < 0:
        field.wrong(f"{len(found)} weights; {number} of at least 0 are accepted")
        return [1.0] * number
    return found


def _weekdays(field: Field) -> Sequence[float]:
    """Weights from Monday to Sunday: a list of seven, or a mapping from ``mon`` … ``sun``, others 1."""
    if not isinstance(field.value, dict):
        return _weights(field, 7)
    field.only(*WEEKDAYS)
    return [max(0.0, field.get(day).number(1.0)) for day in WEEKDAYS]


def read_sessions(field: Field, files: Files) -> Sessions | None:
    """The sessions of a field, None without them."""
    if not field.present:
        return None
    field.only(*SESSIONS)
    jobs = distribution(
        field.get("jobs"), lambda item: float(item.integer(1, minimum=1, maximum=MOST_OF_SESSION)), files
    )
    gap = distribution(field.get("gap"), lambda item: float(item.duration()), files)
    return Sessions(jobs, gap, field.get("users").integer(0, minimum=0, maximum=MOST_USERS))


@dataclass(frozen=True, slots=True)
class Window:
    """From when until when work is submitted, and how many at most; milliseconds, None: no limit."""

    start_ms: int
    end_ms: int | None
    number: int | None


@dataclass(frozen=True, slots=True)
class Arrivals:
    """A process of arrivals: ``every`` milliseconds in the mean, at random (``poisson``) or regularly.

    With ``sessions`` every arrival is a user who submits several jobs.
    """

    every: int
    poisson: bool
    window: Window
    rhythm: Rhythm | None
    sessions: Sessions | None

    def expected(self) -> float:
        """About how many jobs there will be; the mean of sessions is that of some drawn ones."""
        window, found = self.window, [float("inf")]
        if window.end_ms is not None:
            found.append((window.end_ms - window.start_ms) / self.every)
        if self.sessions is not None:
            found[-1] *= fmean(max(1.0, self.sessions.jobs(random)) for random in map(Random, range(SESSIONS_TRIED)))
        if window.number is not None:
            found.append(window.number)
        return min(found)

    def submissions(self, random: Random, in_session: Random) -> Iterator[tuple[int, int]]:
        """Instant in milliseconds and user (0 without users) of every job, in order of submission."""
        if self.sessions is None:
            return ((at, 0) for at in self._instants(random))
        return _in_order(self._of_sessions(self.sessions, random, in_session))

    def _instants(self, random: Random) -> Iterator[int]:
        window, rhythm, every = self.window, self.rhythm, self.every
        clock = rhythm.clock() if rhythm is not None else float
        at = rhythm.even(window.start_ms) if rhythm is not None else float(window.start_ms)
        for index in endless():
            if self.poisson:
                at += random.expovariate(1 / every)
            elif index:
                at += every
            instant = clock(at)
            if (window.number is not None and index >= window.number) or (
                window.end_ms is not None and instant >= window.end_ms
            ):
                return
            yield round(instant)

    def _of_sessions(
        self, sessions: Sessions, random: Random, in_session: Random
    ) -> Iterator[tuple[int, list[tuple[int, int]]]]:
        """When each session starts, with instant and user of its jobs."""
        left, end = self.window.number, self.window.end_ms
        for start in self._instants(random):
            user = in_session.randrange(sessions.users) if sessions.users else 0
            jobs: list[tuple[int, int]] = []
            at = float(start)
            for job in range(min(MOST_OF_SESSION, max(1, round(sessions.jobs(in_session))))):
                at += sessions.gap(in_session) if job else 0.0
                if (end is not None and at >= end) or (left is not None and len(jobs) == left):
                    break
                jobs.append((round(at), user))
            yield start, jobs
            left = None if left is None else left - len(jobs)
            if left == 0:
                return


def _in_order(sessions: Iterable[tuple[int, list[tuple[int, int]]]]) -> Iterator[tuple[int, int]]:
    """The jobs of sessions that start one after the other, in order: none comes before its session starts."""
    waiting: list[tuple[int, int]] = []
    for start, jobs in sessions:
        while waiting and waiting[0][0] < start:
            yield heappop(waiting)
        for job in jobs:
            heappush(waiting, job)
    while waiting:
        yield heappop(waiting)


def read_arrivals(field: Field, window: Window, start_ms: int, files: Files) -> Arrivals | None:
    """The process that a field describes, None where it describes none; ``start_ms`` is when time 0 is."""
    field.only(*ARRIVALS)
    rhythm = read_rhythm(field.get("rhythm"), start_ms)
    sessions = read_sessions(field.get("sessions"), files)
    every = field.get("every").duration()
    poisson = field.get("process").choice(("poisson", "fixed"), "poisson") == "poisson"
    if every == 0:
        field.wrong("arrivals need `every`, longer than 0s")
        return None
    arrivals = Arrivals(every, poisson, window, rhythm, sessions)
    if (expected := arrivals.expected()) > MOST:
        where = field if window.number is not None else field.get("every")
        where.wrong(f"{expected:,.0f} arrivals; at most {MOST:,} are accepted, a trace takes any number")
        return None
    return arrivals


__all__ = ["Arrivals", "Rhythm", "Sessions", "Window", "read_arrivals", "read_rhythm", "read_sessions"]
