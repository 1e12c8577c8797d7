"""Which commands does a shell script run, as far as that is known beforehand? Nothing is executed.

Variables that the text sets have their value; loops over words and conditions on constants are followed. What a cluster
would answer is not known: where a script asks whether something exists already, nothing does; of two ways, the one that
ends in an error is not taken; what remains undecided is named and passed over.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path

from kueue_sim.inputs.shell.built_in import BUILT_IN, DECLARING, Ended, Exited, Left, Shell, grepped
from kueue_sim.inputs.shell.conditions import holds
from kueue_sim.inputs.shell.file_names import matching
from kueue_sim.inputs.shell.loops import MOST_ROUNDS, counted
from kueue_sim.inputs.shell.nodes import (
    Background,
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
    parts_of,
    rests_on_variables,
)
from kueue_sim.inputs.shell.reading import Reading, reading
from kueue_sim.inputs.shell.syntax import parse_script
from kueue_sim.inputs.shell.tokens import RawWord, Redirect
from kueue_sim.inputs.shell.values import Values
from kueue_sim.inputs.shell.words import Command, Word

_MOST_STEPS = 100_000
_TESTS = ("[", "[[", "test")
_WRITING = (">", ">>", ">|", "&>", "&>>", ">&")
_BOTH = ("aws", "tee")
"""Commands that do something although it is known what they print."""


@dataclass(slots=True)
class Script(Shell):
    """Follows one script. ``run`` is called for every command that is no part of the shell itself; what it returns is
    whether that succeeds, None when nobody knows. ``aside`` runs what goes on in the background.
    """

    run: Callable[[Command], bool | None] = lambda command: None
    aside: Callable[[Callable[[], object]], object] = lambda commands: commands()
    home: Path = Path()
    """The folder of the script itself."""
    exited: Exited | None = None
    """How the script left before its last command; None when it did not."""
    _assumed: bool = False
    """Whether the condition that is looked at rests on what a cluster would answer."""
    _functions: dict[str, Body] = field(default_factory=dict)
    _steps: int = 0
    _line: int = 0
    _guarded: int = 0
    """How many conditions and chains are open, in which a command may fail without ending the script."""
    _heard: list[str | None] | None = None
    """What commands print that stand for their output, None where that is not known."""

    def __post_init__(self) -> None:
        self.values = Values(self.complain, self.given, self._printed, filed=self.written.hand_over)
        self.values.files = lambda pattern: matching(pattern, self.folder, self.written.texts)

    def go_on_as(self, other: "Script") -> None:
        """Takes over what another script that was sourced, or that runs this one, has set."""
        self.values.variables, self.values.lists = dict(other.variables), dict(other.values.lists)
        self.folder, self.written = other.folder, other.written
        self.values.filed = self.written.hand_over
        self._functions = {**other._functions, **self._functions}

    def follow(self, text: str) -> None:
        """Goes through a text from its first to its last command."""
        self.variables.update(self.given)
        if re.match(r"#!\S*sh\s+-\w*e", text):
            self.options.add("errexit")
        try:
            self._body(parse_script(text, self.complain))
        except Exited as left:
            self.exited = left
            if not left.status or left.line + 1 < len(text.rstrip().splitlines()):
                self.note(left.line, f"the script ends here: {left.why}")
        except (Ended, Left):
            return
        except RecursionError:
            self.complain(0, 0, "commands are nested too deeply")

    # -- several commands ---------------------------------------------------------------------------------

    def _body(self, body: Body) -> bool | None:
        status: bool | None = True
        for node in body:
            status = self._node(node)
            if status is False and self.failed_for_sure and "errexit" in self.options and not self._guarded:
                raise Exited(self._line, "set -e, and the command failed", False)
        return status

    def _apart(self, body: Body) -> bool | None:
        """Commands in a shell of their own, whose variables and folder are theirs, and which they may leave."""
        folder = self.folder
        try:
            with self.values.apart():
                return self._body(body)
        except Exited as left:
            self.failed_for_sure = left.status is False
            return left.status
        finally:
            self.folder = folder

    def _tried(self, body: Body) -> bool | None:
        """Commands as a condition: that one fails ends nothing."""
        self._guarded += 1
        try:
            return self._body(body)
        finally:
            self._guarded -= 1
            self.failed_for_sure = False

    def _node(self, node: Node) -> bool | None:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            self.complain(0, 0, f"the script runs more than {_MOST_STEPS} commands")
            raise Ended
        if isinstance(node, Simple):
            return self._simple(node)
        if isinstance(node, Pipeline):
            return self._pipeline(node)
        if isinstance(node, Chain):
            return self._chain(node)
        if isinstance(node, Group):
            return self._printing(node.redirects, lambda: (self._apart if node.apart else self._body)(node.body))
        if isinstance(node, Function):
            self._functions[node.name] = node.body
            return True
        if isinstance(node, Background):
            self.aside(lambda: self._node(node.node))
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
            if skipped or unsure:
                self.failed_for_sure = False
            else:
                status = self._node(part) if part is node.parts[-1][1] else self._tried((part,))
        return status

    def _for(self, node: For) -> bool | None:
        words = [item for word in node.words for item in self.values.words(word)]
        if not all(word.known for word in words) or not node.words:
            self.note(node.line, f"the loop over {node.name} is passed over: its words are not constant")
            return True
        for word in words:
            self.values.set(node.name, word.text)
            if not self._round(node.body):
                break
        return True

    def _round(self, body: Body) -> bool:
        """One round of a loop; False when the loop is left."""
        try:
            self._body(body)
        except Left as left:
            if left.word == "return":
                raise
            return left.word == "continue"
        return True

    def _while(self, node: While, stdin: str | None = None) -> bool | None:
        reads = node.condition[0] if len(node.condition) == 1 else None
        if isinstance(reads, Simple) and "read" in [word.plain for word in reads.words]:
            return self._while_lines(node, reads, stdin)

        def again() -> bool | None:
            before, self._assumed = self._assumed, False
            status = self._tried(node.condition)
            unsure, self._assumed = self._assumed, before
            return None if unsure or status is None else status != node.until

        counts = rests_on_variables(node.condition)
        if not (counted(again, lambda: self._round(node.body), self.variables) if counts else again() is False):
            self.note(node.line, "the loop is passed over: nobody knows how often it runs")
        return True

    def _while_lines(self, node: While, reads: Simple, stdin: str | None) -> bool | None:
        """``while read``: a round for each line of a text that is known."""
        for redirect in node.redirects:
            stdin = self._read_from(redirect, stdin)
        assigned, words = parts_of(reads)
        wanted = reading([self.values.word(word).text for word in words[1:]])
        if stdin is None or wanted == Reading():
            self.note(node.line, "the loop is passed over: nobody knows what it reads")
            return True
        if (count := len(stdin.splitlines())) > MOST_ROUNDS:
            self.note(node.line, f"the loop reads {count:,} lines, of which the first {MOST_ROUNDS:,} are followed")
        for line in stdin.splitlines()[:MOST_ROUNDS]:
            with self.values.holding(assigned):
                self.values.take(wanted, line)
            if not self._round(node.body):
                break
        return True

    def _if(self, node: If) -> bool | None:
        """Of two ways that depend on what a cluster answers, the one that does not end in an error is taken."""
        for number, (condition, body) in enumerate(node.branches):
            before, self._assumed = self._assumed, False
            status = self._tried(condition)
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
        word = self.values.word(node.word)
        if not word.known:
            name = named(node.word)
            hint = f"; --var {name[1:]}=… decides it" if name[1:].isidentifier() else ""
            self.note(node.line, f"the choice is passed over: {name} is not constant{hint}")
            return None
        for patterns, body in node.branches:
            texts = [self.values.word(pattern).text for pattern in patterns]
            if any(fnmatchcase(word.text, text) for one in texts for text in one.split("|")):
                return self._body(body)
        return True

    def _pipeline(self, node: Pipeline) -> bool | None:
        text: str | None = None
        status: bool | None = True
        last = len(node.commands) - 1
        for index, part in enumerate(node.commands):
            go = self._part(part, text, index > 0)
            if index == last:
                status = go()
            else:
                _, text = self.captured(go)
        if not node.negated:
            return status
        self.failed_for_sure = False
        return None if status is None else not status

    def _part(self, part: Node, stdin: str | None, piped: bool) -> Callable[[], bool | None]:
        """One command of a pipeline, that reads what the one before prints."""
        if isinstance(part, While):
            return lambda: self._while(part, stdin)
        if isinstance(part, Simple):
            return lambda: self._simple(part, stdin, piped)
        return lambda: self._node(part)

    def captured(self, go: Callable[[], bool | None]) -> tuple[bool | None, str | None]:
        """Whether commands succeed, and what they print; None when that is not known."""
        before, self._heard = self._heard, []
        try:
            status = go()
        except Exited:
            status = False
        finally:
            heard, self._heard = self._heard, before
        return status, None if None in heard else "".join(one for one in heard if one is not None)

    def _printing(self, redirects: Sequence[Redirect], go: Callable[[], bool | None]) -> bool | None:
        """Commands whose output goes where redirections say: into files, or nowhere."""
        away = [one for one in redirects if one.text in _WRITING and not one.errors]
        if not away:
            return go()
        status, text = self.captured(go)
        for one in away:
            target = self.values.word(one.target) if one.target is not None else None
            if target is not None and target.known and one.text != ">&" and not target.text.startswith("/dev/"):
                self.written.write(self.folder / target.text, text, one.text == ">>")
        return status

    # -- one command --------------------------------------------------------------------------------------

    def _simple(self, node: Simple, stdin: str | None = None, piped: bool = False) -> bool | None:
        if node.words and node.words[0].plain in _TESTS:
            closing = len(node.words) - (node.words[-1].plain in ("]", "]]"))
            return self._test(node.words[1:closing])
        assigned, raw = parts_of(node)
        command = replace(self._command(node, raw, stdin), piped=piped)
        if command.words:
            with self.values.holding(assigned):
                return self._printing(node.redirects, lambda: self.execute(command))
        for word in assigned:
            self.values.assign(word)
        return True

    def _command(self, node: Simple, raw: Sequence[RawWord], stdin: str | None) -> Command:
        """The command of these words, without variables that it declares, which are set here, and what it reads."""
        if raw and raw[0].plain in DECLARING:
            self.values.declare([word.pieces[0].text for word in raw[1:] if word.pieces])
            for word in filter(is_assignment, raw):
                self.values.assign(word)
            raw = [word for word in raw if not is_assignment(word)]
        for word, items in node.lists:
            values = [item for one in items for item in self.values.words(one)]
            name = word.pieces[0].text.removesuffix("=")
            self.values.set_list(name.removesuffix("+"), values, name.endswith("+"))
        words = tuple(item for word in raw for item in self.values.words(word))
        for redirect in node.redirects:
            stdin = self._read_from(redirect, stdin)
        return Command(words, stdin)

    def _read_from(self, redirect: Redirect, stdin: str | None) -> str | None:
        if redirect.body is not None:
            text = self.values.word(redirect.body).text
            self.documents[text] = redirect.body.line + self.values.above
            return text
        if redirect.text == "<<<" and redirect.target is not None:
            return self.values.word(redirect.target).text + "\n"
        if redirect.text == "<" and redirect.target is not None:
            name = self.values.word(redirect.target)
            return self.output(Command((Word("cat", name.line, name.column, True), name)))
        return stdin

    def execute(self, command: Command) -> bool | None:
        """Follows a command with its words as they are."""
        name, self.failed_for_sure, self._line = command.words[0].text, False, command.words[0].line
        if name == "eval" and all(word.known for word in command.words):
            return self.commands(" ".join(word.text for word in command.words[1:]), command.words[0].line)
        if name in self._functions:
            return self._call(name, command.words[1:])
        heard, own = self._heard, BUILT_IN.get(name)
        found = grepped(self, command) if name == "grep" else None
        text = found[1] if found else self.output(command) if heard is not None else None
        if heard is not None and (own is None or text is not None):
            heard.append(text)
        if own is not None:
            return own(self, command)
        return found[0] if found else True if text and name not in _BOTH else self.run(command)

    def commands(self, text: str, line: int) -> bool | None:
        """A text in a line that is commands once more."""
        return self._body(parse_script("\n" * line + text, self.complain))

    def _call(self, name: str, arguments: Sequence[Word]) -> bool | None:
        own = (*"123456789", "#")
        before, list_before = {key: self.variables.get(key) for key in own}, self.values.lists.get("@")
        self.pass_on(arguments)
        try:
            status = self._body(self._functions[name])
        except Left as left:
            if left.word != "return":
                raise
            status = left.status
        self.variables.update(before)
        if list_before is None:
            self.values.lists.pop("@", None)
        else:
            self.values.lists["@"] = list_before
        return status

    def _test(self, raw: Sequence[RawWord]) -> bool | None:
        """A condition in brackets; a variable that nobody set is empty there, and so is what a cluster would print."""
        texts = []
        for word in raw:
            expanded = self.values.word(word, empty=True)
            self._assumed = self._assumed or not expanded.known
            texts.append(expanded.text)
        return holds(texts, self.folder, self.written.holds, self.values.matched)

    # -- words and variables ------------------------------------------------------------------------------

    def assume(self) -> None:
        """The condition that is looked at rests on what a cluster would answer."""
        self._assumed = True

    def _printed(self, text: str) -> tuple[str, bool]:
        """What stands for ``$(…)``: what is known to be printed; questions to a cluster find nothing there."""
        if "dirname" in text and ("$0" in text or "BASH_SOURCE" in text):
            return str(self.home.resolve().joinpath(*[".."] * text.count("/.."))), True
        body = parse_script(re.sub(r"^\s*<(?=[^<(])", "cat ", text), lambda line, column, message: None)
        _, printed = self.captured(lambda: self._apart(body))
        return (f"$({text})", False) if printed is None else (printed.rstrip("\n"), True)
