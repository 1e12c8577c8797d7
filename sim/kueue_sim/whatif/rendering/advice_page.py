"""Advice as one self-contained page: what to change, what it brings, what less and more would cost, and the
commands."""

from math import isfinite
from typing import TYPE_CHECKING

from kueue_sim.report.charts.chart_style import PALETTE
from kueue_sim.report.page.drawing import chart
from kueue_sim.report.page.html import Marked, Section, code, page, prose, table, together
from kueue_sim.results.metrics.conditions import OPEN_ENDS, figure_text, shown
from kueue_sim.whatif.rendering.advice_text import (
    about_frontier,
    basis,
    effort,
    frontier_row,
    measured,
    verdict,
)
from kueue_sim.whatif.rendering.comparison_plots import new_axes, tell_zeros

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kueue_sim.whatif.advising.advice import Advice


def advice_page(advice: "Advice") -> str:
    """The change and how sure it is first, then the objectives, the frontier and what to apply."""
    found = advice.remedy
    commands = "" if found is None else "\n".join(found.commands) or found.manifests
    sections = [
        prose("Advice", *verdict(advice)),
        _objectives(advice),
        _frontier(advice),
        code("To apply", commands),
        prose("Notes", *advice.notes, *(() if found is None else found.notes)),
    ]
    return page(f"{advice.title}: advice", sections, effort(advice))


def _objectives(advice: "Advice") -> Section:
    fresh = advice.told
    rows: list[tuple[str, ...]] = []
    for index, bound in enumerate(advice.objectives):
        unit, path = bound.path.metric.unit, bound.path.text
        now, then = measured(advice.present, bound.path), measured(advice.nearest, bound.path)
        met = bound.holds(advice.nearest.means.get(path), advice.present.means.get(path))
        ends = "exact" if advice.exact else "–"
        if fresh is not None:
            item = fresh.objectives[index]
            now, then = (
                figure_text(item.now, bound.path, item.now_open),
                figure_text(item.then, bound.path, item.then_open),
            )
            met = item.met
            ends = f"{shown(item.low, unit)} to {shown(item.high, unit)}"
        said = Marked("yes", "better") if met else Marked("no", "worse")
        rows.append((bound.text, said, now, then, ends))
    note = f"{basis(advice)}. {OPEN_ENDS}" if advice.has_open_ends else basis(advice)
    return table("Objectives", ("objective", "met", "now", "then", "interval"), rows, note, text_columns=2)


def _frontier(advice: "Advice") -> Section:
    heading, about = "What less and more would cost", about_frontier(advice)
    held = () if advice.exact else ("seeds that hold",)
    heads = ("change", "cost", *(bound.path.text for bound in advice.objectives), "missed by", *held)
    rows = [frontier_row(advice, item) for item in advice.frontier]
    if not any(item.excess for item in advice.tried):
        return table(heading, heads, rows, about)  # Where nothing misses, a picture says less than the table.
    drawing = chart(heading, lambda width: frontier_plot(advice, width), about)
    return together(heading, drawing, table(heading, heads, rows))


def frontier_plot(advice: "Advice", width: float = 9.0) -> "Axes":
    """By how much the worst objective is missed, over what a change costs."""
    ax = new_axes(width, 3.2)
    known = [item for item in advice.frontier if isfinite(item.excess)]
    tried = [item for item in advice.tried if isfinite(item.excess)]
    ax.plot(
        [item.move.cost for item in tried], [100 * item.excess for item in tried], "o", color="#8a8a8a", markersize=4,
        label="tried",
    )  # fmt: skip
    ax.step(
        [item.move.cost for item in known], [100 * item.excess for item in known], "o-", where="post",
        color=PALETTE[0], label="not beaten",
    )  # fmt: skip
    ax.set_xlabel("cost")
    ax.set_ylabel("worst objective missed by (%)")
    tell_zeros(ax)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize="small")
    return ax
