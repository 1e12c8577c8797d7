"""The facts of a run arranged workload by workload, with questions asked of all workloads at once.

Everything here is arrays as long as the facts: a run of a million jobs has several million of them.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from kueue_sim.engine.facts import AT, BY, CODE, LOST, NONE, QUEUE, TYPE, WORKLOAD, Facts
from kueue_sim.results.step_functions.steps import Ints

Mask = NDArray[np.bool_]


class ByWorkload:
    """The facts that are about a workload, by workload and, within one, in the order they happened.

    A *position* is an index into this order. The facts of the workload at a position are those from its
    ``starts`` up to, not including, its ``ends``.
    """

    def __init__(self, facts: Facts) -> None:
        table = facts.table
        owner = table[:, WORKLOAD]
        about = np.flatnonzero(owner != NONE)
        self.order: Ints = about[np.argsort(owner[about], kind="stable")]
        self.workload: Ints = owner[self.order]
        self.at: Ints = table[self.order, AT]
        self.kind = table[self.order, TYPE].astype(np.int8)
        self._table = table
        number = len(self.order)
        first = np.append(True, self.workload[1:] != self.workload[:-1])[:number]
        self.begins: Ints = np.flatnonzero(first)
        lengths = np.diff(np.append(self.begins, number))
        self.starts: Ints = np.repeat(self.begins, lengths)
        self.ends: Ints = np.repeat(self.begins + lengths, lengths)

    def __len__(self) -> int:
        return len(self.order)

    def column(self, column: int) -> Ints:
        """One column of the table of facts, in this order."""
        values: Ints = self._table[self.order, column]
        return values

    def of(self, *types: str) -> Mask:
        """Where the facts of these types are."""
        wanted = np.zeros(len(CODE), dtype=bool)
        wanted[[CODE[name] for name in types]] = True
        found: Mask = wanted[self.kind]
        return found

    def filled_queues(self, initial: Ints) -> Ints:
        """The ClusterQueue of the workload at every position: the last one named, before that ``initial``."""
        named = self.column(QUEUE)
        last = np.maximum.accumulate(np.where(named != NONE, np.arange(len(self)), self.starts))
        filled: Ints = np.where(named[last] != NONE, named[last], initial[self.workload])
        return filled

    def intervals(self, opening: Mask, closing: Mask) -> tuple[Ints, Ints]:
        """Positions where something opened, and where it closed after that (−1: it stays open).

        Opening what is open, or closing what is closed, changes nothing.
        """
        marks = np.flatnonzero(opening | closing)
        opens = opening[marks]
        owner = self.workload[marks]
        was_open = np.append(False, opens[:-1] & (owner[1:] == owner[:-1]))[: len(marks)]
        begun, closed = marks[opens & ~was_open], marks[~opens & was_open]
        return begun, self.next(closed, begun)

    def next(self, places: Ints, after: Ints) -> Ints:
        """For each position of ``after`` the first of ``places`` from there on in the same workload, else −1."""
        if not len(places):
            return np.full(len(after), NONE)
        index = np.searchsorted(places, after)
        found = places[np.minimum(index, len(places) - 1)]
        inside = (index < len(places)) & (found < self.ends[after])
        answer: Ints = np.where(inside, found, NONE)
        return answer

    def time(self, positions: Ints) -> Ints:
        """Milliseconds at these positions, −1 for −1."""
        if not len(self):
            return np.full(len(positions), NONE)
        times: Ints = np.where(positions == NONE, NONE, self.at[positions])
        return times

    def count(self, mask: Mask, workloads: int) -> Ints:
        """How many of the marked facts each workload has."""
        return np.bincount(self.workload[mask], minlength=workloads).astype(np.int64)

    @property
    def by(self) -> Ints:
        """Numbers of the workloads that others were evicted for, −1 for none."""
        return self.column(BY)

    @property
    def lost(self) -> Ints:
        """Milliseconds of run time that each fact threw away."""
        return self.column(LOST)


def targets(facts: Facts, cluster_queues: Iterable[tuple[tuple[str, str], str]], names: list[str]) -> Ints:
    """The index in ``names`` of the ClusterQueue each workload was meant for, −1 for none."""
    place = {name: index for index, name in enumerate(names)}
    target = {queue: place.get(name, NONE) for queue, name in cluster_queues}
    found = (target.get((item.namespace, item.queue_name), NONE) for item in facts.workloads)
    return np.fromiter(found, dtype=np.int64, count=len(facts.workloads))


def scattered(owners: Ints, values: Ints, number: int) -> Ints:
    """One value per owner, −1 for those without."""
    found = np.full(number, NONE)
    found[owners] = values
    return found


def summed(owners: Ints, values: Ints, number: int) -> Ints:
    """Exact sum of the values of each owner."""
    found = np.zeros(number, dtype=np.int64)
    np.add.at(found, owners, values)
    return found
