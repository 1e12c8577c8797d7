"""A statement of costs as one self-contained page: what sharing saves first, then who pays for what."""

from typing import TYPE_CHECKING

from kueue_sim.report.page.html import Section, cards, page, prose, table, together, warnings
from kueue_sim.report.page.plot import Across, Panel, plot
from kueue_sim.report.text.wording import amount, share, team_name, told_apart, wait
from kueue_sim.whatif.costing.statement import Statement
from kueue_sim.whatif.rendering.cost_text import HEADS, about_no_team, basis, rows, savings_in_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LETTERS = 16
"""Of a name beside its bar on a narrow screen."""
USED, LOST, IDLE = "#009E73", "#D55E00", "#9aa3ad"


def cost_page(found: Statement) -> str:
    """The page as one text."""
    total = found.cost.total
    paid = total.paid or 1.0
    figures = [
        (amount(total.paid), f"{found.cost.currency} paid"),
        (share(total.used / paid), "of it used"),
        (share(total.idle / paid), "of it idle"),
        (share(total.lost / paid), "of it lost to evictions"),
        ("–" if total.per_hour is None else amount(total.per_hour), f"{found.cost.currency} per used hour"),
    ]
    sections = [
        prose("What sharing saves", *savings_in_words(found)),
        warnings("Warnings", () if found.savings is None else found.savings.warnings),
        _apart(found),
        cards("Costs", figures),
        together(
            "Team by team",
            _shares(found),
            table("", HEADS, rows(found.cost), ". ".join(about_no_team(found.cost)), total=True),
        ),
    ]
    return page(f"{found.title}: costs", sections, basis(found.cost))


def _apart(found: Statement) -> Section:
    if found.savings is None:
        return Section("Together and apart", "")
    needs = [
        (team_name(need.team), f"{need.quota:,}", f"{need.needed:,.1f}", wait(need.wait_s))
        for need in found.savings.teams
    ]
    needs.append(("all", f"{found.savings.shared:,}", f"{found.savings.separate:,.1f}", ""))
    note = f"{found.savings.resource}: nominal quota, and what a team alone needs to wait no longer."
    heads = ("team", "has", "alone it needs", found.savings.metric)
    return table("Together and apart", heads, needs, note, total=True)


def _shares(found: Statement) -> Section:
    """A bar per team: what it used, what was lost, what lay idle, in money."""
    teams = [team for team in (*found.cost.teams, found.cost.total) if team.paid > 0 or team.used > 0]
    if not teams:
        return Section("", "")
    top = max(max(team.paid, team.used + team.lost) for team in teams)
    panels = []
    for team, name in zip(teams, told_apart([team_name(team.team) for team in teams], LETTERS), strict=True):
        panel = Panel(32, 1.0, name, bare=True)
        start = 0.0
        for part, colour in ((team.used, USED), (team.lost, LOST), (max(0.0, team.idle), IDLE)):
            panel.bars([start / top], [(start + part) / top], [0], 1, colour, 0.7) if part > 0 else None
            start += part
        panels.append(panel)
    axis = Across(f"{found.cost.currency} over the run", top, time=False)
    return Section("", plot(panels, axis, [("used", USED, "area"), ("lost", LOST, "area"), ("idle", IDLE, "area")]))


def cost_plot(found: Statement, width: float = 9.0) -> "Axes":
    """What was used, lost and idle by team, as bars of money; idle is left out for a team that uses what others pay."""
    from kueue_sim.whatif.rendering.comparison_plots import new_axes

    teams = (*found.cost.teams, found.cost.total)
    names = [team_name(team.team) for team in teams]
    ax = new_axes(width, 1.2 + 0.45 * len(teams))
    left = [0.0] * len(teams)
    parts = {"used": USED, "lost": LOST, "idle": IDLE}
    for part, colour in parts.items():
        amounts = [max(0.0, getattr(team, part)) for team in teams]
        ax.barh(names, amounts, left=left, color=colour, label=part)
        left = [before + more for before, more in zip(left, amounts, strict=True)]
    ax.invert_yaxis()
    ax.set_xlabel(f"{found.cost.currency} over the run")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize="small")
    return ax
