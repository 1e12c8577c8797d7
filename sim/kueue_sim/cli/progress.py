"""Progress of a run on stderr: simulated time, jobs done, rate, time left; and Ctrl-C as an orderly end."""

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer
from typing import TYPE_CHECKING, Any

from kueue_sim.cli.output import say
from kueue_sim.errors import StopRun
from kueue_sim.units import format_duration

if TYPE_CHECKING:
    from rich.progress import Progress

SHOW_AFTER_S = 1.0
"""Runs shorter than this show nothing."""
REFRESH_S = 0.1
WIDE_WORDS = 50
"""Columns that a line takes without its bar and the number of jobs done; that of a year has them all."""
SHORTEST_BAR, WIDEST_BAR = 5, 30
"""Columns of the bar, where it has room."""


class RunProgress:
    """A ``progress`` callback: shows a bar once the run proves long, and stops the run after Ctrl-C.

    ``total`` is the number of workloads, None where nobody counted them; ``visible`` False shows nothing at all.
    """

    def __init__(self, total: int | None, visible: bool) -> None:
        self._total = total
        self._visible = visible
        self._reached = (0, 0)
        self._began = self._shown = time.monotonic()
        self._bar: Progress | None = None
        self._task: Any = None
        self.stop_asked = False

    def __call__(self, now_ms: int, submitted: int, finished: int) -> None:
        self._reached = (now_ms, finished)
        if self.stop_asked:
            raise StopRun("interrupted")
        if not self._visible:
            return
        now = time.monotonic()
        if now - self._shown < REFRESH_S or now - self._began < SHOW_AFTER_S:
            return
        self._shown = now
        self._show(now_ms, submitted, finished, now - self._began)

    def _show(self, now_ms: int, submitted: int, finished: int, elapsed: float) -> None:
        fields: dict[str, Any] = {
            "simulated": format_duration(now_ms),
            "done": self._done(finished),
            "rate": f"{finished / elapsed:,.0f} jobs/s",
        }
        if self._bar is None:
            self._bar = _new_bar(len(self._done(self._total or 10**6)))
            self._task = self._bar.add_task("", total=None if self._total is None else 2 * self._total, **fields)
            self._bar.start()
        self._bar.update(self._task, completed=submitted + finished, **fields)

    def _done(self, finished: int) -> str:
        return f"{finished:,} jobs done" if self._total is None else f"{finished:,} of {self._total:,} jobs done"

    def close(self) -> None:
        """Remove the bar; say how far the run came when it was stopped."""
        if self._bar is not None:
            self._bar.stop()
        if self.stop_asked:
            now_ms, finished = self._reached
            reached = f"{format_duration(now_ms)} of simulated time, {self._done(finished)}"
            say(f"interrupted at {reached}; the report covers the run until then", err=True)


def _new_bar(done: int) -> "Progress":
    """Where a line has no room for all, the bar is left out, then the rate, so that nothing is cut. ``done``: columns
    that the number of jobs done takes at most."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    room = console.width - WIDE_WORDS - done
    bar = [BarColumn(bar_width=min(room - 1, WIDEST_BAR))] if room > SHORTEST_BAR else []
    rate = ", {task.fields[rate]}" if room >= 0 else ""
    return Progress(
        TextColumn("simulated {task.fields[simulated]}"),
        *bar,
        TextColumn(f"{{task.fields[done]}}{rate},"),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=console,
        transient=True,
    )


@contextmanager
def watched(total: int | None) -> Iterator[RunProgress]:
    """Progress for the run inside the block; the first Ctrl-C ends the run in order, a second one kills it."""
    progress = RunProgress(total, visible=sys.stderr.isatty())

    def ask(*_: object) -> None:
        progress.stop_asked = True
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield progress
    finally:
        signal.signal(signal.SIGINT, before)
        progress.close()


@contextmanager
def busy(what: str) -> Iterator[None]:
    """Says what goes on where no progress can be told, once it takes long and somebody looks."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    status = Console(stderr=True).status(what)
    late = Timer(SHOW_AFTER_S, status.start)
    late.start()
    try:
        yield
    finally:
        late.cancel()
        late.join()
        status.stop()
