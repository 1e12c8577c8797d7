"""The run folder: plain files that hold everything, the same bytes for the same run, each written atomically."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kueue_sim.errors import MissingExtra
from kueue_sim.report.exports.output_folder import Content, OutputFolder
from kueue_sim.report.text.findings import findings
from kueue_sim.report.text.loops import ways_out
from kueue_sim.results.tables import columns
from kueue_sim.results.tables.nodes import NodeFigures, node_columns, placement_columns
from kueue_sim.version import __version__

if TYPE_CHECKING:
    from kueue_sim.results.run_result import RunResult

DIGITS = 9
"""Decimal places of derived figures in summary.json; beyond lies rounding noise of the machine."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that spreadsheets compute."""
_CHUNK = 50_000
"""Rows of a CSV file that are in memory as text at a time."""


def manifest(result: "RunResult") -> dict[str, object]:
    """What was run, to tell two folders apart and to repeat one."""
    scenario, run = result.scenario, result.run
    return {
        "scenario": scenario.name,
        "digest": scenario.digest,
        "seed": scenario.seed,
        "start": scenario.start,
        "kueue": scenario.settings.version,
        "kueue_sim": __version__,
        "end_s": run.end_ms / 1000,
        "interrupted": run.interrupted,
        "cycles": run.cycles,
        "events": len(run.facts),
        "warnings": list(scenario.warnings),
    }


def summary(result: "RunResult") -> dict[str, object]:
    """The figures as one JSON value; null where docs/outputs.md says so."""
    nodes = result.run.nodes
    return {
        "scenario": result.scenario.name,
        "digest": result.scenario.digest,
        "seed": result.scenario.seed,
        "end_s": result.run.end_ms / 1000,
        "measured_s": result.run.measured_ms / 1000,
        "drain": None if result.drain is None else rounded(result.drain.flat()),
        "resource": result.resource,
        "resources": [
            {
                "resource": resource,
                "teams": [rounded(team.of_quota()) for team in figures.teams],
                "total": rounded(figures.total.of_quota()),
            }
            for resource, figures in result.figures_by_resource.items()
        ],
        "teams": [rounded(team.flat()) for team in result.teams],
        "total": rounded(result.total.flat()),
        "lent": [
            {"lender": lender, "borrower": borrower, "hours": round(amount, DIGITS)}
            for (lender, borrower), amount in result.figures.pairs.items()
        ],
        "evictions": [rounded(asdict(group)) for group in result.evictions.groups],
        "loops": [{**rounded(asdict(loop)), "ways_out": list(ways_out(loop))} for loop in result.loops],
        "nodes": None if nodes is None else rounded(asdict(NodeFigures.of(nodes))),
        "jain": rounded({"jain": result.jain})["jain"],
        "weighted_share": rounded(
            {name: _finite(shares.mean(0, result.run.measured_ms)) for name, shares in result.weighted_shares.items()}
        ),
        "unfinished": list(result.unfinished),
        "findings": list(findings(result)),
        "warnings": list(result.scenario.warnings),
    }


def team_rows(result: "RunResult") -> list[dict[str, object]]:
    """The figures of each team, and those of all with ``total`` as ClusterQueue, a row each."""
    total = {**rounded(result.total.flat()), "cluster_queue": "total"}
    return [*(rounded(team.flat()) for team in result.teams), total]


def as_json(value: object) -> str:
    """Indented JSON with a final newline."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def save_run(result: "RunResult", folder: Path, *, plots: bool, parquet: bool, more: Mapping[str, Content]) -> Path:
    """Write all files; those of an earlier run go, and ``manifest.json`` comes last."""
    out = OutputFolder(folder)
    tables = {
        "workloads": columns.workload_columns(result.history, result.run),
        "events": columns.event_columns(result.run),
        "usage": columns.usage_columns(result.figures),
        "queues": columns.queue_columns(result.history, result.figures),
    }
    if result.run.nodes is not None:
        tables["nodes"] = node_columns(result.run.nodes)
        tables["placements"] = placement_columns(result.run.nodes, result.run.placed)
    for name, table in tables.items():
        out.write(f"{name}.csv", csv_parts(table))
        if parquet:
            out.write(f"{name}.parquet", as_parquet(table))
    out.write("summary.json", as_json(summary(result)))
    for name, content in more.items():
        out.write(name, content)
    if plots:
        _save_plots(result, out)
    return out.close(manifest(result))


def as_parquet(table: columns.Columns) -> bytes:
    """The table as a Parquet file. Raises MissingExtra without pyarrow."""
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise MissingExtra("Parquet", "parquet") from None
    from kueue_sim.results.tables.dataframe import frame

    buffer = io.BytesIO()
    frame(table).to_parquet(buffer, engine="pyarrow", index=False)
    return buffer.getvalue()


def as_csv(table: columns.Columns) -> str:
    """Comma-separated with a header; absent is empty, truth values are true and false, Unix line ends."""
    return "".join(csv_parts(table))


def rows_as_csv(rows: Sequence[Mapping[str, object]]) -> str:
    """Rows with equal columns as CSV; empty where a value is None, lists joined by semicolons."""
    return as_csv({name: [_joined(row[name]) for row in rows] for name in rows[0]} if rows else {})


def table_csv(names: Sequence[str], rows: Sequence[Mapping[str, object]]) -> str:
    """Rows as CSV under these columns, also without any row; empty where a row has no such value."""
    return as_csv({name: [_joined(row.get(name)) for row in rows] for name in names})


def _joined(value: object) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return "; ".join(map(str, value)) if isinstance(value, list | tuple) else value


def csv_parts(table: columns.Columns) -> Iterator[str]:
    """As ``as_csv``, part by part: tables of millions of rows need not be in memory as text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(_no_formula, table))
    rows = max((len(column) for column in table.values()), default=0)
    for start in range(0, rows, _CHUNK):
        cells = [_cells(column, slice(start, start + _CHUNK)) for column in table.values()]
        writer.writerows(zip(*cells, strict=True))
        yield text.getvalue()
        text.seek(0)
        text.truncate()
    yield text.getvalue()


def _cells(column: columns.Column, rows: slice) -> list[object]:
    """Some cells of a column as they are written."""
    if isinstance(column, columns.Coded):
        names = np.array([*map(_no_formula, column.names), ""], dtype=object)
        texts: list[object] = names[column.codes[rows]].tolist()
        return texts
    if isinstance(column, list):
        return [_no_formula(cell) for cell in column[rows]]
    part = column[rows]
    cells: list[object] = part.tolist()
    if part.dtype == bool:
        return ["true" if cell else "false" for cell in cells]
    if part.dtype.kind == "f" and np.isnan(part).any():
        return [None if cell != cell else cell for cell in cells]
    return cells


def _no_formula(cell: Any) -> Any:
    """The cell; text that a spreadsheet would compute gets an apostrophe before it: names are data of others."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _save_plots(result: "RunResult", out: OutputFolder) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from kueue_sim.report.charts.chart_style import literal_text
    from kueue_sim.report.charts.plots import NAMES, Plots, own_axes

    plots = Plots(result)
    for name in NAMES:
        picture = io.BytesIO()
        with literal_text():
            axes = own_axes()
            getattr(plots, name)(axes)
            figure = axes.get_figure(root=True)
            assert figure is not None
            FigureCanvasAgg(figure).print_png(picture, metadata={"Software": None})  # type: ignore[no-untyped-call]
        out.write(f"{name}.png", picture.getvalue())


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None


def rounded(row: dict[str, object]) -> dict[str, object]:
    """The figures of a row to ``DIGITS`` decimal places."""
    return {name: round(value, DIGITS) if isinstance(value, float) else value for name, value in row.items()}
