"""How a result shows itself in a notebook: a heading and the table of teams."""

from html import escape
from typing import TYPE_CHECKING

from kueue_sim.report.page.html import shown
from kueue_sim.report.text.wording import share, simulated, team_name, wait_cells

if TYPE_CHECKING:
    from kueue_sim.results.run_result import RunResult
    from kueue_sim.results.tables.summary import TeamSummary

_HEAD = (
    "Team", "Done", "Nominal", "Allocation", "Utilisation", "Borrowed h", "Lent h",
    "Wait mean", "Wait p95", "Preempted", "Preempts", "Lost h",
)  # fmt: skip


def result_html(result: "RunResult") -> str:
    """Heading, one row per team and the total; all text from the user is escaped."""
    scenario = result.scenario
    open_work = len(result.unfinished)
    note = f" · {open_work} unfinished" if open_work else ""
    head = "".join(f'<th style="text-align:{"left" if name == "Team" else "right"}">{name}</th>' for name in _HEAD)
    rows = "".join(_row(team) for team in (*result.teams, result.total))
    warnings = "".join(f"<li>{shown(text)}</li>" for text in scenario.warnings)
    return (
        f"<div><b>{escape(scenario.name)}</b> · {simulated(result.run)} · "
        f"{len(result.run.states)} workloads{note} · hours of <code>{escape(result.resource)}</code>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        + (f"<ul>{warnings}</ul>" if warnings else "")
        + "</div>"
    )


def _row(team: "TeamSummary") -> str:
    cells = (
        f"{team.finished + team.deleted}/{team.workloads}",
        f"{team.nominal:g}",
        share(team.allocation),
        share(team.utilisation),
        f"{team.borrowed_hours:.2f}",
        f"{team.lent_hours:.2f}",
        *wait_cells(team.waits, "p95")[:2],
        str(team.preempted),
        str(team.preempting),
        f"{team.lost_hours:.2f}",
    )
    name = escape(team_name(team.cluster_queue)) if team.cluster_queue else "<b>all</b>"
    body = "".join(f'<td style="text-align:right">{cell}</td>' for cell in cells)
    return f'<tr><td style="text-align:left">{name}</td>{body}</tr>'
