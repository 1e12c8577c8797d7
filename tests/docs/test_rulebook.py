"""The rulebook in docs/kueue and the code speak of the same rules, and pages lead where they say."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kueue_sim.model import decisive_gates

ROOT = Path(__file__).parents[2]
BOOK = ROOT / "docs" / "kueue"
OLDER_GATES = {"FlavorFungibilityImplicitPreferenceDefault"}
"""Gates on page 30 alone: releases of today have them no more."""
CODE = ROOT / "sim" / "kueue_sim"
NUMBER = r"(?:R\d+\.\d+|V\d+a?)"
RULE = re.compile(rf'^<a id="([^"]+)"></a>\*\*({NUMBER})\b', re.MULTILINE)
CITED = re.compile(rf"\b({NUMBER})[a-z]?(?:\s*[–-]\s*({NUMBER}))?(?!\w|\.\d)")
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s#]*)(?:#([^)\s]+))?\)")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *CODE.rglob("*.md")])


def rules_in_order() -> list[str]:
    """The numbers of all rules, in the order of the book."""
    return [number for page in sorted(BOOK.glob("[0-9]*.md")) for _, number in RULE.findall(page.read_text("utf-8"))]


RULES = rules_in_order()
PLACE = {number: place for place, number in enumerate(RULES)}


def cited_in(text: str) -> Iterator[str]:
    """Every rule that a text names, those between the two ends of a range included."""
    for first, last in CITED.findall(text):
        yield first
        if last in PLACE and first in PLACE:
            yield from RULES[PLACE[first] : PLACE[last] + 1]
        elif last:
            yield last


def citations() -> dict[str, set[str]]:
    """Per rule, the files of the package that cite it."""
    found: dict[str, set[str]] = {}
    for path in sorted(CODE.rglob("*.py")):
        for number in cited_in(path.read_text("utf-8")):
            found.setdefault(number, set()).add(str(path.relative_to(ROOT)))
    return found


def table(heading: str) -> dict[str, str]:
    """A table of what is not modelled: per rule, the cell after its number."""
    text = (BOOK / "not-modelled.md").read_text("utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return dict(re.findall(rf"^\| \[?({NUMBER})[^|]*\| ([^|]+?) \|", text, re.MULTILINE))


def anchors(page: Path) -> set[str]:
    """What a link into the page may name: explicit anchors, and those of headings."""
    text = page.read_text("utf-8")
    headings = re.findall(r"^#+ +(.+)$", text, re.MULTILINE)
    return {*re.findall(r'<a id="([^"]+)">', text)} | {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings
    }


def test_every_rule_has_one_number_and_an_anchor_made_of_it() -> None:
    found = [pair for page in sorted(BOOK.glob("*.md")) for pair in RULE.findall(page.read_text("utf-8"))]
    assert len(RULES) == len(PLACE) == len(found)
    assert [anchor for anchor, _ in found] == [number.lower().replace(".", "-") for _, number in found]


def test_a_rule_stands_on_the_page_of_its_number() -> None:
    for page in BOOK.glob("[0-9]*.md"):
        chapter = int(page.name[:2])
        wanted = "V" if chapter == 30 else f"R{chapter}."
        assert [n for _, n in RULE.findall(page.read_text("utf-8")) if not n.startswith(wanted)] == [], page.name


def test_no_rule_that_was_ever_given_a_number_is_lost() -> None:
    last = {1: 43, 2: 27, 3: 52, 4: 90, 5: 71, 6: 94, 7: 25, 10: 50, 11: 54, 12: 37, 20: 86, 21: 44}
    counted = {chapter: sum(number.startswith(f"R{chapter}.") for number in RULES) for chapter in last}
    assert {
        chapter: max(int(n.split(".")[1]) for n in RULES if n.startswith(f"R{chapter}.")) for chapter in last
    } == last
    assert counted == COUNTS
    assert [number for number in RULES if number.startswith("V")][-1] == "V31"


COUNTS = {1: 36, 2: 27, 3: 35, 4: 58, 5: 49, 6: 44, 7: 24, 10: 41, 11: 48, 12: 37, 20: 78, 21: 43}
"""Rules per page. A rule that is added raises its page's number; none is ever taken out."""


def test_every_number_that_the_code_cites_is_in_the_book() -> None:
    assert {number: files for number, files in citations().items() if number not in PLACE} == {}


def test_every_rule_is_cited_or_listed_with_the_reason() -> None:
    listed = {*table("Not modelled"), *table("Modelled, cited nowhere by number")}
    known = listed | set(citations())
    missing = [number for number in RULES if number not in known and not number.startswith("V")]
    assert missing == [], "cite them where they are implemented, or list them in docs/kueue/not-modelled.md"
    assert sorted(listed - set(RULES)) == []


def test_what_is_called_not_modelled_is_not_cited() -> None:
    cited = citations()
    assert {number: cited[number] for number in table("Not modelled") if number in cited} == {}


def test_uncited_rules_are_listed_with_a_part_of_the_package_that_exists() -> None:
    where = table("Modelled, cited nowhere by number")
    assert [number for number, place in where.items() if not (CODE / place.strip("`")).exists()] == []


def test_no_citation_leads_to_a_numbered_file_or_section() -> None:
    dead = re.compile(r"\bfile \d\d\b|\(section \d+\.\d+\)|semantics/")
    lines = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in sorted(CODE.rglob("*.py"))
        for line in path.read_text("utf-8").splitlines()
        if dead.search(line) and "HyperPod facts" not in line
    ]
    assert [line for line in lines if "hyperpod" not in line.lower()] == []


def test_the_page_of_gates_has_the_defaults_that_are_used() -> None:
    text = (BOOK / "08-feature-gates.md").read_text("utf-8")
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|", text.split("## Configuration")[0], re.MULTILINE)
    for release, column in (("0.20", 2), ("0.19", 1)):
        shown = {name: cells[column].strip("* ") for cells in rows for name in names_of_gates(cells[0])}
        defaults = {name: value for name, value in decisive_gates(release).items() if name not in OLDER_GATES}
        assert sorted(set(defaults) - set(shown)) == []
        wrong = {name: shown[name] for name, value in defaults.items() if shown[name].startswith("on") != value}
        assert wrong == {}, release


def names_of_gates(cell: str) -> list[str]:
    """The gates of a row; ``…FailFast`` continues the name before it."""
    names: list[str] = []
    for name in re.findall(r"…?\w+", cell.replace("(and ", "").replace("*", "")):
        names.append(names[0] + name[1:] if name.startswith("…") else name)
    return names


def defined_names() -> set[str]:
    """Every class, function, method, attribute and constant that the package defines."""
    names: set[str] = set()
    for path in CODE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                names.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                names.add(node.attr)
    return names


def test_the_glossary_names_files_and_things_that_exist() -> None:
    text = (BOOK / "glossary.md").read_text("utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("| ")]
    files = [name for row in rows for cell in row for name in re.findall(r"`([a-z_]+/[\w/.]*)`", cell)]
    assert [name for name in files if not (CODE / name).exists()] == []
    ours = {name for row in rows for name in re.findall(r"`([A-Za-z_.]+)`", row[-3])}
    known = defined_names()
    assert sorted(name for name in ours if name.split(".")[-1] not in known) == []


def test_the_walks_of_the_architecture_name_functions_and_files_that_exist() -> None:
    walks = (ROOT / "docs" / "architecture.md").read_text("utf-8").split("## Three walks")[1].split("\n## ")[0]
    rows = [line.split("|")[2] for line in walks.splitlines() if re.match(r"\| \d", line)]
    known, files = defined_names(), {path.name for path in CODE.rglob("*.py")}
    named = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    assert len(rows) == 30
    assert [name for name in named if "/" in name and not (CODE / name).exists()] == []
    assert [name for name in named if "/" not in name and name.endswith(".py") and name not in files] == []
    steps = [part for name in named if "/" not in name and not name.endswith(".py") for part in name.split(".")]
    assert sorted(set(steps) - known) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_a_page_lead_to_files_and_anchors_that_exist(page: Path) -> None:
    broken = []
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for name, anchor in LINK.findall(text):
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            broken.append(f"{name}#{anchor}" if anchor else name)
    assert broken == []
