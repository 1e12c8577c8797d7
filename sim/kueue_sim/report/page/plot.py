"""Drawings of a page: curves, areas, bars and strips as SVG that stretches with the page, their labels as text.

A drawing is a few kilobytes, sharp on paper and as wide as its page. Its marks stand in units of their own, so that
the page's script can show another stretch of time by another view box and read the values under the pointer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from math import floor, log10

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kueue_sim.errors import printable
from kueue_sim.model.team_names import with_teams

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
WIDE, HIGH = 10_000, 4_000
"""Units across a panel and from its bottom to its top."""
INK = "currentColor"
_DRAIN = "#80808033"
"""The shade of a drain."""
_STEPS = (1, 2, 5, 10)
_LEVELS = 10
"""Shades of a strip."""
ENDLESS = 60
"""Where infinity is drawn, in units from the top."""
_SHORTEST = 8
"""Units across that a bar has at least, else nobody sees what took a moment."""


@dataclass(slots=True)
class Panel:
    """One area with values from 0 to ``top``, ``height`` pixels high. ``name`` stands before it, and ``rows`` are names
    at places from 0 (top) to 1 instead of ticks; a ``bare`` one has neither. Ticks are percents or whole numbers;
    an ``endless`` panel draws infinity at its upper edge."""

    height: int
    top: float = 1.0
    name: str = ""
    rows: Sequence[tuple[float, str]] = ()
    percent: bool = False
    whole: bool = False
    bare: bool = False
    endless: bool = False
    marks: list[str] = field(default_factory=list)

    def line(self, x: ArrayLike, y: ArrayLike, colour: str, label: str, dash: str = "") -> None:
        """A step curve: ``y`` holds from ``x`` (0 to 1, left to right) on; not a number leaves a gap."""
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        path = _curve(across(x), self._up(y))
        self.marks.append(
            f'<path class="curve" data-name="{literal(label)}" stroke="{colour}"{dashed} d="{path}"><title>'
            f"{literal(label)}</title></path>"
        )

    def area(self, x: ArrayLike, low: ArrayLike, high: ArrayLike, colour: str, label: str) -> None:
        """What lies between two step curves."""
        places = across(x)
        upper, lower = _curve(places, self._up(high)), _backwards(places, self._up(low))
        name = f' data-name="{literal(label)}"' if label else ""
        self.marks.append(f'<path class="filled"{name} fill="{colour}" d="{upper}{lower}z"/>')

    def bars(self, left: ArrayLike, right: ArrayLike, row: ArrayLike, rows: int, colour: str, thick: float) -> None:
        """Bars of one colour in ``row`` of ``rows``; ``thick`` is the part of a row that they fill."""
        starts = across(left)
        widths = np.maximum(across(right) - starts, _SHORTEST)
        places = _middle(row, rows)
        path = "".join(f"M{a} {y}h{w}" for a, y, w in zip(starts, places, widths, strict=True))
        if path:
            self.marks.append(f'<path stroke="{colour}" stroke-width="{thick * HIGH / rows:.4g}" d="{path}"/>')

    def pale(self, left: ArrayLike, right: ArrayLike, row: ArrayLike, rows: int, thick: float) -> None:
        """Stretches of bars that are less than they seem; those too short to be seen are left out."""
        starts = across(left)
        widths, places = across(right) - starts, _middle(row, rows)
        path = "".join(f"M{a} {y}h{w}" for a, y, w in zip(starts, places, widths, strict=True) if w)
        if path:
            self.marks.append(f'<path class="pale" stroke-width="{thick * HIGH / rows:.4g}" d="{path}"/>')

    def ends(self, at: ArrayLike, row: ArrayLike, rows: int, kind: str = "end") -> None:
        """A dark edge across a row, or as a ``seam`` one of the page's colour."""
        half = round(0.42 * HIGH / rows)
        path = "".join(f"M{x} {y - half}v{2 * half}" for x, y in zip(across(at), _middle(row, rows), strict=True))
        if path:
            self.marks.append(f'<path class="{kind}" d="{path}"/>')

    def strip(self, x: ArrayLike, values: ArrayLike, colour: str, label: str) -> None:
        """Shades over the whole height, darker for more of ``top``; ``values[i]`` holds from ``x[i]`` to ``x[i+1]``.
        With a label the pointer shows them."""
        places, numbers = across(x), np.nan_to_num(np.asarray(values, float), nan=0.0, posinf=self.top)
        levels = np.ceil(np.clip(numbers / (self.top or 1), 0, 1) * _LEVELS - 1e-9).astype(int)
        begins = np.flatnonzero(np.concatenate(([True], levels[1:] != levels[:-1])))
        stops = np.append(begins[1:], len(levels))
        for level in range(1, _LEVELS + 1):
            spans = [(places[a], places[b]) for a, b in zip(begins, stops, strict=True) if levels[a] == level]
            path = "".join(f"M{a} 0H{b}V{HIGH}H{a}z" for a, b in spans)
            if path:
                self.marks.append(f'<path fill="{colour}" fill-opacity="{level / _LEVELS:g}" d="{path}"/>')
        if label:
            self.told(numbers, label)

    def told(self, values: ArrayLike, label: str) -> None:
        """Values between equal steps across that the pointer shows."""
        texts = ",".join(f"{value:.3g}" for value in np.nan_to_num(np.asarray(values, float)))
        self.marks.append(f'<g class="strip" data-name="{literal(label)}" data-values="{texts}"/>')

    def _up(self, y: ArrayLike) -> Floats:
        values = np.asarray(y, float)
        places = HIGH - np.where(np.isfinite(values), values, np.nan) / (self.top or 1) * HIGH
        return np.where(np.isposinf(values), ENDLESS, places) if self.endless else places

    def drawn(self, lines: Iterable[float], drain: float | None = None) -> str:
        """The panel: its name, its ticks, its marks over lines at ``lines`` (0 to 1), shaded from ``drain`` on."""
        labels = self._labels()
        ticks = "".join(f'<span style="top:{100 * at:.5g}%">{literal(text)}</span>' for at, text in labels)
        level = "" if self.rows or self.bare else "".join(f"M0 {at * HIGH:.5g}H{WIDE}" for at, _ in labels)
        kind = ' class="rows"' if self.rows else ""
        share = (" data-percent" if self.percent else "") + (" data-endless" if self.endless else "")
        return (
            f'<div class="panel" style="height:{self.height}px"><b>{literal(self.name)}</b><div{kind}>{ticks}</div>'
            f'<div class="area"><div class="grid">{_grid(lines)}</div>'
            f'<svg viewBox="0 0 {WIDE} {HIGH}" preserveAspectRatio="none" data-top="{self.top:.6g}"{share} '
            f'role="img" aria-label="{literal(self.name or "drawing")}"><path class="level" d="{level}"/>'
            f"{_shade(drain)}{''.join(self.marks)}</svg></div></div>"
        )

    def _labels(self) -> list[tuple[float, str]]:
        if self.rows or self.bare:
            return list(self.rows)
        most = 2 if self.height < 80 else 4
        values = ticks(self.top, most, self.whole)
        labels = [(1 - value / (self.top or 1), f"{value:.0%}" if self.percent else f"{value:g}") for value in values]
        return [*labels, (ENDLESS / HIGH, "∞")] if self.endless else labels


@dataclass(frozen=True, slots=True)
class Across:
    """What runs from left to right: its words, its length in units of the axis, whether it is time of the run, from
    where on (0 to 1) that is the drain, and whether its units are things that are counted."""

    label: str
    span: float
    time: bool = True
    drain: float | None = None
    whole: bool = False

    def ticks(self) -> list[tuple[float, str]]:
        """Places from 0 to 1 and their texts."""
        return [(value / self.span, f"{value:g}") for value in ticks(self.span, 8, self.whole)]


def plot(panels: Sequence[Panel], axis: Across, legend: Sequence[tuple[str, str, str]] = (), more: str = "") -> str:
    """Panels over one axis; ``more`` goes along as it is.

    ``legend`` has (text, colour, kind), where the kind is area, line, dash, dots, dashdot or end. Panels with names, or
    rows with names, have room for them at the left.
    """
    places = axis.ticks()
    legend = [*legend, *([] if axis.drain is None else [("drain", _DRAIN, "area")])]
    keys = "".join(f'<span><i class="{kind}" style="color:{colour}"></i>{literal(text)}</span>'
                   for text, colour, kind in legend)  # fmt: skip
    named = " named" if any(panel.name or panel.rows for panel in panels) else ""
    kind = " time" if axis.time else ""
    texts = "".join(f'<span style="left:{100 * at:.5g}%">{text}</span>' for at, text in places)
    return (
        f'<div class="plot{named}{kind}" data-span="{axis.span:.10g}"><div class="legend">{keys}</div>'
        f"{''.join(panel.drawn((at for at, _ in places), axis.drain) for panel in panels)}"
        f'<div class="panel axis"><b></b><div></div><div class="ticks">{texts}</div></div>'
        f'<p class="label">{literal(axis.label)}</p>{more}</div>'
    )


def ticks(top: float, most: int, whole: bool = False) -> list[float]:
    """Round values from 0 to ``top``, at most ``most`` steps between them."""
    if top <= 0:
        return [0.0]
    size = 10.0 ** floor(log10(top / most))
    step = next(size * factor for factor in _STEPS if size * factor * most >= top * (1 - 1e-9))
    step = max(step, 1.0) if whole else step
    return [round(number * step, 10) for number in range(floor(top / step + 1e-9) + 1)]


def across(x: ArrayLike) -> Places:
    """Places from 0 to 1 in units of the drawing."""
    places: Places = np.rint(np.clip(np.asarray(x, float), 0, 1) * WIDE).astype(np.int64)
    return places


def literal(text: str) -> str:
    """Text of others as the page shows it: its markup and its control characters are shown, not obeyed;
    teams go by their names."""
    return escape(printable(with_teams(text)))


def _middle(row: ArrayLike, rows: int) -> Places:
    return np.rint((np.asarray(row, float) + 0.5) / rows * HIGH).astype(np.int64)


def _grid(lines: Iterable[float]) -> str:
    return "".join(f'<i style="left:{100 * at:.5g}%"></i>' for at in lines)


def _shade(drain: float | None) -> str:
    if drain is None:
        return ""
    return f'<path fill="{_DRAIN}" d="M{round(drain * WIDE)} 0H{WIDE}V{HIGH}H{round(drain * WIDE)}z"/>'


def _curve(x: Places, y: Floats) -> str:
    """Steps to the right and up or down; equal values are one step."""
    parts: list[str] = []
    now = np.nan
    for place, value in zip(x.tolist(), y.tolist(), strict=True):
        if value != value:
            parts += [] if now != now else [f"H{place}"]
        elif now != now:
            parts.append(f"M{place} {value:.0f}")
        elif value != now:
            parts.append(f"H{place}V{value:.0f}")
        now = value
    if len(x) and now == now:
        parts.append(f"H{x[-1]}")
    return "".join(parts)


def _backwards(x: Places, y: Floats) -> str:
    """The same steps from right to left, for the lower edge of an area."""
    parts, now = [f"V{y[-1]:.0f}"], float(y[-1])
    for index in range(len(x) - 1, 0, -1):
        value = float(y[index - 1])
        if value != now:
            parts.append(f"H{x[index]}V{value:.0f}")
            now = value
    return "".join([*parts, f"H{x[0]}"])


__all__ = ["HIGH", "INK", "WIDE", "Across", "Panel", "across", "literal", "plot", "ticks"]
