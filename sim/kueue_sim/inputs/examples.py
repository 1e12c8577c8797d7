"""Which scenarios come with the package, and what does each show?

They are the folder ``scenarios/`` of the source, which the wheel carries as ``kueue_sim/examples``.
"""

import difflib
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from kueue_sim.errors import InputError, Mistake
from kueue_sim.inputs.text.field import near_miss

_PACKAGE = Path(__file__).parents[1]
_KIND = re.compile(r"^kind: (?:Scenario|PolicyTest)$", re.MULTILINE)
_DESCRIPTION = re.compile(r"^description: (?:\|\n((?:  .*\n|\n)+)|(\S.*)\n)", re.MULTILINE)
_SENTENCE = re.compile(r"(?<=[.?:])\s+(?=[A-Z])|\n\s*\n")


@dataclass(frozen=True)
class Example:
    """A scenario or policy test that comes with the package. ``name`` is its path without ending."""

    name: str
    path: Path

    @cached_property
    def text(self) -> str:
        """The file as it is."""
        return self.path.read_text(encoding="utf-8")

    @property
    def about(self) -> str:
        """The first sentence of its description, "" when it has none."""
        found = _DESCRIPTION.search(self.text)
        words = "" if found is None else (found[1] or found[2]).strip()
        return " ".join(_SENTENCE.split(words)[0].split()).rstrip(":")

    @property
    def reads(self) -> tuple[str, ...]:
        """Files that the example reads, as paths from its own folder: those whose path stands in its text.

        Empty when the example stands by itself.
        """
        beside = self.path.parent
        near = (path.relative_to(beside).as_posix() for path in sorted(beside.rglob("*")) if path.is_file())
        return tuple(name for name in near if re.search(rf"(?<![\w/-]){re.escape(name)}(?![\w-])", self._settings))

    @property
    def _settings(self) -> str:
        """The text without its description, whose commands name the file itself."""
        return _DESCRIPTION.sub("", self.text)

    def copy(self, folder: Path) -> tuple[Path, ...]:
        """Write the example and what it reads into ``folder``, which is made. Returns the new files, the example first.

        Raises InputError when one of them is there already: nothing is written then.
        """
        names = (self.path.name, *self.reads)
        there = [folder / name for name in names if (folder / name).exists()]
        if there:
            raise InputError([Mistake(None, f"{path} exists already; nothing was written") for path in there])
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.path.parent / name, folder / name)
        return tuple(folder / name for name in names)


def examples_folder() -> Path:
    """The folder of the examples: in the installed package, or beside the source in a checkout."""
    packaged = _PACKAGE / "examples"
    return packaged if packaged.is_dir() else _PACKAGE.parents[1] / "scenarios"


def examples() -> Mapping[str, Example]:
    """All examples by name, those of the top folder first. Files of other kinds (manifests) are none."""
    folder = examples_folder()
    files = sorted(folder.rglob("*.yaml"), key=lambda path: (len(path.relative_to(folder).parts), path))
    found = [Example(_name(path.relative_to(folder)), path) for path in files]
    return {one.name: one for one in found if _KIND.search(one.text)}


def _name(path: Path) -> str:
    return path.as_posix().removesuffix(".yaml").removesuffix(".policytest")


def find_example(name: str) -> Example:
    """The example of that name, or the only one whose last part it is. Raises InputError with the nearest names."""
    known = examples()
    short = [one for one in known if one.rpartition("/")[2] == name]
    if name not in known and len(short) != 1:
        raise InputError([Mistake(None, f"there is no example {name!r}; {near_miss(name, known)}")])
    return known[name if name in known else short[0]]


def example(name: str) -> Path:
    """The file of an example, such as ``lab-option-1``, for ``load_scenario``. Raises InputError if there is none."""
    return find_example(name).path


def alike(path: Path) -> str:
    """What to say about a file that is not there: its nearest neighbour or the example of that name, else ""."""
    try:
        beside = sorted(one.name for one in path.parent.iterdir()) if path.parent.is_dir() else []
    except OSError:
        beside = []
    near = difflib.get_close_matches(path.name, beside, n=1, cutoff=0.75)
    if near:
        return f"; did you mean {str(path.parent / near[0])!r}?"
    if path.stem in {name.rpartition("/")[2] for name in examples()}:
        return f"; there is an example of that name: --example {path.stem}"
    return ""


__all__ = ["Example", "alike", "example", "examples", "examples_folder", "find_example"]
