"""How values of a generator are drawn: constants, the usual families, a column of a file, a mixture by size.

Every family draws from a ``Random`` it is given. Bounds ``min`` and ``max`` clip, so mean and median of a clipped
family are those before clipping.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import exp, gamma, log
from pathlib import Path
from random import Random

from kueue_sim.errors import InputError, Mistake, Place
from kueue_sim.inputs.tables.clocks import clock_ms
from kueue_sim.inputs.tables.decimals import told_mark, with_point
from kueue_sim.inputs.tables.opened import UnreadableTable
from kueue_sim.inputs.tables.table import csv_header, read_columns
from kueue_sim.inputs.text.field import Field, Report, Source, near_miss
from kueue_sim.inputs.text.files import Files
from kueue_sim.inputs.text.schema import DISTRIBUTION

Draw = Callable[[Random], float]
Read = Callable[[Field], float]
LARGEST_EXPONENT = 700.0
"""Larger powers of e are no numbers any more."""
WIDEST_SIGMA = 20.0
"""A logarithm of larger deviation leaves the range of numbers."""
SMALLEST_SHAPE = 0.1
"""Powers that families of smaller shape raise to leave the range of numbers."""
LARGEST_DRAW = float(2**53)
"""What is drawn is at most this, 285,000 years in milliseconds: whole numbers are exact up to here."""


_SHOWN = 20
"""So many wrong values of a file are shown."""


@dataclass(frozen=True, slots=True)
class Family:
    """How one distribution is read: ``read`` turns its parameters into values, ``files`` holds what they name."""

    field: Field
    read: Read
    files: Files

    @property
    def name(self) -> str:
        """The distribution that is asked for; a list of values is a choice."""
        return self.field.get("distribution").text("choice")

    def parameter(self, name: str) -> float:
        """A parameter in the unit of the values; a missing one is a mistake."""
        if not self.field.get(name).present:
            self.field.wrong(f"{self.name} needs {name}")
        return self.read(self.field.get(name))

    def shape(self, name: str = "shape") -> float:
        """A parameter without a unit, above 0."""
        if not self.field.get(name).present:
            self.field.wrong(f"{self.name} needs {name}")
        value = self.field.get(name).number(1.0)
        if value < SMALLEST_SHAPE:
            self.field.get(name).wrong(f"{value:g} is too small; at least {SMALLEST_SHAPE:g} is accepted")
            return 1.0
        return value

    def one_of(self, first: str, second: str) -> tuple[str, float]:
        """Whichever of two parameters is given, with its value; both or neither is a mistake."""
        given = [name for name in (first, second) if self.field.get(name).present]
        if len(given) != 1:
            self.field.wrong(f"{self.name} needs {first} or {second}, one of them")
        name = given[0] if given else first
        return name, self.read(self.field.get(name))


def distribution(field: Field, read: Read, files: Files) -> Draw:
    """How values are drawn; anything but a mapping is a constant."""
    if not isinstance(field.value, dict):
        constant = read(field)
        return lambda random: constant
    field.only(*DISTRIBUTION)
    low, high = field.get("min"), field.get("max")
    least = read(low) if low.present else -LARGEST_DRAW
    most = min(LARGEST_DRAW, read(high)) if high.present else LARGEST_DRAW
    implied = "choice" if field.get("values").present else "constant" if field.get("value").present else ""
    if not implied and not field.get("distribution").present:
        field.wrong(f"a distribution is missing; {near_miss('', FAMILIES)}")
        return lambda random: 0.0
    name = field.get("distribution").choice(FAMILIES, implied or "constant")
    if field.get("distribution").value not in (None, name):  # a misspelt family: what it needs is not known
        return lambda random: 0.0
    draw = FAMILIES[name](Family(field, read, files))
    return lambda random: min(most, max(least, draw(random)))


def _constant(family: Family) -> Draw:
    value = family.parameter("value")
    return lambda random: value


def _uniform(family: Family) -> Draw:
    low, high = family.parameter("low"), family.parameter("high")
    return lambda random: random.uniform(low, high)


def _exponential(family: Family) -> Draw:
    mean = family.parameter("mean") or 1.0
    return lambda random: random.expovariate(1 / mean)


def _lognormal(family: Family) -> Draw:
    sigma = family.field.get("sigma").number(1.0)
    if sigma > WIDEST_SIGMA:
        family.field.get("sigma").wrong(f"{sigma:g} is too large; at most {WIDEST_SIGMA:g} is accepted")
        sigma = WIDEST_SIGMA
    if family.field.get("median").present:
        center = log(max(1e-9, family.parameter("median")))
    else:
        if not family.field.get("mean").present:
            family.field.wrong("lognormal needs median or mean")
        center = log(max(1e-9, family.read(family.field.get("mean")))) - sigma**2 / 2
    return lambda random: exp(min(LARGEST_EXPONENT, random.gauss(center, sigma)))


def _weibull(family: Family) -> Draw:
    shape = family.shape()
    name, value = family.one_of("scale", "mean")
    scale = value if name == "scale" else value / gamma(1 + 1 / shape)
    return lambda random: random.weibullvariate(scale, shape)


def _gamma(family: Family) -> Draw:
    shape = family.shape()
    name, value = family.one_of("scale", "mean")
    scale = max(1e-9, value if name == "scale" else value / shape)
    return lambda random: random.gammavariate(shape, scale)


def _pareto(family: Family) -> Draw:
    shape, low = family.shape(), family.parameter("low")
    return lambda random: low * random.paretovariate(shape)


def _hyperexponential(family: Family) -> Draw:
    means, weights = _weighted(family, "means")
    return lambda random: random.expovariate(1 / max(1e-9, random.choices(means, weights)[0]))


def _choice(family: Family) -> Draw:
    values, weights = _weighted(family, "values")
    return lambda random: random.choices(values, weights)[0]


def _weighted(family: Family, name: str) -> tuple[list[float], list[float]]:
    """The values of a list with how often each is drawn."""
    field = family.field
    if field.get(name).value in (None, []):
        field.wrong(f"{family.name} needs {name}")
    values = [family.read(item) for item in field.get(name).items()] or [0.0]
    weights = [item.number(1.0) for item in field.get("weights").items()] or [1.0] * len(values)
    if len(weights) != len(values) or not sum(weights) > 0:
        field.get("weights").wrong(f"{len(weights)} weights for {len(values)} values, with a sum above 0")
        weights = [1.0] * len(values)
    return values, weights


def _empirical(family: Family) -> Draw:
    """Values of a column of a CSV file, each as often as it stands there; drawn with replacement."""
    field = family.field
    name, column = field.get("file"), field.get("column")
    column.needed("column")
    path = family.files.raw(name)
    values = [] if path is None or not column.present else list(_column(field, family.read, path))
    return (lambda random: random.choice(values)) if values else (lambda random: 0.0)


def _column(field: Field, read: Read, path: Path) -> Iterator[float]:
    """The values of the column that a field names; the first wrong ones are mistakes with their places."""
    column, mistakes = field.get("column").text(), field.report.mistakes
    before = len(mistakes)
    if not column:  # told already
        return
    try:
        header = csv_header(path)[0]
        if column not in header:
            field.get("column").wrong(f"there is no column {column!r}; {near_miss(column, header)}")
            return
        cells = [(place, cell) for ((place, cell),) in read_columns(path, [column]) if cell]
        decimal = told_mark((place.line, place.column, cell) for place, cell in cells).mark
        for place, cell in cells:
            yield _value(with_point(cell, decimal), place, read, field.report)
            if len(mistakes) - before >= _SHOWN:
                return
        if not cells:
            field.get("column").wrong(f"column {column!r} has no values")
    except UnreadableTable as error:
        mistakes.append(Mistake(Place(str(path), error.line, error.column), str(error)))
    except InputError as error:
        mistakes += error.mistakes


def _value(cell: str, place: Place, read: Read, report: Report) -> float:
    """The value of a cell; where that is none as it stands, a clock's reading such as ``1-02:03:04`` is a duration."""
    length, tried = clock_ms(cell), Report()
    source = Source("", {}, {(): place})
    value = read(Field(_plain(cell), source, tried))
    if tried.mistakes and length is not None:
        as_length = Report()
        in_ms = read(Field(f"{length}ms", source, as_length))
        if not as_length.mistakes:
            return in_ms
    report.mistakes += tried.mistakes
    return value


def _plain(cell: str) -> object:
    """A cell as a number where it is one."""
    try:
        return int(cell)
    except ValueError:
        pass
    try:
        return float(cell)
    except ValueError:
        return cell


def by_size(field: Field, read: Read, files: Files) -> Callable[[Random, int], float]:
    """How values are drawn that depend on the number of pods: ``{by: pods, of: [{upTo: 1, ...}, {...}]}``.

    The first entry whose ``upTo`` is not exceeded holds, the last one for all that is larger. Anything else is one
    distribution for every size.
    """
    if not isinstance(field.value, dict) or not field.get("by").present:
        draw = distribution(field, read, files)
        return lambda random, pods: draw(random)
    field.only("by", "of")
    field.get("by").choice(("pods",), "pods")
    cases: list[tuple[float, Draw]] = []
    for item in field.get("of").items():
        limit = item.get("upTo").optional_integer(minimum=1)
        rest = {key: value for key, value in item.mapping().items() if key != "upTo"}
        value = Field(rest, item.source, item.report, item.path)
        cases.append((float("inf") if limit is None else limit, distribution(value, read, files)))
    limits = [limit for limit, _ in cases]
    if not cases or limits != sorted(set(limits)):
        field.get("of").wrong("sizes go up from one entry to the next, and only the last has no upTo")
        return lambda random, pods: 0.0

    def draw_for(random: Random, pods: int) -> float:
        return next((draw for limit, draw in cases if pods <= limit), cases[-1][1])(random)

    return draw_for


FAMILIES: dict[str, Callable[[Family], Draw]] = {
    "constant": _constant,
    "uniform": _uniform,
    "exponential": _exponential,
    "lognormal": _lognormal,
    "weibull": _weibull,
    "gamma": _gamma,
    "pareto": _pareto,
    "hyperexponential": _hyperexponential,
    "choice": _choice,
    "empirical": _empirical,
}
