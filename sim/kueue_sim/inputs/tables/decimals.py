"""Is a comma in the numbers of a table a decimal mark, or does it part thousands?

``1,234`` may be either. Other numbers of the same columns tell: ``0,5`` has a decimal comma, ``1,234.5`` has commas
between thousands, and ``12.5`` has a decimal point. Nothing is guessed: where no number tells, those with commas are
wrong rows.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple

from kueue_sim.errors import Place

Mark = Literal["", "point", "comma"]
_BETWEEN = re.compile(r"(?<=\d)[ '’\u00a0\u202f](?=\d{3}(?!\d))")
"""What else parts thousands: blanks, narrow ones too, and apostrophes."""
_ONE_MARK = re.compile(r"[+-]?(\d+)([.,])(\d+)", re.ASCII)
_PARTED_BY = {
    "point": re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?", re.ASCII),
    "comma": re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?", re.ASCII),
}
"""Numbers with parted thousands, by their decimal mark."""


class Told(NamedTuple):
    """What numbers say about their decimal mark, "" where they do not; the first number with that question, and the one
    that answers it. Numbers are rows of a line, a column and the text; None where there is none."""

    mark: Mark = ""
    asked: tuple[int, int, str] | None = None
    answered: tuple[int, int, str] | None = None

    def note(self, path: Path) -> str:
        """How numbers are read and how that is known, of a question that has an answer."""
        assert self.asked is not None
        assert self.answered is not None
        line, column, text = self.asked
        which = "a decimal comma" if self.mark == "comma" else "a decimal point"
        proof = "" if self.answered == self.asked else f", as {self.answered[2]!r} in line {self.answered[0]} shows"
        return f"{Place(str(path), line, column)}: {text!r} and other numbers are read with {which}{proof}"


def told_mark(numbers: Iterable[tuple[int, int, str]]) -> Told:
    """What numbers, each with line and column, say about their decimal mark; read up to the first that asks and the
    first that tells."""
    asked = answered = None
    mark: Mark = ""
    for row in numbers:
        if answered is None and (told := mark_of(row[2])):
            mark, answered = told, row
        if asked is None and _asks(row[2]):
            asked = row
        if asked and answered:
            break
    return Told(mark, asked, answered)


def mark_of(text: str) -> Mark:
    """The decimal mark that a number alone tells, "" where it has none, or one that may part thousands."""
    text = _BETWEEN.sub("", text)
    found = _ONE_MARK.fullmatch(text)
    if found is not None:
        whole, mark, part = found.groups()
        parted = len(part) == 3 and len(whole) <= 3 and not whole.startswith("0")
        return "" if parted else "point" if mark == "." else "comma"
    if _PARTED_BY["point"].fullmatch(text):
        return "point"
    return "comma" if _PARTED_BY["comma"].fullmatch(text) else ""


def _asks(text: str) -> bool:
    """Whether the decimal mark decides what a text says, or whether it is a number at all."""
    plain = _BETWEEN.sub("", text)
    return plain != text or (("," in text or text.count(".") > 1) and bool(_ONE_MARK.fullmatch(text) or mark_of(text)))


def with_point(text: str, mark: Mark) -> str:
    """A number with a decimal point and nothing between thousands; "" mark and other texts stay as they are.

    Raises ValueError for a number with the other mark.
    """
    if not mark:
        return text
    plain = _BETWEEN.sub("", text)
    if mark == "point":
        return plain.replace(",", "") if _PARTED_BY["point"].fullmatch(plain) else plain
    if _PARTED_BY["comma"].fullmatch(plain):
        return plain.replace(".", "").replace(",", ".")
    found = _ONE_MARK.fullmatch(plain)
    if found is None:
        return plain
    if found[2] == ".":
        raise ValueError(f"{text!r} has a decimal point, where other numbers have a decimal comma")
    return plain.replace(",", ".")
