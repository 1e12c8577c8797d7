"""``kueue-sim paths``: what --set, variants and grids can change in a scenario, and its value now."""

from pathlib import Path

import click

from kueue_sim.cli.named import INPUT
from kueue_sim.cli.output import say
from kueue_sim.cli.scenario_options import ScenarioCommand, given_files
from kueue_sim.cli.tables import FORMS, printed


@click.command("paths", cls=ScenarioCommand)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=INPUT)
@click.option("--given", is_flag=True, help="Only paths that have a value now.")
@click.option("--format", "form", type=click.Choice(FORMS), default="text", help="Form of the list.")
def command(files: tuple[Path, ...], given: bool, form: str) -> None:
    """List the short paths of the queues, cohorts, flavors, classes and node pools of FILE... with their values now.

    They are for --set, --vary, --grid and the variants of compare: PATH=VALUE, PATH+=AMOUNT. Besides them, every path
    of a scenario file as written can be changed, such as horizon=2d, seed=7 or workloads.NAME.runtime=1h.
    """
    from kueue_sim.inputs import load
    from kueue_sim.inputs.text.named_overrides import settable
    from kueue_sim.inputs.text.overrides import settable_pools

    loaded = load(given_files(files))
    found = settable(loaded.manifests) | settable_pools(loaded.document.get("cluster", "nodePools"))
    rows = [(path, value) for path, value in found.items() if value is not None or not given]
    say(printed(("path", "now"), rows, form), nl=False)
