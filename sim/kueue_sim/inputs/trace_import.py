"""Which scenario replays a job trace? Columns by their names, and one queue per team that the trace knows."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, tzinfo
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from kueue_sim.errors import InputError, Mistake, Place
from kueue_sim.inputs.documents import VERSION
from kueue_sim.inputs.repository.bundles import is_table
from kueue_sim.inputs.tables.decimals import Mark, told_mark, with_point
from kueue_sim.inputs.tables.opened import UnreadableTable
from kueue_sim.inputs.tables.table import csv_header, read_cells
from kueue_sim.inputs.traces.column_checks import cut_values, is_wait, not_read, other_run_times, serial_days
from kueue_sim.inputs.traces.column_names import (
    columns_for,
    columns_of,
    is_accounting,
    known_preset,
    tells_jobs,
    values_of,
)
from kueue_sim.inputs.traces.column_units import units_of
from kueue_sim.inputs.traces.csv_rows import CsvRows
from kueue_sim.inputs.traces.dates import ORDERS, Order, told_order
from kueue_sim.inputs.traces.json_rows import JsonRows, is_json_history
from kueue_sim.inputs.traces.kept_rows import KeptRows
from kueue_sim.inputs.traces.presets import PRESETS
from kueue_sim.inputs.traces.rows import Job, read_time
from kueue_sim.inputs.traces.swf import is_swf, processors
from kueue_sim.units import parse_zone

GPU = "nvidia.com/gpu"
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
        return _scenario(name, _of_json(path, trace, unit, zone), _teams_of_json(path), gpus or GPUS, [])
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
    if columns and not _in_order(path, columns["submit"], header, order, _zone(zone)):
        trace["sort"] = True
    trace |= _given(timeUnit=unit, timeZone=zone, dateOrder=order)
    if columns:
        _tell_cut(path, trace, tell)
    if columns and (unread := not_read(path, trace)):
        tell(unread)
    teams = values_of(path, columns["team"]) if columns.get("team") else []
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


def _checked_columns(
    path: Path, header: list[str], unit: str | None, tell: Callable[[str], None]
) -> tuple[dict[str, str], dict[str, str]]:
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
    columns: Mapping[str, str], units: Mapping[str, str], given: str | None
) -> tuple[dict[str, Any], str | None]:
    """The columns as an entry has them, and the unit of numbers in those of times, None for seconds: one that is
    counted otherwise than most has its own."""
    common = max(units.values(), key=list(units.values()).count, default=given)
    own = {field: unit for field, unit in units.items() if unit != common}
    named = {field: {"column": name, "unit": own[field]} if field in own else name for field, name in columns.items()}
    return named, None if common == "s" and given is None else common


def _zone(name: str | None) -> tzinfo:
    """The zone of times that say none; one that does not exist is told when the scenario is read."""
    try:
        return parse_zone(name or "UTC")
    except ValueError:
        return UTC


def _of_json(path: Path, trace: dict[str, Any], unit: str | None, zone: str | None) -> dict[str, Any]:
    """The trace entry of a log in JSON."""
    in_order = all(before <= after for before, after in pairwise(row.submit_ms for row in _jobs(path, _zone(zone))))
    given = _given(timeUnit=unit, timeZone=zone, sort=None if in_order else True)
    return {**trace, "format": "json", **given}


def _given(**fields: object) -> dict[str, object]:
    """The fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


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
    if is_table(path) or is_json_history(path) or is_swf(path):
        return True
    try:
        return tells_jobs(csv_header(path)[0])
    except (InputError, OSError):
        return False


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
