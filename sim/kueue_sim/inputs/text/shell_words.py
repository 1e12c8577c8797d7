"""Which commands stand in a shell text as documentation prints it? Words with their places, nothing is executed."""

from collections.abc import Iterator
from dataclasses import dataclass, field

_SEPARATORS = frozenset("\n;&|")
_ESCAPED = ('"', "\\", "$", "`", "\n")
_CLOSING = {"<": ">", "(": ")", "{": "}"}


@dataclass(frozen=True, slots=True)
class Word:
    """One word after quotes and line continuations. ``line`` and ``column`` count from 0; ``bare`` had no quotes."""

    text: str
    line: int
    column: int
    bare: bool


@dataclass(slots=True)
class Shell:
    """Splits a text into commands and replaces the variables that the text itself sets."""

    text: str
    variables: dict[str, str] = field(default_factory=dict)
    _at: int = 0

    def commands(self) -> Iterator[list[Word]]:
        """The words of each command; comments, prompts and settings of variables are left out."""
        words: list[Word] = []
        while self._at < len(self.text):
            if self._here() in _SEPARATORS:
                self._at += 1
                yield from self._ended(words)
                words = []
            elif self._here() == "#":
                self._at = self._find("\n")
            elif self.text.startswith("\\\n", self._at) or self.text.startswith("\\\r\n", self._at):
                self._at = self._find("\n") + 1
            elif self._here().isspace():
                self._at += 1
            else:
                words.append(self._word())
        yield from self._ended(words)

    def _ended(self, words: list[Word]) -> Iterator[list[Word]]:
        if words and words[0].text in ("$", "%", ">"):
            words = words[1:]
        if words and words[0].text == "export":
            words = words[1:]
        while words and words[0].text.partition("=")[0].isidentifier() and "=" in words[0].text:
            name, _, value = words[0].text.partition("=")
            self.variables[name] = value
            words = words[1:]
        if words:
            yield words

    def _here(self) -> str:
        return self.text[self._at]

    def _next(self) -> str:
        return self.text[self._at + 1 : self._at + 2]

    def _find(self, text: str) -> int:
        found = self.text.find(text, self._at)
        return len(self.text) if found < 0 else found

    def _word(self) -> Word:
        line = self.text.count("\n", 0, self._at)
        column = self._at - (self.text.rfind("\n", 0, self._at) + 1)
        parts: list[str] = []
        bare = True
        while self._at < len(self.text):
            letter = self._here()
            if letter in "'\"":
                bare = False
                parts.append(self._quoted(letter))
            elif letter == "$":
                parts.append(self._variable())
            elif letter == "<" and not parts:
                parts.append(self._enclosed("<"))
            elif letter == "\\":
                parts.append(self._next().replace("\n", ""))
                self._at += 2
            elif letter.isspace() or letter in _SEPARATORS:
                break
            else:
                parts.append(letter)
                self._at += 1
        return Word("".join(parts), line, column, bare)

    def _quoted(self, quote: str) -> str:
        self._at += 1
        parts: list[str] = []
        while self._at < len(self.text) and self._here() != quote:
            letter = self._here()
            if quote == '"' and letter == "$":
                parts.append(self._variable())
            elif quote == '"' and letter == "\\" and self._next() in _ESCAPED:
                parts.append(self._next().replace("\n", ""))
                self._at += 2
            else:
                parts.append(letter)
                self._at += 1
        self._at += 1
        return "".join(parts)

    def _variable(self) -> str:
        """What stands for ``$NAME``; a variable that nobody set, and ``$(…)``, stay as they are."""
        start = self._at
        self._at += 1
        if self._at < len(self.text) and self._here() in "({":
            text = "$" + self._enclosed(self._here())
            return self.variables.get(text[2:-1], text)
        while self._at < len(self.text) and (self._here().isalnum() or self._here() == "_"):
            self._at += 1
        text = self.text[start : self._at]
        return self.variables.get(text[1:], text)

    def _enclosed(self, opening: str) -> str:
        """Everything up to the closing bracket, blanks included."""
        start, depth = self._at, 0
        while self._at < len(self.text):
            letter = self._here()
            depth += (letter == opening) - (letter == _CLOSING[opening])
            self._at += 1
            if depth == 0:
                break
        return self.text[start : self._at]
