"""A comparison as one self-contained page: what to do, what changes, how large and how sure each difference is."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kueue_sim.report.page.drawing import chart
from kueue_sim.report.page.html import Marked, Section, inline, page, prose, table, together, warnings
from kueue_sim.report.text.wording import count
from kueue_sim.results.metrics.metric_path import metric_of
from kueue_sim.whatif.comparing.comparison import subjects
from kueue_sim.whatif.comparing.goes_round import rounds_told, swings_told
from kueue_sim.whatif.rendering.comparison_plots import intervals
from kueue_sim.whatif.rendering.verdicts import (
    about_verdicts,
    basis,
    cells,
    dependence,
    doubts,
    flattered,
    lengths,
    open_ends,
    recommendation,
    variant_words,
    verdict,
    what_changes,
)

if TYPE_CHECKING:
    from kueue_sim.whatif.comparing.comparison import Comparison, Row

MOST_WORKLOADS = 200
"""Workloads told one by one on a page."""


def comparison_page(comparison: "Comparison") -> str:
    """The recommendation and the words first, then what changes, each metric drawn and in a table, how to read them."""
    return page(comparison.title, _sections(comparison, draw=True), basis(comparison))


def comparison_inline(comparison: "Comparison") -> str:
    """The same without drawings, for a notebook."""
    return inline([prose(comparison.title, basis(comparison)), *_sections(comparison, draw=False)])


def _sections(comparison: "Comparison", draw: bool) -> list[Section]:
    names = [samples.name for samples in comparison.variants]
    return [
        prose("Recommendation", recommendation(comparison)),
        warnings("Preemptions, whatever the verdicts say", [*swings_told(comparison), *rounds_told(comparison)]),
        *(prose(f"{name} in words", *variant_words(comparison, name)) for name in names),
        warnings("Failed", [*comparison.failures, *comparison.violations]),
        warnings("Passed by figures that leave something out", [*comparison.cautions]),
        _changes(comparison, names),
        warnings("Warnings", [f"{side}: {text}" for side, text in doubts(comparison)]),
        *metrics_sections(comparison, draw),
        *(_happened(comparison, name) for name in names),
        prose(
            "How to read this",
            *comparison.notes,
            lengths(comparison),
            flattered(comparison),
            dependence(comparison),
            about_verdicts(comparison),
            open_ends(comparison),
        ),
    ]


def metrics_sections(comparison: "Comparison", draw: bool = True) -> list[Section]:
    """Each metric drawn and in a table."""
    return [_metric(comparison, metric, draw) for metric in comparison.metrics]


def _changes(comparison: "Comparison", names: Sequence[str]) -> Section:
    rows = [
        ("" if number else name, *line) for name in names for number, line in enumerate(what_changes(comparison, name))
    ]
    return table("What changes", ("variant", "object", "field", "before", "after"), rows, text_columns=3)


def _happened(comparison: "Comparison", variant: str) -> Section:
    lines = comparison.happened(variant)
    rows = [tuple(line.split(": ", 1)) for line in lines[:MOST_WORKLOADS]]
    note = count(len(lines), "workload") + ("" if len(lines) <= MOST_WORKLOADS else f", the first {MOST_WORKLOADS}")
    return table(f"What happens differently under {variant}", ("workload", "what"), rows, note, text_columns=2)


def _metric(comparison: "Comparison", metric: str, draw: bool) -> Section:
    unsorted = [row for row in comparison.rows if row.path.of == metric]
    teams = subjects(unsorted)
    rows = sorted(unsorted, key=lambda row: teams.index(row.team))
    meaning = metric_of(metric).meaning
    names = ("team", "variant", "verdict", "difference", "interval", comparison.base.name, "its value")
    moved = any(end for row in rows for end in (row.found.mean, row.found.low, row.found.high))
    draw = draw and moved  # A picture of nothing but zeros says less than its table.
    parts = [table("differences", names, [_line(row) for row in rows], "" if draw else meaning, text_columns=3)]
    if draw:
        drawing = chart("intervals", lambda width: intervals(comparison, metric, width=width), meaning, key=metric)
        parts.insert(0, drawing)
    return together(metric, *parts)


def _line(row: "Row") -> tuple[str, ...]:
    variant, base, value, difference, interval = cells(row)
    kind = row.verdict if row.verdict in ("better", "worse", "more", "less", "perhaps") else "soft"
    return (row.team, variant, Marked(verdict(row), kind), Marked(difference, kind), interval, base, value)
