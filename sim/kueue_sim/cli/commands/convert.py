"""``kueue-sim convert``: the Kueue manifests that a policy amounts to."""

from pathlib import Path

import click

from kueue_sim.cli.named import INPUT
from kueue_sim.cli.output import file_form_option, output_file, printed_or_written
from kueue_sim.cli.scenario_options import ScenarioCommand


@click.command("convert", cls=ScenarioCommand)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=INPUT)
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Change one value of the input.")
@click.option(
    "--overlay",
    "overlays",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    help="Manifests laid over the input.",
)
@output_file("Write here instead of stdout.")
@file_form_option("manifests")
def command(
    files: tuple[Path, ...], overrides: tuple[str, ...], overlays: tuple[Path, ...], output: Path | None, form: str
) -> None:
    """Print the Kueue manifests of FILE... as one YAML text.

    A FILE is a scenario, a folder, - for standard input, a file with `aws sagemaker create-…` commands, HyperPod
    requests or answers as JSON or YAML, or Kueue manifests (to see them after --set and --overlay).
    """
    from kueue_sim.cli.scenario_options import given_files
    from kueue_sim.inputs.convert import kueue_manifests, manifest_text
    from kueue_sim.report.exports.run_folder import as_json

    manifests = kueue_manifests(given_files(files), overrides, overlays)
    listed = {"apiVersion": "v1", "kind": "List", "items": manifests}
    printed_or_written(manifest_text(manifests) if form == "text" else as_json(listed), output)
