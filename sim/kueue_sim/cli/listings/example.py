"""``kueue-sim example``: the scenarios that come with the package."""

from pathlib import Path

import click

from kueue_sim.cli.output import output_folder
from kueue_sim.cli.scenario_options import example_names
from kueue_sim.cli.tables import FORMS, printed


@click.command("example")
@click.argument("name", required=False, shell_complete=example_names)
@output_folder("Write the example and the files that it reads here.")
@click.option("--format", "form", type=click.Choice(FORMS), default="text", help="Form of the list.")
def command(name: str | None, output: Path | None, form: str) -> None:
    """Print the example NAME; without NAME, list all.

    Every command that takes a SCENARIO takes --example NAME in its place.
    """
    from kueue_sim.inputs.examples import examples, find_example

    if name is None:
        if output is not None:
            raise click.UsageError("-o says where to write an example; name one")
        rows = [(one.name, one.about) for one in examples().values()]
        click.echo(printed(("example", "what it shows"), rows, form), nl=False)
        return
    found = find_example(name)
    if output is not None:
        click.echo(f"written to {', '.join(map(str, found.copy(output)))}", err=True)
        return
    click.echo(found.text, nl=False)
    if found.reads:
        click.echo(f"note: it reads {', '.join(found.reads)}; -o DIRECTORY writes them as well", err=True)
