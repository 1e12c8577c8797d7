"""Step functions of time: integer values that change at instants, with exact integrals."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
_SAFE = 2**62


@dataclass(slots=True)
class Changes:
    """Signed changes in order of time, as a pass over facts collects them."""

    times: list[int]
    deltas: list[int]

    @classmethod
    def none(cls) -> "Changes":
        return cls([], [])

    def add(self, at_ms: int, delta: int) -> None:
        self.times.append(at_ms)
        self.deltas.append(delta)


@dataclass(frozen=True, slots=True)
class Steps:
    """``values[i]`` holds from ``times[i]`` (milliseconds, strictly rising, first 0) to ``times[i + 1]``."""

    times: Ints
    values: Ints

    @classmethod
    def of(cls, changes: Changes, start: int = 0) -> "Steps":
        """Sum up changes from ``start``; of several values at one instant the last one counts."""
        times = np.concatenate(([0], np.asarray(changes.times, dtype=np.int64)))
        values = start + np.concatenate(([0], np.cumsum(np.asarray(changes.deltas, dtype=np.int64))))
        last = np.append(times[1:] != times[:-1], True)
        times, values = times[last], values[last]
        moved = np.append(True, values[1:] != values[:-1])
        return cls(times[moved], values[moved])

    @classmethod
    def constant(cls, value: int) -> "Steps":
        return cls(np.zeros(1, dtype=np.int64), np.array([value], dtype=np.int64))

    def at(self, times: Ints) -> Ints:
        """The value holding at each instant."""
        picked: Ints = self.values[np.searchsorted(self.times, times, side="right") - 1]
        return picked

    def value(self, at_ms: int) -> int:
        """The value holding at one instant."""
        return int(self.values[np.searchsorted(self.times, at_ms, side="right") - 1])

    def integral(self, end_ms: int) -> int:
        """Area from 0 to ``end_ms`` in value-milliseconds, exact."""
        inside = self.times < end_ms
        return area(self.values[inside], np.diff(np.append(self.times[inside], end_ms)))

    def over(self, other: "Steps") -> "Steps":
        """How much this exceeds ``other``, zero where it does not."""
        times = union([self.times, other.times])
        return Steps(times, np.maximum(self.at(times) - other.at(times), 0))


def area(values: Ints, widths: Ints) -> int:
    """Sum of value times width as an exact integer, also beyond 64 bits."""
    if not len(values):
        return 0
    if int(np.abs(values).max()) * int(widths.sum()) < _SAFE:
        return int(np.dot(values, widths))
    return sum(int(value) * int(width) for value, width in zip(values, widths, strict=True))


def union(times: Sequence[Ints]) -> Ints:
    """All instants of several step functions, each once, in order."""
    merged: NDArray[Any] = np.unique(np.concatenate(times))
    return merged.astype(np.int64)
