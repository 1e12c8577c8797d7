"""What does ``read`` make of a line? Fields between the characters of ``IFS``, which parts words as well."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_WITH_VALUE = "adinNptu"
"""Options of ``read`` that have a value, in the same word or as the next one."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a ``read`` asks for: ``names`` of variables, of which the last gets the rest of a line; those of one
    ``into_list`` instead; ``whole``: not a line but all of the text."""

    names: tuple[str, ...] = ()
    into_list: str = ""
    whole: bool = False


def reading(words: Sequence[str]) -> Reading:
    """What the words behind ``read`` say."""
    names: list[str] = []
    options: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        if word[:1] != "-":
            names.append(word)
            continue
        for at, letter in enumerate(word[1:], 2):
            if letter in _WITH_VALUE:
                options[letter] = word[at:] or next(rest, "")
                break
    return Reading(tuple(names), options.get("a", ""), options.get("d") == "")


def parted(text: str, between: str | None, most: int = 0) -> list[str]:
    """The fields of a text, ``most`` at most, the last one with the rest; 0: as many as there are. ``between`` is the
    value of ``IFS``: blanks in it count together, every other character by itself; None: blanks and ends of lines."""
    between = " \t\n" if between is None else between
    blanks = "".join(letter for letter in between if letter.isspace())
    others = "".join(letter for letter in between if not letter.isspace())
    text = text.strip(blanks) if blanks else text
    if not between or not text or most == 1:
        return [text] if text else []
    blank = f"[{re.escape(blanks)}]" if blanks else "(?!)"
    other = f"{blank}*[{re.escape(others)}]{blank}*|" if others else ""
    found = re.split(f"{other}{blank}+", text, maxsplit=max(0, most - 1))
    return found if found[-1] else found[:-1]
