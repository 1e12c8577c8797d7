"""Which move is the cheapest that meets the objectives? Every one in order of cost, or an optimiser with a budget.

Each move is judged under the same seeds. In order of cost the first that meets the objectives is the answer, exactly.
Where there are more moves than the budget allows, Optuna's TPE sampler proposes them, seeded, in batches of fixed size,
so that the answer does not depend on how many run at once; what is left of the budget goes into stepping down in cost
from the best one found.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, prod

from kueue_sim.errors import MissingExtra
from kueue_sim.results.metrics.conditions import Bound
from kueue_sim.whatif.advising.levers import Lever, Move, all_moves, move

BATCH = 8
"""Moves judged at a time."""
STEPPING = 4
"""One part in so many of the budget is for stepping down."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A move with what was measured: ``means`` over seeds, ``share`` of seeds under which all objectives hold.

    ``excess`` is by how much the worst objective is missed, in proportion to its limit; 0 when all hold.
    ``open_ends`` are the metrics with open ends under any seed; ``rounds`` say what goes round under it, if anything;
    ``unplaced_h`` are accelerator-hours of quota held without nodes, a run.
    """

    move: Move
    means: Mapping[str, float | None]
    share: float
    excess: float
    failed: str = ""
    open_ends: frozenset[str] = frozenset()
    rounds: tuple[str, ...] = ()
    unplaced_h: float = 0.0

    @property
    def meets(self) -> bool:
        """Whether all objectives hold."""
        return self.excess == 0


Judge = Callable[[Sequence[Move]], list[Judged]]
"""Judges moves, in order."""


def excess_of(bounds: Sequence[Bound], means: Mapping[str, float | None], base: Mapping[str, float | None]) -> float:
    """By how much the worst objective is missed; infinite where nothing was measured."""
    return max((_excess(bound, means.get(bound.path.text), base.get(bound.path.text)) for bound in bounds), default=0.0)


def _excess(bound: Bound, value: float | None, base: float | None) -> float:
    held = bound.holds(value, base)
    if held:
        return 0.0
    if held is None or value is None:
        return inf
    away = abs((value - base if bound.change and base is not None else value) - bound.limit)
    return max(away / (abs(bound.limit) or 1.0), 1e-9)


def in_order_of_cost(moves: Sequence[Move], judge: Judge) -> list[Judged]:
    """Judge the cheapest first until one meets the objectives; those of the same cost are judged too."""
    found: list[Judged] = []
    for start in range(0, len(moves), BATCH):
        if any(item.meets for item in found):
            best = min(item.move.cost for item in found if item.meets)
            batch = [item for item in moves[start : start + BATCH] if item.cost == best]
        else:
            batch = list(moves[start : start + BATCH])
        if not batch:
            break
        found += judge(batch)
    return found


def optimise(
    levers: Sequence[Lever], prices: Mapping[str, float], judge: Judge, budget: int, seed: int
) -> list[Judged]:
    """At most ``budget`` moves judged, chosen by Optuna and then by stepping down. Needs the extra ``advise``."""
    try:
        import optuna
    except ImportError:
        raise MissingExtra(f"a choice among {space(levers):,} changes, more than the budget,", "advise") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed, constant_liar=True))
    for corner in (0, -1):
        study.enqueue_trial({lever.path: range(len(lever.values))[corner] for lever in levers})
    known: dict[Move, Judged] = {}
    asked = 0
    while asked < budget - budget // STEPPING:
        trials = [study.ask() for _ in range(min(BATCH, budget - budget // STEPPING - asked))]
        asked += len(trials)
        values = [
            [lever.values[trial.suggest_int(lever.path, 0, len(lever.values) - 1)] for lever in levers]
            for trial in trials
        ]
        moves = [move(levers, chosen, prices) for chosen in values]
        _judge_new(moves, known, judge)
        for trial, one in zip(trials, moves, strict=True):
            study.tell(trial, _score(known[one]))
    _step_down(levers, prices, known, judge, budget)
    return list(known.values())


def _judge_new(moves: Sequence[Move], known: dict[Move, Judged], judge: Judge) -> None:
    new = [one for one in dict.fromkeys(moves) if one not in known]
    known.update(zip(new, judge(new) if new else [], strict=True))


def _score(found: Judged) -> float:
    """What the optimiser minimises: the cost, and far above any cost how much the objectives are missed."""
    return found.move.cost if found.meets else 1e6 * (1 + min(found.excess, 1e3))


def _step_down(
    levers: Sequence[Lever], prices: Mapping[str, float], known: dict[Move, Judged], judge: Judge, budget: int
) -> None:
    """From the cheapest move that meets the objectives, one lever one value towards the present, while it helps."""
    while (best := cheapest(list(known.values()))) is not None:
        cheaper = [step for step in _steps_back(levers, best.move, prices) if step not in known]
        cheaper = [step for step in cheaper if step.cost < best.move.cost][: max(0, budget - len(known))]
        if not cheaper:
            return
        _judge_new(cheaper, known, judge)


def _steps_back(levers: Sequence[Lever], start: Move, prices: Mapping[str, float]) -> list[Move]:
    settings = dict(start.settings)
    values = [settings.get(lever.path, lever.now or "") for lever in levers]
    steps = []
    for index, lever in enumerate(levers):
        place, home = lever.values.index(values[index]), lever.values.index(lever.now or "")
        if place != home:
            next_one = lever.values[place + (1 if home > place else -1)]
            steps.append(move(levers, [*values[:index], next_one, *values[index + 1 :]], prices))
    return sorted(steps, key=lambda step: step.cost)


def space(levers: Sequence[Lever]) -> int:
    """The number of combinations."""
    return prod(len(lever.values) for lever in levers)


def cheapest(found: Sequence[Judged]) -> Judged | None:
    """The cheapest that meets the objectives; of equal costs the one most seeds agree on, then the first."""
    good = [item for item in found if item.meets]
    return min(good, key=lambda item: (item.move.cost, -item.share), default=None)


def frontier(found: Sequence[Judged]) -> list[Judged]:
    """Moves that no cheaper or equally cheap one beats in how much the objectives are missed, by cost."""
    best, kept = inf, []
    for item in sorted(found, key=lambda item: (item.move.cost, item.excess, -item.share)):
        if item.excess < best:
            best = item.excess
            kept.append(item)
    return kept


def searched(
    levers: Sequence[Lever], prices: Mapping[str, float], judge: Judge, budget: int, seed: int
) -> tuple[list[Judged], str]:
    """What was judged, and in words how moves were chosen."""
    size = space(levers)
    if size <= budget:
        found = in_order_of_cost(all_moves(levers, prices), judge)
        met = "no cheaper one meets" if cheapest(found) is not None else "none meets"
        return found, f"in order of cost, {len(found)} of {size} possible changes: {met} the objectives"
    found = optimise(levers, prices, judge, budget, seed)
    return found, f"by Optuna (TPE, seed {seed}), {len(found)} of {size:,} possible changes: a cheaper one may exist"
