"""What does one row of a job trace say? The neutral form that all trace formats are read into, row by row."""

import re
from collections.abc import Iterator
from datetime import UTC, tzinfo
from fractions import Fraction
from typing import NamedTuple, Protocol

from kueue_sim.inputs.tables.clocks import clock_ms
from kueue_sim.inputs.traces.dates import Order, read_date
from kueue_sim.units import MAX_DIGITS, MAX_DURATION_MS, parse_duration, parse_instant, shortened

LATEST_MS = MAX_DURATION_MS
LARGEST = 2**53
"""Counts beyond are taken for mistakes."""
MAX_EXPONENT = 500
LONGEST_NAME = 253
"""Characters of a name, as in Kubernetes."""
_TICK_MS = 1000
"""So much earlier a time may be that was cut to seconds."""
HEAD_ROWS = 1000
"""So many rows are looked at for times without a zone."""
EPOCH_MS = 100_000_000_000
"""Numbers from 1973 on are counted from 1970: no trace that begins at 0 lasts three years until its first job."""
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d+))?", re.ASCII)
_WITH_COMMAS = re.compile(r"[+-]?\d[\d.' ]*,\d+|[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?", re.ASCII)
_GPU_TRES = re.compile(r"(?:^|,)(?:gres[/:])?gpu(:[^=:,()]+)?[=:](\d{1,15})(?=,|\(|$)", re.ASCII)
"""GPUs, of any type or one, among the trackable resources of Slurm: ``gres/gpu:a100=4``, or ``gpu:a100:4`` of old."""

_GPU_RESOURCE = re.compile(r"(?:nvidia|amd)\.com/gpu\"?\s*[=:]\s*\"?(\d{1,15})(?![\w.])", re.ASCII)
"""GPUs among resources of Kubernetes: ``nvidia.com/gpu=4``, ``{"nvidia.com/gpu": "4"}``, ``map[nvidia.com/gpu:4]``."""
_REQUESTS_OR_LIMITS = re.compile(r"\b(requests|limits)\b")


class Job(NamedTuple):
    """One job. ``submit_ms`` is on the trace's own clock; ``team`` "" and ``pods``, ``priority`` None: not said.
    ``line`` and ``column`` are where its row begins.

    ``requests`` holds per resource the text of its request of each pod. ``start_ms`` is when it really started, on the
    same clock, which decides nothing. A job that has not ``ended`` ran on when the history was written: its run time is
    that so far. One that was ``put_back`` may have run again, which a later row of its name tells.
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
    ended: bool = True
    put_back: bool = False

    @property
    def started_ms(self) -> int | None:
        """When it really started, None where nothing says so, or it would be a second or more before its submission;
        what is less earlier was cut to seconds."""
        if self.start_ms is None or self.start_ms + _TICK_MS <= self.submit_ms:
            return None
        return max(self.start_ms, self.submit_ms)


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


def read_time(text: str, unit_ms: int | Fraction, zone: tzinfo = UTC, order: Order = "") -> int:
    """Milliseconds of a number in units of ``unit_ms``, or since the epoch of an instant, which lies in ``zone`` where
    it says none; ``order`` is that of day and month in dates such as 01/02/2026. Raises ValueError."""
    if text.isascii() and text.isdigit() and len(text) <= 19:
        return round(int(text) * unit_ms)
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


def read_length(text: str, unit_ms: int | Fraction) -> int:
    """Milliseconds of a number in units of ``unit_ms``, of a clock's reading such as ``1-02:03:04``, or of a duration
    such as ``1h30m`` or ``PT1H30M``.

    Raises ValueError, also for an instant.
    """
    number = exact_number(text)
    if number is not None:
        return round(number * unit_ms)
    length = clock_ms(text)
    if length is not None:
        return length
    try:
        return parse_duration(text)
    except ValueError:
        message = f"{shortened(text)} is neither a number nor a length of time such as 1-02:03:04, 26:03:04 or 1h30m"
        raise ValueError(message + of_commas(text)) from None


def tres_gpus(text: str) -> int:
    """The GPUs among Slurm's trackable resources, ``cpu=8,gres/gpu=4``, or among the resources of Kubernetes; where
    only types are told, their sum."""
    found = _GPU_TRES.findall(text)
    total = [int(count) for kind, count in found if not kind]
    return total[0] if total else sum(int(count) for _, count in found) + _of_kubernetes(text)


def _of_kubernetes(text: str) -> int:
    """The GPUs among resources of Kubernetes; requests and limits are the same GPUs, told twice."""
    first, *named = _REQUESTS_OR_LIMITS.split(text)
    counts = {"": 0, "requests": 0, "limits": 0}
    for what, part in zip(["", *named[::2]], [first, *named[1::2]], strict=True):
        counts[what] += sum(map(int, _GPU_RESOURCE.findall(part)))
    return counts[""] + max(counts["requests"], counts["limits"])


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
