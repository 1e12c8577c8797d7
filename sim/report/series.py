"""Step functions as points to draw: every change while they are few, exact averages over equal bins beyond."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.results.steps import Ints, Steps, union

Floats = NDArray[np.float64]
MOST_POINTS = 1500


@dataclass(frozen=True, slots=True)
class Series:
    """Values that hold from ``times[i]`` (milliseconds) on; the last point is the end of the run.

    ``bin_ms`` is 0 where every change is there, else the width over which values are averages.
    """

    times: Ints
    values: list[Floats]
    bin_ms: int


def series(steps: list[Steps], end_ms: int, most: int = MOST_POINTS) -> Series:
    """Several step functions at common times."""
    ends = np.array([0, end_ms], dtype=np.int64)
    times = union([ends, *(item.times for item in steps)])
    times = times[times <= end_ms]
    if len(times) <= most or end_ms <= most:
        return Series(times, [item.at(times).astype(np.float64) for item in steps], 0)
    edges = np.linspace(0, end_ms, most, dtype=np.int64)
    widths = np.diff(edges)
    values = [np.diff(_areas(item, edges)) / widths for item in steps]
    return Series(edges, [np.append(value, value[-1]) for value in values], int(widths[0]))


def _areas(steps: Steps, edges: Ints) -> Floats:
    """Integral from 0 to each edge."""
    widths = np.diff(steps.times, append=steps.times[-1])
    before = np.concatenate(([0.0], np.cumsum(steps.values.astype(np.float64) * widths)))[:-1]
    index = np.searchsorted(steps.times, edges, side="right") - 1
    areas: Floats = before[index] + steps.values[index] * (edges - steps.times[index]).astype(np.float64)
    return areas
