"""One run's outcome as values: tables and figures, each worked out when it is first asked for."""

from functools import cached_property
from typing import TYPE_CHECKING

from kueue_sim.engine.facts import Run
from kueue_sim.model import Scenario
from kueue_sim.results.history.history import History
from kueue_sim.results.history.workload_names import find
from kueue_sim.results.quota.fairness import Fairness, Shares, fairness, weighted_shares, windows
from kueue_sim.results.quota.quota_over_time import Window, eras
from kueue_sim.results.quota.resources import covered_resources
from kueue_sim.results.step_functions.steps import Steps
from kueue_sim.results.tables import aggregates, columns
from kueue_sim.results.tables.dataframe import frame
from kueue_sim.results.tables.drain import Drain, drained
from kueue_sim.results.tables.evictions import Evictions
from kueue_sim.results.tables.loops import Loop, loops
from kueue_sim.results.tables.nodes import node_columns, placement_columns
from kueue_sim.results.tables.offered_load import OfferedLoad, offered_loads
from kueue_sim.results.tables.summary import Summary, TeamSummary

if TYPE_CHECKING:
    import pandas as pd


class RunResult:
    """What a run produced. Nothing is computed before it is asked for, and then once.

    ``scenario`` and ``run`` are the inputs; everything else follows from them. Tables: docs/outputs.md.
    """

    def __init__(self, scenario: Scenario, run: Run) -> None:
        self.scenario = scenario
        self.run = run

    # -- without pandas -----------------------------------------------------------------------------------

    @cached_property
    def history(self) -> History:
        """The life of every workload."""
        return History(self.scenario, self.run)

    @cached_property
    def figures(self) -> Summary:
        """The figures per team as plain values."""
        return Summary(self.history, self.evictions, eras(self.scenario, self.run))

    @cached_property
    def figures_by_resource(self) -> dict[str, Summary]:
        """The figures per team for each resource that work asks for and quota covers, the accelerator first."""
        periods = eras(self.scenario, self.run)
        found = {self.resource: self.figures}
        for resource in self.resources[1:]:
            history = self.history.counting(resource)
            found[resource] = Summary(history, Evictions(history), periods)
        return found

    @cached_property
    def evictions(self) -> Evictions:
        """Every preemption and eviction, one by one and in groups."""
        return Evictions(self.history)

    @cached_property
    def loops(self) -> tuple[Loop, ...]:
        """Work that was evicted and admitted again in rounds, the loop that cost most first."""
        return loops(self.scenario.policy, self.run, self.evictions, self.history)

    @cached_property
    def offered_loads(self) -> tuple[OfferedLoad, ...]:
        """The work that was asked for over what quota gives, by team and by cohort."""
        return self.offered_by_resource.get(self.resource, ())

    @cached_property
    def offered_by_resource(self) -> dict[str, tuple[OfferedLoad, ...]]:
        """The same of every resource that work asks for and quota covers, also of those without figures of their own:
        any may be what work waits for. The accelerator comes first; empty where work comes in no time."""
        periods = eras(self.scenario, self.run)
        covered = covered_resources([era.policy for era in periods], self.run.facts.workloads)
        names = [*self.resources, *(name for name in covered if name not in self.resources)]
        horizon = self.scenario.horizon_ms
        if horizon is not None and self.run.interrupted:
            horizon = min(horizon, self.run.end_ms)
        return offered_loads(self.history, periods, horizon, names)

    @cached_property
    def weighted_shares(self) -> dict[str, Shares]:
        """Weighted share of every ClusterQueue over time."""
        return weighted_shares(eras(self.scenario, self.run), self.history.held)

    def fairness_over(self, spans: list[Window]) -> list[Fairness]:
        """Jain's index of what teams held relative to their nominal quota, in windows of milliseconds."""
        return fairness(*self._held_and_nominal, self.history.pending, spans)

    @cached_property
    def _held_and_nominal(self) -> tuple[dict[str, Steps], dict[str, Steps]]:
        """Of the accelerator over all flavors, by team."""
        figures = self.figures
        names = figures.names
        held, nominal = (
            {name: Steps.sum([table[slot] for slot in figures.slots(name) if slot in table]) for name in names}
            for table in (figures.held, figures.nominal)
        )
        return held, nominal

    @cached_property
    def jain(self) -> float | None:
        """Jain's index over the whole run; None where nobody wanted anything."""
        return self.fairness_over([(0, self.run.measured_ms)])[0].jain

    @cached_property
    def drain(self) -> Drain | None:
        """What happened after the horizon, until nobody waited; None in a run that was not drained."""
        return drained(self.run, self.history, self.evictions)

    @property
    def teams(self) -> tuple[TeamSummary, ...]:
        """The figures of each team, in order of the policy."""
        return self.figures.teams

    @property
    def total(self) -> TeamSummary:
        """The figures of all teams together."""
        return self.figures.total

    @property
    def resource(self) -> str:
        """The resource that hours and shares count."""
        return self.history.resource

    @property
    def resources(self) -> tuple[str, ...]:
        """The resources that work asks for and quota covers, the one that hours and shares count first."""
        return self.history.resources

    @property
    def unfinished(self) -> tuple[str, ...]:
        """Keys of submitted workloads that neither finished nor were deleted, sorted."""
        return tuple(sorted(self.run.left))

    def key_of(self, workload: str) -> str:
        """``namespace/name`` of a workload given so or by name alone. Raises LookupError."""
        return find(self.history.lives, workload)

    # -- tables -------------------------------------------------------------------------------------------

    @cached_property
    def workloads(self) -> "pd.DataFrame":
        """One row per submitted workload."""
        return frame(columns.workload_columns(self.history, self.run))

    @cached_property
    def events(self) -> "pd.DataFrame":
        """One row per thing that happened."""
        return frame(columns.event_columns(self.run))

    @cached_property
    def usage(self) -> "pd.DataFrame":
        """Step function of quota in use per ClusterQueue, flavor and resource."""
        return frame(columns.usage_columns(self.figures))

    @cached_property
    def queues(self) -> "pd.DataFrame":
        """Step function of the number of workloads waiting per ClusterQueue."""
        return frame(columns.queue_columns(self.history, self.figures))

    @cached_property
    def ledger(self) -> "pd.DataFrame":
        """Borrowed resource-hours by lender and borrower."""
        return frame(aggregates.ledger_columns(self.figures))

    @cached_property
    def waits(self) -> "pd.DataFrame":
        """Statistics of waits by team, priority and size, to the first and to every admission."""
        return frame(aggregates.waits_columns(self.history))

    @cached_property
    def flavors(self) -> "pd.DataFrame":
        """Quota and use per flavor and resource."""
        return frame(aggregates.flavor_columns(self.figures, self.run.measured_ms))

    @cached_property
    def by_resource(self) -> "pd.DataFrame":
        """Quota and use per resource that matters and team."""
        return frame(aggregates.resource_columns(self.figures_by_resource))

    @cached_property
    def preemptions(self) -> "pd.DataFrame":
        """Preemptions and evictions by reason, victim's team and preemptor's team."""
        return frame(aggregates.eviction_columns(self.evictions))

    @cached_property
    def shares(self) -> "pd.DataFrame":
        """Step function of the weighted share per ClusterQueue."""
        return frame(aggregates.share_columns(self.weighted_shares))

    @cached_property
    def fairness(self) -> "pd.DataFrame":
        """Jain's index over windows of the run."""
        return frame(aggregates.fairness_columns(self.fairness_over(windows(self.run.measured_ms))))

    @cached_property
    def nodes(self) -> "pd.DataFrame":
        """One row per node; none in a run without nodes."""
        return frame(node_columns(self.run.nodes))

    @cached_property
    def placements(self) -> "pd.DataFrame":
        """One row per admission: when its pods found nodes; none in a run without nodes."""
        return frame(placement_columns(self.run.nodes, self.run.placed))

    @cached_property
    def summary(self) -> "pd.DataFrame":
        """One row per team."""
        rows = [team.flat() for team in self.teams]
        return frame({name: columns.figures(row[name] for row in rows) for name in self.total.flat()})

    def __repr__(self) -> str:
        numbers = f"{len(self.run.states)} workloads, {len(self.unfinished)} unfinished"
        return f"<{type(self).__name__} {self.scenario.name!r}: {numbers}>"
