"""Does a condition such as ``[ "$A" = b ]`` hold? Texts and numbers are compared, files are looked for."""

import re
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from kueue_sim.inputs.shell.patterns import expression

_NUMBERS = ("-eq", "-ne", "-lt", "-le", "-gt", "-ge")


Groups = Sequence[str | None]


def holds(
    words: Sequence[str],
    folder: Path,
    written: Callable[[Path], bool] = lambda path: False,
    matched: Callable[[Groups], None] = lambda groups: None,
) -> bool | None:
    """Whether the words between the brackets hold; None when that cannot be told. Files lie in ``folder``, or are
    ``written`` by the script. ``matched`` is told what the last ``=~`` found, and what in it its parentheses did;
    nothing where it does not hold."""
    for operator, joined in (("||", any), ("-o", any), ("&&", all), ("-a", all)):
        if operator in words:
            at = list(words).index(operator)
            sides = [holds(part, folder, written, matched) for part in (words[:at], words[at + 1 :])]
            return None if None in sides else joined(side is True for side in sides)
    if words and words[0] == "!":
        inner = holds(words[1:], folder, written, matched)
        return None if inner is None else not inner
    if len(words) == 3 and words[0] == "(":
        return holds(words[1:-1], folder, written, matched)
    if len(words) <= 1:
        return bool(words and words[0])
    return _of_one(words[0], words[1], folder, written) if len(words) == 2 else _of_two(words, matched)


def _of_one(operator: str, value: str, folder: Path, written: Callable[[Path], bool]) -> bool | None:
    if operator in ("-z", "-n"):
        return (value == "") == (operator == "-z")
    path = folder / value
    if operator in ("-e", "-f", "-r", "-s") and written(path):
        return True
    known = {"-e": path.exists, "-f": path.is_file, "-d": path.is_dir, "-r": path.is_file, "-x": path.is_file}
    return known[operator]() if operator in known else None


def _of_two(words: Sequence[str], matched: Callable[[Groups], None]) -> bool | None:
    left, operator, right = words[:3]
    if operator in ("=", "=="):
        return left == right or fnmatchcase(left, right)
    if operator == "!=":
        return not (left == right or fnmatchcase(left, right))
    if operator in ("<", ">"):
        return left < right if operator == "<" else left > right
    if operator == "=~":
        pattern = expression(right, extended=True)
        found = None if pattern is None else pattern.search(left)
        matched((found[0], *found.groups()) if found else ())
        return None if pattern is None else found is not None
    if operator in _NUMBERS and all(re.fullmatch(r"\s*-?\d+\s*", side) for side in (left, right)):
        low, high = int(left), int(right)
        return {
            "-eq": low == high, "-ne": low != high, "-lt": low < high,
            "-le": low <= high, "-gt": low > high, "-ge": low >= high,
        }[operator]  # fmt: skip
    return None
