"""How the nodes did: use of each, what became of the pods of each admission, fragmentation. Only of runs with nodes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from kueue_sim.engine.pods.node_report import NodeReport, Placed
from kueue_sim.results.quota.quota_over_time import hours, unit_of
from kueue_sim.results.tables.columns import Coded, Columns, Floats


def node_columns(report: NodeReport | None) -> Columns:
    """One row per node, by name."""
    uses = report.nodes if report is not None else ()
    resource = report.resource if report is not None else ""
    room = [use.allocatable * use.there_ms for use in uses]
    return {
        "node": Coded.of_texts([use.name for use in uses]),
        "resource": Coded.of_texts([resource] * len(uses)),
        "allocatable": np.array([use.allocatable / unit_of(resource) for use in uses], dtype=float),
        "there_s": np.array([use.there_ms / 1000 for use in uses], dtype=float),
        "allocated_hours": np.array([hours(use.allocated_ms, resource) for use in uses], dtype=float),
        "allocation": _optional(
            use.allocated_ms / most if most else None for use, most in zip(uses, room, strict=True)
        ),
    }


def placement_columns(report: NodeReport | None, placed: Sequence[Placed]) -> Columns:
    """One row per admission whose pods are over, in order of their end, then those that are not."""
    resource = report.resource if report is not None else ""
    return {
        "workload": Coded.of_texts([one.workload for one in placed]),
        "admitted_s": np.array([one.admitted_ms / 1000 for one in placed], dtype=float),
        "first_bound_s": _seconds(one.first_bound_ms for one in placed),
        "all_bound_s": _seconds(one.all_bound_ms for one in placed),
        "ready_s": _seconds(one.ready_ms for one in placed),
        "ended_s": _seconds(one.ended_ms for one in placed),
        "idle_hours": np.array([hours(one.idle_ms, resource) for one in placed], dtype=float),
    }


@dataclass(frozen=True, slots=True)
class NodeFigures:
    """All nodes together. Shares are of time and accelerators; ``allocation`` is None when the nodes have none."""

    resource: str
    nodes: int
    allocation: float | None
    allocated_hours: float
    idle_hours: float
    free_hours: float
    stuck_hours: float
    fragmentation: float

    @classmethod
    def of(cls, report: NodeReport) -> "NodeFigures":
        """The figures of a run; ``allocation`` is None where no node had anything to allocate."""
        room = sum(use.allocatable * use.there_ms for use in report.nodes)
        allocated, idle = sum(use.allocated_ms for use in report.nodes), sum(one.idle_ms for one in report.placed)
        return cls(
            resource=report.resource,
            nodes=len(report.nodes),
            allocation=allocated / room if room else None,
            allocated_hours=hours(allocated, report.resource),
            idle_hours=hours(idle, report.resource),
            free_hours=hours(report.free_ms, report.resource),
            stuck_hours=hours(report.stuck_ms, report.resource),
            fragmentation=report.fragmentation,
        )


def _seconds(times_ms: Iterable[int | None]) -> Floats:
    return _optional(None if at is None else at / 1000 for at in times_ms)


def _optional(values: Iterable[float | None]) -> Floats:
    """NaN where there is none."""
    return np.array([np.nan if value is None else value for value in values], dtype=float)
