"""Where does work go round, and where is far more evicted than before? Means and their verdicts hide both.

Loops are those that single runs tell, of whole runs, also where a beginning is left out of the figures.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from kueue_sim.report.text.wording import count, team_name
from kueue_sim.results.tables.loops import Loop
from kueue_sim.units import format_moments

if TYPE_CHECKING:
    from kueue_sim.whatif.comparing.comparison import Comparison, Samples

MOST_LOOPS = 3
"""Loops of a single run that are told one by one; those with the most preemptions."""
EVICTED = ("preemptions", "evictions")
"""Measured whatever is asked for, in total, so that nobody has to ask to hear that they became many."""
FAR = 2
LEAST = 10
"""To so many times as many or as few, and by so many a run: from there on a change is told."""


@dataclass(frozen=True, slots=True)
class Swing:
    """Preemptions or evictions of a variant that are far more or far fewer than those of the base: means over the
    ``runs`` that both have made, and in how many of these there were more (or fewer, as the means say)."""

    variant: str
    metric: str
    base: float
    value: float
    runs: int
    alike: int


def rounds_told(comparison: "Comparison") -> list[str]:
    """What goes round on each side, and which side has nothing that does; no line where no side has."""
    sides = (comparison.base, *comparison.variants)
    if not any(map(_in_loops, sides)):
        return []
    seeds = comparison.plan.seeds
    return [line for side in sides for line in rounds_of(side.name, seeds, side.loops, _made(side))]


def rounds_of(name: str, seeds: Sequence[int], loops: Sequence[Sequence[Loop]], runs: int) -> list[str]:
    """The loops of one side, by seed: of one run the worst, of several in how many there are any, and the worst."""
    found = [(seed, loop) for seed, some in zip(seeds, loops, strict=True) for loop in some]
    if not found:
        return [f"{name}: nothing goes round"]
    found.sort(key=lambda one: (-one[1].preemptions, one[0], one[1].from_ms))
    if len(seeds) > 1:
        seed, worst = found[0]
        where, number = sum(map(bool, loops)), sum(loop.preemptions for _, loop in found)
        return [
            f"{name}: work goes round in {where} of {runs} runs, {count(number, 'preemption')} in loops",
            f"{name}, most under seed {seed}: {_in_words(worst)}",
        ]
    rest = [loop for _, loop in found[MOST_LOOPS:]]
    number = sum(loop.preemptions for loop in rest)
    more = [f"{name}: {count(len(rest), 'more loop')} with {count(number, 'preemption')}"] if rest else []
    return [*(f"{name}: {_in_words(loop)}" for _, loop in found[:MOST_LOOPS]), *more]


def _in_words(loop: Loop) -> str:
    """Who preempts whom how often, since when, and how many rounds that is."""
    times = format_moments((loop.from_ms, loop.to_ms))
    since = times[loop.from_ms]
    when = f"from {since} for ever, which ends the run" if loop.for_ever else f"from {since} to {times[loop.to_ms]}"
    pairs = ", ".join(f"{one} preempts {other} {count(number, 'time')}" for one, other, number in loop.pairs)
    teams = ", ".join(team_name(name) for name in loop.cluster_queues)
    all_of = f"{count(loop.rounds, 'round')}, {count(loop.preemptions, 'preemption')}"
    return f"work goes round {when}: {pairs} ({teams}); {all_of}"


def swings(comparison: "Comparison") -> list[Swing]:
    """Every variant's preemptions and evictions that are far from the base's."""
    found = [_swing(comparison.base, side, metric) for side in comparison.variants for metric in EVICTED]
    return [one for one in found if one is not None]


def _swing(base: "Samples", side: "Samples", metric: str) -> Swing | None:
    pairs = [
        (before, after)
        for before, after in zip(base.of(metric), side.of(metric), strict=True)
        if before is not None and after is not None
    ]
    if not pairs:
        return None
    runs = len(pairs)
    before, after = (sum(values) / runs for values in zip(*pairs, strict=True))
    if abs(after - before) < LEAST or max(before, after) < FAR * min(before, after):
        return None
    alike = sum((now - then) * (after - before) > 0 for then, now in pairs)
    return Swing(side.name, metric, before, after, runs, alike)


def swings_told(comparison: "Comparison") -> list[str]:
    """The same as sentences."""
    return [_swing_in_words(one, comparison.base.name) for one in swings(comparison)]


def _swing_in_words(one: Swing, base: str) -> str:
    more = "more" if one.value > one.base else "fewer"
    text = f"{one.variant}: far {more} {one.metric}, {one.value:,.4g} against {one.base:,.4g} of {base}"
    return text if one.runs == 1 else f"{text} on average, {more} in {one.alike} of {one.runs} runs"


def beware(comparison: "Comparison", variant: str) -> str:
    """A warning of a variant under which more goes round than without it; "" where it does not."""
    sides = {side.name: side for side in comparison.variants}
    before, after = (_in_loops(side) / max(1, _made(side)) for side in (comparison.base, sides[variant]))
    if after <= before:
        return ""
    a_run = " a run" if len(comparison.plan.seeds) > 1 else ""
    than = f"{before:,.4g} under {comparison.base.name}"
    return f"Beware: work goes round under it, {after:,.4g} preemptions{a_run} in loops against {than}."


def loop_records(comparison: "Comparison") -> dict[str, list[dict[str, object]]]:
    """The loops of every side as plain values, each with its seed."""
    return {
        side.name: [
            {"seed": seed, **asdict(loop)}
            for seed, some in zip(comparison.plan.seeds, side.loops, strict=True)
            for loop in some
        ]
        for side in (comparison.base, *comparison.variants)
    }


def swing_records(comparison: "Comparison") -> list[dict[str, object]]:
    """The swings as plain values."""
    return [asdict(one) for one in swings(comparison)]


def _in_loops(side: "Samples") -> int:
    """Preemptions in loops, of all runs."""
    return sum(loop.preemptions for some in side.loops for loop in some)


def _made(side: "Samples") -> int:
    """Runs that came to an end."""
    return sum(map(bool, side.values))
