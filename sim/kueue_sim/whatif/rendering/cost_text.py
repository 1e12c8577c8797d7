"""Costs and savings as plain text."""

from rich.table import Table

from kueue_sim.model.team_names import with_teams
from kueue_sim.report.text.console import Words, plain
from kueue_sim.report.text.wording import count, team_name, wait
from kueue_sim.whatif.costing.money import Cost, TeamCost
from kueue_sim.whatif.costing.savings import Savings
from kueue_sim.whatif.costing.statement import Statement

WIDTH = 120
HEADS = ("team", "paid", "used", "idle", "lost", "per finished hour")


def cost_text(found: Statement, width: int = WIDTH) -> str:
    """A line per team and the total, what sharing saves, and what each team would need alone."""
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    for name in HEADS:
        table.add_column(name, justify="left" if name == "team" else "right", overflow="fold")
    for team in (*found.cost.teams, found.cost.total):
        table.add_row(*map(Words, cells(team)))
    console = plain(width)
    with console.capture() as captured:
        console.print(table)
    rows = [line.rstrip() for line in captured.get().splitlines()]
    text = "\n".join([basis(found.cost), *rows]) + "\n"
    if found.savings is None:
        return text
    needs = [f"  {sentence}" for sentence in needs_in_words(found.savings)]
    warnings = [f"warning: {with_teams(warning)}" for warning in found.savings.warnings]
    return "\n".join([text, *savings_in_words(found), *warnings, *needs]) + "\n"


def basis(cost: Cost) -> str:
    """The currency, the date of the prices and what is paid for."""
    paid = "the nodes that exist" if cost.basis == "nodes" else "quota, as if every unit of it were bought"
    return f"Cost in {cost.currency}, prices of {cost.date}; paid for: {paid}"


def cells(team: TeamCost) -> tuple[str, ...]:
    """A line of the table under HEADS."""
    per_hour = "–" if team.per_hour is None else f"{team.per_hour:,.2f}"
    amounts = (f"{amount:,.0f}" for amount in (team.paid, team.used, team.idle, team.lost))
    return (team_name(team.team), *amounts, per_hour)


def savings_in_words(statement: Statement) -> list[str]:
    """What sharing saves: accelerators with an interval, the share, money a month."""
    found = statement.savings
    if found is None:
        return []
    saved, month = found.saved, statement.saved_a_month()
    sure = "exact" if found.exact else _interval(saved.low, saved.high, 1)
    lines = [
        f"For the same {found.metric} of every team: together {found.shared:,} {found.resource}, "
        f"apart {found.separate:,.1f}.",
        f"Sharing saves {saved.mean:,.1f} ({sure}), {found.share:.0%} of what the teams would need apart; "
        f"{'one exact run' if found.exact else count(found.seeds, 'seed')}.",
    ]
    if month is not None:
        ends = "" if found.exact else f" ({_interval(month['low'], month['high'], 0)})"
        lines.append(
            f"At {statement.price:,.2f} {statement.cost.currency} an hour that is {month['mean']:,.0f}{ends} a month."
        )
    return lines


def needs_in_words(found: Savings) -> list[str]:
    """What each team has and would need alone, and the wait that it has in both."""
    return [
        f"{team_name(need.team)}: has {need.quota:,}, alone it needs {need.needed:,.1f} "
        f"to wait no longer than {wait(need.wait_s)} ({found.metric})"
        for need in found.teams
    ]


def _interval(low: float | None, high: float | None, digits: int) -> str:
    return "one seed" if low is None or high is None else f"95 %: {low:,.{digits}f} to {high:,.{digits}f}"
