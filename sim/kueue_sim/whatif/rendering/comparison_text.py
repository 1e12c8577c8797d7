"""A comparison as plain text: one table per metric, then what it means in words."""

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from kueue_sim.report.text.console import WIDTH, Words, plain_text
from kueue_sim.report.text.wording import count
from kueue_sim.results.metrics.metric_path import metric_of
from kueue_sim.whatif.comparing.comparison import Comparison, Row
from kueue_sim.whatif.comparing.goes_round import loop_records, rounds_told, swing_records, swings_told
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

_WIDE = 100
"""From here on figures stay on one line; in a narrower table they are broken between words."""
MOST_WORKLOADS = 20
"""Workloads told one by one; the others are in the folder."""
_STYLES = {"better": "green", "worse": "red", "more": "cyan", "less": "cyan", "perhaps": "yellow"}


def comparison_content(comparison: Comparison) -> dict[str, object]:
    """Everything as plain values."""
    sides = [samples.name for samples in comparison.variants]
    return {
        "base": comparison.base.name,
        "variants": sides,
        "basis": comparison.plan.basis,
        "replicates": comparison.replicates,
        "n": comparison.n,
        "confidence": comparison.confidence,
        "changes": {name: changes.records() for name, changes in comparison.changes.items()},
        "totals": {name: changes.totals() for name, changes in comparison.changes.items()},
        "warnings": {name: list(found) for name, found in comparison.warnings.items()},
        "rows": comparison.records(),
        "loops": loop_records(comparison),
        "swings": swing_records(comparison),
        "fresh": [] if comparison.fresh is None else comparison.fresh.records(),
        "happened": {name: comparison.happened(name) for name in sides},
        "notes": [note for note in (*comparison.notes, lengths(comparison), flattered(comparison)) if note],
        "failures": list(comparison.failures),
        "violations": list(comparison.violations),
        "cautions": list(comparison.cautions),
        "recommendation": recommendation(comparison),
    }


def comparison_text(comparison: Comparison, width: int = WIDTH, recommends: bool = True) -> str:
    """The whole comparison, lines without trailing spaces; ``recommends``: what to do, at its end."""
    return plain_text(lambda console: print_comparison(comparison, console, recommends), width)


def print_comparison(comparison: Comparison, console: Console, recommends: bool = True) -> None:
    """Tables, words, notes and, where it ``recommends``, what to do."""
    console.print(Words(comparison.title, style="bold"))
    console.print(Words(basis(comparison), style="dim"))
    _changes(comparison, console)
    _rounds(comparison, console)
    for number, metric in enumerate(comparison.metrics):
        _metric(comparison, metric, console, first=number == 0)
    for samples in comparison.variants:
        _happened(comparison, samples.name, console)
        _title(console, f"{samples.name} in words")
        for line in variant_words(comparison, samples.name):
            console.print(Padding(Words(line), (0, 0, 0, 2)))
    _remarks(comparison, console)
    if recommends:
        _title(console, "Recommendation")
        console.print(Padding(Words(recommendation(comparison)), (0, 0, 0, 2)))


def _changes(comparison: Comparison, console: Console) -> None:
    """What each variant changes, and what is doubtful about any side."""
    _title(console, "What changes")
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    for name in ("variant", "object", "field"):
        table.add_column(name, overflow="fold")
    for name in ("before", "after"):
        table.add_column(name, justify="right", overflow="fold")
    for samples in comparison.variants:
        for number, line in enumerate(what_changes(comparison, samples.name)):
            table.add_row(Words("" if number else samples.name), *map(Words, line))
    console.print(Padding(table, (0, 0, 0, 2)))
    for side, text in doubts(comparison):
        console.print(Padding(Words(f"warning ({side}): {text}", style="yellow"), (0, 0, 0, 2)))


def _rounds(comparison: Comparison, console: Console) -> None:
    """What goes round, and where far more or less is evicted, whatever the verdicts say."""
    lines = [*swings_told(comparison), *rounds_told(comparison)]
    if lines:
        _title(console, "Preemptions", "whatever the verdicts say")
    for line in lines:
        console.print(Padding(Words(line, style="yellow"), (0, 0, 0, 2)))


def _happened(comparison: Comparison, variant: str, console: Console) -> None:
    """What became of workloads that it did not become of before."""
    lines = comparison.happened(variant)
    if not lines:
        return
    _title(console, f"What happens differently under {variant}", count(len(lines), "workload"))
    for line in lines[:MOST_WORKLOADS]:
        console.print(Padding(Words(line), (0, 0, 0, 2)))
    if len(lines) > MOST_WORKLOADS:
        console.print(
            Padding(Words(f"and {count(len(lines) - MOST_WORKLOADS, 'more workload')}", style="dim"), (0, 0, 0, 2))
        )


def _title(console: Console, text: str, note: str = "") -> None:
    console.print()
    console.print(Words.assemble((text, "bold"), (f"  {note}" if note else "", "dim")))


def _metric(comparison: Comparison, metric: str, console: Console, first: bool) -> None:
    """The table of one metric: every team for the first one, and where nobody asked for the total; else those with
    something to say."""
    definition = metric_of(metric)
    _title(console, metric, definition.meaning)
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    wide = console.width >= _WIDE
    table.add_column("team", overflow="fold", min_width=5)
    table.add_column("variant", overflow="fold", min_width=7)
    for name in (comparison.base.name, "variant", "difference", "interval"):
        table.add_column(Words(name), justify="right", no_wrap=wide, overflow="fold")
    table.add_column("verdict", no_wrap=wide, overflow="fold")
    rows = [row for row in comparison.rows if row.path.of == metric]
    clear = ("better", "worse", "more", "less", "perhaps")
    every = first or comparison.plan.basis == "exact" or all(row.team != "total" for row in rows)
    shown_teams = [row.team for row in rows if every or row.team == "total" or row.verdict in clear]
    for team in dict.fromkeys(shown_teams):
        for number, row in enumerate(row for row in rows if row.team == team):
            table.add_row(Words(team if number == 0 else ""), *_cells(row))
    if shown_teams:
        console.print(Padding(table, (0, 0, 0, 2)))
    hidden = len({row.team for row in rows}) - len(set(shown_teams))
    if hidden:
        note = f"{'and ' if shown_teams else ''}{count(hidden, 'team')} without a clear difference"
        console.print(Padding(Words(note, style="dim"), (0, 0, 0, 2)))


def _cells(row: Row) -> tuple[str | Words, ...]:
    """What people named is no markup, so it is given as text."""
    variant, *values = cells(row)
    return (Words(variant), *values, Words(verdict(row), style=_STYLES.get(row.verdict, "")))


def _remarks(comparison: Comparison, console: Console) -> None:
    said = (lengths, flattered, dependence, about_verdicts, open_ends)
    about = [what(comparison) for what in said]
    lines = [line for line in (*comparison.notes, *about) if line]
    if lines:
        _title(console, "How to read this")
    for line in lines:
        console.print(Padding(Words(line), (0, 0, 0, 2)))
    for failure in comparison.failures:
        console.print(Padding(Words(f"failed: {failure}", style="red"), (0, 0, 0, 2)))
