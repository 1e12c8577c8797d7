"""What does the shell do itself? Variables, folders, and the ways to leave a loop, a function or the script."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kueue_sim.inputs.shell.loops import fields, step
from kueue_sim.inputs.shell.tokens import Complain
from kueue_sim.inputs.shell.values import Values
from kueue_sim.inputs.shell.words import Command, Word
from kueue_sim.inputs.shell.written import WrittenFiles
from kueue_sim.inputs.text.textfile import is_folder


class Ended(Exception):
    """The script leaves."""


class Exited(Ended):
    """The script leaves by itself; of commands that stand for their output only these are left."""


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
    values: Values = field(init=False)
    written: WrittenFiles = field(default_factory=WrittenFiles)

    def __post_init__(self) -> None:
        self.values = Values(self.complain, self.given)

    @property
    def variables(self) -> dict[str, str | None]:
        return self.values.variables

    def pass_on(self, arguments: Sequence[Word]) -> None:
        """The arguments of a function."""
        for number in range(1, 10):
            one = arguments[number - 1] if number <= len(arguments) else None
            self.variables[str(number)] = "" if one is None else one.text
        self.variables["#"] = str(len(arguments))
        self.values.lists["@"] = {str(at): word.text for at, word in enumerate(arguments)}


def _leaves(shell: Shell, command: Command) -> bool | None:
    raise Exited


def _leaves_part(shell: Shell, command: Command) -> bool | None:
    words = [word.text for word in command.words]
    raise Left(words[0], words[1:] in ([], ["0"]))


def _calculates(shell: Shell, command: Command) -> bool | None:
    """``((…))`` and ``let``."""
    for word in command.words[1:]:
        changed = step(word.text, shell.variables)
        if changed is not None:
            shell.values.set(*changed)
            return None if changed[1] is None else True
        return shell.values.calculated(word.text)
    return True


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
    return True


def _reads(shell: Shell, command: Command) -> bool | None:
    """``read``: what is typed is known only when it was given beforehand."""
    names = [word.text for word in command.words[1:] if word.text.isidentifier()]
    if command.stdin is not None and names:
        for name, value in fields(command.stdin.partition("\n")[0], names, None).items():
            shell.values.set(name, value)
    elif names:
        shell.values.set(names[-1], None)
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


DECLARING = ("export", "local", "declare", "readonly", "typeset")
BUILT_IN: Mapping[str, Callable[[Shell, Command], bool | None]] = {
    **dict.fromkeys((":", "true", "echo", "printf", "set", "clear", "pwd", "date"), lambda s, c: True),
    **dict.fromkeys((*DECLARING, "trap", "alias", "hash", "umask", "shopt"), lambda s, c: True),
    **dict.fromkeys(("break", "continue", "return"), _leaves_part),
    "false": lambda shell, command: False,
    "let": _calculates,
    "shift": _shifts,
    "unset": _unsets,
    "exit": _leaves,
    "read": _reads,
    "cd": _changes_folder,
    "pushd": _changes_folder,
}
"""What the shell does itself, as far as it matters here."""
