"""What comparisons, sweeps and searches leave behind: the same bytes for the same content, each file written whole."""

import io
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from kueue_sim.report.exports.output_folder import OutputFolder
from kueue_sim.report.exports.run_folder import as_csv, as_json, as_parquet, rows_as_csv
from kueue_sim.version import __version__

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kueue_sim.whatif.advising.advice import Advice
    from kueue_sim.whatif.backtesting.backtest import Backtest
    from kueue_sim.whatif.comparing.comparison import Comparison
    from kueue_sim.whatif.costing.statement import Statement
    from kueue_sim.whatif.forecasting.forecast import Forecast
    from kueue_sim.whatif.sweeping.sweep import Sweep
    from kueue_sim.whatif.upgrading.upgrade import Upgrade


def save_comparison(comparison: "Comparison", folder: Path, plots: bool = False) -> Path:
    """Tables, a page, and on demand a picture per metric."""
    from kueue_sim.whatif.rendering.comparison_page import comparison_page
    from kueue_sim.whatif.rendering.comparison_text import comparison_content

    out = OutputFolder(folder)
    out.write("comparison.csv", rows_as_csv(comparison.records()))
    out.write("runs.csv", rows_as_csv(_measured(comparison)))
    _write_intervals(out, comparison, plots)
    out.write("report.html", comparison_page(comparison))
    out.write("comparison.json", as_json(comparison_content(comparison)))
    return out.close({"kind": "comparison", "title": comparison.title, "kueue_sim": __version__})


def _write_intervals(out: OutputFolder, comparison: "Comparison", plots: bool) -> None:
    """A picture per metric, where they are asked for."""
    for metric in comparison.metrics if plots else ():
        from kueue_sim.whatif.rendering.comparison_plots import intervals

        out.write(f"{_file_name(metric)}.png", _png(intervals(comparison, metric)))


def _file_name(metric: str) -> str:
    """A metric as a name of a file, such as ``lost.hours[aws.amazon.com-neuron]``."""
    return metric.replace("/", "-")


def _measured(comparison: "Comparison") -> list[dict[str, object]]:
    """One row per variant and seed, one column per metric path."""
    paths = dict.fromkeys(path.text for paths in comparison.paths.values() for path in paths)
    return [
        {"variant": samples.name, "seed": seed, **{path: values.get(path) for path in paths}}
        for samples in (comparison.base, *comparison.variants)
        for seed, values in zip(comparison.plan.seeds, samples.values, strict=True)
    ]


def save_sweep(sweep: "Sweep", folder: Path, parquet: bool, plots: bool) -> Path:
    """The table, a page, and on demand Parquet and pictures."""
    from kueue_sim.whatif.rendering.sweep_page import sweep_page

    out = OutputFolder(folder)
    if parquet:
        out.write("sweep.parquet", as_parquet(sweep.columns()))
    if plots:
        from kueue_sim.whatif.rendering.sweep_plots import SweepPlots

        for path in sweep.told:
            out.write(f"{_file_name(path.text)}.png", _png(SweepPlots(sweep).metric(path.text)))
    out.write("report.html", sweep_page(sweep))
    out.write("sweep.csv", as_csv(sweep.columns()))
    return out.close({"kind": "sweep", "title": sweep.title, "kueue_sim": __version__})


def _png(axes: "Axes") -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = axes.get_figure(root=True)
    assert figure is not None
    picture = io.BytesIO()
    FigureCanvasAgg(figure).print_png(picture, metadata={"Software": None})  # type: ignore[no-untyped-call]
    return picture.getvalue()


def save_advice(advice: "Advice", folder: Path, plots: bool = False) -> Path:
    """The change to apply, what was tried, a page, and on demand a picture."""
    from kueue_sim.whatif.rendering.advice_page import advice_page, frontier_plot

    out = OutputFolder(folder)
    out.write("tried.csv", rows_as_csv(advice.records()))
    if advice.remedy is not None and advice.remedy.manifests:
        out.write("change.yaml", advice.remedy.manifests)
    if advice.remedy is not None and advice.remedy.commands:
        out.write("change.sh", "".join(f"{command}\n" for command in advice.remedy.commands))
    if plots:
        out.write("frontier.png", _png(frontier_plot(advice)))
    out.write("report.html", advice_page(advice))
    out.write("advice.json", as_json(advice.value()))
    return out.close({"kind": "advice", "title": advice.title, "kueue_sim": __version__})


def forecast_rows(forecast: "Forecast") -> list[dict[str, object]]:
    """A row for each workload, with the changes that would let it start now."""
    pairs = zip(forecast.records(), forecast.starts, strict=True)
    return [{**row, "changes": [str(change) for change in item.changes or ()]} for row, item in pairs]


def save_forecast(forecast: "Forecast", folder: Path, plots: bool = False) -> Path:
    """The table, a page, and on demand a picture."""
    from kueue_sim.whatif.rendering.forecast_page import forecast_page, starts_plot

    out = OutputFolder(folder)
    out.write("forecast.csv", rows_as_csv(forecast_rows(forecast)))
    if plots and forecast.starts:
        out.write("starts.png", _png(starts_plot(forecast)))
    out.write("report.html", forecast_page(forecast))
    out.write("forecast.json", as_json(forecast.content()))
    return out.close({"kind": "forecast", "title": forecast.title, "kueue_sim": __version__})


def save_upgrade(upgrade: "Upgrade", folder: Path, plots: bool = False) -> Path:
    """The page, everything as JSON, and on demand a picture per metric."""
    from kueue_sim.whatif.rendering.upgrade_text import upgrade_content, upgrade_page, upgrade_rows

    out = OutputFolder(folder)
    _write_intervals(out, upgrade.comparison, plots)
    out.write("upgrade.csv", rows_as_csv(upgrade_rows(upgrade)))
    out.write("report.html", upgrade_page(upgrade))
    out.write("upgrade.json", as_json(upgrade_content(upgrade)))
    return out.close({"kind": "upgrade", "title": upgrade.title, "kueue_sim": __version__})


def save_backtest(backtest: "Backtest", folder: Path, plots: bool = False) -> Path:
    """The table of waits, the page, everything as JSON, and on demand a picture."""
    from kueue_sim.whatif.rendering.backtest_page import backtest_page, waits_plot

    out = OutputFolder(folder)
    if plots:
        out.write("waits.png", _png(waits_plot(backtest)))
    out.write("backtest.csv", rows_as_csv([asdict(row) for row in backtest.rows]))
    out.write("report.html", backtest_page(backtest))
    out.write("backtest.json", as_json(backtest.content()))
    return out.close({"kind": "backtest", "title": backtest.title, "kueue_sim": __version__})


def save_cost(found: "Statement", folder: Path, plots: bool = False) -> Path:
    """The table of teams, the page, everything as JSON, and on demand a picture."""
    from kueue_sim.whatif.rendering.cost_page import cost_page, cost_plot

    out = OutputFolder(folder)
    if plots:
        out.write("cost.png", _png(cost_plot(found)))
    out.write("cost.csv", rows_as_csv(found.rows()))
    out.write("report.html", cost_page(found))
    out.write("cost.json", as_json(found.content()))
    return out.close({"kind": "cost", "title": found.title, "kueue_sim": __version__})
