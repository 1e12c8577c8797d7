"""Costs and savings as plain text."""

from rich.table import Table

from kueue_sim.model.team_names import with_teams
from kueue_sim.report.text.console import WIDTH, Words, plain_text
from kueue_sim.report.text.wording import count, team_name, wait
from kueue_sim.whatif.costing.cost import NO_TEAM, Cost, TeamCost
from kueue_sim.whatif.costing.savings import Savings
from kueue_sim.whatif.costing.statement import Statement

CENTS_BELOW = 10_000
"""Larger tables of money have no cents."""
HEADS = ("team", "paid", "used", "idle", "lost", "per used hour")


def cost_text(found: Statement, width: int = WIDTH) -> str:
    """A line per team and the total, what sharing saves, and what each team would need alone."""
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    for name in HEADS:
        table.add_column(name, justify="left" if name == "team" else "right", overflow="fold")
    for line in rows(found.cost):
        table.add_row(*map(Words, line))
    lines = plain_text(lambda console: console.print(table), width).splitlines()
    text = "\n".join([basis(found.cost), *lines, *about_no_team(found.cost)]) + "\n"
    if found.savings is None:
        return text
    needs = [f"  {sentence}" for sentence in needs_in_words(found.savings)]
    warnings = [f"warning: {with_teams(warning)}" for warning in found.savings.warnings]
    return "\n".join([text, *savings_in_words(found), *warnings, *needs]) + "\n"


def basis(cost: Cost) -> str:
    """The currency, the date of the prices and what is paid for."""
    paid = "the nodes that exist" if cost.basis == "nodes" else "quota, as if every unit of it were bought"
    return f"Cost in {cost.currency}, prices of {cost.date}; paid for: {paid}"


def rows(cost: Cost) -> list[tuple[str, ...]]:
    """The lines of the table under HEADS; what is small has cents, so that sums can be recomputed."""
    most = max(abs(amount) for team in cost.lines for amount in (team.paid, team.used, team.idle, team.lost))
    digits = 2 if most < CENTS_BELOW else 0
    return [_cells(team, digits) for team in cost.lines]


def about_no_team(cost: Cost) -> list[str]:
    """What the line of no team stands for; nothing where there is none."""
    if cost.no_team is None:
        return []
    if cost.no_team.paid < 0:
        return [f"{NO_TEAM}: quota of teams beyond the nodes that were there, for which nothing was paid"]
    what = "quota of cohorts" if cost.basis == "quota" else "nodes beyond the quota of teams"
    return [f"{NO_TEAM}: {what}"]


def _cells(team: TeamCost, digits: int) -> tuple[str, ...]:
    per_hour = "–" if team.per_hour is None else f"{team.per_hour:,.2f}"
    # Adding nothing turns the -0 of rounding into 0.
    amounts = (f"{round(amount, digits) + 0.0:,.{digits}f}" for amount in (team.paid, team.used, team.idle, team.lost))
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
        f"{_saved(found, sure)}; {'one exact run' if found.exact else count(found.seeds, 'seed')}.",
    ]
    if month is not None:
        ends = "" if found.exact else f" ({_interval(month['low'], month['high'], 0)})"
        currency = statement.cost.currency
        at = f"{statement.price:,.2f} {currency} an hour" if statement.price is not None else "the price of each flavor"
        unit = "" if statement.price is not None else f" {currency}"
        lines.append(f"At {at} that is {(month['mean'] or 0.0) + 0.0:,.0f}{unit}{ends} a month.")
    return lines


def _saved(found: Savings, sure: str) -> str:
    """What sharing saves, or that it saves nothing."""
    saved = found.saved.mean
    if saved < 0:
        return (
            f"Sharing saves nothing: apart the teams would need {-saved:,.1f} fewer (saved {saved:,.1f}, {sure}), "
            "because together they have more than these waits take"
        )
    return f"Sharing saves {saved:,.1f} ({sure}), {found.share:.0%} of what the teams would need apart"


def needs_in_words(found: Savings) -> list[str]:
    """What each team has and would need alone, and the wait that it has in both."""
    return [
        f"{team_name(need.team)}: has {need.quota:,}, alone it needs {need.needed:,.1f}, "
        f"as nothing of it is admitted ({found.metric})"
        if need.wait_s is None
        else f"{team_name(need.team)}: has {need.quota:,}, alone it needs {need.needed:,.1f} "
        f"to wait no longer than {wait(need.wait_s)} ({found.metric})"
        for need in found.teams
    ]


def _interval(low: float | None, high: float | None, digits: int) -> str:
    return "one seed" if low is None or high is None else f"95 %: {low:,.{digits}f} to {high:,.{digits}f}"
