"""Which column of a history of jobs says what? Told by their names."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kueue_sim.errors import InputError, Mistake, Place
from kueue_sim.inputs.tables.opened import UnreadableTable
from kueue_sim.inputs.tables.table import read_records
from kueue_sim.inputs.traces.presets import PRESETS
from kueue_sim.inputs.traces.rows import is_number

_UNIT = re.compile(r"\((?:s|secs?|seconds|utc)\)$")
"""What a column of times may say of its unit, where that is the one that is taken anyway."""
MOST_QUEUES = 1000
"""More numbers than that are no names of queues."""
NAMES: Mapping[str, tuple[str, ...]] = {
    "submit": (
        *("submit", "submit_time", "submitted", "submitted_time", "submission_time", "arrival", "arrival_time"),
        *("submitted_at", "created_at", "creation_time", "created"),
    ),
    "runtime": (
        *("runtime", "run_time", "duration", "job_run_time", "execution_time", "elapsed", "walltime", "elapsed_raw"),
        *("runtime_s", "duration_s", "runtime_seconds", "duration_seconds"),
    ),
    "gpus": (
        *("gpus", "num_gpus", "num_gpu", "gpu_num", "gpu", "n_gpus", "gpu_count", "ngpus", "alloctres", "reqtres"),
        *("alloc_gpus", "req_gpus", "allocgres", "reqgres", "nvidia_com_gpu"),
    ),
    "team": ("team", "vc", "group", "queue", "project", "account", "tenant", "department", "namespace", "user"),
    "name": ("name", "job_id", "jobid", "job", "id", "job_name"),
    "priority": ("priority",),
    "pods": ("pods", "num_pods"),
    "start": ("start", "start_time", "started", "started_time", "started_at", "scheduled_time"),
    "end": (
        *("end", "end_time", "ended", "finish_time", "finished_at", "ended_at", "completed_at", "completion_time"),
        "deletion_time",
    ),
    "wait": ("wait", "wait_time", "wait_s", "queue_time", "queue_s"),
}
"""Field of a trace entry -> column names that are taken for it, the likeliest first; capitals, blanks and what joins
words make no difference."""
NEEDED = ("submit", "runtime", "gpus")
"""Without these no trace is played; ``start`` and ``end`` together say the run time too."""


def tells_jobs(header: list[str]) -> bool:
    """Whether the columns are those of a history of jobs, whatever its file is called."""
    plain = _plain(header)
    return all(any(_letters(name) in plain for name in NAMES[target]) for target in ("submit", "gpus", "name"))


def known_preset(header: list[str]) -> str | None:
    """The known trace that has all these columns, None where none has."""
    return next((name for name, one in PRESETS.items() if one.columns and _of(one.columns) <= set(header)), None)


def is_accounting(header: list[str]) -> bool:
    """Whether the columns are those of Slurm's ``sacct``."""
    plain = _plain(header)
    return "jobid" in plain and ("alloctres" in plain or "reqtres" in plain)


def columns_of(path: Path, header: list[str]) -> dict[str, str]:
    """The column of each field of a trace entry. Raises InputError where one that is needed is missing, or a name that
    is taken stands twice in the header."""
    plain = _plain(header)
    there = {target: [plain[name] for name in map(_letters, names) if name in plain] for target, names in NAMES.items()}
    found = {target: names[0] for target, names in there.items() if names}
    if _letters(found.get("team", "")) == "queue" and _are_numbers(path, found["team"]):
        others = there["team"][1:]  # this one has the seconds in a queue
        found = {target: name for target, name in found.items() if target != "team"}
        found |= {"team": others[0]} if others else {}
    whole = {"start", "end"} <= found.keys()
    missing = [
        f"{target} ({', '.join(NAMES[target])})"
        for target in NEEDED
        if target not in found and not (whole and target == "runtime")
    ]
    if not header:
        raise InputError([Mistake(Place(str(path), 1, 1), "the file is empty; its first line has to name the columns")])
    if missing:
        message = f"no column for {'; '.join(missing)} among {', '.join(header)}; use --preset or write the trace entry"
        raise InputError([Mistake(Place(str(path), 1, 1), message)])
    twice = [name for name in found.values() if header.count(name) > 1]
    if twice:
        message = f"{header.count(twice[0])} columns of the file are named {twice[0]!r}; rename all but one"
        raise InputError([Mistake(Place(str(path), 1, 1), message)])
    if whole and is_accounting(header):
        found.pop("runtime", None)  # of what still runs it is the run time so far, while its end is Unknown
        found.pop("priority", None)  # Slurm's, which has its own measure and changes while a job waits
    return found


def values_of(path: Path, column: str) -> list[str]:
    """The distinct values of a column, sorted."""
    found: set[str] = set()
    rows = read_records(path)
    try:
        next(rows, None)
        found.update(row[column] for _, row in rows if row.get(column))
    except UnreadableTable as error:
        raise InputError([Mistake(Place(str(path), error.line, error.column), str(error))]) from None
    return sorted(found)


def _are_numbers(path: Path, column: str) -> bool:
    """Whether a column has numbers with decimals, or so many different ones that they cannot be names of queues."""
    values = values_of(path, column)
    numbers = [value for value in values if is_number(value)]
    return bool(values) and len(numbers) == len(values) and (len(values) > MOST_QUEUES or any("." in v for v in values))


def _of(columns: Mapping[str, Any]) -> set[str]:
    """The columns that a preset reads."""
    requests = columns.get("requests") or {}
    return {
        *(name for key, name in columns.items() if key != "requests"),
        *(one["column"] for one in requests.values()),
    }


def _plain(header: list[str]) -> dict[str, str]:
    """The columns by the letters and digits of their names."""
    return {_letters(name): name for name in header}


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", _UNIT.sub("", name.lower()))
