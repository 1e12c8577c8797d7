"""A real headless browser for pages: what it complained about, what it rendered, how it looks, a picture, and a
tab in which one can point, drag and ask."""

import asyncio
import http.client
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@dataclass(frozen=True)
class Rendered:
    """``document`` is the page after its scripts ran, ``complaints`` what went to the console."""

    document: str
    complaints: tuple[str, ...]


@dataclass(frozen=True)
class Look:
    """How a page looks at one width: ``overflow`` in pixels sideways, what ``bursts`` out of its box, the beginnings of
    tables that have to be ``scrolled`` sideways, the lowest ``contrast`` of text against what is behind it, and the
    text that has it."""

    overflow: int
    bursts: tuple[str, ...]
    scrolled: tuple[str, ...]
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
    return Look(
        found["overflow"], tuple(found["bursts"]), tuple(found["scrolled"]), found["contrast"], found["faintest"]
    )


class Tab:
    """One tab of a running browser, spoken to over its protocol. ``complaints`` are what went to the console."""

    def __init__(self, socket: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._socket, self._loop, self._number = socket, loop, 0
        self.complaints: list[str] = []

    def command(self, method: str, **parameters: object) -> Any:
        """What a command of the protocol answers."""
        return self._loop.run_until_complete(asyncio.wait_for(self._command(method, parameters), timeout=60))

    async def _command(self, method: str, parameters: dict[str, object]) -> Any:
        self._number += 1
        await self._socket.write_message(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(await self._socket.read_message())
            if answer.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled"):
                self.complaints.append(json.dumps(answer["params"]))
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]

    def go(self, url: str) -> None:
        """Open a page and wait until it is loaded."""
        self.command("Page.navigate", url=url)
        self.wait(f"document.readyState === 'complete' && location.href === {json.dumps(url)}")

    def value(self, code: str) -> Any:
        """What an expression is in the page."""
        asked = f"Promise.resolve({code}).then(found => JSON.stringify(found === undefined ? null : found))"
        found = self.command("Runtime.evaluate", expression=asked, awaitPromise=True)["result"]
        return json.loads(found["value"])

    def wait(self, condition: str) -> None:
        """Until an expression is true."""
        self.value(
            f"new Promise(done => {{ const look = () => ({condition}) ? done(true) : setTimeout(look, 20); look(); }})"
        )

    def mouse(self, kind: str, x: float, y: float) -> None:
        """``moved``, ``pressed`` or ``released`` (the left button) at a place of the window."""
        button = "none" if kind == "moved" else "left"
        named = f"mouse{kind.capitalize()}"
        self.command("Input.dispatchMouseEvent", type=named, x=x, y=y, button=button, clickCount=int(kind != "moved"))


@contextmanager
def tab(command: str, profile: Path) -> Iterator[Tab]:
    """A browser of its own for one test, 1280 pixels wide; needs tornado, which comes with the extra ``cluster``."""
    from tornado.websocket import websocket_connect

    options = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--remote-debugging-port=0",
        "--window-size=1280,1400",
    ]
    started = subprocess.Popen(
        [command, *options, f"--user-data-dir={profile}", "about:blank"], stderr=subprocess.PIPE, text=True
    )
    loop = asyncio.new_event_loop()
    try:
        address = _address(started)

        async def connect() -> Any:
            return await websocket_connect(address, max_message_size=2**26)

        found = Tab(loop.run_until_complete(asyncio.wait_for(connect(), timeout=60)), loop)
        for domain in ("Runtime", "Log", "Page"):
            found.command(f"{domain}.enable")
        yield found

        async def hang_up() -> None:
            found._socket.close()
            await asyncio.sleep(0.1)

        loop.run_until_complete(hang_up())
    finally:
        started.kill()
        started.communicate()
        loop.close()


def _address(started: "subprocess.Popen[str]") -> str:
    """Where the first tab of a browser that has just been started is spoken to."""
    assert started.stderr is not None
    for line in started.stderr:
        found = re.search(r"DevTools listening on ws://([\d.]+):(\d+)/", line)
        if found:
            with closing(http.client.HTTPConnection(found[1], int(found[2]), timeout=60)) as connection:
                connection.request("GET", "/json")
                tabs = json.loads(connection.getresponse().read())
            return next(str(one["webSocketDebuggerUrl"]) for one in tabs if one["type"] == "page")
    raise AssertionError("the browser said nowhere where it listens")


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
    if (node.closest("[id*=on-colour], svg title")) continue;
    if (!own || !box.width || /^(SCRIPT|STYLE)$/i.test(node.tagName)) continue;
    const style = getComputedStyle(node);
    const inside = node.closest("svg") ? style.fill : style.color;
    const rgb = channels(inside);
    if (rgb.length >= 3 && rgb[3] !== 0) {
      const [a, b] = [light(rgb), light(behind(node))].sort((x, y) => y - x);
      const found = (a + 0.05) / (b + 0.05);
      if (found < contrast) { contrast = found; faintest = node.textContent.trim().slice(0, 60); }
    }
    const holder = node.closest(".card, .figure, .plot, td, h1, h2, p, nav");
    if (holder && !node.closest(".scroll, pre, .plot .rows, .axis")) {
      const room = holder.getBoundingClientRect();
      if (box.right > room.right + 2 || box.left < room.left - 2)
        bursts.push(holder.className + ": " + node.textContent.trim().slice(0, 60));
    }
  }
  const scrolled = [...document.querySelectorAll(".scroll")].filter(node => node.scrollWidth > node.clientWidth + 1)
    .map(node => node.innerText.trim().slice(0, 60));
  const overflow = page.scrollWidth - page.clientWidth;
  parent.postMessage(JSON.stringify({overflow, bursts, scrolled, contrast, faintest}), "*");
}, 1500));
"""
