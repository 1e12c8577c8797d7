"""Plots of many runs: axes in, axes out. Colours are Okabe and Ito's, told apart also by marker or dash."""

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kueue_sim.report.charts.chart_style import PALETTE, scale
from kueue_sim.report.text.wording import told_apart

if TYPE_CHECKING:
    from kueue_sim.whatif.comparing.comparison import Comparison

NARROW = 6.0
"""Figures below this width in inches break their labels."""
LETTERS = 10
"""So many letters of a label have room in an inch."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def new_axes(width: float = 9, height: float = 4.5) -> Axes:
    """Axes on a figure of their own, independent of pyplot's global state."""
    return Figure(figsize=(width, height), layout="constrained").add_subplot()


def labels(names: Sequence[str], width: float) -> list[str]:
    """Names that have room beside a figure of so many inches; tables have them in full."""
    return told_apart(names, max(12, int(width * LETTERS / 2.5)))


def name_rows(ax: Axes, names: Sequence[str]) -> None:
    """A name for each row of a drawing, the first one on top; the outer rows keep off the frame."""
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)


def tell_zeros(ax: Axes) -> None:
    """An axis upwards on which all values are zero goes up to one, not to some parts of a hundred on either side."""
    if not any(ax.dataLim.intervaly):
        ax.set_ylim(-0.05, 1)


def intervals(comparison: "Comparison", metric: str, ax: Axes | None = None, width: float = 9) -> Axes:
    """Differences from the base with their intervals, one line per team, one mark per variant."""
    rows = [row for row in comparison.rows if row.path.of == metric]
    teams = list(dict.fromkeys(row.team for row in rows))
    names = [samples.name for samples in comparison.variants]
    ax = new_axes(width, 1.6 + 0.3 * len(teams) * max(1, len(names)) ** 0.5) if ax is None else ax
    size, unit = scale(
        [end for row in rows for end in (row.found.mean, row.found.low or 0, row.found.high or 0)], rows[0].unit
    )
    for number, name in enumerate(names):
        mine = [row for row in rows if row.variant == name]
        at = np.array([teams.index(row.team) for row in mine]) + (number + 0.5) / len(names) * 0.7 - 0.35
        mean = np.array([row.found.mean for row in mine]) / size
        low = np.array([row.found.mean if row.found.low is None else row.found.low for row in mine]) / size
        high = np.array([row.found.mean if row.found.high is None else row.found.high for row in mine]) / size
        ax.errorbar(
            mean, at, xerr=[mean - low, high - mean], label=name, linestyle="none", capsize=2, markersize=5,
            marker=MARKERS[number % len(MARKERS)], color=PALETTE[number % len(PALETTE)],
        )  # fmt: skip
        ends = np.array([any(row.open_ends) for row in mine])
        ax.plot(
            mean[ends], at[ends], MARKERS[number % len(MARKERS)], markersize=5, markerfacecolor="white",
            color=PALETTE[number % len(PALETTE)], zorder=3,  # above the filled ones of the intervals
        )  # fmt: skip
    ax.axvline(0, color="black", linewidth=0.8)
    name_rows(ax, labels(teams, width))
    if not any(ax.dataLim.intervalx):
        ax.set_xlim(-1, 1)
    better = rows[0].path.metric.better
    hint = f", {better} is better" if better else ""
    hint += ", hollow: with open ends" if any(any(row.open_ends) for row in rows) else ""
    unit = "percentage points" if unit == "%" else unit
    parts = (f"{metric}:", f"difference from {comparison.base.name}", f"({unit}{hint})")
    broken = "\n".join(fill(part, int(width * LETTERS)) for part in parts)
    ax.set_xlabel(broken if width < NARROW else " ".join(parts))
    ax.spines[["top", "right"]].set_visible(False)
    if len(names) > 1:
        columns = 1 if width < NARROW else 3
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, frameon=False, fontsize="small")
    return ax
