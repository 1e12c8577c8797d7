"""Python's cyclic garbage collector while much is made that stays: reading, and a run."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_OBJECTS = 1_000_000
"""New objects between two collections. Most of what reading and running make stays, and the usual 700 would have it
looked through again and again: up to a sixth of a run, a third of reading a long list. What goes leaves some ten
objects of cycles a job where queues are contended; a million of them take about 100 MB, and a hundred thousand
would cost such a run up to a fourteenth of its time."""


@contextmanager
def rare_collections() -> Iterator[None]:
    """Collections come seldom while this lasts; thresholds that are higher already stay."""
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], _OBJECTS) if before[0] else 0, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
