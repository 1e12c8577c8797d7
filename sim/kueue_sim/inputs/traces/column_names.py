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

GPU = "nvidia.com/gpu"
_UNITS: Mapping[str, str] = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "utc"), "s"),
    **dict.fromkeys(("ms", "msec", "msecs", "millis", "milliseconds"), "ms"),
    **dict.fromkeys(("us", "usec", "usecs", "micros", "microseconds"), "us"),
    **dict.fromkeys(("ns", "nsec", "nanos", "nanoseconds"), "ns"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
}
"""What a column of times says of its unit -> the unit, as ``timeUnit`` has it."""
_IN_BRACKETS = re.compile(r"\s*[(\[](?:in )?([a-z]+)[)\]]\s*$")
_AT_THE_END = re.compile(
    r"[\s_.-](?:in[\s_.-])?(s|secs?|seconds?|ms|msecs?|millis|milliseconds|us|usecs?|micros|microseconds"
    r"|ns|nanos|nanoseconds|mins?|minutes?|h|hrs?|hours?)$"
)
"""A unit that the name of a column ends with, as in ``elapsed_min`` or ``duration_in_seconds``."""
_NEXT_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
"""Where a word begins in a name such as ``durationMs``."""
_LEAST, _BESIDE_LEAST = "min", ("max", "avg", "mean", "median")
"""What a column of the least values ends with, and what others beside it do."""
_SHOWN = 8
"""So many names are told where none is there."""
MOST_QUEUES = 1000
"""More numbers than that are no names of queues."""
_INSTANTS = ("time", "timestamp", "ts", "at", "date", "datetime", "epoch", "on")
"""What names of columns call the instant of something that happened: ``created_at``, ``creation_ts``."""


def _instants(*events: str) -> tuple[str, ...]:
    return tuple(f"{event}_{instant}" for event in events for instant in _INSTANTS)


NAMES: Mapping[str, tuple[str, ...]] = {
    "submit": (
        *("submit", "submit_time", "submitted", "submitted_time", "submission_time", "arrival", "arrival_time"),
        *("submitted_at", "created_at", "creation_time", "created"),
        *("creation_timestamp", "metadata_creation_timestamp", "submit_ts", "submit_timestamp", "submission_timestamp"),
        *("submit_epoch", "submitted_ts", "queued_at", "enqueued_at", "queued_time", "created_time", "arrival_ts"),
        "qtime",
        *_instants("submit", "submitted", "submission", "arrival", "arrived", "created", "creation", "create"),
        *_instants("queued", "enqueued", "enqueue", "received", "job_submit", "job_submission", "job_creation"),
        "ctime",
    ),
    "runtime": (
        *("runtime", "run_time", "duration", "job_run_time", "execution_time", "elapsed", "walltime", "elapsed_raw"),
        *("runtime_s", "duration_s", "runtime_seconds", "duration_seconds", "elapsed_time", "wall_time", "exec_time"),
        *("job_duration", "wall_clock_time", "resources_used_walltime", "run_duration", "execution_duration"),
        *("wall_duration", "running_time", "run_length", "time_elapsed", "total_runtime", "training_time"),
    ),
    "gpus": (
        *("gpus", "num_gpus", "num_gpu", "gpu_num", "n_gpus", "gpu_count", "ngpus", "alloctres", "reqtres"),
        *("alloc_gpus", "req_gpus", "allocgres", "reqgres", "nvidia_com_gpu", "gpus_requested", "requested_gpus"),
        *("gpu_request", "gpu_requests", "gpu_requested", "total_gpus", "gpus_total", "requests_nvidia_com_gpu"),
        *("gpus_allocated", "allocated_gpus", "number_of_gpus", "no_of_gpus", "gpu_cnt", "gpu_quantity"),
        *("accelerators", "num_accelerators", "accelerator_count", "gpu_cards", "resource_list_ngpus"),
        "gpu",  # the last, as it may be the model
    ),
    "team": (
        *("team", "vc", "group", "queue", "job_queue", "project", "account", "tenant", "department"),
        *("cluster_queue", "local_queue", "queue_name", "namespace", "metadata_namespace"),
        *("team_name", "project_name", "project_id", "group_name", "tenant_id", "tenant_name", "workspace"),
        *("cost_center", "cost_centre", "business_unit", "organization", "organisation", "org", "user"),
        *("user_id", "username", "user_name", "owner", "submitter"),
    ),
    "name": (
        "name",
        "job_id",
        "jobid",
        "jobidraw",
        "job",
        "id",
        "job_name",
        "workload",
        "workload_name",
        "metadata_name",
        *("task_id", "task_name", "run_id", "job_uuid", "uid"),
    ),
    "priority": ("priority",),
    "pods": ("pods", "num_pods"),
    "start": (
        "start",
        "start_time",
        "started",
        "started_time",
        "started_at",
        "scheduled_time",
        "admitted",
        "admitted_at",
        *_instants("start", "started", "scheduled", "admitted", "admission", "begin", "began", "launched", "job_start"),
        "stime",
    ),
    "end": (
        *("end", "end_time", "ended", "finish_time", "finished_at", "ended_at", "completed_at", "completion_time"),
        *("deletion_time", "finished", "end_timestamp", "completion_timestamp", "stopped_at", "stop_time", "stopped"),
        *_instants("end", "ended", "finish", "finished", "completed", "completion", "stop", "stopped", "terminated"),
        *_instants("job_end", "job_finish", "deletion", "deleted"),
    ),
    "state": ("state", "status", "job_state", "job_status", "phase", "stat"),
    "wait": (
        *("wait", "wait_time", "wait_s", "queue_time", "queue_s", "waiting_time", "queue_wait", "queue_wait_time"),
        *("wait_duration", "queue_duration", "queued_duration", "pending_time", "pending_duration", "time_in_queue"),
    ),
}
"""Field of a trace entry -> column names that are taken for it, the likeliest first; capitals, blanks and what joins
words make no difference."""
_OF_SLURM = {"alloctres", "reqtres", "allocgres", "reqgres"}
"""Columns of sacct alone, without capitals and what joins words."""
_EACH = re.compile(r"(num)?gpus?(num|count)?per(node|task|pod|worker|host|replica|instance)")
_PARTS = re.compile(r"(num|n)?(node|task|pod|worker|host|replica|instance)s?(num|count)?")
"""Letters of columns that count the GPUs of each part of a job, and of those that count the parts."""
_MAY_BE_INSIDE = ("submit", "runtime", "start", "end", "gpus")
"""Fields whose columns may be values of an object in each record, ``resources.gpu``; a ``user.name`` names no job."""
TIMES = ("submit", "runtime", "start", "end", "wait")
"""Fields whose columns may say a unit."""
NEEDED = ("submit", "runtime", "gpus")
"""Without these no trace is played; ``start`` and ``end`` together say the run time too."""


def tells_jobs(header: list[str]) -> bool:
    """Whether the columns are those of a history of jobs, whatever its file is called."""
    return all(columns_for(target, header) for target in ("submit", "gpus", "name"))


def known_preset(header: list[str]) -> str | None:
    """The known trace that has all these columns, None where none has."""
    return next((name for name, one in PRESETS.items() if one.columns and _of(one.columns) <= set(header)), None)


def is_accounting(header: list[str]) -> bool:
    """Whether the columns are those of Slurm's ``sacct``."""
    plain = _plain(header)
    return not {"jobid", "jobidraw"}.isdisjoint(plain) and not _OF_SLURM.isdisjoint(plain)


def columns_of(path: Path, header: list[str]) -> dict[str, Any]:
    """The column of each field of a trace entry; those of requests by resource, where GPUs are those of each node or
    pod of a job. Raises InputError where one that is needed is missing, or a name that is taken stands twice in the
    header."""
    there = {target: columns_for(target, header) for target in NAMES}
    found: dict[str, Any] = {target: names[0] for target, names in there.items() if names}
    if "gpus" not in found:
        found |= _of_parts(header)
    if _letters(found.get("team", "")) == "queue" and _are_numbers(path, found["team"]):
        others = there["team"][1:]  # this one has the seconds in a queue
        found = {target: name for target, name in found.items() if target != "team"}
        found |= {"team": others[0]} if others else {}
    whole = {"start", "end"} <= found.keys()
    missing = [
        f"{target} ({', '.join(NAMES[target][:_SHOWN])}, …)"
        for target in NEEDED
        if target not in found
        and not (whole and target == "runtime")
        and not (target == "gpus" and "requests" in found)
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
    return _of_accounting(found, header) if is_accounting(header) else found


def _of_parts(header: list[str]) -> dict[str, Any]:
    """The columns of pods and of what each asks for, where GPUs are those of each node or pod of a job; none where no
    column says so."""
    each = next((name for name in header if _EACH.fullmatch(_letters(name))), None)
    parts = next((name for name in header if _PARTS.fullmatch(_letters(name))), None)
    return {} if each is None or parts is None else {"pods": parts, "requests": {GPU: each}}


def _of_accounting(found: dict[str, Any], header: list[str]) -> dict[str, Any]:
    """The columns of Slurm's accounting: the team is the account, whatever the user's group is called."""
    plain = _plain(header)
    found.pop("priority", None)  # Slurm's, which has its own measure and changes while a job waits
    return {**found, **({"team": plain["account"]} if "account" in plain else {})}


def values_of(path: Path, column: str) -> list[str]:
    """The distinct values of a column, sorted."""
    found: set[str] = set()
    rows = read_records(path)
    try:
        next(rows, None)
        found.update(text for _, row in rows if (text := (row.get(column) or "").strip()))
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


def columns_for(target: str, header: list[str]) -> list[str]:
    """The columns that may say a field of a trace entry, the likeliest first; those that say a unit come last."""
    plain = _plain(header)
    if target in _MAY_BE_INSIDE:
        plain |= {inner: name for inner, name in _plain_inside(header).items() if inner not in plain}
    if target not in TIMES:
        return [plain[name] for name in map(_letters, NAMES[target]) if name in plain]
    told = {_letters(told_unit(name)[0]): name for name in reversed(header) if not _is_least(name, plain)}
    found = [there[name] for there in (plain, told) for name in map(_letters, NAMES[target]) if name in there]
    return list(dict.fromkeys(found))


def told_unit(column: str) -> tuple[str, str]:
    """The name of a column without the unit that it says, and that unit, "" where it says none."""
    name = _NEXT_WORD.sub("_", column).lower()
    for pattern in (_IN_BRACKETS, _AT_THE_END):
        found = pattern.search(name)
        if found and found[1] in _UNITS:
            return name[: found.start()], _UNITS[found[1]]
    return name, ""


def _is_least(column: str, plain: Mapping[str, str]) -> bool:
    """Whether a column has the least of some values, not minutes, as another one has the greatest or the mean."""
    name = _letters(column)
    return name.endswith(_LEAST) and any(name.removesuffix(_LEAST) + other in plain for other in _BESIDE_LEAST)


def _plain(header: list[str]) -> dict[str, str]:
    """The columns by the letters and digits of their names."""
    return {_letters(name): name for name in header}


def _plain_inside(header: list[str]) -> dict[str, str]:
    """The values of objects in records, by the letters and digits of their names inside: ``gpu`` is that of
    ``resources.gpu``, and ``nvidia.com/gpu`` of ``resources.nvidia.com/gpu``."""
    parted = [(name, name.split(".")) for name in reversed(header)]
    return {_letters(".".join(parts[at:])): name for name, parts in parted for at in range(1, len(parts))}


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
