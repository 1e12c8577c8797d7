"""Which words does a word with braces stand for? ``a{1..3}``, ``{01..10..3}``, ``{a..c}`` and ``team-{a,b}-{x,y}``."""

import re
from collections.abc import Sequence

_MOST_WORDS = 10_000
"""So many words are followed."""
_STEP = r"(?:\.\.(-?\d{1,9}))?"
_RANGE = re.compile(rf"(-?\d{{1,9}})\.\.(-?\d{{1,9}}){_STEP}|([a-zA-Z])\.\.([a-zA-Z]){_STEP}", re.ASCII)


def in_braces(text: str) -> list[str] | None:
    """The words, from left to right; the word itself where no braces stand for anything, None where they stand for too
    many words."""
    for start, letter in enumerate(text):
        if letter != "{" or text[start - 1 : start] == "$":
            continue
        end, parts = _inside(text, start)
        if not end:
            continue
        choices = _range(parts[0]) if len(parts) == 1 else _of_each(parts)
        if choices == []:
            continue
        rest = None if choices is None else in_braces(text[end:])
        if choices is None or rest is None or len(choices) * len(rest) > _MOST_WORDS:
            return None
        return [f"{text[:start]}{choice}{more}" for choice in choices for more in rest]
    return [text]


def _of_each(parts: Sequence[str]) -> list[str] | None:
    """The words of all parts between commas; None for too many."""
    found: list[str] = []
    for part in parts:
        words = in_braces(part)
        if words is None:
            return None
        found += words
    return found


def _inside(text: str, start: int) -> tuple[int, list[str]]:
    """Where the brace that opens at ``start`` is closed, the position behind it, and what stands between the commas in
    it; 0 where it is not closed."""
    depth, parts = 0, [""]
    for at, letter in enumerate(text[start:], start):
        depth += (letter == "{") - (letter == "}")
        if not depth:
            return at + 1, parts
        if letter == "," and depth == 1:
            parts.append("")
        elif at > start:
            parts[-1] += letter
    return 0, parts


def _range(text: str) -> list[str] | None:
    """The numbers or letters of ``1..3``; numbers are as wide as the widest that begins with 0. None for too many."""
    found = _RANGE.fullmatch(text)
    if found is None:
        return []
    numbers = found[1] is not None
    first, last = (int(found[at]) if numbers else ord(found[at + 3]) for at in (1, 2))
    step = abs(int(found[3] or found[6] or 1)) or 1
    way = range(first, last + 1, step) if first <= last else range(first, last - 1, -step)
    if len(way) > _MOST_WORDS:
        return None
    if not numbers:
        return [chr(one) for one in way]
    wide = [end for end in (found[1], found[2]) if re.match(r"-?0\d", end)]
    width = max((len(end) for end in (found[1], found[2])), default=0) if wide else 0
    return [f"{one:0{width}d}" if width else str(one) for one in way]
