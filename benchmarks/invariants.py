"""Random worlds through the invariants: quota kept, victims allowed, order kept, owners served, nothing idle, and more.

    python -m benchmarks.invariants --worlds 10000
    python -m benchmarks.invariants --worlds 1000000 --seed 7 --jobs 2 --progress out/million.jsonl

Eleven kinds of worlds in turn (``benchmarks/worlds/kinds.py``), most of them small. World number i of a seed is always
the same. A breach is told at once, written as a scenario, and fails the script. With ``--progress`` each part of the
run is noted in a file as it is done, and the same command goes on where an earlier one was stopped.
"""

import argparse
import gc
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.worlds.families import DRAWS, Family
from benchmarks.worlds.kinds import KINDS
from kueue_sim.engine import simulate
from kueue_sim.engine.facts import CODE, TYPE
from kueue_sim.errors import InvariantBroken
from kueue_sim.policytest.random_worlds.worlds import world_text

_FAMILIES_OF_A_BATCH = 10
_COUNTED = ("Admitted", "Preempted", "Evicted", "Policy")
Breach = tuple[int, int, str]
"""Number of the family, number of the world within it, and the first thing the world broke."""


@dataclass(slots=True)
class Tally:
    """What a number of worlds did, by kind of world and what is counted; ``ms`` is processor time."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    breaches: list[Breach] = field(default_factory=list)

    def of(self, what: str) -> int:
        """The count over all kinds."""
        return sum(number for (_, counted), number in self.counts.items() if counted == what)

    def add(self, other: "Tally") -> None:
        self.counts.update(other.counts)
        self.breaches += other.breaches

    def dumped(self) -> dict[str, object]:
        """As plain values for a line of JSON."""
        return {"counts": [[*key, number] for key, number in self.counts.items()], "breaches": self.breaches}

    @classmethod
    def read(cls, values: dict[str, list[list[object]]]) -> "Tally":
        """Out of a line of JSON."""
        counts = Counter({(str(kind), str(what)): int(str(number)) for kind, what, number in values["counts"]})
        return cls(counts, [(int(str(n)), int(str(i)), str(text)) for n, i, text in values["breaches"]])


def batch(seed: int, first: int, last: int) -> Tally:
    """The worlds ``first`` up to, not including, ``last``."""
    gc.collect()  # what is garbage by now would stay for good
    gc.freeze()
    tally = Tally()
    for number in range(first // DRAWS, -(-last // DRAWS)):
        began = time.process_time()
        family = Family(seed, number)
        numbers = range(max(0, first - number * DRAWS), min(DRAWS, last - number * DRAWS))
        for index in numbers:
            _look_at(family, number, index, tally)
        kind = family.kind.name
        tally.counts[kind, "worlds"] += len(numbers)
        tally.counts[kind, "ms"] += round((time.process_time() - began) * 1000)
    return tally


def _look_at(family: Family, number: int, index: int, tally: Tally) -> None:
    kind, scenario = family.kind, family.world(index)
    try:
        run = simulate(scenario)
    except InvariantBroken as broken:
        tally.breaches.append((number, index, str(broken)))
        return
    types = run.facts.table[:, TYPE].tolist()
    for name in _COUNTED:
        tally.counts[kind.name, name] += types.count(CODE[name])
    tally.counts[kind.name, "rounds"] += bool(run.standstills or run.counted)
    for check in kind.checks:
        if found := check(scenario, run):
            tally.breaches.append((number, index, f"{check.__name__}: {found[0]}"))
            return


def batches(worlds: int) -> list[tuple[int, int]]:
    """The ranges of worlds that are worked off at a time."""
    size = _FAMILIES_OF_A_BATCH * DRAWS
    return [(first, min(first + size, worlds)) for first in range(0, worlds, size)]


def kept(progress: Path | None, seed: int) -> dict[tuple[int, int], Tally]:
    """The parts that an earlier run noted; a line that was cut off does not count."""
    found: dict[tuple[int, int], Tally] = {}
    if progress is None or not progress.exists():
        return found
    for line in progress.read_text(encoding="utf-8").splitlines():
        try:
            values = json.loads(line)
        except ValueError:
            continue
        if values["seed"] == seed:
            found[values["first"], values["last"]] = Tally.read(values)
    return found


def run_worlds(worlds: int, seed: int, jobs: int, progress: Path | None = None) -> Tally:
    """All worlds, in parallel; breaches on stderr as they are found, progress once a minute."""
    total, done = Tally(), kept(progress, seed)
    todo = [one for one in batches(worlds) if one not in done]
    for one in batches(worlds):
        if one in done:
            total.add(done[one])
    shown = time.monotonic()
    for (first, last), tally in _tallies(seed, todo, jobs):
        total.add(tally)
        if progress is not None:
            _append(progress, {"seed": seed, "first": first, "last": last, **tally.dumped()})
        for number, index, problem in tally.breaches:
            print(f"world {seed}:{number}:{index}: {problem}", file=sys.stderr, flush=True)
        if time.monotonic() - shown > 60:
            shown = time.monotonic()
            print(f"{total.of('worlds'):,} worlds, {len(total.breaches)} breaches", file=sys.stderr, flush=True)
    return total


def _append(progress: Path, values: dict[str, object]) -> None:
    """One more line, after whatever a run that was killed left of its last one."""
    progress.parent.mkdir(parents=True, exist_ok=True)
    cut = progress.exists() and progress.read_bytes()[-1:] not in (b"", b"\n")
    with progress.open("a", encoding="utf-8") as file:
        file.write(("\n" if cut else "") + json.dumps(values) + "\n")


def _tallies(seed: int, todo: list[tuple[int, int]], jobs: int) -> Iterator[tuple[tuple[int, int], Tally]]:
    """Each part with its outcome, in order."""
    if jobs == 1:
        for first, last in todo:
            yield (first, last), batch(seed, first, last)
        return
    with ProcessPoolExecutor(jobs) as pool:
        firsts, lasts = [first for first, _ in todo], [last for _, last in todo]
        yield from zip(todo, pool.map(batch, [seed] * len(todo), firsts, lasts), strict=True)


def keep(seed: int, breaches: list[Breach], folder: Path) -> None:
    """Write the worlds that broke something as scenarios."""
    for number, index, problem in breaches:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"world-{seed}-{number}-{index}.yaml"
        path.write_text(world_text(Family(seed, number).written(index), problem), encoding="utf-8")
        print(f"{path}: {problem}")


def table(total: Tally) -> str:
    """What was looked at, by kind."""
    columns = ("worlds", *_COUNTED, "rounds")
    lines = [f"{'kind':<12}" + "".join(f"{name:>11}" for name in columns) + "   ms each"]
    for name in (kind.name for kind in KINDS):
        worlds = total.counts[name, "worlds"]
        each = total.counts[name, "ms"] / worlds if worlds else 0
        counts = "".join(f"{total.counts[name, column]:>11,}" for column in columns)
        lines.append(f"{name:<12}{counts}{each:>10.2f}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("-o", "--out", type=Path, default=Path("out/invariants"), help="where breaches are written")
    parser.add_argument("--progress", type=Path, help="a file that remembers what is done")
    chosen = parser.parse_args()
    began = time.perf_counter()
    total = run_worlds(chosen.worlds, chosen.seed, chosen.jobs, chosen.progress)
    keep(chosen.seed, total.breaches, chosen.out)
    worlds, cpu = total.of("worlds"), total.of("ms") / 1000
    print(table(total))
    print(
        f"{worlds:,} worlds, {len(total.breaches)} breaches; {cpu:.0f} s of processor time, "
        f"{1000 * cpu / worlds:.2f} ms a world; {time.perf_counter() - began:.0f} s since this command began"
    )
    sys.exit(1 if total.breaches else 0)


if __name__ == "__main__":
    main()
