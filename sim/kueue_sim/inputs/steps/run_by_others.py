"""Which commands do ``xargs`` and ``find -exec`` run, and which text is a script of ``sh -c``? What they run on is
known where it was printed, or lies there."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace

from kueue_sim.inputs.shell.built_in import Shell
from kueue_sim.inputs.shell.words import Command, Word
from kueue_sim.inputs.steps.file_lists import read_find

_SHELLS = ("bash", "dash", "ksh", "sh", "zsh")
_WITH_VALUE = {"I": "I", "n": "n", "L": "L", "P": "P", "d": "d", "s": "s", "E": "E"}
_LONG = {"replace": "I", "max-args": "n", "max-lines": "L", "max-procs": "P", "delimiter": "d", "null": "0"}
_SIGNS = {"\\n": "\n", "\\0": "\0", "\\t": "\t"}


def run_by_other(shell: Shell, command: Command) -> list[Command] | None:
    """The commands that another one runs, one after the other; None where it is no such command, or what it runs on is
    not known."""
    name = command.words[0].text.rpartition("/")[2]
    if name == "xargs" and command.stdin is not None:
        return _by_xargs(command.words, command.stdin)
    if name == "find":
        found = read_find(shell, command.words)
        return None if found is None or not found.commands else list(_by_find(found.names, found.commands))
    return None


def script_of(words: Sequence[Word]) -> tuple[Word, Sequence[Word]] | None:
    """The text that ``sh -c`` runs, and its arguments behind the name of the script; None for any other command."""
    if words[0].text.rpartition("/")[2] not in _SHELLS:
        return None
    for at, word in enumerate(words[1:], 1):
        if not word.text.startswith("-"):
            return None
        if word.text.endswith("c") and not word.text.startswith("--"):
            rest = words[at + 1 :]
            return (rest[0], rest[2:]) if rest and rest[0].known else None
    return None


def _by_find(names: Sequence[str], commands: Sequence[Sequence[Word]]) -> Iterator[Command]:
    for name in names:
        for words in commands:
            yield Command(tuple(replace(word, text=word.text.replace("{}", name)) for word in words))


def _by_xargs(words: Sequence[Word], stdin: str) -> list[Command] | None:
    rest = list(words[1:])
    options: dict[str, str] = {}
    while rest and rest[0].text.startswith("-") and rest[0].text != "-":
        text = rest.pop(0).text
        name, equals, value = text.removeprefix("--").partition("=")
        if text.startswith("--"):
            letter = _LONG.get(name, "r")
            takes = letter in _WITH_VALUE and not equals
        else:
            letter, value = text[1], text[2:]
            takes = letter in _WITH_VALUE and not value
        if takes and rest:
            value = rest.pop(0).text
        options["I" if letter == "i" else letter] = value or ("{}" if letter in "iI" else "")
    command = rest or [replace(words[0], text="echo")]
    try:
        return list(_filled_in(command, options, stdin))
    except ValueError:
        return None


def _filled_in(command: Sequence[Word], options: dict[str, str], stdin: str) -> Iterator[Command]:
    """The command for each part of what it reads. Raises ValueError for quotes that are never closed, and numbers that
    are none."""
    mark = options.get("I")
    between = "\0" if "0" in options else _SIGNS.get(options.get("d", ""), options.get("d", ""))
    if between or mark:
        items = [one if between else one.lstrip() for one in stdin.split(between or "\n")]
        items = [one.removesuffix("\n") for one in items if one.strip()]
    else:
        items = shlex.split(stdin)
    if mark:
        for item in items:
            yield Command(tuple(replace(word, text=word.text.replace(mark, item)) for word in command))
        return
    if "L" in options:
        lines = [line for line in stdin.splitlines() if line.strip()]
        parts = [shlex.split("\n".join(some)) for some in _in_parts(lines, int(options["L"]))]
    elif "n" in options:
        parts = _in_parts(items, int(options["n"]))
    else:
        parts = [items] if items else []
    for part in parts:
        yield Command((*command, *(replace(command[0], text=one, bare=False) for one in part)))


def _in_parts(items: list[str], size: int) -> list[list[str]]:
    return [items[at : at + size] for at in range(0, len(items), max(1, size))]
