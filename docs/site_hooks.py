"""What the site has beyond docs/: pages made from the code, and links that lead out of docs/ into the repository."""

import os
import posixpath
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
_LINK = re.compile(r"\[([^\]]+)\]\((?!https?:|mailto:|#)([^)\s]+)\)")
_COMMAND = "from kueue_sim.cli import cli; cli(prog_name='kueue-sim')"


def printed(*arguments: str) -> str:
    """What a command line prints, at the width of a page."""
    page = {**os.environ, "COLUMNS": "96"}
    command = [sys.executable, "-c", _COMMAND, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=page).stdout


def on_files(files: Files, config: Any) -> Files:
    """Adds the reference of commands, fields, metrics and examples, as the commands print them."""
    from kueue_sim.cli import COMMANDS

    commands = "".join(f"## {name}\n\n```text\n{printed(name, '--help')}```\n\n" for name in COMMANDS)
    pages = {
        "reference/commands.md": f"# Commands\n\n{commands}",
        "reference/fields.md": f"# Fields of a scenario\n\n{printed('schema', '--markdown')}",
        "reference/metrics.md": f"# Metrics\n\n```text\n{printed('metrics')}```\n",
        "reference/examples.md": f"# Examples\n\n```text\n{printed('example')}```\n",
    }
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

    return _LINK.sub(outside, markdown)
