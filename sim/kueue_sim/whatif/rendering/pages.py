"""Comparisons and sweeps as one self-contained page each, from the same pieces as the page of a run.

Without the extra ``html`` a page has its tables and words only.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from math import inf
from typing import TYPE_CHECKING

from kueue_sim.report.charts.chart_style import PALETTE, scale
from kueue_sim.report.page.html import (
    INK,
    Section,
    cards,
    figure,
    finished,
    inline,
    page,
    prose,
    table,
    together,
    warnings,
)
from kueue_sim.results.metrics.conditions import shown
from kueue_sim.results.metrics.metric_path import DISTRIBUTIONS, SCALARS, MetricPath
from kueue_sim.whatif.comparing.comparison import subjects
from kueue_sim.whatif.rendering.verdicts import (
    about_verdicts,
    basis,
    cells,
    dependence,
    recommendation,
    variant_words,
    verdict,
)
from kueue_sim.whatif.sweeping.grid import label, number_of, short

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from kueue_sim.whatif.comparing.comparison import Comparison, Row
    from kueue_sim.whatif.sweeping.sweep import Sweep

MARKERS = ("circle", "square", "triangle-up", "diamond", "cross", "x", "star")


def comparison_page(comparison: "Comparison") -> str:
    """The recommendation, a section per metric with the intervals drawn and in a table, and how to read them."""
    return page(comparison.title, _sections(comparison, _can_draw()), basis(comparison))


def comparison_inline(comparison: "Comparison") -> str:
    """The same without drawings, for a notebook."""
    return inline([prose(comparison.title, basis(comparison)), *_sections(comparison, draw=False)])


def _sections(comparison: "Comparison", draw: bool) -> list[Section]:
    return [
        prose("Recommendation", recommendation(comparison)),
        warnings("Failed", [*comparison.failures, *comparison.violations]),
        *(_metric(comparison, metric, draw) for metric in comparison.metrics),
        *(
            prose(f"{samples.name} in words", *variant_words(comparison, samples.name))
            for samples in comparison.variants
        ),
        prose("How to read this", *comparison.notes, dependence(comparison), about_verdicts(comparison)),
    ]


def _metric(comparison: "Comparison", metric: str, draw: bool) -> Section:
    unsorted = [row for row in comparison.rows if row.path.of == metric]
    teams = subjects(unsorted)
    rows = sorted(unsorted, key=lambda row: teams.index(row.team))
    meaning = (SCALARS.get(metric) or DISTRIBUTIONS[metric.partition(".")[0]]).meaning
    names = ("team", "variant", comparison.base.name, "value", "difference", "interval", "verdict")
    lines = [(row.team, *cells(row), verdict(row)) for row in rows]
    drawing = figure("intervals", _intervals(comparison, rows, teams) if draw else None, meaning, key=metric)
    return together(
        metric, drawing, table("differences", names, lines, "" if drawing.body else meaning, text_columns=2)
    )


def _intervals(comparison: "Comparison", rows: Sequence["Row"], teams: Sequence[str]) -> "Figure":
    """One line per team, the variants of a team side by side."""
    import plotly.graph_objects as go

    ends = [end for row in rows for end in (row.found.mean, row.found.low or 0.0, row.found.high or 0.0)]
    size, unit = scale(ends, rows[0].unit)
    drawing = go.Figure()
    for number, samples in enumerate(comparison.variants):
        mine = [row for row in rows if row.variant == samples.name]
        mean = [row.found.mean / size for row in mine]
        high = [0.0 if row.found.high is None else (row.found.high - row.found.mean) / size for row in mine]
        low = [0.0 if row.found.low is None else (row.found.mean - row.found.low) / size for row in mine]
        verdicts = [verdict(row) for row in mine]
        said = [f"{row.team}: {shown(row.found.mean, row.unit, True)}" for row in mine]
        drawing.add_scatter(
            x=mean, y=[teams.index(row.team) + _offset(number, len(comparison.variants)) for row in mine],
            mode="markers", name=samples.name,
            error_x={"type": "data", "array": high, "arrayminus": low, "width": 3},
            marker={"color": PALETTE[number % len(PALETTE)], "symbol": MARKERS[number % len(MARKERS)], "size": 9},
            text=[", ".join(parts) for parts in zip(said, verdicts, strict=True)],
            hovertemplate="%{text}<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    unit = "percentage points" if unit == "%" else unit
    better = rows[0].path.metric.better
    title = f"difference from {comparison.base.name} ({unit}{f', {better} is better' if better else ''})"
    places = list(range(len(teams)))
    drawing.update_yaxes(range=[len(teams) - 0.5, -0.5], title_text="team", tickvals=places, ticktext=list(teams))
    drawing.update_xaxes(title_text=title, zeroline=True, zerolinecolor=INK)
    return finished(drawing, 140 + len(teams) * (14 + 14 * len(comparison.variants)), left=90)


def _offset(number: int, variants: int) -> float:
    """Where a variant's mark stands beside the middle of its team's line."""
    return 0.7 * ((number + 0.5) / variants - 0.5)


def sweep_page(sweep: "Sweep") -> str:
    """Where each total metric is best, how it changes over the points, and the table of means."""
    paths = [path for path in sweep.paths if path.subject.kind == "total"] or list(sweep.paths)
    reasons = dict.fromkeys(f"{item.stage}: {item.reason}" for item in sweep.outcomes if item.failed)
    sections = [
        cards("Best points", [(_best(sweep, path), f"best {path.text}") for path in paths if path.metric.better]),
        warnings("Failed", reasons),
        *(_over_points(sweep, path) for path in paths),
        table("Means", ("point", *(path.text for path in paths)), _means(sweep, paths), "means over seeds"),
    ]
    return page(f"{sweep.title}: sweep", sections, sweep.extent)


def _best(sweep: "Sweep", path: MetricPath) -> str:
    sign = -1 if path.metric.better == "higher" else 1
    means = sweep.means(path.text)
    index = min(range(len(means)), key=lambda place: inf if means[place] is None else sign * (means[place] or 0.0))
    return f"{shown(means[index], path.metric.unit)} at {label(sweep.points[index])}"


def _means(sweep: "Sweep", paths: Sequence[MetricPath]) -> list[tuple[str, ...]]:
    means = {path.text: sweep.means(path.text) for path in paths}
    return [
        (label(point), *(shown(means[path.text][index], path.metric.unit) for path in paths))
        for index, point in enumerate(sweep.points)
    ]


def _over_points(sweep: "Sweep", path: MetricPath) -> Section:
    """A line per combination of the other settings over the last varied number, else one mark per point."""
    if not _can_draw():
        return Section(path.text, "")
    import plotly.graph_objects as go

    along = sweep.varied[-1]
    numeric = all(number_of(dict(point).get(along, "")) is not None for point in sweep.points)
    means = sweep.means(path.text)
    size, unit = scale([mean for mean in means if mean is not None], path.metric.unit)
    lines: dict[str, list[tuple[str, float]]] = {}
    for point, mean in zip(sweep.points, means, strict=True):
        others = label(tuple(setting for setting in point if setting[0] != along)) if numeric else ""
        at = dict(point)[along] if numeric else label(point)
        if mean is not None:
            lines.setdefault(others, []).append((at, mean / size))
    drawing = go.Figure()
    for number, (name, found) in enumerate(lines.items()):
        drawing.add_scatter(
            x=[float(at) if numeric else at for at, _ in found], y=[value for _, value in found], name=name,
            mode="lines+markers" if numeric else "markers", showlegend=len(lines) > 1,
            marker={"color": PALETTE[number % len(PALETTE)], "symbol": MARKERS[number % len(MARKERS)], "size": 8},
        )  # fmt: skip
    drawing.update_xaxes(title_text=short(along) if numeric else "point")
    drawing.update_yaxes(title_text=f"{path.text} ({unit})")
    return figure(path.text, finished(drawing, 380, left=90), "means over seeds")


def _can_draw() -> bool:
    return find_spec("plotly") is not None
