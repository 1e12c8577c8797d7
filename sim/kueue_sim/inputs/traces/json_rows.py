"""What does a history of jobs in JSON say? Philly's ``cluster_job_log``, and what ``sacct --json`` prints."""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from itertools import islice
from pathlib import Path
from typing import Any

from kueue_sim.inputs.tables.json_items import CHUNK, Item, read_items
from kueue_sim.inputs.tables.opened import UnreadableTable, open_text
from kueue_sim.inputs.traces.rows import (
    HEAD_ROWS,
    LARGEST,
    LATEST_MS,
    LONGEST_NAME,
    Job,
    WrongRow,
    tres_gpus,
)
from kueue_sim.inputs.traces.states import NO_END, NO_START, may_be_put_back, unfinished
from kueue_sim.units import is_local, parse_instant, shortened

SLURM_JOBS = "jobs"
"""The key of the list in what sacct prints."""
PHILLY_FIELDS = ("vc", "user", "status")
SLURM_FIELDS = ("account", "user", "partition", "qos", "cluster", "state")
FIELDS = tuple(dict.fromkeys((*PHILLY_FIELDS, *SLURM_FIELDS)))
"""What may be the team, or decide which jobs are wanted; the first of a log is its team unless another is named."""
_OF_ATTEMPTS = ("start_time", "end_time")
_KEYS = ('"jobid"', '"job_id"')
"""One of these stands at the beginning of a log."""
_KINDS = "a job of Philly's log (jobid, attempts) nor of sacct --json (job_id, time)"


class _Unusable(ValueError):
    """A job that cannot be played, and why."""


def is_json_history(path: Path) -> bool:
    """Whether a file is a history of jobs in JSON, by the first job in it."""
    try:
        with open_text(path) as text:
            head = text.read(CHUNK).lstrip()
        if not head.startswith(("[", "{")) or not any(key in head for key in _KEYS):
            return False
        first = next(read_items(path, SLURM_JOBS), None)
    except (OSError, EOFError, zlib.error, UnreadableTable):
        return False
    return first is not None and (is_philly(first.value) or is_slurm(first.value))


def is_philly(value: object) -> bool:
    """Whether a value is a job of Philly's log."""
    return isinstance(value, Mapping) and {"jobid", "attempts"} <= value.keys()


def is_slurm(value: object) -> bool:
    """Whether a value is a job as sacct prints it."""
    return isinstance(value, Mapping) and "job_id" in value and isinstance(value.get("time"), Mapping)


@dataclass(frozen=True, slots=True)
class JsonRows:
    """Jobs of a log in JSON. ``team`` names the field that is the team, "" for the log's own; ``where`` maps fields to
    the accepted texts. ``zone`` is that of times that say none, as Philly's.

    A job's run time is that of all its attempts, without what lies between them; of Slurm it is what lies between its
    start and its end.
    """

    path: Path
    team: str = ""
    where: tuple[tuple[str, frozenset[str]], ...] = ()
    zone: tzinfo = UTC

    def __iter__(self) -> Iterator[Job | WrongRow]:
        for item in read_items(self.path, SLURM_JOBS):
            if not (is_philly(item.value) or is_slurm(item.value)):
                yield WrongRow(item.line, item.column, f"neither {_KINDS}")
            elif all(_field(item.value, name) in accepted for name, accepted in self.where):
                yield self._row(item)

    def first_local(self) -> tuple[int, int, str] | None:
        """The line, the column and the text of the first time without a zone, None where there is none."""
        return next((one for one in self.times(HEAD_ROWS) if is_local(one[2])), None)

    def times(self, rows: int | None = None) -> Iterator[tuple[int, int, str]]:
        """The line, the column and the text of every time of so many jobs of Philly, None: of all; Slurm's are
        numbers."""
        for line, column, value in islice(read_items(self.path, SLURM_JOBS), rows):
            if not is_philly(value):
                continue
            attempts = [one for one in _list(value, "attempts") if isinstance(one, Mapping)]
            for text in (value.get("submitted_time"), *(one.get(name) for one in attempts for name in _OF_ATTEMPTS)):
                if isinstance(text, str):
                    yield line, column, text

    def _row(self, item: Item) -> Job | WrongRow:
        value = item.value
        try:
            name, gpus, submit, start, runtime, ended = (
                self._of_philly(value) if is_philly(value) else self._of_slurm(value)
            )
            team = _field(value, self.team or ("vc" if is_philly(value) else "account"))
            if not 0 <= submit <= LATEST_MS or runtime > LATEST_MS or gpus > LARGEST:
                raise _Unusable("a number beyond all reason")
            return Job(
                item.line, submit, runtime, _filled(name, "its id"), _filled(team, "its team"), gpus,
                start_ms=start, column=item.column, ended=ended,
                put_back=not is_philly(value) and may_be_put_back(_field(value, "state")),
            )  # fmt: skip
        except _Unusable as error:
            return WrongRow(item.line, item.column, str(error))

    def _of_philly(self, job: Mapping[str, Any]) -> tuple[str, int, int, int, int, bool]:
        """Name, GPUs, submission, start, run time, and whether it has ended."""
        attempts = job["attempts"]
        if not isinstance(attempts, list) or not all(isinstance(one, Mapping) for one in attempts):
            raise _Unusable(f"attempts: {shortened(attempts)} is not a list of attempts")
        if not attempts:
            raise _Unusable("it never started: attempts is empty")
        starts, runtime = [], 0
        for number, one in enumerate(attempts):
            if not _is_told(one.get("end_time")):
                raise _Unusable("an attempt has no end_time: it still ran, or its end was not logged")
            start, end = (self._instant(one, name, f"attempts[{number}].{name}") for name in _OF_ATTEMPTS)
            if end < start:
                raise _Unusable(
                    f"attempts[{number}]: the end {one['end_time']} lies before the start {one['start_time']}"
                )
            starts.append(start)
            runtime += end - start
        gpus = max(sum(_length(machine, "gpus") for machine in _list(one, "detail")) for one in attempts)
        submit = self._instant(job, "submitted_time", "submitted_time")
        return str(job["jobid"]), gpus, submit, min(starts), runtime, True

    def _instant(self, part: Mapping[str, Any], name: str, path: str) -> int:
        text = part.get(name)
        if not _is_told(text):
            raise _Unusable(f"{path} is missing")
        try:
            return parse_instant(str(text), self.zone)
        except (ValueError, OverflowError):
            raise _Unusable(f"{path}: {shortened(text)} is not an instant such as 2017-10-07 01:12:09") from None

    def _of_slurm(self, job: Mapping[str, Any]) -> tuple[str, int, int, int, int, bool]:
        """Name, GPUs, submission, start, run time, and whether it has ended."""
        times = job["time"]
        submit, start, end = (_seconds(times, name) for name in ("submission", "start", "end"))
        state = _field(job, "state")
        if not submit:
            raise _Unusable("time.submission is missing")
        if not start:
            raise _Unusable(f"{NO_START}: {state}")
        told = unfinished(state)
        if told == NO_START:
            raise _Unusable(f"{NO_START}: {state}")
        length = _seconds(times, "elapsed") if told or not end else end - start
        if length is None or (not end and not told):
            raise _Unusable(f"{NO_END}: {state}")
        if length < 0:
            raise _Unusable(f"the end {end} lies before the start {start}")
        return _slurm_name(job), _slurm_gpus(job), submit * 1000, start * 1000, length * 1000, not told


def _is_told(time: object) -> bool:
    """Whether a time of Philly's log is one."""
    return time not in (None, "", "None")


def _field(job: Mapping[str, Any], name: str) -> str:
    """A field as text, "" where it is absent; the account of a job's association where it says none itself."""
    value = job.get(name)
    if name == "state" and isinstance(value, Mapping):
        value = value.get("current")
    if isinstance(value, list):
        value = value[0] if value else None
    if value in (None, ""):
        association = job.get("association")
        value = association.get(name) if isinstance(association, Mapping) else None
    return "" if value is None else str(value)


def _filled(text: str, what: str) -> str:
    if not text:
        raise _Unusable(f"{what} is missing")
    if not text.isprintable() or len(text) > LONGEST_NAME:
        raise _Unusable(f"{shortened(text)} is not a name: at most {LONGEST_NAME} characters, none of them a control")
    return text


def _list(part: Mapping[str, Any], name: str) -> list[Any]:
    found = part.get(name)
    return found if isinstance(found, list) else []


def _length(part: object, name: str) -> int:
    return len(_list(part, name)) if isinstance(part, Mapping) else 0


def _number(value: object) -> int | None:
    """A number of Slurm: plain, or ``{"set": true, "infinite": false, "number": 5}`` of newer ones; None for none."""
    if isinstance(value, Mapping):
        value = value.get("number") if value.get("set", True) and not value.get("infinite") else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _seconds(times: Mapping[str, Any], name: str) -> int | None:
    """Seconds since 1970, None where Slurm has no time."""
    value = times.get(name)
    found = _number(value)
    if found is None and value is not None and not isinstance(value, Mapping):
        raise _Unusable(f"time.{name}: {shortened(value)} is not a number of seconds")
    return found


def _slurm_name(job: Mapping[str, Any]) -> str:
    """The name that sacct prints: with the task of an array, or the part of a heterogeneous job."""
    for group, whole, part, mark in (("array", "job_id", "task_id", "_"), ("het", "job_id", "job_offset", "+")):
        fields = job.get(group)
        if isinstance(fields, Mapping) and _number(fields.get(whole)):
            number = _number(fields.get(part))
            if number is not None:
                return f"{_number(fields.get(whole))}{mark}{number}"
    return str(job["job_id"])


def _slurm_gpus(job: Mapping[str, Any]) -> int:
    """The GPUs it got, or those it asked for where nothing was allocated."""
    tres = job.get("tres")
    resources = tres if isinstance(tres, Mapping) else {}
    for which in ("allocated", "requested"):
        listed = [one for one in _list(resources, which) if isinstance(one, Mapping)]
        if listed:
            return tres_gpus(",".join(f"{_resource(one)}={_number(one.get('count')) or 0}" for one in listed))
    return 0


def _resource(one: Mapping[str, Any]) -> str:
    """``gres/gpu:a100`` of its type and its name; others have a type alone."""
    name = one.get("name")
    return f"{one.get('type')}/{name}" if name else str(one.get("type"))
