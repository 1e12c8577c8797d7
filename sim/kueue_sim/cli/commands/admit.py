"""``kueue-sim admit``: would this job start now?"""

from pathlib import Path
from typing import Any

import click

from kueue_sim.cli.many_runs import base_of
from kueue_sim.cli.output import form_option, kept, output_folder, show
from kueue_sim.cli.scenario_options import ScenarioCommand, scenario_options
from kueue_sim.cli.tables import fitted

WAITS = 1
"""Exit code when something would not start now."""


@click.command("admit", cls=ScenarioCommand)
@scenario_options
@click.argument("work", nargs=-1, required=True, metavar="WORK...")
@output_folder("Write the answers, a page and the JSON report here.")
@form_option
def command(scenario_file: Path, work: tuple[str, ...], output: Path | None, form: str, **options: Any) -> None:
    """Say whether WORK would start now in SCENARIO, which may be an imported cluster: a file with a job manifest, a
    short form such as '{team: team-a, requests: {nvidia.com/gpu: 8}}', or the name of something that waits.

    If not: Kueue's reason, the smallest changes of quota, borrowing limit or priority each of which would let it start,
    and when it starts otherwise. --set asks the same of a cluster in which something was changed. Exit code 1 when
    something would have to wait.
    """
    from kueue_sim.whatif.forecasting.admit import admit
    from kueue_sim.whatif.forecasting.asked import short_form
    from kueue_sim.whatif.rendering.admit_text import admit_text

    asked: list[Any] = [short_form(text) for text in work]
    found = admit(base_of(scenario_file, **options), asked)
    text, content, rows = admit_text(found), {"work": [one.content() for one in found]}, [one.row() for one in found]
    kept(output, f"Would it start now in {scenario_file.name}?", text, content, rows)
    show(form, lambda: fitted(text), lambda: content, lambda: rows)
    if not all(one.starts_now for one in found):
        raise click.exceptions.Exit(WAITS)
