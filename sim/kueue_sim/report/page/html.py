"""One self-contained page: sections of prose, cards, tables and figures. It works without a network.

The pieces know nothing of runs: a comparison or a sweep makes its page from the same ones. All text is escaped.
"""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from html import escape
from importlib.resources import files
from zlib import crc32

from kueue_sim.model.team_names import with_teams
from kueue_sim.version import __version__

_LONG = 24
"""Longer texts take a column that is wide enough for a few of their words."""
_SHORT = 16
"""Characters of a text that stays on one line of a table, hyphens or not."""
_NARROW, _GAP, _TEXT, _LONG_TEXT, _LETTER = 364, 11, 66, 145, 8.5
"""Pixels: the room of a phone, a gap between columns, the least of a column of text and of longer text, a letter."""


class Marked(str):
    """A cell of a table with the class that gives it its look: *better*, *worse*, *perhaps*, *soft* and so on."""

    __slots__ = ("kind",)
    kind: str

    def __new__(cls, text: str, kind: str) -> "Marked":
        made = super().__new__(cls, text)
        made.kind = kind
        return made


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a page. ``figures`` is the number of figures in ``body``, which is HTML; ``labels`` are the rules
    that name the cells of its tables where rows are stacked."""

    heading: str
    body: str
    figures: int = 0
    labels: frozenset[str] = frozenset()

    @property
    def anchor(self) -> str:
        """Where links of the page find it."""
        return re.sub(r"[^a-z0-9]+", "-", self.heading.lower()).strip("-")


def page(title: str, sections: Iterable[Section], note: str = "") -> str:
    """The whole document. Links lead to its sections if there are several; the script of drawings is in it once, and
    only when a section has one."""
    parts = [section for section in sections if section.body]
    links = " ".join(f'<a href="#{part.anchor}">{shown(part.heading)}</a>' for part in parts)
    links = f"<nav>{links}</nav>\n" if len(parts) > 1 else ""
    drawn = any(part.figures for part in parts)
    script = f"<script>{pointing_code()}</script>" if drawn else ""
    body = "".join(
        f'<section id="{part.anchor}"><h2>{shown(part.heading)}</h2>{part.body}</section>\n' for part in parts
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        # An empty icon keeps browsers from asking a server for one.
        '<link rel="icon" href="data:,">'
        f"<title>{shown(title)}</title><style>{style()}{_all_labels(parts)}</style>{script}</head>\n"
        f'<body><header><h1>{shown(title)}</h1><p class="note">{shown(note)}</p></header>\n'
        f"{links}{body}"
        f"<footer>{shown(made_by())}</footer></body></html>\n"
    )


def made_by() -> str:
    """Name and version of the program, and the date that ``SOURCE_DATE_EPOCH`` gives; without it the same page has the
    same bytes whenever it is made."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    day = datetime.fromtimestamp(int(epoch), UTC).date().isoformat() if epoch.isdigit() else ""
    return " · ".join(part for part in (f"kueue-sim {__version__}", day) if part)


def inline(sections: Iterable[Section]) -> str:
    """The sections alone, for a notebook."""
    return "".join(f"<h3>{shown(part.heading)}</h3>{part.body}" for part in sections if part.body)


def code(heading: str, text: str) -> Section:
    """Text as it is, such as commands; empty without any."""
    return Section(heading, f"<pre>{escape(text)}</pre>" if text else "")


def told(heading: str, text: str) -> Section:
    """Lines as a terminal shows them; where one is longer than the page is wide, what goes on is indented."""
    lines = "".join(
        f'<span style="--in:{len(line) - len(line.lstrip())}ch">{escape(line) or " "}</span>'
        for line in text.rstrip("\n").split("\n")
    )
    return Section(heading, f'<pre class="told">{lines}</pre>')


def prose(heading: str, *paragraphs: str) -> Section:
    """Plain paragraphs."""
    return Section(heading, "".join(f"<p>{shown(text)}</p>" for text in paragraphs if text))


def cards(heading: str, figures: Iterable[tuple[str, str]]) -> Section:
    """Key figures to take in at a glance: (value, what it is)."""
    boxes = "".join(
        f'<div class="card"><b>{shown(value)}</b><span>{_whole(what)}</span></div>' for value, what in figures
    )
    return Section(heading, f'<div class="cards">{boxes}</div>')


def _whole(text: str) -> str:
    """A text whose words are broken at their hyphens only where one alone is too long for its line."""
    words = (f"<i>{shown(word)}</i>" if "-" in word else shown(word) for word in text.split(" "))
    return " ".join(words)


def warnings(heading: str, texts: Iterable[str]) -> Section:
    """A list that catches the eye; empty without any."""
    items = "".join(f"<li>{shown(text)}</li>" for text in texts)
    return Section(heading, f'<ul class="warnings">{items}</ul>' if items else "")


def table(
    heading: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    note: str = "",
    text_columns: int = 1,
    total: bool = False,
) -> Section:
    """A table of finished texts; the first ``text_columns`` align left, the others right. Empty without rows.

    ``total`` sets the last row off as the sum of the others. What is too wide for a phone has its rows stacked there,
    each figure behind the name of its column.
    """
    lines = list(rows)
    if not lines:
        return Section(heading, "")
    head = "".join(_cell("th", name, index < text_columns) for index, name in enumerate(columns))
    body = "".join(
        f"<tr{_total(total and line is lines[-1])}>"
        + "".join(_cell("td", cell, index < text_columns) for index, cell in enumerate(line))
        + "</tr>"
        for line in lines
    )
    labels = _labels(columns, text_columns) if _width(columns, lines, text_columns) > _NARROW else []
    name = f"c{crc32(repr(labels).encode()):08x}"
    look = f' class="stack {name}"' if labels else ""
    rules = "".join(f'.{name} td:nth-child({place})::before{{content:"{text}"}}' for place, text in labels)
    return Section(
        heading,
        f'{_note(note)}<div class="scroll"><table{look}><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>",
        labels=frozenset([rules] if rules else []),
    )


def _width(columns: Sequence[str], rows: Sequence[Sequence[str]], text_columns: int) -> float:
    """Pixels that a table needs at least: figures and short texts stay on one line, other texts are broken."""
    needed = 0.0
    for place, name in enumerate(columns):
        lengths = [len(row[place]) for row in rows]
        is_text = place < text_columns
        whole = max((length for length in lengths if length <= _SHORT), default=0) if is_text else max(lengths)
        least = (_LONG_TEXT if max(lengths) > _LONG else _TEXT) if is_text else 0
        needed += _GAP + max(least, _LETTER * max([whole, *map(len, name.split())]))
    return needed


def _labels(columns: Sequence[str], text_columns: int) -> list[tuple[int, str]]:
    """The names of columns by their places from 1, as style sheets write them; a text in front needs none."""
    first = 1 if text_columns else 0
    return [(place, f"{_in_style(name)} ") for place, name in enumerate(columns, start=1) if place > first]


def _in_style(text: str) -> str:
    """A text inside the quotes of a style sheet, which nothing in it can end."""
    return re.sub(r"[^A-Za-z0-9 ]", lambda found: f"\\{ord(found[0]):x} ", with_teams(text))


def _all_labels(parts: Iterable[Section]) -> str:
    """The rules for narrow screens, each once."""
    rules = sorted(frozenset[str]().union(*(part.labels for part in parts)))
    return f"@media (max-width: 640px) {{{''.join(rules)}}}" if rules else ""


def figure(heading: str, drawing: str, note: str = "") -> Section:
    """A drawing of ``plot``; empty when there is nothing to draw."""
    return Section(heading, f"{_note(note)}{drawing}" if drawing else "", figures=1 if drawing else 0)


def together(heading: str, *parts: Section) -> Section:
    """Several sections under one heading."""
    labels = frozenset[str]().union(*(part.labels for part in parts))
    return Section(heading, "".join(part.body for part in parts), sum(part.figures for part in parts), labels)


@cache
def pointing_code() -> str:
    """The script that shows what is under the pointer and zooms into time."""
    return files("kueue_sim.report.page").joinpath("plot.js").read_text(encoding="utf-8")


@cache
def style() -> str:
    """The looks of pages."""
    return files("kueue_sim.report.page").joinpath("page.css").read_text(encoding="utf-8")


def shown(text: str) -> str:
    """Text of others as a page shows it: markup in it is not obeyed, and teams go by their names."""
    return escape(with_teams(text))


def _cell(tag: str, content: str, text: bool) -> str:
    kinds = [
        *(["text"] if text else []),
        *(["short"] if text and len(content) <= _SHORT else []),
        *(["long"] if text and len(content) > _LONG else []),
        *([content.kind] if isinstance(content, Marked) else []),
    ]
    look = f' class="{" ".join(kinds)}"' if kinds else ""
    scope = ' scope="col"' if tag == "th" else ""
    return f"<{tag}{scope}{look}>{shown(content)}</{tag}>"


def _total(total: bool) -> str:
    return ' class="total"' if total else ""


def _note(note: str) -> str:
    return f'<p class="note">{shown(note)}</p>' if note else ""


__all__ = [
    "Marked",
    "Section",
    "cards",
    "code",
    "figure",
    "inline",
    "made_by",
    "page",
    "pointing_code",
    "prose",
    "shown",
    "style",
    "table",
    "together",
    "told",
    "warnings",
]
