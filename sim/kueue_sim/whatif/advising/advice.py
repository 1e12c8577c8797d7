"""What a search for the cheapest change found, as a value that shows itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor, isfinite

from kueue_sim.results.metrics.conditions import Bound
from kueue_sim.whatif.advising.remedy import Remedy
from kueue_sim.whatif.advising.search import Judged


@dataclass(frozen=True, slots=True)
class Sureness:
    """Under how many of ``n`` fresh seeds all objectives held, and where the true share lies."""

    hits: int
    n: int
    low: float
    high: float
    confidence: float

    def __str__(self) -> str:
        level = floor(self.confidence * 100)
        return (
            f"all objectives hold under {self.hits} of {self.n} fresh seeds "
            f"({self.hits / self.n:.0%}; {level} %: {self.low:.0%} to {self.high:.0%})"
        )


@dataclass(frozen=True)
class Advice:
    """``chosen`` None: nothing that was tried meets the objectives. ``present`` is the scenario as it is.

    ``now`` maps each path that may move to what it stands at; ``sure`` is None where runs do not depend on seeds.
    """

    title: str
    objectives: tuple[Bound, ...]
    present: Judged
    chosen: Judged | None
    frontier: tuple[Judged, ...]
    tried: tuple[Judged, ...]
    now: Mapping[str, str | None]
    method: str
    seeds: int
    sure: Sureness | None
    remedy: Remedy | None

    @property
    def nearest(self) -> Judged:
        """What was chosen, or else what misses the objectives least, the cheapest of such."""
        return self.chosen or min(self.tried, key=lambda item: (item.excess, item.move.cost))

    def records(self) -> list[dict[str, object]]:
        """What was tried, one row each; a path that does not move has its present value."""
        return [
            {
                **self.now,
                **dict(item.move.settings),
                "cost": item.move.cost,
                "meets": item.meets,
                "share": item.share,
                "excess": item.excess if isfinite(item.excess) else None,
                **item.means,
                "failed": item.failed or None,
            }
            for item in self.tried
        ]

    def value(self) -> dict[str, object]:
        """Everything but the list of what was tried, as plain values."""
        chosen, found = self.chosen, self.remedy
        return {
            "scenario": self.title,
            "objectives": [bound.text for bound in self.objectives],
            "present": dict(self.present.means),
            "change": None if chosen is None else dict(chosen.move.settings),
            "cost": None if chosen is None else chosen.move.cost,
            "expected": None if chosen is None else dict(chosen.means),
            "method": self.method,
            "seeds": self.seeds,
            "sure": None if self.sure is None else {name: getattr(self.sure, name) for name in Sureness.__slots__},
            "manifests": None if found is None else found.manifests,
            "commands": [] if found is None else list(found.commands),
            "notes": [] if found is None else list(found.notes),
        }
