"""What do the lines of a table say? CSV and plain lines, packed or not, one at a time and within bounds."""

import csv
import gzip
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TextIO

from kueue_sim.errors import InputError, Mistake, Place
from kueue_sim.inputs.text.textfile import GZIP, LineTooLong, lines_of

SEPARATORS = ",;\t|"


class UnreadableTable(Exception):
    """From this line on the file cannot be read. ``line`` counts from 1."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


def open_text(path: Path) -> TextIO:
    """The text of a file, unpacked when gzip packed it; bytes that are no UTF-8 become U+FFFD."""
    with path.open("rb") as raw:
        packed = raw.read(len(GZIP)) == GZIP
    if packed:
        return gzip.open(path, "rt", encoding="utf-8-sig", errors="replace", newline="")
    return path.open(encoding="utf-8-sig", errors="replace", newline="")


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file with their numbers from 1. Raises UnreadableTable."""
    number = 0
    try:
        with open_text(path) as text:
            for number, line in enumerate(lines_of(text), 1):
                yield number, line
    except LineTooLong as error:
        raise UnreadableTable(number + 1, str(error)) from None
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableTable(number + 1, f"the file cannot be read to its end: {error}") from None


def read_cells(path: Path, separator: str = ",") -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file, the header too, with the numbers of their last lines. Raises UnreadableTable."""
    reader = csv.reader((line for _, line in read_lines(path)), delimiter=separator)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise UnreadableTable(reader.line_num, f"not CSV: {error}; is a quote left open?") from None


def read_records(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The rows of a CSV file by the names of their columns; cells that a short row lacks are "".

    The first yield is the header itself, each name mapped to itself, so that callers can look for their columns.
    Raises UnreadableTable.
    """
    header: list[str] | None = None
    for line, cells in read_cells(path):
        if header is None:
            header = cells
            yield line, {name: name for name in header}
        elif cells:
            yield line, dict(zip(header, [*cells, *[""] * (len(header) - len(cells))], strict=False))


def csv_header(path: Path) -> tuple[list[str], str]:
    """The names of the columns of a CSV file, blanks trimmed, and the separator between them. Raises InputError."""
    try:
        first = next((line for _, line in read_lines(path)), "")
        separator = max(SEPARATORS, key=first.count)
        return [name.strip() for name in next(csv.reader([first], delimiter=separator), [])], separator
    except (UnreadableTable, csv.Error) as error:
        raise InputError([Mistake(Place(str(path), 1, 1), str(error))]) from None
