"""What the engine tells: one row per thing that happened, in the order it happened, kept as plain numbers.

A run of a million jobs has several million facts, so they lie in one table of integers; names, texts and
admissions stand beside it, each once. Indexing and iterating give ``Fact`` values.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from kueue_sim.engine.pods.node_report import NodeReport, Placed
from kueue_sim.model import PodSetAssignment, Workload

EventType = Literal[
    "Submitted",
    "Pending",
    "QuotaReserved",
    "Admitted",
    "Resized",
    "Reassigned",
    "Preempted",
    "Evicted",
    "Requeued",
    "Deactivated",
    "Reactivated",
    "Check",
    "Finished",
    "Deleted",
    "Unschedulable",
    "Started",
    "Interrupted",
    "Node",
    "Policy",
]
TYPES: tuple[EventType, ...] = EventType.__args__  # type: ignore[attr-defined]
"""Names of the fact types; a type's code in the table is its index here."""
CODE: dict[str, int] = {name: code for code, name in enumerate(TYPES)}

AT, TYPE, WORKLOAD, QUEUE, TEXT, BY, ADMISSION, LOST = range(8)
"""Columns of the table of facts."""
WIDTH: Final = 8
NONE: Final = -1
"""Stands in the table for what a fact does not have."""

PodSets = tuple[PodSetAssignment, ...]


class Fact(NamedTuple):
    """``reason`` and ``message`` are Kueue's own words. ``by`` is the key of the preemptor, "" if none.

    ``pod_sets`` is filled for QuotaReserved, Admitted, Resized (what is left of an admission) and Reassigned (where
    the pods are from now on). ``lost_ms``
    (Preempted, Evicted) is run time thrown away, as in Interrupted: pods of running work died with their node. Node:
    ``reason`` is the action of the timeline, ``message`` the node. Started: ``message`` is the nodes of the pods, ""
    without nodes. Check: ``reason`` is the new state, ``message`` the name of the admission check.
    """

    at_ms: int
    type: EventType
    workload: str
    cluster_queue: str = ""
    reason: str = ""
    message: str = ""
    by: str = ""
    pod_sets: PodSets = ()
    lost_ms: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Facts(Sequence[Fact]):
    """All facts of a run. ``rows`` holds eight integers per fact; the other columns are what they count in."""

    rows: "array[int]"
    workloads: Sequence[Workload]
    queues: Sequence[str]
    texts: Sequence[tuple[str, str]]
    admissions: Sequence[PodSets]

    @property
    def table(self) -> NDArray[np.int64]:
        """int64, shape (facts, 8), columns AT (milliseconds), TYPE, WORKLOAD, QUEUE, TEXT, BY, ADMISSION, LOST
        (milliseconds); −1 where a fact has none. A view, not to be changed."""
        table: NDArray[np.int64] = np.frombuffer(self.rows, dtype=np.int64).reshape(len(self), WIDTH)
        table.flags.writeable = False
        return table

    def __len__(self) -> int:
        return len(self.rows) // WIDTH

    def __iter__(self) -> Iterator[Fact]:
        rows, fact = self.rows, self._fact
        for start in range(0, len(rows), WIDTH):
            yield fact(rows[start : start + WIDTH])

    @overload
    def __getitem__(self, index: int) -> Fact: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Fact, ...]: ...
    def __getitem__(self, index: int | slice) -> Fact | tuple[Fact, ...]:
        if isinstance(index, slice):
            return tuple(self[i] for i in range(*index.indices(len(self))))
        start = range(len(self))[index] * WIDTH
        return self._fact(self.rows[start : start + WIDTH])

    def _fact(self, row: Sequence[int]) -> Fact:
        at, kind, workload, queue, text, by, admission, lost = row
        reason, message = self.texts[text] if text >= 0 else ("", "")
        return Fact(
            at,
            TYPES[kind],
            self.workloads[workload].key if workload >= 0 else "",
            self.queues[queue] if queue >= 0 else "",
            reason,
            message,
            self.workloads[by].key if by >= 0 else "",
            self.admissions[admission] if admission >= 0 else (),
            lost,
        )


GONE = Workload("", "", "", ())
"""Stands among the workloads for one that was handed over."""


@dataclass(frozen=True, slots=True)
class Standstill:
    """An instant that would have repeated itself for ever, had evictions not been given time: who was evicted or
    evicted others in it, and the ClusterQueues concerned."""

    at_ms: int
    workloads: tuple[str, ...]
    cluster_queues: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """Rounds of evictions and admissions that were not played but counted: their facts are those of the round before
    ``from_ms``, ``rounds`` times, each ``period_ms`` later than the one before. ``for_ever``: nothing was going to end
    them, and so they ended the run."""

    from_ms: int
    period_ms: int
    rounds: int
    for_ever: bool = False


@dataclass(frozen=True)
class Run:
    """All a run produced. ``left`` maps the keys of workloads that neither finished nor were deleted to pending,
    quotaReserved or admitted; ``pending`` to the reason and message of what still waits at the end.
    ``interrupted``: stopped by StopRun. ``nodes`` is None for a run without nodes. ``standstills`` are the instants
    that repeated themselves, ``counted`` the rounds that were counted instead of played, both in order of time.
    ``drained_from_ms`` is when arrivals ended and the run went on for those that waited, None where it did not.
    ``nodes`` tell of the time until then, ``placed`` of the whole run."""

    facts: Facts
    left: Mapping[str, str]
    pending: dict[str, tuple[str, str]]
    cycles: int
    end_ms: int
    interrupted: bool = False
    nodes: NodeReport | None = None
    standstills: tuple[Standstill, ...] = ()
    counted: tuple[Counted, ...] = ()
    drained_from_ms: int | None = None
    placed: tuple[Placed, ...] = ()

    @property
    def measured_ms(self) -> int:
        """The end of the time that averages and sums are over: all of it, without the drain."""
        return self.end_ms if self.drained_from_ms is None else self.drained_from_ms

    @cached_property
    def states(self) -> Mapping[str, str]:
        """State of every workload by key, in no order that means anything; finished or deleted when it is not left."""
        words = {CODE["Finished"]: "finished", CODE["Deleted"]: "deleted"}
        table, workloads = self.facts.table, self.facts.workloads
        gone = table[np.isin(table[:, TYPE], list(words))][:, (WORKLOAD, TYPE)]
        return {workloads[number].key: words[kind] for number, kind in gone.tolist()} | dict(self.left)
