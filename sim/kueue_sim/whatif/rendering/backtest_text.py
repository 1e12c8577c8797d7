"""A backtest as one page: the verdict, the first difference, the errors by team and size, what is not known."""

from rich.console import Console
from rich.table import Table

from kueue_sim.report.text.console import WIDTH, Words, plain_text
from kueue_sim.units import format_duration, format_moment
from kueue_sim.whatif.backtesting.backtest import Backtest, Parting, Row

HEADS = ("team", "size", "jobs", "recorded wait", "simulated", "simulated - recorded", "95 %", "right")


def backtest_text(found: Backtest, width: int = WIDTH) -> str:
    """The page, lines without trailing spaces."""
    return plain_text(lambda console: print_backtest(found, console), width)


def print_backtest(found: Backtest, console: Console) -> None:
    """The page on a console."""
    console.print(Words(f"{found.title}: {found.jobs} workloads, {found.decisions} decisions", style="bold"))
    console.print(Words(found.verdict))
    console.print(Words(f"{found.same} of {found.decisions} decisions are the same at the same second"))
    recorded, simulated = found.preemptions
    console.print(Words(f"preemptions: {recorded} recorded, {simulated} simulated"))
    resource, real, ours, distance = found.used
    console.print(
        Words(f"{resource} in use, mean: {real:.4g} recorded, {ours:.4g} simulated; curves {distance:.4g} apart")
    )
    if found.parting is not None:
        _print_parting(found.parting, console)
    console.print()
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    for number, name in enumerate(HEADS):
        table.add_column(name, justify="left" if number < 2 else "right", overflow="fold")
    for row in found.rows:
        table.add_row(*map(Words, cells(row)))
    console.print(table)
    if found.unknown:
        console.print()
        console.print(Words("What the replay does not know", style="bold"))
        for line in found.unknown:
            console.print(Words(f"  {line}"))


def cells(row: Row) -> tuple[str, ...]:
    """A line of the table under HEADS."""
    interval = "" if row.low_s is None or row.high_s is None else f"{_time(row.low_s)} to {_time(row.high_s)}"
    times = (_time(row.recorded_wait_s), _time(row.simulated_wait_s), _time(row.bias_s))
    return (row.team, row.size, str(row.jobs), *times, interval, f"{row.right:.0%}")


def _print_parting(parting: Parting, console: Console) -> None:
    console.print()
    console.print(Words(f"First difference, after {format_moment(parting.at_ms)}", style="bold"))
    for who, steps, says in (
        ("recorded", parting.recorded, parting.recorded_says),
        ("simulated", parting.simulated, parting.simulated_says),
    ):
        console.print(Words(f"  {who}: {'; '.join(steps) or 'nothing else'}"))
        for line in says:
            console.print(Words(f"    {line}"))


def _time(seconds: float | None) -> str:
    return "never" if seconds is None else format_duration(round(seconds) * 1000)
