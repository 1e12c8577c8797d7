"""What all drawings of a run share: colours, units of time, rows of a chart."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from heapq import heappop, heappush

from kueue_sim.results.metrics.metric_path import Unit

PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#7F7F7F")
"""Okabe and Ito's colours, told apart by colour-blind readers."""
_SEEN_APART = 300
"""So many bars one after the other can be told apart on a page."""
_UNITS = ((2 * 86_400_000, 86_400_000, "days"), (2 * 3_600_000, 3_600_000, "hours"), (120_000, 60_000, "minutes"))


def dash_number(index: int, dashes: int) -> int:
    """Which of so many dashes the line at ``index`` has, 0 for a whole one.

    Never that of the line before, so that lines on each other are all seen, nor that of the last line in its colour.
    """
    return (index + index // len(PALETTE)) % dashes


def time_unit(span_ms: float) -> tuple[int, str]:
    """Milliseconds per tick unit and its name, so that labels stay short."""
    return next(((size, name) for least, size, name in _UNITS if span_ms >= least), (1000, "seconds"))


def scale(values: Sequence[float], unit: Unit) -> tuple[float, str]:
    """What to divide values of a metric by, and the unit they then have."""
    if unit == "share":
        return 0.01, "%"
    if unit != "s":
        return 1.0, {"h": "resource-hours", "count": "count", "index": "index", "money": "money"}[unit]
    size, name = time_unit(1000 * max((abs(value) for value in values), default=0.0))
    return size / 1000, name


@contextmanager
def literal_text() -> Iterator[None]:
    """Drawings made inside show dollar signs in names as they are, not as the borders of a formula, and a box for each
    character that the font lacks, without a warning for each."""
    from matplotlib import rc_context

    with rc_context({"text.parse_math": False}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from font")
        yield


def packed(spans: Sequence[tuple[int, int]]) -> list[int]:
    """A row for each span so that no two in a row overlap, with as few rows as possible."""
    busy: list[tuple[int, int]] = []
    rows = [0] * len(spans)
    used = 0
    for index in sorted(range(len(spans)), key=lambda i: spans[i]):
        first, last = spans[index]
        if busy and busy[0][0] <= first:
            rows[index] = heappop(busy)[1]
        else:
            rows[index], used = used, used + 1
        heappush(busy, (last, rows[index]))
    return rows


def seams(bars: Sequence[tuple[int, int, int]], end_ms: int) -> list[tuple[int, int]]:
    """Where a bar (begin, end, row) follows another one of its row at once, which would look like one long bar: instant
    and row. Between bars too short to be seen apart no seam is drawn, as seams alone would be seen."""
    least = end_ms / _SEEN_APART
    ends = {(end, row) for begin, end, row in bars if end - begin >= least}
    return [(begin, row) for begin, end, row in bars if end - begin >= least and (begin, row) in ends]
