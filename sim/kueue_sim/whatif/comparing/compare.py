"""Who waits longer and who shorter, and is the difference real? A base against variants of it, pair by pair.

All variants meet the same arrivals and run times under the same seed (common random numbers). A scenario without
randomness, such as a recorded trace, is cut into blocks of time instead: week against the same week.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

from kueue_sim.errors import InputError, Mistake
from kueue_sim.results.metrics.conditions import read_bounds
from kueue_sim.results.metrics.metric_path import MetricPath, expanded, read_metrics
from kueue_sim.units import parse_duration
from kueue_sim.whatif.comparing.comparison import Comparison, Samples
from kueue_sim.whatif.comparing.design import Plan, notes
from kueue_sim.whatif.comparing.variants import Changes, Variant, variants_of
from kueue_sim.whatif.execution.checkpoint import Kept
from kueue_sim.whatif.execution.execution import Progress, execute
from kueue_sim.whatif.execution.executors import Crew, crew_of
from kueue_sim.whatif.execution.replication import Cell, Outcome
from kueue_sim.whatif.execution.scenario_source import Given, origin_of

METRICS = ("delay.mean", "delay.p95", "utilisation", "preemptions", "lost.gpu_hours")
"""What is compared by default; the first decides."""
ALWAYS = "never_admitted"
"""Measured whatever is asked for, because what never got in is missing in waits."""


def compare(
    base: Given,
    variants: Mapping[str, Changes],
    *,
    metrics: Sequence[str] = METRICS,
    bounds: Sequence[str] = (),
    seeds: int | Sequence[int] | None = None,
    warm_up: str | int = 0,
    block: str | int | None = None,
    confidence: float = 0.95,
    folder: str | Path | None = None,
    executor: str | Crew | Executor = "local",
    workers: int | None = None,
    address: str | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Compare ``variants`` (name to scenario, or to overrides of the base's file) with ``base``.

    A metric without a subject is compared in total and for every team. ``seeds`` is how many, or which; by default
    ten where arrivals depend on the seed, else one run cut into blocks (``block``, by default weeks, days or hours,
    the longest that gives four). ``warm_up`` is left out of every run. ``bounds`` are what no variant may do, such
    as ``team-a.wait.p95 > +10%``. Finished runs are kept in ``folder``; the same comparison goes on where it stopped.
    Raises InputError.
    """
    return compared(
        Variant("base", origin_of(base)),
        variants_of(base, variants),
        metrics=metrics,
        bounds=bounds,
        seeds=seeds,
        warm_up_ms=parse_duration(warm_up),
        block_ms=None if block is None else parse_duration(block),
        confidence=confidence,
        folder=None if folder is None else Path(folder),
        crew=crew_of(executor, workers, address),
        progress=progress,
    )


def compared(
    base: Variant,
    variants: Sequence[Variant],
    *,
    metrics: Sequence[str],
    bounds: Sequence[str] = (),
    seeds: int | Sequence[int] | None,
    warm_up_ms: int,
    block_ms: int | None,
    confidence: float,
    folder: Path | None = None,
    crew: Crew,
    progress: Progress | None = None,
) -> Comparison:
    """As ``compare``, with everything read already."""
    if not 0.5 <= confidence < 1:
        raise InputError([Mistake(None, f"confidence {confidence:g} is not accepted; at least 0.5 and below 1 is")])
    sides = [base, *variants]
    names = [side.name for side in sides]
    if len(sides) < 2 or len(set(names)) < len(names):
        raise InputError(
            [Mistake(None, f"at least one variant is needed, and each name once; given: {', '.join(names)}")]
        )
    scenarios = [side.origin.scenario() for side in sides]
    plan = Plan.of(base.origin, scenarios[0], seeds, warm_up_ms, block_ms)
    limits = read_bounds(bounds, scenarios[0].policy, "condition")
    metrics = [*metrics, *(limit.path.text for limit in limits)]
    paths = {
        side.name: read_metrics(expanded(metrics, scenario.policy), scenario.policy)
        for side, scenario in zip(sides, scenarios, strict=True)
    }
    measured = {name: (*found, *read_metrics([ALWAYS], scenarios[0].policy)) for name, found in paths.items()}
    cells = [
        Cell(side.origin, f"{side.name} {side.origin.identity(scenario)}", seed, measured[side.name], plan.cuts)
        for side, scenario in zip(sides, scenarios, strict=True)
        for seed in plan.seeds
    ]
    outcomes = execute(cells, crew, None if folder is None else Kept(folder), progress)
    return replace(_evaluated(sides, paths, plan, outcomes, confidence), bounds=limits)


def _evaluated(
    sides: Sequence[Variant],
    paths: Mapping[str, tuple[MetricPath, ...]],
    plan: Plan,
    outcomes: Sequence[Outcome],
    confidence: float,
) -> Comparison:
    """The comparison that the outcomes amount to; they come side by side, seeds within."""
    runs = len(plan.seeds)
    by_side = {side.name: outcomes[index * runs : (index + 1) * runs] for index, side in enumerate(sides)}
    samples = [Samples(name, plan.samples(found)) for name, found in by_side.items()]
    failures = [
        f"{name}, seed {seed}: {outcome.stage}: {outcome.reason}"
        for name, found in by_side.items()
        for seed, outcome in zip(plan.seeds, found, strict=True)
        if outcome.failed
    ]
    return Comparison(
        title=f"{sides[0].name} against {', '.join(side.name for side in sides[1:])}",
        base=samples[0],
        variants=tuple(samples[1:]),
        paths=paths,
        replicates=plan.replicates,
        confidence=confidence,
        notes=tuple(notes(plan, by_side)),
        failures=tuple(failures),
    )
