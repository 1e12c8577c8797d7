"""How are the rows of each format read? CSV by columns, Slurm's SWF, and logs in JSON, as the trace entry says."""

from collections.abc import Callable, Collection, Mapping
from fractions import Fraction
from pathlib import Path

from kueue_sim.inputs.tables.table import csv_header
from kueue_sim.inputs.text.field import Field, near_miss
from kueue_sim.inputs.text.schema import TRACE_COLUMNS
from kueue_sim.inputs.traces.column_names import TIMES
from kueue_sim.inputs.traces.csv_rows import CsvRows
from kueue_sim.inputs.traces.json_rows import FIELDS as JSON_FIELDS
from kueue_sim.inputs.traces.json_rows import JsonRows
from kueue_sim.inputs.traces.presets import PRESETS
from kueue_sim.inputs.traces.rows import Rows
from kueue_sim.inputs.traces.swf import FIELDS, SwfRows
from kueue_sim.units import shortened

UNITS: Mapping[str, int | Fraction] = {
    "ns": Fraction(1, 1_000_000), "us": Fraction(1, 1000), "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000,
}  # fmt: skip
Found = tuple[Rows, bool, dict[str, Fraction]]
"""Rows, whether they name their team, and the scale of each request."""


def _swf_rows(entry: Field, path: Path) -> Found:
    _in_seconds(entry, "SWF")
    columns = entry.get("columns")
    columns.only("team")
    team = columns.get("team").choice(FIELDS, "queue")
    where = tuple((FIELDS.index(key), accepted) for key, accepted in _where(entry, FIELDS, "SWF"))
    return SwfRows(path, FIELDS.index(team), where), True, {}


def _json_rows(entry: Field, path: Path) -> Found:
    _in_seconds(entry, "a log in JSON")
    columns = entry.get("columns")
    columns.only("team")
    team = columns.get("team").choice(JSON_FIELDS, "")
    return JsonRows(path, team, _where(entry, JSON_FIELDS, "a log in JSON")), True, {}


def _in_seconds(entry: Field, what: str) -> None:
    """Refuses another unit of time for a format whose numbers are seconds."""
    unit = entry.get("timeUnit")
    if unit.present and unit.value != "s":
        unit.wrong(f"{shortened(unit.value)} is not the unit of {what}, whose numbers are seconds; leave timeUnit out")


def _where(entry: Field, names: Collection[str], what: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """The fields that decide which rows are wanted, with the texts that are accepted of them."""
    where = []
    for key, child in entry.get("where").entries():
        if key not in names:
            child.wrong(f"{what} has no field {key!r}; {near_miss(key, names)}", at_key=True)
        else:
            where.append((key, _accepted(child)))
    return tuple(where)


def _csv_rows(entry: Field, path: Path) -> Found | None:
    header, separator = csv_header(path)
    if not header:
        entry.get("file").wrong(f"{str(path)!r} is empty; its first line has to name the columns")
        return None
    columns = entry.get("columns")
    columns.only(*TRACE_COLUMNS)
    found: dict[str, int] = {}
    units: dict[int, int | Fraction] = {}
    for key, child in columns.entries():
        if key in TIMES and isinstance(child.value, dict):
            child.only("column", "unit")
            found[key] = _index(child.get("column"), child.get("column").text(), header)
            units[found[key]] = UNITS[child.get("unit").choice(UNITS, "s")]
        elif key in TRACE_COLUMNS and key != "requests":
            found[key] = _index(child, child.text(), header)
    runtime = {"runtime"} <= found.keys() or {"start", "end"} <= found.keys()
    if "submit" not in found or not runtime:
        if entry.get("preset").value in (None, *PRESETS):  # what a misspelt one has is not known
            columns.wrong(f"columns need submit, and runtime or start and end; the file has {', '.join(header)}")
        return None
    requests, scales = {}, {}
    for resource, child in columns.get("requests").entries():
        mapped = isinstance(child.value, dict)
        name = child.get("column") if mapped else child
        requests[resource] = _index(name, name.text(), header)
        scales[resource] = child.get("scale").exact(Fraction(1)) if mapped else Fraction(1)
    where = {_index(child, key, header): _accepted(child) for key, child in entry.get("where").entries()}
    unit = UNITS[entry.get("timeUnit").choice(UNITS, "s")]
    preset = PRESETS.get(str(entry.get("preset").value))
    steps = preset.step_mark if preset is not None and "name" in found else ""
    return CsvRows(path, separator, found, requests, where, unit, steps, units), "team" in found, scales


READERS: Mapping[str, Callable[[Field, Path], Found | None]] = {
    "csv": _csv_rows,
    "swf": _swf_rows,
    "json": _json_rows,
}
"""The reader of each format; None where it cannot be read at all."""


def _index(field: Field, name: str, header: list[str]) -> int:
    if name not in header:
        if name or field.value == "":  # what is no text at all is told already
            field.wrong(f"the file has no column {name!r}; {near_miss(name, header)}")
        return 0
    if header.count(name) > 1:
        field.wrong(f"{header.count(name)} columns of the file are named {name!r}")
    return header.index(name)


def _accepted(field: Field) -> frozenset[str]:
    values = field.value if isinstance(field.value, list) else [field.value]
    return frozenset(str(value) for value in values)
