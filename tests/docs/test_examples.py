"""Every example in the README and in docs/ runs and prints what the page says."""

import contextlib
import io
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

from kueue_sim.cli import main

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = "$ kueue-sim"


@dataclass(frozen=True)
class Block:
    language: str
    info: str
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page that can be run."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(match[1], match[2], match[3], text[: match.start()].count("\n") + 1)
        for match in FENCE.finditer(text)
        if match[1] in ("python", "console")
    ]


def run_command(command: str) -> tuple[int, str]:
    """Exit code and standard output of a command line that starts with kueue-sim."""
    out = io.StringIO()
    code: object = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        try:
            main(shlex.split(command)[1:])
        except SystemExit as stop:
            code = stop.code
    return int(str(code or 0)), out.getvalue()


def run_console(block: Block, where: str) -> None:
    """Runs the block's commands; the lines below a command are what it prints, … stands for anything."""
    wanted = re.search(r"exit=(\d+)", block.info)
    for part in re.split(r"^(?=\$ )", block.text, flags=re.MULTILINE):
        command, _, shown = part.partition("\n")
        while command.endswith("\\"):
            more, _, shown = shown.partition("\n")
            command = command[:-1] + more.strip()
        if not command.startswith(COMMAND):
            continue
        code, printed = run_command(command.removeprefix("$ ").split(" | ")[0].split(" && ")[0])
        assert code == (int(wanted[1]) if wanted else 0), f"{where}: {command}\n{printed}"
        if shown.strip():
            pattern = ".*".join(re.escape(piece) for piece in shown.strip().split("…"))
            assert re.fullmatch(pattern, printed.strip(), re.DOTALL), f"{where}: {command}\n{printed}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_examples_of_a_page_run_as_shown(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "120")
    namespace: dict[str, object] = {"__name__": "example"}
    for block in blocks(page):
        where = f"{page.relative_to(ROOT)}:{block.line}"
        if block.language == "console":
            run_console(block, where)
        else:
            exec(compile(block.text, where, "exec"), namespace)
