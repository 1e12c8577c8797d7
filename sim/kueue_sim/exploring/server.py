"""The exploration as a page of this machine's own: it answers to the loopback address alone."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from kueue_sim.errors import SimError
from kueue_sim.exploring.exploration import COLUMNS, Exploration
from kueue_sim.report.page.canvas import Canvas
from kueue_sim.report.page.figures import queue_lengths, use_against_quota
from kueue_sim.report.page.html import figure, pointing_code, style

if TYPE_CHECKING:
    from kueue_sim.result import Result

HOST = "127.0.0.1"
_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
}
_POLICY = "default-src 'self' 'unsafe-inline' data: blob:; frame-ancestors 'none'"


@contextmanager
def serving(exploration: Exploration, port: int = 0) -> Iterator[ThreadingHTTPServer]:
    """A server of the page, not yet running; ``port`` 0 takes a free one."""
    lock = Lock()

    class Handler(_Handler):
        pages = exploration
        one_at_a_time = lock

    with ThreadingHTTPServer((HOST, port), Handler) as server:
        server.daemon_threads = True
        yield server


def address(server: ThreadingHTTPServer) -> str:
    """Where the page is."""
    return f"http://{HOST}:{server.server_port}/"


class _Handler(BaseHTTPRequestHandler):
    pages: Exploration
    one_at_a_time: Lock

    def do_GET(self) -> None:
        """The page, its code, or the answer to moved sliders."""
        host = (self.headers.get("Host") or "").rpartition(":")[0]
        if host not in (HOST, "localhost"):
            # A page elsewhere whose name was made to mean this machine must not read scenarios.
            self._send(HTTPStatus.FORBIDDEN, "json", '{"wrong": "only this machine is answered"}')
            return
        url = urlsplit(self.path)
        if url.path == "/":
            self._send(HTTPStatus.OK, "html", files("kueue_sim.exploring").joinpath("page.html").read_text("utf-8"))
        elif url.path == "/page.css":
            self._send(HTTPStatus.OK, "css", style())
        elif url.path == "/plot.js":
            self._send(HTTPStatus.OK, "js", pointing_code())
        elif url.path == "/run":
            self._send(HTTPStatus.OK, "json", json.dumps(self._answer(url.query)))
        else:
            self._send(HTTPStatus.NOT_FOUND, "json", '{"wrong": "there is no such page"}')

    def _answer(self, query: str) -> dict[str, object]:
        """What the page draws, or what is wrong with the values."""
        try:
            values = {path: float(text) for path, text in parse_qsl(query, strict_parsing=bool(query))}
            with self.one_at_a_time:
                return content(self.pages, self.pages.moved(values))
        except (SimError, ValueError) as error:
            return {"wrong": str(error)}

    def _send(self, status: HTTPStatus, kind: str, text: str) -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", _TYPES[kind])
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Security-Policy", _POLICY)
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: every move of a slider would be a line."""


def content(exploration: Exploration, result: "Result") -> dict[str, object]:
    """Everything the page shows of a run: sliders, figures as HTML, and the table beside that of the base."""
    canvas = Canvas(result)
    drawn = {"Use against quota": use_against_quota(canvas), "Queue length": queue_lengths(canvas)}
    return {
        "name": exploration.name,
        "sliders": [asdict(one) for one in exploration.sliders],
        "figures": [figure(name, *one).body for name, one in drawn.items() if one[0]],
        "columns": COLUMNS,
        "rows": exploration.rows(result),
        "before": exploration.rows(exploration.base),
    }


__all__ = ["HOST", "address", "content", "serving"]
