"""Which files does a pattern such as ``jobs/*.yaml`` mean? Those that lie there, and those that the script wrote."""

import os
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from glob import iglob
from itertools import islice
from pathlib import Path, PurePath

_MOST_NAMES = 10_000


def matching(pattern: str, folder: Path, written: Iterable[Path]) -> list[str]:
    """The names as the shell puts them in, in their order; none where nothing is called so.

    Scripts that are started elsewhere name files from the current folder, so that is looked at where ``folder`` has
    none.
    """
    for place in (folder, Path()):
        found = {*islice(iglob(pattern, root_dir=place), _MOST_NAMES), *_of_written(pattern, place, written)}
        if found:
            return sorted(found)
    return []


def _of_written(pattern: str, place: Path, written: Iterable[Path]) -> Iterator[str]:
    """The files among those that the script wrote, by whole paths."""
    plain = pattern.removeprefix("./")
    wanted = PurePath(plain).parts
    for path in written:
        name = str(path) if plain.startswith("/") else os.path.relpath(path, place)
        parts = PurePath(name).parts
        if len(parts) == len(wanted) and all(map(_is_called, parts, wanted)):
            yield f"{pattern.removesuffix(plain)}{name}"


def _is_called(name: str, pattern: str) -> bool:
    """Whether one part of a path fits; hidden files do only where the pattern says the dot."""
    return fnmatchcase(name, pattern) and (not name.startswith(".") or pattern.startswith("."))
