"""What a comparison rests on: several seeds, or blocks of time of one recorded run; and what to tell about it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kueue_sim.errors import InputError, Mistake
from kueue_sim.model import Scenario
from kueue_sim.units import format_duration
from kueue_sim.whatif.execution.replication import Cuts, Outcome, Values, last_submission
from kueue_sim.whatif.execution.scenario_source import Origin, arrivals

SEEDS = 10
"""Seeds by default where the scenario depends on the seed."""
FEWEST_BLOCKS = 4
_DAY_MS = 86_400_000
_BLOCKS = {7 * _DAY_MS: "weeks", _DAY_MS: "days", 3_600_000: "hours"}


@dataclass(frozen=True, slots=True)
class Plan:
    """``replicates`` names what is compared pair by pair: seeds, or blocks such as weeks."""

    seeds: tuple[int, ...]
    cuts: Cuts
    replicates: str

    @classmethod
    def of(
        cls,
        origin: Origin,
        scenario: Scenario,
        seeds: int | Sequence[int] | None,
        warm_up_ms: int,
        block_ms: int | None,
    ) -> "Plan":
        """The plan asked for; what is left open follows from whether arrivals depend on the seed. Raises InputError."""
        if seeds is not None and block_ms is not None:
            raise _refused("seeds and blocks exclude each other: either many runs, or one cut into blocks of time")
        if block_ms is not None and block_ms <= 0:
            raise _refused("a block must be longer than 0s")
        if seeds is None and block_ms is None:
            seeds = SEEDS if depends_on_seed(origin, scenario) else None
        if seeds is not None:
            chosen = range(scenario.seed, scenario.seed + seeds) if isinstance(seeds, int) else seeds
            if not len(chosen) or len(set(chosen)) < len(chosen):
                raise _refused("at least one seed is needed, and each once")
            return cls(tuple(chosen), Cuts(warm_up_ms), "seeds")
        block = block_ms or _longest_block(last_submission(scenario) - warm_up_ms)
        name = _BLOCKS.get(block or 0, f"blocks of {format_duration(block or 0)}")
        return cls((scenario.seed,), Cuts(warm_up_ms, block), name if block else "seeds")

    def samples(self, outcomes: Sequence[Outcome]) -> tuple[Values, ...]:
        """What is compared pair by pair: one run each, or the blocks of the only one."""
        if self.cuts.block_ms is None:
            return tuple(outcome.values for outcome in outcomes)
        return outcomes[0].blocks or (outcomes[0].values,)


def depends_on_seed(origin: Origin, scenario: Scenario) -> bool:
    """Whether another seed brings other work."""
    other = origin.scenario(scenario.seed + 1)
    return other.workloads != scenario.workloads and arrivals(other) != arrivals(scenario)


def _refused(message: str) -> InputError:
    return InputError([Mistake(None, message)])


def _longest_block(span_ms: int) -> int | None:
    """The longest of week, day and hour that fits often enough; None when even hours do not."""
    return next((block for block in _BLOCKS if span_ms // block >= FEWEST_BLOCKS), None)


def notes(plan: Plan, outcomes: Mapping[str, Sequence[Outcome]]) -> Iterator[str]:
    """What a reader must know: how pairs were made, whose arrivals differ, who was never admitted."""
    names = list(outcomes)
    arrived = {name: [outcome.arrivals for outcome in found if not outcome.failed] for name, found in outcomes.items()}
    if plan.cuts.warm_up_ms:
        yield f"The first {format_duration(plan.cuts.warm_up_ms)} of every run are left out."
    if plan.cuts.block_ms is not None:
        yield (
            f"One recorded run per variant, cut into {plan.replicates}; a workload belongs to the one it was submitted "
            f"in. The {plan.replicates} are taken as independent of each other."
        )
    elif len(plan.seeds) > 1 and len(set(arrived[names[0]])) == 1:
        yield "The seeds change neither arrivals nor run times here."
    other = [name for name in names[1:] if arrived[name] != arrived[names[0]]]
    if other:
        yield f"Other arrivals than {names[0]}: {', '.join(other)}. Their differences are not due to policy alone."
    never = {name: _mean(found, "never_admitted") for name, found in outcomes.items()}
    if any(never.values()):
        counts = ", ".join(f"{name} {count:,.4g}" for name, count in never.items())
        yield f"Workloads never admitted by the end, per run: {counts}. `wait` leaves them out, `delay` does not."


def _mean(outcomes: Sequence[Outcome], path: str) -> float:
    found = [value for outcome in outcomes if (value := outcome.values.get(path)) is not None]
    return sum(found) / len(found) if found else 0.0
