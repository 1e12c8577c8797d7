"""What hours of a run cost: the price of accelerators by their flavor, and what nodes cost while they were there."""

from collections.abc import Iterable, Sequence
from functools import cached_property

from kueue_sim.errors import InputError, Mistake
from kueue_sim.inputs.kubernetes.prices import accelerator_price, instance_price
from kueue_sim.model import ClusterQueue, Cohort, Policy, Prices, ResourceFlavor, Scenario
from kueue_sim.results.metrics.metric_path import MetricPath
from kueue_sim.results.quota.quota_over_time import HOUR_MS, eras, natural, quotas
from kueue_sim.results.quota.resources import resource_of
from kueue_sim.results.run_result import RunResult
from kueue_sim.units import is_accelerator

INSTANCE_TYPE = "node.kubernetes.io/instance-type"


def check_prices(paths: Iterable[MetricPath], scenario: Scenario) -> None:
    """Raises InputError where a metric is money and the scenario names no prices, or lacks some."""
    if not any(path.metric.unit == "money" for path in paths):
        return
    if scenario.prices is None:
        problem = "costs need prices: give --prices FILE (or the word example), or prices: in the scenario"
        raise InputError([Mistake(None, problem)])
    accelerator_prices([scenario.policy], scenario.prices, resource_of(scenario))


def accelerator_prices(policies: Sequence[Policy], prices: Prices, resource: str) -> dict[tuple[str, str], float]:
    """The price of an hour of one accelerator by flavor and resource, for every flavor with quota of an accelerator.

    An accelerator of a flavor is ``resource`` where the flavor has it, else its device with the most quota, so that
    network cards beside are not paid for twice. Raises InputError with every flavor that has no price.
    """
    amounts: dict[str, dict[str, int]] = {}
    kinds: dict[str, tuple[str, ...]] = {}
    for policy in policies:
        owners: list[ClusterQueue | Cohort] = [*policy.cluster_queues, *policy.cohorts]
        for owner in owners:
            for flavor, name, quota in quotas(owner):
                of_flavor = amounts.setdefault(flavor, {})
                of_flavor[name] = max(of_flavor.get(name, 0), quota.nominal)
        kinds |= {item.name: _instance_types(item) for item in policy.flavors}
    found: dict[tuple[str, str], float] = {}
    missing = []
    for flavor, of_flavor in amounts.items():
        devices = sorted(filter(is_accelerator, of_flavor), key=lambda name: (-of_flavor[name], name))
        counted = resource if resource in of_flavor else next(iter(devices), None)
        if counted is None:
            continue
        price = accelerator_price(prices, flavor, kinds.get(flavor, ()))
        if price is None:
            missing.append(flavor)
        else:
            found[flavor, counted] = price
    _refuse_without_price(missing)
    return found


def _instance_types(flavor: ResourceFlavor) -> tuple[str, ...]:
    return tuple(value for key, value in flavor.node_labels.items() if key.endswith("instance-type"))


def _refuse_without_price(missing: Sequence[str]) -> None:
    if missing:
        problem = f"there is no price for flavor {', '.join(missing)}; give one under accelerators of the price file"
        raise InputError([Mistake(None, problem)])


class Bill:
    """What one run is billed. Windows are milliseconds: from the first up to the second."""

    def __init__(self, result: RunResult, prices: Prices) -> None:
        self._result = result
        self._prices = prices

    @cached_property
    def prices(self) -> dict[tuple[str, str], float]:
        """The price of an hour by flavor and resource, of every policy there ever was. Raises InputError without a
        price."""
        policies = [era.policy for era in eras(self._result.scenario, self._result.run)]
        return accelerator_prices(policies, self._prices, self._result.resource)

    def cohorts(self, start: int, end: int) -> float:
        """What quota costs that cohorts own themselves."""
        paid = 0.0
        for era in eras(self._result.scenario, self._result.run):
            width = max(0, min(era.end_ms, end) - max(era.start_ms, start)) / HOUR_MS
            for cohort in era.policy.cohorts:
                for flavor, name, quota in quotas(cohort):
                    paid += self.prices.get((flavor, name), 0.0) * natural(quota.nominal, name) * width
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
