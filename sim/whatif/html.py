"""How a comparison shows itself in a notebook: the recommendation, the tables, the notes."""

from html import escape
from math import floor

from sim.results.bounds import shown
from sim.whatif.comparison import Comparison, Row
from sim.whatif.text import WORDS
from sim.whatif.wording import interval, metrics_of, variant_words


def comparison_html(comparison: Comparison) -> str:
    """The recommendation, the tables and the notes; all text from the user is escaped."""
    return "".join(
        [_head(comparison), *(_table(comparison, metric) for metric in metrics_of(comparison)), _foot(comparison)]
    )


def _head(comparison: Comparison) -> str:
    pairs = f"{comparison.n} {comparison.replicates if comparison.n != 1 else 'run'}"
    level = floor(comparison.confidence * 100)
    return (
        f"<p><b>Recommendation.</b> {escape(comparison.recommendation)}</p>"
        f"<p>{escape(comparison.title)} · {pairs} · paired differences, {level} % intervals "
        "(Student t)</p>"
    )


def _table(comparison: Comparison, metric: str) -> str:
    names = ("team", "variant", comparison.base.name, "value", "difference", "interval", "verdict")
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    rows = [row for row in comparison.rows if row.path.of == metric]
    teams = list(dict.fromkeys(row.team for row in rows))
    body = "".join(
        _row(row, number == 0) for team in teams for number, row in enumerate(row for row in rows if row.team == team)
    )
    caption = f"<caption><b>{escape(metric)}</b></caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _row(row: Row, first: bool) -> str:
    found = row.found
    cells = (
        row.team if first else "",
        row.variant,
        shown(found.base, row.unit),
        shown(found.value, row.unit),
        shown(found.mean, row.unit, True),
        interval(row),
    )
    verdict = f"<td>{escape(WORDS.get(row.verdict, row.verdict))}</td>"
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + verdict + "</tr>"


def _foot(comparison: Comparison) -> str:
    parts = []
    for samples in comparison.variants:
        lines = "".join(f"<li>{escape(line)}</li>" for line in variant_words(comparison, samples.name))
        parts.append(f"<h3>{escape(samples.name)} in words</h3><ul>{lines}</ul>")
    remarks = [*comparison.notes, *(f"failed: {failure}" for failure in comparison.failures)]
    notes = "".join(f"<li>{escape(note)}</li>" for note in remarks)
    return "".join(parts) + (f"<h3>Notes</h3><ul>{notes}</ul>" if notes else "")
