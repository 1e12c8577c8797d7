"""Which change is the cheapest that meets the objectives, and how sure is that?

Moves are judged under a few seeds. The one chosen is then run again under fresh seeds, which took no part in the
choice: the share of them under which all objectives hold says how sure it is.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from kueue_sim.errors import InputError, Mistake
from kueue_sim.results.metrics.conditions import Bound, read_bounds
from kueue_sim.units import parse_duration
from kueue_sim.whatif.advising.advice import Advice, Sureness
from kueue_sim.whatif.advising.levers import Move, levers_of
from kueue_sim.whatif.advising.remedy import remedy
from kueue_sim.whatif.advising.search import Judged, cheapest, excess_of, frontier, searched
from kueue_sim.whatif.comparing.design import depends_on_seed
from kueue_sim.whatif.comparing.statistics import share_interval
from kueue_sim.whatif.execution.execution import Progress, execute
from kueue_sim.whatif.execution.executors import Crew, crew_of, lasting
from kueue_sim.whatif.execution.replication import Cell, Cuts, Outcome
from kueue_sim.whatif.execution.scenario_source import FromFile
from kueue_sim.whatif.sweeping.grid import Axis, axes_of
from kueue_sim.whatif.sweeping.sweep import at

BUDGET = 200
"""Moves judged at most."""
SEEDS = 5
FRESH_SEEDS = 20


def advise(
    base: str | Path | FromFile,
    objectives: Sequence[str],
    vary: Mapping[str, Sequence[object]],
    *,
    prices: Mapping[str, float] | None = None,
    budget: int = BUDGET,
    seeds: int = SEEDS,
    fresh_seeds: int = FRESH_SEEDS,
    confidence: float = 0.95,
    warm_up: str | int = 0,
    search_seed: int = 0,
    executor: str | Crew | Executor = "local",
    workers: int | None = None,
    address: str | None = None,
    progress: Progress | None = None,
) -> Advice:
    """The cheapest change within ``vary`` (path to values) that meets ``objectives`` such as ``wait.p95 <= 30m``.

    An objective is met when its mean over ``seeds`` meets it. ``budget`` is how many changes may be tried. Raises
    InputError.
    """
    return advised(
        base if isinstance(base, FromFile) else FromFile(str(base)),
        objectives,
        axes_of(vary),
        prices=prices or {},
        budget=budget,
        seeds=seeds,
        fresh_seeds=fresh_seeds,
        confidence=confidence,
        warm_up_ms=parse_duration(warm_up),
        search_seed=search_seed,
        crew=crew_of(executor, workers, address),
        progress=progress,
    )


def advised(
    base: FromFile,
    objectives: Sequence[str],
    axes: Sequence[Axis],
    *,
    prices: Mapping[str, float],
    budget: int,
    seeds: int,
    fresh_seeds: int,
    confidence: float,
    warm_up_ms: int,
    search_seed: int,
    crew: Crew,
    progress: Progress | None = None,
) -> Advice:
    """As ``advise``, with everything read already."""
    loaded = base.loaded()
    bounds = read_bounds(objectives, loaded.scenario.policy, "objective")
    levers = levers_of(axes, loaded)
    unknown = [path for path in prices if path not in [lever.path for lever in levers]]
    if unknown or not bounds:
        problem = f"prices for what does not move: {', '.join(unknown)}" if unknown else "no objective is given"
        raise InputError([Mistake(None, problem)])
    random = depends_on_seed(base, loaded.scenario)
    first = loaded.scenario.seed
    chosen_seeds = tuple(range(first, first + seeds)) if random else (first,)
    fresh = tuple(range(first + seeds, first + seeds + fresh_seeds)) if random else ()
    with lasting(crew) as runners:
        trial = _Trial(base, base.identity(loaded.scenario), bounds, Cuts(warm_up_ms), runners, progress)
        present = trial.judged([Move((), 0.0)], chosen_seeds)[0]
        judged = partial(replace(trial, base=present.means).judged, seeds=chosen_seeds)
        found, method = searched(levers, prices, judged, budget, search_seed)
        best = cheapest(found)
        sure = None
        if best is not None and fresh:
            hits = round(replace(trial, base=present.means).judged([best.move], fresh)[0].share * len(fresh))
            sure = Sureness(hits, len(fresh), *share_interval(hits, len(fresh), confidence), confidence)
    return Advice(
        title=loaded.scenario.name,
        objectives=bounds,
        present=present,
        chosen=best,
        frontier=tuple(frontier(found)),
        tried=tuple(found),
        now={lever.path: lever.now for lever in levers},
        method=method,
        seeds=len(chosen_seeds),
        sure=sure,
        remedy=None if best is None or not best.move.settings else remedy(base, best.move.settings),
    )


@dataclass(frozen=True)
class _Trial:
    """Runs moves under seeds and judges them; ``base`` are the means of the present, for objectives relative to it."""

    origin: FromFile
    identity: str
    bounds: tuple[Bound, ...]
    cuts: Cuts
    crew: Crew
    progress: Progress | None
    base: Mapping[str, float | None] | None = None

    def judged(self, moves: Sequence[Move], seeds: Sequence[int]) -> list[Judged]:
        """The verdict on each move, in order."""
        paths = tuple({bound.path.text: bound.path for bound in self.bounds}.values())
        cells = [
            Cell(at(self.origin, item.settings), f"{self.identity} {item.settings}", seed, paths, self.cuts)
            for item in moves
            for seed in seeds
        ]
        outcomes = execute(cells, self.crew, progress=self.progress)
        return [
            self._judge(item, outcomes[index * len(seeds) : (index + 1) * len(seeds)])
            for index, item in enumerate(moves)
        ]

    def _judge(self, item: Move, outcomes: Sequence[Outcome]) -> Judged:
        failed = next((f"{outcome.stage}: {outcome.reason}" for outcome in outcomes if outcome.failed), "")
        means = {bound.path.text: _mean([run.values.get(bound.path.text) for run in outcomes]) for bound in self.bounds}
        base = self.base or means
        held = [excess_of(self.bounds, run.values, base) == 0 for run in outcomes]
        excess = float("inf") if failed else excess_of(self.bounds, means, base)
        return Judged(item, means, sum(held) / len(held), excess, failed)


def _mean(values: Sequence[float | None]) -> float | None:
    """The mean; None as soon as one run has no value, for then the objective cannot be told."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known and len(known) == len(values) else None
