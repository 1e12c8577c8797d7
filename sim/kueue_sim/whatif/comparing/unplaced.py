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
    before = _mean(comparison.base.of(UNPLACED))
    found = [(side, _mean(side.of(UNPLACED))) for side in comparison.variants]
    return [
        (side.name, _in_words(comparison, before, after))
        for side, after in found
        if after >= before + _LEAST_H and after >= _FAR * before
    ]


def beware(comparison: "Comparison", variant: str) -> str:
    """A warning of a variant of which that is told; "" of others."""
    told = dict(unplaced_told(comparison)).get(variant)
    return f"Beware: under it {told}." if told else ""


def _in_words(comparison: "Comparison", before: float, after: float) -> str:
    a_run = " a run" if len(comparison.plan.seeds) > 1 else ""
    return (
        f"work holds quota without nodes for its pods, {after:,.3g} GPU-hours{a_run} against {before:,.3g} under "
        f"{comparison.base.name}: it starts later than it is admitted (--metric start.mean)"
    )


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else 0.0
