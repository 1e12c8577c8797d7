"""Where in a JSON text does a value stand? Found when it is asked for, so that a text without mistakes is read at the
speed of the standard library."""

import json
from dataclasses import dataclass, field

from kueue_sim.errors import Place
from kueue_sim.inputs.text.appended import after_space
from kueue_sim.inputs.text.field import Path, Source

_Inside = dict[str | int, tuple[int, int]]
"""Of each value in an object or list, by key or index, where the key begins and where the value does."""


@dataclass(slots=True)
class JsonText:
    """A text of one or more JSON documents that were read without a mistake, which begins in ``line`` of its file. What
    was looked at is remembered."""

    name: str
    text: str
    line: int = 1
    _known: dict[int, _Inside] = field(default_factory=dict)

    def place(self, at: int) -> Place:
        """The line and column of a character."""
        return Place(self.name, self.text.count("\n", 0, at) + self.line, at - self.text.rfind("\n", 0, at))

    def inside(self, at: int) -> _Inside:
        """What the value holds that begins here; nothing where it is no object or list."""
        if at not in self._known:
            opened = self.text[at]
            self._known[at] = self._entries(at, opened == "{") if opened in "{[" else {}
        return self._known[at]

    def _entries(self, at: int, keyed: bool) -> _Inside:
        found: _Inside = {}
        decoder, text = json.JSONDecoder(), self.text
        at = after_space(text, at + 1)
        while text[at] not in "}]":
            key, begins, value_at = len(found), at, at
            if keyed:
                key, colon = decoder.raw_decode(text, at)
                value_at = after_space(text, after_space(text, colon) + 1)
            found[key] = begins, value_at
            at = after_space(text, decoder.raw_decode(text, value_at)[1])
            at = after_space(text, at + 1) if text[at] == "," else at
        return found


@dataclass(frozen=True, slots=True)
class JsonSource(Source):
    """Where the values of a JSON document stand that begins at ``start`` of a text."""

    of: JsonText = field(default_factory=lambda: JsonText("", ""))
    start: int = 0

    def place(self, path: Path, at_key: bool = False) -> Place:
        """The place of a path, of its nearest existing ancestor if it is absent."""
        key_at = value_at = self.start
        for step in path:
            found = self.of.inside(value_at).get(step)
            if found is None:
                break
            key_at, value_at = found
        return self.of.place(key_at if at_key else value_at)
