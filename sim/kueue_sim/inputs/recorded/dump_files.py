"""Which objects do the files of a cluster hold? JSON and YAML, Lists, and streams of `kubectl get --watch`."""

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from kueue_sim.errors import Mistake, Place
from kueue_sim.inputs.kueue.manifests import flatten
from kueue_sim.inputs.text.field import Field, Report, Source
from kueue_sim.inputs.text.textfile import read_text
from kueue_sim.inputs.text.yamltext import read_yaml

_MAGIC = b"\x1f\x8b"


def is_compressed(path: Path) -> bool:
    """Whether a file is gzip's, whatever it is called."""
    with path.open("rb") as raw:
        return raw.read(2) == _MAGIC


def opened(path: Path) -> IO[str]:
    """The text of a file, unpacked when it is compressed."""
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
    """The objects of one file, Lists unfolded. JSON is read without places, which makes large dumps quick to read."""
    text = _text(path, report)
    if text is None:
        return
    if text.lstrip().startswith(("{", "[")):
        try:
            value: Any = json.loads(text)
        except json.JSONDecodeError:
            value = None
        if value is not None:
            items = value if isinstance(value, list) else [value]
            yield from flatten(Field(item, Source(str(path)), report) for item in items)
            return
    yield from flatten(read_yaml(text, str(path), report))


def _text(path: Path, report: Report) -> str | None:
    if not is_compressed(path):
        return read_text(path)
    try:
        with opened(path) as lines:
            return lines.read()
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        report.mistakes.append(Mistake(Place(str(path), 1, 1), f"cannot be unpacked: {error}"))
        return None
