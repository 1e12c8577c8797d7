"""What all figures of one result share: teams and their colours, the unit of time, the accelerator."""

from typing import TYPE_CHECKING, Any

import numpy as np

from kueue_sim.report.charts.chart_style import PALETTE, dash_number, time_unit
from kueue_sim.report.page.plot import Across
from kueue_sim.report.text.wording import resource_name, team_name
from kueue_sim.results.quota.quota_over_time import unit_of
from kueue_sim.results.step_functions.steps import Steps

if TYPE_CHECKING:
    from kueue_sim.results import RunResult

DASHES = (("line", ""), ("dash", "7 3"), ("dots", "2 2"), ("dashdot", "7 2 2 2"))
"""Kinds of a legend's keys, and the dashes of such a line."""
MOST_TEAMS = 24
"""Teams drawn in figures with a row each; those that held most."""


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
        """The colour of a team; with more teams than colours some share one."""
        return PALETTE[self.teams.index(team) % len(PALETTE)]

    def dash(self, team: str) -> str:
        """How a team's line is dashed, "" for a whole one; lines that lie on each other are all seen."""
        return self._line(team)[1]

    def _line(self, team: str) -> tuple[str, str]:
        return DASHES[dash_number(self.teams.index(team), len(DASHES))]

    def largest(self) -> list[str]:
        """The teams with a row of their own, in the order of the policy."""
        ranked = sorted(self.result.teams, key=lambda team: (-team.held_hours, -team.nominal, team.cluster_queue))
        shown = {team.cluster_queue for team in ranked[:MOST_TEAMS]}
        return [team for team in self.teams if team in shown]

    def legend(self, teams: list[str]) -> list[tuple[str, str, str]]:
        """The keys of curves, one for each team."""
        return [(team_name(team), self.colour(team), self._line(team)[0]) for team in teams]

    def total(self, table: dict[tuple[str, str, str], Steps], team: str) -> Steps:
        """What a team has of the accelerator over all flavors."""
        return Steps.sum([table[slot] for slot in self.result.figures.slots(team) if slot in table])

    def part(self, times: Any) -> Any:
        """Milliseconds as a part of the run, 0 to 1."""
        return np.asarray(times) / self.end_ms

    def time(self) -> Across:
        """The axis of time; a drain is shaded."""
        begins = self.result.run.drained_from_ms
        drain = None if begins is None or begins >= self.end_ms else begins / self.end_ms
        return Across(f"time since start ({self.unit_name})", self.end_ms / self.unit_ms, drain=drain)
