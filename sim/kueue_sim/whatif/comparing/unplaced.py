"""Where does more quota find no nodes? Work is admitted sooner then and starts no sooner; waits for quota hide that."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kueue_sim.whatif.comparing.comparison import Comparison

UNPLACED = "unplaced.gpu_hours"
"""Measured whatever is asked for, in total."""
_LEAST_H = 1.0
_FAR = 1.1
"""By so many GPU-hours a run, and to so many times as much: from there on it is told."""


def unplaced_told(comparison: "Comparison") -> list[tuple[str, str]]:
    """Each variant under which work holds more quota without nodes than under the base, with a sentence about it."""
    base, several = comparison.base, len(comparison.plan.seeds) > 1
    before = mean_of(base.of(UNPLACED))
    after = {side.name: mean_of(side.of(UNPLACED)) for side in comparison.variants}
    told = [(name, in_words(before, hours, base.name, several)) for name, hours in after.items()]
    return [(name, text) for name, text in told if text]


def beware(comparison: "Comparison", variant: str) -> str:
    """A warning of a variant of which that is told; "" of others."""
    told = dict(unplaced_told(comparison)).get(variant)
    return f"Beware: under it {told}." if told else ""


def in_words(before: float, after: float, base: str, several: bool) -> str:
    """The sentence, from the hours before and after, means where there are several runs; "" where it is not told."""
    if not is_more(before, after):
        return ""
    a_run = " a run" if several else ""
    return (
        f"work holds quota without nodes for its pods, {after:,.3g} GPU-hours{a_run} against {before:,.3g} under "
        f"{base}: it starts later than it is admitted, which start.mean tells"
    )


def is_more(before: float, after: float) -> bool:
    """Whether hours of quota without nodes are so many more that they are told."""
    return after >= before + _LEAST_H and after >= _FAR * before


def mean_of(values: Sequence[float | None]) -> float:
    """The mean of what is known, 0 where nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else 0.0
