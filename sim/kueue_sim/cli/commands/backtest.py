"""``kueue-sim backtest``: a recorded past played again, against what really happened."""

from pathlib import Path

import click

from kueue_sim.cli.many_runs import written_to
from kueue_sim.cli.output import form_option, output_folder, say, show
from kueue_sim.cli.tables import width

DOUBTED = 1
"""Exit code when the simulator may not be trusted on this cluster."""


@click.command("backtest", short_help="Play a recorded past again and compare it with what really happened.")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
)
@output_folder("Write the table of waits, a page and the JSON report here.")
@click.option("--plots", is_flag=True, help="With -o: also a picture of the figures.")
@form_option
def command(files: tuple[Path, ...], output: Path | None, plots: bool, form: str) -> None:
    """Play the past in FILES again: a watch stream of Workloads, and a dump with the policy that held. Both may be .gz.
    Or one scenario whose work is a trace with recorded starts or waits, as `import jobs.csv` makes it.

    \b
    kubectl get workloads -A -o json --watch --output-watch-events > stream.jsonl
    kubectl get -A -o json clusterqueues,cohorts,localqueues,resourceflavors,topologies,nodes > policy.json

    Work is submitted and ends as recorded; everything in between is decided anew. Exit code 1 when fewer than 90 % of
    first starts are within ten minutes, but no more than a tenth of the recording, or a fifth of the recorded wait.
    """
    from dataclasses import asdict

    from kueue_sim.whatif.backtesting.backtest import backtest
    from kueue_sim.whatif.rendering.backtest_text import backtest_text, print_backtest
    from kueue_sim.whatif.rendering.folders import save_backtest

    written_to(output, plots=plots)
    found = backtest(files)
    if output is not None:
        say(f"written to {save_backtest(found, output, plots)}", err=True)
    show(
        form,
        lambda: backtest_text(found, width()),
        found.content,
        lambda: [asdict(row) for row in found.rows],
        lambda on: print_backtest(found, on),
    )
    if not found.trusted:
        raise click.exceptions.Exit(DOUBTED)
