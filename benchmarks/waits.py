"""How long did the workloads of a run wait? First admission minus submission, taken from the columns of the facts."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from kueue_sim.engine import Run
from kueue_sim.engine.facts import AT, CODE, TYPE, WORKLOAD
from kueue_sim.model import Workload

Times = NDArray[np.int64]
NEVER = -1


def times_of(run: Run, kind: str, count: int) -> Times:
    """When the first fact of a type happened to each workload, in milliseconds; −1 for never."""
    table = run.facts.table
    rows = table[table[:, TYPE] == CODE[kind]][::-1]
    times = np.full(count, NEVER, np.int64)
    times[rows[:, WORKLOAD]] = rows[:, AT]
    return times


def waits_ms(run: Run) -> Times:
    """Milliseconds from submission to first admission by number of the workload; −1: never admitted."""
    count = len(run.facts.workloads)
    admitted, submitted = times_of(run, "Admitted", count), times_of(run, "Submitted", count)
    return np.where(admitted == NEVER, NEVER, admitted - submitted)


def average_wait_s(run: Run) -> float:
    """Mean wait in seconds. Every workload must have been admitted."""
    waits = waits_ms(run)
    assert (waits != NEVER).all(), f"{(waits == NEVER).sum()} workloads were never admitted"
    return float(waits.mean()) / 1000


def groups_of(run: Run, name: Callable[[Workload], str]) -> Mapping[str, Times]:
    """The numbers of the workloads of every group, groups in order of their name."""
    groups: dict[str, list[int]] = {}
    for number, workload in enumerate(run.facts.workloads):
        groups.setdefault(name(workload), []).append(number)
    return {group: np.array(groups[group], np.int64) for group in sorted(groups)}
