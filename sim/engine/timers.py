"""Something to do at a later time."""

from collections.abc import Callable
from typing import Protocol


class Timers(Protocol):
    """Runs something at a later time; at one instant in order of the keys, before anything arrives."""

    def at(self, at_ms: int, key: str, do: Callable[[int], None]) -> None: ...


class NoTimers:
    """Time stands still: nothing that lies ahead happens."""

    def at(self, at_ms: int, key: str, do: Callable[[int], None]) -> None:
        """Forgets it."""
