"""Outcomes of policy tests as text for people, JUnit XML, JSON, or annotations of a GitHub workflow."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

from kueue_sim.errors import Mistake, Place
from kueue_sim.model.team_names import with_teams
from kueue_sim.policytest.annotations import annotation
from kueue_sim.policytest.running import Outcome
from kueue_sim.report.exports.run_folder import table_csv

_MARK = {"passed": "ok", "failed": "FAILED", "wrong": "WRONG INPUT"}


def text_lines(outcome: Outcome, told: Collection[Mistake] = ()) -> Iterable[str]:
    """One line for a test that passed; for others also everything that failed.

    Mistakes ``told`` of tests before it, such as those of a world they share, are not repeated.
    """
    count = f", {_expectations(outcome.expectations)}" if outcome.expectations else ""
    yield f"{_MARK[outcome.status]:<7} {outcome.test} ({outcome.seconds:.2f} s{count})"
    new = [one for one in outcome.mistakes if one not in told]
    if len(new) < len(outcome.mistakes):
        yield "        mistakes as above" + (", and" if new else "")
    for block in (*map(str, new), *map(str, outcome.failures)):
        yield from (f"        {line}".rstrip() for line in with_teams(block).splitlines())


def summary_line(outcomes: Sequence[Outcome]) -> str:
    """How many passed, failed, could not be run; how many expectations; how long."""
    counts = {status: sum(one.status == status for one in outcomes) for status in _MARK}
    parts = [f"{counts['passed']} passed", f"{counts['failed']} failed"]
    if counts["wrong"]:
        parts.append(f"{counts['wrong']} with wrong input")
    expectations, seconds = sum(one.expectations for one in outcomes), sum(one.seconds for one in outcomes)
    return f"{', '.join(parts)}; {_expectations(expectations)} in {seconds:.2f} s"


def _expectations(number: int) -> str:
    return f"{number} expectation{'' if number == 1 else 's'}"


def content_of(outcomes: Sequence[Outcome]) -> dict[str, object]:
    """A list of tests with their failures, each with its place."""
    rows = [
        {
            "file": outcome.test.file,
            "test": outcome.test.title,
            "status": outcome.status,
            "expectations": outcome.expectations,
            "seconds": round(outcome.seconds, 3),
            "failures": [
                {**_where(one.place), "expected": one.expected, "got": one.got, "explanation": one.explanation}
                for one in outcome.failures
            ],
            "mistakes": [{**_where(one.place), "message": one.message} for one in outcome.mistakes],
        }
        for outcome in outcomes
    ]
    return {"tests": rows, "summary": summary_line(outcomes)}


def as_json(outcomes: Sequence[Outcome]) -> str:
    """Everything as one value."""
    return json.dumps(content_of(outcomes), indent=2, ensure_ascii=False)


COLUMNS = ("file", "test", "status", "expectations", "seconds", "failures", "mistakes")


def rows_of(outcomes: Sequence[Outcome]) -> list[dict[str, object]]:
    """A row for each test under COLUMNS, with the first lines of what failed."""
    return [
        {
            "file": outcome.test.file,
            "test": outcome.test.title,
            "status": outcome.status,
            "expectations": outcome.expectations,
            "seconds": round(outcome.seconds, 3),
            "failures": [f"expected {one.expected}, got {one.got}" for one in outcome.failures],
            "mistakes": [str(one) for one in outcome.mistakes],
        }
        for outcome in outcomes
    ]


def as_csv(outcomes: Sequence[Outcome]) -> str:
    """A row for each test under COLUMNS."""
    return table_csv(COLUMNS, rows_of(outcomes)).rstrip("\n")


def _where(place: Place | None) -> dict[str, object]:
    return {} if place is None else {"file": place.file, "line": place.line, "column": place.column}


def as_junit(outcomes: Sequence[Outcome]) -> str:
    """JUnit XML: a suite per file, a case per test."""
    root = ElementTree.Element("testsuites", name="kueue-sim test")
    files: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        files.setdefault(outcome.test.file, []).append(outcome)
    for file, members in files.items():
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=file,
            tests=str(len(members)),
            failures=str(sum(one.status == "failed" for one in members)),
            errors=str(sum(one.status == "wrong" for one in members)),
            time=f"{sum(one.seconds for one in members):.3f}",
        )
        for outcome in members:
            _junit_case(suite, outcome)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode")


def _junit_case(suite: ElementTree.Element, outcome: Outcome) -> None:
    test = outcome.test
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=Path(test.file).stem,
        name=test.title,
        file=test.file,
        time=f"{outcome.seconds:.3f}",
    )
    if test.place is not None:
        case.set("line", str(test.place.line))
    blocks = [str(one) for one in (*outcome.mistakes, *outcome.failures)]
    if blocks:
        kind = "error" if outcome.mistakes else "failure"
        first = blocks[0].splitlines()[0]
        ElementTree.SubElement(case, kind, message=first).text = "\n".join(blocks)


def as_github(outcomes: Sequence[Outcome]) -> str:
    """Workflow commands that mark the failing lines in a pull request."""
    lines = []
    for outcome in outcomes:
        for failure in outcome.failures:
            text = f"expected {failure.expected}\ngot {failure.got}\n{failure.explanation}".rstrip()
            lines.append(annotation("error", failure.place, outcome.test.title, text))
        lines += [annotation("error", one.place, "wrong input", one.message) for one in outcome.mistakes]
    return "\n".join([*dict.fromkeys(lines), summary_line(outcomes)])


FORMATS: Mapping[str, Callable[[Sequence[Outcome]], str]] = {
    "junit": as_junit,
    "json": as_json,
    "csv": as_csv,
    "github": as_github,
}
"""Formats that are printed once all outcomes are known; ``text`` is printed as they come."""
