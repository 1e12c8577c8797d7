"""What a search for the cheapest change found, as a value that shows itself."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import floor, isfinite

from kueue_sim.results.metrics.conditions import Bound
from kueue_sim.whatif.advising.remedy import Remedy
from kueue_sim.whatif.advising.search import Judged
from kueue_sim.whatif.comparing.unplaced import in_words


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


@dataclass(frozen=True, slots=True)
class ToldObjective:
    """One objective under fresh seeds: the mean as it is and under the change, whose interval is ``low`` to ``high``
    (None with one seed); ``met`` None where nothing could be measured. ``now_open`` and ``then_open``: whether
    the figures have open ends."""

    now: float | None
    then: float | None
    low: float | None
    high: float | None
    met: bool | None
    now_open: bool = False
    then_open: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """The chosen change under seeds that decided nothing: each objective, and under how many seeds all hold."""

    objectives: tuple[ToldObjective, ...]
    sure: Sureness


@dataclass(frozen=True)
class Advice:
    """``chosen`` None: nothing that was tried meets the objectives. ``present`` is the scenario as it is.

    ``now`` maps each path that may move to what it stands at; ``told`` is None where nothing was chosen or no fresh
    seeds were asked for, and where nothing is random, which ``exact`` says.
    ``refuted`` are changes that met the objectives under the seeds of the search and missed them under others.
    ``priced``: costs are prices times changes, else they are sums of relative changes.
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
    told: Told | None
    exact: bool
    refuted: tuple[Judged, ...]
    assurance: float | None
    remedy: Remedy | None
    notes: tuple[str, ...] = ()
    priced: bool = False

    @property
    def met_so_far(self) -> tuple[str, ...]:
        """The objectives that figures with open ends keep below their limits: what work that the end of the runs cut
        off would have added is not known."""
        if self.chosen is None:
            return ()
        fresh = None if self.told is None else self.told.objectives
        return tuple(
            one.text
            for number, one in enumerate(self.objectives)
            if one.operator in ("<", "<=")
            and (one.path.text in self.chosen.open_ends if fresh is None else fresh[number].then_open)
        )

    @property
    def doubts(self) -> tuple[str, ...]:
        """Sentences about the change where more quota finds no nodes."""
        if self.chosen is None:
            return ()
        found = in_words(self.present.unplaced_h, self.chosen.unplaced_h, "the present settings", self.seeds > 1)
        return (f"Beware: under it {found}.",) if found else ()

    @property
    def confirmed(self) -> bool:
        """Whether the change holds under the seeds that decided nothing; where there is no chance, whether there is
        one."""
        if self.chosen is None or self.told is None:
            return self.chosen is not None
        enough = self.assurance is None or self.told.sure.hits >= self.assurance * self.told.sure.n
        return enough and all(item.met for item in self.told.objectives)

    @property
    def nearest(self) -> Judged:
        """What was chosen, or else what misses the objectives least, the cheapest of such."""
        return self.chosen or min(self.tried, key=lambda item: (item.excess, item.move.cost))

    @property
    def has_open_ends(self) -> bool:
        """Whether any figure of an objective leaves out work that the end of its run cut off, or counts its time so
        far."""
        told = () if self.told is None else self.told.objectives
        return any(item.open_ends for item in self.tried) or any(item.now_open or item.then_open for item in told)

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
                "open_ends": " ".join(sorted(item.open_ends)) or None,
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
            "present_open": sorted(self.present.open_ends),
            "expected_open": [] if chosen is None else sorted(chosen.open_ends),
            "method": self.method,
            "seeds": self.seeds,
            "exact": self.exact,
            "fresh": None if self.told is None else [asdict(item) for item in self.told.objectives],
            "sure": None if self.told is None else asdict(self.told.sure),
            "confirmed": self.confirmed,
            "rounds": [] if chosen is None else list(chosen.rounds),
            "doubts": list(self.doubts),
            "refuted": [dict(item.move.settings) for item in self.refuted],
            "manifests": None if found is None else found.manifests,
            "commands": [] if found is None else list(found.commands),
            "notes": [*self.notes, *([] if found is None else found.notes)],
        }
