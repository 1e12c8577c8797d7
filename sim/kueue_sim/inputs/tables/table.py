"""What do the rows of a table say? CSV, records in JSON or Parquet, one at a time and within bounds."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path

from kueue_sim.errors import InputError, Mistake, Place
from kueue_sim.inputs.tables.fixed_width import FixedWidth, MisfitError, told_widths
from kueue_sim.inputs.tables.opened import LOST, NO_TEXT, UnreadableTable, read_lines
from kueue_sim.inputs.tables.records import Records, is_records

SEPARATORS = ",;\t|"
_SEPARATOR_LINE = re.compile(r"sep=(.)\s*")
"""The line with which spreadsheets are told the separator; no row."""
_REMARK = re.compile(rf"#[^{SEPARATORS}]*")
"""A remark above the header; a header that begins so has separators."""
_FRAME = re.compile(r"(?=.*[+|])(?=.*[-=]{3})[-=+|: ]+")
"""A line that frames the rows, ``+----+----+`` of MySQL, ``----+----`` of psql or ``|:---|---:|`` of Markdown; no row.
"""
_COUNT_OF_ROWS = re.compile(r"\(\d+ rows?\)|\d+ rows? in set.*", re.ASCII)
"""What psql and MySQL print below a table; no row."""


class Table:
    """The rows of a CSV file, its header first; empty lines, remarks (``# …``) and ``sep=;`` above the
    header are none, nor are lines that frame the rows for people. So are the rows of Parquet and of records in JSON,
    whose header is their columns or keys, and those below a header and a line of dashes, ``fixed``, which tells where
    the columns lie.

    While rows are read, ``line`` is the number of the last line that belongs to the row, ``text`` the line itself.
    """

    def __init__(self, path: Path, separator: str = "") -> None:
        """``separator``: "" for the one that the header has most of, or that a line ``sep=;`` names."""
        self.line = 0
        self.text = ""
        self.separator = separator
        self.fixed: FixedWidth | None = None
        self._path = path
        self._records: Records | None = None

    def rows(self) -> Iterator[list[str]]:
        """The cells of every row. Raises UnreadableTable."""
        if is_records(self._path):
            self._records = Records(self._path)
            for line, cells in self._records.rows():
                self.line = line
                yield cells
            return
        lines = self._lines()
        header = next(lines, "")
        head = [header] if header else []
        if not any(mark in header for mark in SEPARATORS):
            head += islice(lines, 1)
            self.fixed = told_widths(*head) if len(head) > 1 else None
        if self.fixed is not None:
            yield self.fixed.cells(header)
            yield from self._between_columns(self.fixed, lines)
            return
        self.separator = self.separator or max(SEPARATORS, key=header.count)
        try:
            yield from csv.reader(chain(head, lines), delimiter=self.separator, skipinitialspace=True)
        except csv.Error as error:
            raise UnreadableTable(self.line, f"not CSV: {error}; is a quote left open?") from None

    def column(self, cell: int) -> int:
        """Where the cell with this index, from 0, begins in the last line that was read, counted from 1."""
        if self._records is not None:
            return self._records.column(cell)
        if self.fixed is not None:
            return self.fixed.column(cell, self.text)
        quoted, before = False, 0
        for position, character in enumerate(self.text, 1):
            if before == cell:
                return position
            quoted ^= character == '"'
            before += character == self.separator and not quoted
        return 1

    def _between_columns(self, fixed: FixedWidth, lines: Iterator[str]) -> Iterator[list[str]]:
        """The cells of the lines below the dashes."""
        for line in lines:
            if fixed.is_heading(line):
                continue
            try:
                yield fixed.cells(line)
            except MisfitError as error:
                raise UnreadableTable(self.line, str(error), error.column) from None

    def _lines(self) -> Iterator[str]:
        """The lines from the header on."""
        begun = framed = False
        for number, text in read_lines(self._path):
            self.line, self.text = number, text
            if LOST in text:
                raise UnreadableTable(self.line, NO_TEXT)
            if text[:1] in "+|-" and _FRAME.fullmatch(text.rstrip()):
                framed = True
                continue
            if framed and _COUNT_OF_ROWS.fullmatch(text.rstrip()):
                continue
            if not begun:
                named = _SEPARATOR_LINE.fullmatch(text)
                if named:
                    self.separator = self.separator or named.group(1)
                    continue
                begun = bool(text.strip()) and not _REMARK.fullmatch(text)
            if begun:
                yield text


def read_cells(path: Path, separator: str = "") -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file, the header too, with the numbers of their last lines. Raises UnreadableTable."""
    table = Table(path, separator)
    for cells in table.rows():
        yield table.line, cells


def read_records(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The rows of a CSV file by the names of their columns; cells that a short row lacks are "".

    The first yield is the header itself, each name mapped to itself, so that callers can look for their columns.
    Raises UnreadableTable.
    """
    header: list[str] | None = None
    for line, cells in read_cells(path):
        if header is None:
            header = [name.strip() for name in cells]
            yield line, {name: name for name in header}
        elif cells:
            yield line, dict(zip(header, [*cells, *[""] * (len(header) - len(cells))], strict=False))


def read_columns(path: Path, names: Sequence[str]) -> Iterator[tuple[tuple[Place, str], ...]]:
    """The cells of each row under columns of these names, which the header has, without blanks around them and each
    with its place; "" where a row is too short. Raises UnreadableTable."""
    table = Table(path)
    rows = table.rows()
    header = [name.strip() for name in next(rows, [])]
    indices = [header.index(name) for name in names]
    for cells in rows:
        if cells:
            yield tuple(
                (Place(str(path), table.line, table.column(at)), cells[at].strip() if at < len(cells) else "")
                for at in indices
            )


def csv_header(path: Path) -> tuple[list[str], str]:
    """The names of the columns of a CSV file, blanks trimmed, and the separator between them. Raises InputError."""
    table = Table(path)
    try:
        return [name.strip() for name in next(table.rows(), [])], table.separator
    except UnreadableTable as error:
        raise InputError([Mistake(Place(str(path), error.line, error.column), str(error))]) from None
