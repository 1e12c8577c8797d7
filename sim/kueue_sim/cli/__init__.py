"""The command line: one file per command, loaded only when that command runs, so that help answers at once."""

import os
import sys
from io import TextIOWrapper

import click

from kueue_sim.cli.catalogue import COMMANDS, LazyCommands
from kueue_sim.cli.output import say
from kueue_sim.errors import InputError, InvariantBroken, SimError
from kueue_sim.version import __version__, build

SHOWN = 1_000
"""So many mistakes are printed; the others are counted."""
WRONG_INPUT = 2
"""Exit code for wrong input or wrong use; 1 is for an expectation that failed."""
OUR_MISTAKE = 3
"""Exit code for a state that the simulator's own rules exclude."""


@click.command(
    cls=LazyCommands,
    commands_by_name=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)
@click.version_option(__version__, prog_name="kueue-sim", message=f"%(prog)s, version %(version)s ({build()})")
def cli() -> None:
    """Simulate Kueue: what happens to waiting times, utilisation and preemptions if a quota changes?"""


def main(arguments: list[str] | None = None) -> None:
    """Run one command and leave the process: 0 fine, 1 an expectation failed, 2 wrong input or use, 3 a broken
    invariant of the simulator itself."""
    _open_closed_streams()
    _write_what_an_encoding_lacks()
    if "_KUEUE_SIM_COMPLETE" in os.environ:
        from kueue_sim.cli.listings.completion import register

        register()
    try:
        cli.main(arguments, standalone_mode=True)
    except InputError as error:
        for mistake in error.mistakes[:SHOWN]:
            say(f"error: {mistake}", err=True)
        number = len(error.mistakes)
        if number > SHOWN:
            say(f"… and {number - SHOWN:,} more", err=True)
        say(f"{number} mistake{'' if number == 1 else 's'} found; nothing was run", err=True)
        sys.exit(WRONG_INPUT)
    except InvariantBroken as error:
        say(f"error: {error}", err=True)
        sys.exit(OUR_MISTAKE)
    except SimError as error:
        say(f"error: {error}", err=True)
        sys.exit(WRONG_INPUT)
    except OSError as error:
        where = "" if error.filename is None else f"{error.filename}: "
        say(f"error: {where}{error.strerror or error}", err=True)
        sys.exit(WRONG_INPUT)


def _open_closed_streams() -> None:
    """What is written to a stream that the caller closed (``>&-``) goes nowhere, as with other commands."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115


def _write_what_an_encoding_lacks() -> None:
    """A character that the encoding of a stream does not have (``≥`` in a file of Windows) is written as its code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


__all__ = ["COMMANDS", "cli", "main"]
