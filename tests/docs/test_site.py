"""The site: links that leave docs/ do not break, and the reference says what the commands print."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("mkdocs", reason="mkdocs is missing: pip install 'kueue-sim[docs]'")

from docs.notebook_pages import as_markdown
from docs.pictures import stale
from docs.site_hooks import navigation, on_page_markdown, printed, python_api


@pytest.mark.parametrize(
    ("repository", "expected"),
    [(None, "see [nodes](../nodes.md#a) and the code"),
     ("https://example.org/k/", "see [nodes](../nodes.md#a) and [the code](https://example.org/k/blob/main/sim/kueue_sim)")],
)  # fmt: skip
def test_links_out_of_the_documentation_lead_to_the_repository_or_are_words(
    repository: str | None, expected: str
) -> None:
    page = SimpleNamespace(file=SimpleNamespace(src_uri="kueue/index.md"))
    text = "see [nodes](../nodes.md#a) and [the code](../../sim/kueue_sim)"
    assert on_page_markdown(text, page, SimpleNamespace(repo_url=repository), None) == expected  # type: ignore[arg-type]


def test_the_navigation_is_that_of_the_index_with_every_page_once() -> None:
    docs = Path(__file__).parents[2] / "docs"
    found = navigation((docs / "index.md").read_text("utf-8"))
    sections = [title for section in found[1:] for title in section]
    assert sections[0] == "Begin here" and sections[-3:] == ["Reference", "Lint rules", "Notebooks"]
    assert found[1]["Begin here"][0] == "first-what-if.md"

    def pages(part: Any) -> list[str]:
        if isinstance(part, str):
            return [part]
        return [page for inner in (part.values() if isinstance(part, dict) else part) for page in pages(inner)]

    named = [page for page in pages(found) if not page.startswith(("reference/", "notebooks/"))]
    assert sorted(named) == sorted(str(path.relative_to(docs)) for path in docs.rglob("*.md"))


def test_the_reference_is_what_the_commands_print() -> None:
    assert printed("metrics", "--format", "csv").startswith("metric,unit,better,of,what it is\nwait.STAT,seconds,")


def test_the_pictures_show_what_the_commands_print() -> None:
    assert stale() == []


def test_the_reference_of_python_has_every_public_name_and_what_its_results_can_do() -> None:
    import kueue_sim

    page = python_api()
    wanted = [f"## {name}" for name in kueue_sim.__all__ if not name.startswith("_")]
    wanted += ["### Result.explain", "### ComparisonReport.plot", "### SweepReport.table", "### ForecastReport.save"]
    assert [line for line in wanted if f"{line}\n" not in page] == []


def test_blocks_with_an_exit_code_stay_blocks_on_the_site() -> None:
    page = SimpleNamespace(file=SimpleNamespace(src_uri="what-if.md"))
    shown = on_page_markdown("```console exit=1\n$ x\n```\n", page, SimpleNamespace(repo_url=None), None)  # type: ignore[arg-type]
    assert shown == "```console\n$ x\n```\n"


def test_a_notebook_becomes_a_page_with_what_its_cells_show() -> None:
    def output(**data: str) -> dict[str, object]:
        return {"data": {name.replace("_", "/"): text for name, text in data.items()}}

    outputs = [
        Shown(output_type="stream", name="stdout", text="one\n"),
        Shown(output_type="stream", name="stderr", text="never"),
        Shown(output_type="display_data", **output(image_png="QUJD\n", text_plain="never")),
        Shown(output_type="execute_result", **output(text_html="<style>x</style><pre>a\nb</pre>")),
        Shown(output_type="execute_result", **output(text_plain="42")),
    ]
    cells = [
        SimpleNamespace(cell_type="markdown", source="# Title"),
        SimpleNamespace(cell_type="code", source="f()", outputs=outputs),
    ]
    assert as_markdown(SimpleNamespace(cells=cells)).split("\n\n") == [
        "# Title",
        "```python\nf()\n```",
        "```text\none\n```",
        "![what the cell draws](data:image/png;base64,QUJD)",
        '<div class="output"><pre>a&#10;b</pre></div>',
        "```text\n42\n```\n",
    ]


class Shown(dict[str, object]):
    """An output of a cell: its parts are items and attributes, as in notebooks that are read."""

    def __getattr__(self, name: str) -> object:
        return self[name]
