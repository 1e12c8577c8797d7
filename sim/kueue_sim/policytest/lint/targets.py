"""What is there to check? Scenarios one by one, test files, and loose manifests as one policy."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from kueue_sim.errors import InputError, Mistake
from kueue_sim.inputs.documents import VERSION
from kueue_sim.inputs.scenario import load, load_document
from kueue_sim.inputs.text.field import Field, Report, Source
from kueue_sim.policytest import suite
from kueue_sim.policytest.lint import RULES, Finding, Rule, lint
from kueue_sim.policytest.reading import Reader

_SUFFIXES = (".yaml", ".yml", ".json")
_KIND = re.compile(r"^[\"']?kind[\"']?:\s*[\"']?(\w+)", re.MULTILINE)
_API = "kueue.x-k8s.io/"


@dataclass(slots=True)
class Checked:
    """What was found in all files together."""

    findings: list[Finding] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    files: int = 0


def check(paths: Iterable[str | Path], ignored: Sequence[str] = ()) -> Checked:
    """Check files and the files below folders. Mistakes in one do not keep the others from being checked."""
    scenarios, tests, manifests = _sorted(paths)
    rules = [one for number, one in sorted(RULES.items()) if number not in ignored]
    done = Checked(files=len(scenarios) + len(tests) + len(manifests))
    jobs: list[Callable[[], list[Finding]]] = [partial(_scenario, path, rules) for path in scenarios]
    jobs += [partial(_test_file, path) for path in tests]
    jobs += [partial(_manifests, manifests, rules)] if manifests else []
    for job in jobs:
        try:
            done.findings += job()
        except InputError as error:
            done.mistakes += error.mistakes
    return done


def _scenario(path: Path, rules: Sequence[Rule]) -> list[Finding]:
    """The findings about one scenario. Raises InputError with its mistakes, those in what it expects too."""
    loaded = load(path)
    Reader(loaded.scenario, path.parent).expectations(loaded.document.get("expect"))
    loaded.document.report.check()
    return lint(loaded, rules)


def _manifests(paths: Sequence[Path], rules: Sequence[Rule]) -> list[Finding]:
    """The findings about all manifests together, as the policy of a scenario without any work."""
    names = [str(path) for path in paths]
    document = {"apiVersion": VERSION, "kind": "Scenario", "policy": {"include": names}}
    return lint(load_document(Field(document, Source("policy"), Report()), Path(), "policy"), rules)


def _test_file(path: Path) -> list[Finding]:
    """No findings, but the mistakes of every test."""
    mistakes: list[Mistake] = []
    for test in suite.tests_of(path):
        try:
            suite.prepare(test)
        except InputError as error:
            mistakes += [one for one in error.mistakes if one not in mistakes]
    if mistakes:
        raise InputError(mistakes)
    return []


def _sorted(paths: Iterable[str | Path]) -> tuple[list[Path], list[Path], list[Path]]:
    """Scenarios, test files and manifests, each in the order given; folders in order of name."""
    kinds: dict[str, list[Path]] = {"Scenario": [], "PolicyTest": [], "manifests": []}
    for path in map(Path, paths):
        if not path.exists():
            raise InputError([Mistake(None, f"there is no file or folder {str(path)!r}")])
        if path.is_file():
            kinds[_kind(path) or "manifests"].append(path)
            continue
        for item in sorted(path.rglob("*")):
            kind = _kind(item) if item.suffix in _SUFFIXES and item.is_file() else ""
            if kind:
                kinds[kind].append(item)
    return kinds["Scenario"], kinds["PolicyTest"], kinds["manifests"]


def _kind(path: Path) -> str:
    """Scenario, PolicyTest or manifests; "" for a file that is none of them."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""
    kinds = set(_KIND.findall(text))
    for kind in ("Scenario", "PolicyTest"):
        if kind in kinds:
            return kind
    return "manifests" if _API in text and kinds else ""
