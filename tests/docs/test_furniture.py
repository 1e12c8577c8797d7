"""What a stranger finds first: licence, versions that agree, commands that exist."""

import ast
import re
import tomllib
from collections import Counter
from pathlib import Path

import click
import yaml

import kueue_sim
from kueue_sim.cli import COMMANDS, cli

ROOT = Path(__file__).parents[2]
PAGES = ("*.md", "docs/**/*.md", ".github/**/*.md", "sim/**/*.md", "tests/**/*.md")
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


def test_the_container_is_not_root_and_gets_all_that_the_wheel_is_built_of() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    assert [line.split()[1] for line in lines if line.startswith("USER ")] == ["65532"]
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    parts = [*tool["packages"], *tool["force-include"], PROJECT["readme"], *PROJECT["license-files"]]
    assert {part.partition("/")[0] for part in parts} <= sent


def test_the_action_runs_commands_that_exist_with_a_form_that_they_have() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    script = action["runs"]["steps"][-1]["run"]
    found = re.search(r"case \"\$COMMAND\" in (\S+)\) form=\(--format (\w+)\)", script)
    assert found is not None and action["inputs"]["command"]["default"] in COMMANDS
    for name in found[1].split("|"):
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        forms = [
            one.type.choices for one in command.params if isinstance(one.type, click.Choice) and one.name == "form"
        ]
        assert [found[2] in choices for choices in forms] == [True]


def test_every_python_that_is_promised_is_tested() -> None:
    promised = re.findall(r":: (3\.\d+)'", str(PROJECT["classifiers"]))
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))["jobs"]
    assert jobs["test"]["strategy"]["matrix"]["python"] == promised


def test_pages_are_written_in_lines_of_120_characters() -> None:
    """Tables and examples aside, whose lines are as long as what they show."""
    long = []
    for page in sorted(path for pattern in PAGES for path in ROOT.glob(pattern)):
        prose = re.sub(r"^( *)```.*?^\1```", _blank, page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
        for number, line in enumerate(prose.splitlines(), 1):
            if len(line) > 120 and not line.lstrip().startswith("|"):
                long.append(f"{page.relative_to(ROOT)}:{number}: {len(line)}")
    assert long == []


def _blank(example: re.Match[str]) -> str:
    """As many empty lines, so that numbers of lines stay those of the file."""
    return "\n" * example[0].count("\n")


def test_no_module_is_above_400_lines_and_no_folder_has_more_than_20() -> None:
    modules = [path for part in ("sim", "tests", "benchmarks") for path in (ROOT / part).rglob("*.py")]
    folders = Counter(path.parent.relative_to(ROOT) for path in modules)
    assert {str(folder): count for folder, count in folders.items() if count > 20} == {}
    assert [str(path.relative_to(ROOT)) for path in modules if len(path.read_text("utf-8").splitlines()) > 400] == []
