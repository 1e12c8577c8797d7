"""What do words become when variables are put in? Texts, lists, parts of texts, and what commands print."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fnmatch import translate
from glob import escape, has_magic

from kueue_sim.inputs.shell.arithmetic import number
from kueue_sim.inputs.shell.braces import in_braces
from kueue_sim.inputs.shell.lexer import Lexer
from kueue_sim.inputs.shell.loops import step
from kueue_sim.inputs.shell.reading import Reading, parted
from kueue_sim.inputs.shell.tokens import Complain, Piece, RawWord
from kueue_sim.inputs.shell.words import Word

_SUBSCRIPT = re.compile(r"(!?)(\w+)\[(.*?)\](.*)", re.DOTALL)
_OPERATOR = re.compile(r"(\w+|[@*#?])(:?[-=+?]|##?|%%?|//?|\^\^?|,,?|:(?=[\s\d-]))(.*)", re.DOTALL)


@dataclass(slots=True)
class Values:
    """The variables of a script. ``given`` hold whatever the text says; a value of None is unknown. ``lists`` are
    those of several values, by place or by name. ``printed`` tells what a command in ``$(…)`` prints.
    """

    complain: Complain
    given: Mapping[str, str] = field(default_factory=dict)
    printed: Callable[[str], tuple[str, bool]] = lambda text: (f"$({text})", False)
    variables: dict[str, str | None] = field(default_factory=dict)
    lists: dict[str, dict[str, str]] = field(default_factory=dict)
    filed: Callable[[tuple[str, bool]], tuple[str, bool]] = lambda printed: printed
    """The name of the file that holds what a command prints."""
    files: Callable[[str], list[str]] = lambda pattern: []
    """The names of the files that a pattern means."""
    by_name: set[str] = field(default_factory=set)
    """Lists whose values have names instead of places."""
    declared: dict[str, str] = field(default_factory=dict)
    """Variables that are numbers (``i``), or in small (``l``) or capital letters (``u``)."""
    above: int = 0
    """Lines above the text of a command that stands for its output."""

    def set(self, name: str, value: str | None) -> None:
        """A variable gets a value; ``NAME[KEY]`` is one of a list."""
        found = _SUBSCRIPT.fullmatch(name)
        if found is not None:
            key = self._key(found[2], found[3])
            if value is None or key is None:
                self.lists.pop(found[2], None)
            else:
                self.lists.setdefault(found[2], {})[key] = value
        elif name not in self.given:
            self.variables[name] = None if value is None else self._as_declared(name, value)
            self.lists.pop(name, None)

    def declare(self, words: Sequence[str]) -> None:
        """The words behind ``declare``, ``local`` and the like: what the values of their names are from now on."""
        options = "".join(word[1:] for word in words if word.startswith("-"))
        names = [word.partition("=")[0].removesuffix("+") for word in words if word[:1] not in ("-", "+")]
        if "A" in options:
            self.by_name.update(names)
        for letter in filter(options.__contains__, "ilu"):
            self.declared.update(dict.fromkeys(names, letter))
        if "+i" in words:
            self.declared = {name: letter for name, letter in self.declared.items() if name not in names}

    def _as_declared(self, name: str, value: str) -> str | None:
        """A value as its variable has it; None for a number that nobody can work out."""
        how = self.declared.get(name)
        if how == "i":
            worked_out = number(value, self.variables)
            return None if worked_out is None else str(worked_out)
        return value.upper() if how == "u" else value.lower() if how == "l" else value

    def matched(self, groups: Sequence[str | None]) -> None:
        """What a comparison with ``=~`` found, and what in it its parentheses did."""
        self.lists["BASH_REMATCH"] = {str(at): group or "" for at, group in enumerate(groups)}

    def set_list(self, name: str, words: list[Word], longer: bool) -> None:
        """A list gets its values, or ``longer`` some more; one with an unknown value is unknown."""
        values = dict(self.lists.get(name, {})) if longer else {}
        for word in words:
            named = re.fullmatch(r"\[(.+?)\]=(.*)", word.text, re.DOTALL)
            key = named[1].strip("\"'") if named else str(len(values))
            values[key] = named[2].strip("\"'") if named else word.text
        self.variables.pop(name, None)
        if all(word.known for word in words):
            self.lists[name] = values
        else:
            self.lists.pop(name, None)
            self.variables[name] = None

    def assign(self, raw: RawWord) -> None:
        """``NAME=…``, ``NAME+=…`` and ``NAME[KEY]=…``."""
        at = next(index for index, piece in enumerate(raw.pieces) if piece.kind == "text" and "=" in piece.text)
        name, _, rest = raw.pieces[at].text.partition("=")
        before = (*raw.pieces[:at], Piece("text", name, False))
        first = Piece("text", rest, raw.pieces[at].quoted)
        target = self.word(RawWord(before, raw.line, raw.column, raw.bare)).text
        value = self.word(RawWord((first, *raw.pieces[at + 1 :]), raw.line, raw.column, raw.bare))
        longer = target.endswith("+")
        start = self.variables.get(target[:-1], "") if longer else ""
        known = value.known and start is not None
        added = longer and self.declared.get(target[:-1]) == "i"
        text = f"({start or 0})+({value.text})" if added else f"{start}{value.text}"
        self.set(target.removesuffix("+"), text if known else None)

    @contextmanager
    def holding(self, assignments: Sequence[RawWord]) -> Iterator[None]:
        """What stands before a command holds while that runs: ``IFS=, read``."""
        names = [raw.pieces[0].text.partition("=")[0].removesuffix("+") for raw in assignments]
        before = {name: self.variables[name] for name in names if name in self.variables}
        for raw in assignments:
            self.assign(raw)
        try:
            yield
        finally:
            for name in names:
                self.variables.pop(name, None)
            self.variables.update(before)

    def take(self, wanted: Reading, text: str) -> None:
        """What ``read`` makes of a text."""
        between = self.variables.get("IFS")
        if wanted.into_list:
            words = [Word(part, 0, 0, False) for part in parted(text, between)]
            self.set_list(wanted.into_list, words, longer=False)
            return
        parts = parted(text, between, len(wanted.names))
        for at, name in enumerate(wanted.names):
            self.set(name, parts[at] if at < len(parts) else "")

    def words(self, raw: RawWord) -> Iterator[Word]:
        """A word as the words it becomes: lists, what comes out of an unquoted variable, numbers in braces, files."""
        whole, pattern = self._read(raw)
        for word in self._split(raw, whole):
            wanted = pattern if any(piece.quoted for piece in raw.pieces) else word.text
            names = self.files(wanted) if word.known and has_magic(wanted) else []
            yield from (replace(word, text=name) for name in names) if names else (word,)

    def _split(self, raw: RawWord, word: Word) -> Iterator[Word]:
        pieces = [piece for piece in raw.pieces if piece.kind != "text" or piece.text]
        alone = len(pieces) == 1 and pieces[0].kind != "text"
        joined = alone and pieces[0].quoted and pieces[0].text.endswith(("[*]", "*"))
        items = self._items(pieces[0].text) if alone and pieces[0].kind == "variable" and not joined else None
        if items is not None:
            for text in items:
                yield Word(text, word.line, word.column, raw.bare)
        elif alone and not pieces[0].quoted and raw.bare and word.known:
            for text in parted(word.text, self.variables.get("IFS")):
                yield Word(text, word.line, word.column, True)
        elif raw.bare and "{" in word.text:
            texts = in_braces(word.text)
            for text in (word.text,) if texts is None else texts:
                yield Word(text, word.line, word.column, True, word.known and texts is not None)
        else:
            yield word

    def word(self, raw: RawWord, empty: bool = False) -> Word:
        """The word with variables put in; what has no known value stays as it is written, or is ``empty``."""
        return self._read(raw, empty)[0]

    def _read(self, raw: RawWord, empty: bool = False) -> tuple[Word, str]:
        """The word, and the pattern of file names that it may be: signs in quotes mean themselves there."""
        parts, patterns, known = [], [], True
        for piece in raw.pieces:
            text, sure = self._piece(piece, raw.line)
            unset = piece.kind == "variable" and piece.text.isidentifier() and piece.text not in self.variables
            parts.append("" if empty and (unset or not sure) else text)
            patterns.append(escape(text) if piece.quoted else text)
            known = known and sure
        return Word("".join(parts), raw.line + self.above, raw.column, raw.bare, known), "".join(patterns)

    def _piece(self, piece: Piece, line: int) -> tuple[str, bool]:
        if piece.kind == "text":
            return piece.text, True
        if piece.kind == "variable":
            return self._variable(piece.text)
        if piece.text.startswith("("):
            value = self._worked_out(piece.text.removeprefix("(").removesuffix(")"))
            return (f"$({piece.text})", False) if value is None else (str(value), True)
        above, self.above = self.above, self.above + line
        printed = self.printed(piece.text)
        self.above = above
        return self.filed(printed) if piece.kind == "file" else printed

    def calculated(self, text: str) -> bool | None:
        """Whether a calculation is something else than 0; None when that is not known."""
        value = number(text, self.variables)
        return None if value is None else value != 0

    def _worked_out(self, text: str) -> int | None:
        """The number that ``$((…))`` stands for; ``i++`` and assignments change their variable."""
        if "$(" in text or "`" in text:
            text = self._text(text)
        variables = self._numbers(text)
        changed = step(text, variables)
        if changed is None:
            return number(text, variables)
        name, after = changed
        before = number(name, variables)
        self.set(name, after)
        if text.rstrip().endswith(("++", "--")):
            return before
        return None if after is None else int(after)

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Whatever commands do to variables is forgotten, as behind the parentheses in which they stand."""
        variables, lists = dict(self.variables), {name: dict(values) for name, values in self.lists.items()}
        try:
            yield
        finally:
            self.variables.clear()
            self.variables.update(variables)
            self.lists.clear()
            self.lists.update(lists)

    def _numbers(self, text: str) -> Mapping[str, str | None]:
        """The variables of a calculation; a list has none."""
        return {name: self.variables.get(name, "0") for name in re.findall(r"\w+", text)}

    def _variable(self, text: str) -> tuple[str, bool]:
        as_written = f"${text}" if text.isidentifier() else f"${{{text}}}"
        items = self._items(text)
        if items is not None:
            between = self.variables.get("IFS") if text.endswith(("[*]", "*")) else None
            return (" " if between is None else between[:1]).join(items), True
        if text.startswith("#") and len(text) > 1:
            inner = self._items(text[1:])
            value = self.variables.get(text[1:])
            size = len(inner) if inner is not None else None if value is None else len(value)
            return (as_written, False) if size is None else (str(size), True)
        found = _SUBSCRIPT.fullmatch(text)
        if found is not None and not found[1] and found[2] in self.lists:
            key = self._key(found[2], found[3])
            one = None if key is None else self.lists[found[2]].get(key, "")
            return (as_written, False) if one is None else self._changed(found[2], one, found[4], as_written)
        if text.startswith("!") and text[1:].isidentifier() and self.variables.get(text[1:]):
            return self._variable(str(self.variables[text[1:]]))
        if text in self.variables:
            value = self.variables[text]
            return (as_written, False) if value is None else (value, True)
        if text in self.lists:
            return self.lists[text].get("0", ""), True
        operator = _OPERATOR.fullmatch(text)
        if operator is not None:
            return self._changed(operator[1], self.variables.get(operator[1]), text[len(operator[1]) :], as_written)
        return as_written, text.isidentifier()

    def _changed(self, name: str, value: str | None, operation: str, as_written: str) -> tuple[str, bool]:
        """What an operation such as ``:-default`` or ``%.yaml`` makes of a value."""
        found = _OPERATOR.fullmatch(f"x{operation}")
        if found is None:
            return (as_written, False) if value is None or operation else (value, True)
        sign, rest = found[2], found[3]
        if sign in ("-", ":-", "=", ":=", "?", ":?"):
            if value or (value == "" and len(sign) == 1):
                return value, True
            if sign.endswith("?"):
                return as_written, False
            default = self._text(rest)
            if sign.endswith("="):
                self.set(name, default)
            return default, True
        if sign in ("+", ":+"):
            there = bool(value) or (value is not None and sign == "+")
            return (self._text(rest) if there else ""), True
        return (as_written, False) if value is None else (self._part(value, sign, self._text(rest)), True)

    def _part(self, value: str, sign: str, rest: str) -> str:
        if sign[0] in "^,":
            changed = value.upper() if sign[0] == "^" else value.lower()
            return changed if len(sign) == 2 else changed[:1] + value[1:]
        if sign == ":":
            start, _, length = rest.partition(":")
            first, size = (number(one, self.variables) or 0 for one in (start, length or "0"))
            first = max(0, first + len(value)) if first < 0 else first
            return value[first:] if not length else value[first : first + size] if size >= 0 else value[first:size]
        if sign[0] == "/":
            old, _, new = rest.partition("/")
            return re.sub(_pattern(old, True), lambda found: new, value, count=len(sign) == 1)
        if sign[0] == "#":
            found = re.match(_pattern(rest, len(sign) == 2), value) if rest else None
            return value if found is None else value[found.end() :]
        starts = range(len(value) + 1) if len(sign) == 2 else range(len(value), -1, -1)
        end = next((at for at in starts if re.fullmatch(_pattern(rest, True), value[at:])), None)
        return value if end is None else value[:end]

    def _items(self, text: str) -> list[str] | None:
        """The values that ``NAME[@]`` stands for, or the names of ``!NAME[@]``; ``@`` are those of a function."""
        if text in ("@", "*"):
            return list(self.lists["@"].values()) if "@" in self.lists else None
        found = _SUBSCRIPT.fullmatch(text)
        if found is None or found[3] not in ("@", "*") or found[2] not in self.lists:
            return None
        values = self.lists[found[2]]
        items = list(values) if found[1] else list(values.values())
        if not found[4]:
            return items
        part = re.fullmatch(r":(\d+)(?::(\d+))?", found[4])
        return None if part is None else items[int(part[1]) :][: None if part[2] is None else int(part[2])]

    def _key(self, name: str, text: str) -> str | None:
        """The place in a list that stands in brackets."""
        plain = self._text(text)
        if plain in self.lists.get(name, {}) or name in self.by_name:
            return plain
        found = number(plain, self.variables) if re.fullmatch(r"[\w\s+*/%()-]+", plain) else None
        values = self.lists.get(name, {})
        if found is None or (values and not all(key.isdigit() for key in values)):
            return plain
        return str(found + len(values) if found < 0 else found)

    def _text(self, text: str) -> str:
        pieces = tuple(Lexer(text.strip("\"'"), self.complain).pieces_of_text())
        return self.word(RawWord(pieces, 0, 0, True)).text


def _pattern(text: str, greedy: bool) -> str:
    """A pattern of file names as an expression of ``re``; not ``greedy``: the shortest match."""
    inner = translate(text).removeprefix("(?s:").removesuffix(")\\Z").removesuffix(")\\z")
    return inner if greedy else re.sub(r"\.\*(?!\?)", ".*?", inner)
