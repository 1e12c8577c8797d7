"""The drain of a run: after the horizon nothing more is submitted, and the run goes on until nobody waits any more."""

from kueue_sim.engine.cluster import Cluster
from kueue_sim.engine.controllers.concurrent_admission import ConcurrentAdmission
from kueue_sim.engine.nodes.work_on_nodes import NEVER_STARTS
from kueue_sim.policy.workloads.workload_info import Reservation

_WAITS = frozenset(("pending", "quotaReserved", "evicted"))
"""States in which a workload has yet to start, or to start again."""


class Drain:
    """Knows whether anybody waits. ``families`` are the workloads of which only one variant is to run."""

    def __init__(self, cluster: Cluster, families: ConcurrentAdmission) -> None:
        self._cluster = cluster
        self._families = families

    @property
    def over(self) -> bool:
        """Whether everything that was submitted is gone, or runs; what is deactivated waits for nothing."""
        cluster = self._cluster
        if not self._families.enabled and any(map(len, cluster.manager.queues.values())):
            return False
        states = self._families.show_states(cluster.states())
        if not _WAITS.isdisjoint(states.values()):
            return False
        return all(self._runs(one) for one in cluster.cache.reservations.values() if one.admitted and not one.evicted)

    def _runs(self, reservation: Reservation) -> bool:
        """Whether the work of an admission goes on: that of its pods on nodes, without nodes at once."""
        pods = self._cluster.jobs.pods
        if pods is None:
            return reservation.since_ms < NEVER_STARTS
        return pods.whereabouts(reservation)[0] is not None
