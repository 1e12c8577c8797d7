"""What does a long file hold, line by line? Text, packed or not, within bounds."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from kueue_sim.inputs.text.textfile import GZIP, HEAD, LineTooLong, encoding_of, lines_of, unusable

NO_TEXT = "not UTF-8 text; save the file as UTF-8, or convert it, such as by `iconv -f WINDOWS-1252 -t UTF-8`"
LOST = "\ufffd"
"""What stands where bytes are no text of the encoding."""


class UnreadableTable(Exception):
    """From this place on the file cannot be read. ``line`` and ``column`` count from 1."""

    def __init__(self, line: int, why: str, column: int = 1) -> None:
        super().__init__(why)
        self.line = line
        self.column = column


def open_text(path: Path) -> TextIO:
    """The text of a file, unpacked when gzip packed it: UTF-8, or UTF-16; other bytes become U+FFFD.

    Raises UnreadableTable for an archive and for what another program packed.
    """
    with path.open("rb") as raw:
        packed = raw.read(len(GZIP)) == GZIP
    with gzip.open(path) if packed else path.open("rb") as content:
        head = content.read(HEAD)
    problem = unusable(head)
    if problem:
        raise UnreadableTable(1, problem)
    encoding = encoding_of(head)
    if packed:
        return gzip.open(path, "rt", encoding=encoding, errors="replace", newline="")
    return path.open(encoding=encoding, errors="replace", newline="")


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file with their numbers from 1. Raises UnreadableTable."""
    number = 0
    try:
        with open_text(path) as text:
            for number, line in enumerate(lines_of(text), 1):
                yield number, line
    except LineTooLong as error:
        raise UnreadableTable(number + 1, str(error)) from None
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableTable(number + 1, f"the file cannot be read to its end: {error}") from None
