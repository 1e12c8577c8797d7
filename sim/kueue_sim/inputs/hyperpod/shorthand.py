"""What does a value in the AWS CLI's shorthand syntax say? (HyperPod facts, section 2.1)

The grammar, including its quirks, is that of the CLI: every scalar is a string, several values after one
key make a list, ``a=1,2,b=3`` splits before ``b`` because a word followed by ``=`` is a key.
"""

import re
from collections.abc import Callable

Parsed = str | list["Parsed"] | dict[str, "Parsed"]
ReadFile = Callable[[str], str]

_BEYOND = "\U00010000-\U0010ffff"
_KEY = re.compile(r"[0-9A-Za-z\-_.#/:]*")
_BLANKS = re.compile(r"\s*")
_START = rf"(?:\\,|[^\x00-\x20\"',=\[{{{_BEYOND}])"
_FIRST = re.compile(rf"{_START}(?:\\,|\s|[^\x00-\x20\"',\]}}{_BEYOND}])*")
_SECOND = re.compile(rf"{_START}(?:\\,|\s|[^\x00-\x20\"',=\]}}{_BEYOND}])*")
_QUOTED = {
    "'": re.compile(r"'((?:\\\\|\\'|[^'])*)'"),
    '"': re.compile(r'"((?:\\\\|\\"|[^"])*)"'),
}
_QUOTE_NAMES = {"'": "singled quoted", '"': "double quoted"}


class ShorthandError(ValueError):
    """The text is no shorthand; ``position`` counts characters from 0."""


class ShorthandSyntaxError(ShorthandError):
    """Something other than ``expected`` stands at ``position``."""

    def __init__(self, text: str, expected: str, actual: str, position: int) -> None:
        self.expected, self.actual, self.position = expected, actual, position
        super().__init__(f"expected {expected!r}, found {actual!r} at character {position + 1} of: {text}")


class DuplicateKeyError(ShorthandError):
    """A top-level key occurs twice."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"key {key!r} is given twice")


def parse_shorthand(text: str, read_file: ReadFile | None = None) -> dict[str, Parsed]:
    """The keys and values of one shorthand text. Raises ShorthandError.

    ``read_file`` turns a ``file://`` value behind ``@=`` into the content of the file.
    """
    return _Parser(text, read_file).parameter()


class _Parser:
    """Recursive descent over ``text``; ``at`` is the position of the next character."""

    def __init__(self, text: str, read_file: ReadFile | None) -> None:
        self.text = text
        self.read_file = read_file
        self.at = 0

    def parameter(self) -> dict[str, Parsed]:
        result: dict[str, Parsed] = {}
        while True:
            key, resolve = self._key_and_equals()
            value = self._values()
            if key in result:
                raise DuplicateKeyError(key)
            result[key] = self._resolved(value) if resolve else value
            if self.at >= len(self.text):
                return result
            self._expect(",")

    def _key_and_equals(self) -> tuple[str, bool]:
        key = self._match(_KEY)
        resolve = self._current() == "@"
        self.at += resolve
        self._expect("=")
        return key, resolve

    def _values(self) -> Parsed:
        match self._current():
            case "[":
                return self._list()
            case "{":
                return self._hash()
        return self._csv()

    def _list(self) -> Parsed:
        self._expect("[")
        items: list[Parsed] = []
        while self._current() != "]":
            items.append(self._item())
            self._separator("]")
        self._expect("]")
        return items

    def _hash(self) -> Parsed:
        self._expect("{")
        members: dict[str, Parsed] = {}
        while self._current() != "}":
            key, resolve = self._key_and_equals()
            value = self._item()
            members[key] = self._resolved(value) if resolve else value
            self._separator("}")
        self._expect("}")
        return members

    def _separator(self, closing: str) -> None:
        self._blanks()
        if self._current() != closing:
            self._expect(",")

    def _item(self) -> Parsed:
        match self._current():
            case "[":
                return self._list()
            case "{":
                return self._hash()
        return self._word(_FIRST) or ""

    def _csv(self) -> Parsed:
        """One value, or several up to the next word that turns out to be a key."""
        values: list[Parsed] = [self._word(_FIRST) or ""]
        self._blanks()
        if self._current() != ",":
            return values[0]
        self._expect(",")
        while True:
            try:
                value = self._second()
                self._blanks()
                if self.at < len(self.text):
                    self._expect(",")
            except ShorthandSyntaxError:
                if self.at >= len(self.text):
                    raise
                self.at = self.text.rfind(",", 0, self.at + 1)
                break
            values.append(value)
            if self.at >= len(self.text) and not self.text.rstrip().endswith(","):
                break
        return values[0] if len(values) == 1 else values

    def _second(self) -> str:
        word = self._word(_SECOND)
        if word is None:
            raise ShorthandSyntaxError(self.text, "<second>", "<none>", self.at)
        return word

    def _word(self, bare: re.Pattern[str]) -> str | None:
        """A quoted or bare value; None where none starts."""
        quote = self._current()
        if quote in _QUOTED:
            match = _QUOTED[quote].match(self.text, self.at)
            if match is None:
                raise ShorthandSyntaxError(self.text, f"<{_QUOTE_NAMES[quote]}>", "<none>", self.at)
            self.at = match.end()
            return match[1].replace(f"\\{quote}", quote).replace("\\\\", "\\")
        match = bare.match(self.text, self.at)
        if match is None:
            return None
        self.at = match.end()
        return match[0].replace("\\,", ",").rstrip()

    def _resolved(self, value: Parsed) -> Parsed:
        if self.read_file and isinstance(value, str) and value.startswith("file://"):
            return self.read_file(value.removeprefix("file://"))
        return value

    def _current(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else "EOF"

    def _match(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        found = match[0] if match else ""
        self.at += len(found)
        return found

    def _blanks(self) -> None:
        self._match(_BLANKS)

    def _expect(self, character: str) -> None:
        self._blanks()
        if self._current() != character:
            raise ShorthandSyntaxError(self.text, character, self._current(), self.at)
        self.at += 1
        self._blanks()
