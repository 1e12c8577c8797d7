"""What a shell text is cut into: words as they are written, operators and redirections, each with its place."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Complain = Callable[[int, int, str], None]
"""Takes line and column, from 0, and what is wrong there."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a word: plain text, a variable such as ``NAME`` or ``NAME:-default``, a command in ``$(…)``, or one in
    ``<(…)`` whose output is a file."""

    kind: Literal["text", "variable", "command", "file"]
    text: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class RawWord:
    """A word as it is written. ``line`` and ``column`` count from 0; ``bare`` has no quotes."""

    pieces: tuple[Piece, ...]
    line: int
    column: int
    bare: bool

    @property
    def plain(self) -> str:
        """The text of an unquoted word without variables, "" for any other; keywords are such words."""
        return self.pieces[0].text if self.bare and len(self.pieces) == 1 and self.pieces[0].kind == "text" else ""


@dataclass(frozen=True, slots=True)
class Operator:
    """What stands between words: ``;``, ``&&``, a line's end …"""

    text: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where input comes from or output goes to. ``body`` is the text of a here-document, with its variables.

    ``errors``: what goes there is the errors of a command, not its output.
    """

    text: str
    target: RawWord | None = None
    body: RawWord | None = None
    errors: bool = False


Token = RawWord | Operator | Redirect
