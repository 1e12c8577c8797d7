"""A comparison as HTML: a part for notebooks, and one page that needs nothing else and prints well."""

import io
from html import escape
from math import floor

from sim.results.bounds import shown
from sim.results.metrics import DISTRIBUTIONS, SCALARS
from sim.whatif.comparison import Comparison, Row
from sim.whatif.wording import interval, metrics_of, variant_words

_VERDICTS = {"unclear": "no clear difference", "same": "no difference"}
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1a1a1a;max-width:70rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:.5rem 0 1.5rem}th,td{padding:.2rem .7rem;text-align:right}
th{border-bottom:1px solid #999;font-weight:600}
td:nth-child(-n+2),th:nth-child(-n+2){text-align:left}
tr.first td{border-top:1px solid #ddd}.better{color:#00694c}.worse{color:#a33b00}.note{color:#555}
.advice{border-left:4px solid #0072b2;padding:.5rem 1rem;background:#f2f7fb}svg{max-width:100%;height:auto}
@media print{body{margin:0;max-width:none}table,svg{break-inside:avoid}}
"""


def comparison_html(comparison: Comparison) -> str:
    """The recommendation, the tables and the notes; all text from the user is escaped."""
    return "".join(
        [_head(comparison), *(_table(comparison, metric) for metric in metrics_of(comparison)), _foot(comparison)]
    )


def comparison_page(comparison: Comparison) -> str:
    """A whole document: as in notebooks, with a plot of the intervals of every metric."""
    body = [f"<h1>{escape(comparison.title)}</h1>", _head(comparison)]
    for metric in metrics_of(comparison):
        body += [f"<h2>{escape(metric)}</h2>", f'<p class="note">{escape(_meaning(metric))}</p>']
        body += [_plot(comparison, metric), _table(comparison, metric)]
    body.append(_foot(comparison))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(comparison.title)}</title><style>{_STYLE}</style></head>"
        f"<body>{''.join(body)}</body></html>\n"
    )


def _head(comparison: Comparison) -> str:
    pairs = f"{comparison.n} {comparison.replicates if comparison.n != 1 else 'run'}"
    level = floor(comparison.confidence * 100)
    return (
        f'<p class="advice"><b>Recommendation.</b> {escape(comparison.recommendation)}</p>'
        f'<p class="note">{escape(comparison.title)} · {pairs} · paired differences, {level} % intervals '
        "(Student t)</p>"
    )


def _meaning(metric: str) -> str:
    return (SCALARS.get(metric) or DISTRIBUTIONS[metric.partition(".")[0]]).meaning


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
    verdict = f'<td class="{row.verdict}">{escape(_VERDICTS.get(row.verdict, row.verdict))}</td>'
    opening = '<tr class="first">' if first else "<tr>"
    return opening + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + verdict + "</tr>"


def _foot(comparison: Comparison) -> str:
    parts = []
    for samples in comparison.variants:
        lines = "".join(f"<li>{escape(line)}</li>" for line in variant_words(comparison, samples.name))
        parts.append(f"<h3>{escape(samples.name)} in words</h3><ul>{lines}</ul>")
    remarks = [*comparison.notes, *(f"failed: {failure}" for failure in comparison.failures)]
    notes = "".join(f"<li>{escape(note)}</li>" for note in remarks)
    return "".join(parts) + (f"<h3>Notes</h3><ul>{notes}</ul>" if notes else "")


def _plot(comparison: Comparison, metric: str) -> str:
    """The intervals as an inline drawing."""
    from matplotlib import rc_context

    from sim.whatif.plots import intervals

    with rc_context({"svg.hashsalt": "kueue-sim"}):
        figure = intervals(comparison, metric).get_figure(root=True)
        assert figure is not None
        drawing = io.StringIO()
        figure.savefig(drawing, format="svg", metadata={"Date": None, "Creator": None})
    text = drawing.getvalue()
    return text[text.index("<svg") :]
