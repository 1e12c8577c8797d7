"""``kueue-sim check``: find mistakes and settings that do not do what they seem to."""

import sys
from pathlib import Path

import click

from kueue_sim.cli.named import INPUT
from kueue_sim.cli.output import forms_option, kept, output_folder, say
from kueue_sim.cli.scenario_options import ScenarioCommand
from kueue_sim.cli.tables import fitted
from kueue_sim.errors import InputError, Mistake

_FOUND, _WRONG_INPUT = 1, 2


@click.command("check", cls=ScenarioCommand)
@click.argument("paths", nargs=-1, type=INPUT)
@forms_option("sarif", "github")
@output_folder("Write the findings, a page and the JSON report here.")
@click.option(
    "--fail-on", type=click.Choice(["error", "warning", "note"]), help="Exit with 1 at findings this bad or worse."
)
@click.option("--ignore", "ignored", metavar="RULE", multiple=True, help="A rule to leave out, by number or name.")
def command(
    paths: tuple[Path, ...], form: str, output: Path | None, fail_on: str | None, ignored: tuple[str, ...]
) -> None:
    """Check scenarios, policy tests, manifests of queues and jobs, and scripts in PATHS (the current folder when none
    is given; - is standard input).

    Every scenario and every kustomization that no other builds on is checked by itself; all other manifests as one, or
    folder by folder where objects have equal names.
    Exit code 2: something cannot be used at all; 1: a finding as bad as --fail-on says; else 0.
    """
    from kueue_sim.cli.scenario_options import given_files
    from kueue_sim.inputs.text.field import near_miss
    from kueue_sim.policytest.lint import RULES, SEVERITIES
    from kueue_sim.policytest.lint.reports import COLUMNS, FORMATS, content_of, rows_of
    from kueue_sim.policytest.lint.targets import check

    numbers = {key: number for number, one in RULES.items() for key in (number, one.name)}
    unknown = [one for one in ignored if one not in numbers]
    if unknown:
        raise InputError([Mistake(None, f"there is no rule {one!r}; {near_miss(one, numbers)}") for one in unknown])
    done = check(given_files(paths or (Path(),)), [numbers[one] for one in ignored])
    for note in done.notes:
        say(f"note: {note}", err=True)
    if not done.files:
        where = " ".join(map(str, paths)) or "the current folder"
        what = "nothing that Kueue looks at" if done.notes else "no scenario and no manifest"
        raise InputError([Mistake(None, f"{what} in {where}")])
    rows = [{name: row.get(name) for name in COLUMNS} for row in rows_of(done)]
    kept(output, "Mistakes and findings", FORMATS["text"](done), content_of(done), rows)
    say(fitted(FORMATS["text"](done)) if form == "text" else FORMATS[form](done))
    if done.mistakes:
        sys.exit(_WRONG_INPUT)
    bad = SEVERITIES[: SEVERITIES.index(fail_on) + 1] if fail_on else ()
    sys.exit(_FOUND if any(one.rule.severity in bad for one in done.findings) else 0)
