"""Do shortcuts decide what the long way decides? Random worlds, each played with all shortcuts and without any.

    python -m benchmarks.agreement [WORLDS] [FIRST]
    python -m benchmarks.agreement --digests [WORLDS] [FIRST]

Facts, states, reasons and messages are compared as whole values. Prints the seeds that disagree; exit code 1 if any.
With ``--digests`` a digest of all that a run says is printed for each world instead, so that two builds of the same
source can be held against each other: the compiled one prints what the pure one prints.
"""

import sys
from collections.abc import Iterator, Mapping
from hashlib import sha256
from random import Random
from typing import Any

from kueue_sim.engine import simulation
from kueue_sim.inputs import scenario_from_dict
from kueue_sim.policytest.random_worlds.worlds import Limits, seeded_world

SIZES = (
    Limits(workloads=16),
    Limits(queues=6, workloads=40, flavors=3, seconds=20),
    Limits(queues=8, workloads=60, flavors=1, resources=1, seconds=30, several_pod_sets=False),
    Limits(queues=5, workloads=40, flavors=1, resources=2, cohorts=1, seconds=10, strict=False),
)
"""Worlds of several kinds in turn: plain ones, many flavors, crowded trees of one resource, one crowded cohort."""


def world(number: int) -> dict[str, Any]:
    """A random world; every third one collects its notifications, as real clusters do."""
    document = seeded_world(f"agree:{number}", SIZES[number % len(SIZES)])
    document["horizon"] = f"{40 + 20 * (number % 4)}s"
    if number % 3 == 2:
        document["timing"] = {"flush": "1s", "termination": f"{Random(number).randrange(4)}s"}
    return document


def outcome(document: Mapping[str, Any], shortcuts: bool) -> object:
    """Everything a run says."""
    run = simulation(scenario_from_dict(dict(document)), shortcuts=shortcuts).run()
    return list(run.facts), sorted(run.left.items()), run.pending


def disagreements(numbers: range) -> Iterator[int]:
    """The worlds in which shortcuts decide, or say, something else."""
    for number in numbers:
        document = world(number)
        if outcome(document, shortcuts=True) != outcome(document, shortcuts=False):
            yield number


def digest(number: int) -> str:
    """A digest of everything the run of a world says."""
    return sha256(repr(outcome(world(number), shortcuts=True)).encode()).hexdigest()


def main() -> int:
    """Exit code 1 when any world disagrees."""
    given = [text for text in sys.argv[1:] if text != "--digests"]
    count, first = (int(text) for text in (*given[:2], *("2000", "0")[len(given) :]))
    if len(given) < len(sys.argv) - 1:
        print(*(f"{number} {digest(number)}" for number in range(first, first + count)), sep="\n")
        return 0
    found = list(disagreements(range(first, first + count)))
    print(f"{count - len(found)} of {count} worlds agree", *(f"agree:{number} does not" for number in found), sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
