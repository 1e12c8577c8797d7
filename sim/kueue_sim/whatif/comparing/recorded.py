"""The difference of two recorded runs in one metric over all jobs, and how sure it is by the parts of the runs."""

from collections.abc import Sequence

from kueue_sim.results.metrics.metric_path import MetricPath
from kueue_sim.whatif.comparing.serial import Serial, settled
from kueue_sim.whatif.comparing.statistics import Difference, t_cdf, t_quantile
from kueue_sim.whatif.execution.replication import Part, Values

Line = tuple[float, float]
SAME: Line = (1.0, 0.0)
_AVERAGES = ("pending.mean", "pending.max")
"""Counts that are no sums over time."""


def weight_path(path: MetricPath) -> str:
    """The metric that weighs the parts of ``path``: how many workloads of the same subject were submitted in each."""
    return path.text[: -len(path.of)] + "workloads"


def recorded(
    path: MetricPath,
    base: tuple[float | None, Sequence[Sequence[Part]]],
    other: tuple[float | None, Sequence[Sequence[Part]]],
    confidence: float,
    line: Line = SAME,
) -> tuple[Difference, Serial | None] | None:
    """The difference of the values over everything, with the interval of ``serial``; None where a side has no value.

    Each side is its value over the whole run and its parts level by level, from many to few. ``line``: factor and
    summand that turn the base into what the variant is measured against.
    """
    measured, after = base[0], other[0]
    if measured is None or after is None:
        return None
    factor, summand = line
    before = factor * measured + summand
    difference = after - before
    pairs = zip(base[1], other[1], strict=True)
    residuals = [
        [
            new - factor * old
            for old, new in zip(_residuals(path, measured, mine), _residuals(path, after, theirs), strict=True)
            if old is not None and new is not None
        ]
        for mine, theirs in pairs
    ]
    found = settled(residuals)
    if found is None:
        return Difference(max(map(len, residuals), default=1), before, after, difference), None
    if found.error <= 1e-12 * max(abs(before), abs(after)):
        p = 1.0 if difference == 0 else 0.0
        return Difference(found.parts, before, after, difference, difference, difference, p), found
    half = t_quantile((1 + confidence) / 2, found.degrees) * found.error
    p = 2 * t_cdf(-abs(difference / found.error), found.degrees)
    return Difference(found.parts, before, after, difference, difference - half, difference + half, p), found


def _residuals(path: MetricPath, whole: float, parts: Sequence[Part]) -> list[float | None]:
    """What each part says beyond the whole, weighted so that the mean of the parts would be the whole."""
    values = [part.values.get(path.text) for part in parts]
    if path.metric.unit in ("h", "count") and path.name not in _AVERAGES:
        return [None if value is None else len(parts) * value - whole for value in values]
    weights = [_weight(path, part.values, part.length_ms) for part in parts]
    total = sum(weight for value, weight in zip(values, weights, strict=True) if value is not None)
    if not total:
        return [None for _ in parts]
    scale = len(parts) / total
    return [
        0.0 if value is None else scale * weight * (value - whole)
        for value, weight in zip(values, weights, strict=True)
    ]


def _weight(path: MetricPath, values: Values, length_ms: int) -> float:
    return (values.get(weight_path(path)) or 0.0) if path.statistic else float(length_ms)
