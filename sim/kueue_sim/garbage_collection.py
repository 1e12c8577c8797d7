"""Python's cyclic garbage collector while much is made that stays: reading, and a run."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_OBJECTS = 100_000
"""New objects between two collections. Reading and running make hardly any cycles, but many objects that stay, and the
usual 700 would have them looked through again and again: up to a sixth of a run, a third of reading a long list."""


@contextmanager
def rare_collections() -> Iterator[None]:
    """Collections come seldom while this lasts; thresholds that are higher already stay."""
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], _OBJECTS) if before[0] else 0, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
