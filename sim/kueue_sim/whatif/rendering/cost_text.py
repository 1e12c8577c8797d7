"""Costs and savings as plain text."""

from math import floor

from kueue_sim.report.text.wording import count, team_name
from kueue_sim.whatif.costing.money import Cost, TeamCost
from kueue_sim.whatif.costing.savings import Savings

MONTH_HOURS = 730


def cost_text(cost: Cost) -> str:
    """A line per team and the total: what was paid, used, idle and lost, and what a finished hour cost."""
    heads = ("team", "paid", "used", "idle", "lost", "per finished hour")
    lines = [_cells(team) for team in (*cost.teams, cost.total)]
    widths = [max(len(line[index]) for line in (heads, *lines)) for index in range(len(heads))]
    paid = "the nodes that exist" if cost.basis == "nodes" else "quota, as if every unit of it were bought"
    rows = ["  ".join(cell.ljust(width) if index == 0 else cell.rjust(width)
                      for index, (cell, width) in enumerate(zip(line, widths, strict=True))).rstrip()
            for line in (heads, *lines)]  # fmt: skip
    return "\n".join([f"Cost in {cost.currency}, prices of {cost.date}; paid for: {paid}", *rows]) + "\n"


def _cells(team: TeamCost) -> tuple[str, ...]:
    per_hour = "–" if team.per_hour is None else f"{team.per_hour:,.2f}"
    amounts = (f"{amount:,.0f}" for amount in (team.paid, team.used, team.idle, team.lost))
    return (team_name(team.team), *amounts, per_hour)


def savings_text(found: Savings, price: float | None, currency: str, confidence: float = 0.95) -> str:
    """What sharing saves: accelerators with an interval, the share, money a month, and each team's need."""
    saved = found.saved
    sure = "exact" if found.exact else f"{floor(100 * confidence)} %: {_ends(saved.low, saved.high)}"
    lines = [
        f"For the same {found.metric} of every team: together {found.shared:,} {found.resource}, "
        f"apart {found.separate:,.1f}.",
        f"Sharing saves {saved.mean:,.1f} ({sure}), {found.share:.0%} of what the teams would need apart; "
        f"{'one exact run' if found.exact else count(found.seeds, 'seed')}.",
    ]
    lines += [f"warning: {text}" for text in found.warnings]
    if price is not None:
        lines.append(f"At {price:,.2f} {currency} an hour that is {saved.mean * price * MONTH_HOURS:,.0f} a month.")
    lines += [
        f"  {team_name(need.team)}: has {need.quota:,}, alone it needs {need.needed:,.1f}" for need in found.teams
    ]
    return "\n".join(lines) + "\n"


def _ends(low: float | None, high: float | None) -> str:
    return "one seed" if low is None or high is None else f"{low:,.1f} to {high:,.1f}"
