"""A run whose facts are handed over while it goes on, as runs of the workloads that have ended: none is in two parts.

What becomes of a workload follows from its own facts. So those that have ended need not be kept, and what memory holds
depends on how many exist at a time, not on how many there are.
"""

from array import array
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from kueue_sim.engine.facts import ADMISSION, AT, BY, CODE, NONE, TEXT, TYPE, WIDTH, WORKLOAD, Facts, Run
from kueue_sim.model import Scenario
from kueue_sim.results.step_functions.steps import Ints

_ENDS = (CODE["Finished"], CODE["Deleted"])
_Named = TypeVar("_Named")


class EndedParts:
    """Takes facts in order of time, and keeps those of workloads that have not ended, and of the policy.

    Preemptions for a workload are counted beside, since its victims may be in other parts.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._horizon_ms = scenario.horizon_ms if scenario.drain else None
        self._kept = np.zeros((0, WIDTH), dtype=np.int64)
        self._preempting: dict[int, int] = {}

    def ended(self, facts: Facts) -> tuple[Run, Ints, Ints]:
        """The run of all that has ended with these facts, its workloads in order of submission; their numbers until
        now, and how often others were preempted for each."""
        table = self._with_kept(facts)
        numbers = np.unique(table[np.isin(table[:, TYPE], _ENDS), WORKLOAD])
        mine = np.isin(table[:, WORKLOAD], numbers)
        self._kept = table[~mine & ((table[:, WORKLOAD] != NONE) | (table[:, TYPE] == CODE["Policy"]))]
        now = int(table[-1, AT]) if len(table) else 0
        drained = self._horizon_ms if self._horizon_ms is not None and now > self._horizon_ms else None
        run = Run(selected(facts, table[mine], numbers), {}, {}, 0, now, drained_from_ms=drained)
        return run, numbers, self._preempted_for(numbers)

    def rest(self, run: Run) -> tuple[Run, Ints]:
        """The run of all that has not been in a part, as it ended; and how often others were preempted for each."""
        table = self._with_kept(run.facts)
        numbers = np.unique(table[table[:, WORKLOAD] != NONE, WORKLOAD])
        return replace(run, facts=selected(run.facts, table, numbers)), self._preempted_for(numbers)

    def _with_kept(self, facts: Facts) -> Ints:
        new = facts.table
        by = new[new[:, TYPE] == CODE["Preempted"], BY]
        for number, times in zip(*np.unique(by[by != NONE], return_counts=True), strict=True):
            self._preempting[int(number)] = self._preempting.get(int(number), 0) + int(times)
        return np.concatenate((self._kept, new))

    def _preempted_for(self, numbers: Ints) -> Ints:
        found = (self._preempting.pop(number, 0) for number in numbers.tolist())
        return np.fromiter(found, dtype=np.int64, count=len(numbers))


def named_in(facts: Facts) -> Facts:
    """The same facts with only those workloads, texts and admissions that they name."""
    table = facts.table
    owners = table[:, (WORKLOAD, BY)]
    return selected(facts, table, np.unique(owners[owners != NONE]))


def selected(facts: Facts, table: Ints, numbers: Ints) -> Facts:
    """These rows, whose workloads have these ascending numbers until now; what else they name is numbered anew too.
    Preemptors that are not among the workloads are left out."""
    rows = table.copy()
    for column in (WORKLOAD, BY):
        rows[:, column] = _places(numbers, rows[:, column])
    texts = _renumbered(rows, TEXT, facts.texts)
    admissions = _renumbered(rows, ADMISSION, facts.admissions)
    packed = array("q")
    packed.frombytes(rows.tobytes())
    workloads = [facts.workloads[number] for number in numbers.tolist()]
    return Facts(packed, workloads, facts.queues, texts, admissions)


def _renumbered(rows: Ints, column: int, named: Sequence[_Named]) -> list[_Named]:
    numbers = np.unique(rows[rows[:, column] != NONE, column])
    rows[:, column] = _places(numbers, rows[:, column])
    return [named[number] for number in numbers.tolist()]


def _places(numbers: Ints, values: Ints) -> Ints:
    """The place of each value among ascending numbers, −1 for those that are not there."""
    if not len(numbers):
        return np.full(len(values), NONE)
    places = np.minimum(np.searchsorted(numbers, values), len(numbers) - 1)
    found: Ints = np.where(numbers[places] == values, places, NONE)
    return found
