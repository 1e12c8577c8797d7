"""One pass over the facts: the life of every workload, and what each ClusterQueue held, ran and had waiting.

Quota is held from *Admitted* until *Requeued*, *Finished* or *Deleted* (an evicted workload holds it until its
pods are gone). Work runs from *Started* until evicted, finished or deleted; a run without any Started fact
starts everything at its admission. A workload waits from *Submitted* or *Requeued* until *Admitted*.
"""

from dataclasses import dataclass, field
from typing import TypeVar

from sim.engine.facts import Fact, Run
from sim.model import PodSetAssignment, Scenario, Workload
from sim.results.quota import Slot, accelerator
from sim.results.steps import Changes

_Key = TypeVar("_Key", str, Slot)


@dataclass(slots=True)
class Stay:
    """One admission. ``stopped_ms`` is the end of its run, ``released_ms`` of its quota; None: still open.

    ``ending`` is the type of the fact that stopped it, "" while it is open.
    """

    admitted_ms: int
    waited_ms: int
    amount: int
    pod_sets: tuple[PodSetAssignment, ...]
    started_ms: int | None = None
    stopped_ms: int | None = None
    released_ms: int | None = None
    ending: str = ""
    reason: str = ""


@dataclass(slots=True)
class Life:
    """What happened to one workload. Times in milliseconds; None: it did not happen."""

    workload: Workload
    queue: str
    submitted_ms: int | None = None
    ended_ms: int | None = None
    waiting_since: int | None = None
    waited_ms: int = 0
    stays: list[Stay] = field(default_factory=list)
    preempted: int = 0
    evicted: int = 0
    preempting: int = 0
    lost_ms: int = 0
    lost_amount_ms: int = 0
    unplaced_since: int | None = None
    unplaced_amount_ms: int = 0
    attempts: int = 0


class History:
    """Lives by workload key, and changes by slot (held) or ClusterQueue (running, pending)."""

    def __init__(self, scenario: Scenario, run: Run) -> None:
        self.resource = accelerator(scenario.policy)
        self.end_ms = run.end_ms
        self.lives = _lives(scenario)
        self.held: dict[Slot, Changes] = {}
        self.running: dict[str, Changes] = {}
        self.pending: dict[str, Changes] = {}
        self._runs_at_admission = not any(fact.type == "Started" for fact in run.facts)
        for fact in run.facts:
            life = self.lives.get(fact.workload)
            if life is not None:
                self._take(fact, life)
        self._close()

    def _take(self, fact: Fact, life: Life) -> None:
        now, kind = fact.at_ms, fact.type
        if fact.cluster_queue and fact.cluster_queue != life.queue:
            self._move(now, life, fact.cluster_queue)
        if kind == "Pending":
            life.attempts += 1
        elif kind == "Submitted":
            life.submitted_ms = now
            self._wait(now, life)
        elif kind == "Admitted":
            life.attempts += 1
            self._admit(fact, life)
        elif kind == "Started":
            self._start(now, life)
        elif kind == "Unschedulable":
            life.unplaced_since = now if life.unplaced_since is None else life.unplaced_since
        elif kind in ("Preempted", "Evicted"):
            self._evict(fact, life)
        elif kind == "Requeued":
            self._release(now, life)
            self._wait(now, life)
        elif kind in ("Finished", "Deleted"):
            self._end(fact, life)

    def _move(self, now: int, life: Life, queue: str) -> None:
        if life.waiting_since is not None:
            _changes(self.pending, life.queue).add(now, -1)
            _changes(self.pending, queue).add(now, 1)
        life.queue = queue

    def _wait(self, now: int, life: Life) -> None:
        if life.waiting_since is None:
            life.waiting_since = now
            _changes(self.pending, life.queue).add(now, 1)

    def _stop_waiting(self, now: int, life: Life) -> int:
        if life.waiting_since is None:
            return 0
        waited = now - life.waiting_since
        life.waited_ms += waited
        life.waiting_since = None
        _changes(self.pending, life.queue).add(now, -1)
        return waited

    def _admit(self, fact: Fact, life: Life) -> None:
        now = fact.at_ms
        waited = self._stop_waiting(now, life)
        amount = sum(item.usage.get(self.resource, 0) for item in fact.pod_sets)
        life.stays.append(Stay(now, waited, amount, fact.pod_sets))
        self._charge(now, life, 1)
        if self._runs_at_admission:
            self._start(now, life)

    def _charge(self, now: int, life: Life, sign: int) -> None:
        for item in life.stays[-1].pod_sets:
            for resource, flavor in item.flavors.items():
                slot = (life.queue, flavor, resource)
                _changes(self.held, slot).add(now, sign * item.usage.get(resource, 0))

    def _start(self, now: int, life: Life) -> None:
        self._placed(now, life)
        stay = life.stays[-1]
        if stay.started_ms is None:
            stay.started_ms = now
            _changes(self.running, life.queue).add(now, stay.amount)

    def _placed(self, now: int, life: Life) -> None:
        if life.unplaced_since is not None and life.stays:
            life.unplaced_amount_ms += (now - life.unplaced_since) * life.stays[-1].amount
        life.unplaced_since = None

    def _stop(self, now: int, life: Life, ending: str, reason: str) -> None:
        self._placed(now, life)
        stay = life.stays[-1] if life.stays else None
        if stay is None or stay.stopped_ms is not None:
            return
        stay.stopped_ms, stay.ending, stay.reason = now, ending, reason
        if stay.started_ms is not None:
            _changes(self.running, life.queue).add(now, -stay.amount)

    def _release(self, now: int, life: Life) -> None:
        if life.stays and life.stays[-1].released_ms is None:
            life.stays[-1].released_ms = now
            self._charge(now, life, -1)

    def _evict(self, fact: Fact, life: Life) -> None:
        self._stop(fact.at_ms, life, fact.type, fact.reason)
        life.lost_ms += fact.lost_ms
        life.lost_amount_ms += fact.lost_ms * (life.stays[-1].amount if life.stays else 0)
        if fact.type == "Evicted":
            life.evicted += 1
            return
        life.preempted += 1
        preemptor = self.lives.get(fact.by)
        if preemptor is not None:
            preemptor.preempting += 1

    def _end(self, fact: Fact, life: Life) -> None:
        self._stop_waiting(fact.at_ms, life)
        self._stop(fact.at_ms, life, fact.type, fact.reason)
        self._release(fact.at_ms, life)
        life.ended_ms = fact.at_ms

    def _close(self) -> None:
        """Count open waits and unplaced time up to the end; they stay marked as open."""
        for life in self.lives.values():
            if life.waiting_since is not None:
                life.waited_ms += self.end_ms - life.waiting_since
            if life.unplaced_since is not None and life.stays:
                life.unplaced_amount_ms += (self.end_ms - life.unplaced_since) * life.stays[-1].amount


def _changes(table: dict[_Key, Changes], key: _Key) -> Changes:
    """The changes under ``key``, new when absent."""
    found = table.get(key)
    if found is None:
        found = table[key] = Changes.none()
    return found


def _lives(scenario: Scenario) -> dict[str, Life]:
    target = {(queue.namespace, queue.name): queue.cluster_queue for queue in scenario.policy.local_queues}
    return {
        workload.key: Life(workload, target.get((workload.namespace, workload.queue_name), ""))
        for workload in scenario.workloads
    }
