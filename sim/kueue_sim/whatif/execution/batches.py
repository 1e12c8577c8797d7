"""How many cells does one call to a worker carry?

A call is packed, sent, waited for and unpacked: about a millisecond of the calling process, where a run of 200 jobs
takes 40. So small runs go out together, as many as last ``LASTS_S``; but never so many that at the end one worker has
a long list left while the others have nothing to do. Which cells share a call changes no outcome.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from time import process_time

from kueue_sim.whatif.execution.replication import Cell, Outcome, carry_out

LASTS_S = 0.15
"""Seconds of processor time in one call: long against what a call costs, and short, because calls under way when Ctrl-C
comes have to be finished within the grace."""
ROUNDS = 3
"""What is left is meant for so many calls to each worker; so calls get smaller towards the end."""


@dataclass(frozen=True, slots=True)
class Made:
    """What came of the cells of one call, in their order, and the seconds of processor time that took: those do not
    grow when the machine has other work."""

    outcomes: tuple[Outcome, ...]
    seconds: float


def carry_out_all(cells: Sequence[Cell]) -> Made:
    """Make these runs one after the other, in whatever process this is called."""
    began = process_time()
    outcomes = tuple(carry_out(cell) for cell in cells)
    return Made(outcomes, process_time() - began)


class Pace:
    """How long cells take, learned from the calls that came back; ``workers`` None sends each cell by itself."""

    def __init__(self, workers: int | None) -> None:
        self._workers = workers
        self._cells = 0
        self._seconds = 0.0

    def heard(self, made: Made) -> None:
        """A call came back."""
        self._cells += len(made.outcomes)
        self._seconds += made.seconds

    def size(self, left: int) -> int:
        """How many of the ``left`` cells, one or more, the next call carries: one until anything is known."""
        if self._workers is None or not self._cells:
            return 1
        lasting = ceil(LASTS_S * self._cells / self._seconds) if self._seconds else left
        return max(1, min(lasting, left // (ROUNDS * self._workers)))
