"""Where does the mean of a metric over seeds lie?"""

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev

from kueue_sim.whatif.comparing.statistics import t_quantile


def mean_interval(values: Sequence[float], confidence: float) -> tuple[float, float]:
    """Student's two-sided interval around the mean; a single value is an interval of its own."""
    mean = fmean(values)
    if len(values) < 2:
        return mean, mean
    half = t_quantile((1 + confidence) / 2, len(values) - 1) * stdev(values) / sqrt(len(values))
    return mean - half, mean + half
