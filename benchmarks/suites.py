"""What is measured: the work of every suite, the figure that proves its decisions, and its target.

Figures are average waits in seconds from submission to first admission. Those of ``PUBLISHED`` suites were agreed
by independent simulators and Kueue's own code; the others were recorded here, so that a change of decisions shows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.contended import Contention, contended
from benchmarks.pool import PoolJobs, eight_queues, one_queue, pool_jobs, reclaiming_queues
from benchmarks.published.philly import philly
from kueue_sim.inputs import load_scenario
from kueue_sim.model import Scenario

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
"""Public traces and Kueue's suites; what is missing there is not measured."""


@dataclass(frozen=True, slots=True)
class Target:
    """What must be reached. ``times_floor``: at most so many times the floor's seconds. ``per_job_of``: at most so
    many times the seconds per job of another suite. ``wall_s``: published wall time of real Kueue, which must be
    at least ``faster`` times longer. ``seconds`` and ``peak_mb`` are limits as they stand."""

    times_floor: float | None = None
    per_job_of: tuple[str, float] | None = None
    wall_s: float | None = None
    faster: float | None = None
    seconds: float | None = None
    peak_mb: float | None = None


@dataclass(frozen=True, slots=True)
class Suite:
    """One piece of work. ``expected`` is the average wait to the digits shown; ``quick`` ones take seconds."""

    name: str
    jobs: int
    build: Callable[[], Scenario]
    expected: str
    target: Target = Target()
    quick: bool = False
    needs: Path | None = None

    @property
    def digits(self) -> int:
        """Decimals of the expected figure."""
        return len(self.expected.partition(".")[2])


def _pool(make: Callable[[PoolJobs], Scenario], count: int, load: float) -> Scenario:
    return make(pool_jobs(count, load))


def _best_effort(jobs: PoolJobs) -> Scenario:
    return one_queue(jobs, "BestEffortFIFO")


def _generator(name: str) -> Path:
    return SHARED / "bench" / "kueue-perf" / f"{name}.generator.yaml"


def _of_pool(
    what: str,
    make: Callable[[PoolJobs], Scenario],
    count: int,
    load: float,
    expected: str,
    target: Target = Target(),
    quick: bool = True,
) -> Suite:
    """So many of the pool's jobs at this load, in the queues that ``make`` gives them."""
    return Suite(f"{what} {count:,} @ {load}", count, partial(_pool, make, count, load), expected, target, quick)


def _contended(what: str, world: Contention, expected: str, target: Target = Target()) -> Suite:
    """A world of queues that preempt each other."""
    return Suite(f"contended {what}", world.jobs, partial(contended, world), expected, target)


POOL: Sequence[Suite] = (
    _of_pool("pool", one_queue, 2_000, 0.85, "2.6210"),
    _of_pool("pool", one_queue, 10_000, 0.85, "49.4178"),
    _of_pool("pool", one_queue, 50_000, 0.85, "96.7646", Target(times_floor=9)),
    _of_pool("pool", one_queue, 10_000, 1.5, "12106.1596"),
    _of_pool("best effort", _best_effort, 10_000, 0.85, "13.99"),
    _of_pool("cohort", eight_queues, 10_000, 0.85, "42.90", Target(times_floor=16)),
    _of_pool("cohort", eight_queues, 10_000, 1.5, "12032.5", Target(times_floor=40)),
    _of_pool("reclaim", reclaiming_queues, 5_000, 1.1, "4741.47", Target(times_floor=120)),
    _of_pool(
        "cohort", eight_queues, 100_000, 1.5, "155809.911", Target(per_job_of=("cohort 10,000 @ 1.5", 2)), quick=False
    ),
    _of_pool(
        "pool",
        one_queue,
        1_000_000,
        0.85,
        "69.122",
        Target(per_job_of=("pool 50,000 @ 0.85", 1.3), peak_mb=1024),
        quick=False,
    ),
)
CONTENDED: Sequence[Suite] = (
    _contended("8 queues, classical", Contention(8, 4_000, 0.85), "705.4130", Target(times_floor=60)),
    _contended("8 queues, fair", Contention(8, 4_000, 0.85, fair=True), "3422.9277", Target(times_floor=250)),
    _contended("8 queues, two levels", Contention(8, 2_000, 0.85, levels=2), "106.9530"),
    _contended("8 queues, strict", Contention(8, 2_000, 0.85, strict=True), "229.5485"),
    _contended("64 queues, classical", Contention(64, 4_000, 1.1), "621.4640", Target(times_floor=150)),
    _contended("64 queues, fair", Contention(64, 1_000, 1.1, fair=True), "6.0130", Target(times_floor=300)),
    _contended("64 queues, fair, longer", Contention(64, 1_536, 1.1, fair=True), "23.7396"),
    _contended("512 queues", Contention(512, 12_000, 1.1), "5.6386"),
    _contended("64 queues, two levels", Contention(64, 4_000, 1.1, levels=2), "575.6297"),
    _contended("8 queues, three resources", Contention(8, 2_000, 0.85, with_cores=True), "2825.2555"),
    _contended("64 queues, three resources", Contention(64, 1_536, 1.1, with_cores=True), "99.2350"),
    _contended("8 queues, two flavors", Contention(8, 2_000, 0.85, flavors=2), "470.7000"),
    _contended("64 queues, two flavors", Contention(64, 4_000, 1.1, flavors=2, looks_on=True), "563.0828"),
    _contended("8 queues, two flavors, fair", Contention(8, 1_000, 0.85, fair=True, flavors=2), "5423.9480"),
)
"""Full cohorts that reclaim and preempt; figures recorded here."""

KUEUE: Mapping[str, tuple[int, float, float, str]] = {
    "baseline": (15_000, 351, 300, "45.631"),
    "large-scale": (50_000, 1_179, 200, "1.713"),
    "tas": (15_000, 401, 60, "48.106"),
}
"""Workloads, published wall time in seconds, how many times faster we must be, and our average wait."""


def all_suites() -> tuple[Suite, ...]:
    """Every suite, short ones first, whether or not its files are here."""
    kueue = tuple(
        Suite(
            f"kueue {name}",
            jobs,
            partial(load_scenario, _generator(name)),
            expected,
            Target(wall_s=wall, faster=faster),
            needs=_generator(name),
        )
        for name, (jobs, wall, faster, expected) in KUEUE.items()
    )
    folder = SHARED / "traces" / "philly"
    cohort = Suite(
        "philly in a cohort", 109_493, partial(philly, folder, "0.75"), "244.426", Target(seconds=4), needs=folder
    )
    return (*POOL[:7], *kueue, cohort, *POOL[7:], *CONTENDED)


def suite_named(name: str) -> Suite:
    """The suite of that name. Raises KeyError."""
    return {suite.name: suite for suite in all_suites()}[name]
