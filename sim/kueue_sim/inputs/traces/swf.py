"""What does a log in the Standard Workload Format say? 18 numbers per job, −1 for unknown; ``;`` starts a comment."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from kueue_sim.errors import InputError, Mistake, Place
from kueue_sim.inputs.tables.opened import UnreadableTable, read_lines
from kueue_sim.inputs.traces.rows import LARGEST, LATEST_MS, BeyondReason, Job, WrongRow, exact_number

FIELDS = (
    "job",
    "submit",
    "wait",
    "runtime",
    "processors",
    "cpuTime",
    "memory",
    "requestedProcessors",
    "requestedTime",
    "requestedMemory",
    "status",
    "user",
    "group",
    "application",
    "queue",
    "partition",
    "precedingJob",
    "thinkTime",
)
"""Names of the 18 fields in order."""
_PLAIN = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
UNKNOWN = "-1"
SUBMIT, WAIT, RUNTIME, PROCESSORS, REQUESTED = 1, 2, 3, 4, 7
_PROCESSORS = re.compile(r";\s*MaxProcs:\s*([1-9]\d{0,8})\s*")
_QUEUE_NAME = re.compile(r";\s*Queue:\s*(\d+)\s+(\S+)")


def is_swf(path: Path) -> bool:
    """Whether a file is such a log: by its name, or by its first line that is no comment."""
    if ".swf" in path.suffixes:
        return True
    try:
        first = next((content for _, content in read_lines(path) if content.strip() and content[0] != ";"), "")
    except (OSError, UnreadableTable):
        return False
    cells = first.split()
    return len(cells) == len(FIELDS) and all(_PLAIN.fullmatch(cell) for cell in cells)


def processors(path: Path) -> int | None:
    """How many the header says that the machine has, None where it does not; raises InputError."""
    try:
        for _, content in read_lines(path):
            found = _PROCESSORS.fullmatch(content)
            if found or not content.startswith(";"):
                return int(found.group(1)) if found else None
    except UnreadableTable as error:
        raise InputError([Mistake(Place(str(path), error.line, error.column), str(error))]) from None
    return None


@dataclass(frozen=True, slots=True)
class SwfRows:
    """Jobs of an SWF log: processors are GPUs, times seconds, the team the field with index ``team``.

    Processors are the allocated ones, or the requested ones where those are unknown. Header lines
    ``; Queue: 3 name`` give the queues their names.
    """

    path: Path
    team: int
    where: tuple[tuple[int, frozenset[str]], ...] = ()

    def __iter__(self) -> Iterator[Job | WrongRow]:
        names: dict[str, str] = {}
        by_queue = FIELDS[self.team] == "queue"
        for line, content in read_lines(self.path):
            if content.startswith(";"):
                found = _QUEUE_NAME.match(content) if by_queue else None
                if found:
                    names[found.group(1)] = found.group(2)
                continue
            cells = content.split()
            if not cells:
                continue
            if len(cells) != len(FIELDS):
                yield WrongRow(line, 1, f"{len(cells)} fields where SWF has {len(FIELDS)}")
            elif all(cells[index] in accepted for index, accepted in self.where):
                yield self._job(line, content, cells, names)

    def _job(self, line: int, content: str, cells: list[str], names: dict[str, str]) -> Job | WrongRow:
        size = PROCESSORS if cells[PROCESSORS] != UNKNOWN else REQUESTED
        indices = (SUBMIT, RUNTIME, size, WAIT)
        try:
            submit, runtime, processors, wait = (_number(cells[index]) for index in indices)
        except BeyondReason as error:
            raise UnreadableTable(line, str(error)) from None
        if wait is None or wait < 0:
            wait = -1
        for index, value in zip(indices, (submit, runtime, processors, max(0, wait)), strict=True):
            if value is None or not _fits(value, index):
                problem = f"{FIELDS[index]} is {cells[index][:30]}" + (", unknown" if cells[index] == UNKNOWN else "")
                return WrongRow(line, _column(content, index), problem)
        assert submit is not None and runtime is not None and processors is not None
        team = cells[self.team]
        team = "" if team == UNKNOWN else names.get(team, team)
        submit_ms = round(submit * 1000)
        start_ms = None if wait < 0 else submit_ms + round(wait * 1000)
        return Job(line, submit_ms, round(runtime * 1000), cells[0], team, int(processors), start_ms=start_ms)


def _number(text: str) -> int | Fraction | None:
    """SWF allows decimals although nearly all values are whole."""
    if text.isascii() and text.isdigit() and len(text) < 16:
        return int(text)
    return exact_number(text)


def _fits(value: int | Fraction, index: int) -> bool:
    """Whether the number can be what its field says: a size from 1, a time that is not beyond all reason."""
    if index in (SUBMIT, RUNTIME, WAIT):
        return 0 <= value <= LATEST_MS // 1000
    return 1 <= value <= LARGEST and value == int(value)


def _column(content: str, index: int) -> int:
    return [match.start() for match in re.finditer(r"\S+", content)][index] + 1
