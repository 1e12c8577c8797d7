"""``kueue-sim compare``: a scenario against variants of it, with intervals and a recommendation."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kueue_sim.cli.catalogue import INTERRUPTED
from kueue_sim.cli.many_runs import (
    base_of,
    counted,
    many_runs_options,
    runs_of,
    say_interrupted,
    share,
    warm_up_option,
    written_to,
)
from kueue_sim.cli.output import form_option, output_folder, say, show
from kueue_sim.cli.scenario_options import ScenarioCommand, drain_option, duration, scenario_options
from kueue_sim.cli.tables import width

if TYPE_CHECKING:
    from kueue_sim.whatif.comparing.compare import Question
    from kueue_sim.whatif.facade import ComparisonReport


@click.command("compare", cls=ScenarioCommand)
@scenario_options
@drain_option
@click.argument("variants", metavar="VARIANT...", nargs=-1, required=True)
@click.option("--metric", "metrics", multiple=True, metavar="METRIC", help="What to compare; the first one decides.")
@click.option("--seeds", type=click.IntRange(min=1), help="Number of seeds; 10 where arrivals depend on the seed.")
@warm_up_option
@click.option(
    "--block", callback=duration, metavar="DURATION", help="Judge one run by parts of this length, such as 7d."
)
@click.option("--confidence", type=float, default=0.95, show_default=True, help="Of the intervals and verdicts.")
@click.option(
    "--precision", callback=share, metavar="SHARE", help="Add seeds until the first metric is told this well."
)
@click.option("--select", callback=share, metavar="SHARE", help="Give seeds to what may be the best by this margin.")
@click.option("--fresh/--no-fresh", default=True, help="Run the recommended one of several variants under fresh seeds.")
@click.option(
    "--fail-if",
    "broken",
    multiple=True,
    metavar="CONDITION",
    help="Leave with exit code 1 if a variant is shown to fulfil it, such as 'team-a.wait.p95 > +10%'.",
)
@click.option(
    "--fail-unless",
    "kept",
    multiple=True,
    metavar="CONDITION",
    help="Leave with exit code 1 unless every variant is shown to fulfil it, such as 'team-a.wait.p95 < +10%'.",
)
@many_runs_options
@output_folder("Keep runs, tables and a page here; go on later.")
@click.option("--plots", is_flag=True, help="Also draw every metric.")
@form_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    variants: tuple[str, ...],
    seeds: int | None,
    output: Path | None,
    plots: bool,
    form: str,
    **options: Any,
) -> None:
    """Compare SCENARIO with each VARIANT: who waits longer and who shorter, and is the difference real?

    A VARIANT is another scenario file, a file with manifests laid over SCENARIO, PATH=VALUE, PATH+=AMOUNT or a move of
    quota 'team-a -> team-b 16'; several of them joined with semicolons, after a name if you like:
    'bigger: clusterQueues.a.nvidia.com/gpu.nominalQuota+=16'.

    Ctrl-C ends the comparison early and still reports the seeds that every side has met. With -o, finished runs are
    kept there, and the same command goes on where it stopped.
    """
    from kueue_sim.whatif.comparing.compare import compared
    from kueue_sim.whatif.comparing.variants import Variant, read_variant
    from kueue_sim.whatif.facade import ComparisonReport, shown_as

    written_to(output, plots=plots)
    base = base_of(**options)
    with counted("comparing:", kept=output) as progress:
        found = compared(
            Variant(base.name, base),
            [read_variant(text, base) for text in variants],
            _question(options),
            runs_of(options, seeds, output, progress),
        )
    comparison = shown_as(ComparisonReport, found)
    if output is not None:
        say(f"written to {comparison.save(output, plots)}", err=True)
    _print(comparison, form)
    if comparison.interrupted:
        say_interrupted(comparison.interrupted, output)
        ctx.exit(INTERRUPTED)
    for one in comparison.judged:
        if one.caveat or not one.passed:
            option, state = "fail-unless" if one.gate.required else "fail-if", "passed, " if one.passed else ""
            say(f"{option} {one.text} ({state}{one.said})", err=True)
    if comparison.violations or comparison.failures:
        ctx.exit(1)


def _question(options: dict[str, Any]) -> "Question":
    from kueue_sim.whatif.comparing.compare import METRICS, Question

    return Question(
        metrics=options["metrics"] or METRICS,
        broken=options["broken"],
        kept=options["kept"],
        warm_up_ms=options["warm_up"] or 0,
        find_warm_up=options["warm_up"] is None,
        block_ms=options["block"],
        confidence=options["confidence"],
        precision=options["precision"],
        indifference=options["select"],
        fresh=options["fresh"],
    )


def _print(comparison: "ComparisonReport", form: str) -> None:
    from kueue_sim.whatif.rendering.comparison_text import comparison_content, comparison_text, print_comparison

    show(
        form,
        lambda: comparison_text(comparison, width()),
        lambda: comparison_content(comparison),
        comparison.records,
        lambda on: print_comparison(comparison, on),
    )
