"""What every command that reads a scenario takes: the file, overrides, overlays, seed and horizon."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kueue_sim.units import parse_duration

if TYPE_CHECKING:
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


_OPTIONS = (
    click.argument("scenario_file", metavar="SCENARIO", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
    click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Change one value of the input."),
    click.option(
        "--overlay",
        "overlays",
        multiple=True,
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Manifests or a partial scenario laid over the input.",
    ),
    click.option("--seed", type=int, help="Seed of all random numbers, instead of the scenario's."),
    click.option("--until", callback=duration, metavar="DURATION", help="End after this much simulated time."),
)


def scenario_options(command: _Command) -> _Command:
    """Adds the argument SCENARIO and the options every run understands."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def load(
    scenario_file: Path,
    overrides: tuple[str, ...],
    overlays: tuple[Path, ...],
    seed: int | None,
    until: int | None,
    strict: bool = False,
) -> "Scenario":
    """The scenario the options describe. Raises InputError with every mistake."""
    from kueue_sim import load_scenario

    if seed is not None:
        overrides = (*overrides, f"seed={seed}")
    scenario = load_scenario(scenario_file, overrides, overlays, strict=strict)
    return scenario if until is None else replace(scenario, horizon_ms=until)


def show_warnings(scenario: "Scenario") -> None:
    """Print what is doubtful about the scenario, before anything runs."""
    for warning in scenario.warnings:
        click.echo(f"warning: {warning}", err=True)
