"""What every command that reads a scenario takes: files, overrides, overlays, run times, seed and horizon."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kueue_sim.cli.named import INPUT
from kueue_sim.cli.output import say
from kueue_sim.units import parse_duration

if TYPE_CHECKING:
    from kueue_sim.inputs.assembled import StepOptions
    from kueue_sim.inputs.repository.given import Given
    from kueue_sim.model import Scenario

_Command = TypeVar("_Command", bound=Callable[..., Any])


def duration(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """``30m``, ``1h30m``, ``28d`` as milliseconds; None stays None."""
    if value is None:
        return None
    try:
        return parse_duration(value)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from None


def runtime_rule(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> dict[str, str]:
    """``1h`` and ``PATTERN=1h`` options as a mapping of pattern to duration."""
    rules = {}
    for text in value:
        pattern, equals, time = text.rpartition("=")
        try:
            parse_duration(time)
        except ValueError as error:
            raise click.BadParameter(str(error), ctx, param) from None
        rules[pattern if equals else "*"] = time
    return rules


def variables(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> dict[str, str]:
    """``NAME=VALUE`` options as a mapping."""
    for text in value:
        if not text.partition("=")[0].isidentifier() or "=" not in text:
            raise click.BadParameter(f"{text!r} is not of the form NAME=VALUE", ctx, param)
    return {name: rest for name, _, rest in (text.partition("=") for text in value)}


class ScenarioCommand(click.Command):
    """A command on a scenario: ``--example NAME`` stands for the file of that example, in front of other arguments."""

    def __init__(self, *args: Any, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.params.append(
            click.Option(
                ["--example"],
                metavar="NAME",
                expose_value=False,
                shell_complete=example_names,
                help="In place of a file: an example that comes with kueue-sim (kueue-sim example lists them).",
            )
        )

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        completing = ctx.resilient_parsing
        return super().parse_args(ctx, args if completing else _with_files_of_examples(args))


def _with_files_of_examples(args: list[str]) -> list[str]:
    """The arguments with every ``--example NAME`` as a file in front. Raises InputError for an unknown name."""
    files: list[str] = []
    others: list[str] = []
    rest = iter(args)
    for word in rest:
        option, equals, name = word.partition("=")
        if option != "--example":
            others.append(word)
            continue
        name = name if equals else next(rest, "")
        if not name:
            raise click.UsageError("--example needs the name of an example; kueue-sim example lists them")
        from kueue_sim.inputs.examples import example

        files.append(str(example(name)))
    return [*files, *others]


def example_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of examples that begin so, for the completion of a shell."""
    from kueue_sim.inputs.examples import examples

    return [name for name in examples() if name.startswith(incomplete)]


_ONE = click.argument("scenario_file", metavar="SCENARIO", type=INPUT)
_MORE = click.option(
    "-f", "--file", "scenario_files", multiple=True, metavar="FILE", type=INPUT,
    help="Another file or folder of the scenario.",
)  # fmt: skip
_SEVERAL = click.argument("scenario_files", metavar="FILE...", nargs=-1, required=True, type=INPUT)
_OPTIONS = (
    click.option(
        "--set",
        "--move",
        "overrides",
        multiple=True,
        metavar="CHANGE",
        help="Change the input: PATH=VALUE, PATH+=AMOUNT (-=, *=), or 'team-a -> team-b 16' for quota that moves.",
    ),
    click.option(
        "--overlay",
        "overlays",
        multiple=True,
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
        help="Manifests or a partial scenario laid over the input.",
    ),
    click.option(
        "--runtime",
        "runtimes",
        multiple=True,
        callback=runtime_rule,
        metavar="[PATTERN=]DURATION",
        help="How long jobs run that do not say: all, or those whose namespace/name matches.",
    ),
    click.option(
        "--pace",
        "pace_ms",
        callback=duration,
        default="1s",
        show_default=True,
        metavar="DURATION",
        help="Scripts: time between two commands without a sleep.",
    ),
    click.option(
        "--var",
        "variables",
        multiple=True,
        callback=variables,
        metavar="NAME=VALUE",
        help="Scripts: the value of a variable, such as one that is typed.",
    ),
    click.option(
        "--prices",
        metavar="FILE",
        type=click.Path(),
        help="Prices per instance or accelerator and hour, for the metrics cost.*; the word example takes the dated "
        "ones that come along.",
    ),
    click.option("--seed", type=int, help="Seed of all random numbers, instead of the scenario's."),
    click.option("--until", callback=duration, metavar="DURATION", help="End after this much simulated time."),
)


_DRAIN = click.option(
    "--drain",
    is_flag=True,
    help="Submit nothing after the horizon and go on until nobody waits; averages stay over the horizon.",
)


def drain_option(command: _Command) -> _Command:
    """Adds --drain, for commands that measure whole runs."""
    return _DRAIN(command)


def scenario_options(command: _Command) -> _Command:
    """Adds the argument SCENARIO and the options every run understands; -f gives further files."""
    for option in reversed((_ONE, _MORE, *_OPTIONS)):
        command = option(command)
    return command


def scenario_files_options(command: _Command) -> _Command:
    """Adds the argument FILE... and the options every run understands."""
    for option in reversed((_SEVERAL, *_OPTIONS)):
        command = option(command)
    return command


def given_files(scenario_files: tuple[Path, ...], scenario_file: Path | None = None) -> "tuple[Given, ...]":
    """What the arguments name; standard input is read here, once. Raises InputError when that is no text."""
    from kueue_sim.inputs.repository.given import standard_input
    from kueue_sim.inputs.text.textfile import STDIN

    names = (*([] if scenario_file is None else [scenario_file]), *scenario_files)
    return tuple(standard_input() if str(name) == STDIN else name for name in names)


def step_options(pace_ms: int, variables: dict[str, str]) -> "StepOptions":
    """How scripts are followed."""
    from dataclasses import replace

    from kueue_sim.engine.waits import PLAYED

    return replace(PLAYED, pace_ms=pace_ms, variables=variables)


def changes_of(
    overrides: tuple[str, ...],
    runtimes: dict[str, str],
    seed: int | None,
    prices: str | None = None,
    until: int | None = None,
    drain: bool = False,
) -> "tuple[str | tuple[str, object], ...]":
    """The overrides that options amount to. Raises InputError for a price file that is none."""
    from kueue_sim.inputs.kubernetes.prices import as_section

    rules = tuple((f"runtimes[{pattern}]", time) for pattern, time in runtimes.items())
    priced = () if prices is None else (("prices", as_section(prices)),)
    single = {"seed": seed, "horizon": None if until is None else f"{until}ms", "drain": drain or None}
    return (*overrides, *rules, *priced, *((name, value) for name, value in single.items() if value is not None))


def load(
    overrides: tuple[str, ...],
    overlays: tuple[Path, ...],
    runtimes: dict[str, str],
    pace_ms: int,
    variables: dict[str, str],
    seed: int | None,
    until: int | None,
    scenario_files: tuple[Path, ...],
    scenario_file: Path | None = None,
    strict: bool = False,
    prices: str | None = None,
    drain: bool = False,
) -> "Scenario":
    """The scenario the options describe. Raises InputError with every mistake."""
    from kueue_sim import load_scenario

    return load_scenario(
        given_files(scenario_files, scenario_file),
        changes_of(overrides, runtimes, seed, prices, until, drain),
        overlays,
        strict=strict,
        steps=step_options(pace_ms, variables),
    )


def show_warnings(scenario: "Scenario") -> None:
    """Print what was left out and what is doubtful about the scenario, before anything runs."""
    from kueue_sim.model.team_names import with_teams

    for note in scenario.notes:
        say(f"note: {note}", err=True)
    for warning in scenario.warnings:
        say(f"warning: {with_teams(warning)}", err=True)
