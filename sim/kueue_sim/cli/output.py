"""Where a command writes: refused before anything runs when it cannot be written there."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kueue_sim.cli.named import Named
from kueue_sim.cli.tables import FORMS, width
from kueue_sim.errors import printable

if TYPE_CHECKING:
    from rich.console import Console

_Command = TypeVar("_Command", bound=Callable[..., Any])
Rows = Sequence[Mapping[str, object]]


def forms_option(*further: str) -> Callable[[_Command], _Command]:
    """The option --format of a command that reports something: FORMS and those that its readers know besides."""
    forms = click.Choice([*FORMS, *further])
    return click.option("--format", "form", type=forms, default="text", show_default=True, help="Form of the report.")


form_option = forms_option()
"""The option --format of a command that reports something: read by people, by programs, or by spreadsheets."""


def file_form_option(what: str) -> Callable[[_Command], _Command]:
    """The option --format of a command that prints a file, which is ``what`` and no table: text (YAML) or JSON."""

    def told(ctx: click.Context, param: click.Parameter, value: str) -> str:
        if value == "csv":
            raise click.BadParameter(f"{ctx.info_name} prints {what}, which is no table; take text or json", ctx, param)
        return value

    forms = click.Choice(FORMS)
    words = "Form of the file: text is YAML; it is no table, so there is no csv."
    return click.option("--format", "form", type=forms, default="text", show_default=True, callback=told, help=words)


def printed_or_written(text: str, output: Path | None) -> None:
    """A file that a command makes: to standard output, or where -o says."""
    if output is None:
        say(text, nl=False)
        return
    from kueue_sim.report.exports.output_folder import write_whole

    output.parent.mkdir(parents=True, exist_ok=True)
    write_whole(output, text)
    say(f"written to {output}", err=True)


def kept(output: Path | None, title: str, text: str, content: object, rows: Rows) -> None:
    """What a command told, as files of the folder that -o names."""
    if output is not None:
        from kueue_sim.report.save import save_told

        name = click.get_current_context().info_name or "report"
        say(f"written to {save_told(output, name, title, text, content, rows)}", err=True)


def show(
    form: str,
    text: Callable[[], str],
    content: Callable[[], object],
    rows: Callable[[], Rows],
    draw: "Callable[[Console], None] | None" = None,
) -> None:
    """Print a report in one of FORMS: its text, all of it as one JSON value, or its table as CSV, in which a list is
    joined by semicolons. ``draw`` prints the text where there are colours."""
    if form == "text" and draw is not None and in_colour():
        from kueue_sim.report.text.console import ReportConsole

        draw(ReportConsole(highlight=False, width=width()))
        return
    if form == "text":
        found = text()
    elif form == "json":
        from kueue_sim.report.exports.run_folder import as_json

        found = as_json(content())
    else:
        from kueue_sim.report.exports.run_folder import rows_as_csv

        found = rows_as_csv(rows())
    say(found if found.endswith("\n") else f"{found}\n", nl=False)


def say(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print text. Names in it are data of others: their control characters are escaped; tabs and line ends stay."""
    click.echo(printable(text), err=err, nl=nl)


def in_colour() -> bool:
    """Whether reports are drawn as for a terminal: on one, or where FORCE_COLOR asks for it.

    NO_COLOR goes before FORCE_COLOR; on a terminal the drawing library leaves out colours itself.
    """
    forced = bool(os.environ.get("FORCE_COLOR")) and not os.environ.get("NO_COLOR")
    return forced or sys.stdout.isatty()


def writable(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    """The path as it is given, when it exists or can be made. Raises BadParameter, and makes nothing."""
    if value is None:
        return None
    nearest = next(path for path in (value, *value.absolute().parents) if path.exists())
    holds_files = nearest != value or (isinstance(param.type, click.Path) and not param.type.file_okay)
    if holds_files and not nearest.is_dir():
        raise click.BadParameter(f"{str(nearest)!r} is a file, not a folder", ctx, param)
    if not os.access(nearest, os.W_OK):
        raise click.BadParameter(f"{str(nearest)!r} cannot be written to", ctx, param)
    return value


def output_folder(help: str) -> Callable[[_Command], _Command]:
    """The option -o of a command that writes a folder."""
    folder = Named(file_okay=False, path_type=Path)
    return click.option("-o", "--output", type=folder, metavar="DIRECTORY", callback=writable, help=help)


def output_file(help: str) -> Callable[[_Command], _Command]:
    """The option -o of a command that writes one file."""
    file = Named(dir_okay=False, path_type=Path)
    return click.option("-o", "--output", type=file, metavar="FILE", callback=writable, help=help)
