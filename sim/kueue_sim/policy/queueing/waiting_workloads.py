"""Who waits in one ClusterQueue, and which classes of workloads are parked as a whole (R3.1, R3.41)."""

from collections.abc import Iterable

from kueue_sim.policy.queueing.waiting import key_of, members
from kueue_sim.policy.workloads.workload_info import Pending, WaitingClass


class WaitingWorkloads:
    """The workloads of a queue: in the heap with their class, parked with it, or parked by themselves."""

    def __init__(self) -> None:
        self._classes: dict[int, WaitingClass] = {}
        """The class of each shape, whether it has failed or not."""
        self._failed: list[WaitingClass] = []
        """Those of them that have failed since the last flush."""
        self._beside: dict[int, WaitingClass] = {}
        """Active workloads whose class has failed without them, by shape."""
        self._parked: dict[str, Pending] = {}
        self.active = 0
        """Workloads in the heap whose class has not failed."""
        self.preemptor: Pending | None = None
        """The workload for which others were preempted last (R3.12)."""

    def __len__(self) -> int:
        failed = sum(group.live for group in self._failed)
        return self.active + failed + len(self._parked)

    @property
    def flushable(self) -> bool:
        """Whether a flush would change anything."""
        return bool(self._parked or self._failed)

    def waiting(self) -> Iterable[Pending]:
        """All waiting workloads, active ones first, each group by key."""
        return [*self.active_workloads(), *self.parked_workloads()]

    def active_workloads(self) -> list[Pending]:
        """Workloads in the heap, by key."""
        active = (group for group in (*self._classes.values(), *self._beside.values()) if not group.failed)
        return sorted(members(active), key=key_of)

    def parked_workloads(self) -> list[Pending]:
        """Workloads that wait for a flush, by key."""
        return sorted([*self._parked.values(), *members(self._failed)], key=key_of)

    def fingerprint(self) -> object:
        """Who is active and who inadmissible, which classes have failed, and who is the preemptor."""
        active, parked = (tuple(map(key_of, items)) for items in (self.active_workloads(), self.parked_workloads()))
        return (
            active,
            parked,
            tuple(sorted(group.shape for group in self._failed)),
            None if self.preemptor is None else self.preemptor.key,
        )
