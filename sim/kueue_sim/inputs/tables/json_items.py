"""What does a long JSON text list? One item at a time, each with its place; the text is never held as a whole."""

import json
import re
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from kueue_sim.inputs.tables.opened import LOST, NO_TEXT, UnreadableTable, open_text

CHUNK = 1 << 18
"""Characters that are read at a time."""
MOST_ITEM = 1 << 24
"""Characters of one item; more is taken for a file of another kind."""
_LONGEST_TOKEN = 16
"""So close to the end of what was read a mistake may be none, but a word or an escape that goes on."""
_BLANK = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


class Item(NamedTuple):
    """A value and where it begins, line and column from 1."""

    line: int
    column: int
    value: Any


def read_items(path: Path, *keys: str) -> Iterator[Item]:
    """The items of a list, of the list under one of these ``keys`` of an object, or objects one after the other.

    Raises UnreadableTable from the line on which the file cannot be read.
    """
    text = _Text(path)
    while character := text.peek():
        if character == "[":
            yield from text.items()
        elif character == "{":
            yield from _of_object(text, keys)
        else:
            raise text.wrong("a list or an object of JSON begins here, or nothing does")


def _of_object(text: "_Text", keys: Collection[str]) -> Iterator[Item]:
    """The items under a key of an object, or the object itself where it has no such list."""
    start, listed = text.place(), False
    members: dict[str, Any] = {}
    text.expect("{")
    while text.peek() != "}":
        if members or listed:
            text.expect(",")
        name = text.value()
        text.expect(":")
        if name in keys and text.peek() == "[":
            listed = True
            yield from text.items()
        else:
            members[str(name)] = text.value()
    text.expect("}")
    if not listed:
        yield Item(*start, members)


class _Text:
    """A JSON text that is read while it is asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._chunks = self._read()
        self._held = ""
        self._at = 0
        self._line = 1
        self._column = 1

    def place(self) -> tuple[int, int]:
        """Line and column of what comes next."""
        self.peek()
        return self._line, self._column

    def peek(self) -> str:
        """The next character that is no blank, "" at the end."""
        while True:
            blank = _BLANK.match(self._held, self._at)
            assert blank is not None
            self._pass(blank.end())
            if self._at < len(self._held):
                return self._held[self._at]
            if not self._more():
                return ""

    def expect(self, character: str) -> None:
        """Goes past a character that has to stand here."""
        found = self.peek()
        if found != character:
            raise self.wrong(f"{character!r} is missing here" + ("" if found else "; was the file cut off?"))
        self._pass(self._at + 1)

    def value(self) -> Any:
        """The value that stands here."""
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._held, self._at)
            except RecursionError:
                raise self.wrong("nested too deeply") from None
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated string") or error.pos > len(self._held) - _LONGEST_TOKEN
                if len(self._held) - self._at > MOST_ITEM:
                    raise self.wrong(f"an item of more than {MOST_ITEM:,} characters") from None
                if not cut or not self._more():
                    self._pass(min(error.pos, len(self._held)))
                    raise self.wrong(f"not JSON: {error.msg}{'; was the file cut off?' if cut else ''}") from None
                continue
            if end < len(self._held) or not self._more():  # a number may go on in what was not read yet
                self._pass(end)
                return value

    def items(self) -> Iterator[Item]:
        """The items of the list that begins here."""
        self.expect("[")
        first = True
        while self.peek() != "]":
            if not first:
                self.expect(",")
            first = False
            line, column = self.place()
            yield Item(line, column, self.value())
        self.expect("]")

    def wrong(self, why: str) -> UnreadableTable:
        """What is wrong where the text stands."""
        return UnreadableTable(self._line, why, self._column)

    def _pass(self, end: int) -> None:
        passed = self._held.count("\n", self._at, end)
        if passed:
            self._line += passed
            self._column = end - self._held.rfind("\n", self._at, end)
        else:
            self._column += end - self._at
        self._at = end

    def _more(self) -> bool:
        """Reads on; False at the end of the file."""
        chunk = next(self._chunks, "")
        self._held, self._at = self._held[self._at :] + chunk, 0
        return bool(chunk)

    def _read(self) -> Iterator[str]:
        try:
            with open_text(self._path) as text:
                size = CHUNK
                while chunk := text.read(size):
                    if LOST in chunk:
                        raise self.wrong(NO_TEXT)
                    yield chunk
                    size = max(CHUNK, len(self._held))  # so that a long item is not tried again and again
        except (OSError, EOFError, zlib.error) as error:
            raise self.wrong(f"the file cannot be read to its end: {error}") from None
