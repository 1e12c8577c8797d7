"""Which change is the cheapest that meets the objectives, and how sure is that?

Moves are judged under a few seeds. The one chosen is then run again under fresh seeds, which took no part in the
choice: the share of them under which all objectives hold says how sure it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from kueue_sim.errors import InputError, Mistake
from kueue_sim.results.metrics.conditions import Bound, read_bounds
from kueue_sim.whatif.advising.advice import Advice, Sureness
from kueue_sim.whatif.advising.levers import Move, levers_of
from kueue_sim.whatif.advising.remedy import remedy
from kueue_sim.whatif.advising.search import Judged, cheapest, excess_of, frontier, searched
from kueue_sim.whatif.comparing.design import depends_on_seed
from kueue_sim.whatif.comparing.statistics import share_interval
from kueue_sim.whatif.execution.execution import execute
from kueue_sim.whatif.execution.executors import Crew, lasting
from kueue_sim.whatif.execution.replication import Cell, Cuts, Outcome
from kueue_sim.whatif.execution.runs import Runs
from kueue_sim.whatif.execution.scenario_source import FromFile
from kueue_sim.whatif.sweeping.grid import Axis
from kueue_sim.whatif.sweeping.sweep import at

BUDGET = 200
"""Moves judged at most."""
SEEDS = 5
FRESH_SEEDS = 20


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of advice: ``objectives`` such as ``wait.p95 <= 30m``, what may move within which values, what
    moving costs (without prices, relative changes count), and how much trying is allowed.

    ``budget`` is how many changes may be tried, ``fresh_seeds`` how many seeds check the chosen one. ``search_seed`` is
    the optimiser's. Times in milliseconds.
    """

    objectives: tuple[str, ...]
    axes: tuple[Axis, ...]
    prices: Mapping[str, float] = field(default_factory=dict)
    budget: int = BUDGET
    fresh_seeds: int = FRESH_SEEDS
    confidence: float = 0.95
    warm_up_ms: int = 0
    search_seed: int = 0


def advised(base: FromFile, wish: Wish, runs: Runs) -> Advice:
    """The cheapest change that fulfils the wish. Raises InputError."""
    loaded = base.loaded()
    bounds = read_bounds(wish.objectives, loaded.scenario.policy, "objective")
    levers = levers_of(wish.axes, loaded)
    unknown = [path for path in wish.prices if path not in [lever.path for lever in levers]]
    if unknown or not bounds:
        problem = f"prices for what does not move: {', '.join(unknown)}" if unknown else "no objective is given"
        raise InputError([Mistake(None, problem)])
    random = depends_on_seed(base, loaded.scenario)
    first = loaded.scenario.seed
    chosen_seeds = runs.chosen(first, default=SEEDS) if random else (first,)
    start = max(chosen_seeds) + 1
    fresh = tuple(range(start, start + wish.fresh_seeds)) if random else ()
    with lasting(runs.crew) as runners:
        trial = _Trial(base, base.identity(loaded.scenario), bounds, Cuts(wish.warm_up_ms), runners, runs)
        present = trial.judged([Move((), 0.0)], chosen_seeds)[0]
        judged = partial(replace(trial, base=present.means).judged, seeds=chosen_seeds)
        found, method = searched(levers, wish.prices, judged, wish.budget, wish.search_seed)
        best = cheapest(found)
        sure = None
        if best is not None and fresh:
            hits = round(replace(trial, base=present.means).judged([best.move], fresh)[0].share * len(fresh))
            sure = Sureness(hits, len(fresh), *share_interval(hits, len(fresh), wish.confidence), wish.confidence)
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
    runs: Runs
    base: Mapping[str, float | None] | None = None

    def judged(self, moves: Sequence[Move], seeds: Sequence[int]) -> list[Judged]:
        """The verdict on each move, in order."""
        paths = tuple({bound.path.text: bound.path for bound in self.bounds}.values())
        cells = [
            Cell(at(self.origin, item.settings), f"{self.identity} {item.settings}", seed, paths, self.cuts)
            for item in moves
            for seed in seeds
        ]
        outcomes = execute(cells, self.crew, self.runs.kept, self.runs.progress)
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
