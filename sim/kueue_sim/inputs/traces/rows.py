"""What does one row of a job trace say? The neutral form that all trace formats are read into, row by row."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Protocol

from kueue_sim.inputs.tables.opened import UnreadableTable
from kueue_sim.inputs.tables.table import Table
from kueue_sim.inputs.traces.dates import Order, is_dated, read_date
from kueue_sim.inputs.traces.decimals import Mark, with_point
from kueue_sim.units import MAX_DIGITS, MAX_DURATION_MS, is_local, parse_duration, parse_instant, shortened

LATEST_MS = MAX_DURATION_MS
LARGEST = 2**53
"""Counts beyond are taken for mistakes."""
MAX_EXPONENT = 500
LONGEST_NAME = 253
"""Characters of a name, as in Kubernetes."""
HEAD_ROWS = 1000
"""So many rows are looked at for times without a zone."""
EPOCH_MS = 100_000_000_000
"""Numbers from 1973 on are counted from 1970: no trace that begins at 0 lasts three years until its first job."""
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d+))?", re.ASCII)
_WITH_COMMAS = re.compile(r"[+-]?\d[\d.' ]*,\d+|[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?", re.ASCII)
_CLOCK = re.compile(r"(?:(\d{1,9})(?:-| days? | days?, ))?(\d{1,9}):([0-5]\d):([0-5]\d(?:\.\d{1,9})?)", re.ASCII)
"""``1-02:03:04`` of Slurm, ``1 days 02:03:04`` of pandas, ``02:03:04``."""
_ISO = re.compile(
    r"P(?=.)(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?=.)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?"
)
"""``P1DT2H30M`` of ISO 8601; months and years have no length."""
_ISO_MS = (604_800_000, 86_400_000, 3_600_000, 60_000, 1000)
_GPU_TRES = re.compile(r"(?:^|,)(?:gres[/:])?gpu(:[^=:,()]+)?[=:](\d{1,15})(?=,|\(|$)", re.ASCII)
"""GPUs, of any type or one, among the trackable resources of Slurm: ``gres/gpu:a100=4``, or ``gpu:a100:4`` of old."""


_STARTED = ("RUNNING", "SUSPENDED", "STOPPED", "COMPLETING", "CONFIGURING", "RESIZING", "SIGNALING", "STAGE_OUT")
_WAITING = ("PENDING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "RESV_DEL_HOLD", "SPECIAL_EXIT")
NO_END, NO_START = "it has no end", "it never started"
UNFINISHED = {**dict.fromkeys(_STARTED, NO_END), **dict.fromkeys(_WAITING, NO_START)}
"""Slurm's states of jobs that have not ended, and what that means for a history."""
_NO_TIME = ("unknown", "none", "n/a", "nan", "nat", "null")
"""What programs write where there is no time, in small letters."""


class Job(NamedTuple):
    """One job. ``submit_ms`` is on the trace's own clock; ``team`` "" and ``pods``, ``priority`` None: not said.
    ``line`` and ``column`` are where its row begins.

    ``requests`` holds per resource the text of its request of each pod. ``start_ms`` is when it really started, on the
    same clock, which decides nothing.
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
    start_ms: int | None = None
    column: int = 1


class WrongRow(NamedTuple):
    """A row that cannot be a job: where in the file, and why."""

    line: int
    column: int
    message: str


class Rows(Protocol):
    """The rows of a trace file that are wanted, read anew by every iteration, in the order of the file.

    Iterating raises UnreadableTable from the line on which the file cannot be read.
    """

    def __iter__(self) -> Iterator[Job | WrongRow]: ...


class BeyondReason(ValueError):
    """A number that no job has: the file is not what it was taken for."""


class _Wrong(ValueError):
    """A cell that cannot be read; ``cell`` counts from 0."""

    def __init__(self, cell: int, message: str) -> None:
        super().__init__(message)
        self.cell = cell


def is_number(text: str) -> bool:
    """Whether a time is a number on the trace's clock, not an instant of the calendar."""
    return _NUMBER.fullmatch(text) is not None


def exact_number(text: str) -> Fraction | None:
    """The number that decimal digits with or without an exponent stand for; None when they stand for none.

    Raises BeyondReason before anybody computes with an exponent beyond ±500 or with more than a hundred digits.
    """
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    if len(text) > MAX_DIGITS or abs(int(found.group(1) or 0)) > MAX_EXPONENT:
        raise BeyondReason(f"{shortened(text)} is a number beyond all reason; is this the right column?")
    return Fraction(text)


def read_time(text: str, unit_ms: int, zone: tzinfo = UTC, order: Order = "") -> int:
    """Milliseconds of a number in units of ``unit_ms``, or since the epoch of an instant, which lies in ``zone`` where
    it says none; ``order`` is that of day and month in dates such as 01/02/2026. Raises ValueError."""
    if text.isascii() and text.isdigit() and len(text) <= 18:
        return int(text) * unit_ms
    number = exact_number(text)
    if number is not None:
        return round(number * unit_ms)
    try:
        return parse_instant(without_utc(text), UTC if text.endswith(" UTC") else zone)
    except (ValueError, OverflowError):
        found = read_date(text, order, zone)
    if found is None:
        message = f"{shortened(text)} is neither a number nor an instant such as 2026-01-01T00:00:00Z"
        raise ValueError(message + of_commas(text))
    return found


def without_utc(text: str) -> str:
    """An instant without the name of its zone, as pandas and SQL write it behind a blank."""
    return text.removesuffix(" UTC")


def of_commas(text: str) -> str:
    """What to do about a number with a comma, which may be a decimal mark or part thousands; "" for other texts."""
    if _WITH_COMMAS.fullmatch(text) is None:
        return ""
    return "; write numbers with a decimal point and nothing between thousands, such as 1234.5"


def read_length(text: str, unit_ms: int) -> int:
    """Milliseconds of a number in units of ``unit_ms``, of a clock's reading such as ``1-02:03:04``, or of a duration
    such as ``1h30m`` or ``PT1H30M``.

    Raises ValueError, also for an instant.
    """
    number = exact_number(text)
    if number is not None:
        return round(number * unit_ms)
    clock = _CLOCK.fullmatch(text)
    if clock is not None:
        days, hours, minutes, seconds = clock.groups()
        whole = (int(days or 0) * 24 + int(hours)) * 60 + int(minutes)
        return round((whole * 60 + Fraction(seconds)) * 1000)
    iso = _ISO.fullmatch(text)
    if iso is not None:
        return round(sum(Fraction(part or 0) * unit for part, unit in zip(iso.groups(), _ISO_MS, strict=True)))
    try:
        return parse_duration(text)
    except ValueError:
        message = f"{shortened(text)} is neither a number nor a length of time such as 1-02:03:04, 26:03:04 or 1h30m"
        raise ValueError(message + of_commas(text)) from None


def tres_gpus(text: str) -> int:
    """The GPUs among Slurm's trackable resources, ``cpu=8,gres/gpu=4``; where only types are told, their sum."""
    found = _GPU_TRES.findall(text)
    total = [int(count) for kind, count in found if not kind]
    return total[0] if total else sum(int(count) for _, count in found)


def read_count(text: str, what: str) -> int:
    """A whole number from 0 to 2⁵³; ``4.0`` counts as 4. Raises ValueError."""
    number = exact_number(text)
    if number is None:
        raise ValueError(f"{shortened(text)} is not a number of {what}{of_commas(text)}")
    if number.denominator != 1 or number < 0:
        raise ValueError(f"{text} is not a whole number of {what}, at least 0")
    if number > LARGEST:
        raise ValueError(f"{text} {what} are more than anybody has")
    return int(number)


@dataclass(frozen=True, slots=True)
class CsvRows:
    """Rows of a CSV file with one header line.

    ``columns`` maps submit, runtime (or start and end), name, team, gpus, pods, priority and Slurm's state to the index
    of their column, ``requests`` resources; ``where`` maps an index to the accepted texts. Rows whose name holds
    ``step_mark`` are parts of jobs, and left out; jobs that have not ended are wrong rows. ``zone`` is that of instants
    that say none, ``order`` that of day and month where dates do not tell, ``decimal`` the mark of numbers where some
    have commas.
    """

    path: Path
    separator: str
    columns: Mapping[str, int]
    requests: Mapping[str, int] = field(default_factory=dict)
    where: Mapping[int, frozenset[str]] = field(default_factory=dict)
    unit_ms: int = 1000
    step_mark: str = ""
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
                yield WrongRow(table.line, 1, f"{len(cells)} columns where the header has at least {width}")
            elif len(cells) > most and any(cells[most:]):
                message = (
                    f"{len(cells)} columns where the header has {most}; a text with {self.separator!r} needs quotes"
                )
                yield WrongRow(table.line, table.column(most), message)
            elif all(cells[index] in accepted for index, accepted in self.where.items()) and not self._is_step(cells):
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

    def _is_step(self, cells: list[str]) -> bool:
        return bool(self.step_mark) and self.step_mark in cells[self.columns["name"]]

    def _job(self, table: Table, cells: list[str]) -> Job | WrongRow:
        columns = self.columns
        name, team, gpus = columns.get("name"), columns.get("team"), columns.get("gpus")
        try:
            self._check_state(cells)
            return Job(
                table.line,
                self._time(cells, columns["submit"]),
                self._runtime(cells),
                "" if name is None else _filled(cells, name),
                "" if team is None else _filled(cells, team),
                0 if gpus is None else _gpus(self._text(cells, gpus), gpus),
                self._optional(cells, "pods"),
                self._optional(cells, "priority"),
                tuple((resource, self._text(cells, index)) for resource, index in self.requests.items()),
                self._start(cells),
                table.column(0),
            )
        except BeyondReason as error:
            raise UnreadableTable(table.line, str(error)) from None
        except _Wrong as error:
            return WrongRow(table.line, table.column(error.cell), str(error))

    def _check_state(self, cells: list[str]) -> None:
        """Refuses a job that has not ended: its time so far, which Slurm tells, is not its run time."""
        index = self.columns.get("state")
        text = "" if index is None else cells[index].strip()
        if index is not None and text.partition(" ")[0] in UNFINISHED:
            raise _Wrong(index, f"{UNFINISHED[text.partition(' ')[0]]}: {text}")

    def _time(self, cells: list[str], index: int, length: bool = False) -> int:
        text = self._text(cells, index)
        if not text:
            raise _Wrong(index, "an empty cell where a time is needed")
        if text.lower() in _NO_TIME and index in (self.columns.get("start"), self.columns.get("end")):
            raise _Wrong(index, f"{NO_START if index == self.columns.get('start') else NO_END}: {text}")
        try:
            value = read_length(text, self.unit_ms) if length else read_time(text, self.unit_ms, self.zone, self.order)
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

    def _runtime(self, cells: list[str]) -> int:
        runtime = self.columns.get("runtime")
        if runtime is not None:
            return self._time(cells, runtime, length=True)
        start, end = self.columns["start"], self.columns["end"]
        began = self._time(cells, start)
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
