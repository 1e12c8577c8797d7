"""The text report: what was run, what happened and why, what each team got, what still waits, what to worry about.

Plain text and the same on every machine unless the console is a terminal; then with colours.
"""

from itertools import accumulate, islice
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from kueue_sim.report.text.before_the_start import work_in_words
from kueue_sim.report.text.console import WIDTH, Words, plain_text
from kueue_sim.report.text.findings import findings
from kueue_sim.report.text.story import Line, story, waiting
from kueue_sim.report.text.wording import (
    amount,
    are_late,
    count,
    drain_in_words,
    over_the_run,
    resource_name,
    share,
    simulated,
    team_name,
    wait,
    wait_cells,
)
from kueue_sim.results.tables.nodes import NodeFigures
from kueue_sim.results.tables.offered_load import ENOUGH, OfferedLoad, scarcest
from kueue_sim.units import format_duration, format_moments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kueue_sim.results import RunResult, TeamSummary
    from kueue_sim.results.tables.summary import Summary

"""Columns of a report that is not printed to a terminal."""
STORY_LINES = 60
"""Longer stories are left to ``explain``, events.csv and the HTML report."""
_STORY_FACTS = 20 * STORY_LINES
WAITING_LINES = 12

_STYLES = {
    "Admitted": "green",
    "Preempted": "red",
    "Evicted": "red",
    "Unschedulable": "yellow",
    "Pending": "yellow",
    "Policy": "cyan",
    "Node": "cyan",
}


def text_report(result: "RunResult", width: int = WIDTH) -> str:
    """The report as plain text, lines without trailing spaces."""
    return plain_text(lambda console: print_report(result, console), width)


def print_report(result: "RunResult", console: Console, warnings: bool = True) -> None:
    """Print all sections. ``warnings`` False leaves out the scenario's own, for those who have just seen them."""
    _head(result, console)
    _story(result, console)
    _quota(result, console)
    _waits(result, console)
    _nodes(result, console)
    _drain(result, console)
    _still_waiting(result, console)
    _warnings(result, console, warnings)


def _head(result: "RunResult", console: Console) -> None:
    scenario, run, total = result.scenario, result.run, result.total
    fair = "fair sharing" if scenario.settings.fair_sharing is not None else "classical preemption"
    console.print(Words(scenario.name, style="bold"))
    state = " (stopped early)" if run.interrupted else ""
    parts = [f"{simulated(run)}{state}", *work_in_words(result.history)]
    parts += [f"Kueue {scenario.settings.version}", fair, f"seed {scenario.seed}"]
    if scenario.digest:
        parts.append(f"inputs {scenario.digest[:19]}")
    console.print(Words(" · ".join(parts), style="dim"))
    done = [f"{total.finished:,} finished"]
    done += [f"{total.deleted:,} deleted"] if total.deleted else []
    never = f" ({total.never_admitted:,} never admitted)" if total.never_admitted else ""
    done += [f"{total.unfinished:,} unfinished{never}"] if total.unfinished else []
    done += [count(total.preempted, "preemption")]
    done += [count(len(result.loops), "loop")] if result.loops else []
    done += [f"Jain index {result.jain:.2f}"] if result.jain is not None and len(result.teams) > 1 else []
    console.print(Words(" · ".join(done), style="dim"))


def _title(console: Console, text: str, note: str = "") -> None:
    console.print()
    console.print(Words.assemble((text, "bold"), (f"  {note}" if note else "", "dim")))


def _story(result: "RunResult", console: Console) -> None:
    if len(result.run.facts) > _STORY_FACTS:
        return
    lines = list(islice(story(result), STORY_LINES + 1))
    if len(lines) > STORY_LINES:
        return
    _title(console, "What happened")
    if not lines:
        nothing = "nothing" if result.history.lives else "nothing: the scenario has no work"
        console.print(Padding(Words(nothing), (0, 0, 0, 2)))
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(ratio=1, overflow="fold")
    times = format_moments(line.at_ms for line in lines)
    for line in lines:
        table.add_row(*_story_row(line, times[line.at_ms]))
    console.print(Padding(table, (0, 0, 0, 2)))


def _story_row(line: Line, time: str) -> tuple[Words, ...]:
    style = _STYLES.get(line.kind, "")
    return (
        Words(time),
        Words(line.team),
        Words(line.workload),
        Words(line.text, style=style),
    )


def _print_table(console: Console, heads: "Sequence[str]", rows: "Sequence[tuple[Words, Sequence[str]]]") -> None:
    """A table without frames: first the team, then numbers. What does not fit the line follows below, by team again."""
    widths = [max(map(len, cells)) for cells in zip(heads[1:], *(cells for _, cells in rows), strict=True)]
    room = console.width - 4 - max(len(heads[0]), *(len(name) for name, _ in rows))
    columns = list(range(len(widths)))
    while columns:
        ends = list(accumulate(widths[column] + 2 for column in columns))
        number = max(1, sum(end <= room for end in ends))
        now, columns = columns[:number], columns[number:]
        table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim", show_footer=False)
        table.add_column(heads[0], overflow="fold", min_width=6)
        for column in now:
            table.add_column(heads[column + 1], justify="right", no_wrap=True)
        for name, cells in rows:
            table.add_row(name, *(cells[column] for column in now))
        console.print(Padding(table, (0, 0, 0, 2)))


def _rows(teams: "Sequence[TeamSummary]", total: "TeamSummary") -> "list[tuple[Words, TeamSummary]]":
    rows = [(Words(team_name(team.cluster_queue)), team) for team in teams]
    return [*rows, (Words("all", style="bold"), total)]


def _quota(result: "RunResult", console: Console) -> None:
    for resource, figures in result.figures_by_resource.items():
        _quota_of(result, resource, figures, console)


def _quota_of(result: "RunResult", resource: str, figures: "Summary", console: Console) -> None:
    """What teams had and used of one resource; of a further one only those that have or use some."""
    unit = resource_name(resource)
    _title(console, "Quota and use", f"{resource}, averages over {over_the_run(result.run)}; h are {unit}-hours")
    heads = ("team", "quota", "used", "of quota", "running", "borrowed h", "lent h", "goodput h", "lost h")
    rows = []
    hours = result.run.measured_ms / 3_600_000
    teams = [team for team in figures.teams if resource == result.resource or team.nominal or team.held_hours]
    for name, team in _rows(teams, figures.total):
        used = team.held_hours / hours if hours else 0.0
        cells = [amount(team.nominal, resource), amount(used, resource)]
        cells += [share(team.allocation), share(team.utilisation)]
        spans = (team.borrowed_hours, team.lent_hours, team.goodput_hours, team.lost_hours)
        cells += [amount(span, resource) for span in spans]
        rows.append((name, cells))
    _print_table(console, heads, rows)
    told = _loads(result, resource)
    if told:
        line = f"Offered load (work asked for over what quota gives): {' · '.join(told)}"
        console.print(Padding(Words(line, style="dim"), (0, 0, 0, 2)))


def _loads(result: "RunResult", resource: str) -> list[str]:
    """The loads of teams and cohorts; beside that of the accelerator the one of a scarcer resource without a table."""
    offered, told = result.offered_by_resource, []
    for one, (name, most) in zip(offered.get(resource, ()), scarcest(offered), strict=True):
        if one.load is None or one.workloads < ENOUGH:
            continue
        other = resource == result.resource and name not in result.resources
        told.append(f"{_whose(one)} {one.load:.2f}" + (f" ({name} {most.load:.2f})" if other else ""))
    return told


def _whose(one: OfferedLoad) -> str:
    return team_name(one.name) if one.kind == "team" else f"cohort {one.name}"


def _waits(result: "RunResult", console: Console) -> None:
    still = any(team.waits.open_number or team.again.open_number for team in (*result.teams, result.total))
    note = "first waits of what was admitted; again: mean after evictions; queue: mean length"
    late = are_late(result.total.to_start)
    note += "; to start: from admission until pods run, mean and longest" if late else ""
    still = still or result.total.to_start.open_number > 0
    note += "; *, ≥: some wait still" if still else ""
    _title(console, "Waiting and preemption", note)
    heads = ["team", "done", "mean", "p50", "p95", "max", "again", "queue", "preempted", "preempts", "evicted"]
    heads += ["to start", "longest"] if late else []
    rows = []
    for name, team in _rows(result.teams, result.total):
        cells = [
            f"{team.finished + team.deleted:,}/{team.workloads:,}",
            *wait_cells(team.waits, "p50", "p95"),
            wait_cells(team.again)[0],
            amount(team.pending_mean),
            *(f"{number:,}" for number in (team.preempted, team.preempting, team.evicted)),
            *(wait_cells(team.to_start) if late else ()),
        ]
        rows.append((name, cells))
    _print_table(console, heads, rows)


def _nodes(result: "RunResult", console: Console) -> None:
    report = result.run.nodes
    if report is None:
        return
    figures, unit = NodeFigures.of(report), resource_name(report.resource)
    _title(console, "Nodes", f"{report.resource}; idle: held by bound pods while others of their gang had no node")
    parts = [count(len(report.nodes), "node"), f"{share(figures.allocation)} allocated"]
    parts += [
        f"{amount(figures.idle_hours)} {unit}-h idle",
        f"{share(figures.fragmentation)} of what was free unusable",
    ]
    console.print(Padding(Words(" · ".join(parts)), (0, 0, 0, 2)))


def _drain(result: "RunResult", console: Console) -> None:
    drain = result.drain
    if drain is None:
        return
    span = f"from {format_duration(drain.from_ms)} to {format_duration(drain.to_ms)}"
    _title(console, "Drain", f"{span}, nothing more was submitted; waits end here, averages do not count it")
    console.print(Padding(Words(drain_in_words(drain, result.resource)), (0, 0, 0, 2)))


def _still_waiting(result: "RunResult", console: Console) -> None:
    rows = waiting(result)
    if not rows:
        return
    _title(console, "Still waiting at the end", "with Kueue's own message")
    for team, number, longest, example, message in rows[:WAITING_LINES]:
        one = f"{example}, " if number == 1 else f"{number:,} workloads such as {example}, longest "
        line = Words.assemble((team or "no ClusterQueue", "bold"), f": {one}{wait(longest)}: {message}")
        console.print(Padding(line, (0, 0, 0, 2)))
    if len(rows) > WAITING_LINES:
        console.print(
            Padding(Words(f"and {count(len(rows) - WAITING_LINES, 'more group')}", style="dim"), (0, 0, 0, 2))
        )


def _warnings(result: "RunResult", console: Console, scenario_too: bool) -> None:
    warnings = (*(result.scenario.warnings if scenario_too else ()), *findings(result))
    if not warnings:
        return
    _title(console, "Warnings")
    for warning in warnings:
        console.print(Padding(Words(f"! {warning}", style="yellow"), (0, 0, 0, 2)))


__all__ = ["print_report", "text_report"]
