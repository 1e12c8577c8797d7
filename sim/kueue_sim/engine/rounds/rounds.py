"""What decides how things go on, apart from the time; and everything as if some rounds had gone by."""

from collections.abc import Iterable, Mapping

from kueue_sim.engine.cluster import Cluster
from kueue_sim.engine.controllers.workload_controller import WorkloadController
from kueue_sim.engine.recorder import LATEST
from kueue_sim.engine.rounds.thrash import Relative
from kueue_sim.policy.compiled_policy import CompiledQueue
from kueue_sim.policy.queueing.pending_queue import PendingQueue
from kueue_sim.policy.workloads.workload_info import Pending, Reservation


class Rounds:
    """Reads and moves the state of a cluster for ``Thrash``. Times in milliseconds."""

    def __init__(self, cluster: Cluster, life: WorkloadController) -> None:
        self._cluster = cluster
        self._life = life

    @property
    def known(self) -> bool:
        """Whether ``state`` is everything that decides within an instant: not where usage orders workloads."""
        return self._cluster.manager.usage is None

    @property
    def repeatable(self) -> bool:
        """Whether the state is known well enough to say that a round repeats: not with usage that decays, pods on
        nodes, second passes, or workloads whose status remembers times."""
        cluster = self._cluster
        if cluster.manager.usage is not None or cluster.jobs.pods is not None or cluster.jobs.work_on_nodes is not None:
            return False
        if self._life.families.enabled:
            return False
        return not cluster.manager.second_passes.any and not any(one.status for one in cluster.pending.values())

    def state(self) -> object:
        """All that decides what the next cycle does at this instant: who waits how, which partitions are to be looked
        at, who holds quota, and who of them is evicted."""
        cluster = self._cluster
        compiled = sorted(cluster.cache.compiled.queues.items())
        queues = tuple(self._queue(queue, cluster.manager.queues[name]) for name, queue in compiled)
        held = frozenset((key, reservation.evicted) for key, reservation in cluster.cache.reservations.items())
        return queues, tuple(sorted(cluster.manager.unqueued)), frozenset(map(id, cluster.cache.dirty_partitions)), held

    def _queue(self, queue: CompiledQueue, waiting: PendingQueue) -> object:
        cycle = self._cluster.scheduler.cycle
        return waiting.fingerprint(), tuple(_work(item, queue.generation, cycle) for item in waiting.waiting())

    @property
    def facts(self) -> int:
        """How many facts were taken down so far."""
        return len(self._cluster.recorder)

    def held(self, now: int) -> dict[str, tuple[Reservation, Relative]]:
        """Every reservation, with what decides of it relative to now."""
        pending, holding = self._cluster.pending, self._cluster.cache.reservations
        return {key: (one, _relative(one, pending[key], now)) for key, one in holding.items()}

    def slow_down(self, least_ms: Mapping[str, int]) -> None:
        """Evictions of these workloads take so many milliseconds at least, from now on and as the mapping grows."""
        self._cluster.jobs.slow = least_ms

    def holds(self, reservation: Reservation) -> bool:
        """Whether this is what the workload holds now."""
        return self._cluster.cache.reservations.get(reservation.key) is reservation

    def taking_part(self, since_ms: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Workloads and ClusterQueues in the preemptions from an instant on, as far as the last facts tell."""
        pending = self._cluster.pending
        latest = self._cluster.recorder.facts()[-LATEST:]
        recent = [fact for fact in latest if fact.at_ms >= since_ms and fact.type == "Preempted"]
        names = {fact.workload for fact in recent} | {fact.by for fact in recent}
        queues = {pending[name].queue for name in names if name in pending}
        return tuple(sorted(names)), tuple(sorted(queues))

    def repeat(self, since_fact: int, rounds: int, period_ms: int, untouched: Iterable[Reservation]) -> None:
        """The round whose facts begin with number ``since_fact`` took place so often more; what was ``untouched`` in it
        is as old as it is, everything else as if it began so much later."""
        cluster, by_ms = self._cluster, rounds * period_ms
        cluster.recorder.repeat(since_fact, rounds, period_ms)
        bystanders = set(map(id, untouched))
        for reservation in cluster.cache.reservations.values():
            if id(reservation) not in bystanders:
                reservation.since_ms += by_ms
                reservation.admitted_ms += by_ms
                reservation.reserved_s += by_ms // 1000


def _work(item: Pending, generation: int, cycle: int) -> object:
    progress, tried = item.progress, None
    if progress is not None:
        indices = tuple(tuple(one.items()) for one in progress.tried)
        tried = indices, generation > progress.generation, min(cycle - progress.cycle, 2)
    return item.key, item.timestamp_ms, item.priority, item.done_ms, item.restarts, item.backing_off, tried


def _relative(reservation: Reservation, pending: Pending, now: int) -> Relative:
    return (
        reservation.evicted,
        now - reservation.since_ms,
        now - reservation.admitted_ms,
        now - 1000 * reservation.reserved_s,
        reservation.gone_after_ms,
        reservation.assignments,
        reservation.timestamp_ms,
        pending.done_ms,
        pending.restarts,
    )
