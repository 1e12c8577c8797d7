"""Which texts does a user hand over? Files, folders, patterns of names, and standard input."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from glob import glob
from pathlib import Path

from kueue_sim.errors import InputError, Mistake
from kueue_sim.inputs.examples import alike
from kueue_sim.inputs.text.textfile import STDIN, read_text, shown


@dataclass(frozen=True, slots=True)
class Text:
    """A text that was read already, such as standard input. ``name`` is what mistakes call it."""

    name: str
    content: str


Given = str | Path | Text
"""What stands for input: the name of a file or folder, a pattern such as ``teams/*.yaml``, ``-``, or a text."""


def standard_input() -> Text:
    """Everything that comes through the pipe. Raises InputError when that is no UTF-8 text."""
    return Text(shown(STDIN), read_text(STDIN))


def as_list(given: Given | Sequence[Given]) -> list[Given]:
    """One or several, as a list."""
    return [given] if isinstance(given, str | Path | Text) else list(given)


def found(given: Iterable[Given]) -> list[Path | Text]:
    """The files, folders and texts that are meant, in the order given; patterns in order of name.

    Raises InputError with everything that is not there.
    """
    result: list[Path | Text] = []
    mistakes: list[Mistake] = []
    for one in given:
        if isinstance(one, Text):
            result.append(one)
        elif str(one) == STDIN:
            result.append(standard_input())
        elif one != "" and Path(one).exists():  # an empty name, as of a variable without a value, is not this folder
            result.append(Path(one))
        else:
            matching = sorted(glob(str(one), recursive=True))
            result += map(Path, matching)
            lost = f"there is no file or folder {str(one)!r}{alike(Path(one)) if one else ', an empty name'}"
            mistakes += [] if matching else [Mistake(None, lost)]
    if mistakes:
        raise InputError(mistakes)
    return list(dict.fromkeys(result))


def content_of(one: Path | Text) -> str:
    """The text. Raises InputError when it cannot be read."""
    return one.content if isinstance(one, Text) else read_text(one)


def name_of(given: Sequence[Path | Text]) -> str:
    """What a scenario of these is called: the one file or folder, else the folder they have in common."""
    first = given[0]
    if len(given) == 1:
        return "stdin" if isinstance(first, Text) else first.resolve().stem if first.is_file() else first.resolve().name
    parents = {one.resolve().parent for one in given if isinstance(one, Path)}
    return parents.pop().name if len(parents) == 1 else "scenario"
