"""The whole run folder: the tables, the page, the timeline and the metrics; the same bytes for the same run."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kueue_sim.report.exports.openmetrics import openmetrics_parts
from kueue_sim.report.exports.output_folder import Content, OutputFolder
from kueue_sim.report.exports.perfetto import perfetto_parts
from kueue_sim.report.exports.run_folder import as_json, rows_as_csv, save_run
from kueue_sim.report.page.html import page, told
from kueue_sim.report.page.run_page import run_page
from kueue_sim.version import __version__

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


def save_told(
    folder: Path, kind: str, title: str, text: str, content: object, rows: Sequence[Mapping[str, object]]
) -> Path:
    """What was told in words as a page, with everything as ``KIND.json`` and the table as ``KIND.csv``."""
    out = OutputFolder(folder)
    out.write(f"{kind}.csv", rows_as_csv(rows))
    out.write("report.html", page(title, [told("In words", text)]))
    out.write(f"{kind}.json", as_json(content))
    return out.close({"kind": kind, "title": title, "kueue_sim": __version__})


__all__ = ["save", "save_told"]
