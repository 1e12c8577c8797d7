"""A run instant by instant: who waits, who holds quota and who leaves once everything due has been worked off."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from kueue_sim.engine.facts import Fact, Run
from kueue_sim.model import Scenario, Workload
from kueue_sim.policytest.random_worlds.reference_quota import ReferenceQuota, Slot, amounts_of


@dataclass(slots=True)
class Instant:
    """How things stand at the end of an instant. The same object is reused for the next one."""

    at_ms: int = 0
    facts: tuple[Fact, ...] = ()
    waiting: dict[str, dict[str, Workload]] = field(default_factory=dict)
    """Per ClusterQueue, by workload key."""
    holding: dict[str, dict[Slot, int]] = field(default_factory=dict)
    """By workload key, what it holds."""
    leaving: dict[str, dict[Slot, int]] = field(default_factory=dict)
    """As ``holding``, of those that were evicted and still hold their quota."""


def instants(scenario: Scenario, run: Run, books: ReferenceQuota) -> Iterator[Instant]:
    """The settled instants at which something happened. ``books`` follow what is held and not leaving."""
    target = {(queue.namespace, queue.name): queue.cluster_queue for queue in scenario.policy.local_queues}
    workloads = {workload.key: workload for workload in scenario.workloads}
    now = Instant()
    for at_ms, group in groupby(run.facts, key=lambda fact: fact.at_ms):
        now.at_ms, now.facts = at_ms, tuple(group)
        for fact in now.facts:
            if fact.workload in workloads:
                workload = workloads[fact.workload]
                queue = target.get((workload.namespace, workload.queue_name), "")
                _follow(now, fact, workload, queue, books)
        yield now


def _follow(now: Instant, fact: Fact, workload: Workload, queue: str, books: ReferenceQuota) -> None:
    key, waiting = fact.workload, now.waiting.setdefault(queue, {})
    if fact.type in ("Submitted", "Requeued", "Reactivated"):
        now.leaving.pop(key, None)
        waiting[key] = workload
    elif fact.type == "Admitted":
        waiting.pop(key, None)
        now.holding[key] = amounts_of(fact.pod_sets)
        books.charge(queue, now.holding[key])
    elif fact.type in ("Preempted", "Evicted", "Deactivated", "Finished", "Deleted"):
        waiting.pop(key, None)
        now.leaving.pop(key, None)
        held = now.holding.pop(key, None)
        if held is not None:
            books.charge(queue, held, -1)
            if fact.type in ("Preempted", "Evicted"):
                now.leaving[key] = held
