"""Findings as text for people, JSON, SARIF for code scanning, or annotations of a GitHub workflow."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from kueue_sim.errors import Mistake, Place
from kueue_sim.model.team_names import with_teams
from kueue_sim.policytest.annotations import annotation
from kueue_sim.policytest.lint import RULES, SEVERITIES
from kueue_sim.policytest.lint.pages import page
from kueue_sim.policytest.lint.targets import Checked
from kueue_sim.report.exports.run_folder import table_csv
from kueue_sim.version import __version__

_GITHUB = {"error": "error", "warning": "warning", "note": "notice"}
_INPUT = "input"
"""Rule id of a mistake that keeps the input from being used at all."""


def as_text(done: Checked) -> str:
    """One line per mistake and finding, and a summary."""
    lines = [f"{_mistake(one)}" for one in done.mistakes]
    lines += [str(replace(one, message=with_teams(one.message))) for one in done.findings]
    return "\n".join([*lines, summary(done)])


def _mistake(mistake: Mistake) -> str:
    where = f"{mistake.place}: " if mistake.place else ""
    return f"{where}error {_INPUT}: {mistake.message}"


def summary(done: Checked) -> str:
    """How many of each severity, in how many files."""
    counts = [(sum(one.rule.severity == name for one in done.findings), name) for name in SEVERITIES]
    parts = [f"{number} {name}{'' if number == 1 else 's'}" for number, name in counts]
    if done.mistakes:
        parts.insert(0, f"{len(done.mistakes)} mistake{'' if len(done.mistakes) == 1 else 's'} in the input")
    return f"{', '.join(parts)} in {done.files} file{'' if done.files == 1 else 's'}"


COLUMNS = ("rule", "name", "severity", "message", "file", "line", "column")


def rows_of(done: Checked) -> list[dict[str, object]]:
    """Mistakes and findings, each with its place as far as it is known."""
    rows: list[dict[str, object]] = [
        {"rule": _INPUT, "severity": "error", "message": one.message, **_where(one.place)} for one in done.mistakes
    ]
    rows += [
        {
            "rule": one.rule.number,
            "name": one.rule.name,
            "severity": one.rule.severity,
            "message": one.message,
            **_where(one.place),
        }
        for one in done.findings
    ]
    return rows


def content_of(done: Checked) -> dict[str, object]:
    """Everything as plain values."""
    return {"findings": rows_of(done), "summary": summary(done)}


def as_json(done: Checked) -> str:
    """Mistakes and findings as a list, each with its place."""
    return json.dumps(content_of(done), indent=2, ensure_ascii=False)


def as_csv(done: Checked) -> str:
    """A row for each mistake and finding under COLUMNS."""
    return table_csv(COLUMNS, rows_of(done)).rstrip("\n")


def _where(place: Place | None) -> dict[str, object]:
    return {} if place is None else {"file": place.file, "line": place.line, "column": place.column}


def as_github(done: Checked) -> str:
    """Workflow commands that mark the lines in a pull request."""
    lines = [annotation("error", one.place, "wrong input", one.message) for one in done.mistakes]
    lines += [
        annotation(_GITHUB[one.rule.severity], one.place, f"{one.rule.number} {one.rule.name}", one.message)
        for one in done.findings
    ]
    return "\n".join([*lines, summary(done)])


def as_sarif(done: Checked) -> str:
    """SARIF 2.1.0, as code scanning services read it."""
    rules: list[dict[str, object]] = [
        {
            "id": one.number,
            "name": one.name,
            "shortDescription": {"text": one.summary},
            "help": {"text": one.text, "markdown": page(one)},
            "defaultConfiguration": {"level": one.severity},
        }
        for _, one in sorted(RULES.items())
    ]
    rules.append({"id": _INPUT, "name": "wrong-input", "shortDescription": {"text": "The input cannot be used."}})
    results = [_result(_INPUT, "error", one.message, one.place) for one in done.mistakes]
    results += [_result(one.rule.number, one.rule.severity, one.message, one.place) for one in done.findings]
    driver = {"name": "kueue-sim", "version": __version__, "rules": rules}
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
    return json.dumps(log, indent=2, ensure_ascii=False)


def _result(rule: str, level: str, message: str, place: Place | None) -> dict[str, object]:
    result: dict[str, object] = {"ruleId": rule, "level": level, "message": {"text": message}}
    if place is not None:
        region = {"startLine": place.line, "startColumn": place.column}
        result["locations"] = [
            {"physicalLocation": {"artifactLocation": {"uri": place.file}, "region": region}},
        ]
    return result


FORMATS: Mapping[str, Callable[[Checked], str]] = {
    "text": as_text,
    "json": as_json,
    "csv": as_csv,
    "sarif": as_sarif,
    "github": as_github,
}
