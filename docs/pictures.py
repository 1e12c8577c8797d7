"""Makes the pictures of the README and the site from what the commands print: ``python docs/pictures.py``.

``terminal.svg`` is the introductory lab in a terminal. ``report.png`` is the page of a run in a browser, taken where
one is installed; ``pictures.json`` has the digest of the words it shows. ``--check`` only says what is out of date.
"""

import argparse
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.terminal_theme import MONOKAI

from kueue_sim import load_scenario, run
from kueue_sim.report.page.run_page import run_page
from kueue_sim.report.text.console import ReportConsole
from kueue_sim.report.text.terminal import print_report

IMAGES = Path(__file__).parent / "images"
LAB, WEIGHTS = "scenarios/lab-option-1.yaml", "scenarios/fair-sharing-weights.yaml"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def terminal() -> str:
    """The report of the introductory lab as a terminal shows it."""
    console = ReportConsole(record=True, width=112, highlight=False, force_terminal=True, file=io.StringIO())
    print_report(run(load_scenario(LAB)), console, warnings=False)
    drawn = console.export_svg(title=f"kueue-sim run {LAB}", theme=MONOKAI, unique_id="terminal")
    # The library's template asks a server for a font; any that is there will do.
    return re.sub(r"@font-face \{.*?\}", "", drawn, flags=re.DOTALL).replace("Fira Code", "ui-monospace")


def page() -> str:
    """The page whose picture is in the README."""
    return run_page(run(load_scenario(WEIGHTS)))


def photograph(html: str, picture: Path) -> bool:
    """Take the picture of a page; False without a browser."""
    command = next((found for found in map(shutil.which, BROWSERS) if found), None)
    if command is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        shown = Path(folder) / "report.html"
        shown.write_text(html, encoding="utf-8")
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1240,1500"]
        options += [f"--user-data-dir={folder}/profile", f"--screenshot={picture}", shown.as_uri()]
        subprocess.run([command, *options], check=True, capture_output=True, timeout=180)
    return True


def digest(html: str) -> str:
    """Stands for the words of that part of the page which the picture shows."""
    shown = html.partition("<body>")[2].partition('<section id="use-against-quota"')[0]
    return hashlib.sha256(" ".join(re.sub(r"<[^>]+>", " ", shown).split()).encode()).hexdigest()


def words(drawn: str) -> list[str]:
    """What stands in a drawing of the terminal, whatever it looks like."""
    return re.findall(r"<text[^>]*>(.*?)</text>", drawn)


def stale() -> list[str]:
    """The pictures that do not show what the commands print now."""
    known = json.loads((IMAGES / "pictures.json").read_text())
    drawn = (IMAGES / "terminal.svg").read_text(encoding="utf-8")
    found = [] if words(drawn) == words(terminal()) else ["terminal.svg"]
    return found if known == {"report.png": digest(page())} else [*found, "report.png"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say what is out of date")
    if parser.parse_args().check:
        old = stale()
        print("\n".join(f"{name} is out of date: run python docs/pictures.py" for name in old) or "pictures are true")
        return 1 if old else 0
    (IMAGES / "terminal.svg").write_text(terminal(), encoding="utf-8")
    if photograph(page(), IMAGES / "report.png"):
        (IMAGES / "pictures.json").write_text(json.dumps({"report.png": digest(page())}, indent=2) + "\n")
    else:
        print("no browser is installed: report.png stays as it is", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
