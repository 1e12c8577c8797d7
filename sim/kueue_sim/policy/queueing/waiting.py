"""What is known of one waiting workload: whether it is active, and which answer it has (R3.1, R3.40)."""

from collections.abc import Iterable
from operator import attrgetter

from kueue_sim.policy.workloads.workload_info import Pending, WaitingClass, WaitingEntry

key_of = attrgetter("key")
"""By what workloads are sorted where no rule says more."""
shape_of = attrgetter("shape")
"""And by what classes are."""


def is_live(entry: WaitingEntry) -> bool:
    """Whether an entry of a heap still stands for its workload."""
    return entry[5].serial == entry[4]


def is_active(item: Pending) -> bool:
    """Whether it is in the heap, and not because its class is parked as a whole."""
    return item.in_heap and item.group is not None and not item.group.failed


def answer_of(item: Pending) -> tuple[str, str]:
    """Reason and message of a waiting workload: those of its own last evaluation, or before any the answer that its
    class got since."""
    group = item.group
    if not item.message and item.in_heap and group is not None and group.answered >= item.serial:
        return group.answer
    return item.reason, item.message


def members(classes: Iterable[WaitingClass]) -> list[Pending]:
    """The workloads that wait in these classes, in no order that means anything."""
    return [entry[5] for group in classes for entry in group.heap if is_live(entry)]
