"""Whom to evict for a workload: the search of classical preemption or of fair sharing, and the preemption oracle."""

from collections.abc import Mapping
from functools import partial

from kueue_sim.policy.compiled_policy import CompiledPolicy, CompiledQueue
from kueue_sim.policy.flavors.flavor_assigner import NO_CANDIDATES, PREEMPT_OWN, RECLAIM
from kueue_sim.policy.preemption import classical
from kueue_sim.policy.preemption import fair_sharing as fair
from kueue_sim.policy.preemption.candidates import BUFFER_MS, QueueUsage, Request, eviction_order
from kueue_sim.policy.preemption.simulated_removal import SimulatedRemoval
from kueue_sim.policy.quota.quota_tree import borrowing_level
from kueue_sim.policy.topology.snapshot import Topologies
from kueue_sim.policy.topology.workload_topology import WorkloadTopology
from kueue_sim.policy.workloads.assignment import Assignment
from kueue_sim.policy.workloads.reservations import Reservations
from kueue_sim.policy.workloads.workload_info import Pending, Target


class Preemption:
    """Finds targets in one world. ``reservation`` is what holds quota, per ClusterQueue and workload key.

    ``local_queue_usage`` is the usage that ranks victims where admission is usage-based (R10.21), else empty.
    """

    def __init__(
        self,
        compiled: CompiledPolicy,
        reservations: Mapping[str, Reservations],
        places: WorkloadTopology,
        topologies: Topologies,
    ) -> None:
        self.local_queue_usage: QueueUsage = {}
        self._world = compiled
        self._evictable = {name: reservations[name] for name, queue in compiled.queues.items() if queue.active}
        """Workloads of inactive ClusterQueues are nobody's candidates (R10.15)."""
        self._places = places
        self._topologies = topologies
        self._fair = fair.rules(compiled.settings)
        self._searched: dict[tuple[int, int], list[Target]] = {}
        """What the oracle found for one amount of one slot while the present assignment is made."""
        self._buffer_ms = BUFFER_MS if compiled.settings.old_gate("SchedulerTimestampPreemptionBuffer") else 0

    def begin(self) -> None:
        """An assignment is made; what was found for earlier ones is not to be asked for any more."""
        self._searched.clear()

    def targets(self, queue: CompiledQueue, pending: Pending, assignment: Assignment) -> list[Target]:
        """Whom to evict so that this assignment fits; empty when nothing helps (R10.12).

        The number of pods as such is no part of what has to fit (R1.28): too few may be evicted for it.
        """
        uncounted = queue.pod_slots if pending.reservation is None else ()
        amounts = tuple(
            (slot, amount) for slot, amount in sorted(assignment.usage.items()) if amount != 0 and slot not in uncounted
        )
        contested = assignment.contested(self._world.forest.slot_of)
        demands = self._places.demands(queue, assignment, pending.reservation)
        if not demands:
            known = self._searched.get(amounts[0]) if len(amounts) == 1 and contested == {amounts[0][0]} else None
            if known is not None:
                return list(known)
            return self._search(queue, Request(pending, queue.node, amounts, contested, buffer_ms=self._buffer_ms))
        placeable = partial(self._places.placeable, demands, pending.reservation)
        request = Request(pending, queue.node, amounts, contested, placeable, self._topologies, self._buffer_ms)
        return self._search(queue, request)

    def _search(self, queue: CompiledQueue, request: Request) -> list[Target]:
        order = eviction_order(queue.node, self.local_queue_usage)
        policy = queue.spec.preemption
        if self._fair is None:
            return classical.find_targets(request, policy, self._evictable, order if self.local_queue_usage else None)
        return fair.find_targets(request, policy, self._evictable, order, self._world.shares, self._fair)

    def simulate(self, queue: CompiledQueue, pending: Pending, slot: int, amount: int) -> tuple[int, int]:
        """The preemption oracle. Implements R10.40–R10.43."""
        amounts = ((slot, amount),) if amount else ()
        request = Request(pending, queue.node, amounts, frozenset((slot,)), buffer_ms=self._buffer_ms)
        targets = self._search(queue, request)
        self._searched[slot, amount] = targets
        if not targets:
            return NO_CANDIDATES, borrowing_level(queue.node, slot, amount)[0]
        with SimulatedRemoval() as removal:
            for target in targets:
                removal.remove(target.reservation)
            level, _ = borrowing_level(queue.node, slot, amount)
        own = any(target.reservation.queue is queue.node for target in targets)
        return (PREEMPT_OWN if own else RECLAIM), level
