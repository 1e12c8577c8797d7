"""What does the shell do itself? Variables, folders, and the ways to leave a loop, a function or the script."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from kueue_sim.inputs.shell.line_filters import not_quiet
from kueue_sim.inputs.shell.loops import step
from kueue_sim.inputs.shell.reading import reading
from kueue_sim.inputs.shell.tokens import Complain
from kueue_sim.inputs.shell.values import Values
from kueue_sim.inputs.shell.words import Command, Word
from kueue_sim.inputs.shell.written import WrittenFiles
from kueue_sim.inputs.text.textfile import is_folder


class Ended(Exception):
    """The script leaves."""


class Exited(Ended):
    """The script leaves by itself; of commands that stand for their output only these are left. ``line`` and ``why``
    say where and by what; ``status`` is whether that counts as success.
    """

    def __init__(self, line: int, why: str, status: bool | None) -> None:
        super().__init__(why)
        self.line, self.why, self.status = line, why, status


class Left(Exception):
    """A loop or a function is left; ``word`` says how."""

    def __init__(self, word: str, status: bool | None = True) -> None:
        super().__init__(word)
        self.word, self.status = word, status


@dataclass(slots=True)
class Shell:
    """What commands of a script change: variables, files that were written, and the folder. ``given`` are variables
    whose values hold whatever the text says.
    """

    complain: Complain
    given: Mapping[str, str] = field(default_factory=dict)
    note: Callable[[int, str], None] = lambda line, text: None
    folder: Path = Path()
    output: Callable[[Command], str | None] = lambda command: None
    """What a command prints, for pipes; None when that is not known."""
    values: Values = field(init=False)
    written: WrittenFiles = field(default_factory=WrittenFiles)
    options: set[str] = field(default_factory=set)
    """Options of the shell that are on, by their long names."""
    documents: dict[str, int] = field(default_factory=dict)
    """Texts of here-documents with variables put in, and the line, from 0, in which each begins."""
    failed_for_sure: bool = False
    """Whether the last command failed by what is known here, not by what a cluster would perhaps answer."""

    def __post_init__(self) -> None:
        self.values = Values(self.complain, self.given)

    @property
    def variables(self) -> dict[str, str | None]:
        """Values by name, None where nobody knows what a variable holds."""
        return self.values.variables

    def pass_on(self, arguments: Sequence[Word]) -> None:
        """The arguments of a function."""
        for number in range(1, 10):
            one = arguments[number - 1] if number <= len(arguments) else None
            self.variables[str(number)] = "" if one is None else one.text
        self.variables["#"] = str(len(arguments))
        self.values.lists["@"] = {str(at): word.text for at, word in enumerate(arguments)}


def _leaves(shell: Shell, command: Command) -> bool | None:
    words = [word.text for word in command.words]
    status = True if words[1:] in ([], ["0"]) else None if not command.words[-1].known else False
    raise Exited(command.words[0].line, " ".join(words), status)


def _fails(shell: Shell, command: Command) -> bool | None:
    shell.failed_for_sure = True
    return False


_OPTIONS = {"e": "errexit"}


def _sets(shell: Shell, command: Command) -> bool | None:
    """``set``: options such as ``-e`` or ``-o errexit``, and with ``--`` new arguments."""
    texts = [word.text for word in command.words]
    for at, text in enumerate(texts[1:], 1):
        if text == "--":
            shell.pass_on(command.words[at + 1 :])
            break
        if text[:1] not in ("-", "+"):
            continue
        named = texts[at + 1 : at + 2] if text.endswith("o") else []
        for name in (*(_OPTIONS.get(letter, letter) for letter in text[1:]), *named):
            (shell.options.add if text[0] == "-" else shell.options.discard)(name)
    return True


def _leaves_part(shell: Shell, command: Command) -> bool | None:
    words = [word.text for word in command.words]
    raise Left(words[0], words[1:] in ([], ["0"]))


def _calculates(shell: Shell, command: Command) -> bool | None:
    """``((…))`` and ``let``; the last calculation decides."""
    status: bool | None = True
    for word in command.words[1:]:
        changed = step(word.text, shell.variables)
        if changed is not None:
            shell.values.set(*changed)
            status = None if changed[1] is None else True
        else:
            status = shell.values.calculated(word.text)
    return status


def _shifts(shell: Shell, command: Command) -> bool | None:
    count = command.words[1].text if len(command.words) > 1 else "1"
    rest = list(shell.values.lists.get("@", {}).values())
    if rest and count.isdigit():
        where = command.words[0]
        shell.pass_on([Word(text, where.line, where.column, False) for text in rest[int(count) :]])
    return True


def _unsets(shell: Shell, command: Command) -> bool | None:
    for word in command.words[1:]:
        if word.text not in shell.given:
            shell.variables.pop(word.text, None)
            shell.values.lists.pop(word.text, None)
            shell.values.declared.pop(word.text, None)
    return True


def _reads(shell: Shell, command: Command) -> bool | None:
    """``read``: what is typed is known only when it was given beforehand."""
    wanted = reading([word.text for word in command.words[1:]])
    if command.stdin is not None:
        shell.values.take(wanted, command.stdin if wanted.whole else command.stdin.partition("\n")[0])
        return True
    for name in filter(None, (*wanted.names, wanted.into_list)):
        shell.values.set(name, None)
    return True


def _reads_lines(shell: Shell, command: Command) -> bool | None:
    """``mapfile -t NAME``: a list of the lines of a text; without one nobody knows what is in it."""
    plain = [word for word in command.words[1:] if not word.text.startswith("-")]
    name = plain[-1].text if plain else "MAPFILE"
    if command.stdin is None:
        shell.values.lists.pop(name, None)
        shell.values.set(name, None)
    else:
        where = command.words[0]
        lines = [Word(line, where.line, where.column, False) for line in command.stdin.splitlines()]
        shell.values.set_list(name, lines, longer=False)
    return True


def _declares(shell: Shell, command: Command) -> bool | None:
    """``export`` and the like: what their words set where these come of variables or of what a command prints."""
    for word in command.words[1:]:
        name, sign, value = word.text.partition("=")
        if sign and word.known and name.isidentifier():
            shell.values.set(name, value)
    return True


def _prints(shell: Shell, command: Command) -> bool | None:
    """``printf``: with ``-v NAME`` a variable gets what would be printed."""
    first, *rest = command.words
    if [word.text for word in rest[:1]] == ["-v"] and len(rest) > 1:
        known = all(word.known for word in rest)
        shell.values.set(rest[1].text, shell.output(Command((first, *rest[2:]))) if known else None)
    return True


def _changes_folder(shell: Shell, command: Command) -> bool | None:
    target = command.words[1].text if len(command.words) > 1 else "."
    folder = shell.folder / target
    if is_folder(folder):
        shell.folder = folder
        return True
    here = str(shell.folder)
    shell.note(command.words[0].line, f"there is no folder {str(folder)!r}; files are looked for in {here!r}")
    return True


def grepped(shell: Shell, command: Command) -> tuple[bool, str] | None:
    """Whether ``grep`` finds lines in a text, and what it prints of them; None where the text is not known."""
    words, quiet = not_quiet(command.words)
    text = shell.output(replace(command, words=words))
    if text is None:
        return None
    shell.failed_for_sure = not text
    return bool(text), "" if quiet else text


DECLARING = ("export", "local", "declare", "readonly", "typeset")
BUILT_IN: Mapping[str, Callable[[Shell, Command], bool | None]] = {
    **dict.fromkeys((":", "true", "echo", "clear", "pwd", "date"), lambda s, c: True),
    **dict.fromkeys(("trap", "alias", "hash", "umask", "shopt"), lambda s, c: True),
    **dict.fromkeys(DECLARING, _declares),
    **dict.fromkeys(("break", "continue", "return"), _leaves_part),
    "false": _fails,
    "printf": _prints,
    "set": _sets,
    "let": _calculates,
    "shift": _shifts,
    "unset": _unsets,
    "exit": _leaves,
    "read": _reads,
    "mapfile": _reads_lines,
    "readarray": _reads_lines,
    "cd": _changes_folder,
    "pushd": _changes_folder,
}
"""What the shell does itself, as far as it matters here."""
