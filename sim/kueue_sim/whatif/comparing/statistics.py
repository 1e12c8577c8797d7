"""How sure is a difference? Student's t on paired differences, corrected for the number of comparisons.

Two variants that meet the same arrivals and run times differ far less from one seed to the next than either varies
by itself, so the differences seed by seed are the sample, not the two groups.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, sqrt


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean of paired differences, variant minus base. ``low`` and ``high`` bound its interval.

    With fewer than two pairs there is no interval and no ``p`` (None).
    """

    n: int
    base: float
    value: float
    mean: float
    low: float | None = None
    high: float | None = None
    p: float | None = None

    @property
    def tested(self) -> bool:
        """Whether there is anything to test: several pairs, and not all of them equal."""
        return self.p is not None and not (self.mean == 0 and self.low == self.high)


def _complete(base: Sequence[float | None], other: Sequence[float | None]) -> list[tuple[float, float]]:
    """The pairs of which both values exist."""
    return [(a, b) for a, b in zip(base, other, strict=True) if a is not None and b is not None]


def _means(pairs: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    """The means of both sides and of their difference."""
    n = len(pairs)
    return fsum(a for a, _ in pairs) / n, fsum(b for _, b in pairs) / n, fsum(b - a for a, b in pairs) / n


def paired(base: Sequence[float | None], other: Sequence[float | None], confidence: float) -> Difference | None:
    """The difference of two samples measured in pairs; None when no pair is complete.

    A pair counts when both of its values exist. If all differences are the same there is no spread to judge by:
    then the interval is that point and ``p`` the one of a sign test, which only counts pairs.
    """
    pairs = _complete(base, other)
    n = len(pairs)
    if n == 0:
        return None
    differences = [b - a for a, b in pairs]
    means = _means(pairs)
    if n == 1:
        return Difference(n, *means)
    mean = means[2]
    error = sqrt(fsum((item - mean) ** 2 for item in differences) / (n - 1) / n)
    if error <= 1e-12 * max(abs(item) for pair in pairs for item in pair):
        return Difference(n, *means, mean, mean, 1.0 if mean == 0 else min(1.0, 2 * 0.5**n))
    half = t_quantile((1 + confidence) / 2, n - 1) * error
    return Difference(n, *means, mean - half, mean + half, 2 * t_cdf(-abs(mean / error), n - 1))


def resampled(
    base: Sequence[float | None], other: Sequence[float | None], blocks: int, confidence: float
) -> Difference | None:
    """The difference of two samples of resamples; None when no pair is complete.

    The spread of resamples is the error itself, however many there are (bootstrap); what the number of ``blocks`` they
    were drawn from leaves out is made good by a factor and by Student's t with one degree of freedom less than blocks.
    The interval is symmetric because those of percentiles and BCa, made for many blocks, hold less often with few:
    ``python -m benchmarks.promises.coverage`` (and Hesterberg, 2015, section 4).
    """
    pairs = _complete(base, other)
    n = len(pairs)
    if n == 0:
        return None
    differences = [b - a for a, b in pairs]
    means = _means(pairs)
    if n == 1 or blocks < 2:
        return Difference(n, *means)
    mean = means[2]
    variance = fsum((item - mean) ** 2 for item in differences) / (n - 1)
    error = sqrt(variance * (blocks / (blocks - 1) + 1 / n))
    if error == 0:
        return Difference(n, *means, mean, mean, 1.0 if mean == 0 else min(1.0, 2 * 0.5**blocks))
    degrees = min(blocks, n) - 1
    half = t_quantile((1 + confidence) / 2, degrees) * error
    return Difference(n, *means, mean - half, mean + half, 2 * t_cdf(-abs(mean / error), degrees))


def t_quantile(probability: float, degrees: float) -> float:
    """The value Student's t stays below with ``probability``."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, probability))


def t_cdf(value: float, degrees: float) -> float:
    """The probability that Student's t stays below ``value``."""
    from scipy.special import stdtr

    return float(stdtr(degrees, value))


def holm(ps: Sequence[float]) -> list[float]:
    """Each p-value adjusted for the number of comparisons (Holm): rejecting those at most alpha is wrong for any
    of them with probability alpha at most, however the comparisons depend on each other."""
    order = sorted(range(len(ps)), key=lambda index: (ps[index], index))
    adjusted = [0.0] * len(ps)
    highest = 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(ps) - rank) * ps[index]))
        adjusted[index] = highest
    return adjusted


def share_interval(hits: int, n: int, confidence: float) -> tuple[float, float]:
    """Where the true share lies when ``hits`` of ``n`` independent tries succeeded (Clopper and Pearson, exact)."""
    from scipy.special import betaincinv

    tail = (1 - confidence) / 2
    low = 0.0 if hits == 0 else float(betaincinv(hits, n - hits + 1, tail))
    high = 1.0 if hits == n else float(betaincinv(hits + 1, n - hits, 1 - tail))
    return low, high


def grouped_share(groups: Sequence[tuple[int, int]], confidence: float) -> tuple[float, float, float]:
    """A share of hits over all tries, with its interval; ``groups`` are (hits, tries), only whole groups independent.

    Groups of one try each have the exact interval of Clopper and Pearson, others that of a ratio estimate with
    Student's t; a single group leaves everything open.
    """
    hits, n = sum(one for one, _ in groups), sum(tries for _, tries in groups)
    if n == 0:
        return 0.0, 0.0, 1.0
    share = hits / n
    if all(tries == 1 for _, tries in groups):
        return share, *share_interval(hits, n, confidence)
    if len(groups) < 2:
        return share, 0.0, 1.0
    number = len(groups)
    variance = number / (number - 1) * fsum((one - share * tries) ** 2 for one, tries in groups)
    half = t_quantile((1 + confidence) / 2, number - 1) * sqrt(variance) / n
    return share, max(0.0, share - half), min(1.0, share + half)
