"""What the engine tells: one immutable row per thing that happened, in the order it happened."""

from dataclasses import dataclass
from typing import Literal

from sim.model.workload import PodSetAssignment

EventType = Literal[
    "Submitted",
    "Pending",
    "Admitted",
    "Preempted",
    "Evicted",
    "Requeued",
    "Finished",
    "Deleted",
    "Unschedulable",
    "Started",
    "Node",
    "Policy",
]


@dataclass(frozen=True, slots=True)
class Fact:
    """``reason`` and ``message`` are Kueue's own words. ``by`` is the key of the preemptor, "" if none.

    ``pod_sets`` is filled for Admitted only. ``lost_ms`` (Preempted, Evicted) is run time thrown away.
    """

    at_ms: int
    type: EventType
    workload: str
    cluster_queue: str = ""
    reason: str = ""
    message: str = ""
    by: str = ""
    pod_sets: tuple[PodSetAssignment, ...] = ()
    lost_ms: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """All a run produced. ``states`` maps a workload key to pending, quotaReserved, admitted, finished or deleted;
    ``pending`` to the reason and message of what still waits at the end. ``interrupted``: stopped by StopRun."""

    facts: tuple[Fact, ...]
    states: dict[str, str]
    pending: dict[str, tuple[str, str]]
    cycles: int
    end_ms: int
    interrupted: bool = False
