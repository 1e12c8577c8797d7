"""What a run costs: paid for, used, idle and lost, team by team."""

from dataclasses import dataclass
from typing import Literal

from kueue_sim.errors import InputError, Mistake
from kueue_sim.inputs.kubernetes.prices import Prices
from kueue_sim.model import ClusterQueue, Policy
from kueue_sim.result import Result
from kueue_sim.results.quota.quota_over_time import accelerator, quotas

INSTANCE_TYPE = "node.kubernetes.io/instance-type"


@dataclass(frozen=True, slots=True)
class TeamCost:
    """Money over the run. ``paid`` is for the team's nominal quota, ``used`` for run time that was not thrown away,
    ``lost`` for what was; ``idle`` is the rest of what was paid, negative for a team that uses what others pay for.

    ``per_hour`` is what was paid for an accelerator-hour of run time that was not thrown away; None without any.
    """

    team: str
    paid: float
    used: float
    lost: float
    hours: float

    @property
    def idle(self) -> float:
        return self.paid - self.used - self.lost

    @property
    def per_hour(self) -> float | None:
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


def price_per_hour(policy: Policy, queue: ClusterQueue, prices: Prices) -> float:
    """The price of an hour of one accelerator of a queue, weighted by its quotas. Raises InputError without a price."""
    resource = accelerator(policy)
    kinds = {item.name: tuple(value for key, value in item.node_labels.items() if key.endswith("instance-type"))
             for item in policy.flavors}  # fmt: skip
    found = [(flavor, quota.nominal) for flavor, name, quota in quotas(queue) if name == resource]
    known = [(prices.of_accelerator(flavor, kinds.get(flavor, ())), nominal) for flavor, nominal in found]
    missing = [flavor for (flavor, _), (price, _) in zip(found, known, strict=True) if price is None]
    if missing:
        problem = f"there is no price for flavor {', '.join(missing)}; give one under accelerators of the price file"
        raise InputError([Mistake(None, problem)])
    weight = sum(nominal for _, nominal in known) or len(known)
    return sum((price or 0.0) * (nominal if weight else 1) for price, nominal in known) / weight if known else 0.0


def cost_of(result: Result, prices: Prices) -> Cost:
    """The cost of a run. Raises InputError for a flavor without a price."""
    policy, hours = result.scenario.policy, result.run.end_ms / 3_600_000
    queues = {queue.name: queue for queue in policy.cluster_queues}
    teams = []
    for team in result.teams:
        price = price_per_hour(policy, queues[team.cluster_queue], prices)
        paid = price * team.nominal * hours
        teams.append(
            TeamCost(team.cluster_queue, paid, price * team.goodput_hours, price * team.lost_hours, team.goodput_hours)
        )
    nodes = _paid_for_nodes(result, prices)
    paid = sum(team.paid for team in teams) if nodes is None else nodes
    total = TeamCost(
        "total", paid, sum(team.used for team in teams), sum(team.lost for team in teams),
        sum(team.hours for team in teams),
    )  # fmt: skip
    return Cost(prices.currency, prices.date, tuple(teams), total, "quota" if nodes is None else "nodes")


def _paid_for_nodes(result: Result, prices: Prices) -> float | None:
    """What the nodes cost while they were there; None without nodes whose types all have a price."""
    if result.run.nodes is None:
        return None
    added = [node for action in result.scenario.timeline for node in action.nodes]
    kinds = {node.name: node.labels.get(INSTANCE_TYPE, "") for node in (*result.scenario.nodes, *added)}
    paid = 0.0
    for use in result.run.nodes.nodes:
        kind = kinds.get(use.name, "")
        price = prices.instances.get(kind, prices.instances.get(kind.removeprefix("ml.")))
        if price is None:
            return None
        paid += price * use.there_ms / 3_600_000
    return paid
