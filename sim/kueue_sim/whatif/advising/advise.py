"""Which change is the cheapest that meets the objectives, and how sure is that?

Moves are judged under a few seeds. Who is chosen by few seeds looks better than it is, so the chosen one must also hold
under *check* seeds that took no part in the choice; if it does not, the next in order of cost is looked for. Passing
is a choice as well, so what is told of the change comes from *fresh* seeds that decided nothing. Whether those hold
decides whether the advice is confirmed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from kueue_sim.errors import InputError, Mistake
from kueue_sim.results.metrics.bill import check_prices
from kueue_sim.results.metrics.conditions import Bound, read_bounds
from kueue_sim.results.metrics.metric_path import left_out, read_metrics
from kueue_sim.results.quota.resources import resources_of
from kueue_sim.whatif.advising.advice import Advice, Sureness, Told, ToldObjective
from kueue_sim.whatif.advising.levers import Lever, Move, levers_of
from kueue_sim.whatif.advising.remedy import remedy
from kueue_sim.whatif.advising.search import Judged, cheapest, excess_of, frontier, searched
from kueue_sim.whatif.comparing.design import is_random, what_seeds_leave_out
from kueue_sim.whatif.comparing.goes_round import rounds_of
from kueue_sim.whatif.comparing.statistics import paired, share_interval
from kueue_sim.whatif.comparing.unplaced import UNPLACED, mean_of
from kueue_sim.whatif.comparing.warm_up import check_warm_up, found_warm_up_ms, longest, warm_up_notes
from kueue_sim.whatif.execution.execution import execute
from kueue_sim.whatif.execution.executors import Crew, lasting
from kueue_sim.whatif.execution.replication import Cell, Cuts, Outcome
from kueue_sim.whatif.execution.runs import Runs
from kueue_sim.whatif.execution.scenario_source import FromFile
from kueue_sim.whatif.learning.onward import where_it_begins
from kueue_sim.whatif.sweeping.grid import Axis
from kueue_sim.whatif.sweeping.sweep import at

BUDGET = 200
"""Moves judged at most."""
SEEDS = 5
FRESH_SEEDS = 20
MOST_REFUTED = 20
"""So many changes that hold under few seeds only are passed over."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of advice: ``objectives`` such as ``wait.p95 <= 30m``, what may move within which values, what
    moving costs (without prices, relative changes count), and how much trying is allowed.

    ``budget`` is how many changes may be tried. ``fresh_seeds`` is how many seeds check the chosen one, and how many
    more tell of it. ``assurance`` is the share of seeds under which all objectives have to hold; None: their means
    have to. ``search_seed`` is the optimiser's. ``warm_up_ms`` None looks for the warm-up of the scenario as it is.
    """

    objectives: tuple[str, ...]
    axes: tuple[Axis, ...]
    prices: Mapping[str, float] = field(default_factory=dict)
    budget: int = BUDGET
    fresh_seeds: int = FRESH_SEEDS
    assurance: float | None = None
    confidence: float = 0.95
    warm_up_ms: int | None = 0
    search_seed: int = 0


def advised(base: FromFile, wish: Wish, runs: Runs) -> Advice:
    """The cheapest change that fulfils the wish. Raises InputError."""
    loaded = base.loaded()
    bounds = read_bounds(wish.objectives, loaded.scenario.policy, "objective")
    check_prices([bound.path for bound in bounds], loaded.scenario)
    levers = levers_of(wish.axes, loaded)
    unknown = [path for path in wish.prices if path not in [lever.path for lever in levers]]
    if unknown or not bounds:
        problem = f"prices for what does not move: {', '.join(unknown)}" if unknown else "no objective is given"
        raise InputError([Mistake(None, problem)])
    random = is_random(base, loaded.scenario)
    seeds = runs.chosen(loaded.scenario.seed, default=SEEDS) if random else (loaded.scenario.seed,)
    start, number = max(seeds) + 1, wish.fresh_seeds if random else 0
    with lasting(runs.crew) as runners:
        check_warm_up(loaded.scenario, wish.warm_up_ms or 0)
        settled = {"as it is": found_warm_up_ms(loaded.scenario)} if wish.warm_up_ms is None else {}
        cuts = Cuts(longest(settled) if wish.warm_up_ms is None else wish.warm_up_ms)
        trial = _Trial(base, base.identity(loaded.scenario), bounds, cuts, runners, runs)
        present = trial.judged([Move((), 0.0)], seeds)[0]
        search = _Search(replace(trial, base=present.means), levers, wish, seeds, range(start, start + number))
        found, method, refuted = search.found()
        best = cheapest(found)
        told = (
            None if best is None or not number else _told(trial, best, wish, range(start + number, start + 2 * number))
        )
    return Advice(
        title=loaded.scenario.name,
        objectives=bounds,
        present=present,
        chosen=best,
        frontier=tuple(frontier(found)),
        tried=tuple(found),
        now={lever.path: lever.now for lever in levers},
        method=method,
        seeds=len(seeds),
        told=told,
        exact=not random,
        refuted=tuple(refuted),
        assurance=wish.assurance,
        remedy=None if best is None or not best.move.settings else remedy(base, best.move.settings),
        priced=bool(wish.prices),
        notes=(
            *where_it_begins(loaded.scenario),
            *(what_seeds_leave_out(base, loaded.scenario) if random else ()),
            *left_out([bound.path for bound in bounds], resources_of(loaded.scenario)),
            *warm_up_notes(settled),
        ),
    )


@dataclass(frozen=True)
class _Search:
    """The search for a change that also holds under the check seeds."""

    trial: "_Trial"
    levers: Sequence[Lever]
    wish: Wish
    seeds: Sequence[int]
    check_seeds: Sequence[int]

    def found(self) -> tuple[list[Judged], str, list[Judged]]:
        """What was judged, how moves were chosen, and the moves that the check seeds refuted, as those show them."""
        known: dict[Move, Judged] = {}
        refuted: dict[Move, Judged] = {}

        def judge(moves: Sequence[Move]) -> list[Judged]:
            new = [item for item in moves if item not in known]
            known.update(zip(new, self.trial.judged(new, self.seeds) if new else [], strict=True))
            return [refuted.get(item, known[item]) for item in moves]

        while True:
            found, method = searched(self.levers, self.wish.prices, judge, self.wish.budget, self.wish.search_seed)
            best = cheapest(found)
            if best is None or not self.check_seeds or len(refuted) == MOST_REFUTED:
                return found, method, list(refuted.values())
            checked = self._checked(best.move)
            if checked.meets:
                return found, method, list(refuted.values())
            refuted[best.move] = checked

    def _checked(self, move: Move) -> Judged:
        """The move under the check seeds; a share below the assurance is a miss as well."""
        checked = self.trial.judged([move], self.check_seeds)[0]
        short = (self.wish.assurance or 0.0) - checked.share
        return replace(checked, excess=max(checked.excess, short)) if short > 0 else checked


def _told(trial: "_Trial", best: Judged, wish: Wish, seeds: Sequence[int]) -> Told:
    """The chosen move and the present under seeds that decided nothing."""
    runs = trial.outcomes([Move((), 0.0), best.move], seeds)
    base, changed = runs[: len(seeds)], runs[len(seeds) :]
    means = {bound.path.text: _mean([run.values.get(bound.path.text) for run in base]) for bound in trial.bounds}
    held = sum(excess_of(trial.bounds, run.values, means) == 0 for run in changed)
    n = len(seeds)
    return Told(
        tuple(told_of(bound, base, changed, wish.confidence) for bound in trial.bounds),
        Sureness(held, n, *share_interval(held, n, wish.confidence), wish.confidence),
    )


def told_of(bound: Bound, base: Sequence[Outcome], changed: Sequence[Outcome], confidence: float) -> ToldObjective:
    """One objective under the change: the mean over the seeds with its interval, and whether it is met."""
    before, after = ([run.values.get(bound.path.text) for run in side] for side in (base, changed))
    nothing: list[float | None] = [0.0] * len(after)
    found = paired(nothing, after, confidence)
    now, then = _mean(before), _mean(after)
    if found is not None and found.low is not None and found.low < 0 and bound.path.name != "cost.idle":
        found = replace(found, low=0.0)  # Nothing else that is measured is below 0.
    return ToldObjective(
        now,
        then,
        None if found is None else found.low,
        None if found is None else found.high,
        bound.holds(then, now),
        *(any(bound.path.text in run.open_ends for run in side) for side in (base, changed)),
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
        outcomes = self.outcomes(moves, seeds)
        return [
            self._judge(item, seeds, outcomes[index * len(seeds) : (index + 1) * len(seeds)])
            for index, item in enumerate(moves)
        ]

    def outcomes(self, moves: Sequence[Move], seeds: Sequence[int]) -> list[Outcome]:
        """The runs of each move under each seed, moves in order, seeds within."""
        always = read_metrics([UNPLACED], self.origin.loaded().scenario.policy)
        paths = tuple({path.text: path for path in (*(bound.path for bound in self.bounds), *always)}.values())
        cells = [
            Cell(at(self.origin, item.settings), f"{self.identity} {item.settings}", seed, paths, self.cuts)
            for item in moves
            for seed in seeds
        ]
        return execute(cells, self.crew, self.runs.kept, self.runs.progress)

    def _judge(self, item: Move, seeds: Sequence[int], outcomes: Sequence[Outcome]) -> Judged:
        failed = next((f"{outcome.stage}: {outcome.reason}" for outcome in outcomes if outcome.failed), "")
        means = {bound.path.text: _mean([run.values.get(bound.path.text) for run in outcomes]) for bound in self.bounds}
        base = self.base or means
        held = [excess_of(self.bounds, run.values, base) == 0 for run in outcomes]
        excess = float("inf") if failed else excess_of(self.bounds, means, base)
        ends = frozenset[str]().union(*(run.open_ends for run in outcomes))
        name, loops = "this change" if item.settings else "as it is", [run.loops for run in outcomes]
        rounds = rounds_of(name, seeds, loops, len(outcomes)) if any(loops) else []
        unplaced = mean_of([run.values.get(UNPLACED) for run in outcomes])
        return Judged(item, means, sum(held) / len(held), excess, failed, ends, tuple(rounds), unplaced)


def _mean(values: Sequence[float | None]) -> float | None:
    """The mean; None as soon as one run has no value, for then the objective cannot be told."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known and len(known) == len(values) else None
