"""What each team got, of a run that was written in parts."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from kueue_sim.report.text.console import Words, plain_text
from kueue_sim.report.text.wording import amount, count, resource_name, share, simulated, team_name, wait_cells

if TYPE_CHECKING:
    from kueue_sim.results.tables.sums import Streamed, TeamSums


def in_parts(name: str, found: "Streamed", width: int) -> str:
    """The report as plain text: a line about the run, and a table of the teams."""
    parts = [name, simulated(found.run), count(found.total.workloads, "workload")]
    parts.append(f"{count(found.events, 'event')} in {count(found.parts, 'part')}")
    table = Table(box=None, pad_edge=False, header_style="")
    unit = resource_name(found.resource)
    for title in ("team", "workloads", "finished", "wait avg", "p95", "max", f"used {unit}-h", "of quota", "preempted"):
        table.add_column(Words(title), justify="left" if title == "team" else "right")
    for one in (*found.teams, found.total):
        table.add_row(*map(Words, _row(one)))

    def show(console: Console) -> None:
        console.print(Words(" · ".join(parts)))
        console.print()
        console.print(table)
        if any(one.waits.open_number for one in found.teams):
            console.print(Words("\nfirst waits of what was admitted; *, ≥: some wait still"))

    return plain_text(show, width)


def _row(one: "TeamSums") -> list[str]:
    waits = wait_cells(one.waits, "p95")
    numbers = [f"{one.workloads:,}", f"{one.finished:,}", *waits, amount(one.held_hours), share(one.allocation)]
    return [team_name(one.cluster_queue) or "all", *numbers, f"{one.preempted:,}"]
