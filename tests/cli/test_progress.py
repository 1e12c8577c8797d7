"""Progress of a run: silent while it is short or nobody looks, and Ctrl-C as an orderly end."""

import io
import os
import re
import signal
import time

import pytest

from kueue_sim import run
from kueue_sim.cli import progress
from kueue_sim.cli.progress import RunProgress, busy, watched
from kueue_sim.errors import StopRun
from tests.results.scenes import HOUR, MINUTE, job, queue, scene


def test_a_short_run_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    shown = RunProgress(10, visible=True)
    shown(1000, 5, 1)
    shown.close()
    assert capsys.readouterr() == ("", "")


def made_up_terminal(monkeypatch: pytest.MonkeyPatch, columns: int = 120) -> io.StringIO:
    """A terminal on which progress shows at once."""
    monkeypatch.setattr(progress, "SHOW_AFTER_S", -1)
    monkeypatch.setattr(progress, "REFRESH_S", -1)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", str(columns))
    screen = io.StringIO()
    monkeypatch.setattr("sys.stderr", screen)
    return screen


def test_a_long_run_shows_simulated_time_jobs_done_and_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal is made up; the rate is left out, since it depends on the machine."""
    screen = made_up_terminal(monkeypatch)
    shown = RunProgress(1234, visible=True)
    shown(90 * MINUTE, 700, 617)
    shown(2 * HOUR, 800, 700)
    shown.close()
    assert [text in screen.getvalue() for text in ("simulated 2h", "700 of 1,234 jobs done", "jobs/s")] == [True] * 3


@pytest.mark.parametrize(
    ("columns", "bar", "rate"), [(120, True, True), (100, True, True), (80, False, True), (62, False, False)]
)
def test_progress_is_cut_in_no_terminal(monkeypatch: pytest.MonkeyPatch, columns: int, bar: bool, rate: bool) -> None:
    """Narrow ones have no bar, then no rate; how long it still takes is said in all of them."""
    screen = made_up_terminal(monkeypatch, columns)
    shown = RunProgress(108_451, visible=True)
    shown._began -= 10
    shown(60 * 24 * HOUR + 23 * HOUR, 80_000, 78_451)
    shown.close()
    told = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue())
    assert "78,451 of 108,451 jobs done" in told and re.search(r"\d:\d\d left|-:--:-- left", told)
    assert ("\u2026" in told, "\u2501" in told, "jobs/s" in told) == (False, bar, rate)


def test_without_a_known_number_of_jobs_those_that_are_done_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = made_up_terminal(monkeypatch)
    shown = RunProgress(None, visible=True)
    shown(2 * HOUR, 800, 700)
    shown.close()
    assert [text in screen.getvalue() for text in ("simulated 2h", "700 jobs done", " of ")] == [True, True, False]


def test_nobody_looking_means_nothing_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SHOW_AFTER_S", -1)
    hidden = RunProgress(10, visible=False)
    hidden(1000, 5, 1)
    hidden.close()
    assert capsys.readouterr() == ("", "")


def test_ctrl_c_ends_the_run_at_the_next_instant_and_keeps_what_was_done() -> None:
    scenario = scene([queue("team-a", 1)], [job(f"job-{n}", "team-a", 1, n * HOUR, 30 * MINUTE) for n in range(5)])

    def interrupted_at_two_hours(now_ms: int, submitted: int, finished: int) -> None:
        if now_ms >= 2 * HOUR:
            os.kill(os.getpid(), signal.SIGINT)
        watching(now_ms, submitted, finished)

    before = signal.getsignal(signal.SIGINT)
    with watched(5) as watching:
        result = run(scenario, interrupted_at_two_hours)
    assert (result.run.interrupted, result.run.end_ms, result.total.finished) == (True, 2 * HOUR, 2)
    assert signal.getsignal(signal.SIGINT) is before


def test_an_interrupted_run_says_at_once_how_far_it_came(capsys: pytest.CaptureFixture[str]) -> None:
    with watched(1234) as watching:
        watching(90 * MINUTE, 700, 617)
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(StopRun):
            watching(2 * HOUR, 800, 700)
    assert capsys.readouterr().err == (
        "interrupted at 2h of simulated time, 700 of 1,234 jobs done; the report covers the run until then\n"
    )


def test_a_second_ctrl_c_does_what_it_always_does() -> None:
    """What it always does is set here: programs that a script starts in the background ignore Ctrl-C."""
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), watched(1) as watching:
            os.kill(os.getpid(), signal.SIGINT)
            assert watching.stop_asked
            os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, inherited)


def test_long_work_without_progress_says_what_it_is_doing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SHOW_AFTER_S", 0)
    monkeypatch.setenv("FORCE_COLOR", "1")
    screen = io.StringIO()
    screen.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr("sys.stderr", screen)
    with busy("writing"):
        until = time.monotonic() + 10
        while "writing" not in screen.getvalue() and time.monotonic() < until:
            time.sleep(0.01)
    assert "writing" in screen.getvalue()


def test_asked_to_stop_the_callback_stops_the_run() -> None:
    asked = RunProgress(1, visible=False)
    asked.stop_asked = True
    with pytest.raises(StopRun):
        asked(0, 0, 0)
