"""Every test that a page names is there: where a test was renamed, the page would promise what nobody can look up."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
CITED = re.compile(r"`(tests/[\w/.-]+)::([^`]+)`")
CITING = [page for page in PAGES if CITED.search(page.read_text("utf-8"))]


def missing(text: str) -> list[str]:
    """The tests named in a text that are in no file; of a parametrized test the function counts."""
    lost = []
    for path, name in CITED.findall(text):
        file = ROOT / path
        definition = name if file.suffix == ".yaml" else f"def {name.partition('[')[0]}("
        if not file.is_file() or definition not in file.read_text("utf-8"):
            lost.append(f"{path}::{name}")
    return lost


@pytest.mark.parametrize("page", CITING, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_tests_that_a_page_names_are_there(page: Path) -> None:
    assert missing(page.read_text("utf-8")) == []


def test_a_test_that_was_renamed_is_found_out() -> None:
    assert missing("`tests/docs/test_cited_tests.py::test_of_old`") == ["tests/docs/test_cited_tests.py::test_of_old"]
