"""``kueue-sim advise``: the cheapest change that meets given objectives."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kueue_sim.cli.many_runs import base_of, counted, many_runs_options, runs_of, share, warm_up_option, written_to
from kueue_sim.cli.output import form_option, output_folder, say, show
from kueue_sim.cli.scenario_options import ScenarioCommand, drain_option, scenario_options
from kueue_sim.cli.tables import width


def prices(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> dict[str, float]:
    """``PATH=NUMBER`` options as a mapping."""
    found = {}
    for text in value:
        path, _, number = text.rpartition("=")
        try:
            found[path] = float(number)
        except ValueError:
            raise click.BadParameter(f"{text!r} is not of the form PATH=NUMBER", ctx, param) from None
    return found


if TYPE_CHECKING:
    from kueue_sim.whatif.advising.advise import Wish


@click.command("advise", cls=ScenarioCommand)
@scenario_options
@drain_option
@click.option(
    "--objective", "objectives", multiple=True, required=True, metavar="CONDITION",
    help="What must hold, such as 'team-b.wait.p95 <= 30m' or 'utilisation >= 85%'.",
)  # fmt: skip
@click.option(
    "--vary", multiple=True, required=True, metavar="PATH=VALUES", help="What may move: PATH=1,2,4 or PATH=8..64:8."
)
@click.option(
    "--price", "lever_prices", multiple=True, callback=prices, metavar="PATH=NUMBER",
    help="Cost per unit of change; without any, relative changes count.",
)  # fmt: skip
@click.option("--budget", type=click.IntRange(min=1), default=200, show_default=True, help="Changes to try at most.")
@click.option("--seeds", type=click.IntRange(min=1), default=5, show_default=True, help="Seeds to judge a change by.")
@click.option(
    "--fresh-seeds",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="Seeds to check the chosen one by, and as many to tell of it.",
)
@click.option(
    "--assurance", callback=share, metavar="SHARE",
    help="Share of seeds under which all objectives have to hold, such as 90%; without it their means have to.",
)  # fmt: skip
@warm_up_option
@many_runs_options
@output_folder("Keep runs, the change and tables here; go on later.")
@click.option("--plots", is_flag=True, help="Also draw what less and more would cost.")
@form_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    seeds: int,
    output: Path | None,
    plots: bool,
    form: str,
    **options: Any,
) -> None:
    """Find the cheapest change of SCENARIO, within what may move, that meets all objectives.

    Without prices the cost is the sum of the relative changes: twice a quota costs 1. The exit code is 1 when nothing
    that was tried meets the objectives, or when fresh seeds that decided nothing do not confirm it.
    """
    from kueue_sim.whatif.advising.advise import advised
    from kueue_sim.whatif.facade import AdviceReport, shown_as
    from kueue_sim.whatif.rendering.advice_text import advice_text, print_advice

    written_to(output, plots=plots)
    with counted("trying:", kept=output) as progress:
        found = advised(base_of(**options), _wish(options), runs_of(options, seeds, output, progress))
    advice = shown_as(AdviceReport, found)
    if output is not None:
        say(f"written to {advice.save(output, plots)}", err=True)
    show(form, lambda: advice_text(advice, width()), advice.value, advice.records, lambda on: print_advice(advice, on))
    ctx.exit(0 if advice.confirmed else 1)


def _wish(options: dict[str, Any]) -> "Wish":
    from kueue_sim.whatif.advising.advise import Wish
    from kueue_sim.whatif.sweeping.grid import read_axis

    return Wish(
        objectives=options["objectives"],
        axes=tuple(read_axis(text) for text in options["vary"]),
        prices=options["lever_prices"],
        budget=options["budget"],
        fresh_seeds=options["fresh_seeds"],
        assurance=options["assurance"],
        warm_up_ms=options["warm_up"],
    )
