"""What hours of a run cost: the price of a team's accelerators, and what nodes cost while they were there."""

from collections.abc import Iterable
from functools import cached_property

from kueue_sim.errors import InputError, Mistake
from kueue_sim.inputs.kubernetes.prices import accelerator_price, instance_price
from kueue_sim.model import ClusterQueue, Cohort, Policy, Prices, Scenario
from kueue_sim.results.metrics.metric_path import MetricPath
from kueue_sim.results.quota.quota_over_time import HOUR_MS, eras, quotas
from kueue_sim.results.quota.resources import resource_of
from kueue_sim.results.run_result import RunResult

INSTANCE_TYPE = "node.kubernetes.io/instance-type"


def check_prices(paths: Iterable[MetricPath], scenario: Scenario) -> None:
    """Raises InputError where a metric is money and the scenario names no prices, or lacks some."""
    if not any(path.metric.unit == "money" for path in paths):
        return
    if scenario.prices is None:
        problem = "costs need prices: give --prices FILE (or the word example), or prices: in the scenario"
        raise InputError([Mistake(None, problem)])
    resource = resource_of(scenario)
    for queue in scenario.policy.cluster_queues:
        price_per_hour(scenario.policy, queue, scenario.prices, resource)


def price_per_hour(policy: Policy, owner: ClusterQueue | Cohort, prices: Prices, resource: str) -> float:
    """The price of an hour of one accelerator of a queue or cohort, weighted by its quotas. Raises InputError without
    a price."""
    kinds = {item.name: tuple(value for key, value in item.node_labels.items() if key.endswith("instance-type"))
             for item in policy.flavors}  # fmt: skip
    found = [(flavor, quota.nominal) for flavor, name, quota in quotas(owner) if name == resource]
    known = [(accelerator_price(prices, flavor, kinds.get(flavor, ())), nominal) for flavor, nominal in found]
    missing = [flavor for (flavor, _), (price, _) in zip(found, known, strict=True) if price is None]
    if missing:
        problem = f"there is no price for flavor {', '.join(missing)}; give one under accelerators of the price file"
        raise InputError([Mistake(None, problem)])
    weight = sum(nominal for _, nominal in known) or len(known)
    return sum((price or 0.0) * (nominal if weight else 1) for price, nominal in known) / weight if known else 0.0


class Bill:
    """What one run is billed. Windows are milliseconds: from the first up to the second."""

    def __init__(self, result: RunResult, prices: Prices) -> None:
        self._result = result
        self._prices = prices

    @cached_property
    def _owners(self) -> dict[str, tuple[Policy, ClusterQueue]]:
        """Every ClusterQueue there ever was, as it was last, with the policy of that time."""
        found: dict[str, tuple[Policy, ClusterQueue]] = {}
        for era in eras(self._result.scenario, self._result.run):
            found |= {queue.name: (era.policy, queue) for queue in era.policy.cluster_queues}
        return found

    def price(self, team: str) -> float:
        """What an hour of one accelerator of a ClusterQueue costs. Raises InputError without a price."""
        return price_per_hour(*self._owners[team], self._prices, self._result.resource)

    def cohorts(self, start: int, end: int) -> float:
        """What quota costs that cohorts own themselves."""
        paid = 0.0
        for era in eras(self._result.scenario, self._result.run):
            width = max(0, min(era.end_ms, end) - max(era.start_ms, start)) / HOUR_MS
            for cohort in era.policy.cohorts:
                amounts = [quota.nominal for _, name, quota in quotas(cohort) if name == self._result.resource]
                if amounts:
                    price = price_per_hour(era.policy, cohort, self._prices, self._result.resource)
                    paid += price * sum(amounts) * width
        return paid

    def nodes(self, start: int, end: int) -> float | None:
        """What the nodes cost while they were there; None without nodes whose types all have a price."""
        report = self._result.run.nodes
        if report is None:
            return None
        paid = 0.0
        for use in report.nodes:
            price = instance_price(self._prices, self._kinds.get(use.name, ""))
            if price is None:
                return None
            width = max(0, min(use.from_ms + use.there_ms, end) - max(use.from_ms, start))
            paid += price * width / HOUR_MS
        return paid

    @cached_property
    def _kinds(self) -> dict[str, str]:
        """The instance type of every node there ever was, "" where nobody says."""
        scenario = self._result.scenario
        added = [node for action in scenario.timeline for node in action.nodes]
        added += [node for pool in scenario.node_pools for node in pool.nodes]
        return {node.name: node.labels.get(INSTANCE_TYPE, "") for node in (*scenario.nodes, *added)}
