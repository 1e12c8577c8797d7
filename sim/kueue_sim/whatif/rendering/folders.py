"""What comparisons, sweeps and searches leave behind: the same bytes for the same content, each file written whole."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kueue_sim.report.exports.run_folder import as_csv, as_json, as_parquet, write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kueue_sim.whatif.advising.advice import Advice
    from kueue_sim.whatif.comparing.comparison import Comparison
    from kueue_sim.whatif.sweeping.sweep import Sweep


def comparison_json(comparison: "Comparison") -> str:
    """Everything as one JSON value."""
    from kueue_sim.whatif.rendering.verdicts import recommendation

    sides = [samples.name for samples in comparison.variants]
    return as_json(
        {
            "base": comparison.base.name,
            "variants": sides,
            "basis": comparison.plan.basis,
            "replicates": comparison.replicates,
            "n": comparison.n,
            "confidence": comparison.confidence,
            "changes": {name: changes.records() for name, changes in comparison.changes.items()},
            "totals": {name: changes.totals() for name, changes in comparison.changes.items()},
            "warnings": {name: list(found) for name, found in comparison.warnings.items()},
            "rows": comparison.records(),
            "fresh": [] if comparison.fresh is None else comparison.fresh.records(),
            "happened": {name: comparison.happened(name) for name in sides},
            "notes": list(comparison.notes),
            "failures": list(comparison.failures),
            "violations": list(comparison.violations),
            "recommendation": recommendation(comparison),
        }
    )


def save_comparison(comparison: "Comparison", folder: Path, plots: bool = False) -> Path:
    """``comparison.json`` comes last, so a folder that has one is complete."""
    from kueue_sim.whatif.rendering.pages import comparison_page

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "comparison.json").unlink(missing_ok=True)
    write_whole(folder / "comparison.csv", rows_as_csv(comparison.records()))
    write_whole(folder / "runs.csv", rows_as_csv(_measured(comparison)))
    for metric in comparison.metrics if plots else ():
        from kueue_sim.whatif.rendering.comparison_plots import intervals

        write_whole(folder / f"{metric}.png", _png(intervals(comparison, metric)))
    write_whole(folder / "report.html", comparison_page(comparison))
    write_whole(folder / "comparison.json", comparison_json(comparison))
    return folder


def _measured(comparison: "Comparison") -> list[dict[str, object]]:
    """One row per variant and seed or block, one column per metric path."""
    paths = dict.fromkeys(path.text for paths in comparison.paths.values() for path in paths)
    return [
        {"variant": samples.name, "replicate": number, **{path: values.get(path) for path in paths}}
        for samples in (comparison.base, *comparison.variants)
        for number, values in enumerate(samples.values)
    ]


def rows_as_csv(rows: Sequence[dict[str, object]]) -> str:
    """Rows with equal columns as CSV; empty where a value is None."""
    return as_csv({name: [row[name] for row in rows] for name in rows[0]} if rows else {})


def save_sweep(sweep: "Sweep", folder: Path, parquet: bool, plots: bool) -> Path:
    """``sweep.csv`` comes last, so a folder that has one is complete."""
    from kueue_sim.whatif.rendering.pages import sweep_page

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sweep.csv").unlink(missing_ok=True)
    if parquet:
        write_whole(folder / "sweep.parquet", as_parquet(sweep.columns()))
    for path in sweep.paths if plots else ():
        from kueue_sim.whatif.rendering.sweep_plots import SweepPlots

        if path.subject.kind == "total":
            write_whole(folder / f"{path.text}.png", _png(SweepPlots(sweep).metric(path.text)))
    write_whole(folder / "report.html", sweep_page(sweep))
    write_whole(folder / "sweep.csv", as_csv(sweep.columns()))
    return folder


def _png(axes: "Axes") -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = axes.get_figure(root=True)
    assert figure is not None
    picture = io.BytesIO()
    FigureCanvasAgg(figure).print_png(picture, metadata={"Software": None})  # type: ignore[no-untyped-call]
    return picture.getvalue()


def save_advice(advice: "Advice", folder: Path) -> Path:
    """``advice.json`` comes last, so a folder that has one is complete."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("advice.json", "change.yaml", "change.sh"):
        (folder / name).unlink(missing_ok=True)
    write_whole(folder / "tried.csv", rows_as_csv(advice.records()))
    if advice.remedy is not None and advice.remedy.manifests:
        write_whole(folder / "change.yaml", advice.remedy.manifests)
    if advice.remedy is not None and advice.remedy.commands:
        write_whole(folder / "change.sh", "".join(f"{command}\n" for command in advice.remedy.commands))
    write_whole(folder / "advice.json", as_json(advice.value()))
    return folder
