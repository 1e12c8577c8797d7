"""Which files do ``ls`` and ``find`` name? As far as their names, kinds and depths say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from kueue_sim.inputs.shell.built_in import Shell
from kueue_sim.inputs.shell.words import Word
from kueue_sim.inputs.text.textfile import is_folder

_SHOWN = ("-print", "-print0")
_RUN = ("-exec", "-execdir", "-ok")
_MOST_FILES = 10_000


@dataclass(slots=True)
class Find:
    """What a ``find`` names, and the commands that it runs: for each file alone, or ``together`` for all at once."""

    names: list[str]
    zeros: bool = False
    commands: Sequence[Sequence[Word]] = ()
    together: bool = False

    @property
    def text(self) -> str:
        """What it prints."""
        mark = "\0" if self.zeros else "\n"
        return "".join(f"{name}{mark}" for name in self.names)


def listed(shell: Shell, words: Sequence[str]) -> str | None:
    """What ``ls`` prints of files that are there; None for other options than -1, and where one is not there."""
    if any(word.startswith("-") and word != "-1" for word in words):
        return None
    found: list[str] = []
    for name in [word for word in words if not word.startswith("-")] or ["."]:
        path = shell.folder / name
        if is_folder(path):
            inside = {PurePosixPath(one).name for one in _below(shell, name, 1) if one != name}
            found += sorted(one for one in inside if not one.startswith("."))
        elif shell.written.exists(path):
            found.append(name)
        else:
            return None
    return "".join(f"{name}\n" for name in found)


def read_find(shell: Shell, words: Sequence[Word]) -> Find | None:
    """A ``find``; None where it asks for more than names, kinds and depths."""
    rest = list(words[1:])
    places = []
    while rest and not rest[0].text.startswith(("-", "!", "(")):
        places.append(rest.pop(0).text)
    found, patterns, kind, depths = Find([]), [], "", {"-mindepth": 0, "-maxdepth": 100}
    while rest:
        option = rest.pop(0).text
        if option in ("-name", "-iname") and rest:
            patterns.append((option == "-iname", rest.pop(0).text))
        elif option == "-type" and rest and rest[0].text in ("f", "d"):
            kind = rest.pop(0).text
        elif option in depths and rest and rest[0].text.isdigit():
            depths[option] = int(rest.pop(0).text)
        elif option in _RUN and (command := _command(rest)) is not None:
            found.commands, found.together = (*found.commands, command[0]), command[1]
        elif option in _SHOWN:
            found.zeros = option == "-print0"
        else:
            return None
    for place in places or ["."]:
        for name in _below(shell, place, depths["-maxdepth"]):
            path = PurePosixPath(name)
            deep = len(path.parts) - len(PurePosixPath(place).parts) >= depths["-mindepth"]
            named = all(_fits(path.name, pattern, folded) for folded, pattern in patterns)
            right = not kind or (kind == "d") == is_folder(shell.folder / name)
            found.names += [name] if deep and named and right else []
    return found


def _fits(name: str, pattern: str, folded: bool) -> bool:
    return fnmatchcase(name.lower(), pattern.lower()) if folded else fnmatchcase(name, pattern)


def _command(rest: list[Word]) -> tuple[list[Word], bool] | None:
    """The words up to ``;`` or ``+``, and whether it is ``+``; None without an end."""
    ends = [index for index, word in enumerate(rest) if word.text in (";", "+")]
    if not ends:
        return None
    taken, end = rest[: ends[0]], rest[ends[0]].text
    del rest[: ends[0] + 1]
    return taken, end == "+"


def _below(shell: Shell, place: str, most: int) -> Iterator[str]:
    """A folder and everything in it, so many levels deep, in order of names."""
    root = shell.folder / place
    inside: set[Path] = {root, *shell.written.texts}
    if is_folder(root):
        for number, path in enumerate(root.rglob("*")):
            if number == _MOST_FILES:
                break
            inside.add(path)
    whole = root.absolute()
    relative = (path.absolute() for path in inside)
    parts = sorted(path.relative_to(whole).parts for path in relative if path.is_relative_to(whole))
    yield from ("/".join((place.rstrip("/"), *one)) for one in parts if len(one) <= most)
