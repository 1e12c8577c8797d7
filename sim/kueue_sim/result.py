"""One run's outcome as a user meets it: its values, explained, plotted, shown in notebooks and saved."""

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from kueue_sim.results import RunResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kueue_sim.report.charts.plots import Plots
    from kueue_sim.report.exports.output_folder import Content


class Result(RunResult):
    """What a run produced, with the words and pictures for it. Tables: docs/outputs.md."""

    @cached_property
    def findings(self) -> tuple[str, ...]:
        """What somebody should look at, beside the warnings of the scenario."""
        from kueue_sim.report.text.findings import findings

        return findings(self)

    def explain(self, workload: str) -> str:
        """The life of one workload in words. Raises LookupError when there is none of that name."""
        from kueue_sim.engine.simulate import testimony
        from kueue_sim.report.text.explain import explain

        key, scenario = self.key_of(workload), self.scenario
        if self.run.interrupted:
            scenario = replace(scenario, horizon_ms=self.run.end_ms, drain=False)
        return explain(scenario, self.run, self.history, key, self.loops, testimony(scenario, key))

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
        ``kueue_sim.report.save`` writes the page, the timeline and the metrics as well.
        """
        from kueue_sim.report.exports.run_folder import save_run

        return save_run(self, Path(folder), plots=plots, parquet=parquet, more=more or {})

    @cached_property
    def plot(self) -> "Plots":
        """Plots: each takes matplotlib axes (or makes its own) and returns them."""
        from kueue_sim.report.charts.plots import Plots

        return Plots(self)

    def _repr_html_(self) -> str:
        from kueue_sim.report.page.notebook import result_html

        return result_html(self)


__all__ = ["Result"]
