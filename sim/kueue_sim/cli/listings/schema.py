"""``kueue-sim schema``: the format of scenario files, for editors and for people."""

import json
from pathlib import Path

import click

from kueue_sim.cli.output import output_file, printed_or_written


@click.command("schema")
@click.option("--markdown", is_flag=True, help="Tables for people instead of a schema for editors.")
@output_file("Write here instead of stdout.")
def command(markdown: bool, output: Path | None) -> None:
    """Print the JSON Schema (draft 2020-12) of scenario files.

    An editor with a YAML language server completes and checks a scenario that starts with the comment
    `# yaml-language-server: $schema=scenario.schema.json`.
    """
    from kueue_sim.inputs.text.jsonschema import scenario_schema
    from kueue_sim.inputs.text.schema_tables import markdown_tables

    text = markdown_tables() if markdown else json.dumps(scenario_schema(), indent=2, ensure_ascii=False) + "\n"
    printed_or_written(text, output)
