"""Which scenario replays a job trace? Columns by their names, and one queue per team that the trace knows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kueue_sim.errors import InputError, Mistake, Place
from kueue_sim.inputs.documents import VERSION
from kueue_sim.inputs.repository.bundles import is_table
from kueue_sim.inputs.tables.opened import UnreadableTable
from kueue_sim.inputs.tables.table import csv_header
from kueue_sim.inputs.text.field import Field, Report, Source
from kueue_sim.inputs.traces.column_checks import (
    cut_values,
    days_alone,
    is_wait,
    not_read,
    other_run_times,
    serial_days,
)
from kueue_sim.inputs.traces.column_names import (
    GPU,
    columns_for,
    columns_of,
    is_accounting,
    known_preset,
    tells_jobs,
)
from kueue_sim.inputs.traces.column_units import units_of
from kueue_sim.inputs.traces.entry import jobs_in
from kueue_sim.inputs.traces.json_rows import is_json_history
from kueue_sim.inputs.traces.presets import PRESETS
from kueue_sim.inputs.traces.swf import is_swf, processors

COHORT = "cluster"
UNLIMITED = "unlimited"
"""The flavor of what the rows ask for besides GPUs."""
GPUS = 64
"""So many the cluster is given where nobody says how many there are."""


def trace_scenario(
    path: Path,
    folder: Path,
    preset: str | None,
    gpus: int | None,
    unit: str | None = None,
    zone: str | None = None,
    order: str | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """The scenario document of a trace file, to be kept in ``folder``; all teams share ``gpus`` equally. ``tell`` takes
    what there is to say of its columns.

    Without ``gpus`` they are the processors that the header of an SWF log tells, or 64. ``unit`` is that of numbers in
    the columns of times, ``zone`` that of times that say none, ``order`` that of day and month in dates. Raises
    InputError when the columns cannot be told by their names.
    """
    name = path.name.partition(".")[0]
    trace: dict[str, Any] = {"file": _relative(path, folder)}
    if is_json_history(path):
        trace |= _given(format="json", timeUnit=unit, timeZone=zone)
        return _scenario(name, trace, _sorted_teams(path, trace), gpus or GPUS, [])
    swf = is_swf(path)
    columns: Mapping[str, Any] = {}
    header = [] if swf else csv_header(path)[0]
    preset = preset or known_preset(header)
    if preset is not None and PRESETS[preset].columns:
        trace["preset"] = preset
        columns = PRESETS[preset].columns
    elif not swf:
        if preset or is_accounting(header):
            trace["preset"] = "sacct"
        columns, units = _checked_columns(path, header, unit, tell)
        trace["columns"], unit = _with_units(columns, units, unit)
    trace |= _given(timeUnit=unit, timeZone=zone, dateOrder=order)
    if columns:
        _tell_cut(path, trace, tell)
    if columns and (unread := not_read(path, trace)):
        tell(unread)
    teams = _sorted_teams(path, trace)
    total = gpus or (processors(path) if swf else None) or GPUS
    further = [resource for resource in columns.get("requests", {}) if resource != GPU]
    return _scenario(name, trace, [] if swf else teams, total, further)


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


def _checked_columns(
    path: Path, header: list[str], unit: str | None, tell: Callable[[str], None]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The columns by their names, without those whose numbers say something else, and the units of those of times.
    Raises InputError."""
    columns = columns_of(path, header)
    units = units_of(path, columns, unit)
    team, others = columns.get("team", ""), columns_for("team", header)[1:]
    if team.lower() == "queue" and is_wait(path, team, columns, units):
        columns |= {"team": others[0]} if others else {}
        columns = columns if others else {field: name for field, name in columns.items() if field != "team"}
    if serial := serial_days(path, columns, units):
        tell(serial)
    for coarse in days_alone(path, columns):
        tell(coarse)
    if doubt := other_run_times(path, columns, units):
        tell(doubt)
        del columns["runtime"]
        units.pop("runtime", None)
    return columns, units


def _tell_cut(path: Path, trace: Mapping[str, Any], tell: Callable[[str], None]) -> None:
    """Tells names that are cut off. Raises InputError where more than names is."""
    cut, names = cut_values(path, trace)
    if cut:
        raise InputError(cut)
    for note in names:
        tell(note)


def _with_units(
    columns: Mapping[str, Any], units: Mapping[str, str], given: str | None
) -> tuple[dict[str, Any], str | None]:
    """The columns as an entry has them, and the unit of numbers in those of times, None for seconds: one that is
    counted otherwise than most has its own."""
    common = max(units.values(), key=list(units.values()).count, default=given)
    own = {field: unit for field, unit in units.items() if unit != common}
    named = {field: {"column": name, "unit": own[field]} if field in own else name for field, name in columns.items()}
    return named, None if common == "s" and given is None else common


def _sorted_teams(path: Path, trace: dict[str, Any]) -> list[str]:
    """The teams of the jobs that a trace entry plays; the entry gets ``sort`` where its jobs are in another order than
    that of their submission. Raises InputError."""
    teams: set[str] = set()
    last = 0
    try:
        for job in jobs_in(Field(trace, Source(), Report()), path):
            teams.add(job.team)
            if job.submit_ms < last:
                trace["sort"] = True
            last = job.submit_ms
    except UnreadableTable as error:
        raise InputError([Mistake(Place(str(path), error.line, error.column), str(error))]) from None
    return sorted(teams - {""})


def _given(**fields: object) -> dict[str, object]:
    """The fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


def is_history(path: Path) -> bool:
    """Whether a file is a history of jobs, by its name or, whatever it is called, by the columns of its first line."""
    if is_table(path) or is_json_history(path) or is_swf(path):
        return True
    try:
        return tells_jobs(csv_header(path)[0])
    except (InputError, OSError):
        return False


def _relative(path: Path, folder: Path) -> str:
    """The trace as the scenario names it: relative to the scenario's folder where it lies below it."""
    whole, base = path.resolve(), folder.resolve()
    return str(whole.relative_to(base)) if whole.is_relative_to(base) else str(whole)


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
