"""Something to do at a later time."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from kueue_sim.policy.workloads.workload_info import Reservation

IsVoid = Callable[[], bool]
"""Whether something that lies ahead has become meaningless."""


class Timers(ABC):
    """Runs something at a later time; at one instant in order of the keys, before anything arrives."""

    @abstractmethod
    def at(
        self, at_ms: int, key: str, do: Callable[[int], None], what: str = "", is_void: IsVoid | None = None
    ) -> None:
        """``do`` is called at this instant, unless it ``is_void`` by then; None: it never is. ``what`` tells it from
        other things that are to happen about the same workload."""

    @property
    @abstractmethod
    def finish_after(self) -> Callable[[Reservation, int], None]:
        """Told of a workload that was admitted, and is done after so many milliseconds unless it is evicted before."""


class NoTimers(Timers):
    """Time stands still: nothing that lies ahead happens."""

    def at(
        self, at_ms: int, key: str, do: Callable[[int], None], what: str = "", is_void: IsVoid | None = None
    ) -> None:
        """Forgets it."""

    @property
    def finish_after(self) -> Callable[[Reservation, int], None]:
        """Forgets it."""
        return lambda reservation, runtime_ms: None
