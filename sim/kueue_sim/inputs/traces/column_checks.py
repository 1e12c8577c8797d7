"""Do the columns of a history say what their names let expect? What the numbers of their rows tell, what is cut off,
and which columns are not read."""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from kueue_sim.errors import Mistake, Place
from kueue_sim.inputs.tables.fixed_width import CUT
from kueue_sim.inputs.tables.table import Table, csv_header, read_records
from kueue_sim.inputs.traces.column_names import NAMES, values_of
from kueue_sim.inputs.traces.formats import UNITS
from kueue_sim.inputs.traces.presets import PRESETS
from kueue_sim.inputs.traces.rows import HEAD_ROWS, is_number, read_length, read_time
from kueue_sim.inputs.traces.states import may_be_unfinished
from kueue_sim.units import format_duration, format_instant

_PARTS = re.compile(
    r"inst(ance)?s?(_?(num|count))?|(num|n)_?(inst(ance)?s?|replicas|workers|tasks)"
    r"|replicas|workers|parallelism|completions"
)
"""Names of columns that may count the pods of a job."""
_SERIAL, _EPOCH_DAY, _DAY_MS = (36526, 73051), 25569, 86_400_000
"""Days since the end of 1899: those from 2000 to 2100, and that of 1970."""
_DAY = re.compile(r"\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2\d{4}")
"""A date alone."""
_EQUAL_MS = 1000
"""Run times that differ by no more, or by a hundredth, are the same."""


def is_wait(path: Path, column: str, columns: Mapping[str, str], units: Mapping[str, str]) -> bool:
    """Whether the numbers of a column are the seconds from each submission to the start."""
    waits = list(_rows(path, {**columns, "wait": column}, {**units, "wait": "s"}, ("submit", "start", "wait")))
    return bool(waits) and all(abs(start - submit - wait) <= _EQUAL_MS for _, submit, start, wait in waits)


def other_run_times(path: Path, columns: Mapping[str, str], units: Mapping[str, str]) -> str:
    """What to say where most run times are not what lies between start and end, "" where they are."""
    wrong, right = [], 0
    for line, start, end, runtime in _rows(path, columns, units, ("start", "end", "runtime")):
        if abs(end - start - runtime) <= max(_EQUAL_MS, (end - start) // 100):
            right += 1
        else:
            wrong.append((line, end - start, runtime))
    if len(wrong) <= right:
        return ""
    line, real, told = wrong[0]
    return (
        f"{Place(str(path), line, 1)}: {columns['runtime']} would be {format_duration(told)}, and from "
        f"{columns['start']} to {columns['end']} are {format_duration(real)}; these count, here and in all rows"
    )


def serial_days(path: Path, columns: Mapping[str, str], units: Mapping[str, str]) -> str:
    """What to say where submissions may be days as spreadsheets count them, "" where they are not."""
    texts = values_of(path, columns["submit"]) if units.get("submit") == "s" else []
    days = [float(text) for text in texts if is_number(text)]
    if not days or not _SERIAL[0] <= min(days) <= max(days) < _SERIAL[1]:
        return ""
    first = format_instant(round((min(days) - _EPOCH_DAY) * _DAY_MS))
    return f"{path}: {columns['submit']} counts as seconds; as days of a spreadsheet it would begin at {first}"


def days_alone(path: Path, columns: Mapping[str, str]) -> Iterator[str]:
    """What to say of each column of instants that has days without times of day."""
    for field in ("submit", "start", "end"):
        texts = values_of(path, columns[field]) if field in columns else []
        if texts and all(_DAY.fullmatch(text) for text in texts):
            yield f"{path}: {columns[field]} has days without times of day; they count as midnight"


def not_read(path: Path, trace: Mapping[str, Any]) -> str:
    """Which columns of a table an entry does not read, "" where it reads all."""
    preset = PRESETS.get(str(trace.get("preset")))
    columns = {**(preset.columns if preset is not None else {}), **trace.get("columns", {})}
    requests = columns.pop("requests", {})
    used = {one["column"] if isinstance(one, dict) else one for one in (*columns.values(), *requests.values())}
    used |= set(preset.where if preset is not None else ())
    left = [name for name in csv_header(path)[0] if name and name not in used]
    if not left:
        return ""
    pods = next((name for name in left if _PARTS.fullmatch(name.lower())), None)
    gpus = columns.get("gpus")
    each = f"columns: {{pods: {pods}, requests: {{nvidia.com/gpu: {gpus}}}}} of the trace entry"
    hint = f"; {gpus} is taken for that of the whole job, {each} takes it for that of each of {pods} pods"
    hint = hint if pods and gpus and not requests else ""
    return f"{path}: not read: {', '.join(left)}{hint}"


def cut_values(path: Path, trace: Mapping[str, Any]) -> tuple[list[Mistake], tuple[str, ...]]:
    """Values that sacct cut because their columns are too narrow: a mistake for each column of times, amounts, ids or
    states that cannot be told any more, and a note for each of names, which stay as they are. Of other tables than
    those for people nothing is read. Raises UnreadableTable."""
    preset = PRESETS.get(str(trace.get("preset")))
    mark = preset.step_mark if preset is not None else ""
    table = Table(path)
    rows = table.rows()
    header = next(rows, [])
    if table.fixed is None:
        return [], ()
    columns = {**trace.get("columns", {}), **{name: name for name in trace.get("where", {})}}
    named = {field: one["column"] if isinstance(one, dict) else one for field, one in columns.items()}
    used = {field: header.index(name) for field, name in named.items() if name in header}
    first: dict[str, tuple[Place, str]] = {}
    count: dict[str, int] = {}
    for cells in rows:
        if mark and "name" in used and mark in cells[used["name"]]:
            continue
        for field, index in used.items():
            if not table.fixed.is_cut(index, table.text) or _is_enough(field, cells[index]):
                continue
            first.setdefault(field, (Place(str(path), table.line, table.column(index)), cells[index]))
            count[field] = count.get(field, 0) + 1
    told = {field: _of_cut(named[field], text, count[field]) for field, (_, text) in first.items()}
    kept = [field for field in first if _is_name(field, named[field])]
    return (
        [Mistake(first[field][0], message) for field, message in told.items() if field not in kept],
        tuple(f"{first[field][0]}: {told[field]}; they are kept, equal ones as one name" for field in kept),
    )


def _is_enough(field: str, text: str) -> bool:
    """Whether what is left of a cut value says what is needed: ``CANCELLED+`` is a job that has ended."""
    return field == "state" and not may_be_unfinished(text.removesuffix(CUT))


def _is_name(field: str, column: str) -> bool:
    """Whether values are names for people, not times, amounts, states or ids."""
    if field == "name":
        return "id" not in column.lower()
    return field not in NAMES or field == "team"


def _of_cut(column: str, text: str, count: int) -> str:
    """What to say of a column with values that are cut."""
    more = f" and {count - 1:,} more of {column} are" if count > 1 else f" of {column} is"
    return f"{text!r}{more} cut off; sacct --parsable2 cuts nothing, --format {column}%80 after 80 characters"


def _rows(
    path: Path, columns: Mapping[str, str], units: Mapping[str, str], fields: tuple[str, str, str]
) -> Iterator[tuple[int, int, int, int]]:
    """The line and three times of the first rows, in milliseconds, as far as all three can be read."""
    if not set(fields) <= columns.keys():
        return
    rows = read_records(path)
    next(rows, None)
    for line, row in islice(rows, HEAD_ROWS):
        found: list[int] = []
        for field in fields:
            text, unit = (row.get(columns[field]) or "").strip(), UNITS[units.get(field, "s")]
            try:
                found.append(read_length(text, unit) if field in ("runtime", "wait") else read_time(text, unit))
            except ValueError:
                break
        else:
            yield line, found[0], found[1], found[2]
