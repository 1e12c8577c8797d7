"""Which functions of the policy and the engine are called, by whom: the evidence behind ``tests/map.yaml``."""

import ast
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

import kueue_sim

PACKAGE = Path(kueue_sim.__file__).parent
ROOMS = ("policy", "engine")
Function = tuple[str, str]
"""The file below the package, and the function's name, with its class."""
_DECORATED = ("overload", "abstractmethod", "cache")


def functions() -> dict[Function, int]:
    """Every function of both rooms and the line its code begins in. Methods of Protocols, and abstract ones, have no
    code to call, and functions whose answers are cached are called by whoever comes first."""
    found: dict[Function, int] = {}
    for room in ROOMS:
        for path in sorted((PACKAGE / room).rglob("*.py")):
            file = path.relative_to(PACKAGE).as_posix()
            for scope, node in _definitions(ast.parse(path.read_text(encoding="utf-8")), ""):
                found[file, f"{scope}{node.name}"] = min((node.lineno, *(one.lineno for one in node.decorator_list)))
    return found


def _definitions(tree: ast.AST, scope: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            if not any(name in ast.dump(one) for one in node.decorator_list for name in _DECORATED):
                yield scope, node
        elif isinstance(node, ast.ClassDef) and not any("Protocol" in ast.dump(one) for one in node.bases):
            yield from _definitions(node, f"{scope}{node.name}.")


class Calls:
    """Collects who calls what; ``by`` maps a name of yours to the functions called under it."""

    def __init__(self) -> None:
        self._names = {(str(PACKAGE / file), line): (file, name) for (file, name), line in functions().items()}
        self.by: dict[str, set[Function]] = defaultdict(set)

    @contextmanager
    def under(self, name: str) -> Iterator[None]:
        """Everything called inside counts under this name."""
        names, called = self._names, self.by[name]

        def note(frame: FrameType, event: str, argument: object) -> None:
            if event == "call":
                function = names.get((frame.f_code.co_filename, frame.f_code.co_firstlineno))
                if function is not None:
                    called.add(function)

        before = sys.getprofile()
        sys.setprofile(note)
        try:
            yield
        finally:
            sys.setprofile(before)


class PerFile:
    """A pytest plugin: which functions the tests of each file call, written to a JSON file when they are through."""

    def __init__(self, output: Path) -> None:
        self._output = output
        self._calls = Calls()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        with self._calls.under(item.nodeid.split("::")[0]):
            yield

    def pytest_sessionfinish(self) -> None:
        found = {name: sorted(called) for name, called in self._calls.by.items()}
        self._output.write_text(json.dumps(found), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    """Loaded by ``-p tests.called``; the file to write is named by the environment."""
    output = os.environ.get("CALLED_OUTPUT")
    if output:
        config.pluginmanager.register(PerFile(Path(output)))
