"""What did a watch of Workloads see? ``kubectl get workloads -A -o json --watch --output-watch-events``, line by line.

Only the last state of each Workload and its decisions are kept, however long the stream is. A stream has no clock: its
time is the latest instant that a write has left in an object.
"""

import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kueue_sim.errors import Place
from kueue_sim.inputs.recorded.conditions import (
    Manifest,
    instants,
    is_true,
    status_of,
)
from kueue_sim.inputs.recorded.dump_files import SAID, opened
from kueue_sim.inputs.recorded.shapes import is_shaped
from kueue_sim.inputs.recorded.watch.watched import Decision, Watched
from kueue_sim.inputs.text.appended import after_space
from kueue_sim.inputs.text.field import Field, Report, Source
from kueue_sim.inputs.text.json_places import JsonSource, JsonText
from kueue_sim.inputs.text.textfile import shown
from kueue_sim.units import is_instant, parse_instant

_BEGINS = re.compile(r'\{"(?:type|object)":')
"""How kubectl begins an event."""
MOST_LATE_MS = 10_000
"""Clocks of controllers differ, and a write takes its time."""


@dataclass(slots=True)
class Watch:
    """All that was seen. ``gaps`` says where the stream does not go on from what was known, ``unseen`` from when to
    when something may have happened that no line tells; ``followed`` is the first instant after the watch began."""

    workloads: dict[str, Watched] = field(default_factory=dict)
    began: str = ""
    clock: str = ""
    followed: str = ""
    lines: int = 0
    gaps: list[str] = field(default_factory=list)
    unseen: list[tuple[str, str]] = field(default_factory=list)
    _decided: int = 0
    _undated: list[tuple[Watched, int]] = field(default_factory=list)
    _listing: bool = True
    """Whether all that was seen so far may be the list with which a watch begins."""
    _listed: set[str] | None = None
    _broken: str = ""
    _told: tuple[str, str, int] = ("", "", 0)
    _late: list[str] = field(default_factory=list)

    def see(self, event: str, manifest: Manifest) -> None:
        """One more event.

        A change of a spec and a deletion leave no time. They are put to the next instant that does: nothing was decided
        in between. What an earlier line told, as where two recorders write into one file, is no event.
        """
        if self._is_told(event, manifest):
            if self._listed is not None and event == "ADDED":
                self._listed.add(_identity(manifest))
            return
        before, known_decisions = self.clock, self._decided
        self._notice_restart(event, manifest)
        self._follow(event, manifest)
        if self.clock > before or self._decided > known_decisions:
            for one, number in self._undated:
                one.changes[number] = (self.clock, *one.changes[number][1:])
            self._undated.clear()
        one = self.workloads[_identity(manifest)]
        self._undated += [(one, number) for number in range(one.dated, len(one.changes))]
        one.dated = len(one.changes)

    def _is_told(self, event: str, manifest: Manifest) -> bool:
        """Whether this Workload was seen in this state or a later one. A watch that begins again lists the same state
        once more."""
        known = self.workloads.get(_identity(manifest))
        now = (event, _identity(manifest), _version(manifest))
        again, self._told = now == self._told and now[2] > 0, now
        last = _version(known.last or known.first) if known is not None else 0
        return again or now[2] < last or (now[2] == last > 0 and event == "MODIFIED")

    def _notice_restart(self, event: str, manifest: Manifest) -> None:
        """A watch that begins again lists everything there is: a known Workload is added once more. What is missing in
        that list went in between, and of what changed in between only the last state is known."""
        known = self.workloads.get(_identity(manifest))
        if event != "ADDED":
            self.listed()
        elif known is not None and self._listed is None:
            self._listed, self._broken = set(), self.clock
            self.gaps.append(f"the watch began again at {self.clock}: what happened before that is seen only in part")
        if self._listed is not None:
            self._listed.add(_identity(manifest))

    def listed(self) -> None:
        """The list of a watch that began again is over."""
        if self._listed is None:
            return
        for key, one in self.workloads.items():
            if key not in self._listed and not one.gone and not is_true(one.last or one.first, "Finished"):
                one.changes.append((self.clock, "deleted", True))
                one.dated = len(one.changes)
                self.gaps.append(f"{_name(one.first)} was gone when the watch began again")
        self.unseen.append((self._broken, self.clock))
        self._listed = None

    def _follow(self, event: str, manifest: Manifest) -> None:
        metadata, before = manifest["metadata"], self.clock
        key = _identity(manifest)
        self.lines += 1
        self.clock = max([self.clock, *instants({"metadata": _created(metadata), "status": status_of(manifest)})])
        known = None if self._listing and event == "ADDED" else self.workloads.get(key)
        if known is None:
            if event == "MODIFIED":
                self.gaps.append(f"{_name(manifest)} is modified before it was seen")
            created = str(metadata.get("creationTimestamp"))
            existed = self._listing and bool(status_of(manifest).get("conditions"))
            listed = existed or (self._listing and created < before)
            known = self.workloads[key] = Watched(manifest, existed, {} if not existed else manifest)
            self.began = self.clock if listed or not self.began else self.began
            if existed:
                known.take_over()
                return
        self._listing &= event == "ADDED"
        if not self.followed and self.clock > self.began:
            self.followed = self.clock
        decided = len(known.decisions)
        known.follow(manifest, self.clock)
        self._decided += len(known.decisions) - decided
        self._notice_late(manifest, known.decisions[decided:], before)
        if event == "DELETED" and not is_true(manifest, "Finished"):
            known.changes.append((self.clock, "deleted", True))
        known.last = manifest

    def _notice_late(self, manifest: Manifest, decisions: Iterable[Decision], before: str) -> None:
        """Nothing is told long after other events that came later, unless lines are missing in between."""
        for one in decisions:
            told = is_instant(one.at) and is_instant(before)
            if told and parse_instant(one.at) + MOST_LATE_MS < parse_instant(before):
                self._late.append(f"{_name(manifest)} was {one.type} at {one.at}, which no line told before {before}")

    def ended(self) -> None:
        """All streams are read."""
        self.listed()
        if self._late:
            others = f", and {len(self._late) - 1} more like this" if len(self._late) > 1 else ""
            self.gaps.append(f"lines are missing: {self._late[0]}{others}")


def read_watch(paths: Iterable[Path], report: Report) -> Watch:
    """The streams one after the other; a line that is no event is a mistake with its place. A last line that was cut
    off, as it is when the recorder is stopped, and a packed stream that ends too early are gaps."""
    watch = Watch()
    for path in paths:
        cut: str | None = None
        last = 0
        for number, line in _lines(path, watch, report):
            if cut is not None:
                _no_event(cut, path, last, report)
            last = number
            heard = _heard(watch, line, 0, path, number, report) or _resumed(watch, line, path, number, report)
            cut = None if heard or _said(watch, line, path, number) else line
        if cut is not None and cut.endswith("\n"):
            _no_event(cut, path, last, report)
        elif cut is not None:
            watch.gaps.append(f"{path.name} ends in the middle of line {last}")
        watch.listed()
    watch.ended()
    return watch


def _resumed(watch: Watch, line: str, path: Path, number: int, report: Report) -> bool:
    """Whether an event ends the line, which another one begins that was cut off: a recorder was stopped in the middle
    of it, and the next one went on in the same file."""
    starts = [found.start() for found in _BEGINS.finditer(line, 1)]
    if not any(_heard(watch, line, start, path, number, report) for start in starts):
        return False
    watch.gaps.append(f"line {number} of {path.name} begins with an event that was cut off")
    return True


def _said(watch: Watch, line: str, path: Path, number: int) -> bool:
    """Whether the line is what kubectl itself had to say (``>> stream.jsonl 2>&1``)."""
    if SAID.match(line) is None:
        return False
    watch.gaps.append(f"line {number} of {path.name}: kubectl said: {line.strip()[:120]}")
    return True


def _heard(watch: Watch, line: str, at: int, path: Path, number: int, report: Report) -> bool:
    """Whether an event of a watch of Workloads stands there, or one that says something of the watch itself."""
    try:
        event = json.loads(line[at:])
        kind, manifest = event["type"], event["object"]
        if kind == "BOOKMARK":
            return True
        if kind == "ERROR":
            said = manifest.get("message") or manifest.get("reason") or "no reason given"
            watch.gaps.append(f"line {number} of {path.name}: the watch broke off: {said}")
            return True
        named = manifest["metadata"]["name"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
    if kind in ("ADDED", "MODIFIED", "DELETED") and named:
        source = JsonSource(of=JsonText(shown(path), line, number), start=after_space(line, at))
        if _is_whole(Field(manifest, source, report, ("object",))):
            watch.see(kind, manifest)
    return True


def _no_event(line: str, path: Path, number: int, report: Report) -> None:
    pretty = line.strip() in ("{", "}") or line.startswith(" ")
    hint = "; record it with --output-watch-events, which writes one line for each event" if pretty else ""
    if pretty and any(one.message.endswith(hint) for one in report.mistakes):
        return
    source = Source("", {}, {(): Place(shown(path), number, 1)})
    Field(line[:60], source, report).wrong(f"this is no event of a watch of Workloads{hint}")


def _is_whole(manifest: Field) -> bool:
    """Whether it is a Workload with everything that is looked at; where not, the mistakes are noted."""
    if not is_shaped(manifest):
        return False
    created = manifest.get("metadata", "creationTimestamp")
    if not is_instant(str(created.value)):
        created.wrong("metadata.creationTimestamp is missing")
        return False
    return True


def _lines(path: Path, watch: Watch, report: Report) -> Iterator[tuple[int, str]]:
    """Line by line with their numbers, without blank ones; what is no text is a mistake, and where a packed stream was
    cut off there is a gap."""
    try:
        with opened(path) as lines:
            yield from ((number, line) for number, line in enumerate(lines, 1) if line.strip())
    except EOFError:
        watch.gaps.append(f"{path.name} was cut off while it was packed")
    except (UnicodeDecodeError, zlib.error, gzip.BadGzipFile) as error:
        Field(None, Source(str(path)), report).wrong(f"the stream cannot be read to its end: {error}")


def _created(metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {"creationTimestamp": metadata.get("creationTimestamp")}


def _version(manifest: Manifest) -> int:
    """The resourceVersion, 0 where there is none that can be compared."""
    text = str((manifest.get("metadata") or {}).get("resourceVersion") or "")
    return int(text) if text.isascii() and text.isdigit() else 0


def _identity(manifest: Manifest) -> str:
    return str(manifest["metadata"].get("uid") or _name(manifest))


def _name(manifest: Mapping[str, Any]) -> str:
    return f"{manifest['metadata'].get('namespace')}/{manifest['metadata'].get('name')}"
