"""``kueue-sim sweep``: a grid of variants and seeds into one table."""

from pathlib import Path
from typing import Any

import click

from kueue_sim.cli.many_runs import base_of, counted, many_runs_options, runs_of, warm_up_option, written_to
from kueue_sim.cli.output import form_option, output_folder, say, show
from kueue_sim.cli.scenario_options import ScenarioCommand, drain_option, scenario_options
from kueue_sim.cli.tables import width


@click.command("sweep", cls=ScenarioCommand)
@scenario_options
@drain_option
@click.option("--grid", multiple=True, metavar="PATH=VALUES", help="Values of one path: 1,2,4 or 8..64:8.")
@click.option("--case", "cases", multiple=True, metavar="CHANGES", help="One point of its own: 'PATH=VALUE; …'.")
@click.option("--metric", "metrics", multiple=True, metavar="METRIC", help="What to measure.")
@click.option("--seeds", type=click.IntRange(min=1), default=1, show_default=True, help="Number of seeds.")
@warm_up_option
@many_runs_options
@output_folder("Keep runs and tables here; go on later.")
@click.option("--parquet", is_flag=True, help="Also write the table as Parquet.")
@click.option("--plots", is_flag=True, help="Also draw every total metric.")
@form_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    grid: tuple[str, ...],
    cases: tuple[str, ...],
    metrics: tuple[str, ...],
    seeds: int,
    warm_up: int | None,
    output: Path | None,
    parquet: bool,
    plots: bool,
    form: str,
    **options: Any,
) -> None:
    """Run SCENARIO at every point of a grid under every seed: one table, one row per run.

    With -o, finished runs are kept there: after Ctrl-C or a failure the same command goes on where it stopped.
    A run that fails is a row with its reason; then the exit code is 1.
    """
    from kueue_sim.whatif.comparing.compare import METRICS
    from kueue_sim.whatif.facade import SweepReport, shown_as
    from kueue_sim.whatif.rendering.sweep_text import print_sweep, sweep_text
    from kueue_sim.whatif.sweeping.grid import read_axis, read_case
    from kueue_sim.whatif.sweeping.sweep import swept

    written_to(output, parquet=parquet, plots=plots)
    with counted("sweeping:", kept=output) as progress:
        made = swept(
            base_of(**options),
            [read_axis(text) for text in grid],
            [read_case(text) for text in cases],
            metrics=metrics or METRICS,
            warm_up_ms=warm_up,
            runs=runs_of(options, seeds, output, progress),
        )
    found = shown_as(SweepReport, made)
    if output is not None:
        say(f"written to {found.save(output, parquet, plots)}", err=True)
    show(
        form,
        lambda: sweep_text(found, width()),
        lambda: {"title": found.title, "exact": found.exact, "rows": found.rows()},
        found.rows,
        lambda on: print_sweep(found, on),
    )
    ctx.exit(1 if found.failures else 0)
