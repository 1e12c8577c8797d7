"""Which values are tried? ``path=1,2,4``, ``path=8..64:8`` and lists of changes, as the points of a sweep."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import product
from math import prod

from kueue_sim.errors import InputError, Mistake
from kueue_sim.model.team_names import short_name, with_teams

Settings = tuple[tuple[str, str], ...]
"""Path and value (as text, read as YAML) of each change of a point."""
_RANGE = re.compile(r"(-?[\d.]+)\.\.(-?[\d.]+)(?::([\d.]+))?")
MOST_VALUES = 10_000
"""Values of one range."""
MOST_POINTS = 100_000
"""Points of a sweep; each is run once for every seed."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A path and the values it takes, in order."""

    path: str
    values: tuple[str, ...]


def read_axis(text: str) -> Axis:
    """``path=1,2,4``, ``path=low..high:step`` (step 1 when left out), or amounts that move: ``team-a -> team-b 1,2``.
    Raises InputError."""
    path, separator, body = text.rpartition("=")
    if not separator and "->" in text:
        path, separator, body = text.strip().rpartition(" ")
    if not separator or not path.strip() or not body.strip():
        problem = f"{text!r} is not of the form PATH=VALUE,VALUE, PATH=LOW..HIGH:STEP or GIVER -> TAKER AMOUNT,AMOUNT"
        raise InputError([Mistake(None, problem)])
    found = _RANGE.fullmatch(body.strip())
    values = _range(text, *found.groups()) if found else tuple(part.strip() for part in body.split(","))
    if len(set(values)) < len(values) or "" in values:
        raise InputError([Mistake(None, f"{text!r}: each value once, and none left out")])
    return Axis(path.strip(), values)


def _range(text: str, low: str, high: str, step: str | None) -> tuple[str, ...]:
    """The values of a range; the highest is among them only if the steps meet it."""
    try:
        first, last, width = Decimal(low), Decimal(high), Decimal(step or "1")
    except InvalidOperation:
        raise InputError([Mistake(None, f"{text!r}: the ends of a range are numbers")]) from None
    if width <= 0 or last < first or (last - first) / width > MOST_VALUES:
        problem = f"a range goes up in steps above 0, {MOST_VALUES} at most"
        raise InputError([Mistake(None, f"{text!r}: {problem}")])
    return tuple(format((first + width * index).normalize(), "f") for index in range(int((last - first) / width) + 1))


def read_case(text: str) -> Settings:
    """``a=1; b=2`` as one point. Raises InputError."""
    settings = []
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        path, separator, value = part.rpartition("=")
        if not separator and "->" in part:
            path, separator, value = part.rpartition(" ")
        if not separator or not path:
            raise InputError([Mistake(None, f"case {text!r}: {part!r} is not of the form PATH=VALUE")])
        settings.append((path.strip(), value.strip()))
    return tuple(settings)


def axes_of(grid: Mapping[str, Sequence[object]]) -> list[Axis]:
    """The axes of the Python API: path to values."""
    return [Axis(path, tuple(_text(value) for value in values)) for path, values in grid.items()]


def _text(value: object) -> str:
    """A value as YAML would have it."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def points(axes: Sequence[Axis], cases: Sequence[Settings]) -> list[Settings]:
    """Every combination of the axes' values, the last axis fastest; with cases, each case with each combination.

    Raises InputError when there are none, or more than ``MOST_POINTS``.
    """
    number = prod((len(axis.values) for axis in axes), start=len(cases) or 1)
    if number > MOST_POINTS:
        raise InputError([Mistake(None, f"{number:,} points; a sweep takes {MOST_POINTS:,} at most")])
    combinations = [
        tuple(zip((axis.path for axis in axes), values, strict=True))
        for values in product(*(axis.values for axis in axes))
    ]
    found = [case + combination for case in (cases or [()]) for combination in combinations]
    if found == [()]:
        raise InputError([Mistake(None, "a sweep needs at least one axis or case")])
    return list(dict.fromkeys(found))


def number_of(value: str) -> float | None:
    """A setting as a number for axes of plots, None if it is none."""
    try:
        return float(value)
    except ValueError:
        return None


def label(point: Settings, names: Mapping[str, str]) -> str:
    """A point in few letters: the name of each path with its value."""
    return ", ".join(f"{names[path]}={value}" for path, value in point)


def names_of(paths: Iterable[str]) -> dict[str, str]:
    """Each path in few letters: object and property, ``team-a.nominalQuota``, or all but the kind where that would
    stand for two of them."""
    paths = tuple(paths)
    alike = Counter(_short(path) for path in paths)
    return {path: _short(path) if alike[_short(path)] == 1 else with_teams(path.partition(".")[2]) for path in paths}


def _short(path: str) -> str:
    parts = path.split(".")
    return ".".join([short_name(parts[1]), parts[-1]]) if len(parts) > 2 else path
