"""What is known of work of the past: jobs that ended, or still run, before the simulation begins."""

from dataclasses import dataclass

from kueue_sim.model.workload import Workload


@dataclass(frozen=True, slots=True)
class PastJob:
    """One job. Times are milliseconds from the scenario's start, so negative.

    ``workload`` says what it asked for, where and when. ``ran_ms`` is how long it ran in all, without the runs that an
    eviction threw away; for what had not ended, how long so far. ``admitted_ms`` is its first admission, None if there
    was none, and ``ended_ms`` its end. Runs that ``evictions`` threw away took ``past_execution_ms``.
    """

    workload: Workload
    ran_ms: int
    ended_ms: int | None = None
    admitted_ms: int | None = None
    evictions: int = 0
    past_execution_ms: int = 0

    @property
    def ended(self) -> bool:
        """Whether its run time is known, and not only that it is longer."""
        return self.ended_ms is not None
