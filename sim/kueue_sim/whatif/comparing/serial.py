"""How sure is a difference measured in one recorded run, whose parts lean on each other?

A run is cut into equal parts of time. What a part says beyond the difference over all jobs is its residual, weighted by
its jobs (ratio estimate), so that the parts together estimate the figure over all jobs and not the mean of the parts.
A queue remembers: a backlog that outlasts a part makes neighbours alike, and then their spread tells too little. So
parts are merged until von Neumann's rank test no longer finds neighbours alike, and what is left of the lag-1
correlation widens the interval as in a first-order autoregression, which also costs degrees of freedom. Fewer than four
parts say nothing. ``benchmarks/promises/coverage.py`` measures how often the verdicts are wrong.

Sources: Bartels (1982) for the rank test; Fishman (1978) and Law (2015), section 9.5, for batch means.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import fsum, sqrt

FEWEST_PARTS = 4
"""With fewer there is no verdict."""
_FOUND_ALIKE = 0.2
"""Level of the test for dependence: high, because what is missed makes intervals too narrow."""
_HIGHEST_LAG = 0.95


@dataclass(frozen=True, slots=True)
class Serial:
    """Standard error of a difference from ``parts`` parts, with ``degrees`` of freedom of Student's t.

    ``lag1`` is the correlation of neighbouring parts that was left, and corrected for, after merging.
    """

    parts: int
    error: float
    degrees: float
    lag1: float


def levels(parts: int) -> list[int]:
    """Numbers of parts to try, from many to few: halves down to eight, then one less each."""
    found = [parts]
    while found[-1] > FEWEST_PARTS:
        found.append(max(FEWEST_PARTS, found[-1] // 2) if found[-1] > 8 else found[-1] - 1)
    return found


def settled(residuals: Sequence[Sequence[float]]) -> Serial | None:
    """The error by the finest parts whose neighbours are not found alike, the coarsest if all are.

    One list of residuals per level, from many parts to few; None where fewer than four parts have a value.
    """
    usable = [level for level in residuals if len(level) >= FEWEST_PARTS]
    for level in usable:
        if level is usable[-1] or neighbours_alike(level) > _FOUND_ALIKE:
            return _corrected(level)
    return None


def neighbours_alike(values: Sequence[float]) -> float:
    """p-value of Bartels' rank version of von Neumann's ratio: small when neighbours are more alike than by chance."""
    from scipy.stats import norm, rankdata

    n = len(values)
    ranks = [float(rank) for rank in rankdata(values)]
    middle = fsum(ranks) / n
    spread = fsum((rank - middle) ** 2 for rank in ranks)
    if spread == 0:
        return 1.0
    ratio = fsum((b - a) ** 2 for a, b in pairwise(ranks)) / spread
    deviation = sqrt(4 * (n - 2) * (5 * n * n - 2 * n - 9) / (5 * n * (n + 1) * (n - 1) ** 2))
    return float(norm.cdf((ratio - 2) / deviation))


def lag1(values: Sequence[float]) -> float:
    """Correlation of neighbours, with the bias of short series taken off; between 0 and 0.95."""
    n = len(values)
    mean = fsum(values) / n
    spread = fsum((value - mean) ** 2 for value in values)
    if spread == 0:
        return 0.0
    found = fsum((a - mean) * (b - mean) for a, b in pairwise(values)) / spread
    return min(max(found + (1 + 4 * found) / n, 0.0), _HIGHEST_LAG)


def _corrected(residuals: Sequence[float]) -> Serial:
    n, lag = len(residuals), lag1(residuals)
    mean = fsum(residuals) / n
    variance = fsum((value - mean) ** 2 for value in residuals) / (n - 1) / n
    inflation = (1 + lag) / (1 - lag)
    return Serial(n, sqrt(variance * inflation), max(1.0, n / inflation - 1), lag)
