"""What do ``cut``, ``awk``, ``head``, ``tail``, ``sort``, ``uniq``, ``grep`` and ``xargs`` make of lines? As far as
scripts use them to take lists apart."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from kueue_sim.inputs.shell.patterns import expression
from kueue_sim.inputs.shell.words import Word

_PRINT = re.compile(r"\{\s*print\s+\$(\d+|NF|0)\s*;?\s*\}")
_FIELDS = re.compile(r"\d+(?:,\d+)*")
_COUNT = re.compile(r"(?:-n|-n=|--lines=|-)(\d+)")


def filtered(name: str, words: Sequence[str], text: str) -> str | None:
    """What a command prints of a text; None for what is not followed."""
    lines = text.split("\n")[: -1 if text.endswith("\n") else None]
    kept = _FILTERS[name](list(words), lines)
    return None if kept is None else "".join(f"{line}\n" for line in kept)


def _option(words: list[str], *names: str) -> str | None:
    """The value of an option, which is taken out of the words; None where it is not there."""
    for at, word in enumerate(words):
        for name in names:
            if word == name and at + 1 < len(words):
                del words[at]
                return words.pop(at)
            if word.startswith(name) and len(word) > len(name):
                return words.pop(at)[len(name) :].removeprefix("=")
    return None


def _cut(words: list[str], lines: list[str]) -> list[str] | None:
    between, fields = _option(words, "-d", "--delimiter") or "\t", _option(words, "-f", "--fields")
    if words or fields is None or _FIELDS.fullmatch(fields) is None:
        return None
    wanted = sorted({int(one) for one in fields.split(",")})
    parted = [line.split(between) for line in lines]
    return [between.join(one[at - 1] for at in wanted if 0 < at <= len(one)) if one[1:] else one[0] for one in parted]


def _awk(words: list[str], lines: list[str]) -> list[str] | None:
    between = _option(words, "-F")
    found = _PRINT.fullmatch(words[0].strip()) if len(words) == 1 else None
    if found is None or (between is not None and len(between) != 1):
        return None
    parted = [[line, *line.split(between if between != " " else None)] for line in lines]
    at = -1 if found[1] == "NF" else int(found[1])
    return [one[at] if at < len(one) else "" for one in parted]


def _number(words: list[str]) -> int | None:
    """How many lines are asked for, 10 where nothing is said; None for other questions."""
    found = _COUNT.fullmatch("".join(words)) if words else None
    return int(found[1]) if found else None if words else 10


def _head(words: list[str], lines: list[str]) -> list[str] | None:
    number = _number(words)
    return None if number is None else lines[:number]


def _tail(words: list[str], lines: list[str]) -> list[str] | None:
    """The last lines, or those from one on: ``tail -n +2`` passes over a header."""
    found = re.fullmatch(r"-n\+(\d+)", "".join(words))
    if found is not None:
        return lines[max(0, int(found[1]) - 1) :]
    number = _number(words)
    return None if number is None else lines[max(0, len(lines) - number) :]


def _sort(words: list[str], lines: list[str]) -> list[str] | None:
    letters = "".join(word.removeprefix("-") for word in words)
    if set(letters) - set("ur") or not all(word.startswith("-") for word in words):
        return None
    return sorted(set(lines) if "u" in letters else lines, reverse="r" in letters)


def _uniq(words: list[str], lines: list[str]) -> list[str] | None:
    kept = [line for at, line in enumerate(lines) if at == 0 or line != lines[at - 1]]
    return None if words else kept


def _grep(words: list[str], lines: list[str]) -> list[str] | None:
    options = "".join(word[1:] for word in words if word.startswith("-"))
    patterns = [word for word in words if not word.startswith("-")]
    if len(patterns) != 1 or set(options) - set("vEiFx"):
        return None
    pattern, fixed = patterns[0], "F" in options
    wanted = expression(re.escape(pattern) if fixed else pattern, fixed or "E" in options, re.I * ("i" in options))
    if wanted is None:
        return None
    look = wanted.fullmatch if "x" in options else wanted.search
    return [line for line in lines if bool(look(line)) != ("v" in options)]


_QUIET = ("--quiet", "--silent")


def not_quiet(words: Sequence[Word]) -> tuple[tuple[Word, ...], bool]:
    """The words of ``grep`` without those that keep it from printing, and whether it has some."""
    kept = []
    for word in words:
        letters = re.fullmatch("-([A-Za-z]+)", word.text)
        rest = "-" + letters[1].replace("q", "").replace("s", "") if letters else word.text
        if rest != "-" and word.text not in _QUIET:
            kept.append(replace(word, text=rest))
    return tuple(kept), any(word.text in _QUIET or re.fullmatch("-[A-Za-z]*q[A-Za-z]*", word.text) for word in words)


def _xargs(words: list[str], lines: list[str]) -> list[str] | None:
    """Without a command it prints all words in a line, or one in each."""
    found = " ".join(lines).split()
    if "".join(words) == "-n1":
        return found
    return None if words else [" ".join(found)]


_FILTERS: Mapping[str, Callable[[list[str], list[str]], list[str] | None]] = {
    "cut": _cut, "awk": _awk, "head": _head, "tail": _tail, "sort": _sort, "uniq": _uniq, "grep": _grep,
    "xargs": _xargs,
}  # fmt: skip
LINE_FILTERS = tuple(_FILTERS)
"""The commands that are followed."""
