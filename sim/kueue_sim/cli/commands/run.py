"""``kueue-sim run``: run a scenario, print the report, write the run folder."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kueue_sim.cli.catalogue import INTERRUPTED
from kueue_sim.cli.many_runs import written_to
from kueue_sim.cli.output import form_option, output_folder, say, show
from kueue_sim.cli.progress import busy, watched
from kueue_sim.cli.scenario_options import ScenarioCommand, drain_option, load, scenario_files_options, show_warnings
from kueue_sim.cli.tables import width

if TYPE_CHECKING:
    from kueue_sim.model import Scenario
    from kueue_sim.result import Result


@click.command("run", cls=ScenarioCommand)
@scenario_files_options
@drain_option
@output_folder("Write the run folder here.")
@click.option("--parquet", is_flag=True, help="With -o: the tables also as Parquet.")
@click.option("--plots", is_flag=True, help="With -o: also a PNG of every plot.")
@click.option(
    "--stream", is_flag=True, help="With -o: write Parquet files while the run goes on; for very long traces."
)
@click.option("--strict", is_flag=True, help="Wrong rows of traces refuse the scenario instead of being skipped.")
@click.option(
    "--fail-on",
    type=click.Choice(["loop"]),
    multiple=True,
    help="Leave with 1 when work is evicted and admitted again in rounds; the report is printed all the same.",
)
@form_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    output: Path | None,
    form: str,
    parquet: bool,
    plots: bool,
    stream: bool,
    strict: bool,
    fail_on: tuple[str, ...],
    **options: Any,
) -> None:
    """Run the scenario of FILE... and report what happened: who ran and waited, who was evicted by whom, and why.

    A FILE is a scenario, manifests of queues and jobs, HyperPod requests, a script with kubectl and aws commands, a
    folder of those (also one of kustomize), a pattern such as 'teams/*.yaml', or - for standard input.

    The report goes to stdout, progress and warnings to stderr. Ctrl-C ends the run early and still reports
    (and writes) what happened until then.
    """
    from kueue_sim._run import run

    written_to(output, parquet=parquet, plots=plots, stream=stream)
    if stream and (parquet or plots or fail_on):
        raise click.UsageError("--stream keeps no history: it goes without --parquet, --plots and --fail-on")
    with busy("reading"):
        scenario = load(**options, strict=strict)
        workloads = () if stream else tuple(scenario.workloads)
    show_warnings(scenario)
    if stream and output is not None:
        if _stream(scenario, output, form):
            ctx.exit(INTERRUPTED)
        return
    with watched(total=len(workloads)) as progress:
        result = run(replace(scenario, workloads=workloads), progress)
    _print(result, form)
    if output is not None:
        with busy("writing"):
            _write(result, output, parquet, plots)
    if result.run.interrupted:
        ctx.exit(INTERRUPTED)
    if "loop" in fail_on and result.loops:
        ctx.exit(1)


def _stream(scenario: "Scenario", folder: Path, form: str) -> bool:
    """Run, write and report part by part; whether that was interrupted."""
    from kueue_sim._run import stream
    from kueue_sim.report.exports.run_parts import summary, team_rows
    from kueue_sim.report.text.in_parts import in_parts

    with watched(total=None) as progress:
        found = stream(scenario, folder, progress)
    show(
        form,
        lambda: in_parts(scenario.name, found, width()),
        lambda: summary(scenario, found),
        lambda: team_rows(found),
    )
    say(f"written to {folder}", err=True)
    return found.run.interrupted


def _write(result: "Result", folder: Path, parquet: bool, plots: bool) -> None:
    from kueue_sim.report import save

    save(result, folder, parquet=parquet, plots=plots)
    say(f"written to {folder}", err=True)


def _print(result: "Result", form: str) -> None:
    from kueue_sim.report.exports.run_folder import summary, team_rows
    from kueue_sim.report.text.terminal import print_report, text_report

    show(
        form,
        lambda: text_report(result, width()),
        lambda: summary(result),
        lambda: team_rows(result),
        lambda on: print_report(result, on, warnings=not sys.stderr.isatty()),
    )
