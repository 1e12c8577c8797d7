"""Takes down facts while a run goes on."""

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import count
from struct import pack

import numpy as np

from kueue_sim.engine.facts import AT, GONE, NONE, WIDTH, Facts, PodSets
from kueue_sim.model import Workload

LATEST = 2000
"""So many facts stay when the others are handed over: rounds of evictions and the end of a run look at them."""
_KEPT_APART = 128
"""Facts of so many new workloads are collected before they are packed: appending to a list is the cheapest note, as
long as the list and its numbers stay in the processor's cache."""


class Recorder:
    """The table that facts are taken down in, and what they name."""

    def __init__(self) -> None:
        self._rows = array("q")
        self._handed_over = 0
        self._latest: list[int] = []
        self.note: Callable[[tuple[int, int, int, int, int, int, int, int]], None] = self._latest.extend
        """Takes down one fact: its eight columns, numbers given out by this recorder."""
        self._workloads: list[Workload] = []
        self._queues: dict[str, int] = {}
        self.texts: defaultdict[tuple[str, str], int] = defaultdict(count().__next__)
        """The number of each reason with its message; a new one gets the next number when it is looked up."""
        self._admissions: list[PodSets] = []
        self._admission_ids: dict[int, int] = {}

    def workload(self, workload: Workload) -> int:
        """The number under which facts name a workload from now on."""
        workloads = self._workloads
        number = len(workloads)
        workloads.append(workload)
        if number % _KEPT_APART == 0:
            self._pack()
        return number

    def moved(self, number: int, workload: Workload) -> None:
        """The workload of a number is in another LocalQueue, and counts there."""
        self._workloads[number] = workload

    @property
    def workloads(self) -> int:
        """How many numbers were given to workloads so far."""
        return len(self._workloads)

    def _pack(self) -> None:
        self._rows.frombytes(pack(f"{len(self._latest)}q", *self._latest))
        self._latest.clear()

    def queue(self, name: str) -> int:
        """The number of a ClusterQueue (or of whatever else a fact names there); −1 for none."""
        return self._queues.setdefault(name, len(self._queues)) if name else NONE

    def admission(self, pod_sets: PodSets) -> int:
        """The number of an admission; equal workloads share one value, and so one number."""
        number = self._admission_ids.get(id(pod_sets))
        if number is None:
            number = self._admission_ids[id(pod_sets)] = len(self._admissions)
            self._admissions.append(pod_sets)
        return number

    def __len__(self) -> int:
        """How many facts were taken down so far."""
        return self._handed_over + (len(self._rows) + len(self._latest)) // WIDTH

    def repeat(self, first: int, times: int, period_ms: int) -> None:
        """Take down everything from fact number ``first`` on so many times more, each time so much later."""
        self._pack()
        rows = np.array(self._rows[(first - self._handed_over) * WIDTH :], dtype=np.int64).reshape(-1, WIDTH)
        again = np.tile(rows, (times, 1))
        again[:, AT] += np.repeat(np.arange(1, times + 1) * period_ms, len(rows))
        self._rows.frombytes(again.tobytes())

    def facts(self) -> Facts:
        """What was taken down so far and not handed over."""
        self._pack()
        return self._facts(self._rows)

    def hand_over(self, take: Callable[[Facts], Iterable[int]]) -> None:
        """Give ``take`` all facts but the latest, and forget them; what it answers are numbers of workloads that no
        fact names from now on, and these are forgotten too. Numbers stay what they were."""
        self._pack()
        size = max(0, len(self._rows) - LATEST * WIDTH)
        for number in take(self._facts(self._rows[:size])):
            self._workloads[number] = GONE
        del self._rows[:size]
        self._handed_over += size // WIDTH

    def _facts(self, rows: "array[int]") -> Facts:
        return Facts(rows, self._workloads, tuple(self._queues), tuple(self.texts), self._admissions)
