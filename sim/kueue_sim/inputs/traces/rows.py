"""What does one row of a job trace say? The neutral form that all trace formats are read into, row by row."""

import csv
import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple, Protocol, TextIO

from kueue_sim.units import parse_instant

SEPARATORS = ",;\t|"
GZIP = b"\x1f\x8b"
"""The first bytes of whatever gzip packed."""
LATEST_MS = 10**15
"""Times beyond, some 30,000 years, are taken for mistakes."""


class Job(NamedTuple):
    """One job. ``submit_ms`` is on the trace's own clock; ``team`` "" and ``pods``, ``priority`` None: not said.

    ``requests`` holds per resource the text of its request of each pod.
    """

    line: int
    submit_ms: int
    runtime_ms: int
    name: str = ""
    team: str = ""
    gpus: int = 0
    pods: int | None = None
    priority: int | None = None
    requests: tuple[tuple[str, str], ...] = ()


class WrongRow(NamedTuple):
    """A row that cannot be a job: where in the file, and why."""

    line: int
    column: int
    message: str


class Rows(Protocol):
    """The rows of a trace file that are wanted, read anew by every iteration, in the order of the file."""

    def __iter__(self) -> Iterator[Job | WrongRow]: ...


class _Wrong(ValueError):
    """A cell that cannot be read; ``cell`` counts from 0."""

    def __init__(self, cell: int, message: str) -> None:
        super().__init__(message)
        self.cell = cell


def open_text(path: Path) -> TextIO:
    """The text of a file, unpacked when gzip packed it; bytes that are no UTF-8 become U+FFFD."""
    with path.open("rb") as raw:
        packed = raw.read(len(GZIP)) == GZIP
    if packed:
        return gzip.open(path, "rt", encoding="utf-8-sig", errors="replace", newline="")
    return path.open(encoding="utf-8-sig", errors="replace", newline="")


def is_number(text: str) -> bool:
    """Whether a time is a number on the trace's clock, not an instant of the calendar."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def read_time(text: str, unit_ms: int) -> int:
    """Milliseconds of a number in units of ``unit_ms``, or since the epoch of an instant. Raises ValueError."""
    try:
        return int(text) * unit_ms
    except ValueError:
        pass
    if is_number(text):
        try:
            return round(Fraction(text) * unit_ms)
        except ValueError:
            raise ValueError(f"{text!r} is not a time") from None
    try:
        return parse_instant(text)
    except ValueError:
        raise ValueError(f"{text!r} is neither a number nor an instant such as 2026-01-01T00:00:00Z") from None


def read_count(text: str, what: str) -> int:
    """A whole number that is not negative; ``4.0`` counts as 4. Raises ValueError."""
    try:
        number = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{text!r} is not a number of {what}") from None
    if number.denominator != 1 or number < 0:
        raise ValueError(f"{text} is not a whole number of {what}, at least 0")
    return int(number)


@dataclass(frozen=True, slots=True)
class CsvRows:
    """Rows of a CSV file with one header line.

    ``columns`` maps submit, runtime (or start and end), name, team, gpus, pods and priority to the index of their
    column, ``requests`` resources; ``where`` maps an index to the accepted texts.
    """

    path: Path
    separator: str
    columns: Mapping[str, int]
    requests: Mapping[str, int] = field(default_factory=dict)
    where: Mapping[int, frozenset[str]] = field(default_factory=dict)
    unit_ms: int = 1000

    def __iter__(self) -> Iterator[Job | WrongRow]:
        width = 1 + max([*self.columns.values(), *self.requests.values(), *self.where])
        with open_text(self.path) as text:
            reader = csv.reader(text, delimiter=self.separator)
            next(reader, None)
            for cells in reader:
                if not cells:
                    continue
                if len(cells) < width:
                    message = f"{len(cells)} columns where the header has at least {width}"
                    yield WrongRow(reader.line_num, 1, message)
                elif all(cells[index] in accepted for index, accepted in self.where.items()):
                    yield self._job(reader.line_num, cells)

    def _job(self, line: int, cells: list[str]) -> Job | WrongRow:
        columns = self.columns
        name, team, gpus = columns.get("name"), columns.get("team"), columns.get("gpus")
        try:
            return Job(
                line,
                self._time(cells, columns["submit"]),
                self._runtime(cells),
                "" if name is None else _filled(cells, name),
                "" if team is None else _filled(cells, team),
                0 if gpus is None else _count(cells, gpus, "GPUs"),
                self._optional(cells, "pods"),
                self._optional(cells, "priority"),
                tuple((resource, cells[index].strip()) for resource, index in self.requests.items()),
            )
        except _Wrong as error:
            return WrongRow(line, 1 + sum(len(cell) + 1 for cell in cells[: error.cell]), str(error))

    def _time(self, cells: list[str], index: int) -> int:
        try:
            value = read_time(cells[index].strip(), self.unit_ms)
        except ValueError as error:
            raise _Wrong(index, str(error)) from None
        if not 0 <= value <= LATEST_MS:
            below = "below 0" if value < 0 else "beyond all reason"
            raise _Wrong(index, f"{cells[index]} is a time {below}")
        return value

    def _runtime(self, cells: list[str]) -> int:
        runtime = self.columns.get("runtime")
        if runtime is not None:
            return self._time(cells, runtime)
        start, end = self.columns["start"], self.columns["end"]
        length = self._time(cells, end) - self._time(cells, start)
        if length < 0:
            raise _Wrong(end, f"the end {cells[end]} lies before the start {cells[start]}")
        return length

    def _optional(self, cells: list[str], name: str) -> int | None:
        index = self.columns.get(name)
        if index is None or not cells[index].strip():
            return None
        if name == "pods":
            return _count(cells, index, "pods")
        try:
            return int(cells[index])
        except ValueError:
            raise _Wrong(index, f"{cells[index]!r} is not a whole number") from None


def _filled(cells: list[str], index: int) -> str:
    text = cells[index].strip()
    if not text:
        raise _Wrong(index, "an empty cell where a name is needed")
    return text


def _count(cells: list[str], index: int, what: str) -> int:
    text = cells[index]
    if text.isdecimal():
        return int(text)
    try:
        return read_count(text.strip(), what)
    except ValueError as error:
        raise _Wrong(index, str(error)) from None


def csv_header(path: Path) -> tuple[list[str], str]:
    """The names of the columns of a CSV file, blanks trimmed, and the separator between them."""
    with open_text(path) as text:
        first = text.readline()
    separator = max(SEPARATORS, key=first.count)
    return [name.strip() for name in next(csv.reader([first], delimiter=separator), [])], separator
