"""Who holds what: the compiled policy, the reservations with their quota and places, and which partitions changed.

Kueue's cache. It knows nothing of what waits (``QueueManager``), of pods, or of time.
"""

from collections.abc import Iterable
from dataclasses import replace

from kueue_sim.errors import InvariantBroken
from kueue_sim.model import Node, NodePod, Policy
from kueue_sim.model.settings import Settings
from kueue_sim.policy.compiled_policy import CompiledPolicy, CompiledQueue, Partition
from kueue_sim.policy.quota.quota_tree import QuotaNode
from kueue_sim.policy.topology.snapshot import Topologies
from kueue_sim.policy.workloads.reservations import Reservations
from kueue_sim.policy.workloads.workload_info import Reservation


class Cache:
    """``by_queue`` is ``reservations`` per ClusterQueue. ``dirty_partitions`` changed since a cycle last looked at them
    without changing anything: the next cycle has to look at their heads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.reservations: dict[str, Reservation] = {}
        self.dirty_partitions: dict[Partition, None] = {}
        self._rebuilds = 0

    def build(self, policy: Policy, nodes: Iterable[Node], non_tas_pods: Iterable[NodePod]) -> None:
        """Compile a policy. Nobody holds anything yet."""
        self.policy = policy
        self.compiled = CompiledPolicy(policy, self._settings)
        self.reservations.clear()
        self.by_queue = {name: Reservations() for name in self.compiled.queues}
        self.topologies = Topologies(policy, self._settings, nodes, non_tas_pods)
        self.dirty_partitions.clear()
        for name in self.compiled.queues:
            self.rebuild_tree(name)

    def rebuild_tree(self, queue: str) -> None:
        """Kueue works out anew what there is of quota in the tree of this ClusterQueue, and what is in use (R2.11)."""
        self._rebuilds += 1
        self.compiled.roots[queue].rebuilt = self._rebuilds

    def queue_of(self, reservation: Reservation) -> CompiledQueue:
        """The ClusterQueue whose quota it holds."""
        return self.compiled.queues[reservation.queue.name]

    def holds(self, reservation: Reservation) -> bool:
        """Whether this is what the workload holds now."""
        return self.reservations.get(reservation.key) is reservation

    def mark_changed(self, partition: Partition) -> None:
        """Something that decisions depend on changed here."""
        partition.version += 1
        self.dirty_partitions[partition] = None

    def mark_all_changed(self) -> None:
        """What topologies have to offer changed: the next cycle looks at every head."""
        for queue in self.compiled.queues.values():
            self.mark_changed(queue.partition)

    def charge(self, reservation: Reservation) -> None:
        """The workload holds its quota and its places from now on; no cycle has to look at a partition in which nobody
        waits."""
        node = reservation.queue
        for slot, amount in reservation.usage:
            node.add(slot, amount)
        if reservation.topology_usage:
            self.topologies.hold(reservation)
        self.reservations[reservation.key] = reservation
        self.by_queue[node.name].hold(reservation)
        partition = self.compiled.queues[node.name].partition
        partition.version += 1
        if partition.heads or partition.resting:
            self.dirty_partitions[partition] = None

    def discharge(self, reservation: Reservation) -> None:
        """The workload's quota and its places are free; no cycle has to look at a partition in which nobody waits."""
        node = reservation.queue
        for slot, amount in reservation.usage:
            node.remove(slot, amount)
        if reservation.topology_usage:
            self.topologies.release(reservation)
        del self.reservations[reservation.key]
        self.by_queue[node.name].let_go(reservation)
        partition = self.compiled.queues[node.name].partition
        partition.version += 1
        if partition.heads or partition.resting:
            self.dirty_partitions[partition] = None

    def mark_evicted(self, now: int, reservation: Reservation) -> None:
        """The workload is evicted, and holds its quota until its pods are gone."""
        reservation.evicted, reservation.evicted_ms = True, now
        self.reorder(reservation)
        self.mark_changed(self.queue_of(reservation).partition)

    def count_anew(self, reservation: Reservation) -> None:
        """The status of a workload that holds quota says something new, and nothing else of it is different."""
        self.by_queue[reservation.queue.name].counted_anew()

    def reorder(self, reservation: Reservation) -> None:
        """The workload's place among those that could be preempted changed."""
        self.by_queue[reservation.queue.name].moved(reservation)

    def restart_reservation(self, reservation: Reservation) -> Reservation:
        """The same holding once more; whatever was to happen to it as it was is void."""
        again = replace(reservation)
        here = self.by_queue[reservation.queue.name]
        here.let_go(reservation)
        here.hold(again)
        self.reservations[reservation.key] = again
        self.mark_changed(self.queue_of(reservation).partition)
        return again

    def verify(self, now: int) -> None:
        """Compares the quota tree with the reservations, amount by amount; run where nothing is under way.

        Raises InvariantBroken with the first ClusterQueue that does not use what its reservations add up to, or Cohort
        that does not use what its children cannot keep to themselves (R2.8).
        """
        held: dict[tuple[str, int], int] = {}
        for reservation in self.reservations.values():
            for slot, amount in reservation.usage:
                place = reservation.queue.name, slot
                held[place] = held.get(place, 0) + amount
        for name, node in self.compiled.forest.queues.items():
            expected = [held.get((name, slot), 0) for slot in range(len(node.usage))]
            self._compare(now, f"ClusterQueue {name}", node, expected)
        for cohort in self.compiled.forest.cohorts.values():
            self._compare(now, f"Cohort {cohort.name}", cohort, _passed_up(cohort))

    def _compare(self, now: int, what: str, node: QuotaNode, expected: list[int]) -> None:
        for slot, (flavor, resource) in enumerate(self.compiled.forest.pairs):
            if node.usage[slot] != expected[slot]:
                raise InvariantBroken(
                    f"after {now} ms {what} uses {node.usage[slot]} {resource} of flavor {flavor} (canonical units), "
                    f"but what holds quota there adds up to {expected[slot]}; this is a mistake of the simulator, "
                    "please report it with the scenario"
                )


def _passed_up(cohort: QuotaNode) -> list[int]:
    """What the children of a Cohort use beyond the quota that they do not lend, by slot."""
    children = (*cohort.child_cohorts, *cohort.child_queues)
    slots = range(len(cohort.usage))
    return [sum(max(0, child.usage[slot] - child.local_quota[slot]) for child in children) for slot in slots]
