"""``kueue-sim test``: check the expectations written beside a policy."""

import re
import sys
from itertools import chain
from pathlib import Path

import click

from kueue_sim.cli.named import INPUT
from kueue_sim.cli.output import forms_option, kept, output_folder, say
from kueue_sim.cli.tables import fitted
from kueue_sim.errors import InputError, Mistake

_FAILED, _WRONG_INPUT = 1, 2


@click.command("test")
@click.argument("paths", nargs=-1, type=INPUT)
@click.option("-k", "pattern", metavar="REGEX", default="", help="Only tests whose file::name this matches.")
@click.option("-j", "--jobs", type=click.IntRange(min=1), help="Processes; by default as many as are worth it.")
@forms_option("junit", "github")
@output_folder("Write the outcomes, a page and the JSON report here.")
@click.option("--update", is_flag=True, help="Record the present decisions instead of judging them.")
def command(
    paths: tuple[Path, ...], pattern: str, jobs: int | None, form: str, output: Path | None, update: bool
) -> None:
    """Run the policy tests in PATHS (the current folder when none is given; - is standard input).

    A test is a scenario with expectations, or a file of kind PolicyTest. Exit code 0: all hold, 1: one does not,
    2: a file cannot be used.
    """
    from kueue_sim.policytest.golden import update as record
    from kueue_sim.policytest.reports import FORMATS, content_of, rows_of, summary_line, text_lines
    from kueue_sim.policytest.running import collect, run_tests

    try:
        selected = re.compile(pattern)
    except re.error as error:
        raise InputError([Mistake(None, f"-k {pattern!r} is no regular expression: {error}")]) from None
    tests, wrong = collect(paths or (Path(),), lambda name: selected.search(name) is not None)
    if not tests and not wrong:
        where = " ".join(map(str, paths)) or "the current folder"
        matching = f" whose file::name matches {pattern!r}" if pattern else ""
        raise InputError([Mistake(None, f"no policy test{matching} in {where}")])
    if update and any(str(path) == "-" for path in paths):
        raise InputError([Mistake(None, "what came through a pipe cannot be updated; name its file")])
    if update:
        if wrong:
            raise InputError([mistake for one in wrong for mistake in one.mistakes])
        files = {Path(test.file) for test in tests}
        for path in record(tests):
            say(f"{'changed' if path in files else 'recorded'} {path}")
        return
    outcomes = []
    lines: list[str] = []
    told: set[Mistake] = set()
    for outcome in chain(wrong, run_tests(tests, jobs)):
        outcomes.append(outcome)
        for line in text_lines(outcome, told):
            lines.append(line)
            if form == "text":
                say(fitted(line))
        told.update(outcome.mistakes)
    text = "\n".join([*lines, summary_line(outcomes)])
    kept(output, "Policy tests", text, content_of(outcomes), rows_of(outcomes))
    say(summary_line(outcomes) if form == "text" else FORMATS[form](outcomes))
    statuses = {outcome.status for outcome in outcomes}
    sys.exit(_WRONG_INPUT if "wrong" in statuses else _FAILED if "failed" in statuses else 0)
