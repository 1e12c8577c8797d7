"""What all figures of one result share: teams and their colours, the unit of time, the accelerator, common looks."""

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from kueue_sim.errors import printable
from kueue_sim.report.charts.chart_style import PALETTE, time_unit
from kueue_sim.report.page.html import finished
from kueue_sim.report.text.wording import resource_name, team_name
from kueue_sim.results.quota.quota_over_time import unit_of
from kueue_sim.results.step_functions.steps import Steps

if TYPE_CHECKING:
    from kueue_sim.results import RunResult

DASHES = ("solid", "dash", "dot")
MOST_TEAMS = 24
"""Teams drawn in figures with a row each; those that held most."""


def literal(text: str) -> str:
    """Text of others as the charting library shows it: its markup and templates are shown, not obeyed."""
    return escape(printable(text), quote=False).replace("%{", "%&#123;")


def drawn_name(cluster_queue: str) -> str:
    """What people call a ClusterQueue, for a drawing."""
    return literal(team_name(cluster_queue))


class Canvas:
    """The result and how its teams, amounts and times are drawn."""

    def __init__(self, result: "RunResult") -> None:
        self.result = result
        self.teams = [team.cluster_queue for team in result.teams]
        self.end_ms = max(result.run.end_ms, 1)
        self.unit_ms, self.unit_name = time_unit(self.end_ms)
        self.unit = unit_of(result.resource)
        self.name = resource_name(result.resource)

    def colour(self, team: str) -> str:
        return PALETTE[self.teams.index(team) % len(PALETTE)]

    def dash(self, team: str) -> str:
        return DASHES[self.teams.index(team) // len(PALETTE) % len(DASHES)]

    def largest(self) -> list[str]:
        """The teams with a row of their own, in the order of the policy."""
        ranked = sorted(self.result.teams, key=lambda team: (-team.held_hours, -team.nominal, team.cluster_queue))
        shown = {team.cluster_queue for team in ranked[:MOST_TEAMS]}
        return [team for team in self.teams if team in shown]

    def total(self, table: dict[tuple[str, str, str], Steps], team: str) -> Steps:
        """What a team has of the accelerator over all flavors."""
        return Steps.sum([table[slot] for slot in self.result.figures.slots(team) if slot in table])

    def hours(self, times: Any) -> Any:
        """Milliseconds in the unit of the time axis."""
        return np.asarray(times) / self.unit_ms

    def finish(self, figure: go.Figure, height: int, y_title: str = "") -> go.Figure:
        """Common looks."""
        finished(figure, height)
        if y_title:
            figure.update_yaxes(title_text=y_title)
        return figure

    def time_axis(self, figure: go.Figure, **where: Any) -> None:
        figure.update_xaxes(
            title_text=f"time since start ({self.unit_name})", range=[0, self.end_ms / self.unit_ms], **where
        )
