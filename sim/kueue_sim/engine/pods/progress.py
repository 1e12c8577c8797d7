"""How far work has come, and how much of it an interruption throws away."""

from dataclasses import dataclass

from kueue_sim.model import Workload


def due(workload: Workload, done: int, restarts: bool) -> int | None:
    """Milliseconds a workload still runs from its start, of which ``done`` need not be repeated; a restart costs time
    first. None for work without end."""
    runtime = workload.runtime_ms
    if runtime is None:
        return None
    rest = runtime - done if done < runtime else 0
    return rest + workload.restart_cost_ms if restarts else rest


@dataclass(slots=True, eq=False)
class Clock:
    """The progress of work that runs and stands still, in milliseconds of run time.

    ``done`` survived every interruption so far; ``since`` is the start of the present run, None while it stands
    still. ``epoch`` grows at each interruption: what was planned for the run before is void.
    """

    workload: Workload
    done: int = 0
    restarts: bool = False
    since: int | None = None
    epoch: int = 0

    @property
    def due(self) -> int | None:
        """What is to run from a start to the end, restart cost included; None for work without end."""
        return due(self.workload, self.done, self.restarts)

    def start(self, now: int) -> None:
        """It runs from now on."""
        self.since = now

    def reached(self, now: int) -> int:
        """How far the work has come, whether an interruption now would keep it or not."""
        if self.since is None:
            return self.done
        cost = self.workload.restart_cost_ms if self.restarts else 0
        return self.done + max(0, now - self.since - cost)

    def stop(self, now: int) -> int:
        """It stands still from now on; the run time that is thrown away.

        What the last checkpoint holds survives, with checkpoints counted from the beginning of the work; without
        checkpoints nothing does.
        """
        self.epoch += 1
        if self.since is None:
            return 0
        ran, reached = now - self.since, self.reached(now)
        every = self.workload.checkpoint_every_ms
        kept = self.done if every is None else max(self.done, reached // every * every)
        lost = ran - (kept - self.done)
        self.done, self.since, self.restarts = kept, None, True
        return lost
