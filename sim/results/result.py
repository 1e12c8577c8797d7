"""One run's outcome as a user meets it: tables, figures, explanations, plots, a folder."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sim.engine.facts import Run
from sim.model import Scenario
from sim.results import aggregates, columns
from sim.results.evictions import Evictions
from sim.results.fairness import Fairness, Shares, fairness, weighted_shares, windows
from sim.results.findings import findings
from sim.results.frames import frame
from sim.results.history import History
from sim.results.nodes import node_columns, placement_columns
from sim.results.quota import eras
from sim.results.steps import Steps
from sim.results.summary import Summary, TeamSummary

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from sim.results.folder import Content
    from sim.results.plots import Plots


class Result:
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
        return Summary(self.history, self.evictions, eras(self.scenario, self.run.end_ms))

    @cached_property
    def evictions(self) -> Evictions:
        """Every preemption and eviction, one by one and in groups."""
        return Evictions(self.history)

    @cached_property
    def weighted_shares(self) -> dict[str, Shares]:
        """Weighted share of every ClusterQueue over time."""
        return weighted_shares(eras(self.scenario, self.run.end_ms), self.history.held)

    def fairness_over(self, spans: list[tuple[int, int]]) -> list[Fairness]:
        """Jain's index of what teams held relative to their nominal quota, in windows of milliseconds."""
        return fairness(*self._held_and_nominal, self.history.pending, spans)

    @cached_property
    def _held_and_nominal(self) -> tuple[dict[str, Steps], dict[str, Steps]]:
        """Of the accelerator over all flavors, by team."""
        figures = self.figures
        names = [team.cluster_queue for team in self.teams]
        held, nominal = (
            {name: Steps.sum([table[slot] for slot in figures.slots(name) if slot in table]) for name in names}
            for table in (figures.held, figures.nominal)
        )
        return held, nominal

    @cached_property
    def jain(self) -> float | None:
        """Jain's index over the whole run; None where nobody wanted anything."""
        return self.fairness_over([(0, self.run.end_ms)])[0].jain

    @cached_property
    def findings(self) -> tuple[str, ...]:
        """What somebody should look at, beside the warnings of the scenario."""
        return findings(self)

    @property
    def teams(self) -> tuple[TeamSummary, ...]:
        return self.figures.teams

    @property
    def total(self) -> TeamSummary:
        return self.figures.total

    @property
    def resource(self) -> str:
        """The resource that hours and shares count."""
        return self.history.resource

    @property
    def unfinished(self) -> tuple[str, ...]:
        """Keys of submitted workloads that neither finished nor were deleted, sorted."""
        return tuple(sorted(self.run.left))

    def key_of(self, workload: str) -> str:
        """``namespace/name`` of a workload given so or by name alone. Raises LookupError."""
        from sim.results.explain import find

        return find(self.history.lives, workload)

    def explain(self, workload: str) -> str:
        """The life of one workload in words. Raises LookupError when there is none of that name."""
        from sim.results.explain import explain

        return explain(self.scenario, self.run, self.history, self.key_of(workload))

    def save(
        self,
        folder: str | Path,
        *,
        plots: bool = False,
        parquet: bool = False,
        more: "Mapping[str, Content] | None" = None,
    ) -> Path:
        """Write the run folder; the same run writes the same bytes.

        ``plots`` adds a PNG per plot, ``parquet`` the tables as Parquet, ``more`` further files by name.
        ``sim.report.save`` writes the page, the timeline and the metrics as well.
        """
        from sim.results.folder import save

        return save(self, Path(folder), plots=plots, parquet=parquet, more=more or {})

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
        return frame(aggregates.flavor_columns(self.figures, self.run.end_ms))

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
        return frame(aggregates.fairness_columns(self.fairness_over(windows(self.run.end_ms))))

    @cached_property
    def nodes(self) -> "pd.DataFrame":
        """One row per node; none in a run without nodes."""
        return frame(node_columns(self.run.nodes))

    @cached_property
    def placements(self) -> "pd.DataFrame":
        """One row per admission: when its pods found nodes; none in a run without nodes."""
        return frame(placement_columns(self.run.nodes))

    @cached_property
    def summary(self) -> "pd.DataFrame":
        """One row per team."""
        rows = [team.flat() for team in self.teams]
        return frame({name: [row[name] for row in rows] for name in self.total.flat()})

    @cached_property
    def plot(self) -> "Plots":
        """Plots: each takes matplotlib axes (or makes its own) and returns them."""
        from sim.results.plots import Plots

        return Plots(self)

    def _repr_html_(self) -> str:
        from sim.results.html import result_html

        return result_html(self)

    def __repr__(self) -> str:
        return f"<Result {self.scenario.name!r}: {len(self.run.states)} workloads, {len(self.unfinished)} unfinished>"
