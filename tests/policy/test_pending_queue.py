"""The queue of one ClusterQueue against a naive model: heap, parked, in flight, sticky, classes, flushes, backoff."""

from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kueue_sim.model import Workload
from kueue_sim.policy.queueing.pending_queue import IMMEDIATE, PendingQueue
from kueue_sim.policy.queueing.usage_queue import UsageQueue
from kueue_sim.policy.workloads.workload_info import Pending, ScanProgress

REASONS = (
    "Generic",
    "NamespaceMismatch",
    "NoFit",
    "PreemptionNoCandidates",
    "PendingPreemption",
    "PreemptionFailed",
    "FailedAfterNomination",
    "PreemptionGated",
    "PendingMigration",
)


@dataclass
class Naive:
    """The rules R3.1–R3.43 written down as plainly as possible; every question sorts everything."""

    strict: bool
    hashing: bool
    heap: list[Pending] = field(default_factory=list)
    inadmissible: list[Pending] = field(default_factory=list)
    failed: set[int] = field(default_factory=set)
    unselected_namespaces: str = "other"
    sticky: Pending | None = None
    pops: int = 0
    flushed_at: int = -1

    def head(self) -> Pending:
        return min(
            self.heap,
            key=lambda item: (
                self.strict or item is not self.sticky,
                -item.priority,
                item.timestamp_ms,
                item.workload.uid,
            ),
        )

    def offer(self, item: Pending) -> None:
        if item in self.heap:
            return
        if item in self.inadmissible:
            self.inadmissible.remove(item)
        class_failed = self.hashing and not self.strict and item.shape in self.failed
        (self.inadmissible if item.backing_off or class_failed else self.heap).append(item)

    def pop(self) -> Pending:
        self.pops += 1
        head = self.head()
        self.heap.remove(head)
        return head

    def requeue(self, item: Pending, reason: str) -> None:
        if reason in ("PendingPreemption", "PendingMigration"):
            self.sticky = item
        immediate = reason != "NamespaceMismatch" if self.strict else reason in IMMEDIATE
        scanning = item.progress is not None and item.progress.pending_flavors
        if not item.backing_off and (immediate or self.flushed_at >= self.pops or scanning):
            self.heap.append(item)
            return
        self.inadmissible.append(item)
        if self.hashing and not self.strict and reason in ("NoFit", "PreemptionNoCandidates"):
            self.failed.add(item.shape)
            same = [other for other in self.heap if other.shape == item.shape]
            self.heap = [other for other in self.heap if other.shape != item.shape]
            self.inadmissible += same

    def requeue_inadmissible(self) -> None:
        self.flushed_at = self.pops
        self.failed.clear()
        self.heap += [item for item in self.inadmissible if self.returns(item)]
        self.inadmissible = [item for item in self.inadmissible if not self.returns(item)]

    def returns(self, item: Pending) -> bool:
        return not item.backing_off and item.workload.namespace != self.unselected_namespaces

    def remove(self, item: Pending) -> None:
        for group in (self.heap, self.inadmissible):
            if item in group:
                group.remove(item)
        if self.sticky is item:
            self.sticky = None


class Queues(RuleBasedStateMachine):
    @initialize(strict=st.booleans(), hashing=st.booleans())
    def start(self, strict: bool, hashing: bool) -> None:
        self.real = PendingQueue("q", strict, hashing)
        self.real.unselected_namespaces = frozenset({"other"})
        self.naive = Naive(strict, hashing)
        self.items: list[Pending] = []
        self.flight: Pending | None = None

    @rule(
        priority=st.integers(0, 2),
        second=st.integers(0, 3),
        shape=st.integers(0, 2),
        backs_off=st.booleans(),
        namespace=st.sampled_from(("ns", "ns", "other")),
    )
    def arrive(self, priority: int, second: int, shape: int, backs_off: bool, namespace: str) -> None:
        name = f"w{len(self.items):03d}"
        workload = Workload(name, namespace, "lq", (), uid=name, priority=priority)
        item = Pending(workload, workload.key, "q", priority, second * 1000, shape, (), backing_off=backs_off)
        self.items.append(item)
        self.naive.offer(item)
        self.real.offer(item)

    def waiting(self) -> list[Pending]:
        return self.naive.heap + self.naive.inadmissible

    @precondition(lambda self: self.waiting())
    @rule(data=st.data())
    def offer_again(self, data: st.DataObject) -> None:
        item = data.draw(st.sampled_from(self.waiting()))
        item.backing_off = item.backing_off and item in self.naive.inadmissible and data.draw(st.booleans())
        self.naive.offer(item)
        self.real.offer(item)

    @precondition(lambda self: self.waiting())
    @rule(data=st.data(), priority=st.integers(0, 2), shape=st.integers(0, 2))
    def change(self, data: st.DataObject, priority: int, shape: int) -> None:
        item = data.draw(st.sampled_from(self.waiting()))
        self.real.change(item, priority, shape)
        self.naive.offer(item)

    @precondition(lambda self: self.naive.heap and self.flight is None)
    @rule()
    def pop(self) -> None:
        self.flight = self.naive.pop()
        assert self.real.pop() is self.flight

    @precondition(lambda self: self.flight is not None)
    @rule(reason=st.sampled_from(REASONS), scanning=st.booleans())
    def requeue(self, reason: str, scanning: bool) -> None:
        assert self.flight is not None
        item, self.flight = self.flight, None
        item.progress = ScanProgress(({"cpu": 0},), (0, 0), 0) if scanning else None
        self.naive.requeue(item, reason)
        assert self.real.requeue(item, reason) is (item in self.naive.heap)

    @rule()
    def requeue_inadmissible(self) -> None:
        moves = any(self.naive.returns(item) for item in self.naive.inadmissible)
        self.naive.requeue_inadmissible()
        assert self.real.requeue_inadmissible() is moves

    @precondition(lambda self: self.flight is None)
    @rule(strict=st.booleans())
    def switch(self, strict: bool) -> None:
        if strict != self.naive.strict:
            self.naive.strict = strict
            self.naive.failed.clear()
        self.real.switch(strict)

    @precondition(lambda self: self.flight is not None)
    @rule()
    def admit(self) -> None:
        assert self.flight is not None
        item, self.flight = self.flight, None
        self.naive.remove(item)
        self.real.remove(item)

    @precondition(lambda self: self.waiting())
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        item = data.draw(st.sampled_from(self.waiting()))
        self.naive.remove(item)
        self.real.remove(item)

    @invariant()
    def both_agree_on_who_waits_where(self) -> None:
        if not hasattr(self, "real"):
            return
        in_place = [self.flight] if self.flight is not None else []
        active = [item.key for item in self.real.active_workloads()]
        inadmissible = [item.key for item in self.real.parked_workloads()]
        assert (active, inadmissible, self.real.active, self.real.preemptor) == (
            sorted(item.key for item in self.naive.heap + in_place),
            sorted(item.key for item in self.naive.inadmissible),
            len(self.naive.heap + in_place),
            self.naive.sticky,
        )
        recorded = [item for item in self.items if item.is_preemptor]
        assert recorded in ([], [self.naive.sticky])


TestQueues = Queues.TestCase
TestQueues.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def by_usage(used: dict[str, float], *queues: str) -> tuple[UsageQueue, list[Pending]]:
    """A queue in which one workload of each LocalQueue waits, all of one class, and these workloads."""
    queue = UsageQueue("q", False, True, True, lambda item: used[item.workload.queue_name])
    workloads = [Workload(f"{name}{place}", "ns", name, (), uid=f"u{place}") for place, name in enumerate(queues)]
    items = [Pending(workload, workload.key, "q", 0, 0, 0, ()) for workload in workloads]
    for item in items:
        queue.offer(item)
    return queue, items


def test_what_is_skipped_is_the_head_of_its_heap_by_usage_again() -> None:
    queue, (_, least) = by_usage({"a": 2.0, "b": 1.0}, "a", "b")
    assert queue.pop() is least
    assert queue.requeue(least, "FailedAfterNomination")
    assert (queue.new_head, queue.pop()) == (True, least)


def test_a_class_that_is_parked_comes_back_into_the_heap_by_usage_with_a_flush() -> None:
    queue, (most, least) = by_usage({"a": 2.0, "b": 1.0}, "a", "b")
    assert not queue.refuse(queue.pop(), "NoFit")
    assert (queue.active, queue.requeue_inadmissible(), queue.active) == (0, True, 2)
    assert (queue.pop(), queue.pop()) == (least, most)


def test_a_heap_by_usage_holds_everybody_once_after_another_queueing_strategy() -> None:
    queue, (item,) = by_usage({"a": 1.0}, "a")
    queue.switch(strict=True)
    queue.remove(item)
    with pytest.raises(IndexError):
        queue.pop()


def test_usage_of_local_queues_goes_before_everything_else_once_the_heap_is_put_in_order() -> None:
    used = {"a": 2.0, "b": 1.0}
    queue = UsageQueue("q", False, True, True, lambda item: used[item.workload.queue_name])
    for number, name in enumerate("aab"):
        workload = Workload(f"{name}{number}", "ns", name, (), uid=f"u{number}", priority=9 - number)
        queue.offer(Pending(workload, workload.key, "q", workload.priority, 0, number, ()))
    first = queue.pop().key
    used["b"] = 3.0
    queue.by_usage.refresh()
    assert (first, queue.pop().key, queue.pop().key) == ("ns/b2", "ns/a0", "ns/a1")


def test_a_workload_of_a_queue_that_starts_again_is_active_whatever_held_it_back() -> None:
    queue = PendingQueue("q", False, True)
    workload = Workload("w", "ns", "a", (), uid="w")
    item = Pending(workload, workload.key, "q", 0, 0, 0, (), backing_off=True)
    queue.restore(item)
    assert (queue.active, item.in_heap) == (1, True)


def test_a_workload_that_is_active_beside_its_parked_class_is_one_of_it_again_with_a_flush() -> None:
    queue = PendingQueue("q", False, True)
    workloads = [Workload(f"w{place}", "ns", "a", (), uid=f"u{place}") for place in range(3)]
    first, second, restored = (Pending(workload, workload.key, "q", 0, 0, 0, ()) for workload in workloads)
    queue.offer(first)
    queue.offer(second)
    queue.refuse(queue.pop(), "NoFit")
    queue.restore(restored)
    assert (queue.active, queue.parked_workloads()) == (1, [first, second])
    queue.requeue_inadmissible()
    assert (queue.active, queue.refuse(queue.pop(), "NoFit"), queue.active) == (3, False, 0)
