"""``kueue-sim explore``: sliders for quotas, limits and weights on a page of this machine's own."""

import webbrowser
from pathlib import Path
from typing import Any

import click

from kueue_sim.cli.scenario_options import (
    ScenarioCommand,
    changes_of,
    given_files,
    scenario_files_options,
    step_options,
)


@click.command("explore", cls=ScenarioCommand)
@scenario_files_options
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port of the page; a free one when absent.")
@click.option("--open/--no-open", "opened", default=True, help="Open the page in the browser.")
def command(scenario_files: tuple[Path, ...], until: int | None, port: int, opened: bool, **options: Any) -> None:
    """Move quotas, limits and weights of FILE... with sliders, and see at once who waits and what is used.

    The page is served to this machine alone, until Ctrl-C. It says with which --set the same is had in other commands.
    """
    from kueue_sim.exploring.exploration import Exploration
    from kueue_sim.exploring.server import address, serving

    steps = step_options(options["pace_ms"], options["variables"])
    changes = changes_of(options["overrides"], options["runtimes"], options["seed"], options["prices"], until)
    exploration = Exploration(given_files(scenario_files), changes, options["overlays"], steps)
    with serving(exploration, port) as server:
        click.echo(f"{address(server)}  (Ctrl-C ends)", err=True)
        if opened:
            webbrowser.open(address(server))
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("closed", err=True)
