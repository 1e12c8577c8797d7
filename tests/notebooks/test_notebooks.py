"""Every notebook runs from top to bottom, is what its paired text says, and carries no outputs."""

import ast
import asyncio
import gc
import os
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import kueue_sim

FOLDER = Path(__file__).parents[2] / "notebooks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.ipynb"))


def read(path: Path) -> Any:
    import jupytext

    return jupytext.read(path)


def executed(path: Path, folder: Path) -> Any:
    """The notebook after a kernel ran it in ``folder``, with this checkout first on its path."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from nbclient import NotebookClient

        notebook = read(path)
        environment = {
            **os.environ,
            "PYTHONPATH": str(FOLDER.parent / "sim"),
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        }
        client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}})
        client.execute(env=environment)
    return notebook


@pytest.fixture(autouse=True)
def no_loop_is_left_open() -> Iterator[None]:
    """nbclient leaves its event loop to the garbage collector, which would complain in some later test."""
    yield
    for one in gc.get_objects():
        if isinstance(one, asyncio.BaseEventLoop) and not one.is_running() and not one.is_closed():
            one.close()


def test_there_are_notebooks() -> None:
    assert NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_what_its_text_says(name: str) -> None:
    text, notebook = read(FOLDER / f"{name}.py"), read(FOLDER / f"{name}.ipynb")
    assert [(cell.cell_type, cell.source) for cell in notebook.cells] == [
        (cell.cell_type, cell.source) for cell in text.cells
    ]
    assert [cell for cell in notebook.cells if cell.get("outputs")] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_runs_and_ends_in_a_decision(name: str, tmp_path: Path) -> None:
    """Run beside the scenarios but away from the large public traces, which may lie beside the repository."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "scenarios").symlink_to(FOLDER.parent / "scenarios", target_is_directory=True)
    notebook = executed(FOLDER / f"{name}.ipynb", tmp_path / "notebooks")
    headings = [line for cell in notebook.cells if cell.cell_type == "markdown" for line in cell.source.splitlines()]
    assert [line for line in headings if line.startswith("## ")][-1] == "## Decision"


DOCUMENTED = {"kueue_sim.testing"}
"""Public modules besides the package itself."""


def private_names(code: str) -> set[str]:
    """What a cell takes of kueue_sim that is neither in ``__all__`` nor a documented module."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names if one.name.startswith("kueue_sim.")}
        elif isinstance(node, ast.ImportFrom) and node.module == "kueue_sim":
            found |= {one.name for one in node.names if one.name not in kueue_sim.__all__}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("kueue_sim."):
            found.add(str(node.module))
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id == "kueue_sim" and node.attr not in kueue_sim.__all__:
                found.add(f"kueue_sim.{node.attr}")
        elif isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            found.add(node.attr)
    return found - DOCUMENTED


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import kueue_sim\nkueue_sim.run(kueue_sim.load_scenario('a.yaml')).plot.gantt()", set()),
        ("from kueue_sim import run, engine", {"engine"}),
        ("from kueue_sim.testing import world\nfrom kueue_sim.inputs import scenario", {"kueue_sim.inputs"}),
        ("import kueue_sim.results.history\nkueue_sim.engine", {"kueue_sim.results.history", "kueue_sim.engine"}),
        ("kueue_sim.run('a').run._facts", {"_facts"}),
    ],
)
def test_private_names_are_noticed(code: str, told: set[str]) -> None:
    assert private_names(code) == told


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_uses_public_names_only(name: str) -> None:
    cells = [cell.source for cell in read(FOLDER / f"{name}.ipynb").cells if cell.cell_type == "code"]
    assert [found for source in cells for found in private_names(source)] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_decision_is_a_sentence_with_figures_that_the_last_cell_holds_true(name: str) -> None:
    cells = read(FOLDER / f"{name}.ipynb").cells
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    decision = "\n".join(texts).rpartition("## Decision")[2]
    assert re.search(r"\*\*[A-Z].+?\.\*\*", decision, re.DOTALL), "no sentence in bold says what to do"
    assert re.search(r"\d", decision), "no figure says why"
    assert cells[-1].cell_type == "code" and cells[-1].source.lstrip().split("\n")[-1].startswith("assert ")
