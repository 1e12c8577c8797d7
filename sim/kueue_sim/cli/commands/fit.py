"""``kueue-sim fit``: generators that make work like a history."""

from pathlib import Path
from typing import Any

import click

from kueue_sim.cli.output import output_folder, say
from kueue_sim.cli.scenario_options import ScenarioCommand, load, scenario_files_options


@click.command("fit", cls=ScenarioCommand)
@scenario_files_options
@output_folder("Write workloads.yaml, recorded run times where no family fits, and a picture of the fit here.")
def command(output: Path | None, **options: Any) -> None:
    """Print generators that make work like that of FILE...: run times, sizes, arrivals by hour and weekday.

    Run times are fitted by exponential, lognormal, Weibull, gamma and Pareto laws; where none comes near, the recorded
    values themselves are drawn, from files that -o writes.
    """
    from kueue_sim.whatif.fitting.fit import fitted
    from kueue_sim.whatif.rendering.fit_text import fit_yaml, save_fit

    found = fitted(load(**options))
    say(fit_yaml(found), nl=False)
    if output is not None:
        say(f"written to {save_fit(found, output)}", err=True)
