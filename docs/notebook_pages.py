"""Notebooks as pages of the site: each is run from top to bottom, and stands there with what its cells show."""

import os
import re
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def notebook_pages() -> dict[str, str]:
    """The pages by name, and one that lists them."""
    pages = {
        f"notebooks/{path.stem}.md": as_markdown(executed(path)) for path in sorted(ROOT.glob("notebooks/*.ipynb"))
    }
    listed = "".join(
        f"* [{text.partition(chr(10))[0].lstrip('# ')}]({name.removeprefix('notebooks/')})\n"
        for name, text in pages.items()
    )
    return {
        "notebooks/index.md": f"# Notebooks\n\nRun when this site was built; they lie in `notebooks/`.\n\n{listed}",
        **pages,
    }


def executed(path: Path) -> Any:
    """The notebook after a kernel ran it, in a folder beside nothing but the scenarios."""
    import jupytext
    from nbclient import NotebookClient

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Path(folder, "scenarios").symlink_to(ROOT / "scenarios")
        found = jupytext.read(path)
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "sim"),
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        }
        client = NotebookClient(found, timeout=600, resources={"metadata": {"path": folder}})
        client.execute(env=environment)
        return found


def as_markdown(notebook: Any) -> str:
    """Text, code, and what it shows, as one page."""
    return "\n\n".join(part for cell in notebook.cells for part in _parts(cell) if part.strip()) + "\n"


def _parts(cell: Any) -> Iterator[str]:
    if cell.cell_type == "markdown":
        yield cell.source
        return
    if cell.cell_type != "code":
        return
    yield f"```python\n{cell.source}\n```"
    for output in cell.outputs:
        yield _shown(output)


def _shown(output: Any) -> str:
    """One output: a picture before a table before text."""
    if output.output_type == "stream":
        return "" if output.name == "stderr" else f"```text\n{output.text.rstrip()}\n```"
    data = output.get("data", {})
    if "image/png" in data:
        return f"![what the cell draws](data:image/png;base64,{''.join(data['image/png'].split())})"
    if "text/html" in data:
        # A line end would end the block in Markdown; styles of tables are the site's.
        plain = re.sub(r"<style.*?</style>", "", data["text/html"], flags=re.DOTALL).strip()
        return f'<div class="output">{plain.replace(chr(10), "&#10;")}</div>'
    return f"```text\n{data['text/plain'].rstrip()}\n```" if "text/plain" in data else ""
