"""How much faster is a sweep on two processes than on one?

    python -m benchmarks.everyday.parallel [--cells 40 100] [--rounds 3]

The same sweep of a small world (170 to 200 jobs a cell) in one process and on two, in turns. *Efficiency* is the time
of one process over twice that of two. A machine that is busy, or whose two cores are threads of one, gives less: the
*floor* is what two programs of half the cells each, started together and knowing nothing of each other, reach against
one alone. *By processor time* is the efficiency that follows from what the processes used, whatever else the machine
does: the time of one process over twice that of the calling process and half of its workers' together, as if the
workers stood still while the calling one is busy. The best of the rounds counts for each.
"""

import argparse
import subprocess
import sys
from dataclasses import dataclass
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from time import perf_counter

from kueue_sim.whatif.facade import sweep

FILE = "scenarios/two-busy-teams.yaml"
LIMITS = {"clusterQueues.team-a.nvidia.com/gpu.borrowingLimit": [0, 2, 4, 8]}
METRICS = ("delay.mean", "utilisation")


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds on the clock, and of processor time in the calling process and in its workers."""

    wall: float
    calling: float
    workers: float


def swept(cells: int, workers: int) -> Timing:
    """The sweep in this process, or in that many others."""
    began, calling, others = perf_counter(), _used(RUSAGE_SELF), _used(RUSAGE_CHILDREN)
    sweep(
        FILE, LIMITS, metrics=METRICS, seeds=cells // 4,
        executor="local" if workers == 1 else "processes", workers=workers,
    )  # fmt: skip
    return Timing(perf_counter() - began, _used(RUSAGE_SELF) - calling, _used(RUSAGE_CHILDREN) - others)


def _used(whose: int) -> float:
    usage = getrusage(whose)
    return usage.ru_utime + usage.ru_stime


def apart(cells: int, programs: int) -> float:
    """Seconds that programs of that many cells each take side by side, as each of them tells without its start."""
    call = [sys.executable, "-m", "benchmarks.everyday.parallel", "--alone", str(cells)]
    started = [
        subprocess.Popen(call, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) for _ in range(programs)
    ]
    for one in started:
        assert one.stdout is not None
        one.stdout.readline()
    for one in started:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    return max(float(one.communicate()[0]) for one in started)


def alone(cells: int) -> None:
    """One program of ``apart``: says that it is ready, waits to be told to go on, and tells how long it took."""
    swept(4, 1)
    print("ready", flush=True)
    input()
    print(swept(cells, 1).wall)


def measure(cells: int, rounds: int) -> str:
    """The line of one number of cells."""
    ones, twos, floors = [], [], []
    for _ in range(rounds):
        ones.append(swept(cells, 1))
        twos.append(swept(cells, 2))
        floors.append(apart(cells // 2, 1) / apart(cells // 2, 2))
    wall, both = min(one.wall for one in ones), min(two.wall for two in twos)
    used = min(one.calling for one in ones) / min(two.calling + two.workers / 2 for two in twos)
    return (
        f"{cells:5d} cells: {wall:6.2f} s alone, {both:6.2f} s on two; efficiency {wall / both / 2:.2f}, "
        f"floor {max(floors):.2f}, by processor time {used / 2:.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, nargs="+", default=[40, 100, 400])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--alone", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        alone(options.alone)
        return
    swept(4, 1)
    for cells in options.cells:
        print(measure(cells, options.rounds), flush=True)


if __name__ == "__main__":
    main()
