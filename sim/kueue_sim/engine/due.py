"""What can be due at an instant: by kind, and within a kind by key.

Kinds begin at 2, after the priorities of SimPy's own events.
"""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final

Planned = tuple[int, int, int, Any]
"""Something that is to happen: when, of which kind it is, its number, and what it is about. The number tells it from
everything else, also after it was put off."""

SAMPLES_BEFORE: Final = 2
"""Where admission is usage-based: the samples of LocalQueues that were due before this instant, until ``item``."""
ACTION: Final = 3
"""The administrator acts: known from the first, and done last."""
END: Final = 4
"""Work is done: a Reservation."""
RELEASE: Final = 5
"""The pods of evicted work are gone: a Reservation."""
TIMER: Final = 6
SAMPLES: Final = 7
"""And those that are due by now, before anybody comes."""
ARRIVAL: Final = 8
"""A Workload is submitted, and with it all others of the instant."""

# The control plane's own doings, where they take time.
WRITTEN: Final = 9
"""An admission is written: its Reservation and run time."""
FREE: Final = 10
"""There is time for another cycle."""

_WITH_KEY: Final = frozenset((END, RELEASE, TIMER))


@dataclass(slots=True, eq=False)
class Timer:
    """Something to do at an instant, about a workload. ``what`` tells it from others about the same workload;
    ``is_void`` is whether it has become meaningless, None: it never does."""

    key: str
    do: Callable[[int], None]
    what: str = ""
    is_void: Callable[[], bool] | None = None


def in_turn(planned: Planned) -> tuple[int, str]:
    """Kind and key: the place of something among all that is due at its instant, and what tells it from others whenever
    it was planned. Actions stay in the order of the timeline."""
    _, kind, _, item = planned
    if kind in _WITH_KEY:
        return kind, item.key
    return kind, "~" if kind > ARRIVAL else ""


def taken(due: list[Any]) -> list[Any]:
    """What is due, by key in byte order; the list is emptied."""
    if len(due) == 1:
        return [due.pop()]
    found = sorted(due, key=attrgetter("key"))
    due.clear()
    return found
