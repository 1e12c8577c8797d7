"""How far work has come, how fast, and how much of it an interruption throws away."""

from collections.abc import Iterable
from dataclasses import dataclass

from kueue_sim.model import PodSetAssignment, Workload

Pace = tuple[int, int]
"""Pods given and pods asked for: work that is shared by fewer pods takes longer in proportion."""
FULL: Pace = (1, 1)


def pace_of(workload: Workload, assignments: Iterable[PodSetAssignment]) -> Pace:
    """How fast an admission lets the work of a workload come on: partial admission gives fewer pods than are asked for
    (R5.50), and the work stays unless the workload says otherwise."""
    if not workload.keeps_work:
        return FULL
    given = {one.name: one.count for one in assignments}
    for pod_set in workload.pod_sets:
        if pod_set.min_count is not None:
            asked = pod_set.count - workload.reclaimable.get(pod_set.name, 0)
            count = given.get(pod_set.name, asked)
            return (count, asked) if 0 < count < asked else FULL
    return FULL


def due(workload: Workload, done: int, restarts: bool, pace: Pace = FULL) -> int | None:
    """Milliseconds a workload still runs from its start, of which ``done`` need not be repeated; a restart costs time
    first. None for work without end."""
    rest = workload.runtime_ms
    if rest is None:
        return None
    if done:
        rest = max(0, rest - done)
    if pace != FULL:
        rest = _stretched(rest, pace)
    return rest + workload.restart_cost_ms if restarts else rest


def worked(elapsed_ms: int, pace: Pace) -> int:
    """How much of its run time work does in this time."""
    given, asked = pace
    return elapsed_ms * given // asked


def _stretched(work_ms: int, pace: Pace) -> int:
    """How long so much of the run time takes."""
    given, asked = pace
    return -(-work_ms * asked // given)


@dataclass(frozen=True, slots=True)
class Ended:
    """How an admission ended: milliseconds until the last pod is gone, run time that survives, run time that is thrown
    away, and whether its work had begun at all."""

    gone_after_ms: int = 0
    done_ms: int = 0
    lost_ms: int = 0
    ran: bool = False


@dataclass(slots=True, eq=False)
class Clock:
    """The progress of work that runs and stands still, in milliseconds of its run time with all pods.

    ``done`` survived every interruption so far; ``since`` is the start of the present run, None while it stands
    still. ``epoch`` grows at each interruption: what was planned for the run before is void.
    """

    workload: Workload
    done: int = 0
    restarts: bool = False
    since: int | None = None
    epoch: int = 0
    pace: Pace = FULL

    @property
    def due(self) -> int | None:
        """What is to run from a start to the end, restart cost included; None for work without end."""
        return due(self.workload, self.done, self.restarts, self.pace)

    def start(self, now: int) -> None:
        """The work runs from now on."""
        self.since = now

    def reached(self, now: int) -> int:
        """How far the work has come, whether an interruption now would keep it or not."""
        if self.since is None:
            return self.done
        cost = self.workload.restart_cost_ms if self.restarts else 0
        return self.done + worked(max(0, now - self.since - cost), self.pace)

    def stop(self, now: int) -> int:
        """The work stands still from now on. Returns the time that was run in vain.

        What the last checkpoint holds survives, with checkpoints counted from the beginning of the work; without
        checkpoints nothing does.
        """
        self.epoch += 1
        if self.since is None:
            return 0
        lost, every = now - self.since, self.workload.checkpoint_every_ms
        if every is not None:
            kept = max(self.done, self.reached(now) // every * every)
            lost -= _stretched(kept - self.done, self.pace)
            self.done = kept
        self.since, self.restarts = None, True
        return lost
