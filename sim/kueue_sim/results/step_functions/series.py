"""Step functions as points to draw: every change while they are few, exact averages over equal bins beyond."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kueue_sim.results.step_functions.steps import Ints, Steps, union

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
    limits = edges(end_ms, most - 1)
    values = [averages(item.times, item.values, limits) for item in steps]
    return Series(limits, [np.append(value, value[-1]) for value in values], int(limits[1]))


def averages(times: Ints, values: Ints | Floats | NDArray[np.bool_], edges: Ints) -> Floats:
    """Exact mean between neighbouring edges of a step function whose values hold from ``times`` on; infinite where the
    function is so for any time."""
    heights = values.astype(np.float64)
    endless = np.isposinf(heights)
    if endless.any():
        finite = averages(times, np.where(endless, 0.0, heights), edges)
        return np.where(averages(times, endless, edges) > 0, np.inf, finite)
    before = np.concatenate(([0.0], np.cumsum(heights[:-1] * np.diff(times))))
    index = np.searchsorted(times, edges, side="right") - 1
    areas = before[index] + heights[index] * (edges - times[index])
    means: Floats = np.diff(areas) / np.diff(edges)
    return means


def edges(end_ms: int, bins: int) -> Ints:
    """Limits of equal bins over the whole run, in milliseconds; fewer where a bin would be less than one."""
    return np.linspace(0, max(end_ms, 1), min(bins, max(end_ms, 1)) + 1, dtype=np.int64)
