"""Which variants may still be the best, as a value."""

from collections.abc import Mapping
from dataclasses import dataclass, field

FIRST_STAGE = 10
"""Seeds from which variances are estimated."""


@dataclass(frozen=True, slots=True)
class Selection:
    """``left``: sides that may be the best; ``eliminated``: the others, each with the seeds it took.

    ``variances`` of the difference of each pair were estimated once, from the first ``stage`` seeds.
    """

    left: tuple[str, ...]
    eliminated: tuple[tuple[str, int], ...] = ()
    stage: int = FIRST_STAGE
    variances: Mapping[tuple[str, str], float] = field(default_factory=dict)

    def variance(self, one: str, other: str) -> float:
        """Of the difference of two sides."""
        found = self.variances.get((one, other))
        return self.variances[other, one] if found is None else found
