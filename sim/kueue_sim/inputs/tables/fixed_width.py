"""Where do the columns of a table for people lie? A line of dashes below the header tells it, as sacct prints one."""

import re
from dataclasses import dataclass

_DASHES = re.compile(r"-+")
_RULE = re.compile(r" *-+(?: +-+)+\s*")
_NUMBER = re.compile(r"\d[\d:.-]*(?=\s|$)", re.ASCII)
CUT = "+"
"""What sacct puts at the end of a text that is wider than its column."""
_NO_ROOM = "#"
"""What fills a column that is too narrow for a time."""


class MisfitError(ValueError):
    """A text stands between two columns; ``column`` counts from 1."""

    def __init__(self, column: int) -> None:
        super().__init__(
            "a text stands between two columns of the line of dashes; sacct --parsable2 has no such columns"
        )
        self.column = column


@dataclass(frozen=True, slots=True)
class FixedWidth:
    """The columns of a table: ``spans`` are where each begins and ends, ``heading`` the header and the dashes, which
    come again where several tables were put together."""

    spans: tuple[tuple[int, int], ...]
    heading: tuple[str, str]

    def is_heading(self, line: str) -> bool:
        """Whether a line is the header or that of dashes."""
        return line.rstrip() in self.heading

    def cells(self, line: str) -> list[str]:
        """The values of a line, without the blanks around them. Raises MisfitError."""
        return [line[begin:end].strip() for begin, end in self._spans_in(line)]

    def column(self, cell: int, line: str) -> int:
        """Where the value of a column begins in a line, counted from 1; that of an empty one where its column does."""
        begin, end = self._spans_in(line)[cell]
        text = line[begin:end]
        return begin + 1 + (len(text) - len(text.lstrip()) if text.strip() else 0)

    def is_cut(self, cell: int, line: str) -> bool:
        """Whether a value takes all of its column and ends with a mark that there is more of it, or is nothing but
        marks."""
        begin, end = self._spans_in(line)[cell]
        text = line[begin:end].strip()
        return len(text) == end - begin and (text.endswith(CUT) or not text.strip(_NO_ROOM))

    def _spans_in(self, line: str) -> list[tuple[int, int]]:
        """Where each column begins and ends in a line: a number or a length of time is never cut, and where it needs
        more room than its column has, it moves what comes after it. Raises MisfitError."""
        found: list[tuple[int, int]] = []
        between = moved = 0
        for begin, end in self.spans:
            begin, end = begin + moved, end + moved
            if line[between:begin].strip():
                raise MisfitError(between + 1)
            number = _NUMBER.match(line, begin)
            if number is not None and number.end() > end:
                moved += number.end() - end
                end = number.end()
            found.append((begin, end))
            between = end
        if line[between:].strip():
            raise MisfitError(between + 1)
        return found


def told_widths(header: str, rule: str) -> FixedWidth | None:
    """The columns that a header and the line below it tell; None where that is no line of dashes or the header lies
    elsewhere."""
    if not _RULE.fullmatch(rule):
        return None
    found = FixedWidth(
        tuple(dashes.span() for dashes in _DASHES.finditer(rule)),
        (header.rstrip(), rule.rstrip()),
    )
    try:
        return found if all(found.cells(header)) else None
    except MisfitError:
        return None
