"""Every notebook runs from top to bottom, is what its paired text says, and carries no outputs."""

import asyncio
import gc
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

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
