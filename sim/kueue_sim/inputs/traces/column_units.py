"""In which unit are the numbers of each column of times? As their names say, or the size of instants since 1970."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from kueue_sim.errors import InputError, Mistake, Place
from kueue_sim.inputs.traces.column_names import TIMES, told_unit, values_of
from kueue_sim.inputs.traces.rows import BeyondReason, exact_number, is_number

LENGTHS = ("runtime", "wait")
_PER_SECOND: Mapping[str, int | Fraction] = {
    "h": Fraction(1, 3600), "m": Fraction(1, 60), "s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9,
}  # fmt: skip
_LATEST_S = 10**11
"""Seconds since 1970 that nobody means: the year 5138."""
_FIRST_S = 10**8
"""Seconds since 1970 that instants of our time have at least: 1973."""


def units_of(path: Path, columns: Mapping[str, str], given: str | None) -> dict[str, str]:
    """The unit of each field whose column has numbers. ``given`` is that of columns that say none, seconds when None.

    Raises InputError where some columns are in another unit than seconds and others say none.
    """
    found: dict[str, str] = {}
    unsaid: list[str] = []
    for field in TIMES:
        name = columns.get(field, "")
        numbers = [value for value in values_of(path, name) if is_number(value)] if name else []
        if not numbers:
            continue
        told = told_unit(name)[1] or ("" if field in LENGTHS else _of_size(numbers, given))
        if not told and given is None:
            unsaid.append(name)
        found[field] = told or given or "s"
    other = next((field for field, unit in found.items() if unit != "s"), None)
    if other is not None and unsaid:
        message = (
            f"the numbers of {columns[other]!r} are in {found[other]}, and {unsaid[0]!r} does not say its unit; "
            "--time-unit ms, s, m or h is the unit of columns that say none"
        )
        raise InputError([Mistake(Place(str(path), 1, 1), message)])
    return found


def _of_size(numbers: list[str], given: str | None) -> str:
    """The unit that the size of instants tells, "" where it tells none, or the one that is ``given`` may be meant."""
    try:
        values = sorted(exact_number(text) or Fraction(0) for text in numbers)
    except BeyondReason:
        return ""
    middle = values[(len(values) - 1) // 2]
    if given is not None and middle < _LATEST_S * _PER_SECOND[given]:
        return ""
    sized = (unit for unit in ("s", "ms", "us", "ns") if middle < _LATEST_S * _PER_SECOND[unit])
    return next(sized, "") if middle >= _FIRST_S else ""
