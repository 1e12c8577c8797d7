"""Which scenario replays a job trace? Columns by their names, and one queue per team that the trace knows."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, tzinfo
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from kueue_sim.errors import InputError, Mistake, Place
from kueue_sim.inputs.documents import VERSION
from kueue_sim.inputs.repository.bundles import is_table
from kueue_sim.inputs.tables.opened import UnreadableTable
from kueue_sim.inputs.tables.table import csv_header, read_cells, read_records
from kueue_sim.inputs.traces.dates import ORDERS, Order, told_order
from kueue_sim.inputs.traces.decimals import Mark, told_mark, with_point
from kueue_sim.inputs.traces.json_rows import JsonRows, is_json_history
from kueue_sim.inputs.traces.kept_rows import KeptRows
from kueue_sim.inputs.traces.presets import PRESETS
from kueue_sim.inputs.traces.rows import CsvRows, Job, is_number, read_time
from kueue_sim.inputs.traces.swf import processors
from kueue_sim.units import parse_zone

GPU = "nvidia.com/gpu"
COHORT = "cluster"
UNLIMITED = "unlimited"
"""The flavor of what the rows ask for besides GPUs."""
_UNIT = re.compile(r"\((?:s|secs?|seconds|utc)\)$")
"""What a column of times may say of its unit, where that is the one that is taken anyway."""
MOST_QUEUES = 1000
"""More numbers than that are no names of queues."""
GPUS = 64
"""So many the cluster is given where nobody says how many there are."""
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


def trace_scenario(
    path: Path,
    folder: Path,
    preset: str | None,
    gpus: int | None,
    unit: str | None = None,
    zone: str | None = None,
    order: str | None = None,
) -> dict[str, Any]:
    """The scenario document of a trace file, to be kept in ``folder``; all teams share ``gpus`` equally.

    Without ``gpus`` they are the processors that the header of an SWF log tells, or 64. ``unit`` is that of numbers in
    the columns of times, ``zone`` that of times that say none, ``order`` that of day and month in dates. Raises
    InputError when the columns cannot be told by their names.
    """
    name = path.name.partition(".")[0]
    trace: dict[str, Any] = {"file": _relative(path, folder)}
    if is_json_history(path):
        return _scenario(name, _of_json(path, trace, unit, zone), _teams_of_json(path), gpus or GPUS, [])
    swf = ".swf" in path.suffixes
    columns: Mapping[str, Any] = {}
    header = [] if swf else csv_header(path)[0]
    preset = preset or _preset(header)
    if preset is not None and PRESETS[preset].columns:
        trace["preset"] = preset
        columns = PRESETS[preset].columns
    elif not swf:
        if preset or _is_accounting(header):
            trace["preset"] = "sacct"
        columns = trace["columns"] = _columns(path, header)
    if columns and not _in_order(path, columns["submit"], header, order, _zone(zone)):
        trace["sort"] = True
    if unit is not None:
        trace["timeUnit"] = unit
    if zone is not None:
        trace["timeZone"] = zone
    if order is not None:
        trace["dateOrder"] = order
    teams = _values(path, columns["team"]) if columns.get("team") else []
    total = gpus or (processors(path) if swf else None) or GPUS
    return _scenario(name, trace, teams, total, list(columns.get("requests", {})))


def _scenario(name: str, trace: dict[str, Any], teams: list[str], total: int, further: Sequence[str]) -> dict[str, Any]:
    """The scenario in which a trace entry is played by teams that share so many GPUs; one team where none is named."""
    if not teams:
        teams, trace = [COHORT], {**trace, "defaults": {"team": COHORT}}
    flavors = ["gpu", *([UNLIMITED] if further else [])]
    objects = [{"kind": "ResourceFlavor", "metadata": {"name": name}} for name in flavors]
    objects += _queues(teams, total, further)
    return {
        "apiVersion": VERSION,
        "kind": "Scenario",
        "name": name,
        "policy": {"objects": objects},
        "workloads": [{"trace": trace}],
    }


def _zone(name: str | None) -> tzinfo:
    """The zone of times that say none; one that does not exist is told when the scenario is read."""
    try:
        return parse_zone(name or "UTC")
    except ValueError:
        return UTC


def _of_json(path: Path, trace: dict[str, Any], unit: str | None, zone: str | None) -> dict[str, Any]:
    """The trace entry of a log in JSON."""
    in_order = all(before <= after for before, after in pairwise(row.submit_ms for row in _jobs(path, _zone(zone))))
    given = {"timeUnit": unit, "timeZone": zone, "sort": None if in_order else True}
    return {**trace, "format": "json", **{key: value for key, value in given.items() if value is not None}}


def _teams_of_json(path: Path) -> list[str]:
    """The teams of a log in JSON, sorted."""
    return sorted({row.team for row in _jobs(path)})


def _jobs(path: Path, zone: tzinfo = UTC) -> Iterator[Job]:
    """The jobs of a log in JSON. Raises InputError."""
    try:
        yield from (row for row in KeptRows(JsonRows(path, zone=zone), path) if isinstance(row, Job))
    except UnreadableTable as error:
        raise InputError([Mistake(Place(str(path), error.line, error.column), str(error))]) from None


def is_history(path: Path) -> bool:
    """Whether a file is a history of jobs, by its name or, whatever it is called, by the columns of its first line."""
    if is_table(path) or is_json_history(path):
        return True
    try:
        plain = _plain(csv_header(path)[0])
    except (InputError, OSError):
        return False
    return all(any(_letters(name) in plain for name in NAMES[target]) for target in ("submit", "gpus", "name"))


def _in_order(path: Path, column: str, header: list[str], order: str | None, zone: tzinfo) -> bool:
    """Whether no row was submitted before the one above it, as far as its time can be read."""
    last: float | None = None
    try:
        rows = CsvRows(path, "", {"submit": header.index(column)}) if column in header else None
        known: Order = next(
            (one for one in ORDERS if one == order), "" if rows is None else told_order(rows.times()).order
        )
        decimal: Mark = "" if rows is None else told_mark(rows.numbers()).mark
        for _, cells in islice(read_cells(path), 1, None):
            text = cells[header.index(column)].strip() if len(cells) > header.index(column) else ""
            try:
                at = read_time(with_point(text, decimal), 1000, zone, known)
            except ValueError:
                continue
            if last is not None and at < last:
                return False
            last = at
    except UnreadableTable as error:
        raise InputError([Mistake(Place(str(path), error.line, error.column), str(error))]) from None
    return True


def _relative(path: Path, folder: Path) -> str:
    """The trace as the scenario names it: relative to the scenario's folder where it lies below it."""
    whole, base = path.resolve(), folder.resolve()
    return str(whole.relative_to(base)) if whole.is_relative_to(base) else str(whole)


def _preset(header: list[str]) -> str | None:
    """The known trace that has all these columns, None where none has."""
    return next((name for name, one in PRESETS.items() if one.columns and _of(one.columns) <= set(header)), None)


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


def _is_accounting(header: list[str]) -> bool:
    """Whether the columns are those of Slurm's ``sacct``."""
    plain = _plain(header)
    return "jobid" in plain and ("alloctres" in plain or "reqtres" in plain)


def _columns(path: Path, header: list[str]) -> dict[str, str]:
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
    if whole and _is_accounting(header):
        found.pop("runtime", None)  # of what still runs it is the run time so far, while its end is Unknown
        found.pop("priority", None)  # Slurm's, which has its own measure and changes while a job waits
    return found


def _are_numbers(path: Path, column: str) -> bool:
    """Whether a column has numbers with decimals, or so many different ones that they cannot be names of queues."""
    values = _values(path, column)
    numbers = [value for value in values if is_number(value)]
    return bool(values) and len(numbers) == len(values) and (len(values) > MOST_QUEUES or any("." in v for v in values))


def _values(path: Path, column: str) -> list[str]:
    """The distinct values of a column, sorted."""
    found: set[str] = set()
    rows = read_records(path)
    try:
        next(rows, None)
        found.update(row[column] for _, row in rows if row.get(column))
    except UnreadableTable as error:
        raise InputError([Mistake(Place(str(path), error.line, error.column), str(error))]) from None
    return sorted(found)


def _queues(teams: Iterable[str], gpus: int, further: Sequence[str] = ()) -> list[dict[str, Any]]:
    """A ClusterQueue for each team; of ``further`` resources there is always enough, since GPUs alone are shared."""
    names = list(teams)
    share, rest = divmod(gpus, len(names))
    result = []
    for index, team in enumerate(names):
        quota = {"name": GPU, "nominalQuota": share + (index < rest)}
        group = {"coveredResources": [GPU], "flavors": [{"name": "gpu", "resources": [quota]}]}
        spec = {
            "cohortName": COHORT,
            "namespaceSelector": {},
            "preemption": {"reclaimWithinCohort": "Any", "withinClusterQueue": "LowerPriority"},
            "resourceGroups": [group, *([_plenty(further)] if further else [])],
        }
        result.append({"kind": "ClusterQueue", "metadata": {"name": team}, "spec": spec})
    return result


def _plenty(resources: Sequence[str]) -> dict[str, Any]:
    quotas = [{"name": name, "nominalQuota": "1Pi" if name == "memory" else "1M"} for name in resources]
    return {"coveredResources": list(resources), "flavors": [{"name": UNLIMITED, "resources": quotas}]}
