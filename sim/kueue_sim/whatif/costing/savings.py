"""What does sharing save? The accelerators that separate teams would need to wait no longer than they do together.

Apart, teams do not touch each other, so each is run alone, with all the work it has, and the smallest quota is looked
for under which it waits no longer than in the shared cluster under the same seed. The saving is what the sum of those
has more than the shared quota; pair by pair over seeds it has an interval. A shared cluster that is larger than its
work needs saves less, or nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from kueue_sim.errors import InputError, Mistake
from kueue_sim.model import ClusterQueue, FlavorQuotas, Policy, Quota, ResourceGroup, Scenario
from kueue_sim.results.metrics.metric_path import read_metrics
from kueue_sim.results.quota.quota_over_time import accelerator, quotas
from kueue_sim.whatif.comparing.changes import Capacity
from kueue_sim.whatif.comparing.design import SEEDS, is_random
from kueue_sim.whatif.comparing.statistics import Difference, paired
from kueue_sim.whatif.execution.execution import execute
from kueue_sim.whatif.execution.executors import lasting
from kueue_sim.whatif.execution.replication import Cell
from kueue_sim.whatif.execution.runs import Runs
from kueue_sim.whatif.execution.scenario_source import FromFile

Measured = Callable[[Sequence[Cell]], list[float | None]]
"""Makes runs and returns the value of the first metric of each."""
METRIC = "delay.p95"
PLENTY = 2**40
"""Quota of what is not counted: no team waits for it."""
MOST = 64
"""A team that needs more than so many times its quota alone is not looked at any further."""


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
    where nothing is random. ``warnings`` say what the figure takes for granted that does not hold here.
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
    with lasting(runs.crew) as crew:

        def measured(cells: Sequence[Cell]) -> list[float | None]:
            outcomes = execute(cells, crew, runs.kept, runs.progress)
            failed = [f"{item.stage}: {item.reason}" for item in outcomes if item.failed]
            if failed:
                raise InputError([Mistake(None, failed[0])])
            return [item.values[cell.paths[0].text] for cell, item in zip(cells, outcomes, strict=True)]

        identity = base.identity(scenario)
        together = {
            path.subject.name: measured([Cell(base, f"{identity} {path.text}", seed, (path,)) for seed in seeds])
            for path in paths
        }
        needed: dict[str, list[int]] = {}
        for path in paths:
            team = path.subject.name
            needed[team] = _smallest(base, scenario, team, teams[team], seeds, together[team], path.text, measured)
    shared = Capacity.of(scenario).quota
    apart: list[float | None] = [float(sum(found[index] for found in needed.values())) for index in range(len(seeds))]
    saved = paired([float(shared)] * len(seeds), apart, confidence)
    assert saved is not None
    needs = tuple(
        TeamNeed(team, teams[team], sum(found) / len(found), _mean(together[team])) for team, found in needed.items()
    )
    return Savings(
        resource, metric, len(seeds), shared, saved.value, saved, needs, not random, _doubts(scenario.policy, resource)
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _quota(queue: ClusterQueue, resource: str) -> int:
    """Nominal quota over all flavors."""
    return sum(quota.nominal for _, name, quota in quotas(queue) if name == resource)


def _doubts(policy: Policy, resource: str) -> tuple[str, ...]:
    """What the figure takes for granted: one kind of accelerator, and no quota but that of teams."""
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
    return tuple(found)


def _smallest(
    base: FromFile,
    scenario: Scenario,
    team: str,
    quota: int,
    seeds: Sequence[int],
    limits: Sequence[float | None],
    text: str,
    measured: Measured,
) -> list[int]:
    """For each seed the smallest amount under which the team alone waits no longer than its limit, by bisection."""
    path = read_metrics([text], scenario.policy)
    low, high = [0] * len(seeds), [max(1, quota)] * len(seeds)
    known = [False] * len(seeds)
    for _ in range(64):
        open_ones = [index for index in range(len(seeds)) if not known[index] or high[index] - low[index] > 1]
        if not open_ones:
            return high
        asked = {index: (low[index] + high[index]) // 2 if known[index] else high[index] for index in open_ones}
        cells = [
            Cell(origin, origin.identity(scenario), seeds[index], path)
            for index in open_ones
            for origin in [Alone(base, team, asked[index])]
        ]
        for index, value in zip(open_ones, measured(cells), strict=True):
            enough = limits[index] is None or (value is not None and value <= (limits[index] or 0.0))
            if enough:
                high[index], known[index] = asked[index], True
            else:
                low[index] = asked[index]
                if not known[index]:
                    high[index] = 2 * asked[index]
                    if high[index] > MOST * max(1, quota):
                        problem = f"{team} alone would wait longer even with {asked[index]} {text}"
                        raise InputError([Mistake(None, problem)])
    return high
