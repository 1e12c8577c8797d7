"""``kueue-sim explain``: the life of one workload in words."""

from pathlib import Path
from typing import Any

import click

from kueue_sim.cli.output import form_option, kept, output_folder, show
from kueue_sim.cli.progress import watched
from kueue_sim.cli.scenario_options import ScenarioCommand, drain_option, load, scenario_files_options
from kueue_sim.cli.tables import fitted


@click.command("explain", cls=ScenarioCommand)
@scenario_files_options
@drain_option
@click.argument("workload")
@output_folder("Write the story, a page and the JSON report here.")
@form_option
def command(workload: str, output: Path | None, form: str, **options: Any) -> None:
    """Run the scenario of FILE... and tell the life of WORKLOAD: why it waited, for whom, who evicted it, and why.

    WORKLOAD is namespace/name, or the name alone when only one namespace has it.
    """
    from kueue_sim._run import run

    scenario = load(**options)
    with watched(total=sum(1 for _ in scenario.workloads)) as progress:
        result = run(scenario, progress)
    try:
        story = result.explain(workload)
    except LookupError as error:
        raise click.BadParameter(str(error.args[0]), param_hint="WORKLOAD") from None
    lines = story.splitlines()
    content, rows = {"workload": workload, "story": lines}, [{"story": line} for line in lines]
    kept(output, f"{scenario.name}: {workload}", story, content, rows)
    show(form, lambda: fitted(story), lambda: content, lambda: rows)
