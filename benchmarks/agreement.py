"""Do shortcuts decide what the long way decides? Random worlds, each played with all shortcuts and without any.

    python -m benchmarks.agreement [WORLDS] [FIRST]
    python -m benchmarks.agreement --lives [WORLDS] [FIRST]
    python -m benchmarks.agreement --releases [WORLDS] [FIRST]
    python -m benchmarks.agreement --digests [WORLDS] [FIRST]

Facts, states, reasons and messages are compared as whole values. Prints the seeds that disagree; exit code 1 if any.
With ``--lives`` more happens in the same worlds: topologies, admission checks, pods that get ready or are given back,
elastic jobs, limits of time, and changes of quotas and of work.
With ``--releases`` each world is played under every release line of Kueue, and under patches with rules of their own.
With ``--digests`` a digest of all that a run says is printed for each world instead, so that two builds of the same
source can be held against each other: the compiled one prints what the pure one prints.
"""

from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from random import Random
from typing import Any

from benchmarks.worlds.lives import with_lives
from kueue_sim.engine import simulation
from kueue_sim.inputs import scenario_from_dict
from kueue_sim.model import LAST_PATCHES, NEWEST, gate_defaults
from kueue_sim.policytest.random_worlds.worlds import Limits, seeded_world

SIZES = (
    Limits(workloads=16),
    Limits(queues=6, workloads=40, flavors=3, seconds=20),
    Limits(queues=8, workloads=60, flavors=1, resources=1, seconds=30, several_pod_sets=False),
    Limits(queues=5, workloads=40, flavors=1, resources=2, cohorts=1, seconds=10, strict=False),
    Limits(
        queues=8,
        workloads=60,
        flavors=1,
        resources=1,
        cohorts=5,
        seconds=30,
        several_pod_sets=False,
        without_limits=True,
    ),
    Limits(queues=6, workloads=50, flavors=1, resources=3, cohorts=4, seconds=20, without_limits=True),
    Limits(queues=6, workloads=50, resources=3, groups=2, cohorts=5, seconds=20, without_limits=True),
    Limits(queues=5, workloads=60, flavors=3, cohorts=2, seconds=20, strict=False, without_limits=True),
)
"""Worlds of several kinds in turn: plain ones, many flavors, crowded trees of one resource, one crowded cohort; deep
trees, some without any limit, of one resource, of up to three, and of two groups of them with flavors of their own; and
crowded cohorts where several flavors may serve."""

RELEASES = (*(f"0.{line}" for line in LAST_PATCHES), "0.10.0", "0.12.2", "0.13.4", "0.13.5", "0.15.5", "0.16.2")
"""Every line by its newest patch, and patches that decide by rules which no newest patch has."""


def world(number: int) -> dict[str, Any]:
    """A random world; every third one collects its notifications, as real clusters do, and in every eleventh one scans
    do not remember where they stopped."""
    document = seeded_world(f"agree:{number}", SIZES[number % len(SIZES)])
    document["horizon"] = f"{40 + 20 * (number // len(SIZES) % 4)}s"
    if number % 11 == 10:
        document.setdefault("kueue", {})["featureGates"] = {"FlavorFungibility": False}
    if number % 3 == 2:
        document["timing"] = {"flush": "1s", "termination": f"{Random(number).randrange(4)}s"}
    return document


def lively(number: int) -> dict[str, Any]:
    """The same world, in which more happens."""
    document = world(number)
    with_lives(document, Random(f"lives:{number}"))
    return document


def under(document: Mapping[str, Any], release: str) -> dict[str, Any]:
    """The world as a cluster with this release has it: without the feature gates that the release does not know."""
    kueue = dict(document.get("kueue", {}))
    known = gate_defaults(release)
    gates = {name: on for name, on in kueue.get("featureGates", {}).items() if name in known}
    return {**document, "kueue": {**kueue, "featureGates": gates}}


def outcome(document: Mapping[str, Any], shortcuts: bool, release: str = NEWEST) -> object:
    """Everything a run says."""
    scenario = scenario_from_dict(under(document, release), overrides=[("kueue.version", release)])
    run = simulation(scenario, shortcuts=shortcuts).run()
    return list(run.facts), sorted(run.left.items()), run.pending


def disagreements(
    numbers: range, releases: Sequence[str] = (NEWEST,), draw: Callable[[int], dict[str, Any]] = world
) -> Iterator[tuple[int, str]]:
    """The worlds, and the releases, in which shortcuts decide, or say, something else."""
    for number in numbers:
        document = draw(number)
        for release in releases:
            if outcome(document, True, release) != outcome(document, False, release):
                yield number, release


def digest(number: int) -> str:
    """A digest of everything the run of a world says."""
    return sha256(repr(outcome(world(number), shortcuts=True)).encode()).hexdigest()


def main() -> int:
    """Exit code 1 when any world disagrees."""
    parser = ArgumentParser(prog="python -m benchmarks.agreement", description=__doc__.partition("\n")[0])
    parser.add_argument("worlds", nargs="?", type=int, default=2000, help="how many, 2000 when absent")
    parser.add_argument("first", nargs="?", type=int, default=0, help="number of the first one, 0 when absent")
    parser.add_argument("--lives", action="store_true", help="worlds in which more happens")
    parser.add_argument("--releases", action="store_true", help="each world under every release")
    parser.add_argument("--digests", action="store_true", help="a digest of each run instead of a comparison")
    options = parser.parse_args()
    numbers = range(options.first, options.first + options.worlds)
    if options.digests:
        print(*(f"{number} {digest(number)}" for number in numbers), sep="\n")
        return 0
    releases = RELEASES if options.releases else (NEWEST,)
    found = list(disagreements(numbers, releases, lively if options.lives else world))
    total = options.worlds * len(releases)
    told = (f"agree:{number} does not under {release}" for number, release in found)
    print(f"{total - len(found)} of {total} runs agree", *told, sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
