"""What every command that makes many runs takes: who makes them, how the progress of all is shown, the base."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import isfinite, nan
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kueue_sim.cli.catalogue import INTERRUPTED
from kueue_sim.cli.output import say
from kueue_sim.cli.scenario_options import changes_of, duration, given_files, step_options

if TYPE_CHECKING:
    from kueue_sim.whatif.execution.execution import Progress
    from kueue_sim.whatif.execution.runs import Runs
    from kueue_sim.whatif.execution.scenario_source import FromFile

_Command = TypeVar("_Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--executor",
        type=click.Choice(["local", "processes", "dask"]),
        default="processes",
        show_default=True,
        help="Who makes the runs.",
    ),
    click.option("--workers", type=click.IntRange(min=1), help="Number of processes; one per core when absent."),
    click.option("--address", metavar="URL", help="Scheduler of the Dask cluster, such as tcp://10.0.0.1:8786."),
)


def many_runs_options(command: _Command) -> _Command:
    """Adds the options that say who makes the runs."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def base_of(
    scenario_file: Path,
    scenario_files: tuple[Path, ...],
    overrides: tuple[str, ...],
    overlays: tuple[Path, ...],
    runtimes: dict[str, str],
    pace_ms: int,
    variables: dict[str, str],
    seed: int | None,
    until: int | None,
    prices: str | None = None,
    drain: bool = False,
    **others: object,
) -> "FromFile":
    """The scenario of the files with the changes that hold for every run, from the options of a command."""
    from kueue_sim.whatif.execution.scenario_source import FromFile

    changes = changes_of(overrides, runtimes, seed, prices, until, drain)
    given = given_files(scenario_files, scenario_file)
    files = tuple(str(overlay) for overlay in overlays)
    steps = step_options(pace_ms, variables)
    return FromFile(given[0] if len(given) == 1 else given, changes, files, steps)


def runs_of(
    options: Mapping[str, Any], seeds: int | None, folder: Path | None = None, progress: "Progress | None" = None
) -> "Runs":
    """How many runs are made and by whom, from the options of a command."""
    from kueue_sim.whatif.execution.runs import Runs

    return Runs(seeds, options["executor"], options["workers"], options["address"], folder, progress)


def _warm_up(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """Milliseconds, 0 without the option; None where the warm-up is looked for."""
    return None if value == "auto" else duration(ctx, param, value) or 0


warm_up_option = click.option(
    "--warm-up", callback=_warm_up, metavar="DURATION",
    help="Leave out the beginning of every run; auto finds how much (MSER-5).",
)  # fmt: skip


def share(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """``10%`` or ``0.1`` as 0.1; None stays None."""
    if value is None:
        return None
    try:
        found = float(value.removesuffix("%")) / (100 if value.endswith("%") else 1)
    except ValueError:
        found = nan
    if not isfinite(found):
        raise click.BadParameter(f"{value!r} is no share; accepted: 10% or 0.1", ctx, param)
    return found


def written_to(output: Path | None, **besides: bool) -> None:
    """Refuse options that say what to write besides where nothing is written. Raises UsageError."""
    asked = [f"--{name}" for name, given in besides.items() if given]
    if output is None and asked:
        raise click.UsageError(f"{' and '.join(asked)} says what to write besides; where is said by -o")


@contextmanager
def counted(what: str, kept: Path | None = None) -> Iterator["Progress"]:
    """Progress of all runs as one line on stderr, when somebody watches.

    After Ctrl-C it says how many runs were finished and leaves the command; ``kept`` is the folder that has them, None
    when they are lost.
    """
    reached = (0, 0)

    def note(done: int, total: int) -> None:
        nonlocal reached
        reached = (done, total)
        show(done, total)

    try:
        with _bar(what) as show:
            yield note
    except KeyboardInterrupt:
        say_interrupted("{} of {} runs".format(*reached), kept)
        raise click.exceptions.Exit(INTERRUPTED) from None


def say_interrupted(what: str, kept: Path | None) -> None:
    """Tells after Ctrl-C how much was done, and whether the same command goes on from there."""
    rest = f"kept in {kept}, the same command goes on" if kept else "nothing is kept"
    say(f"interrupted after {what}; {rest}", err=True)


@contextmanager
def _bar(what: str) -> Iterator["Progress"]:
    """Shows runs done and time left on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn(what),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TextColumn("runs,"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    # Refreshed by the runs and not by a thread: a process without threads may be copied into workers.
    with Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total, refresh=True)
