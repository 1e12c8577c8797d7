"""A sweep as plain text: the mean of each metric that is told at each point."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from kueue_sim.report.text.console import WIDTH, Words, plain_text
from kueue_sim.results.metrics.conditions import OPEN_ENDS, figure_text, shown
from kueue_sim.results.metrics.metric_path import MetricPath

if TYPE_CHECKING:
    from kueue_sim.whatif.sweeping.sweep import Sweep


def sweep_text(sweep: "Sweep", width: int = WIDTH) -> str:
    """Means over seeds, and what failed; lines without trailing spaces."""
    return plain_text(lambda console: print_sweep(sweep, console), width)


def print_sweep(sweep: "Sweep", console: Console) -> None:
    """One row per point, one column per metric that is told: of everybody, and of whom somebody asked about."""
    console.print(Words(sweep.title, style="bold"))
    console.print(Words(f"{sweep.extent} · {sweep.basis}", style="dim"))
    console.print()
    paths = sweep.told
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    for name in sweep.varied:
        table.add_column(Words(_in_two_lines(sweep.names[name])), overflow="fold", justify="right")
    for path in paths:
        table.add_column(Words(path.text), justify="right", overflow="fold")
    means = {path.text: sweep.means(path.text) for path in paths}
    errors = {path.text: sweep.errors(path.text) for path in paths}
    ends = {path.text: sweep.open_ends(path.text) for path in paths}
    for index, point in enumerate(sweep.points):
        settings = dict(point)
        cells = [Words(settings.get(name, "–")) for name in sweep.varied]
        cells += [
            Words(_cell(path, means[path.text][index], errors[path.text][index], ends[path.text][index]))
            for path in paths
        ]
        table.add_row(*cells)
    console.print(table)
    if any(any(found) for found in ends.values()):
        console.print(Words(OPEN_ENDS, style="dim"))
    for line in (*sweep.unplaced, *sweep.rounds):
        console.print(Words(line, style="yellow"))
    for note in sweep.notes:
        console.print(Words(note, style="dim"))
    for reason in dict.fromkeys(f"{o.stage}: {o.reason}" for o in sweep.outcomes if o.failed):
        console.print(Words(f"failed: {reason}", style="red"))


def _in_two_lines(name: str) -> str:
    """The object above its property, so that columns are no wider than they must be."""
    thing, dot, field = name.rpartition(".")
    return f"{thing}\n{field}" if dot else name


def _cell(path: MetricPath, mean: float | None, error: float | None, is_open: bool) -> str:
    text = figure_text(mean, path, is_open)
    return text if error is None else f"{text} ± {shown(error, path.metric.unit)}"
