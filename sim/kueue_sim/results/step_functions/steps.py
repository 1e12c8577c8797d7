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
        """No change yet."""
        return cls([], [])

    def add(self, at_ms: int, delta: int) -> None:
        """The value is ``delta`` more from an instant on."""
        self.times.append(at_ms)
        self.deltas.append(delta)


@dataclass(frozen=True, slots=True)
class Steps:
    """``values[i]`` holds from ``times[i]`` (milliseconds, strictly rising, first 0) to ``times[i + 1]``."""

    times: Ints
    values: Ints

    @classmethod
    def of(cls, changes: Changes) -> "Steps":
        """Sum up changes from 0; of several values at one instant the last one counts."""
        return cls.summed(np.asarray(changes.times, dtype=np.int64), np.asarray(changes.deltas, dtype=np.int64))

    @classmethod
    def summed(cls, times: Ints, deltas: Ints) -> "Steps":
        """As ``of``, from arrays in order of time."""
        times = np.concatenate(([0], times))
        values = np.concatenate(([0], np.cumsum(deltas)))
        last = np.append(times[1:] != times[:-1], True)
        times, values = times[last], values[last]
        moved = np.append(True, values[1:] != values[:-1])
        return cls(times[moved], values[moved])

    @classmethod
    def grouped(cls, keys: Ints, times: Ints, deltas: Ints) -> "dict[int, Steps]":
        """The steps of each key, from changes in any order, by rising key."""
        order = np.lexsort((times, keys))
        keys, times, deltas = keys[order], times[order], deltas[order]
        cuts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
        ends = np.append(cuts[1:], len(keys))[: len(cuts)]
        return {
            int(keys[first]): cls.summed(times[first:last], deltas[first:last])
            for first, last in zip(cuts, ends, strict=True)
        }

    @classmethod
    def constant(cls, value: int) -> "Steps":
        """The same value at all times."""
        return cls(np.zeros(1, dtype=np.int64), np.array([value], dtype=np.int64))

    @classmethod
    def sum(cls, parts: "Sequence[Steps]") -> "Steps":
        """All of them together."""
        if not parts:
            return cls.constant(0)
        times = np.concatenate([steps.times for steps in parts])
        deltas = np.concatenate([np.diff(steps.values, prepend=0) for steps in parts])
        order = np.argsort(times, kind="stable")
        return cls.summed(times[order], deltas[order])

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

    def between(self, start_ms: int, end_ms: int) -> int:
        """Area from ``start_ms`` to ``end_ms`` in value-milliseconds, exact."""
        return self.integral(end_ms) - self.integral(start_ms)

    def most(self, end_ms: int) -> int:
        """The greatest value up to and at ``end_ms``."""
        return int(self.values[self.times <= max(end_ms, 0)].max())

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
