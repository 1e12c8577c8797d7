"""Tables of commands that list something: as text that fits the terminal, as JSON or as CSV."""

import csv
import io
import json
import os
import shutil
import sys
from collections.abc import Sequence
from textwrap import wrap

FORMS = ("text", "json", "csv")
PIPED = 120
"""Characters per line where nobody says how many there are: in a pipe or file, without COLUMNS."""
_NARROWEST = 24
"""So wide the last column stays, however narrow the terminal is."""


def width() -> int:
    """Characters per line: those of the terminal, or what COLUMNS says, or 120."""
    if sys.stdout.isatty() or os.environ.get("COLUMNS"):
        return shutil.get_terminal_size((PIPED, 24)).columns
    return PIPED


def fitted(text: str) -> str:
    """The text with lines that fit the terminal or COLUMNS, what goes on indented; whole lines in a pipe."""
    if not (sys.stdout.isatty() or os.environ.get("COLUMNS")):
        return text
    lines = [part for line in text.split("\n") for part in (_broken(line) if len(line) > width() else [line])]
    return "\n".join(lines)


def _broken(line: str) -> list[str]:
    before = min(len(line) - len(line.lstrip()) + 4, width() // 2)
    return wrap(line, width(), subsequent_indent=" " * before, break_on_hyphens=False)


def printed(columns: Sequence[str], rows: Sequence[Sequence[object]], form: str) -> str:
    """The table in one of FORMS, ending with a newline; JSON is a list of objects, None an empty cell or null."""
    if form == "json":
        return json.dumps([dict(zip(columns, row, strict=True)) for row in rows], indent=2, ensure_ascii=False) + "\n"
    if form == "csv":
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([columns, *rows])
        return out.getvalue()
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    return "".join(f"{line}\n" for row in (list(columns), *cells) for line in _lines(row, _widths(columns, cells)))


def _widths(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """Every column as wide as its longest cell; the last one gets what is left of the line."""
    longest = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    before = sum(longest[:-1]) + 2 * (len(longest) - 1)
    return [*longest[:-1], max(_NARROWEST, min(longest[-1], width() - before))]


def _lines(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    parts = wrap(row[-1], widths[-1], break_on_hyphens=False) or [""]
    first = [cell.ljust(size) for cell, size in zip(row[:-1], widths, strict=False)]
    blank = [" " * size for size in widths[:-1]]
    return ["  ".join([*(blank if number else first), part]).rstrip() for number, part in enumerate(parts)]


__all__ = ["FORMS", "fitted", "printed", "width"]
