"""The scheduler's loop: which heads a cycle looks at, what is decided of them, and how that takes effect.

Only partitions that changed are looked at: in all others every head would get the same answer again.
"""

from collections.abc import Callable, Container, Iterable, Sequence
from operator import attrgetter

from kueue_sim.engine.cluster import Cluster
from kueue_sim.engine.controllers.decisions import Decisions
from kueue_sim.engine.controllers.pods_ready import PodsReady
from kueue_sim.policy.compiled_policy import CompiledQueue, Partition
from kueue_sim.policy.entry_order import Entry
from kueue_sim.policy.preemption.candidates import QueueUsage
from kueue_sim.policy.workloads.workload_info import Pending

Look = Callable[[int, Cluster, Sequence[Entry]], None]
"""Hears of a cycle: the instant, the state it was decided on, and the entries in the order of processing."""

_queue_name = attrgetter("queue")

_NO_USAGE: QueueUsage = {}
"""The usage of LocalQueues where it orders nothing."""


class Scheduling:
    """Runs cycles, one at a time. ``scans``: how far the flavor scans have come that the last cycle left unfinished."""

    def __init__(self, cluster: Cluster, pods: PodsReady, decisions: Decisions) -> None:
        self._cluster = cluster
        self._pods = pods
        self.in_turn = pods.blocks_admission
        """Whether admissions wait for the pods of others, and a cycle with them."""
        self._second_passes = cluster.manager.second_passes
        self._usage = cluster.manager.usage
        self._lets_pass = cluster.shortcuts and self._usage is None and not pods.blocks_admission
        """Whether work that comes alone may be admitted without queueing: nothing but quota and places decides in a
        cycle, and nobody watches."""
        self._inadmissible = cluster.manager.requeuer.inadmissible
        self._resting = cluster.manager.requeuer.resting
        self.decisions = decisions
        self.dirty = cluster.cache.dirty_partitions
        """Partitions to look at, among them those whose decisions are blocked."""
        self._witness: Look | None = None
        self.scans: object = ()

    def watch(self, look: Look) -> None:
        """``look`` is told of every cycle, before it is carried out."""
        self._witness, self._lets_pass = look, False

    @property
    def due(self) -> bool:
        """Whether a cycle could decide anything: some partition changed since it was last looked at."""
        if self.decisions.blocked:
            return self._pods.all_ready()
        return bool(self.dirty)

    def set_aside(self) -> list[Partition]:
        """The partitions in which cycles changed nothing any more; from now on only others are looked at."""
        partitions = list(self.dirty)
        self.dirty.clear()
        return partitions

    def take_up(self, partitions: Sequence[Partition]) -> None:
        """Heads that were set aside are to be looked at again in the next cycle, whenever that is."""
        self.dirty.update(dict.fromkeys(partitions))

    def cycle(self, now: int) -> bool:
        """One scheduling cycle; True when a workload changed its state or moved between heap and parked."""
        if self.in_turn and self.decisions.blocked:
            return self.decisions.go_on(now)
        usage = _NO_USAGE if self._usage is None else self._usage_at(now)
        heads = self.pop_heads()
        if self._second_passes.ready:
            heads = self._second_passes.take() + heads
        if not heads:
            return False
        entries = self._cluster.scheduler.decide(heads, usage)
        if self._witness is not None:
            self._witness(now, self._cluster, entries)
        return self.decisions.in_turn(now, entries) if self.in_turn else self._carry_out(now, entries)

    def pass_through(self, now: int, pending: Pending, queue: CompiledQueue) -> bool:
        """Whether the cycle of a workload admits it that comes alone, where nobody waits: then it need not queue.

        The next cycle would have this one head: whatever else it would have to look at, such as second passes or what
        follows from an eviction, has marked its partition. Where the workload is not admitted nothing is changed, and
        it queues.
        """
        name, partition = queue.name, queue.partition
        if not self._lets_pass or self.dirty or partition.heads or partition.resting:
            return False
        if name in self._inadmissible or name in self._resting or not pending.workload.active:
            return False
        pending.queue = name
        assignment = self._cluster.scheduler.admit_at_once(pending, queue)
        if assignment is None:
            return False
        self.decisions.reserve(now, pending, queue, assignment)
        self.dirty.clear()
        return True

    def _usage_at(self, now: int) -> QueueUsage:
        """The usage of LocalQueues, which orders workloads and victims; queues are put in order by it."""
        assert self._usage is not None
        queues = self._cluster.manager.queues
        self._usage.take_samples(now, queues)
        self._usage.freshen(queues.values())
        usage = self._usage.snapshot(self._cluster.cache.compiled, now)
        self._usage.watch(now, queues.values())
        return usage

    def pop_heads(self) -> list[Pending]:
        """The head of every active queue of the partitions to look at, by name of the queue."""
        heads: list[Pending] = []
        dirty = self.dirty
        for partition in list(dirty):
            waiting, resting = partition.heads, partition.resting
            if waiting:
                for queue in waiting.values():
                    heads.append(queue.pop())
            elif not resting:
                del dirty[partition]
                continue
            if resting:
                cycle = self._cluster.scheduler.cycle + 1
                for tree in list(resting):
                    heads += tree.pop(cycle)
        if len(heads) > 1:
            heads.sort(key=_queue_name)
        return heads

    def _carry_out(self, now: int, entries: Sequence[Entry]) -> bool:
        """The decisions take effect. Partitions in which nothing changed and no scan goes on need no further cycle."""
        dirty, first = self.dirty, entries[0]
        if first.status == "Admitted" and len(entries) == 1 and first.reservation is None:
            changed = self.decisions.admit(now, first.pending, first.assignment, first.replaced)
            stirred: Container[Partition] = dirty
        else:
            changed, restless, stirred = self.decisions.at_once(now, entries)
            self.scans = _unfinished_scans(entries) if restless else ()
        for partition in list(dirty):
            if partition not in stirred or not (partition.heads or partition.resting):
                del dirty[partition]
        return changed


def _unfinished_scans(entries: Iterable[Entry]) -> object:
    """How far the flavor scans of these entries have come, comparable with an earlier answer."""
    scanning = ((one.pending.key, one.pending.progress) for one in entries if one.pending.progress is not None)
    return frozenset(
        (key, tuple(tuple(sorted(record.items())) for record in one.tried)) for key, one in scanning if one
    )
