"""What does the text under ``expect`` ask for? Every mistake is noted with its place."""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import get_args

from kueue_sim.errors import InputError, Place
from kueue_sim.inputs.text.field import Field, Report, near_miss
from kueue_sim.inputs.text.files import Files
from kueue_sim.inputs.text.textfile import is_file, read_text
from kueue_sim.model import Scenario
from kueue_sim.policytest.expectations import (
    Decision,
    DecisionKind,
    Endless,
    Expectation,
    Measured,
    NoLoop,
    Order,
    Recording,
)
from kueue_sim.policytest.perf_ranges import class_ranges
from kueue_sim.results.metrics.conditions import read_bound
from kueue_sim.results.metrics.metric_path import Subjects

DECISIONS: Mapping[str, tuple[str, ...]] = {
    "admitted": ("at", "within", "flavors", "pods", "nodes", "times"),
    "started": ("at", "within", "message", "times"),
    "preempted": ("at", "within", "by", "reason", "message", "times"),
    "evicted": ("at", "within", "reason", "message", "times"),
    "waits": ("at", "reason", "message"),
    "finished": ("at", "within"),
}
"""Kind of a decision -> what may be said about it."""
KINDS: Mapping[str, tuple[str, ...]] = {
    **DECISIONS,
    "never": (),
    "order": ("of",),
    "metric": ("seeds", "confidence"),
    "rangespec": (),
    "endlessPreemption": (),
    "loops": (),
    "decisions": (),
}
PREEMPTION_REASONS = (
    "InClusterQueue",
    "InCohortReclamation",
    "InCohortFairSharing",
    "InCohortReclaimWhileBorrowing",
)


_ELSEWHERE = ("generate", "trace", "include")
"""Keys of a scenario under which work may be that it does not name."""
VERSION_IN_NAME = "{version}"
"""In the name of a recording: the release of Kueue that decides."""


_SLICE = re.compile(r"-slice-\d+$")


class Names:
    """The workloads a scenario submits, for telling a misspelt name; traces are too long to be looked through.

    ``damaged`` is the document of a scenario in which mistakes were found, so that some of its workloads may be
    missing: whatever it gives a name is one then, and where it names nothing, or has work from files or generators,
    nobody can tell.
    """

    def __init__(self, scenario: Scenario | None, damaged: Field | None = None) -> None:
        workloads = None if scenario is None else scenario.workloads
        self.keys: tuple[str, ...] | None = None
        self._sliced: tuple[str, ...] = ()
        """Jobs that have further slices when they grow."""
        if isinstance(workloads, Sequence):
            self.keys = tuple(item.key for item in workloads)
        if scenario is not None and self.keys is not None:
            anew = [one.workload.key for one in scenario.timeline if one.workload is not None]
            scaled = [one.target for one in scenario.timeline if one.do == "scale"]
            self.keys = (*self.keys, *anew)
            self._sliced = (*scaled, *(one.key for one in scenario.workloads if one.sizes))
        self._written: tuple[str, ...] = ()
        if damaged is not None and self.keys is not None:
            unsure = any(key in _ELSEWHERE and value is not None for key, value in _pairs(damaged.value))
            self._written = tuple(f"/{value}" for key, value in _pairs(damaged.value) if key == "name")
            self.keys = None if unsure or not self.keys else self.keys

    def check(self, field: Field) -> None:
        """Notes a name or pattern that means no workload; ``*`` means all, also where there are none."""
        text = field.text()
        if self.keys is None or text in ("", "*") or matching(text, self.keys):
            return
        if matching(text.rpartition("/")[2], self._written) or matching(_SLICE.sub("", text), self._sliced):
            return
        names = {name for key in self.keys for name in (key, key.partition("/")[2])}
        field.wrong(f"there is no workload {text!r}; {near_miss(text, names)}")


def matching(pattern: str, keys: Sequence[str]) -> list[str]:
    """The workload keys a name, ``namespace/name`` or a pattern with ``*`` means, in their order."""
    if "/" in pattern:
        return [key for key in keys if fnmatchcase(key, pattern)]
    return [key for key in keys if fnmatchcase(key.partition("/")[2], pattern)]


class Reader:
    """Reads expectations about one scenario. The files they name are looked for in ``folder``."""

    def __init__(self, scenario: Scenario | None, folder: Path, damaged: Field | None = None) -> None:
        """Without a scenario what it would have to be asked for is taken as it is. ``damaged`` as in ``Names``."""
        self._folder = folder
        self._names = Names(scenario, damaged)
        self._version = "" if scenario is None else scenario.settings.version
        self._subjects = None if scenario is None else Subjects(scenario.policy)

    def expectations(self, field: Field) -> tuple[Expectation, ...]:
        """All expectations of an ``expect`` list, in order."""
        return tuple(one for item in field.items() for one in self._one(item))

    def _one(self, item: Field) -> Sequence[Expectation]:
        kinds = [key for key, _ in item.entries() if key in KINDS]
        if len(kinds) != 1:
            found = " and ".join(kinds) + " exclude each other" if kinds else _meant(item)
            item.wrong(f"{found}; accepted: one of {', '.join(KINDS)}")
            return ()
        kind = kinds[0]
        item.only(kind, *KINDS[kind])
        subject, place = item.get(kind), item.source.place(item.path)
        if kind in DECISIONS:
            return (self._decision(item, kind, place),)
        if kind == "never":
            return self._never(subject, place)
        readers: dict[str, Callable[[Field, Field, Place | None], Sequence[Expectation]]] = {
            "order": self._order,
            "metric": self._measured,
            "rangespec": self._rangespec,
            "endlessPreemption": self._endless,
            "loops": self._loops,
            "decisions": self._recording,
        }
        return readers[kind](item, subject, place)

    def _never(self, nested: Field, place: Place | None) -> Sequence[Expectation]:
        kinds = [key for key, _ in nested.entries() if key in DECISIONS]
        if len(kinds) != 1:
            nested.wrong(f"never needs one of {', '.join(DECISIONS)}")
            return ()
        nested.only(kinds[0], *DECISIONS[kinds[0]])
        return (self._decision(nested, kinds[0], place, never=True),)

    def _workloads(self, field: Field) -> tuple[str, ...]:
        """One name or several; every one must mean a workload."""
        fields = field.items() if isinstance(field.value, list | tuple) else [field]
        if not fields:
            field.wrong("names no workload")
        for one in fields:
            if one.needed("the name of a workload"):
                self._names.check(one)
        return tuple(one.text() for one in fields)

    def _decision(self, item: Field, kind: str, place: Place | None, never: bool = False) -> Decision:
        known = next(name for name in get_args(DecisionKind) if name == kind)
        at, within = item.get("at").optional_duration(), item.get("within").optional_duration()
        if at is not None and within is not None:
            item.get("within").wrong("at and within exclude each other")
        reason = item.get("reason")
        if kind == "preempted":
            reason.choice(PREEMPTION_REASONS, "")
        by = item.get("by")
        if by.present:
            self._names.check(by)
        return Decision(
            known,
            self._workloads(item.get(kind)),
            place,
            never,
            at_ms=at,
            within_ms=within,
            flavors=_flavors(item.get("flavors")),
            pods=item.get("pods").optional_integer(minimum=0),
            nodes=tuple(sorted((name, child.integer(minimum=1)) for name, child in item.get("nodes").entries())),
            by=by.text(),
            reason=reason.text(),
            message=item.get("message").text(),
            times=item.get("times").optional_integer(minimum=0),
        )

    def _order(self, item: Field, subject: Field, place: Place | None) -> Sequence[Expectation]:
        of = item.get("of").choice(("admitted", "finished"), "admitted")
        names = self._workloads(subject)
        if len(names) == 1:
            subject.wrong("an order needs at least two workloads")
        return (Order(names, place, "finished" if of == "finished" else "admitted"),)

    def _measured(self, item: Field, subject: Field, place: Place | None) -> Sequence[Expectation]:
        condition = subject.needed("the condition")
        if self._subjects is None:
            return ()
        bound = read_bound(condition, self._subjects)
        if isinstance(bound, str):
            subject.wrong(bound)
            return ()
        if bound.change:
            subject.wrong("a change needs a base to compare with; give the value itself")
        confidence = item.get("confidence").number(0.95)
        if not 0 < confidence < 1:
            item.get("confidence").wrong(f"{confidence:g} is no confidence; accepted: between 0 and 1")
        return (Measured(bound, place, item.get("seeds").integer(1, minimum=1), confidence),)

    def _rangespec(self, item: Field, subject: Field, place: Place | None) -> Sequence[Expectation]:
        """Kueue's own range file."""
        documents = Files(self._folder, item.report).documents(subject)
        return [one for document in documents for one in class_ranges(document)]

    def _endless(self, item: Field, subject: Field, place: Place | None) -> Sequence[Expectation]:
        if subject.value is True:
            return (Endless((), place),)
        subject.only("at", "workloads")
        names = self._workloads(subject.get("workloads")) if subject.get("workloads").present else ()
        return (Endless(names, place, subject.get("at").optional_duration()),)

    def _loops(self, item: Field, subject: Field, place: Place | None) -> Sequence[Expectation]:
        subject.choice(("none",), "none")
        return (NoLoop(place),)

    def _recording(self, item: Field, subject: Field, place: Place | None) -> Sequence[Expectation]:
        path = self._folder / subject.needed("the file of the recording").replace(VERSION_IN_NAME, self._version)
        try:
            lines = tuple(read_text(path).splitlines()) if is_file(path) else None
        except (InputError, OSError) as error:
            subject.wrong(f"the recording cannot be read: {error}")
            return ()
        return (Recording(path, lines, place),)


class Reading:
    """Expectations that are read beside their scenario, so that mistakes of both are told together."""

    def __init__(self, expect: Field, folder: Path) -> None:
        self.found: tuple[Expectation, ...] = ()
        self._expect = expect
        self._folder = folder
        self._read = False

    def __call__(self, scenario: Scenario, document: Field) -> None:
        """Reads them; the scenario has defaults where mistakes were found."""
        expect = replace(self._expect, report=document.report)
        damaged = document if document.report.mistakes else None
        self.found = Reader(scenario, self._folder, damaged).expectations(expect)
        self._read = True

    def added_to(self, error: InputError) -> InputError:
        """The mistakes of a scenario with those of the expectations, if it was not read so far that these were."""
        if self._read:
            return error
        report = Report()
        Reader(None, self._folder).expectations(replace(self._expect, report=report))
        new = [one for one in report.mistakes if one not in error.mistakes]
        return InputError(sorted([*error.mistakes, *new], key=lambda one: one.place or Place("", 0, 0)))


def _pairs(value: object) -> Iterator[tuple[object, object]]:
    """Every key of a document with its value, at any depth."""
    if isinstance(value, Mapping):
        for key, child in value.items():
            yield key, child
            yield from _pairs(child)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _pairs(item)


def _meant(item: Field) -> str:
    """That an item expects nothing, and which of its keys may be a misspelt kind."""
    close = ((key, difflib.get_close_matches(key, KINDS, n=1)) for key, _ in item.entries())
    slips = [f"did you mean {names[0]!r} instead of {key!r}?" for key, names in close if names]
    return "; ".join(["nothing is expected here", *slips])


def _flavors(field: Field) -> tuple[tuple[str, str], ...]:
    """``a100`` for all resources, or a mapping of resource to flavor."""
    if isinstance(field.value, str):
        return (("", field.value),)
    return tuple(field.labels().items())
