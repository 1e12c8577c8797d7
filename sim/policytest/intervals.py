"""Where does the mean of a metric over seeds lie? Student's interval, without a statistics library."""

from collections.abc import Sequence
from math import atan, cos, pi, sin, sqrt
from statistics import fmean, stdev


def mean_interval(values: Sequence[float], confidence: float) -> tuple[float, float]:
    """The two-sided interval around the mean; a single value is an interval of its own."""
    mean = fmean(values)
    if len(values) < 2:
        return mean, mean
    half = t_quantile((1 + confidence) / 2, len(values) - 1) * stdev(values) / sqrt(len(values))
    return mean - half, mean + half


def t_quantile(probability: float, freedom: int) -> float:
    """The point below which Student's t with ``freedom`` degrees lies with ``probability`` (above one half)."""
    low, high = 0.0, 1.0
    while _within(high, freedom) < 2 * probability - 1:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < 2 * probability - 1 else (low, middle)
    return (low + high) / 2


def _within(t: float, freedom: int) -> float:
    """P(-t < T < t): the finite sums for whole degrees of freedom (Abramowitz and Stegun 26.7.3 and 26.7.4)."""
    angle = atan(t / sqrt(freedom))
    term = total = cos(angle) if freedom % 2 else 1.0
    if freedom == 1:
        return 2 * angle / pi
    for k in range(3 if freedom % 2 else 2, freedom, 2):
        term *= cos(angle) ** 2 * (k - 1) / k
        total += term
    return 2 / pi * (angle + sin(angle) * total) if freedom % 2 else sin(angle) * total
