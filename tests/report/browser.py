"""A real headless browser for pages: what it complained about, what it rendered, and a picture."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@dataclass(frozen=True)
class Rendered:
    """``document`` is the page after its scripts ran, ``complaints`` what went to the console."""

    document: str
    complaints: tuple[str, ...]


def browser() -> str | None:
    """The command of a browser that is installed."""
    return next((found for found in map(shutil.which, NAMES) if found), None)


def render(command: str, page: Path) -> Rendered:
    """Open the page without a network and let its scripts finish."""
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0"]
    options += ["--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=20000", "--window-size=1280,2000"]
    profile = page.parent / "profile"
    done = subprocess.run(
        [command, *options, f"--user-data-dir={profile}", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    complaints = re.findall(r":(?:INFO|WARNING|ERROR):CONSOLE[^\]]*\] (.*)", done.stderr)
    return Rendered(done.stdout, tuple(complaints))
