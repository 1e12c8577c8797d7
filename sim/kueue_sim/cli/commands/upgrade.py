"""``kueue-sim upgrade``: what changes when Kueue is upgraded?"""

from pathlib import Path
from typing import Any

import click

from kueue_sim.cli.many_runs import base_of, counted, many_runs_options, runs_of, written_to
from kueue_sim.cli.output import form_option, output_folder, say, show
from kueue_sim.cli.scenario_options import ScenarioCommand, drain_option, scenario_options
from kueue_sim.cli.tables import fitted, width


def _release(ctx: click.Context, param: click.Parameter, value: str) -> str:
    from kueue_sim.model import parse_release

    try:
        return parse_release(value)
    except ValueError as problem:
        raise click.BadParameter(f"there is no release {value!r} of Kueue; {problem}", ctx, param) from None


@click.command("upgrade", cls=ScenarioCommand)
@scenario_options
@drain_option
@click.option("--from", "before", required=True, metavar="RELEASE", callback=_release, help="Such as 0.16.4.")
@click.option("--to", "after", required=True, metavar="RELEASE", callback=_release, help="Such as 0.19.2.")
@click.option("--seeds", type=click.IntRange(min=1), help="Number of seeds; 10 where arrivals depend on the seed.")
@click.option(
    "--trials/--no-trials",
    default=True,
    help="One more run per rule that differs, to find out which matter here.",
)
@click.option("--exit-code", is_flag=True, help="Leave with exit code 1 if anything is decided otherwise.")
@many_runs_options
@output_folder("Keep a page and the JSON report here.")
@click.option("--plots", is_flag=True, help="With -o: also a picture of the figures.")
@form_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    before: str,
    after: str,
    seeds: int | None,
    trials: bool,
    exit_code: bool,
    output: Path | None,
    plots: bool,
    form: str,
    **options: Any,
) -> None:
    """Run SCENARIO under two releases of Kueue and tell what changes.

    The first decision that differs with both explanations; loops that appear or vanish; the rules and feature gates
    that differ, and which of them matter here; settings that one of the releases does not have; waits, preemptions and
    GPU-hours per team with intervals.

    A RELEASE is a patch (0.16.4), a line for its newest patch (0.16), or a HyperPod add-on (v1.6.0).
    """
    from kueue_sim.whatif.rendering.folders import save_upgrade
    from kueue_sim.whatif.rendering.upgrade_text import upgrade_content, upgrade_rows, upgrade_text
    from kueue_sim.whatif.upgrading.upgrade import upgraded

    written_to(output, plots=plots)
    base = base_of(**options)
    with counted("comparing:", kept=None) as progress:
        found = upgraded(base, before, after, runs_of(options, seeds, None, progress), trials)
    if output is not None:
        say(f"written to {save_upgrade(found, output, plots)}", err=True)
    show(
        form, lambda: fitted(upgrade_text(found, width())), lambda: upgrade_content(found), lambda: upgrade_rows(found)
    )
    if exit_code and found.differs:
        ctx.exit(1)
