"""What a stranger finds first: licence, versions that agree, commands that exist."""

import ast
import re
import tomllib
from pathlib import Path

import yaml

import kueue_sim

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_the_package_says_that_it_is_typed_and_under_which_licence() -> None:
    assert (Path(kueue_sim.__file__).parent / "py.typed").exists()
    assert (PROJECT["license"], PROJECT["license-files"]) == ("Apache-2.0", ["LICENSE", "NOTICE"])
    assert (ROOT / "LICENSE").read_text("utf-8").split()[:3] == ["Apache", "License", "Version"]


def test_versions_agree() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    released = re.findall(r"^## (\d[\w.]*) – (\S+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert released[0] == (citation["version"], str(citation["date-released"]))
    assert citation["version"] == kueue_sim.__version__


def test_the_tasks_that_contributors_are_told_of_exist() -> None:
    tree = ast.parse((ROOT / "noxfile.py").read_text("utf-8"))
    tasks = {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.decorator_list}
    told: set[str] = set()
    for page in (
        ROOT / "CONTRIBUTING.md",
        ROOT / ".github" / "pull_request_template.md",
        ROOT / ".github/workflows/ci.yml",
    ):
        for words in re.findall(r"nox -s ((?:[a-z]+ ?)+)", page.read_text("utf-8")):
            told.update(words.split())
    assert sorted(told - tasks) == []
    assert {"fmt", "lint", "types", "test", "fast", "thorough", "conformance", "bench", "mutate", "docs"} <= tasks


def test_every_python_that_is_promised_is_tested() -> None:
    promised = re.findall(r":: (3\.\d+)'", str(PROJECT["classifiers"]))
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))["jobs"]
    assert jobs["test"]["strategy"]["matrix"]["python"] == promised
