"""Many variants times many seeds into one table: one row per run, whoever made it.

The table depends on the scenario, the points and the seeds alone, so any executor gives the same bytes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from statistics import stdev

from kueue_sim.report.text.wording import count
from kueue_sim.results.metrics.bill import check_prices
from kueue_sim.results.metrics.metric_path import MetricPath, expanded, left_out, read_metrics
from kueue_sim.results.quota.resources import resources_of
from kueue_sim.results.tables.columns import Columns
from kueue_sim.whatif.comparing.design import is_random, what_seeds_leave_out
from kueue_sim.whatif.comparing.goes_round import rounds_of
from kueue_sim.whatif.comparing.unplaced import UNPLACED, is_more
from kueue_sim.whatif.comparing.warm_up import check_warm_up, found_warm_up_ms, longest, warm_up_notes
from kueue_sim.whatif.execution.execution import execute
from kueue_sim.whatif.execution.replication import Cell, Cuts, Outcome
from kueue_sim.whatif.execution.runs import Runs
from kueue_sim.whatif.execution.scenario_source import FromFile, leave_seed
from kueue_sim.whatif.learning.onward import asked_for_evidence, where_it_begins
from kueue_sim.whatif.sweeping.grid import Axis, Settings, label, names_of, number_of, points

MOST_POINTS = 3
"""Points of which is told who goes round; the table counts at all of them."""


@dataclass(frozen=True)
class Sweep:
    """What a sweep found: the outcome of each run, points in order, seeds within.

    ``exact``: nothing is random at any point, so one run says all there is to say about this work. ``asked`` are the
    metrics as somebody asked for them, some of which stand for the total and every team.
    """

    title: str
    points: tuple[Settings, ...]
    seeds: tuple[int, ...]
    paths: tuple[MetricPath, ...]
    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...] = ()
    exact: bool = False
    asked: frozenset[str] = frozenset()

    @cached_property
    def told(self) -> tuple[MetricPath, ...]:
        """What the table of means, cards and pictures are about: everybody, and whom somebody asked about by name."""
        whole = {path.of for path in self.paths if path.subject.kind == "total"}
        return tuple(
            path
            for path in self.paths
            if path.subject.kind == "total" or path.text in self.asked or path.of not in whole
        )

    @cached_property
    def varied(self) -> tuple[str, ...]:
        """The paths that points set, each once, in the order they appear."""
        return tuple(dict.fromkeys(path for point in self.points for path, _ in point))

    @cached_property
    def names(self) -> Mapping[str, str]:
        """What each of these paths is called in tables and plots."""
        return names_of(self.varied)

    def label(self, point: Settings) -> str:
        """A point in few letters."""
        return label(point, self.names)

    def columns(self) -> Columns:
        """The table: settings, seed, metrics, and for a failed run its stage and reason; None where there is none.
        ``open_ends`` names the metrics that leave out work that had not come so far when the run ended, or count its
        time until then; ``in_loops`` counts the preemptions of the whole run in which work goes round."""
        rows = [(dict(point), seed) for point in self.points for seed in self.seeds]
        table: Columns = {path: [_value(settings.get(path)) for settings, _ in rows] for path in self.varied}
        table["seed"] = [seed for _, seed in rows]
        table["status"] = ["failed" if outcome.failed else "ok" for outcome in self.outcomes]
        table["stage"] = [outcome.stage or None for outcome in self.outcomes]
        table["reason"] = [outcome.reason or None for outcome in self.outcomes]
        for path in self.paths:
            table[path.text] = [outcome.values.get(path.text) for outcome in self.outcomes]
        table["in_loops"] = [
            None if outcome.failed else sum(loop.preemptions for loop in outcome.loops) for outcome in self.outcomes
        ]
        table["open_ends"] = [" ".join(sorted(outcome.open_ends)) or None for outcome in self.outcomes]
        return table

    def rows(self) -> list[dict[str, object]]:
        """The same, row by row."""
        table = self.columns()
        return [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]

    @property
    def failures(self) -> int:
        """How many runs came to no end."""
        return sum(outcome.failed for outcome in self.outcomes)

    @property
    def basis(self) -> str:
        """What the figures rest on."""
        if self.exact:
            return "nothing here is random: exact for this work"
        return "means over seeds ± standard error" if len(self.seeds) > 1 else "one seed: another may say otherwise"

    @property
    def extent(self) -> str:
        """How much was run: ``6 points × 3 seeds = 18 runs, 0 failed``."""
        points, seeds = count(len(self.points), "point"), count(len(self.seeds), "seed")
        return f"{points} × {seeds} = {count(len(self.outcomes), 'run')}, {self.failures} failed"

    def samples(self, path: str) -> list[list[float]]:
        """What was measured at each point, over the seeds that have a value."""
        runs = len(self.seeds)
        return [
            [value for outcome in part if (value := outcome.values.get(path)) is not None]
            for part in (self.outcomes[index * runs : (index + 1) * runs] for index in range(len(self.points)))
        ]

    def means(self, path: str) -> list[float | None]:
        """The mean at each point, None where no run has a value."""
        return [sum(found) / len(found) if found else None for found in self.samples(path)]

    def open_ends(self, path: str) -> list[bool]:
        """Whether the value of any run of each point has open ends."""
        runs = len(self.seeds)
        parts = (self.outcomes[index * runs : (index + 1) * runs] for index in range(len(self.points)))
        return [any(path in outcome.open_ends for outcome in part) for part in parts]

    @property
    def rounds(self) -> list[str]:
        """At which points work goes round, those first where most does; of many points those alone."""
        runs = len(self.seeds)
        found = []
        for index, point in enumerate(self.points):
            part = self.outcomes[index * runs : (index + 1) * runs]
            loops = [outcome.loops for outcome in part]
            number = sum(loop.preemptions for some in loops for loop in some)
            if number:
                made = sum(not outcome.failed for outcome in part)
                lines = rounds_of(self.label(point) or "as it is", self.seeds, loops, made)
                found.append((number, lines))
        found.sort(key=lambda one: -one[0])
        rest = found[MOST_POINTS:]
        more = [f"and {count(len(rest), 'more point')} where work goes round"] if rest else []
        return [*(line for _, lines in found[:MOST_POINTS] for line in lines), *more]

    @property
    def unplaced(self) -> list[str]:
        """A sentence on the points at which work holds more quota without nodes than at the best of them."""
        hours = zip(self.means(UNPLACED), self.points, strict=True)
        known = sorted([(number, point) for number, point in hours if number is not None], key=lambda one: -one[0])
        least = known[-1][0] if known else 0.0
        told_of = [(self.label(point) or "as it is", number) for number, point in known if is_more(least, number)]
        found = [f"{name} ({number:,.3g})" for name, number in told_of]
        more = f" and {count(len(found) - MOST_POINTS, 'more point')}" if found[MOST_POINTS:] else ""
        told = (
            f"Work holds quota without nodes for its pods at {', '.join(found[:MOST_POINTS])}{more}, in GPU-hours a "
            f"run against {least:,.3g} at best: it starts later than it is admitted, which start.mean tells."
        )
        return [told] if found else []

    def errors(self, path: str) -> list[float | None]:
        """The standard error of the mean at each point, None with fewer than two values and where nothing is random."""
        return (
            [None] * len(self.points)
            if self.exact
            else [stdev(found) / sqrt(len(found)) if len(found) > 1 else None for found in self.samples(path)]
        )


def _value(text: str | None) -> object:
    """A setting for the table: a number where it is one."""
    if text is None:
        return None
    number = number_of(text)
    return text if number is None else int(number) if number.is_integer() and "." not in text else number


def swept(
    base: FromFile,
    axes: Sequence[Axis],
    cases: Sequence[Settings],
    *,
    metrics: Sequence[str],
    warm_up_ms: int | None,
    runs: Runs,
) -> Sweep:
    """Every combination of the axes' values, with every one of ``cases``, under every seed.

    A metric without a subject is measured in total and for every team. A run that fails is a row with its reason.
    ``warm_up_ms`` None looks for the warm-up at the first and the last point. Raises InputError.
    """
    places = points(axes, cases)
    scenario = asked_for_evidence(base.scenario())
    names = names_of(path for place in places for path, _ in place)
    ends = {label(place, names) or "as it is": at(base, place).scenario() for place in (places[0], places[-1])}
    paths = read_metrics(expanded(metrics, scenario.policy), scenario.policy)
    check_prices(paths, scenario)
    check_warm_up(scenario, warm_up_ms or 0)
    chosen = runs.chosen(scenario.seed, default=1)
    settled = {name: found_warm_up_ms(one) for name, one in ends.items()} if warm_up_ms is None else {}
    identity, cuts = base.identity(scenario), Cuts(longest(settled) if warm_up_ms is None else warm_up_ms)
    measured = tuple({path.text: path for path in (*paths, *read_metrics([UNPLACED], scenario.policy))}.values())
    cells = [Cell(at(base, place), f"{identity} {place}", seed, measured, cuts) for place in places for seed in chosen]
    outcomes = execute(cells, runs.crew, runs.kept, runs.progress)
    exact = not any(_looked_at(base, places, outcomes[:: len(chosen)]))
    unknown = what_seeds_leave_out(base, scenario) if len(chosen) > 1 and not exact else ()
    about = (*left_out(paths, resources_of(scenario)), *warm_up_notes(settled))
    notes = (*where_it_begins(scenario), *unknown, *about)
    return Sweep(scenario.name, tuple(places), chosen, paths, tuple(outcomes), notes, exact, frozenset(metrics))


def _looked_at(base: FromFile, places: Sequence[Settings], outcomes: Sequence[Outcome]) -> Iterator[bool]:
    """Whether anything is random at points that have not the same work, placed in the same way, as one before.

    ``outcomes`` are of one seed, one for each point; of a run that failed nothing is known.
    """
    seen: set[object] = set()
    for place, outcome in zip(places, outcomes, strict=True):
        kind = outcome.arrivals, tuple(setting for setting in place if setting[0].startswith("placement"))
        if outcome.failed or kind in seen:
            continue
        seen.add(kind)
        origin = at(base, place)
        yield is_random(origin, origin.scenario())


def at(base: FromFile, place: Settings) -> FromFile:
    """The scenario of one point. Raises InputError where that sets the seed."""
    changes = [f"{path}={value}" for path, value in place]
    leave_seed(changes)
    return base.changed(changes)
