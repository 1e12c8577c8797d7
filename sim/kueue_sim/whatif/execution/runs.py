"""How many runs are made, and by whom: what every question about many runs has in common."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypedDict, Unpack

from kueue_sim.errors import InputError, Mistake
from kueue_sim.units import shortened
from kueue_sim.whatif.execution.checkpoint import Kept
from kueue_sim.whatif.execution.execution import Progress
from kueue_sim.whatif.execution.executors import Crew, crew_of

SEEDS_ACCEPTED = 100_000
"""Nobody waits for more runs of one question, and the list of them would fill the memory."""


def seeds_from(first: int, seeds: int | Sequence[int]) -> tuple[int, ...]:
    """The seeds themselves: those named, or so many from ``first`` on. Raises InputError."""
    if (seeds if isinstance(seeds, int) else len(seeds)) > SEEDS_ACCEPTED:
        many = shortened(seeds) if isinstance(seeds, int) else str(len(seeds))
        raise InputError([Mistake(None, f"{many} seeds are too many; accepted: {SEEDS_ACCEPTED} at most")])
    found = tuple(range(first, first + seeds) if isinstance(seeds, int) else seeds)
    if not found or len(set(found)) < len(found):
        raise InputError([Mistake(None, "at least one seed is needed, and each once")])
    return found


class RunOptions(TypedDict, total=False):
    """The fields of ``Runs`` as keyword arguments."""

    seeds: int | Sequence[int] | None
    executor: str | Crew | Executor
    workers: int | None
    address: str | None
    folder: str | Path | None
    progress: Progress | None


@dataclass(frozen=True, slots=True)
class Runs:
    """``seeds``: how many, or which; None leaves the number to the question asked. ``executor``: *local*, *processes*,
    *dask* or one the caller made; ``workers`` processes, or the ``address`` of a Dask scheduler. Finished runs are kept
    in ``folder``, so that the same question goes on where it stopped. ``progress`` hears runs done and runs in all.
    """

    seeds: int | Sequence[int] | None = None
    executor: str | Crew | Executor = "local"
    workers: int | None = None
    address: str | None = None
    folder: str | Path | None = None
    progress: Progress | None = None

    @classmethod
    def of(cls, runs: "Runs | None", **options: Unpack[RunOptions]) -> "Runs":
        """``runs`` with whatever is said besides."""
        return replace(runs or cls(), **options)

    @property
    def crew(self) -> Crew:
        """Who makes the runs. Raises InputError for an executor that does not exist."""
        return crew_of(self.executor, self.workers, self.address)

    @property
    def kept(self) -> Kept | None:
        """Where finished runs are kept, None where they are not."""
        return None if self.folder is None else Kept(Path(self.folder))

    def chosen(self, first: int, default: int) -> tuple[int, ...]:
        """The seeds, by default ``default`` of them from ``first`` on. Raises InputError."""
        return seeds_from(first, default if self.seeds is None else self.seeds)
