"""What is there to check? Scenarios one by one, test files, and loose manifests as one policy."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from kueue_sim.errors import InputError, Mistake
from kueue_sim.inputs.assembled import assembled_from
from kueue_sim.inputs.loading import Loaded
from kueue_sim.inputs.repository.apart import apart
from kueue_sim.inputs.repository.bundles import Bundle, bundle_of_text, bundles_of_folder
from kueue_sim.inputs.repository.given import Given, Text, found
from kueue_sim.inputs.scenario import load, load_assembled
from kueue_sim.inputs.text.field import Report
from kueue_sim.policytest import suite
from kueue_sim.policytest.lint import RULES, Finding, lint
from kueue_sim.policytest.reading import Reading

_Linted = Callable[[str, Loaded], list[Finding]]
"""The findings about a scenario of this name."""


@dataclass(slots=True)
class Checked:
    """What was found in all files together. ``notes`` say what was left out, and why, and what decides nothing."""

    findings: list[Finding] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    files: int = 0


def check(paths: Iterable[Given], ignored: Sequence[str] = ()) -> Checked:
    """Check files and the files below folders. Mistakes in one do not keep the others from being checked."""
    targets = _sorted(paths)
    rules = [one for number, one in sorted(RULES.items()) if number not in ignored]
    done = Checked(files=targets.files, notes=targets.notes, mistakes=targets.mistakes)
    several = len(targets.scenarios) + len(targets.bundles) > 1

    def linted(name: str, loaded: Loaded) -> list[Finding]:
        notes = [one if not several or one.startswith(name) else f"{name}: {one}" for one in loaded.told]
        done.notes += [one for one in notes if one not in done.notes]
        return lint(loaded, rules)

    jobs: list[Callable[[], list[Finding]]] = [partial(_scenario, one, linted) for one in targets.scenarios]
    jobs += [partial(_test_file, path) for path in targets.tests]
    jobs += [partial(_bundle, one, linted) for one in targets.bundles]
    for job in jobs:
        try:
            done.findings += job()
        except InputError as error:
            done.mistakes += error.mistakes
    return done


def _scenario(given: Path | Text, linted: _Linted) -> list[Finding]:
    """The findings about one scenario. Raises InputError with its mistakes, those in what it expects too."""
    folder = Path() if isinstance(given, Text) else given.parent
    reading = Reading(suite.expect_of(given), folder)
    try:
        return linted(given.name if isinstance(given, Text) else str(given), load(given, beside=reading))
    except InputError as error:
        raise reading.added_to(error) from None


def _bundle(bundle: Bundle, linted: _Linted) -> list[Finding]:
    """The findings about what belongs together without a scenario: policy, work and scripts."""
    report = Report()
    bundle.report_to(report)
    return linted(bundle.name, load_assembled(assembled_from(bundle, report, bundle.folder, bundle.name), report))


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


@dataclass(slots=True)
class _Targets:
    """What is checked: scenarios and tests file by file, everything else as bundles."""

    scenarios: list[Path | Text] = field(default_factory=list)
    tests: list[Path] = field(default_factory=list)
    bundles: list[Bundle] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    loose: Bundle | None = None

    def add(self, bundle: Bundle, given: Path | Text) -> None:
        """Sorts in what one file or folder holds. Loose manifests of all are one policy, wherever they lie."""
        alone = bundle.whole and not (isinstance(given, Path) and given.is_dir())
        self.scenarios += [given] if alone else bundle.files_of("scenario")
        self.tests += [] if alone else bundle.files_of("test")
        if bundle.built or bundle.scripts:
            bundle.settle()
        self.notes += bundle.skipped.lines()
        if alone or (bundle.without("scenario", "test").empty and not bundle.unlabelled):
            return
        rest = bundle.without("scenario", "test")
        if rest.built or rest.scripts:
            self.bundles.append(rest)
        elif self.loose is None:
            self.loose = rest
        else:
            self.loose.take_in(rest)

    def complete(self) -> None:
        """When everything is sorted in: loose files are one policy, or several where their names are equal."""
        if self.loose is not None:
            before = set(self.loose.skipped.lines())
            self.loose.settle()
            self.bundles += [] if self.loose.empty else apart(self.loose)
            self.notes += [line for line in self.loose.skipped.lines() if line not in before]

    @property
    def files(self) -> int:
        return len(self.scenarios) + len(self.tests) + sum(one.files for one in self.bundles)


def _sorted(paths: Iterable[Given]) -> _Targets:
    """Everything that is given, by how it is checked; folders in order of name."""
    targets = _Targets()
    for one in found(paths):
        report = Report()
        try:
            folder = isinstance(one, Path) and one.is_dir()
            several = bundles_of_folder(Path(str(one)), report) if folder else [bundle_of_text(one, report)]
        except InputError as error:
            targets.mistakes += error.mistakes
            continue
        targets.mistakes += report.mistakes
        targets.notes += report.remarked()
        for bundle in several:
            targets.add(bundle, one)
    targets.complete()
    return targets
