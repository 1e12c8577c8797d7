"""Record what a run decides now, so that the next change of a decision shows as a difference."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kueue_sim._run import run
from kueue_sim.errors import InputError, Mistake
from kueue_sim.inputs.text.textfile import is_file, read_text
from kueue_sim.policytest.expectations import Recording
from kueue_sim.policytest.reading import VERSION_IN_NAME
from kueue_sim.policytest.suite import PolicyTest, Prepared, prepare
from kueue_sim.policytest.told import recorded

FOLDER = "recorded"
_DECISION = re.compile(r"(end waits|(\d+(ms|[dhms]) )+(admitted|preempted|evicted|finished)) ")


@dataclass(frozen=True, slots=True)
class _Insertion:
    """A line that makes a test compare with its recording."""

    after_line: int
    text: str


def update(tests: Sequence[PolicyTest]) -> list[Path]:
    """Record the decisions of every test, adding a ``decisions`` expectation where there is none yet.

    Returns the files written, recordings and test files. Raises InputError with all mistakes before anything is
    written.
    """
    writes: dict[Path, str] = {}
    insertions: dict[Path, list[_Insertion]] = {}
    mistakes: list[Mistake] = []
    for test in tests:
        try:
            prepared = prepare(test)
            recordings = [one.file for one in prepared.expectations if isinstance(one, Recording)]
            _check_places(test, recordings)
            if not recordings:
                place = _recording_of(test)
                recordings = [Path(test.file).parent / place.replace(VERSION_IN_NAME, test.version)]
                added = insertions.setdefault(Path(test.file), [])
                added += [one for one in (_insertion(test, prepared, place),) if one not in added]
            text = "".join(f"{line}\n" for line in _lines(prepared))
            _check_agreement(test, [file for file in recordings if writes.get(file, text) != text])
            writes |= dict.fromkeys(recordings, text)
        except InputError as error:
            mistakes += error.mistakes
    if mistakes:
        raise InputError(mistakes)
    writes |= {path: _inserted(path, added) for path, added in insertions.items()}
    changed = [path for path, text in writes.items() if not path.is_file() or read_text(path) != text]
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(writes[path], encoding="utf-8")
    return changed


def _lines(prepared: Prepared) -> tuple[str, ...]:
    return recorded(run(prepared.scenario).run)


def _check_agreement(test: PolicyTest, contested: Sequence[Path]) -> None:
    """Tests that share a recording decide the same. Raises InputError."""
    if contested:
        names = ", ".join(map(repr, map(str, contested)))
        means = f"; with {VERSION_IN_NAME} in its name each release has its own" if test.version else ""
        raise InputError(
            [Mistake(test.place, f"{test.title}: another test with other decisions records {names}{means}")]
        )


def _check_places(test: PolicyTest, recordings: Sequence[Path]) -> None:
    """Recordings lie below the folder of their test and replace nothing but recordings. Raises InputError."""
    folder = Path(test.file).resolve().parent
    mistakes = []
    for file in recordings:
        if not file.resolve().is_relative_to(folder):
            mistakes.append(Mistake(test.place, f"{test.name}: {str(file)!r} lies outside of the test's folder"))
        elif file.exists() and not _is_recording(file):
            mistakes.append(Mistake(test.place, f"{test.name}: {str(file)!r} is no recording and is left as it is"))
    if mistakes:
        raise InputError(mistakes)


def _is_recording(file: Path) -> bool:
    """Whether every line begins as a recorded decision does."""
    return is_file(file) and all(_DECISION.match(line) for line in read_text(file).splitlines())


def _recording_of(test: PolicyTest) -> str:
    """The file of a recording, relative to the test's: ``recorded/<file>.<test>.txt``, with several releases one for
    each."""
    stem = Path(test.file).name.split(".")[0]
    name = "" if test.index is None else "." + re.sub(r"[^a-z0-9]+", "-", test.name.lower()).strip("-")
    version = f".{VERSION_IN_NAME}" if test.version else ""
    return f"{FOLDER}/{stem}{name}{version}.txt"


def _insertion(test: PolicyTest, prepared: Prepared, recording: str) -> _Insertion:
    """Where the new expectation goes: before the first one, or at the end of a scenario that has none."""
    text = f"- decisions: '{recording}'" if VERSION_IN_NAME in recording else f"- decisions: {recording}"
    expect = prepared.expect
    lines = read_text(test.file).splitlines()
    if not expect.present:
        return _Insertion(len(lines), f"expect:\n{text}")
    first = expect.source.values.get((*expect.path, 0))
    row = "" if first is None else lines[first.line - 1]
    if first is None or row[: first.column - 1].strip() != "-":
        place = expect.source.place(expect.path)
        raise InputError([Mistake(place, "expect is no list with one dash per line; a recording cannot be added")])
    return _Insertion(first.line - 1, row[: row.index("-")] + text)


def _inserted(path: Path, added: Sequence[_Insertion]) -> str:
    lines = read_text(path).splitlines()
    for one in sorted(added, key=lambda item: -item.after_line):
        lines.insert(one.after_line, one.text)
    return "\n".join(lines) + "\n"
