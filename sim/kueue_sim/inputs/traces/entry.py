"""What does a ``trace:`` entry of a scenario ask for? The trace that it makes of its file, and what to say of that."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, tzinfo
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

from kueue_sim.errors import InputError, Mistake, Place
from kueue_sim.inputs.kubernetes.pods import amounts
from kueue_sim.inputs.kueue.queues import Directory, Queue
from kueue_sim.inputs.kueue.short_form import topology_short, with_life
from kueue_sim.inputs.kueue.workload_objects import make_pod_set
from kueue_sim.inputs.tables.decimals import told_mark
from kueue_sim.inputs.tables.opened import UnreadableTable
from kueue_sim.inputs.text.field import Field, near_miss
from kueue_sim.inputs.text.files import Files
from kueue_sim.inputs.text.schema import TRACE, TRACE_DEFAULTS
from kueue_sim.inputs.traces.column_checks import cut_values
from kueue_sim.inputs.traces.csv_rows import CsvRows
from kueue_sim.inputs.traces.dates import ORDERS, of_clock_change, told_order
from kueue_sim.inputs.traces.formats import READERS, Found
from kueue_sim.inputs.traces.job_names import JobNames
from kueue_sim.inputs.traces.json_rows import JsonRows, is_json_history
from kueue_sim.inputs.traces.kept_rows import KeptRows
from kueue_sim.inputs.traces.presets import PRESETS
from kueue_sim.inputs.traces.rows import EPOCH_MS, HEAD_ROWS, Job
from kueue_sim.inputs.traces.swf import is_swf
from kueue_sim.inputs.traces.traces import PodShapes, Trace, Window
from kueue_sim.inputs.traces.wrong_rows import checked
from kueue_sim.model import Workload
from kueue_sim.units import parse_instant, parse_zone

_AT_NIGHT = tuple(f"{mark}{hour}:" for mark in "T 0" for hour in range(4))
"""What stands in times at which clocks may be changed."""


def read_trace(
    entry: Field, directory: Directory, files: Files, strict: bool = False
) -> tuple[Trace | None, tuple[str, ...]]:
    """The trace of an entry and notes about skipped rows; None when it cannot be read at all.

    ``strict``: wrong rows are mistakes even where the entry does not say so.
    """
    entry.only(*TRACE)
    path = files.raw(entry.get("file"))
    preset = entry.get("preset").choice(PRESETS, "")
    if path is None:
        return None, ()
    try:
        return _read(_with_preset(entry, preset, path), path, directory, strict)
    except UnreadableTable as error:
        entry.report.mistakes.append(Mistake(Place(str(path), error.line, error.column), str(error)))
    except InputError as error:
        entry.report.mistakes += error.mistakes
    return None, ()


def jobs_in(entry: Field, path: Path) -> Iterator[Job]:
    """The jobs of an entry that ask for something, in the order of the file. Raises UnreadableTable."""
    found, _ = _rows(_with_preset(entry, entry.get("preset").text(), path), path, _zone(entry))
    rows = () if found is None else KeptRows(found[0], path)
    return (row for row in rows if isinstance(row, Job) and (row.gpus or row.requests))


def _with_preset(entry: Field, name: str, path: Path) -> Field:
    """The entry with what the preset of this name says, if there is one, where the entry itself does not."""
    preset = PRESETS.get(name)
    if preset is None or is_json_history(path):
        return entry
    columns = {**preset.columns, **entry.get("columns").mapping()}
    defaults = {"timeUnit": preset.time_unit, "where": preset.where}
    return replace(entry, value={**defaults, **entry.mapping(), "columns": columns})


def _rows(entry: Field, path: Path, zone: tzinfo) -> tuple[Found | None, tuple[str, ...]]:
    """How the rows of an entry are read, and notes on what the entry leaves open; None where they cannot be read."""
    told = "swf" if is_swf(path) else "json" if is_json_history(path) else "csv"
    found = READERS[entry.get("format").choice(READERS, told)](entry, path)
    if found is None:
        return None, ()
    rows, has_team, scales = found
    notes: tuple[str, ...] = ()
    if isinstance(rows, CsvRows | JsonRows):
        notes = () if entry.get("timeZone").present else _of_local_times(rows)
        rows = replace(rows, zone=zone)
    if isinstance(rows, CsvRows):
        cut, of_names = cut_values(path, entry.mapping())
        entry.report.mistakes += cut
        notes += of_names
        rows, of_order = _in_order_of_dates(rows, entry)
        rows, of_decimals = _with_decimals(rows)
        notes += of_order + of_decimals
        if "state" in rows.columns and "runtime" not in rows.columns:
            rows = replace(rows, written_ms=rows.latest_ms())
    if isinstance(rows, CsvRows | JsonRows) and isinstance(zone, ZoneInfo):
        notes += _of_clock_changes(rows, zone)
    return (rows, has_team, scales), notes


def _read(entry: Field, path: Path, directory: Directory, strict: bool) -> tuple[Trace | None, tuple[str, ...]]:
    wrong_before = len(entry.report.mistakes)
    zone = _zone(entry)
    found, notes = _rows(entry, path, zone)
    if found is None:
        return None, ()
    rows, has_team, scales = found
    shapes, model, by_team = _model(entry, directory, has_team, scales)
    name = entry.get("name").text()
    window = Window(
        from_ms=_bound(entry.get("from"), zone),
        until_ms=_bound(entry.get("until"), zone),
        limit=entry.get("limit").optional_integer(minimum=1),
    )
    teams: dict[str, Queue] | None = {} if by_team else None
    in_order = not entry.get("sort").boolean()
    trace = Trace(KeptRows(rows, path), window, shapes, model, f"{name}-" if name else "", teams, in_order)
    if len(entry.report.mistakes) > wrong_before:
        return None, ()
    trace, of_odd = _placed(trace, entry, path, directory)
    note = checked(trace, entry, path, strict or entry.get("strict").boolean())
    return trace, (*notes, *of_odd, *note)


def _zone(entry: Field) -> tzinfo:
    """The zone of times that say none."""
    field = entry.get("timeZone")
    try:
        return parse_zone(field.text()) if field.present else UTC
    except ValueError as error:
        field.wrong(str(error))
        return UTC


def _of_local_times(rows: CsvRows | JsonRows) -> tuple[str, ...]:
    """A note that times without a zone count as UTC, with the first of them; none where there is none."""
    first = rows.first_local()
    if first is None:
        return ()
    line, column, text = first
    how = "timeZone of the trace entry (import: --time-zone) gives theirs, such as Europe/Berlin, +02:00 or UTC"
    return (f"{Place(str(rows.path), line, column)}: {text!r} and other times without a zone count as UTC; {how}",)


def _of_clock_changes(rows: CsvRows | JsonRows, zone: ZoneInfo) -> tuple[str, ...]:
    """A note on times that come twice in a zone, and one on those that never come: the first of each, and how many."""
    order = rows.order if isinstance(rows, CsvRows) else ""
    first: dict[str, str] = {}
    count: dict[str, int] = {}
    for line, column, text in rows.times():
        if any(hour in text for hour in _AT_NIGHT) and (what := of_clock_change(text, zone, order)):
            first.setdefault(what, f"{Place(str(rows.path), line, column)}: {text!r}")
            count[what] = count.get(what, 0) + 1
    return tuple(
        f"{where} in {zone.key} {what}" + (f"; so it is with {count[what] - 1:,} more times" if count[what] > 1 else "")
        for what, where in first.items()
    )


def _in_order_of_dates(rows: CsvRows, entry: Field) -> tuple[CsvRows, tuple[str, ...]]:
    """The rows with the order of day and month in their dates, and a note on how that is known. Where nothing tells,
    that is a mistake at the first such date."""
    given = entry.get("dateOrder").choice(ORDERS, "")
    if given:
        return replace(rows, order=next(order for order in ORDERS if order == given)), ()
    if told_order(rows.times(HEAD_ROWS)).asked is None:
        return rows, ()
    told = told_order(rows.times())
    assert told.asked is not None
    line, column, text = told.asked
    place = Place(str(rows.path), line, column)
    if told.answered is None:
        how = "dateOrder of the trace entry (import: --date-order) says which: day-month or month-day"
        message = f"{text!r} may be day/month or month/day, and no date of these columns has a day beyond 12; {how}"
        entry.report.mistakes.append(Mistake(place, message))
        return rows, ()
    which = "day/month/year" if told.order == "day-month" else "month/day/year"
    line, _, proof = told.answered
    read = f"{place}: {text!r} and other dates are read as {which}, as {proof!r} in line {line} shows"
    return replace(rows, order=told.order), (f"{read}; dateOrder (import: --date-order) says another order",)


def _with_decimals(rows: CsvRows) -> tuple[CsvRows, tuple[str, ...]]:
    """The rows with the decimal mark of their numbers, and a note on how that is known; as they are where no number has
    a comma, or none tells what it means."""
    if told_mark(rows.numbers(HEAD_ROWS)).asked is None:
        return rows, ()
    told = told_mark(rows.numbers())
    return (replace(rows, decimal=told.mark), (told.note(rows.path),)) if told.answered else (rows, ())


def _bound(field: Field, zone: tzinfo) -> int | None:
    """A duration on the trace's clock or an instant, in milliseconds."""
    if not field.present:
        return None
    try:
        dated = isinstance(field.value, str) and "-" in field.value
        return parse_instant(field.text(), zone) if dated else field.duration()
    except ValueError:
        field.wrong(f"{field.value!r} is neither a duration nor an instant such as 2026-01-01T00:00:00Z")
        return None


def _model(
    entry: Field, directory: Directory, has_team: bool, scales: dict[str, Fraction]
) -> tuple[PodShapes, Workload, bool]:
    """What the rows do not say: the shapes of the pods, a model workload, and whether rows name their team."""
    defaults = entry.get("defaults")
    defaults.only(*TRACE_DEFAULTS)
    by_team = has_team and not defaults.get("team").present and not defaults.get("queue").present
    namespace, queue = ("", "") if by_team else directory.queue(defaults)
    model = Workload(
        name="",
        namespace=namespace,
        queue_name=queue,
        pod_sets=(),
        priority=directory.priority(defaults),
        max_execution_ms=defaults.get("maxExecutionTime").optional_duration(),
    )
    settings = directory.settings
    pods = make_pod_set("main", 1, defaults, settings, topology=topology_short(defaults.get("topology")), plain={})
    shapes = PodShapes(
        model=pods,
        settings=settings,
        plain=amounts(defaults.get("requests")),
        gpu_resource=entry.get("gpuResource").text("nvidia.com/gpu"),
        gpus_per_pod=entry.get("gpusPerPod").integer(8, minimum=1),
        pods=defaults.get("pods").optional_integer(minimum=1),
        scales=scales,
    )
    return shapes, with_life(model, defaults), by_team


def _placed(trace: Trace, entry: Field, path: Path, directory: Directory) -> tuple[Trace, tuple[str, ...]]:
    """The trace with its time zero, the queues of its teams and the jobs named twice, and notes on odd jobs, each with
    the first of them: the first reading."""
    renamed = {str(key): child.text() for key, child in entry.get("teams").entries()}
    for child in (child for _, child in entry.get("teams").entries() if trace.teams is not None):
        if child.text() and directory.team(child.text()) is None:
            child.missing(f"there is no team {child.value!r}; {near_miss(child.value, directory.team_names())}")
    window = trace.window
    teams: dict[str, Queue] = {}
    names = JobNames()
    numbers = instants = 0
    first: int | None = None
    odd: dict[str, Job] = {}
    count: Counter[str] = Counter()
    for row in _in_window(trace):
        for what in _oddities(row):
            odd.setdefault(what, row)
            count[what] += 1
        if row.submit_ms < EPOCH_MS:
            numbers += 1
        else:
            instants += 1
            first = row.submit_ms if first is None else min(first, row.submit_ms)
        if trace.teams is not None and row.team not in teams:
            queue = directory.team(renamed.get(row.team, row.team))
            if queue is not None:
                teams[row.team] = queue
        if row.name:
            names.add(row.name)
    zero = window.from_ms if window.from_ms is not None else first if first is not None and instants > numbers else 0
    placed = replace(
        trace,
        window=replace(window, zero_ms=zero),
        teams=None if trace.teams is None else teams,
        repeated=names.repeated(lambda: (row for row in _in_window(trace) if row.name)),
    )
    notes = (
        f"{Place(str(path), row.line, row.column)}: {count[what]:,} job{'' if count[what] == 1 else 's'} {what}"
        for what, row in odd.items()
    )
    return placed, tuple(notes)


def _oddities(row: Job) -> Iterator[str]:
    """What is odd about a job that is played all the same, and what is made of it."""
    if not row.ended:
        yield "still ran when the history was written and counts with the time so far; `where` leaves such rows out"
    if row.start_ms is not None and row.started_ms is None:
        yield "started before being submitted, so when is taken as not known; are all times of one zone?"


def _in_window(trace: Trace) -> Iterator[Job]:
    """The rows that are jobs and lie inside the window, on the trace's own clock."""
    return (row for row in trace.rows if isinstance(row, Job) and trace.window.holds(row.submit_ms))
