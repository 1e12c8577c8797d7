"""Which objects do the files of a cluster hold? JSON and YAML, Lists, and streams of `kubectl get --watch`."""

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import IO, Any

from kueue_sim.errors import Mistake, Place
from kueue_sim.inputs.kueue.manifests import flatten
from kueue_sim.inputs.text.field import Field, Report, Source
from kueue_sim.inputs.text.textfile import STDIN, read_text, shown
from kueue_sim.inputs.text.yamltext import read_yaml

_MAGIC = b"\x1f\x8b"
_SPACE = re.compile(r"\s*")


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
    return gzip.open(path, "rt", encoding="utf-8") if is_compressed(path) else path.open(encoding="utf-8")


def is_watch_stream(path: Path) -> bool:
    """Whether a file begins with an event of a watch: ``{"type": …, "object": …}``."""
    try:
        with opened(path) as lines:
            head = lines.read(200).lstrip()
    except (OSError, UnicodeDecodeError, EOFError, zlib.error):
        return False
    compact = "".join(head.split())
    return compact.startswith(('{"type":"ADDED"', '{"type":"MODIFIED"', '{"type":"DELETED"', '{"type":"BOOKMARK"')) or (
        compact.startswith('{"object":{')
    )


def dumped_objects(path: Path, report: Report) -> Iterator[Field]:
    """The objects of one file, Lists unfolded. JSON is read without places, which makes large dumps quick to read;
    several documents may stand one after the other, as several commands appended them."""
    text = _text(path, report)
    if text is None:
        return
    documents = _json_documents(text) if text.lstrip().startswith(("{", "[")) else None
    if documents is None:
        yield from flatten(read_yaml(text, shown(path), report))
        return
    items = [item for value in documents for item in (value if isinstance(value, list) else [value])]
    yield from flatten(Field(item, Source(shown(path)), report) for item in items)


def _json_documents(text: str) -> list[Any] | None:
    """The JSON documents of a text, None when anything else stands there, or they are nested too deeply."""
    decoder, found, at = json.JSONDecoder(), [], _after_space(text, 0)
    try:
        while at < len(text):
            value, end = decoder.raw_decode(text, at)
            found.append(value)
            at = _after_space(text, end)
    except (json.JSONDecodeError, RecursionError):
        return None
    return found


def _after_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return at if space is None else space.end()


def _text(path: Path, report: Report) -> str | None:
    if not is_compressed(path):
        return read_text(path)
    try:
        with opened(path) as lines:
            return lines.read()
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        report.mistakes.append(Mistake(Place(str(path), 1, 1), f"cannot be unpacked: {error}"))
        return None
