"""Who waits longer and who shorter, and is the difference real? A base against variants of it, pair by pair.

All variants meet the same arrivals and run times under the same seed (common random numbers). A recorded trace is one
run per variant, judged by its parts; a case without any chance is told exactly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile
from math import ceil

from kueue_sim.errors import InputError, Mistake
from kueue_sim.model import Scenario
from kueue_sim.results.metrics.bill import check_prices
from kueue_sim.results.metrics.conditions import read_bounds
from kueue_sim.results.metrics.metric_path import CUTS_OFF, LEAVES_OUT, MetricPath, expanded, left_out, read_metrics
from kueue_sim.results.quota.resources import resources_of
from kueue_sim.whatif.comparing.changes import changes_between
from kueue_sim.whatif.comparing.comparison import Comparison, Samples, never_path
from kueue_sim.whatif.comparing.design import Plan, notes, settled, what_seeds_leave_out
from kueue_sim.whatif.comparing.elimination import contenders
from kueue_sim.whatif.comparing.gates import Gate
from kueue_sim.whatif.comparing.goes_round import EVICTED
from kueue_sim.whatif.comparing.recorded import weight_path
from kueue_sim.whatif.comparing.selection import FIRST_STAGE, Selection
from kueue_sim.whatif.comparing.unplaced import UNPLACED
from kueue_sim.whatif.comparing.variants import Variant
from kueue_sim.whatif.comparing.warm_up import check_warm_up, found_warm_up_ms, longest, warm_up_notes
from kueue_sim.whatif.execution.checkpoint import Kept
from kueue_sim.whatif.execution.execution import Interrupted, execute
from kueue_sim.whatif.execution.executors import Crew, lasting
from kueue_sim.whatif.execution.replication import Cell, Outcome
from kueue_sim.whatif.execution.runs import Runs
from kueue_sim.whatif.learning.onward import asked_for_evidence, where_it_begins

METRICS = ("delay.mean", "delay.p95", "utilisation", "preemptions", "lost.gpu_hours")
"""What is compared by default; the first decides."""
ALWAYS = ("never_admitted", *EVICTED, UNPLACED)
"""Measured whatever is asked for: what never got in is missing in waits, work that goes round in means, and what waits
for nodes in both."""
MOST_SEEDS = 500
"""So many seeds at most where their number follows from what is found."""
ROUND = 5
"""Seeds added at a time while variants are eliminated."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a comparison.

    ``broken`` and ``kept`` are conditions: no variant may be shown to fulfil one of the first, each must be shown to
    fulfil all of the others. ``precision``: seeds are added until the first metric's interval reaches no farther than
    this share of the base to either side. ``indifference``: seeds go to the variants that may still be the best, until
    one is left or the rest differ by less than this share of the base. ``fresh``: the recommended variant is run again
    under other seeds, and those figures are told.
    ``find_warm_up``: the beginning left out is what MSER-5 finds. Times in milliseconds, shares as fractions.
    """

    metrics: tuple[str, ...] = METRICS
    broken: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    warm_up_ms: int = 0
    block_ms: int | None = None
    confidence: float = 0.95
    precision: float | None = None
    indifference: float | None = None
    fresh: bool = True
    most_seeds: int = MOST_SEEDS
    find_warm_up: bool = False

    def check(self) -> None:
        """Raises InputError for shares that are none."""
        wrong = []
        if not 0.5 <= self.confidence < 1:
            wrong.append(f"confidence {self.confidence:g} is not accepted; at least 0.5 and below 1 is")
        for name in ("precision", "indifference"):
            share = getattr(self, name)
            if share is not None and not 0 < share <= 10:
                wrong.append(f"{name} {share:g} is not accepted; a share above 0 such as 10% is")
        if self.precision is not None and self.indifference is not None:
            wrong.append("precision and select exclude each other: both say how many seeds there are")
        if wrong:
            raise InputError([Mistake(None, text) for text in wrong])


def compared(base: Variant, variants: Sequence[Variant], question: Question, runs: Runs) -> Comparison:
    """The comparison that the question asks for. Raises InputError."""
    question.check()
    sides = [base, *variants]
    names = [side.name for side in sides]
    if len(sides) < 2 or len(set(names)) < len(names):
        given = ", ".join(names)
        raise InputError([Mistake(None, f"at least one variant is needed, and each name once; given: {given}")])
    with lasting(runs.crew) as crew:
        return _Experiment(tuple(sides), question, runs, crew).comparison()


@dataclass(frozen=True)
class _Experiment:
    """The sides of a comparison and how they are run."""

    sides: tuple[Variant, ...]
    question: Question
    runs: Runs
    crew: Crew

    @cached_property
    def scenarios(self) -> list[Scenario]:
        return [asked_for_evidence(side.origin.scenario()) for side in self.sides]

    @cached_property
    def plan(self) -> Plan:
        block_ms = self.question.block_ms
        check_warm_up(self.scenarios[0], self.question.warm_up_ms)
        base, *others = ((side.origin, made) for side, made in zip(self.sides, self.scenarios, strict=True))
        return Plan.of(*base, self.runs.seeds, self.warm_up_ms, block_ms, others)

    @cached_property
    def _warm_ups(self) -> dict[str, int | None]:
        """What MSER-5 finds in the first seed's run of each side."""
        if not self.question.find_warm_up:
            return {}
        return {
            side.name: found_warm_up_ms(scenario) for side, scenario in zip(self.sides, self.scenarios, strict=True)
        }

    @property
    def warm_up_ms(self) -> int:
        """What is left out of every run: as asked for, or the longest beginning that was found."""
        return longest(self._warm_ups) if self.question.find_warm_up else self.question.warm_up_ms

    @cached_property
    def gates(self) -> tuple[Gate, ...]:
        policy = self.scenarios[0].policy
        broken = read_bounds(self.question.broken, policy, "condition")
        kept = read_bounds(self.question.kept, policy, "condition")
        return (*(Gate(bound) for bound in broken), *(Gate(bound, required=True) for bound in kept))

    @cached_property
    def paths(self) -> Mapping[str, tuple[MetricPath, ...]]:
        """What is compared for each side."""
        metrics = [*self.question.metrics, *(gate.bound.path.text for gate in self.gates)]
        found = {
            side.name: read_metrics(expanded(metrics, scenario.policy), scenario.policy)
            for side, scenario in zip(self.sides, self.scenarios, strict=True)
        }
        for side, scenario in zip(self.sides, self.scenarios, strict=True):
            check_prices(found[side.name], scenario)
        return found

    @cached_property
    def _left_out(self) -> tuple[str, ...]:
        """What hours and shares do not count where there are several accelerators."""
        return left_out(self.paths[self.sides[0].name], resources_of(self.scenarios[0]))

    def _left_out_by(self, plan: Plan) -> tuple[str, ...]:
        """What the intervals of a plan with several seeds do not know."""
        several = plan.basis in ("seeds", "resamples") and len(plan.seeds) > 1
        return what_seeds_leave_out(self.sides[0].origin, self.scenarios[0]) if several else ()

    @cached_property
    def _measured(self) -> Mapping[str, tuple[MetricPath, ...]]:
        """What is measured of each side: what is compared, who was never admitted or evicted, and the weights of
        parts."""
        found = {}
        for side, scenario in zip(self.sides, self.scenarios, strict=True):
            paths = self.paths[side.name]
            weights = [weight_path(path) for path in paths if path.statistic] if self.plan.basis == "parts" else []
            never = [never_path(path) for path in paths if path.name in (*LEAVES_OUT, *CUTS_OFF)]
            found[side.name] = (
                *paths,
                *read_metrics(list(dict.fromkeys([*ALWAYS, *never, *weights])), scenario.policy),
            )
        return found

    @cached_property
    def _identities(self) -> Mapping[str, str]:
        return {
            side.name: f"{side.name} {side.origin.identity(scenario)}"
            for side, scenario in zip(self.sides, self.scenarios, strict=True)
        }

    @cached_property
    def _kept(self) -> Kept | None:
        return self.runs.kept

    def outcomes(self, plan: Plan, names: Sequence[str] | None = None) -> tuple[Plan, dict[str, list[Outcome]]]:
        """The outcome of every seed of the plan, for the named sides or all, and the plan as far as it was carried out.

        Every side meets a seed before the next seed comes, so that Ctrl-C leaves whole pairs: after it the plan has the
        seeds before the first that some side has not met.
        """
        chosen = [side for side in self.sides if names is None or side.name in names]
        cells = [
            Cell(side.origin, self._identities[side.name], seed, self._measured[side.name], plan.cuts, plan.with_fates)
            for seed in plan.seeds
            for side in chosen
        ]
        try:
            found: Sequence[Outcome | None] = execute(cells, self.crew, self._kept, self.runs.progress)
        except Interrupted as cut:
            found = cut.found
        number = len(chosen)
        rounds = [found[index : index + number] for index in range(0, len(cells), number)]
        whole = [[one for one in met if one is not None] for met in takewhile(lambda met: None not in met, rounds)]
        sides = {side.name: [met[index] for met in whole] for index, side in enumerate(chosen)}
        return replace(plan, seeds=plan.seeds[: len(whole)]), sides

    def comparison(self) -> Comparison:
        """All runs made, and judged; after Ctrl-C those of the seeds that every side has met.

        Raises KeyboardInterrupt where there is no such seed.
        """
        plan, outcomes = self.outcomes(self.plan)
        if not plan.seeds:
            raise KeyboardInterrupt
        found = self._judged(plan, outcomes)
        found = replace(found, notes=(*found.notes, *warm_up_notes(self._warm_ups)))
        found = _cut_short(found, len(plan.seeds), len(self.plan.seeds))
        if found.plan.basis == "seeds" and not found.interrupted:
            if self.question.precision is not None:
                found = self._until_precise(found, self.question.precision)
            elif self.question.indifference is not None:
                found = self._selected(found, self.question.indifference)
            if self.question.fresh and len(self.sides) > 2 and not found.interrupted:
                found = self._with_fresh(found)
        return found

    def _judged(self, plan: Plan, outcomes: Mapping[str, Sequence[Outcome]]) -> Comparison:
        """The comparison that the outcomes amount to."""
        names = [side.name for side in self.sides if side.name in outcomes]
        failures = _failures(plan, {name: outcomes[name] for name in names})
        plan, outcomes = settled(plan, outcomes)
        about = (*self._left_out_by(plan), *notes(plan, {name: outcomes[name] for name in names}))
        samples = [_samples(name, outcomes[name]) for name in names]
        scenarios = dict(zip((side.name for side in self.sides), self.scenarios, strict=True))
        changes = {name: changes_between(self.scenarios[0], scenarios[name]) for name in names[1:]}
        idle = [name for name in names[1:] if not changes[name].lines and _alike(outcomes[names[0]], outcomes[name])]
        said = {name: (f"it changes nothing: fields and figures are those of {names[0]}",) for name in idle}
        return Comparison(
            title=f"{names[0]} against {', '.join(names[1:])}",
            base=samples[0],
            variants=tuple(samples[1:]),
            paths=self.paths,
            plan=plan,
            confidence=self.question.confidence,
            notes=(*where_it_begins(self.scenarios[0]), *self._left_out, *about),
            failures=failures,
            gates=self.gates,
            changes=changes,
            warnings={name: (*scenarios[name].warnings, *said.get(name, ())) for name in names},
        )

    def _more(self, found: Comparison, seeds: Sequence[int], names: Sequence[str]) -> Comparison:
        """The comparison with runs of further seeds; sides that are not named have no values there."""
        plan, outcomes = self.outcomes(replace(found.plan, seeds=tuple(seeds)), names)
        new = {name: _samples(name, side) for name, side in outcomes.items()}
        none = Samples("", ({},) * len(plan.seeds), loops=((),) * len(plan.seeds))

        def longer(samples: Samples) -> Samples:
            more = new.get(samples.name, none)
            ends = samples.open_ends | more.open_ends
            lasted = (*samples.lasted_ms, *more.lasted_ms)
            values, loops = (*samples.values, *more.values), (*samples.loops, *more.loops)
            return replace(samples, values=values, open_ends=ends, lasted_ms=lasted, loops=loops)

        before = len(found.plan.seeds)
        longer_found = replace(
            found,
            base=longer(found.base),
            variants=tuple(longer(samples) for samples in found.variants),
            plan=replace(found.plan, seeds=(*found.plan.seeds, *plan.seeds)),
            failures=(*found.failures, *_failures(plan, outcomes)),
        )
        return _cut_short(longer_found, before + len(plan.seeds), before + len(seeds))

    def _next_seeds(self, found: Comparison, number: int) -> range:
        first = max(found.plan.seeds) + 1
        return range(first, first + number)

    def _until_precise(self, found: Comparison, precision: float) -> Comparison:
        """Seeds are added until the first metric is told within ``precision`` of the base, for every variant."""
        started = len(found.plan.seeds)
        while not found.interrupted and (reached := found.precision) is not None and reached > precision:
            n = len(found.plan.seeds)
            if n >= self.question.most_seeds:
                break
            wanted = ceil(n * (reached / precision) ** 2)
            number = min(max(wanted - n, ROUND), n, self.question.most_seeds - n)
            found = self._more(found, self._next_seeds(found, number), [side.name for side in self.sides])
        if found.interrupted:
            return found
        reached = found.precision
        told = "cannot be told" if reached is None else f"reaches {reached:.1%} of the base to either side"
        n = len(found.plan.seeds)
        goal = f"the interval of the first metric in total was within {precision:.0%}; it {told}."
        if reached is None or reached > precision:
            note = f"{n} seeds were not enough: {goal.replace(' was ', ' was to be ')}"
        elif n > started:
            note = f"Seeds were added, from {started} to {n}, until {goal}"
        else:
            note = f"{n} seeds were enough: {goal}"
        return replace(found, notes=(*found.notes, note))

    def _selected(self, found: Comparison, indifference: float) -> Comparison:
        """Seeds go to the variants that may still be the best (Kim and Nelson), after as many as variances need."""
        missing = FIRST_STAGE - len(found.plan.seeds)
        if missing > 0:
            found = self._more(found, self._next_seeds(found, missing), [side.name for side in self.sides])
        if found.interrupted:
            return found
        selection = contenders(found, indifference)
        while len(selection.left) > 1 and len(found.plan.seeds) < self.question.most_seeds and not found.interrupted:
            seeds = self._next_seeds(found, ROUND)
            found = self._more(found, seeds, [self.sides[0].name, *selection.left])
            selection = contenders(found, indifference, selection)
        return replace(found, selection=selection, notes=(*found.notes, _said(selection, found)))

    def _with_fresh(self, found: Comparison) -> Comparison:
        """The recommended variant, and the base, run again under as many other seeds."""
        best = found.best
        if best is None:
            return found
        plan = replace(found.plan, seeds=tuple(self._next_seeds(found, len(found.plan.seeds))))
        names = (found.base.name, best.variant)
        made, outcomes = self.outcomes(plan, names)
        found = _cut_short(found, len(made.seeds), len(plan.seeds), "fresh seeds")
        if len(made.seeds) < 2:
            return found
        again = self._judged(made, outcomes)
        return replace(found, fresh=again if again.plan.basis == "seeds" else None)


def _failures(plan: Plan, outcomes: Mapping[str, Sequence[Outcome]]) -> tuple[str, ...]:
    """The runs that failed, side by side, with stage and reason."""
    return tuple(
        f"{name}, seed {seed}: {outcome.stage}: {outcome.reason}"
        for name, side in outcomes.items()
        for seed, outcome in zip(plan.seeds, side, strict=True)
        if outcome.failed
    )


def _cut_short(found: Comparison, done: int, asked: int, what: str = "seeds") -> Comparison:
    """The comparison, saying so where Ctrl-C came before all that was asked for."""
    if done == asked:
        return found
    note = f"Interrupted after {done} of {asked} {what}, each met by every side; figures are of no others."
    return replace(found, interrupted=f"{done} of {asked} {what}", notes=(note, *found.notes))


def _said(selection: Selection, found: Comparison) -> str:
    out = ", ".join(f"{name} after {seeds}" for name, seeds in selection.eliminated) or "none"
    return (
        f"Seeds went to the variants that could still be the best (Kim and Nelson): {len(found.plan.seeds)} for "
        f"{' and '.join(selection.left)}; out: {out}. Eliminated variants are judged by the seeds they had."
    )


def _alike(base: Sequence[Outcome], other: Sequence[Outcome]) -> bool:
    """Whether the runs of two sides have the same work and the same values."""
    return all((a.arrivals, a.values) == (b.arrivals, b.values) for a, b in zip(base, other, strict=True))


def _samples(name: str, outcomes: Sequence[Outcome]) -> Samples:
    only = outcomes[0] if len(outcomes) == 1 else Outcome({})
    ends = frozenset[str]().union(*(outcome.open_ends for outcome in outcomes))
    lasted = tuple(outcome.lasted_ms for outcome in outcomes)
    values, loops = tuple(outcome.values for outcome in outcomes), tuple(outcome.loops for outcome in outcomes)
    return Samples(name, values, only.levels, only.fates, ends, lasted, loops)
