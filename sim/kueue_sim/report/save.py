"""The whole run folder: the tables, the page, the timeline and the metrics; the same bytes for the same run."""

from pathlib import Path
from typing import TYPE_CHECKING

from kueue_sim.report.exports.openmetrics import openmetrics_parts
from kueue_sim.report.exports.output_folder import Content
from kueue_sim.report.exports.perfetto import perfetto_parts
from kueue_sim.report.exports.run_folder import save_run
from kueue_sim.report.page.run_page import run_page

if TYPE_CHECKING:
    from kueue_sim.results import RunResult


def save(result: "RunResult", folder: str | Path, *, parquet: bool = False, plots: bool = False) -> None:
    """Write everything into ``folder``.

    ``parquet`` adds the tables as Parquet, ``plots`` a PNG of every plot. Raises MissingExtra for Parquet.
    """
    files: dict[str, Content] = {
        "report.html": run_page(result),
        "timeline.perfetto.json": perfetto_parts(result),
        "metrics.openmetrics": openmetrics_parts(result),
    }
    save_run(result, Path(folder), plots=plots, parquet=parquet, more=files)


__all__ = ["save"]
