"""``kueue-sim forecast``: when pending or planned work starts."""

from pathlib import Path
from typing import Any

import click

from kueue_sim.cli.many_runs import base_of, counted, many_runs_options, runs_of, written_to
from kueue_sim.cli.output import form_option, output_folder, say, show
from kueue_sim.cli.scenario_options import ScenarioCommand, duration, scenario_options
from kueue_sim.cli.tables import width


@click.command("forecast", cls=ScenarioCommand)
@scenario_options
@click.argument("work", nargs=-1, metavar="[WORK]...")
@click.option(
    "--at", callback=duration, metavar="DURATION", help="The instant to look from; the last submission when absent."
)
@click.option(
    "--history", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path), metavar="FILE",
    help="Scenario to draw run times and arrivals from; the past of SCENARIO when absent.",
)  # fmt: skip
@click.option("--seeds", type=click.IntRange(min=1), default=50, show_default=True, help="Number of futures.")
@click.option(
    "--ahead",
    callback=duration,
    metavar="DURATION",
    help="How far to look; 7d, less after a short history.",
)
@click.option(
    "--hindcasts", type=click.IntRange(min=0), default=40, show_default=True,
    help="Number of earlier forecasts to learn from; 0 takes the futures as drawn.",
)  # fmt: skip
@click.option(
    "--within", callback=duration, default="45s", show_default=True, metavar="DURATION",
    help="Real time for everything; the futures played by then are the answer. 0s: all of them.",
)  # fmt: skip
@many_runs_options
@output_folder("Write the table and a page here.")
@click.option("--plots", is_flag=True, help="Also draw when each starts.")
@form_option
def command(
    work: tuple[str, ...],
    at: int | None,
    history: Path | None,
    seeds: int,
    ahead: int | None,
    hindcasts: int,
    within: int,
    output: Path | None,
    plots: bool,
    form: str,
    **options: Any,
) -> None:
    """Predict when WORK starts: a workload that waits in SCENARIO, a team (LocalQueue, ClusterQueue or namespace) for
    all of it that waits, a file with a job manifest, or the short form such as '{team: team-a, requests:
    {nvidia.com/gpu: 8}}'. Without WORK, all that waits.

    What runs and waits at the instant is known; how long it runs and what else comes is drawn from the past. The same
    is tried at earlier instants, where it is known what happened, and the times are corrected by what was missed. After
    Ctrl-C, or the time of --within, the futures played by then are the answer.
    """
    from kueue_sim.whatif.facade import forecast
    from kueue_sim.whatif.forecasting.asked import short_form
    from kueue_sim.whatif.rendering.folders import forecast_rows
    from kueue_sim.whatif.rendering.forecast_text import forecast_text, print_forecast

    written_to(output, plots=plots)
    with counted("forecast") as progress:
        found = forecast(
            base_of(**options),
            [short_form(text) for text in work],
            at=None if at is None else f"{at}ms",
            history=history,
            ahead=None if ahead is None else f"{ahead}ms",
            hindcasts=hindcasts,
            within_s=within / 1000 or None,
            runs=runs_of(options, seeds, progress=progress),
        )
    if output is not None:
        say(f"written to {found.save(output, plots)}", err=True)
    show(
        form,
        lambda: forecast_text(found, width()),
        found.content,
        lambda: forecast_rows(found),
        lambda on: print_forecast(found, on),
    )
