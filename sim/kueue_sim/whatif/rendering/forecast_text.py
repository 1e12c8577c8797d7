"""A forecast as plain text: when each workload starts, what it waits for, what would help."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from kueue_sim.report.text.console import WIDTH, Words, plain_text
from kueue_sim.report.text.wording import count
from kueue_sim.units import format_duration
from kueue_sim.whatif.forecasting.correction import ENOUGH

if TYPE_CHECKING:
    from kueue_sim.whatif.forecasting.forecast import Forecast, StartForecast

_WHOLE_MINUTES_MS = 600_000
"""From here on seconds mean nothing."""
MOST_EXPLAINED = 5
"""Workloads whose reasons are printed; the others are in the table."""


def forecast_text(forecast: "Forecast", width: int = WIDTH) -> str:
    """The whole forecast, lines without trailing spaces."""
    return plain_text(lambda console: print_forecast(forecast, console), width)


def print_forecast(forecast: "Forecast", console: Console) -> None:
    """A table of start times, then reasons and remedies one by one."""
    console.print(Words(f"{forecast.title}, seen from {forecast.seen_from}", style="bold"))
    if not forecast.starts:
        console.print(Words("Nothing waits."))
        return
    for line in circumstances(forecast):
        console.print(Words(line, style="dim"))
    console.print()
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    table.add_column("workload", overflow="fold")
    table.add_column("queue", overflow="fold")
    for name in ("p10", "p50", "p90", "before it"):
        table.add_column(name, justify="right", no_wrap=True)
    for item in forecast.starts:
        times = [time_of(item, share) for share in (0.1, 0.5, 0.9)]
        table.add_row(Words(item.workload), Words(item.team), *times, str(item.before))
    console.print(table)
    for item in forecast.starts[:MOST_EXPLAINED]:
        _explain(item, console)
    rest = len(forecast.starts) - MOST_EXPLAINED
    if rest > 0:
        console.print()
        told = "tells what it waits for and what would help"
        console.print(
            Words(f"and {count(rest, 'more workload')}; the name of one behind the scenario {told}", style="dim")
        )


def circumstances(forecast: "Forecast") -> list[str]:
    """How many futures there were, what cut them short, what was learned from, and whether the past corrected them."""
    of = f" of {forecast.asked}" if forecast.asked > forecast.seeds else ""
    cut = f"time was over before the end of {forecast.cut} of them; what had not started there counts as latest"
    lines = [f"{forecast.seeds}{of} futures; times from now on to the first admission"]
    lines += [cut] if forecast.cut else []
    lines += [forecast.learned] if forecast.learned else []
    lines += [f"no time was left for {' and '.join(forecast.left_out)}"] if forecast.left_out else []
    return [*lines, _checked(forecast)]


def _checked(forecast: "Forecast") -> str:
    """What earlier forecasts of the same past were worth, and what was made of that."""
    if forecast.untried:
        return "as drawn: not held against earlier forecasts, which were not tried"
    if forecast.correction is None:
        needed = f"it takes {ENOUGH} earlier forecasts with a known end"
        return f"as drawn: too little has happened before to learn from ({needed})"
    held, known = forecast.kept(0.9)
    told = f"corrected: of {known} earlier promises like these, made for nine cases in ten, {held} held as drawn"
    if not forecast.correction.far:
        return told
    return f"{told}; they missed by far, so that past was decided under another policy, or much of it is not known"


def time_of(item: "StartForecast", share: float) -> str:
    """When it has started with this probability, for people."""
    if item.never:
        return "never"
    at = item.quantile(share)
    if at is None:
        return f"> {_rounded(item.later_than(share))}"
    if at == 0:
        return "at once"
    return _rounded(at)


def _rounded(ms: int) -> str:
    return format_duration(round(ms, -3) or ms if ms < _WHOLE_MINUTES_MS else round(ms / 60_000) * 60_000)


def _explain(item: "StartForecast", console: Console) -> None:
    if not item.message:
        return
    console.print()
    console.print(Words(item.workload, style="bold"))
    lines = [f"waits for: {item.message}"]
    lines += [change.promise for change in item.changes or ()]
    if item.never:
        lines.append("never starts, whoever ends, as long as nobody changes policy, nodes or the work itself")
    if item.changes == ():
        lines.append("no change of its own quota or priority alone would start it now")
    for line in lines:
        console.print(Padding(Words(line), (0, 0, 0, 2)))
