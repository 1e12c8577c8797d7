"""A backtest as one self-contained page: the verdict, the first difference, the errors of starts, what is not known."""

from typing import TYPE_CHECKING

from kueue_sim.report.charts.chart_style import PALETTE
from kueue_sim.report.page.html import cards, page, prose, table
from kueue_sim.report.text.wording import amount, share
from kueue_sim.units import format_moment
from kueue_sim.whatif.backtesting.backtest import Backtest
from kueue_sim.whatif.rendering.backtest_text import HEADS, cells

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def backtest_page(found: Backtest) -> str:
    """The page as one text."""
    recorded, simulated = found.preemptions
    resource, real, ours, distance = found.used
    figures = [
        (share(found.same / found.decisions if found.decisions else None), "of decisions at the same second"),
        (share(found.rows[0].right if found.rows else None), "of first starts right"),
        (f"{simulated} / {recorded}", "preemptions simulated / recorded"),
        (f"{amount(ours)} / {amount(real)}", f"{resource} in use, simulated / recorded"),
        (amount(distance), f"{resource}, mean distance of the curves"),
    ]
    parting = found.parting
    first = []
    if parting is not None:
        first = [
            f"After {format_moment(parting.at_ms)}.",
            *(f"Recorded: {text}" for text in parting.recorded or ("nothing else",)),
            *parting.recorded_says,
            *(f"Simulated: {text}" for text in parting.simulated or ("nothing else",)),
            *parting.simulated_says,
        ]
    note = f"Right: {found.right}."
    sections = [
        prose("May it be trusted here?", found.verdict),
        cards("How near", figures),
        prose("First difference", *first),
        table("Waits to the first start", HEADS, [cells(row) for row in found.rows], note, text_columns=2),
        prose("What the replay does not know", *found.unknown),
    ]
    return page(f"{found.title}: backtest", sections, f"{found.jobs} workloads, {found.decisions} decisions")


def waits_plot(found: Backtest, width: float = 9.0) -> "Axes":
    """Mean waits to the first start, recorded and simulated, by team and size."""
    from kueue_sim.whatif.rendering.comparison_plots import new_axes

    ax = new_axes(width, 1.2 + 0.45 * max(1, len(found.rows)))
    names = [f"{row.team} {row.size}".strip() for row in found.rows]
    waits = {
        "recorded": [row.recorded_wait_s / 60 for row in found.rows],
        "simulated": [(row.simulated_wait_s or 0.0) / 60 for row in found.rows],
    }
    for number, (name, minutes) in enumerate(waits.items()):
        places = [place + 0.4 * number for place in range(len(names))]
        ax.barh(places, minutes, height=0.38, label=name, color=PALETTE[number])
    ax.set_yticks([place + 0.2 for place in range(len(names))], names)
    ax.invert_yaxis()
    ax.set_xlabel("mean wait to the first start (minutes)")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize="small")
    return ax
