"""Everything that can go wrong, as one tree.

SimError
├── InputError            the user's files: every mistake, each with its place
├── MissingExtra          an optional part of the package is needed and not installed
├── StopRun               raised by a listener to progress: end the run here and keep what was done
└── InvariantBroken       our mistake: the state that must not occur (also an AssertionError)
"""

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_CONTROLS = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Unicode categories of characters that are no text: controls, direction marks, lone surrogates."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in the user's text: file, line and column counted from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong in the input. ``place`` is None for input that did not come from a file."""

    place: Place | None
    message: str

    def __str__(self) -> str:
        return printable(f"{self.place}: {self.message}" if self.place else self.message)


def printable(text: str) -> str:
    """Text as a terminal may show it: names of others must not move its cursor, so control characters are escaped.

    They are escaped as JSON does (``\\u001b``), so that JSON stays JSON; line ends and tabs stay.
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter in "\n\t" or unicodedata.category(letter) not in _CONTROLS else _escaped(letter)
        for letter in text
    )


def _escaped(letter: str) -> str:
    """One character as JSON writes it, those that JSON may leave alone as well."""
    return f"\\u{ord(letter):04x}" if ord(letter) < 1 << 16 else json.dumps(letter)[1:-1]


class SimError(Exception):
    """Base of all errors a user of the package may want to catch."""


class InputError(SimError):
    """The input cannot be used; ``mistakes`` lists all that was found, in file order."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


class MissingExtra(SimError):
    """Something needs libraries that come with an extra of the package."""

    def __init__(self, what: str, extra: str) -> None:
        self.extra = extra
        super().__init__(f"{what} needs more libraries: pip install 'kueue-sim[{extra}]'")


class StopRun(SimError):
    """Raised inside a ``progress`` callback: the run ends at this instant and returns what happened so far."""


class InvariantBroken(SimError, AssertionError):
    """The simulator reached a state that its own rules exclude; the message holds that state."""
