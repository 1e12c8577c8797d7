"""One cluster, read once, and the worlds that come of sending different work through it."""

from dataclasses import dataclass, replace
from random import Random

from benchmarks.worlds.kinds import ROUND, Document, Kind
from kueue_sim.inputs import scenario_from_dict
from kueue_sim.model import Scenario, Workload

DRAWS = 25
"""Worlds of one family, after which the next cluster is drawn."""


@dataclass(frozen=True, slots=True)
class Draw:
    """One workload of a world: which of its family's, and what is different about it. Seconds; None: for ever."""

    number: int
    submit_s: int
    priority: int
    runtime_s: int | None

    def workload(self, like: Workload) -> Workload:
        """The workload as the reader would make it of ``entry``."""
        runtime_ms = None if self.runtime_s is None else self.runtime_s * 1000
        return like._replace(created_ms=self.submit_s * 1000, priority=self.priority, runtime_ms=runtime_ms)

    def entry(self, like: Document) -> Document:
        """The workload's entry in the scenario file."""
        same = {key: value for key, value in like.items() if key not in ("submit", "priority", "runtime")}
        entry = {**same, "submit": f"{self.submit_s}s", "priority": self.priority}
        return entry if self.runtime_s is None else {**entry, "runtime": f"{self.runtime_s}s"}


class Family:
    """The worlds ``number * DRAWS`` and following of a seed. ``kinds`` follow each other as in a round."""

    def __init__(self, seed: int, number: int, kinds: tuple[Kind, ...] = ROUND) -> None:
        self.kind = kinds[number % len(kinds)]
        self.seed = f"{seed}:{number}"
        self.document = self.kind.document(self.seed)
        self._scenario = scenario_from_dict(self.document)
        self._pool = {workload.name: workload for workload in self._scenario.workloads}

    def draws(self, index: int) -> list[Draw]:
        """The work of one world of the family."""
        kind, random = self.kind, Random(f"{self.seed}:{index}")
        many = random.randint(kind.fewest, kind.most)
        numbers = sorted(random.sample(range(len(self._pool)), many))
        return [
            Draw(
                number,
                int(random.random() * (kind.limits.seconds + 1)),
                int(random.random() * 4),
                None if random.random() < kind.endless else 1 + int(random.random() * 15),
            )
            for number in numbers
        ]

    def world(self, index: int) -> Scenario:
        """The scenario of one world."""
        work = [draw.workload(self._pool[f"w{draw.number}"]) for draw in self.draws(index)]
        work.sort(key=lambda workload: workload.created_ms)
        return replace(self._scenario, workloads=tuple(work))

    def written(self, index: int) -> Document:
        """The same world as a scenario document."""
        entries = self.document["workloads"]
        return {**self.document, "workloads": [draw.entry(entries[draw.number]) for draw in self.draws(index)]}
