"""What is asked of a metric: ``team-b.wait.p95 <= 30m``, ``utilisation >= 85%``, ``lost.gpu_hours > +10%``.

A limit is a duration for waits (bare numbers are seconds), a percentage or fraction for shares, else a number. A
limit with a sign is a change against a base: ``+10%`` in proportion, ``+30m`` or ``-5`` absolute, ``+2pp`` in
percentage points.
"""

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal

from kueue_sim.errors import InputError, Mistake
from kueue_sim.model import Policy
from kueue_sim.results.metrics.metric_path import MetricPath, Subjects, Unit, read_metric
from kueue_sim.units import format_duration, parse_duration

Comparison = Callable[[float, float], bool]
OPERATORS: dict[str, Comparison] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}
_BOUND = re.compile(r"(.+?)\s*(<=|>=|==|!=|<|>)\s*(.+)")
_ACCEPTED: dict[Unit, str] = {
    "s": "a duration such as 30m, or +10%, -30m against the base",
    "share": "a share such as 85% or 0.85, or +2pp, -10% against the base",
    "h": "a number of hours such as 50, or +10%, -5 against the base",
    "count": "a number, or +10%, -5 against the base",
    "money": "an amount such as 500, or +10%, -500 against the base",
    "index": "a number such as 0.9, or +10%, -0.05 against the base",
}


@dataclass(frozen=True, slots=True)
class Bound:
    """One condition. ``limit`` is in the metric's own unit, a fraction for ``relative`` changes."""

    text: str
    path: MetricPath
    operator: str
    limit: float
    change: Literal["", "absolute", "relative"] = ""

    def holds(self, value: float | None, base: float | None = None) -> bool | None:
        """Whether ``value`` meets the condition, for changes against ``base``; None when nothing was measured."""
        if value is None or (self.change and base is None):
            return None
        if self.change and base is not None:
            value = _change(value, base, self.change)
        return OPERATORS[self.operator](value, self.limit)


def _change(value: float, base: float, kind: str) -> float:
    if kind == "absolute":
        return value - base
    if base == 0:
        return 0.0 if value == 0 else inf if value > 0 else -inf
    return (value - base) / abs(base)


def read_bound(text: str, subjects: Subjects) -> Bound | str:
    """The condition a text states, or what is wrong with it."""
    match = _BOUND.fullmatch(text.strip())
    if match is None:
        return f"{text!r} is not of the form METRIC OPERATOR LIMIT, such as team-a.wait.p95 <= 30m"
    path = read_metric(match.group(1), subjects)
    if isinstance(path, str):
        return path
    limit, unit = match.group(3), path.metric.unit
    try:
        change, amount = _limit(limit, unit)
    except ValueError:
        return f"{limit!r} is no limit of {path.of}; accepted: {_ACCEPTED[unit]}"
    return Bound(text.strip(), path, match.group(2), amount, change)


def _limit(text: str, unit: Unit) -> tuple[Literal["", "absolute", "relative"], float]:
    """Kind and size of a limit. A change of a time needs its unit: +10 could be seconds, or mean percent. Raises
    ValueError."""
    signed = text[0] in "+-"
    sign, body = (-1.0 if text[0] == "-" else 1.0, text[1:]) if signed else (1.0, text)
    if body.endswith("pp") and unit == "share" and signed:
        return "absolute", sign * float(body[:-2]) / 100
    if body.endswith("%"):
        if not signed and unit != "share":
            raise ValueError(text)
        return ("relative" if signed else ""), sign * float(body[:-1]) / 100
    if unit == "s":
        bare = re.fullmatch(r"[0-9.]+", body) and (not signed or not float(body))
        amount = float(body) if bare else parse_duration(body) / 1000
    else:
        amount = float(body.removesuffix("h") if unit == "h" else body)
    return ("absolute" if signed else ""), sign * amount


def read_bounds(texts: Sequence[str], policy: Policy, what: str) -> tuple[Bound, ...]:
    """All conditions understood; ``what`` names them in messages. Raises InputError with all mistakes."""
    subjects = Subjects(policy)
    found = [read_bound(text, subjects) for text in texts]
    wrong = [f"{what} {text!r}: {item}" for text, item in zip(texts, found, strict=True) if isinstance(item, str)]
    if wrong:
        raise InputError([Mistake(None, message) for message in wrong])
    return tuple(item for item in found if isinstance(item, Bound))


def shown(value: float | None, unit: Unit, signed: bool = False) -> str:
    """A value for people: ``1h 30m``, ``84.5 %``, ``1,234.5``; a dash when there is none."""
    if value is None:
        return "–"
    plus = "+" if signed and value > 0 else ""
    if unit == "s":
        return plus + format_duration(_readable(value * 1000))
    if unit == "share":
        return f"{plus}{round(value * 100, 1) + 0.0:.1f} {'pp' if signed else '%'}"
    if unit == "money" and abs(value) < 100:
        return f"{plus}{round(value, 2) + 0.0:,.2f}"
    if unit == "index":
        digits = 3 if abs(value) < 10 else 1
        return f"{plus}{round(value, digits) + 0.0:,.{digits}f}"
    return f"{plus}{value:,.0f}" if value == round(value) else f"{plus}{value:,.1f}"


OPEN_ENDS = (
    "≥: work that had not come so far when the run ended counts with its time until then, so the true figure is at "
    "least this; *: leaves such work out. A drain (--drain) ends all waits."
)
"""What the marks of figures with open ends mean."""


def figure_text(value: float | None, path: MetricPath, is_open: bool) -> str:
    """A value for people, marked where it has open ends: ``≥ 2h`` where it is a lower bound, else ``2h*``."""
    return marked(shown(value, path.metric.unit), is_open and value is not None, path.lower_bound)


def marked(text: str, is_open: bool, lower_bound: bool = False) -> str:
    """A figure with the mark of its open ends, if it has any."""
    return text if not is_open else f"≥ {text}" if lower_bound else f"{text}*"


def _readable(ms: float) -> float:
    """Whole seconds from ten seconds on: nobody reads the milliseconds of a long wait."""
    return round(ms / 1000) * 1000 if abs(ms) >= 10_000 else ms


__all__ = ["OPEN_ENDS", "OPERATORS", "Bound", "figure_text", "marked", "read_bound", "read_bounds", "shown"]
