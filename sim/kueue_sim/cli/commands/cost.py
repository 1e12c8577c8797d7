"""``kueue-sim cost``: what a run costs, and what sharing the cluster saves."""

from pathlib import Path
from typing import Any

import click

from kueue_sim.cli.many_runs import base_of, counted, many_runs_options, runs_of, written_to
from kueue_sim.cli.output import form_option, output_folder, say, show
from kueue_sim.cli.scenario_options import ScenarioCommand, drain_option, scenario_options
from kueue_sim.cli.tables import fitted, width


@click.command("cost", cls=ScenarioCommand)
@scenario_options
@drain_option
@click.option("--savings", is_flag=True, help="Also find what separate teams would need for the same waits.")
@click.option("--metric", default="delay.p95", show_default=True, help="The wait that must be the same.")
@click.option("--seeds", type=click.IntRange(min=1), help="Number of seeds; 10 where arrivals depend on the seed.")
@many_runs_options
@output_folder("Write the table, a page and the JSON report here.")
@click.option("--plots", is_flag=True, help="With -o: also a picture of the figures.")
@form_option
def command(
    savings: bool, metric: str, seeds: int | None, output: Path | None, plots: bool, form: str, **options: Any
) -> None:
    """Say what SCENARIO costs: paid for, used, idle and lost, team by team, and per used accelerator-hour.

    With --savings each team is also run alone, and the smallest quota is looked for under which it waits no longer than
    in the shared cluster. Without --prices and prices in the scenario the example prices are taken.
    """
    from kueue_sim.whatif.costing.statement import statement
    from kueue_sim.whatif.rendering.cost_text import cost_text
    from kueue_sim.whatif.rendering.folders import save_cost

    written_to(output, plots=plots)
    with counted("looking for quotas:") as progress:
        found = statement(base_of(**options), runs_of(options, seeds, None, progress) if savings else None, metric)
    if output is not None:
        say(f"written to {save_cost(found, output, plots)}", err=True)
    show(form, lambda: fitted(cost_text(found, width())), found.content, found.rows)
