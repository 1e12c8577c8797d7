"""The site: links that leave docs/ do not break, and the reference says what the commands print."""

from types import SimpleNamespace

import pytest

pytest.importorskip("mkdocs", reason="mkdocs is missing: pip install 'kueue-sim[docs]'")

from docs.pictures import stale
from docs.site_hooks import on_page_markdown, printed, python_api


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
