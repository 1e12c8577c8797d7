"""Kueue's concepts are found by the names of files: the table of the glossary, looked up."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "sim" / "kueue_sim"
FILES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))
GLOSSARY = (ROOT / "docs" / "kueue" / "glossary.md").read_text(encoding="utf-8")
FEW = 6
"""A word that more file names have leads nowhere."""


def rows() -> list[tuple[str, str, list[str]]]:
    """Concept, the word that is looked for among file names, and the files that hold the concept."""
    section = GLOSSARY.split("\n## Found by name\n")[1].split("\n## ")[0]
    found = re.findall(r"^\| ([^|]+?) \| `([^`|]+)` \| (.+?) \|$", section, re.MULTILINE)
    return [(concept, word, re.findall(r"`([^`]+)`", files)) for concept, word, files in found]


def test_all_concepts_are_in_the_table() -> None:
    assert len(rows()) == 25


@pytest.mark.parametrize(("concept", "word", "files"), rows(), ids=[row[0] for row in rows()])
def test_the_word_leads_to_the_file(concept: str, word: str, files: list[str]) -> None:
    named = [str(path) for path in FILES if word in path.stem]
    assert set(files) <= set(named), f"{word} leads to {named}"
    assert 0 < len(named) <= FEW
