"""What does one row of a job trace in CSV say?"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from fractions import Fraction
from itertools import islice
from pathlib import Path

from kueue_sim.inputs.tables.decimals import Mark, with_point
from kueue_sim.inputs.tables.opened import UnreadableTable
from kueue_sim.inputs.tables.table import Table
from kueue_sim.inputs.traces.dates import Order, is_dated
from kueue_sim.inputs.traces.rows import (
    HEAD_ROWS,
    LATEST_MS,
    LONGEST_NAME,
    BeyondReason,
    Job,
    WrongRow,
    exact_number,
    is_number,
    read_count,
    read_length,
    read_time,
    tres_gpus,
)
from kueue_sim.inputs.traces.states import NO_END, NO_START, is_no_time, may_be_put_back, unfinished
from kueue_sim.units import is_local, shortened

_MINUTES = re.compile(r"\d{1,9}:[0-5]\d(?:\.\d{1,9})?", re.ASCII)
"""``30:00``, which is half an hour in Slurm."""


class _Wrong(ValueError):
    """A cell that cannot be read; ``cell`` counts from 0."""

    def __init__(self, cell: int, message: str) -> None:
        super().__init__(message)
        self.cell = cell


@dataclass(frozen=True, slots=True)
class CsvRows:
    """Rows of a CSV file with one header line.

    ``columns`` maps submit, runtime (or start and end), name, team, gpus, pods, priority and the state to the index of
    their column, ``requests`` resources; ``where`` maps an index to the accepted texts. Rows whose name holds
    ``step_mark`` are parts of jobs, and left out. ``unit_ms`` is the unit of numbers in columns of times and ``units``
    that of single ones. A job that still runs has run so far, by its run time or until ``written_ms``, when the history
    was written on its own clock; None: not known, and it is a wrong row. ``zone`` is that of instants that say none,
    ``order`` that of day and month where dates do not tell, ``decimal`` the mark of numbers where some have commas.
    """

    path: Path
    separator: str
    columns: Mapping[str, int]
    requests: Mapping[str, int] = field(default_factory=dict)
    where: Mapping[int, frozenset[str]] = field(default_factory=dict)
    unit_ms: int | Fraction = 1000
    step_mark: str = ""
    units: Mapping[int, int | Fraction] = field(default_factory=dict)
    written_ms: int | None = None
    zone: tzinfo = UTC
    order: Order = ""
    decimal: Mark = ""

    def __iter__(self) -> Iterator[Job | WrongRow]:
        width = 1 + max([*self.columns.values(), *self.requests.values(), *self.where])
        table = Table(self.path, self.separator)
        rows = table.rows()
        most = len(next(rows, []))
        for cells in rows:
            if not any(cells):
                continue
            if len(cells) < width:
                has = "1 column" if len(cells) == 1 else f"{len(cells)} columns"
                yield WrongRow(table.line, 1, f"{has} where the header has at least {width}")
            elif len(cells) > most and any(cells[most:]):
                message = (
                    f"{len(cells)} columns where the header has {most}; a text with {self.separator!r} needs quotes"
                )
                yield WrongRow(table.line, table.column(most), message)
            elif self._is_wanted(cells):
                yield self._job(table, cells)

    def first_local(self) -> tuple[int, int, str] | None:
        """The line, the column and the text of the first time without a zone in the head of the file, None where
        there is none. Raises UnreadableTable."""
        for line, column, text in self.times(HEAD_ROWS):
            if (is_local(text) or is_dated(text)) and not is_number(text):
                return line, column, text
        return None

    def times(self, rows: int | None = None) -> Iterator[tuple[int, int, str]]:
        """The line, the column and the text of every time in so many rows, None: in all. Raises UnreadableTable."""
        table = Table(self.path, self.separator)
        times = sorted(self.columns[name] for name in ("submit", "start", "end") if name in self.columns)
        for cells in islice(table.rows(), 1, rows):
            for index in times:
                if index < len(cells):
                    yield table.line, table.column(index), cells[index].strip()

    def latest_ms(self) -> int | None:
        """The latest instant in the columns of times, on the trace's own clock; None where nothing can be read. Raises
        UnreadableTable."""
        latest: int | None = None
        for _, _, text in self.times():
            try:
                at = read_time(with_point(text, self.decimal), self.unit_ms, self.zone, self.order)
            except ValueError:
                continue
            latest = at if latest is None else max(latest, at)
        return latest

    def numbers(self, rows: int | None = None) -> Iterator[tuple[int, int, str]]:
        """The line, the column and the text of every cell that may be a number, in so many rows, None: in all. Raises
        UnreadableTable."""
        table = Table(self.path, self.separator)
        columns = {index for name, index in self.columns.items() if name not in ("name", "team", "state")}
        for cells in islice(table.rows(), 1, rows):
            for index in sorted(columns | set(self.requests.values())):
                if index < len(cells) and cells[index][-1:].isdigit():
                    yield table.line, table.column(index), cells[index].strip()

    def _text(self, cells: list[str], index: int) -> str:
        """What a cell of numbers or times says, with a decimal point."""
        text = cells[index].strip()
        if not self.decimal:
            return text
        try:
            return with_point(text, self.decimal)
        except ValueError as error:
            raise _Wrong(index, str(error)) from None

    def _is_wanted(self, cells: list[str]) -> bool:
        """Whether a row is a job of its own that ``where`` asks for."""
        if self.step_mark and self.step_mark in cells[self.columns["name"]]:
            return False
        return all(cells[index].strip() in accepted for index, accepted in self.where.items())

    def _job(self, table: Table, cells: list[str]) -> Job | WrongRow:
        columns = self.columns
        name, team, gpus = columns.get("name"), columns.get("team"), columns.get("gpus")
        try:
            ended, start_ms = self._has_ended(cells), self._start(cells)
            return Job(
                table.line,
                self._time(cells, columns["submit"]),
                self._runtime(cells, ended),
                "" if name is None else _filled(cells, name),
                "" if team is None else _filled(cells, team),
                0 if gpus is None else _gpus(self._text(cells, gpus), gpus),
                self._optional(cells, "pods"),
                self._optional(cells, "priority"),
                tuple((resource, self._text(cells, index)) for resource, index in self.requests.items()),
                start_ms,
                table.column(0),
                ended,
                "state" in columns and may_be_put_back(cells[columns["state"]]),
            )
        except BeyondReason as error:
            raise UnreadableTable(table.line, str(error)) from None
        except _Wrong as error:
            return WrongRow(table.line, table.column(error.cell), str(error))

    def _has_ended(self, cells: list[str]) -> bool:
        """Whether the job has ended, by its state, else by its end."""
        index, end = self.columns.get("state"), self.columns.get("end")
        if index is None:
            return end is None or "runtime" not in self.columns or not is_no_time(cells[end])
        told = unfinished(cells[index])
        if told == NO_START:
            raise _Wrong(index, f"{NO_START}: {cells[index].strip()}")
        return not told

    def _time(self, cells: list[str], index: int, length: bool = False) -> int:
        text, unit = self._text(cells, index), self.units.get(index, self.unit_ms)
        if is_no_time(text) and index in (self.columns.get("start"), self.columns.get("end")):
            why = NO_START if index == self.columns.get("start") else NO_END
            raise _Wrong(index, f"{why}: {text}" if text else f"{why}: the cell is empty")
        if not text:
            raise _Wrong(index, "an empty cell where a time is needed")
        try:
            if length and self.step_mark and _MINUTES.fullmatch(text):
                text = f"00:{text}"
            value = read_length(text, unit) if length else read_time(text, unit, self.zone, self.order)
        except BeyondReason:
            raise
        except ValueError as error:
            raise _Wrong(index, str(error)) from None
        if not 0 <= value <= LATEST_MS:
            below = "below 0" if value < 0 else "beyond all reason"
            finer = (
                "; `timeUnit: ms` (import: --time-unit ms) where numbers are milliseconds"
                if 0 < value // 1000 <= LATEST_MS
                else ""
            )
            raise _Wrong(index, f"{cells[index][:60]} is a time {below}{finer}")
        return value

    def _runtime(self, cells: list[str], ended: bool) -> int:
        """How long it ran, or has run so far."""
        runtime = self.columns.get("runtime")
        if runtime is not None:
            return self._time(cells, runtime, length=True)
        start, end = self.columns["start"], self.columns["end"]
        began = self._time(cells, start)
        if not ended and is_no_time(cells[end]):
            if self.written_ms is None or self.written_ms < began:
                raise _Wrong(self.columns["state"], f"{NO_END}: {cells[self.columns['state']].strip()}")
            return self.written_ms - began
        length = self._time(cells, end) - began
        if length < 0:
            raise _Wrong(end, f"the end {cells[end]} lies before the start {cells[start]}")
        return length

    def _start(self, cells: list[str]) -> int | None:
        """When it started, by its start or its wait, None where a cell is empty."""
        began = self.columns["submit"]
        for name in ("start", "wait"):
            index = self.columns.get(name)
            if index is not None and cells[index].strip():
                if name == "start":
                    return self._time(cells, index)
                return self._time(cells, index, length=True) + self._time(cells, began)
        return None

    def _optional(self, cells: list[str], name: str) -> int | None:
        index = self.columns.get(name)
        text = "" if index is None else self._text(cells, index)
        if index is None or not text:
            return None
        if name == "pods":
            return _count(text, index, "pods")
        number = exact_number(text)
        if number is None or number.denominator != 1 or abs(number) >= 2**31:
            raise _Wrong(index, f"{shortened(cells[index])} is not a whole number of 32 bits")
        return int(number)


def _filled(cells: list[str], index: int) -> str:
    text = cells[index].strip()
    if not text:
        raise _Wrong(index, "an empty cell where a name is needed")
    if not text.isprintable() or len(text) > LONGEST_NAME:
        raise _Wrong(
            index, f"{shortened(text)} is not a name: at most {LONGEST_NAME} characters, none of them a control"
        )
    return text


def _gpus(text: str, index: int) -> int:
    if "=" not in text and ":" not in text:
        return _count(text, index, "GPUs")
    return tres_gpus(text)


def _count(text: str, index: int, what: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 16:
        return int(text)
    try:
        return read_count(text, what)
    except BeyondReason:
        raise
    except ValueError as error:
        raise _Wrong(index, str(error)) from None
