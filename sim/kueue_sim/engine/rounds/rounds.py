"""What decides how things go on, apart from the time; and everything as if some rounds had gone by."""

from collections.abc import Mapping

from kueue_sim.engine.cluster import Cluster
from kueue_sim.engine.controllers.workload_controller import WorkloadController
from kueue_sim.engine.pods.pods_in_rounds import PodsReached
from kueue_sim.engine.queues.inadmissible import FREED_NODES_MS
from kueue_sim.engine.recorder import LATEST
from kueue_sim.engine.rounds.thrash import Relative, Snapshot
from kueue_sim.policy.placement.preferences import preference
from kueue_sim.policy.queueing.waiting import answer_of
from kueue_sim.policy.workloads.reservations import Generation
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
        """Whether the state is known well enough to say that a round repeats: not with usage that decays, with nodes
        that are chosen at random or come when they are needed, queues that wait to hear of nodes, second passes, or
        workloads whose status remembers times."""
        cluster = self._cluster
        if cluster.manager.usage is not None or cluster.jobs.work_on_nodes is not None or self._life.families.enabled:
            return False
        if cluster.jobs.pods is not None and (not self._nodes_are_known or cluster.cache.dirty_partitions):
            return False
        if cluster.manager.second_passes.any or cluster.manager.requeuer.nodes_due:
            return False
        return not any(one.status for one in cluster.pending.values())

    def phase(self, now: int) -> tuple[int, int]:
        """How far Kueue's clock has come since its last tick, as far as it decides, and the time between two: quota is
        reserved at whole seconds, and of freed nodes queues hear at every tenth (R20.82)."""
        between = FREED_NODES_MS if self._cluster.manager.requeuer.ticks else 1000
        return now % between, between

    def state(self) -> object:
        """All that decides what the next cycle does at this instant: who waits how, which partitions are to be looked
        at, who holds quota, who of them is evicted, and where their pods are."""
        cluster = self._cluster
        queues = tuple(self._queue(name) for name in sorted(cluster.cache.by_queue))
        held = frozenset((key, reservation.evicted) for key, reservation in cluster.cache.reservations.items())
        pods = () if cluster.jobs.pods is None else cluster.jobs.pods.in_rounds.state()
        dirty = frozenset(map(id, cluster.cache.dirty_partitions))
        return queues, tuple(sorted(cluster.manager.unqueued)), dirty, held, pods

    @property
    def _nodes_are_known(self) -> bool:
        """Whether nothing but what is on the nodes decides where pods go, and when they can."""
        scenario = self._cluster.scenario
        return not scenario.node_pools and not preference(scenario.placement).random_ties

    def answers(self) -> object:
        """What those that wait were told last: another answer would be told anew."""
        queues = sorted(self._cluster.manager.queues.items())
        return tuple(tuple(map(answer_of, waiting.waiting())) for _, waiting in queues)

    def _queue(self, name: str) -> object:
        cycle, cache, waiting = self._cluster.scheduler.cycle, self._cluster.cache, self._cluster.manager.queues[name]
        generation = cache.by_queue[name].generation(cache.compiled.queues[name].node)
        return waiting.fingerprint(), tuple(_work(item, generation, cycle) for item in waiting.waiting())

    @property
    def facts(self) -> int:
        """How many facts were taken down so far."""
        return len(self._cluster.recorder)

    def held(self, now: int) -> dict[str, tuple[Reservation, Relative]]:
        """Every reservation, with what decides of it relative to now."""
        pending, holding, pods = self._cluster.pending, self._cluster.cache.reservations, self._cluster.jobs.pods
        found = {}
        for key, one in holding.items():
            work = (now - one.since_ms,) if pods is None else pods.in_rounds.ages(now, one)
            found[key] = one, _relative(one, pending[key], now) + work
        return found

    def pods_reached(self, now: int) -> PodsReached | None:
        """How far the report about nodes has come; None without nodes."""
        pods = self._cluster.jobs.pods
        return None if pods is None else pods.in_rounds.reached(now)

    def slow_down(self, least_ms: Mapping[str, int]) -> None:
        """Evictions of these workloads take so many milliseconds at least, from now on and as the mapping grows."""
        self._cluster.jobs.slow = least_ms

    def holds(self, reservation: Reservation) -> bool:
        """Whether this is what the workload holds now."""
        return self._cluster.cache.holds(reservation)

    def taking_part(self, since_ms: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Workloads and ClusterQueues in the preemptions from an instant on, as far as the last facts tell."""
        pending = self._cluster.pending
        latest = self._cluster.recorder.facts()[-LATEST:]
        recent = [fact for fact in latest if fact.at_ms >= since_ms and fact.type == "Preempted"]
        names = {fact.workload for fact in recent} | {fact.by for fact in recent}
        queues = {pending[name].queue for name in names if name in pending}
        return tuple(sorted(names)), tuple(sorted(queues))

    def repeat(self, now: int, since: Snapshot, rounds: int) -> None:
        """The round from ``since`` until now took place so often more; what was untouched in it is as old as it is,
        everything else as if it began so much later."""
        cluster, period_ms = self._cluster, now - since.at_ms
        by_ms = rounds * period_ms
        cluster.recorder.repeat(since.facts, rounds, period_ms)
        bystanders = {id(reservation) for reservation, _ in since.held.values()}
        pods = cluster.jobs.pods
        if since.pods is not None and pods is not None:
            pods.in_rounds.repeat(now, since.pods, rounds, period_ms, bystanders)
        for reservation in cluster.cache.reservations.values():
            if id(reservation) not in bystanders:
                if pods is None:
                    reservation.since_ms += by_ms
                reservation.admitted_ms += by_ms
                reservation.reserved_s += by_ms // 1000
                if reservation.evicted:
                    reservation.evicted_ms += by_ms


def _work(item: Pending, generation: Generation, cycle: int) -> object:
    progress, tried = item.progress, None
    if progress is not None:
        indices = tuple(tuple(one.items()) for one in progress.tried)
        tried = indices, generation != progress.generation, min(cycle - progress.cycle, 2)
    return item.key, item.timestamp_ms, item.priority, item.done_ms, item.restarts, item.backing_off, tried


def _relative(reservation: Reservation, pending: Pending, now: int) -> Relative:
    return (
        reservation.evicted,
        now - reservation.admitted_ms,
        now - 1000 * reservation.reserved_s,
        reservation.gone_after_ms,
        reservation.assignments,
        reservation.unhealthy_nodes,
        reservation.timestamp_ms,
        pending.done_ms,
        pending.restarts,
    )
