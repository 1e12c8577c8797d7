"""The whole run folder: the tables, the page, the timeline and the metrics; the same bytes for the same run."""

from pathlib import Path
from typing import TYPE_CHECKING

from kueue_sim.errors import MissingExtra
from kueue_sim.report.exports.openmetrics import openmetrics_parts
from kueue_sim.report.exports.output_folder import Content
from kueue_sim.report.exports.perfetto import perfetto_parts
from kueue_sim.report.exports.run_folder import save_run

if TYPE_CHECKING:
    from kueue_sim.results import RunResult


def save(result: "RunResult", folder: str | Path, *, parquet: bool = False, plots: bool = False) -> tuple[str, ...]:
    """Write everything into ``folder``; returns what had to be left out and why, one sentence each.

    ``parquet`` adds the tables as Parquet, ``plots`` a PNG of every plot.
    """
    missing: list[str] = []
    files: dict[str, Content] = {}
    try:
        from kueue_sim.report.page.run_page import run_page

        files["report.html"] = run_page(result)
    except (MissingExtra, ModuleNotFoundError):
        missing.append(f"report.html is left out: {MissingExtra('it', 'html')}")
    files["timeline.perfetto.json"] = perfetto_parts(result)
    files["metrics.openmetrics"] = openmetrics_parts(result)
    save_run(result, Path(folder), plots=plots, parquet=parquet, more=files)
    return tuple(missing)


__all__ = ["save"]
