"""The whole run folder: the tables, the page, the timeline and the metrics; the same bytes for the same run."""

from pathlib import Path
from typing import TYPE_CHECKING

from sim.errors import MissingExtra
from sim.report.openmetrics import openmetrics_parts
from sim.report.perfetto import perfetto_parts
from sim.results.folder import Content

if TYPE_CHECKING:
    from sim.results import Result


def save(result: "Result", folder: str | Path, *, parquet: bool = False, plots: bool = False) -> tuple[str, ...]:
    """Write everything into ``folder``; returns what had to be left out and why, one sentence each.

    ``parquet`` adds the tables as Parquet, ``plots`` a PNG of every plot.
    """
    missing: list[str] = []
    files: dict[str, Content] = {}
    try:
        from sim.report.run_page import run_page

        files["report.html"] = run_page(result)
    except (MissingExtra, ModuleNotFoundError):
        missing.append(f"report.html is left out: {MissingExtra('it', 'html')}")
    files["timeline.perfetto.json"] = perfetto_parts(result)
    files["metrics.openmetrics"] = openmetrics_parts(result)
    result.save(folder, plots=plots, parquet=parquet, more=files)
    return tuple(missing)


__all__ = ["save"]
