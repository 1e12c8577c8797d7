"""Small damage to texts and to trees of values, drawn from a stream of random numbers."""

import json
from collections.abc import Callable
from random import Random

import yaml

HOSTILE = (
    "1e999999999", "-1", "0x" + "f" * 400, "9" * 5000, "NaN", ".inf", "null", "~", "true", "[]", "{}", "''",
    "!!binary x",
    "\x1b[31m", "\u202e", "2026-13-45", "1h1h1h", "٤", "a" * 300, "*x", "&x y", "<<: 1", "{{ .Values.x }}", "$(id)",
    "[" * 300 + "]" * 300, '{"a":' * 1200 + "1" + "}" * 1200, "- " * 400,
)  # fmt: skip
"""Values that made some reader somewhere stumble."""
DEEP: list[object] = []
for _ in range(300):
    DEEP = [DEEP]
VALUES: tuple[object, ...] = (
    None, True, 0, -1, 2**31, 2**63, 10**40, 1e308, "", " ", "x" * 400, [], {}, [[]], {"": ""}, "1e99999999",
    "\x1b[2J", "é", DEEP,
)  # fmt: skip
"""The same for trees."""


def damaged_text(text: str, random: Random) -> bytes:
    """The text with one to three pieces lost, doubled, moved, exchanged for something hostile, or badly encoded."""
    for _ in range(random.randint(1, 3)):
        text = random.choice(_TEXT)(text, random)
    content = text.encode("utf-8", "surrogatepass")
    kind = random.randrange(40)
    if kind == 0:
        return content[: random.randrange(len(content) + 1)] + b"\xff" + content[:100]
    if kind == 1:
        return text.encode("utf-16")
    return b"\xef\xbb\xbf" + content if kind == 2 else content.replace(b"\n", b"\r\n") if kind == 3 else content


def _cut(text: str, random: Random) -> str:
    start = random.randrange(len(text) + 1)
    return text[:start] + text[start + random.randint(1, 80) :]


def _end(text: str, random: Random) -> str:
    return text[: random.randrange(len(text) + 1)]


def _doubled(text: str, random: Random) -> str:
    lines = text.splitlines(keepends=True) or [""]
    at = random.randrange(len(lines))
    return "".join([*lines[: at + 1], *lines[max(0, at - random.randrange(3)) :]])


def _swapped(text: str, random: Random) -> str:
    lines = text.splitlines(keepends=True) or [""]
    a, b = random.randrange(len(lines)), random.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]
    return "".join(lines)


def _hostile(text: str, random: Random) -> str:
    start = random.randrange(len(text) + 1)
    return text[:start] + random.choice(HOSTILE) + text[start + random.randrange(12) :]


def _letters(text: str, random: Random) -> str:
    letters = list(text or ":")
    for _ in range(random.randint(1, 5)):
        letters[random.randrange(len(letters)) : 0] = [random.choice("\x00\t:-#&*!|>%@`'\"{}[],\\$\n 0")]
    return "".join(letters)


_TEXT: tuple[Callable[[str, Random], str], ...] = (_cut, _end, _doubled, _swapped, _hostile, _letters)


def damaged_tree(text: str, random: Random) -> bytes:
    """The documents of a YAML text with one to three values exchanged, moved or lost, as YAML or JSON again."""
    documents = [document for document in yaml.safe_load_all(text) if document is not None]
    for _ in range(random.randint(1, 3)):
        places = _places(documents)
        if not places:
            break
        holder, key = random.choice(places)
        action = random.randrange(4)
        if action == 0:
            del holder[key]
        elif action == 1:
            other, source = random.choice(places)
            holder[key] = other[source] if key in holder or isinstance(holder, list) else None
        elif action == 2 and isinstance(holder, dict):
            holder[random.choice(("kind", "name", "spec", "x y", "", str(key)[::-1]))] = holder[key]
        else:
            holder[key] = random.choice(VALUES)
    try:
        if random.random() < 0.3 and len(documents) == 1:
            return json.dumps(documents[0]).encode()
        return yaml.safe_dump_all(documents, allow_unicode=True).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError, yaml.YAMLError):
        return text.encode()


def _places(value: object) -> list[tuple[dict[object, object] | list[object], object]]:
    """Every place in a tree that holds a value; trees that exchanges made circular are looked at once."""
    found: list[tuple[dict[object, object] | list[object], object]] = []
    todo, seen = [value], set()
    while todo:
        one = todo.pop()
        if id(one) in seen or not isinstance(one, dict | list):
            continue
        seen.add(id(one))
        pairs = one.items() if isinstance(one, dict) else enumerate(one)
        for key, child in list(pairs):
            found.append((one, key))
            todo.append(child)
    return found
