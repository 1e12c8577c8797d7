"""What is due at an instant: events put it on lists, which are worked off once the instant is complete."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, NamedTuple, cast

from simpy.events import Event

from kueue_sim.model import Action, Workload
from kueue_sim.policy.workloads.workload_info import Reservation


class Timer(NamedTuple):
    """Something to do at an instant, about a workload."""

    key: str
    do: Callable[[int], None]


class Due(NamedTuple):
    """Something that is due, and the list it is put on."""

    due: list[Any]
    item: Any


def note(event: Event) -> None:
    """The event happens: what it stands for is due."""
    planned: Any = event.value
    planned.due.append(planned.item)


def sign(value: Any) -> tuple[str, str]:
    """Kind and key of something ahead: what tells it from others, whenever it was planned."""
    if isinstance(value, Reservation):
        return "end", value.key
    if isinstance(value, Workload):
        return "arrival", ""
    if isinstance(value, Due):
        return type(value.item).__name__, "" if isinstance(value.item, Action) else value.item.key
    return "control plane", "~"


def taken(due: list[Any]) -> list[Any]:
    """What is due, by key in byte order; the list is emptied."""
    if len(due) == 1:
        return [due.pop()]
    found = sorted(due, key=attrgetter("key"))
    due.clear()
    return found


def ended(ends: list[Event]) -> list[Reservation]:
    """The admissions that come to their end, by key in byte order; the list is emptied."""
    if len(ends) == 1:
        return [cast(Reservation, ends.pop().value)]
    found: list[Any] = [event.value for event in ends]
    ends.clear()
    return sorted(found, key=attrgetter("key"))
