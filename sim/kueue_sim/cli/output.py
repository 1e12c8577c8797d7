"""Where a command writes: refused before anything runs when it cannot be written there."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from kueue_sim.errors import printable

_Command = TypeVar("_Command", bound=Callable[..., Any])


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
    if nearest != value and not nearest.is_dir():
        raise click.BadParameter(f"{str(nearest)!r} is a file, not a folder", ctx, param)
    if not os.access(nearest, os.W_OK):
        raise click.BadParameter(f"{str(nearest)!r} cannot be written to", ctx, param)
    return value


class _Named(click.Path):
    """A path that is not empty: an unset variable of a shell must not mean the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("the name is empty; is a variable of the shell not set?", param, ctx)
        return super().convert(value, param, ctx)


def output_folder(help: str) -> Callable[[_Command], _Command]:
    """The option -o of a command that writes a folder."""
    folder = _Named(file_okay=False, path_type=Path)
    return click.option("-o", "--output", type=folder, metavar="DIRECTORY", callback=writable, help=help)


def output_file(help: str) -> Callable[[_Command], _Command]:
    """The option -o of a command that writes one file."""
    file = _Named(dir_okay=False, path_type=Path)
    return click.option("-o", "--output", type=file, metavar="FILE", callback=writable, help=help)
