"""What the site has beyond docs/: pages made from the code, and links that lead out of docs/ into the repository."""

import inspect
import os
import posixpath
import re
import subprocess
import sys
from functools import cached_property
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

sys.path.insert(0, str(Path(__file__).parents[1]))
from docs.notebook_pages import notebook_pages

ROOT = Path(__file__).parents[1]
_DOCS = ROOT / "docs"
_LINK = re.compile(r"\[([^\]]+)\]\((?!https?:|mailto:|data:|#)([^)\s]+)\)")
_TESTED = re.compile(r"^```(\w+) exit=\d+$", re.MULTILINE)
"""What a block that leaves with an exit code has behind its language, for the tests."""
_COMMAND = "from kueue_sim.cli import cli; cli(prog_name='kueue-sim')"


def printed(*arguments: str) -> str:
    """What a command line prints, at the width of a page."""
    page = {**os.environ, "COLUMNS": "96"}
    command = [sys.executable, "-c", _COMMAND, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=page).stdout


def python_api() -> str:
    """Every public name with its signature and what its docstring says, methods and properties below their class."""
    import kueue_sim

    parts = ["# Python\n\nEverything that `import kueue_sim` offers. Names that are not here may change.\n"]
    for name in kueue_sim.__all__:
        found = getattr(kueue_sim, name)
        if name.startswith("_") or not callable(found):
            continue
        parts.append(f"## {name}\n\n{_described(name, found)}")
        if not inspect.isclass(found):
            result = inspect.signature(found).return_annotation
            home = getattr(sys.modules[found.__module__], str(result), None) if isinstance(result, str) else result
            found = home if inspect.isclass(home) and home.__module__.startswith("kueue_sim") else None
        for member, value in _members(found):
            parts.append(f"### {found.__name__}.{member}\n\n{_described(member, value)}")
    return "\n".join(parts)


def _members(kind: Any) -> list[tuple[str, Any]]:
    """The public methods and properties that a class of ours defines, with those of its parents."""
    if kind is None or not inspect.isclass(kind):
        return []
    own = {name: value for base in reversed(kind.__mro__) if base.__module__.startswith("kueue_sim")
           for name, value in vars(base).items()}  # fmt: skip
    kinds = (property, cached_property, classmethod)
    return sorted((name, value) for name, value in own.items()
                  if not name.startswith("_") and (inspect.isfunction(value) or isinstance(value, kinds)))  # fmt: skip


def _described(name: str, value: Any) -> str:
    """Signature and docstring; a property has no signature."""
    function = value.__func__ if isinstance(value, classmethod) else value
    says = inspect.getdoc(function) or ""
    if isinstance(function, property | cached_property):
        return f"{says}\n"
    try:
        signature = str(inspect.signature(function)).replace("'", "")
    except ValueError:
        return f"{says}\n"
    return f"```text\n{name}{signature}\n```\n\n{says}\n"


def navigation(index: str) -> list[Any]:
    """The pages in the order in which ``index`` names them, section by section; where it names the index of a folder,
    all pages of the folder come along. Last what no page names: lint rules, and pages that are made from code."""
    found: list[Any] = [{"Overview": "index.md"}]
    seen = {"index.md", *(f"rules/{path.name}" for path in _DOCS.glob("rules/*.md"))}
    _, *parts = re.split(r"^## (.+)$", index, flags=re.MULTILINE)
    for title, text in zip(parts[::2], parts[1::2], strict=True):
        section: list[Any] = []
        for words, page in re.findall(r"\[([^\]]+)\]\(([\w./-]+\.md)\)", text):
            if page in seen:
                continue
            within = _folder(page) if page.endswith("/index.md") else [page]
            seen |= {*within}
            section.append({words: within} if len(within) > 1 else page)
        found.append({title: section})
    made = ["reference/commands.md", "reference/fields.md", "reference/metrics.md", "reference/python.md",
            "reference/examples.md"]  # fmt: skip
    found += [{"Reference": made}, {"Lint rules": _folder("rules/index.md")}]
    if not os.environ.get("SITE_WITHOUT_NOTEBOOKS"):
        names = sorted(f"notebooks/{path.stem}.md" for path in ROOT.glob("notebooks/*.ipynb"))
        found.append({"Notebooks": ["notebooks/index.md", *names]})
    return found


def _folder(page: str) -> list[str]:
    """The pages of a folder, its index first."""
    folder = posixpath.dirname(page)
    return [page, *sorted(f"{folder}/{path.name}" for path in (_DOCS / folder).glob("*.md") if path.name != "index.md")]


def on_config(config: Any) -> Any:
    """Pages stand in the order of docs/index.md, so that newcomers meet first what is for them."""
    config.nav = navigation((_DOCS / "index.md").read_text("utf-8"))
    return config


def on_files(files: Files, config: Any) -> Files:
    """Adds the reference of commands, fields, metrics and examples, as the commands print them."""
    from kueue_sim.cli import COMMANDS

    commands = "".join(f"## {name}\n\n```text\n{printed(name, '--help')}```\n\n" for name in COMMANDS)
    pages = {
        "reference/commands.md": f"# Commands\n\n{commands}",
        "reference/fields.md": f"# Fields of a scenario\n\n{printed('schema', '--markdown')}",
        "reference/metrics.md": f"# Metrics\n\n```text\n{printed('metrics')}```\n",
        "reference/python.md": python_api(),
        "reference/examples.md": f"# Examples\n\n```text\n{printed('example')}```\n",
    }
    if not os.environ.get("SITE_WITHOUT_NOTEBOOKS"):
        pages |= notebook_pages()
    for name, text in pages.items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Links to files beside docs/ lead to the repository; without one they are named only."""
    folder = posixpath.dirname(page.file.src_uri)

    def outside(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join("docs", folder, link[2].partition("#")[0]))
        if target.startswith("docs/") and not (ROOT / target).is_dir():
            return link[0]
        return f"[{link[1]}]({config.repo_url.rstrip('/')}/blob/main/{target})" if config.repo_url else link[1]

    return _LINK.sub(outside, _TESTED.sub(r"```\1", markdown))
