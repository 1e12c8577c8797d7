"""What is a shell script built of? Commands, pipelines, conditions, loops and functions, and what shows of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kueue_sim.inputs.shell.tokens import RawWord, Redirect


@dataclass(frozen=True, slots=True)
class Simple:
    """One command with its redirections; the first words may be assignments. ``lists`` are the values of those that
    set lists, ``NAME=(…)``, with the words ``NAME=``.
    """

    words: tuple[RawWord, ...]
    redirects: tuple[Redirect, ...] = ()
    lists: tuple[tuple[RawWord, tuple[RawWord, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands of which each reads what the one before prints. ``negated`` by ``!``."""

    commands: tuple["Node", ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Chain:
    """Pipelines joined by ``&&`` and ``||``; the first operator is ""."""

    parts: tuple[tuple[str, "Node"], ...]


@dataclass(frozen=True, slots=True)
class If:
    """Conditions with what is done when they hold, and what is done when none does."""

    branches: tuple[tuple["Body", "Body"], ...]
    otherwise: "Body"
    line: int


@dataclass(frozen=True, slots=True)
class For:
    """A loop over words."""

    name: str
    words: tuple[RawWord, ...]
    body: "Body"
    line: int


@dataclass(frozen=True, slots=True)
class While:
    """A loop under a condition; without one nobody knows how often it runs. ``until`` turns the condition round.
    ``redirects`` say what it reads.
    """

    body: "Body"
    line: int
    condition: "Body" = ()
    until: bool = False
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """A choice by patterns."""

    word: RawWord
    branches: tuple[tuple[tuple[RawWord, ...], "Body"], ...]
    line: int


@dataclass(frozen=True, slots=True)
class Function:
    """Commands under a name."""

    name: str
    body: "Body"


@dataclass(frozen=True, slots=True)
class Group:
    """Commands in braces or parentheses, with where their output goes. ``apart``: in parentheses, where variables and
    the folder are theirs alone."""

    body: "Body"
    redirects: tuple[Redirect, ...] = ()
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Background:
    """What goes on beside the commands that follow, ``… &``."""

    node: "Node"


Node = Simple | Pipeline | Chain | If | For | While | Case | Function | Group | Background
Body = tuple[Node, ...]


def is_assignment(word: RawWord) -> bool:
    """Whether a word sets a variable, ``NAME=…``, or one of a list, ``NAME[KEY]=…``."""
    if not word.pieces or word.pieces[0].kind != "text" or word.pieces[0].quoted:
        return False
    shown = "".join(piece.text if piece.kind == "text" else "x" for piece in word.pieces)
    return re.match(r"[A-Za-z_]\w*(\[[^]=]*\])?\+?=", shown) is not None


def parts_of(command: Simple) -> tuple[Sequence[RawWord], Sequence[RawWord]]:
    """The assignments before a command, and its words."""
    words = command.words
    at = next((at for at, word in enumerate(words) if not is_assignment(word)), len(words))
    return words[:at], words[at:]


def named(word: RawWord) -> str:
    """A word as it can be shown, variables in it by their names."""
    return "".join(f"${piece.text}" if piece.kind != "text" else piece.text for piece in word.pieces)


def fails_in(body: Body) -> bool:
    """Whether any of these commands ends the script with an error."""
    return any(fails(node) for node in body)


def fails(node: Node) -> bool:
    """Whether a way ends the script with an error."""
    if isinstance(node, Simple) and node.words:
        name = node.words[0].plain
        code = node.words[1].plain if len(node.words) > 1 else "0"
        return name in ("exit", "return") and code != "0"
    if isinstance(node, Group):
        return fails_in(node.body)
    return isinstance(node, Chain) and any(fails(part) for _, part in node.parts)


def rests_on_variables(condition: Body) -> bool:
    """Whether a condition is one test of variables, which may change in a loop."""
    test = condition[0] if len(condition) == 1 else None
    first = test.words[0].plain if isinstance(test, Simple) and test.words else ""
    words = test.words if isinstance(test, Simple) and first in ("[", "[[", "test") else ()
    return first == "let" or any(piece.kind == "variable" for word in words for piece in word.pieces)
