"""Waiting times as statistics: how long, for whom, until which admission. docs/outputs.md defines each figure."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from kueue_sim.engine.facts import NONE
from kueue_sim.model import PodSet, Workload
from kueue_sim.results.history.history import History
from kueue_sim.results.step_functions.steps import Ints

PERCENTS = (50, 90, 95, 99)


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds waited, over the ``number`` of waits that ended in an admission; None when there was none.

    Percentiles interpolate linearly between the two nearest waits.
    """

    number: int
    mean_s: float | None
    p50_s: float | None
    p90_s: float | None
    p95_s: float | None
    p99_s: float | None
    max_s: float | None
    open_max_s: float | None = None
    """Longest wait so far of a workload that still waits for such an admission."""
    open_number: int = 0
    """How many wait so: the other figures leave them out."""

    @classmethod
    def of(cls, waited_ms: Ints, open_ms: Ints | None = None) -> "Waits":
        """Statistics of waits in milliseconds; ``open_ms`` are those that had not ended."""
        longest = int(open_ms.max()) / 1000 if open_ms is not None and len(open_ms) else None
        still = 0 if open_ms is None else len(open_ms)
        if not len(waited_ms):
            return cls(0, None, None, None, None, None, None, longest, still)
        p50, p90, p95, p99 = (float(value) / 1000 for value in np.percentile(waited_ms, PERCENTS))
        mean = int(waited_ms.sum()) / len(waited_ms) / 1000
        return cls(len(waited_ms), mean, p50, p90, p95, p99, int(waited_ms.max()) / 1000, longest, still)


def in_one_row(figures: Any) -> dict[str, object]:
    """The fields of a dataclass by name, each ``Waits`` among them as columns ``wait_…`` (``waits``), or by their name
    (``again_…``, ``to_start_…``)."""
    row: dict[str, object] = {}
    for field in fields(figures):
        value = getattr(figures, field.name)
        if isinstance(value, Waits):
            prefix = "wait" if field.name == "waits" else field.name
            row |= {f"{prefix}_{part.name}": getattr(value, part.name) for part in fields(Waits)}
        else:
            row[field.name] = value
    return row


def first_waits(history: History, workloads: Ints) -> Waits:
    """Waits of these submitted workloads from submission to their first admission."""
    return Waits.of(*first_waits_ms(history, workloads))


def later_waits(history: History, workloads: Ints) -> Waits:
    """Waits of these workloads after an eviction, from the return to the queue to the next admission."""
    return Waits.of(*later_waits_ms(history, workloads))


def first_waits_ms(history: History, workloads: Ints) -> tuple[Ints, Ints]:
    """What ``first_waits`` is about: the waits that ended in an admission, and those still open."""
    work = history.work
    admitted = work.admissions[workloads] > 0
    since = work.waiting_since[workloads]
    still = ~admitted & (since != NONE)
    return work.first_wait[workloads][admitted], history.end_ms - since[still]


def later_waits_ms(history: History, workloads: Ints) -> tuple[Ints, Ints]:
    """What ``later_waits`` is about: the waits that ended in an admission, and those still open."""
    work = history.work
    since = work.waiting_since[workloads]
    still = (work.admissions[workloads] > 0) & (since != NONE)
    return _stay_waits(history, workloads, first=False), history.end_ms - since[still]


def all_waits(history: History, workloads: Ints) -> Waits:
    """Waits of these workloads to every admission, the first and those after an eviction."""
    since = history.work.waiting_since[workloads]
    return Waits.of(_stay_waits(history, workloads, first=True), history.end_ms - since[since != NONE])


def waits_to_start(history: History, workloads: Ints) -> Waits:
    """Waits of these workloads from each admission to the start of its work, for nodes and until pods are ready."""
    return Waits.of(*waits_to_start_ms(history, workloads))


def waits_to_start_ms(history: History, workloads: Ints) -> tuple[Ints, Ints]:
    """What ``waits_to_start`` is about: the waits that ended in a start, and those still open. An admission that ended
    before its work began is in neither."""
    stays = history.stays
    chosen = np.zeros(len(history.facts.workloads), dtype=bool)
    chosen[workloads] = True
    mine = (stays.admitted != NONE) & chosen[stays.workload]
    begun = mine & (stays.started != NONE)
    still = mine & (stays.started == NONE) & (stays.stopped == NONE) & (stays.released == NONE)
    return np.maximum(stays.started[begun] - stays.admitted[begun], 0), history.end_ms - stays.admitted[still]


def _stay_waits(history: History, workloads: Ints, first: bool) -> Ints:
    """The wait of each admission of these workloads, with or without the first ones."""
    stays = history.stays
    chosen = np.zeros(len(history.facts.workloads), dtype=bool)
    chosen[workloads] = True
    rows = np.flatnonzero((stays.admitted != NONE) & chosen[stays.workload])
    if not first and len(rows):
        rows = rows[np.append(False, stays.workload[rows][1:] == stays.workload[rows][:-1])]
    waited: Ints = stays.waited[rows]
    return waited


KINDS = {"first": first_waits, "again": later_waits, "every": all_waits, "to_start": waits_to_start}
"""Until which admission a wait lasts, or from an admission to the start, as the table of waits names it."""


def submitted(history: History) -> Ints:
    """Numbers of all workloads that were submitted."""
    return np.flatnonzero(history.work.submitted != NONE)


def accelerators(history: History) -> Ints:
    """What each workload asks for of the accelerator as a whole, in canonical units."""
    return asked(history.facts.workloads, history.resource)


def asked(workloads: Sequence[Workload], resource: str) -> Ints:
    """What each of these asks for of a resource as a whole, in canonical units; equal ones share their pod sets."""
    known: dict[int, int] = {}

    def whole(pod_sets: tuple[PodSet, ...]) -> int:
        found = known.get(id(pod_sets))
        if found is None:
            found = known[id(pod_sets)] = sum(item.count * item.requests.get(resource, 0) for item in pod_sets)
        return found

    return np.fromiter((whole(item.pod_sets) for item in workloads), dtype=np.int64, count=len(workloads))
