"""What happened in the drain: after the horizon nothing more was submitted, and the run went on until nobody waited."""

from dataclasses import dataclass

import numpy as np

from kueue_sim.engine.facts import NONE, Run
from kueue_sim.results.history.history import History
from kueue_sim.results.quota.quota_over_time import hours
from kueue_sim.results.tables.evictions import Evictions


@dataclass(frozen=True, slots=True)
class Drain:
    """From the horizon to the end of the run, in milliseconds. ``waiting`` workloads waited when it began, ``left`` of
    all wait still: nothing was going to let them start. Hours are accelerator-hours of quota held, of running work and
    of run time thrown away in this time."""

    from_ms: int
    to_ms: int
    waiting: int
    left: int
    finished: int
    preempted: int
    evicted: int
    held_hours: float
    running_hours: float
    lost_hours: float

    def flat(self) -> dict[str, object]:
        """All figures in one row, times in seconds."""
        row: dict[str, object] = {"from_s": self.from_ms / 1000, "to_s": self.to_ms / 1000}
        names = ("waiting", "left", "finished", "preempted", "evicted", "held_hours", "running_hours", "lost_hours")
        return row | {name: getattr(self, name) for name in names}


def drained(run: Run, history: History, evictions: Evictions) -> Drain | None:
    """The drain of a run, None where there was none."""
    if run.drained_from_ms is None:
        return None
    start, end, work, resource = run.drained_from_ms, run.end_ms, history.work, history.resource
    after = evictions.at > start
    held = sum(steps.between(start, end) for (_, _, name), steps in history.held.items() if name == resource)
    running = sum(steps.between(start, end) for steps in history.running.values())
    return Drain(
        from_ms=start,
        to_ms=end,
        waiting=len(history.waited_at(start)),
        left=int(np.count_nonzero(work.waiting_since != NONE)),
        finished=int(np.count_nonzero(work.finished & (work.ended > start))),
        preempted=int(np.count_nonzero(after & evictions.preempted)),
        evicted=int(np.count_nonzero(after & ~evictions.preempted)),
        held_hours=hours(held, resource),
        running_hours=hours(running, resource),
        lost_hours=hours(int((work.lost_amount - history.suffered.lost_amount).sum()), resource),
    )
