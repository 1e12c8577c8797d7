"""``kueue-sim fit``: generators that make work like a history."""

from pathlib import Path
from typing import Any

import click

from kueue_sim.cli.output import form_option, output_folder, say, show
from kueue_sim.cli.scenario_options import ScenarioCommand, load, scenario_files_options


@click.command("fit", cls=ScenarioCommand)
@scenario_files_options
@output_folder("Write workloads.yaml, recorded run times where no family fits, and a picture of the fit here.")
@form_option
def command(output: Path | None, form: str, **options: Any) -> None:
    """Print generators that make work like that of FILE...: run times, sizes, arrivals by hour and weekday.

    Run times are fitted by exponential, lognormal, Weibull, gamma and Pareto laws; where none comes near, the recorded
    values themselves are drawn, from files that -o writes.
    """
    from kueue_sim.whatif.fitting.fit import fitted
    from kueue_sim.whatif.rendering.fit_text import fit_content, fit_rows, fit_yaml, save_fit

    found = fitted(load(**options))
    show(form, lambda: fit_yaml(found), lambda: fit_content(found), lambda: fit_rows(found))
    if output is not None:
        say(f"written to {save_fit(found, output)}", err=True)
