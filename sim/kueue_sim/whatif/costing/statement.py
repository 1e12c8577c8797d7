"""A statement of costs: what was paid for, what became of it, and what sharing saves."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from kueue_sim._run import run
from kueue_sim.results.metrics.bill import accelerator_prices
from kueue_sim.results.quota.resources import resource_of
from kueue_sim.whatif.costing.cost import Cost, TeamCost, cost_of
from kueue_sim.whatif.costing.savings import METRIC, Savings, savings
from kueue_sim.whatif.execution.runs import Runs
from kueue_sim.whatif.execution.scenario_source import FromFile

MONTH_HOURS = 730


@dataclass(frozen=True, slots=True)
class Statement:
    """``savings`` is None where it was not asked for; ``price`` is that of an accelerator and hour, None where flavors
    have different ones."""

    title: str
    cost: Cost
    savings: Savings | None
    price: float | None

    def saved_a_month(self) -> dict[str, float | None] | None:
        """Money a month that sharing saves, each flavor at its price: mean, low and high; None without savings."""
        if self.savings is None:
            return None
        saved = self.savings.saved if self.price is not None else self.savings.an_hour
        if saved is None:
            return None
        ends, price = {"mean": saved.mean, "low": saved.low, "high": saved.high}, self.price or 1.0
        return {name: None if end is None else end * price * MONTH_HOURS for name, end in ends.items()}

    def rows(self) -> list[dict[str, object]]:
        """A row per team, one for what no team has, and their sum; what a team needs alone where savings were asked
        for."""
        needs = {} if self.savings is None else {need.team: need for need in self.savings.teams}
        return [
            {
                **_amounts(team),
                "quota": needs[team.team].quota if team.team in needs else None,
                "needed_alone": needs[team.team].needed if team.team in needs else None,
                "wait_s": needs[team.team].wait_s if team.team in needs else None,
            }
            for team in self.cost.lines
        ]

    def content(self) -> dict[str, object]:
        """Everything as plain values."""
        found = self.savings
        return {
            "title": self.title,
            "currency": self.cost.currency,
            "prices_of": self.cost.date,
            "paid_for": self.cost.basis,
            "teams": [_amounts(team) for team in self.cost.teams],
            "no_team": None if self.cost.no_team is None else _amounts(self.cost.no_team),
            "total": _amounts(self.cost.total),
            "savings": None if found is None else {**_plain(found), "money_a_month": self.saved_a_month()},
        }


def _amounts(team: TeamCost) -> dict[str, object]:
    return {
        "team": team.team,
        "paid": team.paid,
        "used": team.used,
        "idle": team.idle,
        "lost": team.lost,
        "used_hours": team.hours,
        "per_used_hour": team.per_hour,
    }


def _plain(found: Savings) -> Mapping[str, object]:
    return {
        "metric": found.metric,
        "resource": found.resource,
        "seeds": found.seeds,
        "exact": found.exact,
        "shared": found.shared,
        "apart": found.separate,
        "saved": {"mean": found.saved.mean, "low": found.saved.low, "high": found.saved.high},
        "share": found.share,
        "teams": [asdict(need) for need in found.teams],
        "warnings": list(found.warnings),
    }


def statement(base: FromFile, runs: Runs | None = None, metric: str = METRIC) -> Statement:
    """The costs of a scenario; ``runs``, where given, are those by which savings for the same ``metric`` are found.

    Without prices in the scenario the example prices are taken. Raises InputError.
    """
    if base.scenario().prices is None:
        base = base.changed([("prices", "example")])
    scenario = base.scenario()
    prices = scenario.prices
    assert prices is not None
    cost = cost_of(run(scenario), prices)
    found = None if runs is None else savings(base, runs, metric)
    resource = resource_of(scenario)
    known = accelerator_prices([scenario.policy], prices, resource)
    each = {price for (_, name), price in known.items() if name == resource}
    return Statement(scenario.name, cost, found, each.pop() if len(each) == 1 else None)


__all__ = ["MONTH_HOURS", "Statement", "statement"]
