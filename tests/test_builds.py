"""Which build runs is said, and two builds can be held against each other."""

from importlib.machinery import EXTENSION_SUFFIXES

from click.testing import CliRunner

import kueue_sim.policy.cycle as cycle
from benchmarks.agreement import digest
from hatch_build import with_constants, with_constructors, with_functions
from kueue_sim.cli import cli


def test_the_version_says_which_build_runs() -> None:
    runs = "compiled" if cycle.__file__.endswith(tuple(EXTENSION_SUFFIXES)) else "pure Python"
    assert CliRunner().invoke(cli, ["--version"]).output == f"kueue-sim, version 0.1.0 ({runs})\n"


def test_worlds_have_digests_of_their_own() -> None:
    digests = [digest(number) for number in (0, 1, 0)]
    assert (digests[0] == digests[2], digests[0] == digests[1]) == (True, False)


def test_the_compiled_copy_has_the_constructors_of_data_classes_written_out_and_keeps_its_lines() -> None:
    source = '''
@dataclass(frozen=True, slots=True)
class Plain:
    """A class."""

    name: str
    other: "Plain | None" = None
    """May be absent,

    and this is long."""

    def method(self) -> None: ...


@dataclass(slots=True, eq=False)
class Counted:
    amounts: dict[str, int] = field(default_factory=dict)
    known: int = field(init=False)

    def __post_init__(self) -> None: ...


@dataclass(slots=True, init=False)
class Own:
    name: str
'''
    assert with_constructors(source) == (
        source.replace("(frozen", "(init=False, frozen")
        .replace("(slots=True, eq", "(init=False, slots=True, eq")
        .replace(
            'long."""\n\n',
            'long."""\n'
            "    def __init__(self, name: str, other: 'Plain | None' = None) -> None: "
            "self.name = name; self.other = other  # type: ignore[misc]\n",
        )
        .replace(
            "field(init=False)\n\n",
            "field(init=False)\n"
            "    def __init__(self, amounts: 'dict[str, int] | None' = None) -> None: "
            "self.amounts = dict() if amounts is None else amounts; self.__post_init__()  # type: ignore[misc]\n",
        )
    )


def test_the_compiled_copy_has_its_constants_declared_and_keeps_its_lines() -> None:
    source = '''"""A module."""

from typing import (
    Any,
)

_LEAST: int = 3
ONE, TWO = "1", "2"
NAMES = {
    "one": ONE,
}
KNOWN: Final = 1
Alias = dict[str, int]
'''
    assert with_constants(source) == (
        source.replace("from typing", "from typing import Final; from typing")
        .replace("_LEAST: int", "_LEAST: Final[int]")
        .replace('ONE, TWO = "1", "2"', "ONE: Final = '1'; TWO: Final = '2'")
        .replace("NAMES = ", "NAMES: Final = ")
    )


def test_the_compiled_copy_has_functions_of_python_as_constants_and_keeps_its_lines() -> None:
    source = "from heapq import heappop, heappush\nfrom math import ceil\n"
    imported = "from heapq import heappop as _heappop, heappush as _heappush"
    assert with_functions(source) == (
        f"{imported}; heappop: Final = _heappop; heappush: Final = _heappush\nfrom math import ceil\n"
    )
