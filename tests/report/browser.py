"""A real headless browser for pages: what it complained about, what it rendered, how it looks, and a picture."""

import json
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


@dataclass(frozen=True)
class Look:
    """How a page looks at one width: ``overflow`` in pixels sideways, what ``bursts`` out of its box, the lowest
    ``contrast`` of text against what is behind it, and the text that has it."""

    overflow: int
    bursts: tuple[str, ...]
    contrast: float
    faintest: str


def browser() -> str | None:
    """The command of a browser that is installed."""
    return next((found for found in map(shutil.which, NAMES) if found), None)


def _run(command: str, page: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0"]
    options += ["--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=20000"]
    profile = page.parent / "profile"
    return subprocess.run(
        [command, *options, f"--user-data-dir={profile}", *more, page.as_uri()],
        capture_output=True, text=True, timeout=180, check=True,
    )  # fmt: skip


def render(command: str, page: Path) -> Rendered:
    """Open the page without a network and let its scripts finish."""
    done = _run(command, page, "--window-size=1280,2000", "--dump-dom")
    complaints = re.findall(r":(?:INFO|WARNING|ERROR):CONSOLE[^\]]*\] (.*)", done.stderr)
    return Rendered(done.stdout, tuple(complaints))


def look(command: str, page: Path, width: int, dark: bool, picture: Path | None = None) -> Look:
    """Measure the page in a frame of that width, as windows of browsers do not become so narrow."""
    measured = page.with_name(f"{page.stem}-measured.html")
    measured.write_text(page.read_text(encoding="utf-8").replace("</body>", f"<script>{_MEASURE}</script></body>"))
    frame = page.with_name(f"{page.stem}-{width}-{'dark' if dark else 'light'}.html")
    frame.write_text(
        f"<!doctype html><body style='margin:0'><iframe src='{measured.name}' style='width:{width}px;height:3200px;"
        "border:0'></iframe><pre id='out'></pre><script>addEventListener('message', event => "
        "document.getElementById('out').textContent = event.data)</script></body>"
    )
    scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
    done = _run(command, frame, scheme, "--window-size=1300,3300", "--dump-dom")
    found = json.loads(re.search(r'<pre id="out">(.*?)</pre>', done.stdout, re.DOTALL)[1])  # type: ignore[index]
    if picture is not None:
        _run(command, frame, scheme, f"--window-size={max(width, 500)},3200", f"--screenshot={picture}")
    return Look(found["overflow"], tuple(found["bursts"]), found["contrast"], found["faintest"])


_MEASURE = """
addEventListener("load", () => setTimeout(() => {
  const page = document.documentElement;
  const channels = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = rgb => {
    const part = rgb.slice(0, 3).map(c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
  };
  const behind = node => {
    for (; node; node = node.parentElement) {
      const rgb = channels(getComputedStyle(node).backgroundColor);
      if (rgb.length === 3 || rgb[3] === 1) return rgb;
    }
    return matchMedia("(prefers-color-scheme: dark)").matches ? [13, 17, 23] : [255, 255, 255];
  };
  let contrast = 99, faintest = "";
  const bursts = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim());
    const box = node.getBoundingClientRect();
    if (node.closest(".heatmaplayer, [id*=on-colour]")) continue;
    if (!own || !box.width || /^(SCRIPT|STYLE)$/i.test(node.tagName)) continue;
    const style = getComputedStyle(node);
    const inside = node.closest("svg") ? style.fill : style.color;
    const rgb = channels(inside);
    if (rgb.length >= 3 && rgb[3] !== 0) {
      const [a, b] = [light(rgb), light(behind(node))].sort((x, y) => y - x);
      const found = (a + 0.05) / (b + 0.05);
      if (found < contrast) { contrast = found; faintest = node.textContent.trim().slice(0, 60); }
    }
    const holder = node.closest(".card, .figure, td, h1, h2, p, nav");
    if (holder && !node.closest(".scroll, pre, .js-plotly-plot")) {
      const room = holder.getBoundingClientRect();
      if (box.right > room.right + 2 || box.left < room.left - 2)
        bursts.push(holder.className + ": " + node.textContent.trim().slice(0, 60));
    }
  }
  parent.postMessage(JSON.stringify({overflow: page.scrollWidth - page.clientWidth, bursts, contrast, faintest}), "*");
}, 1500));
"""
