"""What does ``yq`` make of manifests? Values that it sets, takes away or reads by plain paths are followed."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import yaml

_STEP = re.compile(r'\.?\["(?P<quoted>[^"]+)"\]|\.?\[(?P<index>\d+)\]|\.(?P<plain>[A-Za-z_][\w-]*)|\."(?P<text>[^"]+)"')
_SETS = re.compile(r'(?P<path>\.(?:"[^"]*"|[^="])*?)\s*=\s*(?P<value>[^=].*)', re.DOTALL)
_TAKES = re.compile(r"del\((?P<path>.+)\)")
_PARTS = re.compile(r'\s*((?:"(?:\\.|[^"\\])*"|[^|"])+)')
_NUMBER = re.compile(r"-?\d+(\.\d+)?|true|false|null")
_VARIABLE = re.compile(r"(?P<as_text>str)?env\((?P<name>\w+)\)")
_IN_PLACE, _HARMLESS = ("-i", "--inplace"), ("-r", "-M", "-P", "--no-colors", "--unwrapScalar")
_LONGEST = 10_000
"""Places of a list that are filled up."""
Steps = tuple[str | int, ...]


class _NotFollowed(Exception):
    """Something else than values at plain paths is asked for."""


@dataclass(frozen=True, slots=True)
class Yq:
    """One command: what it does to the documents of its ``files``, or of what it reads; ``in_place`` changes these."""

    expression: str
    files: tuple[str, ...]
    in_place: bool


def read_yq(words: Sequence[str]) -> Yq | None:
    """The words behind ``yq``; None where their options are not followed."""
    plain = [word for word in words if not word.startswith("-") or word == "-"]
    options = [word for word in words if word not in plain]
    if set(options) - {*_IN_PLACE, *_HARMLESS}:
        return None
    plain = plain[1:] if plain[:1] in (["e"], ["eval"]) else plain
    return Yq(plain[0], tuple(plain[1:]), bool(set(options) & {*_IN_PLACE})) if plain else None


def answered(expression: str, text: str, variables: Mapping[str, str | None]) -> str | None:
    """The documents of a text as the expression changes them, or the values that it reads; None where it is not
    followed."""
    parts = [part.strip() for part in _PARTS.findall(expression)]
    try:
        documents = list(yaml.safe_load_all(text))
        if len(parts) == 1 and parts[0].startswith(".") and _SETS.fullmatch(parts[0]) is None:
            return "".join(_printed(_read(one, _steps(parts[0]))) for one in documents)
        for part in parts:
            documents = [None if one is None else _changed(one, part, variables) for one in documents]
    except (_NotFollowed, yaml.YAMLError):
        return None
    return "---\n".join(yaml.safe_dump(one, sort_keys=False) for one in documents)


def _changed(document: object, part: str, variables: Mapping[str, str | None]) -> object:
    sets = _SETS.fullmatch(part)
    found = sets or _TAKES.fullmatch(part)
    if found is None:
        raise _NotFollowed
    steps = _steps(found["path"])
    if not steps:
        raise _NotFollowed
    holder, last = document, steps[-1]
    for step, following in pairwise(steps):
        if sets is not None and _at(holder, step) is None:
            _put(holder, step, [] if isinstance(following, int) else {})
        holder = _at(holder, step)
    if sets is not None:
        _put(holder, last, _value(sets["value"].strip(), variables))
    elif isinstance(holder, dict):
        holder.pop(last, None)
    elif isinstance(holder, list) and isinstance(last, int):
        del holder[last : last + 1]
    return document


def _put(holder: object, last: str | int, value: object) -> None:
    if isinstance(holder, dict):
        holder[last] = value
    elif isinstance(holder, list) and isinstance(last, int) and last < _LONGEST:
        holder += [None] * (last + 1 - len(holder))
        holder[last] = value
    else:
        raise _NotFollowed


def _at(holder: object, step: str | int) -> object:
    if isinstance(holder, dict):
        return holder.get(step)
    if isinstance(holder, list) and isinstance(step, int):
        return holder[step] if step < len(holder) else None
    return None


def _read(document: object, steps: Sequence[str | int]) -> object:
    for step in steps:
        document = _at(document, step)
    return document


def _printed(value: object) -> str:
    if isinstance(value, dict | list):
        return yaml.safe_dump(value, sort_keys=False)
    return f"{value if isinstance(value, str) else json.dumps(value, default=str)}\n"


def _steps(path: str) -> Steps:
    """The keys and places of a path such as ``.spec.containers[0]["a.b/c"]``."""
    return () if path == "." else tuple(_each_step(path))


def _each_step(path: str) -> Iterator[str | int]:
    at = 0
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None:
            raise _NotFollowed
        yield int(found["index"]) if found["index"] else found["quoted"] or found["plain"] or found["text"]
        at = found.end()


def _value(text: str, variables: Mapping[str, str | None]) -> object:
    """What a value stands for: a text in quotes, a number, or what a variable holds."""
    named = _VARIABLE.fullmatch(text)
    if named is not None:
        value = variables.get(named["name"])
        if value is None:
            raise _NotFollowed
        return value if named["as_text"] else yaml.safe_load(value)
    if _NUMBER.fullmatch(text):
        return json.loads(text)
    if text[:1] == text[-1:] == '"' and len(text) > 1:
        try:
            return json.loads(text)
        except ValueError:
            raise _NotFollowed from None
    raise _NotFollowed
