"""Which objects do the files of a cluster hold? JSON and YAML, Lists, and streams of `kubectl get --watch`."""

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import IO

from kueue_sim.errors import InputError, Mistake, Place
from kueue_sim.inputs.kueue.manifests import flatten
from kueue_sim.inputs.recorded.conditions import is_true
from kueue_sim.inputs.recorded.repeated import identity
from kueue_sim.inputs.text.appended import after_space, appended_yaml
from kueue_sim.inputs.text.field import Field, Report
from kueue_sim.inputs.text.json_places import JsonSource, JsonText
from kueue_sim.inputs.text.textfile import HEAD, STDIN, encoding_of, read_text, shown, unusable
from kueue_sim.inputs.text.yamltext import read_yaml
from kueue_sim.units import shortened

_MAGIC = b"\x1f\x8b"
SAID = re.compile(r"(?i:warning:|error:|error from server|unable to connect|the connection to the server)|[EIWF]\d{4} ")
"""How lines begin that kubectl writes to standard error."""


def is_compressed(path: Path) -> bool:
    """Whether a file is gzip's, whatever it is called."""
    if str(path) == STDIN:
        return False
    with path.open("rb") as raw:
        return raw.read(2) == _MAGIC


def opened(path: Path) -> IO[str]:
    """The text of a file, unpacked when it is compressed."""
    if str(path) == STDIN:
        return StringIO(read_text(path))
    unpack = gzip.open if is_compressed(path) else open
    with unpack(path, "rb") as raw:
        encoding = encoding_of(raw.read(HEAD))
    return unpack(path, "rt", encoding=encoding)


def is_watch_stream(path: Path) -> bool:
    """Whether a file begins with an event of a watch: ``{"type": …, "object": …}``."""
    try:
        with opened(path) as lines:
            head = lines.read(200).lstrip()
            while SAID.match(head) and (more := lines.read(200)):
                head = (head + more).partition("\n")[2].lstrip()
    except (OSError, UnicodeDecodeError, EOFError, zlib.error):
        return False
    compact = "".join(head.split())
    return compact.startswith(('{"type":"ADDED"', '{"type":"MODIFIED"', '{"type":"DELETED"', '{"type":"BOOKMARK"')) or (
        compact.startswith('{"object":{')
    )


def dumped_objects(path: Path, report: Report) -> Iterator[Field]:
    """The objects of one file, Lists unfolded. Places in JSON are looked up for mistakes alone, which makes large dumps
    quick to read; several documents may stand one after the other, as several commands appended them."""
    text = _text(path, report)
    if text is None:
        return
    text = _after_said(text, report)
    documents = _json_documents(text, shown(path), report) if text.lstrip().startswith(("{", "[")) else None
    if documents is None:
        for part in appended_yaml(text):
            yield from flatten(one for named in read_yaml(part, shown(path), report) for one in _under_names(named))
        return
    items = [item for one in documents for item in (one.items() if isinstance(one.value, list) else [one])]
    yield from flatten(_objects([one for item in items for one in _under_names(item)], report))


def _under_names(item: Field) -> list[Field]:
    """The objects that somebody put under names of their own, as in ``{"workloads": {"kind": "List", …}}``; anything
    else is itself."""
    named = isinstance(item.value, dict) and "kind" not in item.value
    parts = [part for _, value in item.entries() for part in _listed(value)] if named else []
    return parts if parts and all(isinstance(part.get("kind").value, str) for part in parts) else [item]


def _listed(value: Field) -> list[Field]:
    return value.items() if isinstance(value.value, list) else [value]


def _objects(items: list[Field], report: Report) -> list[Field]:
    """The objects that are there after the events of a watch; what is no event is an object itself. A Workload that had
    finished stays though it was deleted, since it tells how long work runs."""
    found: dict[object, Field] = {}
    for number, item in enumerate(items):
        of_watch = isinstance(item.value, dict) and item.value.keys() == {"type", "object"}
        kind, inner = (item.get("type").value, item.get("object")) if of_watch else (None, item)
        key = identity(inner.value) if kind and isinstance(inner.value, dict) else number
        if kind == "ERROR":
            report.remarks["the watch broke off, so what came after it is missing"] = None
        elif kind == "DELETED" and not (isinstance(inner.value, dict) and is_true(inner.value, "Finished")):
            found.pop(key, None)
        elif kind != "BOOKMARK":
            found[key] = inner
    return list(found.values())


def _json_documents(text: str, name: str, report: Report) -> list[Field] | None:
    """The JSON documents of a text, None when anything else stands there, or they are nested too deeply. One that ends
    in the middle is a mistake."""
    decoder, found, at = json.JSONDecoder(), [], after_space(text, 0)
    whole = JsonText(name, text)
    try:
        while at < len(text):
            if SAID.match(text, at):
                at = _told(text, at, report)
                continue
            value, end = decoder.raw_decode(text, at)
            found.append(Field(value, JsonSource(of=whole, start=at), report))
            at = after_space(text, end)
    except json.JSONDecodeError as error:
        if found and error.pos == at < len(text) and not text.startswith("---", at):
            line = text[at:].partition("\n")[0]
            report.add(
                JsonSource(of=whole, start=at), (), f"behind a JSON document stands what is none: {shortened(line)}"
            )
            return found
        if after_space(text, error.pos) < len(text) and not error.msg.startswith("Unterminated string"):
            return None
        lines = text.splitlines() or [""]
        problem = "a JSON document ends here before it is complete: was the file cut off?"
        report.mistakes.append(Mistake(Place(name, len(lines), len(lines[-1]) + 1), problem))
    except RecursionError:
        return None
    return found


def _after_said(text: str, report: Report) -> str:
    """The text without what kubectl said before it, of which blank lines are left. What it failed to get is missing, so
    that is told. Where nothing comes after it, it is the text."""
    at = after_space(text, 0)
    while SAID.match(text, at):
        at = _told(text, at, report)
    return text if at == len(text) else "\n" * text.count("\n", 0, at) + text[at:]


def _told(text: str, at: int, report: Report) -> int:
    """Notes the line that kubectl said, and answers where the text goes on."""
    end = text.find("\n", at)
    line = text[at:] if end < 0 else text[at:end]
    report.remarks[f"kubectl said: {line.strip()}"] = None
    return len(text) if end < 0 else after_space(text, end)


def _text(path: Path, report: Report) -> str | None:
    if not is_compressed(path):
        return read_text(path)
    try:
        with opened(path) as lines:
            text = lines.read()
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        report.mistakes.append(Mistake(Place(str(path), 1, 1), f"cannot be unpacked: {error}"))
        return None
    problem = unusable(text[:HEAD].encode())
    if problem:
        raise InputError([Mistake(Place(str(path), 1, 1), problem)])
    return text
