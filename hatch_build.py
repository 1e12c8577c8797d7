"""The optional compiled build: with KUEUE_SIM_COMPILE=1 the policy and the engine become extension modules (mypyc).

The sources are the same, and lie in the wheel as well. What a run hands to other processes stays Python, since it is
pickled: the model, and of the engine the modules in ``PYTHON``. Constructors of data classes, which Python writes when
it imports them and mypyc therefore cannot see, are written out in the copy that is compiled. Constants, and functions
of Python that hot code calls, are declared as such there, so that they are not looked up by name.
"""

import ast
import subprocess
import sys
from os import cpu_count, environ
from pathlib import Path
from shutil import copytree, rmtree
from tempfile import mkdtemp
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FLAG = "KUEUE_SIM_COMPILE"
ROOMS = ("policy", "engine")
PYTHON = ("engine/facts.py", "engine/pods/node_report.py")
CALLED = ("bisect", "heapq")
"""Modules of Python whose functions hot code calls."""

SETUP = """
from mypyc.build import mypycify
from setuptools import setup

modules = {modules!r}
extensions = mypycify(
    ["--config-file", "mypy.ini", *modules],
    opt_level={level!r},
    debug_level="0",
    multi_file=True,
    group_name="kueue_sim",
)
setup(name="kueue-sim", packages=[], ext_modules=extensions)
"""
TYPES = """
[mypy]
python_version = {python}
ignore_missing_imports = True
[mypy-kueue_sim]
follow_imports = skip
[mypy-kueue_sim.inputs.*]
follow_imports = silent
"""


class CompiledBuild(BuildHookInterface[Any]):
    """Adds the extension modules to a wheel when they are asked for; without the flag the wheel is pure Python."""

    def dependencies(self) -> list[str]:
        """What compiling needs, beside a C compiler. SimPy is there to be inherited from: what its classes hold is not
        to be held once more by ours."""
        return ["mypy>=1.18", "setuptools>=70", "simpy>=4.1"] if _is_wanted() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile in a folder of its own and put the modules beside their sources. An editable install stays Python."""
        self._folder: Path | None = None
        if version != "standard" or not _is_wanted():
            return
        self._folder = Path(mkdtemp(prefix="kueue-sim-"))
        build_data["pure_python"], build_data["infer_tag"] = False, True
        for module in compiled(Path(self.root) / "sim" / "kueue_sim", self._folder):
            build_data["force_include"][str(module)] = str(module.relative_to(self._folder))

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """The modules are in the wheel now."""
        if self._folder is not None:
            rmtree(self._folder)


def compiled(package: Path, folder: Path, level: str = "1") -> list[Path]:
    """The extension modules of a package, made in ``folder`` beside a copy of its sources.

    Raises CalledProcessError where mypyc or the C compiler fails.
    """
    copytree(package, folder / package.name, ignore=lambda _, names: [name for name in names if name == "__pycache__"])
    modules = [
        str(source.relative_to(folder))
        for room in ROOMS
        for source in sorted((folder / package.name / room).rglob("*.py"))
        if source.name != "__init__.py" and source.relative_to(folder / package.name).as_posix() not in PYTHON
    ]
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    for module in modules:
        source = folder / module
        text = with_constructors(source.read_text(encoding="utf-8"))
        source.write_text(with_constants(with_functions(text)), encoding="utf-8")
    (folder / "setup.py").write_text(SETUP.format(modules=modules, level=level), encoding="utf-8")
    (folder / "mypy.ini").write_text(TYPES.format(python=python), encoding="utf-8")
    command = [sys.executable, "setup.py", "build_ext", "--inplace", "-j", str(cpu_count() or 1)]
    subprocess.run(command, cwd=folder, check=True, stdout=sys.stderr)
    made = [*folder.glob("*"), *(folder / package.name).rglob("*")]
    return sorted(path for path in made if path.suffix in (".so", ".pyd"))


def with_constructors(source: str) -> str:
    """The source with the constructors of its data classes written out, each in the empty line after the fields, so
    that lines keep their numbers."""
    lines = [*source.split("\n"), ""]
    for node in ast.parse(source).body:
        decorator = _dataclass(node)
        if isinstance(node, ast.ClassDef) and decorator is not None:
            last = max((one.end_lineno or 0 for one in node.body if isinstance(one, ast.AnnAssign)), default=0)
            while last and lines[last].lstrip().startswith('"""'):
                last = next(one.end_lineno or 0 for one in node.body if one.lineno == last + 1)
            if last:
                assert not lines[last], f"line {last + 1} is to be empty"
                lines[last] = f"    {_constructor(node)}"
                lines[decorator - 1] = lines[decorator - 1].replace("@dataclass(", "@dataclass(init=False, ")
    return "\n".join(lines[:-1] if not lines[-1] else lines)


def _dataclass(node: ast.stmt) -> int | None:
    """The line in which a class is made a data class, None where it is none or has a constructor of its own."""
    for decorator in node.decorator_list if isinstance(node, ast.ClassDef) else ():
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "dataclass":
            own = any(keyword.arg == "init" for keyword in decorator.keywords)
            return None if own else decorator.lineno
    return None


def _fields(node: ast.ClassDef) -> list[ast.AnnAssign]:
    """What a constructor is given; no data class here has class variables."""
    return [one for one in node.body if isinstance(one, ast.AnnAssign) and "init=False" not in ast.unparse(one)]


def _constructor(node: ast.ClassDef) -> str:
    """What Python would write, in one line. A frozen one may be written to while it is made."""
    parameters, body = [], []
    for one in _fields(node):
        name, kind = ast.unparse(one.target), ast.unparse(one.annotation)
        factory = _factory(one.value)
        if factory:
            kind = kind.replace("'", "")
            parameters.append(f"{name}: '{kind} | None' = None")
            body.append(f"self.{name} = {factory}() if {name} is None else {name}")
        else:
            parameters.append(f"{name}: {kind}" + (f" = {ast.unparse(one.value)}" if one.value else ""))
            body.append(f"self.{name} = {name}")
    if any(isinstance(one, ast.FunctionDef) and one.name == "__post_init__" for one in node.body):
        body.append("self.__post_init__()")
    return f"def __init__(self, {', '.join(parameters)}) -> None: {'; '.join(body)}  # type: ignore[misc]"


def _factory(value: ast.expr | None) -> str:
    """The name of what makes a field's default, "" where it has none."""
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "field":
        return next((ast.unparse(one.value) for one in value.keywords if one.arg == "default_factory"), "")
    return ""


def with_functions(source: str) -> str:
    """The source with the functions of ``CALLED`` as constants of the module that imports them; lines keep their
    numbers."""
    lines = source.split("\n")
    for node in ast.parse(source).body:
        if isinstance(node, ast.ImportFrom) and node.module in CALLED:
            names = [alias.name for alias in node.names]
            imported = ", ".join(f"{name} as _{name}" for name in names)
            constants = "; ".join(f"{name}: Final = _{name}" for name in names)
            lines[node.lineno - 1] = f"from {node.module} import {imported}; {constants}"
    return "\n".join(lines)


def with_constants(source: str) -> str:
    """The source with what is named like a constant, and is assigned one by one, declared ``Final``; lines keep their
    numbers."""
    lines, body = source.split("\n"), ast.parse(source).body
    for node in body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        kind = ast.unparse(node.annotation) if isinstance(node, ast.AnnAssign) else ""
        if isinstance(target, ast.Name) and target.id.isupper() and "Final" not in kind:
            line = lines[node.lineno - 1]
            assert isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
            start = f"{target.id}: Final[{kind}] = " if kind else f"{target.id}: Final = "
            lines[node.lineno - 1] = start + line.split(" = ", 1)[1]
        elif isinstance(target, ast.Tuple) and isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
            pairs = zip(target.elts, node.value.elts, strict=True)
            lines[node.lineno - 1] = "; ".join(
                f"{ast.unparse(one)}: Final = {ast.unparse(value)}" for one, value in pairs
            )
    first = next((one.lineno for one in body if isinstance(one, ast.Import | ast.ImportFrom)), 0)
    if first:
        lines[first - 1] = f"from typing import Final; {lines[first - 1]}"
    return "\n".join(lines)


def _is_wanted() -> bool:
    return environ.get(FLAG, "") not in ("", "0")
