"""Ctrl-C during a forecast: the futures that were played by then are the answer."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.whatif.forecasting.test_forecast_of_a_cluster import HEAD

PLAYED = 3
RUNNING = "".join(
    f"- {{name: r{n}, team: team-a, requests: {{gpu: 8}}, admitted: {{}}, ranFor: 3h}}\n" for n in range(4)
)
WAITING = "- {name: w0, team: team-a, requests: {gpu: 8}, waitingSince: 1h}\n"
PAST = "".join(
    f"- {{name: p{n}, team: team-a, requests: {{gpu: 8}}, ran: {n % 7 + 1}h, submitted: {99 - n}h, "
    f"admitted: {98 - n}h, ended: {97 - n - n % 7}h}}\n"
    for n in range(60)
)
PROGRAM = f"""
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
import kueue_sim.cli
from kueue_sim.whatif.execution import partly

def interrupted(function):
    def call(done, asked):
        function(done, asked)
        if done == {PLAYED}:
            os.killpg(0, signal.SIGINT)
    return call

made = partly.partly
def partly(executor, calls, ahead, progress, *rest, **named):
    return made(executor, calls, ahead, interrupted(progress), *rest, **named)

from kueue_sim.whatif.forecasting import forecast
forecast.partly = partly
kueue_sim.cli.main(sys.argv[1:])
"""


@pytest.mark.parametrize("executor", [("--executor", "local"), ("--executor", "processes", "--workers", "2")])
def test_ctrl_c_to_the_whole_process_group_leaves_the_futures_that_were_played(
    tmp_path: Path, executor: tuple[str, ...]
) -> None:
    """As a terminal does it: every process of the group gets the signal, workers too."""
    path = tmp_path / "now.yaml"
    path.write_text(f"{HEAD}workloads:\n{RUNNING}{WAITING}past:\n{PAST}", encoding="utf-8")
    arguments = ["forecast", str(path), "w0", "--seeds", "40", "--within", "0s", "--format", "json", *executor]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
        timeout=120,
    )
    told = json.loads(done.stdout)
    assert (told["futures"], told["work"][0]["workload"], "Traceback" in done.stderr) == (
        {"played": PLAYED, "asked": 40, "cut": 0},
        "default/w0",
        False,
    )
    assert (done.returncode, told["left_out"]) == (
        0,
        ["trying all earlier forecasts", "looking for all that would help"],
    )
