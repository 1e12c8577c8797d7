"""Which commands does a shell script run, as far as that is known beforehand? Nothing is executed.

Variables that the text sets have their value; loops over words and conditions on constants are followed. What a cluster
would answer is not known: where a script asks whether something exists already, nothing does; of two ways, the one that
ends in an error is not taken; what remains undecided is named and passed over.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path

from kueue_sim.inputs.shell.conditions import holds
from kueue_sim.inputs.shell.loops import counted, step
from kueue_sim.inputs.shell.syntax import (
    Body,
    Case,
    Chain,
    For,
    Function,
    Group,
    If,
    Node,
    Pipeline,
    Simple,
    While,
    fails,
    fails_in,
    is_assignment,
    named,
    parse_script,
    rests_on_variables,
)
from kueue_sim.inputs.shell.tokens import Complain, Piece, RawWord, Redirect, Tokens
from kueue_sim.inputs.shell.words import Command, Word
from kueue_sim.inputs.text.textfile import is_folder

_DEFAULT = re.compile(r"(\w+)(:?[-=+?])(.*)", re.DOTALL)
_MOST_STEPS = 100_000


class _Ended(Exception):
    """The script leaves."""


@dataclass(slots=True)
class Script:
    """Follows one script. ``run`` is called for every command that is no part of the shell itself; what it returns is
    whether that succeeds, None when nobody knows. ``given`` are variables whose values hold whatever the text says.
    """

    complain: Complain
    run: Callable[[Command], bool | None]
    given: Mapping[str, str] = field(default_factory=dict)
    note: Callable[[int, str], None] = lambda line, text: None
    output: Callable[[Command], str | None] = lambda command: None
    """What a command prints, for pipes; None when that is not known."""
    variables: dict[str, str | None] = field(default_factory=dict)
    folder: Path = Path()
    home: Path = Path()
    """The folder of the script itself."""
    _assumed: bool = False
    """Whether the condition that is looked at rests on what a cluster would answer."""
    _above: int = 0
    """Lines above the text of a command that stands for its output."""
    _functions: dict[str, Body] = field(default_factory=dict)
    _steps: int = 0

    def follow(self, text: str) -> None:
        """Goes through a text from its first to its last command."""
        self.variables.update(self.given)
        try:
            self._body(parse_script(text, self.complain))
        except _Ended:
            return
        except RecursionError:
            self.complain(0, 0, "commands are nested too deeply")

    # -- several commands ---------------------------------------------------------------------------------

    def _body(self, body: Body) -> bool | None:
        status: bool | None = True
        for node in body:
            status = self._node(node)
        return status

    def _node(self, node: Node) -> bool | None:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            self.complain(0, 0, f"the script runs more than {_MOST_STEPS} commands")
            raise _Ended
        if isinstance(node, Simple):
            return self._simple(node)
        if isinstance(node, Pipeline):
            return self._pipeline(node)
        if isinstance(node, Chain):
            return self._chain(node)
        if isinstance(node, Group):
            return self._body(node.body)
        if isinstance(node, Function):
            self._functions[node.name] = node.body
            return True
        if isinstance(node, While):
            return self._while(node)
        return (
            self._for(node) if isinstance(node, For) else self._if(node) if isinstance(node, If) else self._case(node)
        )

    def _chain(self, node: Chain) -> bool | None:
        status: bool | None = True
        for operator, part in node.parts:
            skipped = (operator == "&&" and status is False) or (operator == "||" and status is True)
            unsure = status is None and (operator == "||" or (operator == "&&" and fails(part)))
            if not skipped and not unsure:
                status = self._node(part)
        return status

    def _for(self, node: For) -> bool | None:
        words = [item for word in node.words for item in self._split(word)]
        if not all(word.known for word in words) or not node.words:
            self.note(node.line, f"the loop over {node.name} is passed over: its words are not constant")
            return True
        for word in words:
            self._set(node.name, word.text)
            self._body(node.body)
        return True

    def _while(self, node: While) -> bool | None:
        def again() -> bool | None:
            before, self._assumed = self._assumed, False
            status = self._body(node.condition)
            unsure, self._assumed = self._assumed, before
            return None if unsure or status is None else status != node.until

        if not (rests_on_variables(node.condition) and counted(again, lambda: self._body(node.body), self.variables)):
            self.note(node.line, "the loop is passed over: nobody knows how often it runs")
        return True

    def _if(self, node: If) -> bool | None:
        """Of two ways that depend on what a cluster answers, the one that does not end in an error is taken."""
        for number, (condition, body) in enumerate(node.branches):
            before, self._assumed = self._assumed, False
            status = self._body(condition)
            assumed, self._assumed = self._assumed or status is None, before
            last = number == len(node.branches) - 1
            if assumed and fails_in(body if status is not False else node.otherwise if last else ()):
                status = status is False
            if status is None:
                self.note(node.line, "the condition is not constant; what depends on it is passed over")
                return None
            if status:
                return self._body(body)
            if last:
                return self._body(node.otherwise)
        return True

    def _case(self, node: Case) -> bool | None:
        word = self._expanded(node.word)
        if not word.known:
            name = named(node.word)
            hint = f"; --var {name[1:]}=… decides it" if name[1:].isidentifier() else ""
            self.note(node.line, f"the choice is passed over: {name} is not constant{hint}")
            return None
        for patterns, body in node.branches:
            texts = [self._expanded(pattern).text for pattern in patterns]
            if any(fnmatchcase(word.text, text) for one in texts for text in one.split("|")):
                return self._body(body)
        return True

    def _pipeline(self, node: Pipeline) -> bool | None:
        text: str | None = None
        status: bool | None = True
        for index, part in enumerate(node.commands):
            if not isinstance(part, Simple):
                status, text = self._node(part), None
                continue
            command = replace(self._command(part, text), piped=index > 0)
            text = self.output(command) if command.words else None
            if index == len(node.commands) - 1 and command.words:
                status = self._execute(command)
            elif text is None and index < len(node.commands) - 1:
                self._execute(command)
        return (None if status is None else not status) if node.negated else status

    # -- one command --------------------------------------------------------------------------------------

    def _simple(self, node: Simple) -> bool | None:
        if node.words and node.words[0].plain in _TESTS:
            closing = len(node.words) - (node.words[-1].plain in ("]", "]]"))
            return self._test(node.words[1:closing])
        command = self._command(node, None)
        return self._execute(command) if command.words else True

    def _command(self, node: Simple, stdin: str | None) -> Command:
        """The command with its assignments done and what it reads."""
        raw = list(node.words)
        while raw and is_assignment(raw[0]):
            self._assign(raw.pop(0))
        if raw and raw[0].plain in _DECLARING:
            for word in raw[1:]:
                if is_assignment(word):
                    self._assign(word)
        words = tuple(item for word in raw for item in self._split(word))
        for redirect in node.redirects:
            stdin = self._read_from(redirect, stdin)
        return Command(words, stdin)

    def _read_from(self, redirect: Redirect, stdin: str | None) -> str | None:
        if redirect.body is not None:
            return self._expanded(redirect.body).text
        if redirect.text == "<<<" and redirect.target is not None:
            return self._expanded(redirect.target).text + "\n"
        if redirect.text == "<" and redirect.target is not None:
            name = self._expanded(redirect.target)
            return self.output(Command((Word("cat", name.line, name.column, True), name)))
        return stdin

    def _execute(self, command: Command) -> bool | None:
        if not command.words:
            return True
        name = command.words[0].text
        changed = step(name, self.variables)
        if changed is not None:
            self._set(*changed)
            return True
        if name in self._functions:
            return self._call(name, command.words[1:])
        own = _BUILT_IN.get(name)
        return own(self, command) if own is not None else self.run(command)

    def _call(self, name: str, arguments: Sequence[Word]) -> bool | None:
        before = {key: self.variables.get(key) for key in "123456789"}
        for number in range(1, 10):
            self.variables[str(number)] = arguments[number - 1].text if number <= len(arguments) else ""
        status = self._body(self._functions[name])
        self.variables.update(before)
        return status

    def _test(self, raw: Sequence[RawWord]) -> bool | None:
        """A condition in brackets; a variable that nobody set is empty there, and so is what a cluster would print."""
        texts = []
        for word in raw:
            expanded = self._expanded(word, empty=True)
            self._assumed = self._assumed or not expanded.known
            texts.append(expanded.text)
        return holds(texts, self.folder)

    # -- words and variables ------------------------------------------------------------------------------

    def _assign(self, raw: RawWord) -> None:
        name, _, _ = raw.pieces[0].text.partition("=")
        rest = raw.pieces[0].text[len(name) + 1 :]
        first = Piece("text", rest, raw.pieces[0].quoted)
        value = self._expanded(RawWord((first, *raw.pieces[1:]), raw.line, raw.column, raw.bare))
        self._set(name.removesuffix("+"), value.text if value.known else None)

    def assume(self) -> None:
        """The condition that is looked at rests on what a cluster would answer."""
        self._assumed = True

    def forget(self, name: str) -> None:
        """Nobody knows the value of a variable from now on, unless it was given."""
        self._set(name, None)

    def _set(self, name: str, value: str | None) -> None:
        if name not in self.given:
            self.variables[name] = value

    def _split(self, raw: RawWord) -> Iterator[Word]:
        """A word as the words it becomes: what comes out of an unquoted variable is split at blanks."""
        word = self._expanded(raw)
        alone = len(raw.pieces) == 1 and raw.pieces[0].kind != "text" and not raw.pieces[0].quoted
        if alone and word.known and word.text.split() != [word.text]:
            for text in word.text.split():
                yield Word(text, word.line, word.column, True)
        elif raw.bare and "{" in word.text and (inner := re.fullmatch(r"(\S*)\{(\d+)\.\.(\d+)\}(\S*)", word.text)):
            low, high = int(inner[2]), int(inner[3])
            for number in range(low, min(high, low + 10_000) + 1):
                yield Word(f"{inner[1]}{number}{inner[4]}", word.line, word.column, True)
        else:
            yield word

    def _expanded(self, raw: RawWord, empty: bool = False) -> Word:
        """The word with variables put in; what has no known value stays as it is written, or is ``empty``."""
        parts, known = [], True
        for piece in raw.pieces:
            text, sure = self._piece(piece, raw.line)
            unset = piece.kind == "variable" and piece.text.isidentifier() and piece.text not in self.variables
            parts.append("" if empty and (unset or not sure) else text)
            known = known and sure
        return Word("".join(parts), raw.line + self._above, raw.column, raw.bare, known)

    def _piece(self, piece: Piece, line: int) -> tuple[str, bool]:
        if piece.kind == "text":
            return piece.text, True
        if piece.kind == "command":
            above, self._above = self._above, self._above + line
            printed = self._printed(piece.text)
            self._above = above
            return printed
        name, default = piece.text, ""
        operator = _DEFAULT.fullmatch(name)
        if operator:
            name, default = operator[1], self._text_of(operator[3])
            value = self.variables.get(name)
            return (value, True) if value else (default, True)
        if name in self.variables:
            value = self.variables[name]
            return (f"${name}", False) if value is None else (value, True)
        return f"${{{name}}}" if not name.isidentifier() else f"${name}", name.isidentifier()

    def _text_of(self, text: str) -> str:
        pieces = tuple(Tokens(text.strip("\"'"), self.complain).pieces_of_text())
        return self._expanded(RawWord(pieces, 0, 0, True)).text

    def _number(self, text: str) -> str | None:
        """A sum, difference or product of two numbers, such as ``i+1``; None for anything else."""
        found = re.fullmatch(r"\s*\$?(\w+)\s*([-+*])\s*\$?(\w+)\s*", text)
        if found is None:
            return None
        sides = [side if side.isdigit() else self.variables.get(side) or "" for side in (found[1], found[3])]
        if not all(re.fullmatch(r"-?\d{1,12}", side) for side in sides):
            return None
        left, right = map(int, sides)
        return str({"+": left + right, "-": left - right, "*": left * right}[found[2]])

    def _printed(self, text: str) -> tuple[str, bool]:
        """What stands for ``$(…)``: what is known to be printed; questions to a cluster find nothing there."""
        if "dirname" in text and ("$0" in text or "BASH_SOURCE" in text):
            return str(self.home.resolve().joinpath(*[".."] * text.count("/.."))), True
        if text.startswith("("):
            number = self._number(text.strip("()"))
            return (f"$({text})", False) if number is None else (number, True)
        body = parse_script(text, lambda line, column, message: None)
        command = self._command(body[0], None) if len(body) == 1 and isinstance(body[0], Simple) else None
        self._body(body)
        printed = self.output(command) if command is not None and command.words else None
        return (f"$({text})", False) if printed is None else (printed.rstrip("\n"), True)


def _leaves(script: Script, command: Command) -> bool | None:
    raise _Ended


def _reads(script: Script, command: Command) -> bool | None:
    """``read``: what is typed is known only when it was given beforehand."""
    names = [word.text for word in command.words[1:] if word.text.isidentifier()]
    if names:
        script.forget(names[-1])
    return True


def _changes_folder(script: Script, command: Command) -> bool | None:
    target = command.words[1].text if len(command.words) > 1 else "."
    folder = script.folder / target
    if is_folder(folder):
        script.folder = folder
        return True
    here = str(script.folder)
    script.note(command.words[0].line, f"there is no folder {str(folder)!r}; files are looked for in {here!r}")
    return True


_TESTS = ("[", "[[", "test")
_DECLARING = ("export", "local", "declare", "readonly", "typeset")
_BUILT_IN: Mapping[str, Callable[[Script, Command], bool | None]] = {
    **dict.fromkeys(
        (":", "true", "echo", "printf", "set", "unset", "shift", "clear", "pwd", "date"), lambda s, c: True
    ),
    **dict.fromkeys((*_DECLARING, "trap", "alias", "break", "continue", "return", "hash", "umask"), lambda s, c: True),
    "false": lambda script, command: False,
    "exit": _leaves,
    "read": _reads,
    "cd": _changes_folder,
    "pushd": _changes_folder,
}
"""What the shell does itself, as far as it matters here."""
