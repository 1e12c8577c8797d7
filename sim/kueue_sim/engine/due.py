"""What is due at an instant: events put it on lists, which are worked off once the instant is complete."""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from kueue_sim.engine.agenda import Planned
from kueue_sim.model import Action, Workload
from kueue_sim.policy.workloads.workload_info import Reservation


@dataclass(slots=True, eq=False)
class Timer:
    """Something to do at an instant, about a workload."""

    key: str
    do: Callable[[int], None]


@dataclass(slots=True, eq=False)
class Due:
    """Something that is due, and the list it is put on."""

    due: list[Any]
    item: Any


def note(event: Planned) -> None:
    """The event happens: what it stands for is due."""
    planned: Due = event.item
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


def ended(ends: list[Planned]) -> list[Reservation]:
    """The admissions that come to their end, by key in byte order; the list is emptied."""
    if len(ends) == 1:
        return [ends.pop().item]
    found: list[Any] = [event.item for event in ends]
    ends.clear()
    return sorted(found, key=attrgetter("key"))
