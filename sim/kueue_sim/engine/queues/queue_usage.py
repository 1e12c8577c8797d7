"""Admission fair sharing in a running simulation: what each LocalQueue used, and what that orders (R7.14–R7.24)."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from kueue_sim.engine.queues.timers import Timers
from kueue_sim.engine.queues.unsampled_usage import Episode, episodes, unsampled, used
from kueue_sim.model import AdmissionFairSharing, LocalQueue, PodSet, PodSetAssignment, Scenario, Settings, StopPolicy
from kueue_sim.policy.compiled_policy import CompiledPolicy, CompiledQueue
from kueue_sim.policy.queueing.admission_fair_sharing import LocalQueueKey, UsageLedger
from kueue_sim.policy.queueing.pending_queue import PendingQueue
from kueue_sim.policy.workloads.workload_info import Pending, Reservation


def queue_usage(settings: Settings, timers: Timers, wake: Callable[[str], None]) -> "QueueUsage | None":
    """The usage of LocalQueues when admission fair sharing is configured (R7.1), else None."""
    rules = settings.admission_fair_sharing
    if rules is None or not settings.gate("AdmissionFairSharing"):
        return None
    return QueueUsage(rules, settings, timers, wake)


class QueueUsage:
    """The ledger of all LocalQueues, told what happens to their workloads. ``now`` is in milliseconds.

    ``wake`` is told of ClusterQueues whose order may be another one, although nothing happened but time.
    """

    def __init__(
        self, rules: AdmissionFairSharing, settings: Settings, timers: Timers, wake: Callable[[str], None]
    ) -> None:
        self._timers = timers
        self._wake = wake
        self._watched: set[str] = set()
        self.ledger = UsageLedger(rules)
        self._ignores_undeclared = settings.ignore_undeclared_resources
        self._now = 0
        self._queues: Mapping[LocalQueueKey, LocalQueue] = {}
        self._compiled: CompiledPolicy

    def rebuild(self, compiled: CompiledPolicy, now: int) -> None:
        """The administrator changed queues: open and forget accounts, stop and resume their samples (R7.5, R7.23)."""
        for key in self._queues.keys() - compiled.local_queues.keys():
            self.ledger.forget(key)
        self._queues, self._compiled = compiled.local_queues, compiled
        for key, local in compiled.local_queues.items():
            self._open(key, local, now)
            queue = compiled.queues.get(local.cluster_queue)
            if local.stop_policy is StopPolicy.NONE and queue is not None and queue.active:
                self.ledger.resume(key, now)
            else:
                self.ledger.pause(key, now)

    def _open(self, key: LocalQueueKey, local: LocalQueue, now: int) -> None:
        if now == 0 and (local.consumed or local.consumed_at_ms < 0):
            self.ledger.reopen(key, local.consumed, local.consumed_at_ms)
        else:
            self.ledger.open(key, now)

    def of(self, pending: Pending) -> float:
        """The usage of a workload's LocalQueue at this moment, which orders usage-based ClusterQueues (R7.9)."""
        return self._usage((pending.workload.namespace, pending.workload.queue_name))

    def _usage(self, key: LocalQueueKey) -> float:
        local = self._queues.get(key)
        return self.ledger.usage(key, 1.0 if local is None else local.fair_weight, self._now)

    def take_samples(self, until_ms: int, queues: Mapping[str, PendingQueue]) -> None:
        """Samples that are due by then are taken, each of which puts the heap of its ClusterQueue in order (R7.13)."""
        for key in self.ledger.take_samples(until_ms):
            local = self._queues.get(key)
            waiting = None if local is None else queues.get(local.cluster_queue)
            if waiting is not None and waiting.by_usage is not None:
                waiting.by_usage.refresh()

    def freshen(self, queues: Iterable[PendingQueue]) -> None:
        """Before a pop, heaps in which some LocalQueue has a penalty pending are put in order (R7.13)."""
        for waiting in queues:
            if waiting.by_usage is not None and any(
                self.ledger.has_penalty(key)
                for key, local in self._queues.items()
                if local.cluster_queue == waiting.name
            ):
                waiting.by_usage.refresh()

    def snapshot(self, compiled: CompiledPolicy, now: int) -> dict[str, dict[LocalQueueKey, float]]:
        """Usage at the start of a cycle, for the order in which workloads are preempted (R7.12)."""
        self._now = now
        found: dict[str, dict[LocalQueueKey, float]] = {}
        for key, local in self._queues.items():
            queue = compiled.queues.get(local.cluster_queue)
            if queue is not None and queue.spec.usage_based_admission:
                found.setdefault(local.cluster_queue, {})[key] = self._usage(key)
        return found

    def watch(self, now: int, queues: Iterable[PendingQueue]) -> None:
        """While work waits behind a head, a sample may put it in front (R7.11, R7.20): look again after the next."""
        for waiting in queues:
            if waiting.by_usage is None or waiting.active < 2 or waiting.name in self._watched:
                continue
            keys = [key for key, local in self._queues.items() if local.cluster_queue == waiting.name]
            at_ms = self.ledger.next_update_ms(keys, now)
            if at_ms is not None:
                self._watched.add(waiting.name)
                self._timers.at(at_ms, f"~sample {waiting.name}", partial(self._sampled, waiting))

    def _sampled(self, waiting: PendingQueue, now: int) -> None:
        self._watched.discard(waiting.name)
        if waiting.active > 1:
            self._wake(waiting.name)

    def reserve(self, now: int, pending: Pending, queue: CompiledQueue) -> None:
        """Quota was reserved for the first time (R7.14)."""
        if not queue.spec.usage_based_admission:
            return
        total = self._charged(pending.pod_sets, pending.workload.reclaimable, queue)
        self.ledger.reserve(_key(pending), pending.key, total, now)

    def _charged(
        self, pod_sets: Iterable[PodSet], reclaimable: Mapping[str, int], queue: CompiledQueue
    ) -> dict[str, int]:
        """What the entry penalty is reckoned of: the whole pod sets, whatever was admitted of them (R7.14)."""
        total: dict[str, int] = {}
        for pod_set in pod_sets:
            count = pod_set.count - min(reclaimable.get(pod_set.name, 0), pod_set.count)
            for resource, amount in pod_set.requests.items():
                if not self._ignores_undeclared or resource in queue.group_of:
                    total[resource] = total.get(resource, 0) + amount * count
        return total

    def admit(self, now: int, pending: Pending, reservation: Reservation, queue: CompiledQueue) -> None:
        """The workload is admitted: its usage counts, and its penalty is settled (R7.16)."""
        self.ledger.admit(
            _key(pending), pending.key, used(reservation.assignments), now, queue.spec.usage_based_admission
        )

    def settle(self, scenario: Scenario) -> None:
        """What was admitted before the simulation begins and is in no sample of its LocalQueue is charged (R7.16)."""
        open_queues = {}
        for key, local in self._queues.items():
            queue = self._compiled.queues.get(local.cluster_queue)
            if local.consumed_at_ms < 0 and not local.settled and queue is not None:
                open_queues[key] = (local.consumed_at_ms, queue)
        found: dict[LocalQueueKey, list[Episode]] = {key: [] for key in open_queues}
        for one in episodes(scenario) if found else ():
            found.get((one.workload.namespace, one.workload.queue_name), []).append(one)
        for key, (since_ms, queue) in open_queues.items():
            if queue.spec.usage_based_admission:
                self._replay(key, unsampled(found[key], since_ms), since_ms, queue)

    def _replay(self, key: LocalQueueKey, found: Iterable[Episode], since_ms: int, queue: CompiledQueue) -> None:
        """Ends before admissions of the same second, as quota is given back before it is given again."""
        changes: list[tuple[int, int, Episode]] = []
        for one in found:
            changes.append((max(since_ms, one.begin_ms), 1, one))
            if one.end_ms is not None:
                changes.append((one.end_ms, -1, one))
        for at_ms, sign, one in sorted(changes, key=lambda change: change[:2]):
            requests = self._charged(one.workload.pod_sets, one.workload.reclaimable, queue)
            held = one.usage or requests
            if sign < 0:
                self.ledger.change(key, {name: -amount for name, amount in held.items()}, at_ms)
            elif one.begin_ms < since_ms or self.ledger.has_charged(key, requests, at_ms):
                self.ledger.restore(key, held)
            else:
                self.ledger.reserve(key, one.workload.key, requests, at_ms)
                self.ledger.admit(key, one.workload.key, held, at_ms, True)
        self.ledger.release_all(key)

    def restore(self, pending: Pending, usage: Mapping[str, int]) -> None:
        """The workload was admitted before the simulation began, and its penalty was settled then."""
        self.ledger.restore(_key(pending), usage)

    def release(self, now: int, pending: Pending, reservation: Reservation) -> None:
        """The workload gave up its quota."""
        if reservation.admitted:
            self.change(now, pending, reservation.assignments, ())

    def change(
        self,
        now: int,
        pending: Pending,
        before: tuple[PodSetAssignment, ...],
        after: tuple[PodSetAssignment, ...],
    ) -> None:
        """An admitted workload holds less than before, or nothing any more."""
        more = used(after)
        for resource, amount in used(before).items():
            more[resource] = more.get(resource, 0) - amount
        self.ledger.change(_key(pending), more, now)

    def forgive(self, now: int, pending: Pending) -> None:
        """The workload's penalty can never be settled (R7.17)."""
        self.ledger.forgive(_key(pending), pending.key, now)


def _key(pending: Pending) -> LocalQueueKey:
    return pending.workload.namespace, pending.workload.queue_name
