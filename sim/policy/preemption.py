"""Whom to evict for a workload: the search of classical preemption or of fair sharing, and the preemption oracle."""

from collections.abc import Mapping
from functools import partial

from sim.policy import classical, fair
from sim.policy.assignment import Assignment
from sim.policy.candidates import BUFFER_MS, QueueUsage, Request, eviction_order
from sim.policy.compiled import Queue, World
from sim.policy.entities import Pending, Target
from sim.policy.flavors import NO_CANDIDATES, PREEMPT_OWN, RECLAIM
from sim.policy.holdings import Holdings
from sim.policy.quota_tree import borrowing_level
from sim.policy.removal import Removal
from sim.policy.topologies import Topologies
from sim.policy.workload_topology import WorkloadTopology


class Preemption:
    """Finds targets in one world. ``held`` is what holds quota, per ClusterQueue and workload key.

    ``local_queue_usage`` is the usage that ranks victims where admission is usage-based (R10.21), else empty.
    """

    def __init__(
        self, world: World, held: Mapping[str, Holdings], places: WorkloadTopology, topologies: Topologies
    ) -> None:
        self.local_queue_usage: QueueUsage = {}
        self._world = world
        self._evictable = {name: held[name] for name, queue in world.queues.items() if queue.active}
        """Workloads of inactive ClusterQueues are nobody's candidates (R10.15)."""
        self._places = places
        self._topologies = topologies
        self._fair = fair.rules(world.settings)
        self._searched: dict[tuple[int, int], list[Target]] = {}
        """What the oracle found for one amount of one slot while the present assignment is made."""
        self._buffer_ms = BUFFER_MS if world.settings.old_gate("SchedulerTimestampPreemptionBuffer") else 0

    def begin(self) -> None:
        """An assignment is made; what was found for earlier ones is not to be asked for any more."""
        self._searched.clear()

    def targets(self, queue: Queue, pending: Pending, assignment: Assignment) -> list[Target]:
        """Whom to evict so that this assignment fits; empty when nothing helps (R10.12).

        The number of pods as such is no part of what has to fit (R1.28): too few may be evicted for it.
        """
        uncounted = queue.pod_slots if pending.held is None else ()
        amounts = tuple(
            (slot, amount) for slot, amount in sorted(assignment.usage.items()) if amount != 0 and slot not in uncounted
        )
        contested = assignment.contested(self._world.forest.slot_of)
        demands = self._places.demands(queue, assignment, pending.held)
        if not demands:
            known = self._searched.get(amounts[0]) if len(amounts) == 1 and contested == {amounts[0][0]} else None
            if known is not None:
                return list(known)
            return self._search(queue, Request(pending, queue.node, amounts, contested, buffer_ms=self._buffer_ms))
        placeable = partial(self._places.placeable, demands, pending.held)
        request = Request(pending, queue.node, amounts, contested, placeable, self._topologies, self._buffer_ms)
        return self._search(queue, request)

    def _search(self, queue: Queue, request: Request) -> list[Target]:
        order = eviction_order(queue.node, self.local_queue_usage)
        policy = queue.spec.preemption
        if self._fair is None:
            return classical.find_targets(request, policy, self._evictable, order if self.local_queue_usage else None)
        return fair.find_targets(request, policy, self._evictable, order, self._world.shares, self._fair)

    def simulate(self, queue: Queue, pending: Pending, slot: int, amount: int) -> tuple[int, int]:
        """The preemption oracle. Implements R10.40–R10.43."""
        amounts = ((slot, amount),) if amount else ()
        request = Request(pending, queue.node, amounts, frozenset((slot,)), buffer_ms=self._buffer_ms)
        targets = self._search(queue, request)
        self._searched[slot, amount] = targets
        if not targets:
            return NO_CANDIDATES, borrowing_level(queue.node, slot, amount)[0]
        with Removal() as removal:
            for target in targets:
                removal.remove(target.held)
            level, _ = borrowing_level(queue.node, slot, amount)
        own = any(target.held.queue is queue.node for target in targets)
        return (PREEMPT_OWN if own else RECLAIM), level
