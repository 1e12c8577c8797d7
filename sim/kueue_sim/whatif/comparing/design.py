"""What a comparison rests on: several seeds, parts of one recorded run, or one run that says all there is to say."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from kueue_sim.engine.pods.node_actions import has_nodes
from kueue_sim.errors import InputError, Mistake
from kueue_sim.model import Scenario
from kueue_sim.policy.placement.preferences import preference
from kueue_sim.units import format_duration
from kueue_sim.whatif.comparing.serial import FEWEST_PARTS, levels
from kueue_sim.whatif.execution.replication import Cuts, Outcome, last_submission
from kueue_sim.whatif.execution.runs import seeds_from
from kueue_sim.whatif.execution.scenario_source import Origin, arrivals, same_whatever_the_seed
from kueue_sim.whatif.learning.onward import goes_on

SEEDS = 10
"""Seeds by default where the scenario depends on the seed."""
ENOUGH_JOBS = 100
"""Fewer workloads are a case that somebody made up, not a sample of what comes."""
ENOUGH_PARTS = 8
"""So many weeks, days or hours have to fit into a recorded run to be its parts."""
_DAY_MS = 86_400_000
_UNITS = {7 * _DAY_MS: "weeks", _DAY_MS: "days", 3_600_000: "hours"}

Basis = Literal["seeds", "parts", "resamples", "exact"]
"""What differences are judged by: pairs of seeds, parts of one recorded run, recorded days or weeks drawn anew by each
seed, or nothing, because nothing is random."""


@dataclass(frozen=True, slots=True)
class Plan:
    """``replicates`` names what is compared: seeds, or parts such as weeks; ``drawn_from`` how many recorded blocks the
    resamples come from. ``with_fates``: runs tell what became of each workload."""

    basis: Basis
    seeds: tuple[int, ...]
    cuts: Cuts
    replicates: str
    drawn_from: int | None = None
    with_fates: bool = False

    @classmethod
    def of(
        cls,
        origin: Origin,
        scenario: Scenario,
        seeds: int | Sequence[int] | None,
        warm_up_ms: int,
        block_ms: int | None,
        others: Iterable[tuple[Origin, Scenario]] = (),
    ) -> "Plan":
        """The plan asked for; what is left open follows from whether this scenario, or any of the ``others`` that have
        other work or place pods otherwise, depends on the seed. Raises InputError."""
        if seeds is not None and block_ms is not None:
            raise _refused("seeds and blocks exclude each other: either many runs, or one cut into blocks of time")
        if block_ms is not None and block_ms <= 0:
            raise _refused("a block must be longer than 0s")
        if seeds is None and block_ms is None:
            sides = [(origin, scenario), *(side for side in others if _may_be_random_alone(side[1], scenario))]
            seeds = SEEDS if any(_needs_seeds(*side) for side in sides) else None
        if seeds is not None:
            blocks = scenario.drawn_from
            return cls(
                "seeds" if blocks is None else "resamples",
                seeds_from(scenario.seed, seeds),
                Cuts(warm_up_ms),
                "seeds",
                blocks,
                not is_sample(scenario),
            )
        return cls._of_recorded(scenario, warm_up_ms, block_ms)

    @classmethod
    def _of_recorded(cls, scenario: Scenario, warm_up_ms: int, block_ms: int | None) -> "Plan":
        """One run, in parts where there is enough of it."""
        span = last_submission(scenario) - warm_up_ms
        if block_ms is not None:
            parts = max(1, round(span / block_ms))
            cuts = Cuts(warm_up_ms, (parts,))
            return cls("parts", (scenario.seed,), cuts, f"parts of {format_duration(span / parts)}")
        unit = next((unit for unit in _UNITS if span // unit >= ENOUGH_PARTS), None)
        if unit is None or not is_sample(scenario):
            return cls("exact", (scenario.seed,), Cuts(warm_up_ms), "one run", with_fates=True)
        return cls("parts", (scenario.seed,), Cuts(warm_up_ms, tuple(levels(span // unit))), _UNITS[unit])


def is_sample(scenario: Scenario) -> bool:
    """Whether there is enough work to say something about other work."""
    for number, _ in enumerate(scenario.workloads, start=1):
        if number >= ENOUGH_JOBS:
            return True
    return False


def is_random(origin: Origin, scenario: Scenario) -> bool:
    """Whether another seed may give other figures: it brings other work, or draws other ones of equal nodes."""
    return draws_nodes(scenario) or depends_on_seed(origin, scenario)


def draws_nodes(scenario: Scenario) -> bool:
    """Whether chance decides which of equally good nodes a pod gets."""
    return has_nodes(scenario) and preference(scenario.placement).random_ties


def _needs_seeds(origin: Origin, scenario: Scenario) -> bool:
    """Whether several seeds are worth their time: of much recorded work no mean hangs on which equal node it got."""
    return (draws_nodes(scenario) and not is_sample(scenario)) or depends_on_seed(origin, scenario)


def _may_be_random_alone(scenario: Scenario, base: Scenario) -> bool:
    """Whether what is known of the base's chance does not hold for this scenario as well."""
    return scenario.placement != base.placement or scenario.workloads != base.workloads


def depends_on_seed(origin: Origin, scenario: Scenario) -> bool:
    """Whether another seed brings other work."""
    other = origin.scenario(scenario.seed + 1)
    return other.workloads != scenario.workloads and arrivals(other) != arrivals(scenario)


def what_seeds_leave_out(origin: Origin, scenario: Scenario) -> tuple[str, ...]:
    """What intervals over seeds do not know: the chance of work that is the same under each of them. Nothing where
    that is a small part, and where a cluster goes on, which has words of its own (``where_it_begins``)."""
    if goes_on(scenario):
        return ()
    same, number = same_whatever_the_seed(origin, scenario)
    if same < ENOUGH_JOBS and 2 * same < number:
        return ()
    drawn = "which of equally good nodes pods get" if same == number else f"the chance of the other {number - same:,}"
    return (
        f"{same:,} of {number:,} workloads are the same under every seed. Intervals and shares over seeds know only "
        f"{drawn}: they hold for this work, and say nothing of other work like it.",
    )


def _refused(message: str) -> InputError:
    return InputError([Mistake(None, message)])


def settled(plan: Plan, outcomes: Mapping[str, Sequence[Outcome]]) -> tuple[Plan, Mapping[str, Sequence[Outcome]]]:
    """The plan as it turned out: where no seed made any difference, one run says it all, exactly."""
    runs = [found for side in outcomes.values() for found in side]
    same = all(found.values == side[0].values for side in outcomes.values() for found in side)
    if plan.basis != "seeds" or len(plan.seeds) < 2 or any(run.failed for run in runs) or not same:
        return plan, outcomes
    exact = Plan("exact", plan.seeds[:1], plan.cuts, "one run", with_fates=plan.with_fates)
    return exact, {name: side[:1] for name, side in outcomes.items()}


def notes(plan: Plan, outcomes: Mapping[str, Sequence[Outcome]]) -> Iterator[str]:
    """What a reader must know: how pairs were made, whose arrivals differ, who was never admitted."""
    names = list(outcomes)
    arrived = {name: [outcome.arrivals for outcome in found if not outcome.failed] for name, found in outcomes.items()}
    if plan.cuts.warm_up_ms:
        yield f"The first {format_duration(plan.cuts.warm_up_ms)} of every run are left out."
    yield from _about_basis(plan)
    other = [name for name in names[1:] if arrived[name] != arrived[names[0]]]
    if other:
        yield f"Other arrivals than {names[0]}: {', '.join(other)}. Their differences are not due to policy alone."
    never = {name: _mean(found, "never_admitted") for name, found in outcomes.items()}
    if any(never.values()):
        counts = ", ".join(f"{name} {count:,.4g}" for name, count in never.items())
        yield f"Workloads never admitted by the end, per run: {counts}. `wait` leaves them out, `delay` does not."


def _about_basis(plan: Plan) -> Iterator[str]:
    if plan.basis == "exact":
        yield "Nothing here is random, so the differences are exact for this work; they say nothing about other work."
    if plan.basis == "resamples":
        yield (
            f"Each seed draws the recorded work anew from {plan.drawn_from} blocks. Intervals say how far such work "
            "may differ, as far as those blocks know; more seeds do not make them narrower."
        )
    if plan.basis == "parts":
        yield (
            "One recorded run per variant. Values and differences are over all of it, and exact for this work; the "
            f"intervals, from its {plan.cuts.levels[0]} {plan.replicates}, are about work like it."
        )
        if plan.cuts.levels[0] < FEWEST_PARTS:
            yield f"{plan.cuts.levels[0]} parts are too little to judge by; {FEWEST_PARTS} at least are needed."


def _mean(outcomes: Sequence[Outcome], path: str) -> float:
    found = [value for outcome in outcomes if (value := outcome.values.get(path)) is not None]
    return sum(found) / len(found) if found else 0.0
