"""One suite measured in a process of its own, so that its peak memory is its own.

The speed of a machine changes from second to second: the floor runs in turns with the suite, and the best time of
each counts.
"""

import gc
import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from math import inf
from os import environ
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from subprocess import DEVNULL
from time import perf_counter, process_time

ROOT = Path(__file__).resolve().parent.parent
LAB = ROOT / "scenarios" / "lab-cli-walkthrough.yaml"


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of processor time, counts and the figure of one suite. ``load_s`` is reading or making the scenario,
    ``peak_mb`` the most memory the process ever had. Other work of the machine disturbs processor time least."""

    name: str
    jobs: int
    load_s: float
    simulate_s: float
    floor_s: float
    facts: int
    cycles: int
    peak_mb: float
    figure: str
    expected: str

    @property
    def times_floor(self) -> float:
        return self.simulate_s / self.floor_s

    @property
    def correct(self) -> bool:
        return self.figure == self.expected


def in_process(name: str) -> Measured:
    """Measure a suite by name in a new process. Raises CalledProcessError when that fails."""
    command = [sys.executable, "-m", "benchmarks.measure", name]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return Measured(**json.loads(done.stdout))


def tries(count: int) -> int:
    """How often work of so many jobs is measured."""
    return 1 if count >= 500_000 else 3 if count >= 50_000 else 6


def whole_command(scenario: Path = LAB, tries: int = 6) -> float:
    """Seconds of ``kueue-sim run`` with its text report, start of the interpreter included; the best of some tries.

    The first leaves compiled files behind, as installing the package does, whatever the environment says of them.
    """
    command = [sys.executable, "-m", "kueue_sim.cli", "run", str(scenario)]
    environment = {name: value for name, value in environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    seconds = []
    for _ in range(tries):
        start = perf_counter()
        subprocess.run(command, cwd=ROOT, check=True, env=environment, stdout=DEVNULL, stderr=DEVNULL)
        seconds.append(perf_counter() - start)
    return min(seconds)


def _measure(name: str) -> Measured:
    from benchmarks.floor import Floor
    from benchmarks.suites import suite_named
    from benchmarks.waits import average_wait_s
    from kueue_sim.engine import simulate

    suite = suite_named(name)
    start = process_time()
    scenario = suite.build()
    load_s = process_time() - start
    floor = Floor(suite.jobs)
    floor_s, simulate_s = floor.seconds(), inf
    for _ in range(tries(suite.jobs)):
        run = None
        gc.collect()  # what is left of the try before is not this one's to clear away
        start = process_time()
        run = simulate(scenario)
        simulate_s = min(simulate_s, process_time() - start)
        floor_s = min(floor_s, floor.seconds())
    assert run is not None
    peak = getrusage(RUSAGE_SELF).ru_maxrss / 1024
    return Measured(
        name=name,
        jobs=len(run.facts.workloads),
        load_s=load_s,
        simulate_s=simulate_s,
        floor_s=floor_s,
        facts=len(run.facts),
        cycles=run.cycles,
        peak_mb=peak,
        figure=f"{average_wait_s(run):.{suite.digits}f}",
        expected=suite.expected,
    )


if __name__ == "__main__":
    print(json.dumps(asdict(_measure(sys.argv[1]))))
