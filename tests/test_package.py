"""The package's own surface."""

import subprocess
import sys
import tomllib
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import kueue_sim

ROOT = Path(__file__).parents[1]


def test_every_public_name_is_found_and_listed() -> None:
    assert [name for name in kueue_sim.__all__ if name not in dir(kueue_sim)] == []
    assert all(getattr(kueue_sim, name) is not None for name in kueue_sim.__all__)


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import sys, kueue_sim\nprint({'numpy', 'pandas', 'simpy', 'yaml', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_python_runs_the_package_as_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "kueue_sim", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"kueue-sim, version {kueue_sim.__version__}")


def test_the_lock_names_every_distribution_that_any_extra_brings() -> None:
    """Followed from pyproject.toml through what is installed here in the version that the lock names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    asked += [text for extra in project["project"]["optional-dependencies"].values() for text in extra]
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    locked = {canonicalize_name(line.partition("==")[0]): line.partition("==")[2] for line in lines if "==" in line}
    seen: set[tuple[str, frozenset[str]]] = set()
    missing: set[str] = set()
    todo = [Requirement(text) for text in asked]
    while todo:
        one = todo.pop()
        name, extras = canonicalize_name(one.name), frozenset(one.extras)
        if name == "kueue-sim" or (name, extras) in seen or not _applies(one, frozenset()):
            continue
        seen.add((name, extras))
        if name not in locked:
            missing.add(name)
        with suppress(PackageNotFoundError):
            here = distribution(name)
            if here.version == locked.get(name):
                todo += [inner for text in here.requires or () if _applies(inner := Requirement(text), extras)]
    assert sorted(missing) == []


def _applies(one: Requirement, extras: frozenset[str]) -> bool:
    """Whether a requirement holds here, with these extras of who asks for it."""
    return one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in ("", *extras))
