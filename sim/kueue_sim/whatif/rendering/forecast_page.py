"""A forecast as one self-contained page: when each workload starts, what it waits for, what would help."""

from typing import TYPE_CHECKING

from kueue_sim.model.team_names import with_teams
from kueue_sim.report.charts.chart_style import PALETTE, time_unit
from kueue_sim.report.page.drawing import chart
from kueue_sim.report.page.html import Section, page, prose, table
from kueue_sim.whatif.rendering.comparison_plots import name_rows, new_axes
from kueue_sim.whatif.rendering.forecast_text import circumstances, time_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kueue_sim.whatif.forecasting.forecast import Forecast, StartForecast

SHARES = (0.1, 0.5, 0.9)


def forecast_page(forecast: "Forecast") -> str:
    """What the times are worth, the times, drawn and in a table, then what each workload waits for."""
    title = f"{forecast.title}, seen from {forecast.seen_from}"
    if not forecast.starts:
        return page(title, [prose("Start", "Nothing waits.")])
    rows = [
        (item.workload, item.team, *(time_of(item, share) for share in SHARES), str(item.before))
        for item in forecast.starts
    ]
    sections = [
        chart("When it starts", lambda width: starts_plot(forecast, width), _marks(forecast)),
        table("Times", ("workload", "queue", "p10", "p50", "p90", "before it"), rows, text_columns=2),
        _reasons(forecast),
    ]
    how, *worth = circumstances(forecast)
    return page(title, [prose("How sure", *worth), *sections], how)


def _marks(forecast: "Forecast") -> str:
    """What the marks of the drawing mean, as far as there are any."""
    beyond = any(item.quantile(max(SHARES)) is None and not item.never for item in forecast.starts)
    never = any(item.never for item in forecast.starts)
    marks = ["p10 to p90, with the median"]
    marks += ["arrow: it may lie beyond what was looked at"] if beyond else []
    return "; ".join([*marks, *(["cross: never"] if never else [])])


def _reasons(forecast: "Forecast") -> Section:
    rows = [
        (
            item.workload,
            item.message or "starts at once",
            _help(item),
        )
        for item in forecast.starts
    ]
    return table("What it waits for", ("workload", "waits for", "would start now with"), rows, text_columns=3)


def _help(item: "StartForecast") -> str:
    if item.changes is None:
        return "not looked for" if item.message else "–"
    return "; ".join(str(change) for change in item.changes) or "no change of its own quota or priority alone"


def starts_plot(forecast: "Forecast", width: float = 9.0) -> "Axes":
    """A line from p10 to p90 and the median for each workload; an arrow where it may lie beyond what was looked at, a
    cross where it never starts."""
    ax = new_axes(width, 1.2 + 0.32 * len(forecast.starts))
    ahead = max(item.ahead_ms for item in forecast.starts)
    ends = [at for item in forecast.starts for share in SHARES if (at := item.quantile(share)) is not None]
    size, unit = time_unit(max(ends, default=ahead))
    edge = 1.05 * max(ends, default=ahead) / size or 1.0
    for row, item in enumerate(forecast.starts):
        low, middle, high = (item.quantile(share) for share in SHARES)
        start = edge if low is None else low / size
        ax.plot([start, edge if high is None else high / size], [row, row], "-", color=PALETTE[0], linewidth=2.5)
        if middle is not None:
            ax.plot([middle / size], [row], "o", color=PALETTE[0])
        if high is None:
            ax.plot([edge], [row], "x" if item.never else ">", color=PALETTE[5])
    name_rows(ax, [with_teams(item.workload) for item in forecast.starts])
    ax.set_xlim(left=0)
    ax.set_xlabel(f"{unit} from now")
    ax.spines[["top", "right"]].set_visible(False)
    return ax
