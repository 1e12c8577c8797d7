"""What a run costs: paid for, used, idle and lost, team by team."""

from dataclasses import dataclass, replace
from math import fsum
from typing import Literal

from kueue_sim.model import Prices
from kueue_sim.result import Result
from kueue_sim.results.metrics.bill import Bill
from kueue_sim.results.metrics.metric_path import read_metrics
from kueue_sim.results.metrics.metric_values import Measures

NO_TEAM = "no team"
"""Stands for what was paid for and is nobody's quota."""


@dataclass(frozen=True, slots=True)
class TeamCost:
    """Money over the run. ``paid`` is for the team's nominal quota, ``used`` for run time that was not thrown away,
    ``lost`` for what was; ``idle`` is the rest of what was paid, negative for a team that uses what others pay for.

    ``hours`` are accelerator-hours of run time that was not thrown away, ``per_hour`` what was paid for one of them;
    None without any.
    """

    team: str
    paid: float
    used: float
    lost: float
    hours: float

    @property
    def idle(self) -> float:
        """What was paid for and neither used nor lost."""
        return self.paid - self.used - self.lost

    @property
    def per_hour(self) -> float | None:
        """The price of an hour that was of use, None without any."""
        return self.paid / self.hours if self.hours else None


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one run, team by team and in total. ``basis``: quota is paid for where there are no nodes; with
    nodes, the total is what exists."""

    currency: str
    date: str
    teams: tuple[TeamCost, ...]
    total: TeamCost
    basis: Literal["quota", "nodes"]

    @property
    def no_team(self) -> TeamCost | None:
        """What was paid for beyond the quota of teams: quota of cohorts, or nodes; below 0 where teams were promised
        more than there was. None where teams have it all."""
        paid = self.total.paid - fsum(team.paid for team in self.teams)
        return None if abs(paid) < 1e-9 * max(1.0, self.total.paid) else TeamCost(NO_TEAM, paid, 0.0, 0.0, 0.0)

    @property
    def lines(self) -> tuple[TeamCost, ...]:
        """Teams, what no team has, and the total, which is their sum."""
        return (*self.teams, *([self.no_team] if self.no_team is not None else []), self.total)


def cost_of(result: Result, prices: Prices) -> Cost:
    """The cost of a run. Raises InputError for a flavor without a price."""
    priced = Result(replace(result.scenario, prices=prices), result.run)
    measures = Measures(priced)

    def of(subject: str) -> TeamCost:
        paid, used, lost = read_metrics(
            [f"{subject}.{name}" for name in ("cost.paid", "cost.used", "cost.lost")], result.scenario.policy
        )
        paid_for, used_for, lost_for = (measures.value(path) or 0.0 for path in (paid, used, lost))
        return TeamCost(subject, paid_for, used_for, lost_for, measures.used_hours(paid.subject))

    nodes = Bill(priced, prices).nodes(*measures.whole)
    teams = tuple(of(team.cluster_queue) for team in result.teams)
    return Cost(prices.currency, prices.date, teams, of("total"), "quota" if nodes is None else "nodes")
