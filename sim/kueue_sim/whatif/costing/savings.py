"""What does sharing save? The accelerators that separate teams would need to wait no longer than they do together.

Apart, teams do not touch each other, so each is run alone, with all the work it has, and the smallest quota is looked
for under which it waits no longer than in the shared cluster under the same seed. The saving is what the sum of those
has more than the shared quota; pair by pair over seeds it has an interval. A shared cluster that is larger than its
work needs saves less, or nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from kueue_sim.engine.pods.node_actions import has_nodes
from kueue_sim.errors import InputError, Mistake
from kueue_sim.model import ClusterQueue, Cohort, FlavorQuotas, Quota, ResourceGroup, Scenario
from kueue_sim.results.metrics.bill import accelerator_prices
from kueue_sim.results.metrics.metric_path import MetricPath, read_metrics
from kueue_sim.results.quota.quota_over_time import accelerator, quotas
from kueue_sim.whatif.comparing.changes import Capacity
from kueue_sim.whatif.comparing.design import SEEDS, is_random, what_seeds_leave_out
from kueue_sim.whatif.comparing.statistics import Difference, paired
from kueue_sim.whatif.execution.execution import execute
from kueue_sim.whatif.execution.executors import lasting
from kueue_sim.whatif.execution.replication import Cell
from kueue_sim.whatif.execution.runs import Runs
from kueue_sim.whatif.execution.scenario_source import FromFile

Measured = Callable[[Sequence[Cell]], list["Served"]]
"""Makes runs and tells how the team of each was served."""
METRIC = "delay.p95"
PLENTY = 2**40
"""Quota of what is not counted: no team waits for it."""
MOST = 64
"""A team that needs more than so many times its quota alone is not looked at any further."""


@dataclass(frozen=True, slots=True)
class Served:
    """How a team was served in one run: its ``value`` of the metric, None without any, and how many workloads were
    ``never`` admitted, where a horizon does not end waits."""

    value: float | None
    never: float

    def is_met_by(self, other: "Served") -> bool:
        """Whether the team waits no longer in another run, and what starts here starts there as well."""
        if self.value is None:
            return True
        return other.value is not None and other.value <= self.value and other.never <= self.never


@dataclass(frozen=True, slots=True)
class Alone:
    """One team of a scenario by itself, with all of its work and ``amount`` of the accelerator."""

    base: FromFile
    team: str
    amount: int

    def scenario(self, seed: int | None = None) -> Scenario:
        """The scenario under ``seed``. Raises InputError."""
        return alone(self.base.scenario(seed), self.team, self.amount)

    def identity(self, scenario: Scenario) -> str:
        """Stands for the content, whatever the seed."""
        return f"{self.base.identity(scenario)} {self.team} {self.amount}"


def alone(scenario: Scenario, team: str, amount: int) -> Scenario:
    """The scenario of one ClusterQueue without cohort and nodes; every other resource is plenty."""
    policy = scenario.policy
    queue = next(item for item in policy.cluster_queues if item.name == team)
    local = tuple(item for item in policy.local_queues if item.cluster_queue == team)
    names = {(item.namespace, item.name) for item in local}
    changed = replace(queue, cohort=None, resource_groups=_with(queue, accelerator(policy), amount))
    work = tuple(item for item in scenario.workloads if (item.namespace, item.queue_name) in names)
    kept = replace(policy, cluster_queues=(changed,), cohorts=(), local_queues=local)
    return replace(scenario, policy=kept, workloads=work, nodes=(), node_pods=(), timeline=())


def _with(queue: ClusterQueue, resource: str, amount: int) -> tuple[ResourceGroup, ...]:
    """The groups of a queue with ``amount`` of one resource and plenty of all others, without limits.

    Several flavors of the resource share the amount as they share the nominal quota.
    """
    parts = _shared_out(amount, [(flavor, quota.nominal) for flavor, name, quota in quotas(queue) if name == resource])
    return tuple(
        ResourceGroup(
            group.covered_resources,
            tuple(
                FlavorQuotas(
                    flavor.name,
                    tuple(
                        (name, Quota(parts[flavor.name] if name == resource else PLENTY))
                        for name, _ in flavor.resources
                    ),
                )
                for flavor in group.flavors
            ),
        )
        for group in queue.resource_groups
    )


def _shared_out(amount: int, weights: Sequence[tuple[str, int]]) -> dict[str, int]:
    """An amount in whole parts, in proportion to the weights; what rounding leaves goes to the first ones."""
    total = sum(weight for _, weight in weights)
    parts = {name: amount * weight // total if total else 0 for name, weight in weights}
    for name, _ in weights[:1] if not total else weights:
        rest = amount - sum(parts.values())
        parts[name] += rest if not total else min(1, rest)
    return parts


@dataclass(frozen=True, slots=True)
class TeamNeed:
    """What one team has, and what it would need alone to wait no longer than ``wait_s``, the wait that it has in the
    shared cluster: means over the seeds; None where nothing of the team was ever admitted."""

    team: str
    quota: int
    needed: float
    wait_s: float | None


@dataclass(frozen=True, slots=True)
class Savings:
    """``shared``: the accelerators of the shared cluster; ``separate`` the mean of what the teams need apart.

    ``saved`` is the difference over the seeds with its interval, in accelerators; None bounds with one seed, ``exact``
    where nothing is random. ``an_hour`` is the same in money an hour, each flavor at its own price; None without
    prices. ``warnings`` say what the figure takes for granted that does not hold here.
    """

    resource: str
    metric: str
    seeds: int
    shared: int
    separate: float
    saved: Difference
    teams: tuple[TeamNeed, ...]
    exact: bool
    warnings: tuple[str, ...] = ()
    an_hour: Difference | None = None

    @property
    def share(self) -> float:
        """What sharing saves, as a share of what the teams need apart."""
        return self.saved.mean / self.separate if self.separate else 0.0


def savings(base: FromFile, runs: Runs, metric: str = METRIC, confidence: float = 0.95) -> Savings:
    """What sharing saves for equal waits of every team. Raises InputError."""
    scenario = base.scenario()
    resource = accelerator(scenario.policy)
    teams = {queue.name: _quota(queue, resource) for queue in scenario.policy.cluster_queues}
    random = is_random(base, scenario)
    seeds = runs.chosen(scenario.seed, default=SEEDS) if random else (scenario.seed,)
    paths = read_metrics([f"{team}.{metric}" for team in teams], scenario.policy)
    ends = scenario.horizon_ms is not None
    with lasting(runs.crew) as crew:

        def measured(cells: Sequence[Cell]) -> list[Served]:
            outcomes = execute(cells, crew, runs.kept, runs.progress)
            failed = [f"{item.stage}: {item.reason}" for item in outcomes if item.failed]
            if failed:
                raise InputError([Mistake(None, failed[0])])
            return [
                Served(item.values[cell.paths[0].text], 0.0 if ends else item.values[cell.paths[1].text] or 0.0)
                for cell, item in zip(cells, outcomes, strict=True)
            ]

        identity = base.identity(scenario)
        together = {
            path.subject.name: measured(
                [Cell(base, f"{identity} {path.text}", seed, _asked(scenario, path)) for seed in seeds]
            )
            for path in paths
        }
        needed: dict[str, list[int]] = {}
        for path in paths:
            team = path.subject.name
            needed[team] = _smallest(base, scenario, team, teams[team], seeds, together[team], path, measured)
    shared = Capacity.of(scenario).quota
    apart: list[float | None] = [float(sum(found[index] for found in needed.values())) for index in range(len(seeds))]
    saved = paired([float(shared)] * len(seeds), apart, confidence)
    assert saved is not None
    needs = tuple(
        TeamNeed(team, teams[team], sum(found) / len(found), _mean([one.value for one in together[team]]))
        for team, found in needed.items()
    )
    unknown = what_seeds_leave_out(base, scenario) if len(seeds) > 1 else ()
    doubts, an_hour = (*_doubts(scenario, resource), *unknown), _in_money(scenario, resource, needed, confidence)
    return Savings(resource, metric, len(seeds), shared, saved.value, saved, needs, not random, doubts, an_hour)


def _asked(scenario: Scenario, path: MetricPath) -> tuple[MetricPath, ...]:
    return (path, *read_metrics([f"{path.subject.name}.never_admitted"], scenario.policy))


def _in_money(
    scenario: Scenario, resource: str, needed: Mapping[str, Sequence[int]], confidence: float
) -> Difference | None:
    """What is saved an hour over the seeds: what teams need apart, in the flavors they get, less what is shared."""
    if scenario.prices is None:
        return None
    policy = scenario.policy
    prices = accelerator_prices([policy], scenario.prices, resource)
    owners: list[ClusterQueue | Cohort] = [*policy.cluster_queues, *policy.cohorts]
    mixes = {owner.name: _mix(owner, resource) for owner in owners}
    shared = sum(prices.get((flavor, resource), 0.0) * amount for mix in mixes.values() for flavor, amount in mix)
    number = len(next(iter(needed.values()), ()))
    apart = [
        sum(
            prices.get((flavor, resource), 0.0) * amount
            for team, found in needed.items()
            for flavor, amount in _shared_out(found[index], mixes[team]).items()
        )
        for index in range(number)
    ]
    return paired([shared] * number, apart, confidence)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _quota(queue: ClusterQueue, resource: str) -> int:
    """Nominal quota over all flavors."""
    return sum(amount for _, amount in _mix(queue, resource))


def _mix(owner: ClusterQueue | Cohort, resource: str) -> list[tuple[str, int]]:
    """Nominal quota flavor by flavor."""
    return [(flavor, quota.nominal) for flavor, name, quota in quotas(owner) if name == resource]


def _doubts(scenario: Scenario, resource: str) -> tuple[str, ...]:
    """What the figure takes for granted: one kind of accelerator, no quota but that of teams, enough nodes, and
    nothing that happens besides."""
    policy = scenario.policy
    several = [
        queue.name for queue in policy.cluster_queues if sum(name == resource for _, name, _ in quotas(queue)) > 1
    ]
    owning = [cohort.name for cohort in policy.cohorts if any(name == resource for _, name, _ in quotas(cohort))]
    found = []
    if several:
        found.append(
            f"{', '.join(several)}: several flavors of {resource}. Alone, a team gets them in the proportion it has "
            "them now, and one flavor counts like another; a better mix may need less."
        )
    if owning:
        found.append(f"{', '.join(owning)}: quota of cohorts counts as shared, and nobody has it alone.")
    if has_nodes(scenario):
        found.append(
            "Together, work waits for quota and for nodes; apart, for quota alone. What is shared is counted in quota, "
            "not in nodes."
        )
    if scenario.timeline:
        found.append("What the timeline does happens together and not apart.")
    return tuple(found)


def _smallest(
    base: FromFile,
    scenario: Scenario,
    team: str,
    quota: int,
    seeds: Sequence[int],
    limits: Sequence[Served],
    asked_of: MetricPath,
    measured: Measured,
) -> list[int]:
    """For each seed the smallest amount, none at all included, under which the team alone waits no longer than its
    limit, by bisection."""
    paths = _asked(scenario, asked_of)
    low, high = [-1] * len(seeds), [max(1, quota)] * len(seeds)
    known = [False] * len(seeds)
    for _ in range(64):
        open_ones = [index for index in range(len(seeds)) if not known[index] or high[index] - low[index] > 1]
        if not open_ones:
            return high
        asked = {index: (low[index] + high[index]) // 2 if known[index] else high[index] for index in open_ones}
        cells = [
            Cell(origin, origin.identity(scenario), seeds[index], paths)
            for index in open_ones
            for origin in [Alone(base, team, asked[index])]
        ]
        for index, served in zip(open_ones, measured(cells), strict=True):
            if limits[index].is_met_by(served):
                high[index], known[index] = asked[index], True
            else:
                low[index] = asked[index]
                if not known[index]:
                    high[index] = 2 * asked[index]
                    if high[index] > MOST * max(1, quota):
                        problem = f"{team} alone would wait longer even with {asked[index]} ({asked_of.text})"
                        raise InputError([Mistake(None, problem)])
    return high
