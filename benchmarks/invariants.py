"""Random worlds through the invariants: quota kept, victims allowed, order kept, owners served, nothing idle.

    python benchmarks/invariants.py --worlds 10000
    python benchmarks/invariants.py --worlds 1000000 --seed 7 --jobs 8

World number i of a seed is always the same. A breach is told at once, written as a scenario, and fails the script.
Worlds with an instant that would repeat itself for ever are counted besides.
"""

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from kueue_sim.engine import simulate
from kueue_sim.inputs import scenario_from_dict
from kueue_sim.policytest import properties
from kueue_sim.policytest.random_worlds.worlds import Limits, seeded_world, world_text

PROPERTIES: tuple[properties.Property, ...] = (
    properties.decisions_are_sound,
    properties.no_queue_beyond_its_borrowing_limit,
    properties.owners_reach_their_quota,
    properties.no_idle_quota_beside_work_that_fits,
)
LIMITS = Limits(workloads=14)
_BATCH = 100


@dataclass(slots=True)
class Tally:
    """What a number of worlds did. ``breaches`` pairs the world's name with the first thing it broke."""

    worlds: int = 0
    admissions: int = 0
    preemptions: int = 0
    endless: int = 0
    breaches: list[tuple[str, str]] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.worlds += other.worlds
        self.admissions += other.admissions
        self.preemptions += other.preemptions
        self.endless += other.endless
        self.breaches += other.breaches


def batch(seed: int, first: int, last: int) -> Tally:
    """Worlds ``first`` up to, not including, ``last``."""
    tally = Tally(worlds=last - first)
    for index in range(first, last):
        name = f"{seed}:{index}"
        scenario = scenario_from_dict(seeded_world(name, LIMITS))
        run = simulate(scenario)
        tally.endless += bool(run.standstills)
        types = [fact.type for fact in run.facts]
        tally.admissions += types.count("Admitted")
        tally.preemptions += types.count("Preempted")
        for one in PROPERTIES:
            found = one(scenario, run)
            if found:
                tally.breaches.append((name, f"{one.__name__}: {found[0]}"))
                break
    return tally


def run_worlds(worlds: int, seed: int, jobs: int) -> Tally:
    """All worlds, in parallel; breaches on stderr as they are found, progress once a minute."""
    total = Tally()
    ranges = [(seed, first, min(first + _BATCH, worlds)) for first in range(0, worlds, _BATCH)]
    shown = time.monotonic()
    with ProcessPoolExecutor(jobs) as pool:
        for tally in pool.map(batch, *zip(*ranges, strict=True)):
            total.add(tally)
            for name, problem in tally.breaches:
                print(f"world {name}: {problem}", file=sys.stderr, flush=True)
            if time.monotonic() - shown > 60:
                shown = time.monotonic()
                print(f"{total.worlds:,} worlds, {len(total.breaches)} breaches", file=sys.stderr)
    return total


def keep(breaches: list[tuple[str, str]], folder: Path) -> None:
    """Write the worlds that broke something as scenarios."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, problem in breaches:
        path = folder / f"world-{name.replace(':', '-')}.yaml"
        path.write_text(world_text(seeded_world(name, LIMITS), problem), encoding="utf-8")
        print(f"{path}: {problem}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("-o", "--out", type=Path, default=Path("out/invariants"), help="where breaches are written")
    chosen = parser.parse_args()
    began = time.perf_counter()
    total = run_worlds(chosen.worlds, chosen.seed, chosen.jobs)
    seconds = time.perf_counter() - began
    keep(total.breaches, chosen.out)
    print(
        f"{total.worlds:,} worlds, {total.admissions:,} admissions, {total.preemptions:,} preemptions, "
        f"{total.endless:,} with an instant that repeats itself, {len(total.breaches)} breaches in {seconds:.0f} s"
    )
    sys.exit(1 if total.breaches else 0)


if __name__ == "__main__":
    main()
