"""What did several commands append to one file? ``kubectl get … >> file`` puts nothing between the answers."""

import json
import re
from collections.abc import Iterator

_HEAD = re.compile(r"^(apiVersion:|---)", re.MULTILINE)
"""Where an object of a YAML text may begin."""
_ITEMS = re.compile(r"^items:", re.MULTILINE)
_SPACE = re.compile(r"\s*")


def appended_yaml(text: str) -> Iterator[str]:
    """The parts of a YAML text in which a second apiVersion in a document begins the next. Lines keep their numbers."""
    starts, known = [0], False
    for found in _HEAD.finditer(text):
        if known and found[1] != "---":
            starts.append(found.start())
        known = found[1] != "---"
    yield from _parts(text, starts)


def appended(text: str) -> list[str]:
    """The parts of a text that is several JSON documents, or several YAML lists of a cluster's objects; any other text
    is one. Nobody writes such lists by hand, while a manifest may have a key twice by mistake."""
    if text.lstrip().startswith("{"):
        return list(_parts(text, _json_starts(text)))
    parts = list(appended_yaml(text)) if len(_ITEMS.findall(text)) > 1 else []
    return parts if parts and all(_ITEMS.search(part) for part in parts) else [text]


def after_space(text: str, at: int) -> int:
    """The first place from here on that is no white space."""
    space = _SPACE.match(text, at)
    return at if space is None else space.end()


def _json_starts(text: str) -> list[int]:
    """Where the JSON documents of a text begin; the beginning alone where anything else stands there."""
    decoder, starts, at = json.JSONDecoder(), [], after_space(text, 0)
    try:
        while at < len(text):
            starts.append(at)
            at = after_space(text, decoder.raw_decode(text, at)[1])
    except (json.JSONDecodeError, RecursionError):
        return [0]
    return [0, *starts[1:]]


def _parts(text: str, starts: list[int]) -> Iterator[str]:
    """The text from each of these places to the next, behind as many empty lines as there are before it."""
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        yield "\n" * text.count("\n", 0, start) + text[start:end]
