"""How long a workload waits before it tries again, and since when it counts as waiting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kueue_sim.model import Settings, WaitForPodsReady
from kueue_sim.policy.workloads.backoff import backoff_ms
from kueue_sim.policy.workloads.status import Check, Status
from kueue_sim.policy.workloads.timestamps import Condition, queue_order_ms

TIMED_OUT, CHECK_FAILED = Condition("PodsReadyTimeout", 50), Condition("AdmissionCheck", 60)
RECLAIMED = Condition("InCohortReclaimWhileBorrowing", 70)


def test_waits_double_up_to_the_cap_and_the_first_one_may_exceed_it() -> None:
    assert [backoff_ms(n, 60, 3_600) for n in range(1, 10)] == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    assert [backoff_ms(n, 100, 30) for n in range(1, 4)] == [100, 30, 30]


@given(st.integers(1, 200), st.integers(0, 10**7), st.integers(0, 10**8))
def test_no_wait_is_shorter_than_the_one_before_unless_the_base_exceeds_the_cap(n: int, base: int, most: int) -> None:
    one, next_ = backoff_ms(n, base, most), backoff_ms(n + 1, base, most)
    assert min(one, most) <= next_ <= max(base, most)


@pytest.mark.parametrize(
    ("settings", "evicted", "preempted", "expected"),
    [
        (Settings(), None, None, 10_000),
        (Settings(), TIMED_OUT, None, 50_000),
        (Settings(wait_for_pods_ready=WaitForPodsReady(requeue_by_eviction=False)), TIMED_OUT, None, 10_000),
        (Settings(wait_for_pods_ready=WaitForPodsReady(requeue_by_eviction=False)), CHECK_FAILED, None, 60_000),
        (Settings(), Condition("ClusterQueueStopped", 55), None, 10_000),
        (Settings(), Condition("Preempted", 70), RECLAIMED, 10_000),
        (Settings(gates={"PrioritySortingWithinCohort": False}), Condition("Preempted", 70), RECLAIMED, 70_001),
        (Settings(gates={"PrioritySortingWithinCohort": False}), None, Condition("InClusterQueue", 70), 10_000),
    ],
)
def test_only_some_evictions_move_a_workload_back(
    settings: Settings, evicted: Condition | None, preempted: Condition | None, expected: int
) -> None:
    assert queue_order_ms(settings, 10, evicted, preempted) == expected


def test_the_end_of_a_backoff_only_moves_forward_in_whole_seconds() -> None:
    status = Status()
    ends = []
    for until in (5_999, 3_000, 7_001):
        status.postpone(until)
        ends.append(status.requeue_at_ms)
    assert ends == [5_000, 5_000, 7_000]


def test_timeouts_are_counted_over_a_workloads_life_and_forgotten_when_it_is_deactivated() -> None:
    status, rules = Status(), WaitForPodsReady()
    waits = []
    for now in (0, 1_000_000, 2_000_000):
        status.reserve()
        status.time_out(now, rules)
        assert status.requeue_at_ms is not None
        waits.append(status.requeue_at_ms - now)
    status.deactivate()
    assert (waits, status.timeouts, status.requeue_at_ms) == ([60_000, 120_000, 240_000], 0, None)


def test_an_eviction_resets_checks_and_counts_those_that_asked_for_a_retry() -> None:
    status = Status(checks={"a": Check("Retry"), "b": Check("Ready"), "c": Check()}, retries={"a": 1, "b": 2})
    status.evict("AdmissionCheck", 5_000)
    assert {check.state for check in status.checks.values()} == {"Pending"}
    assert status.retries == {"a": 2, "b": 0}


@pytest.mark.parametrize(
    ("reason", "requeue", "on_hold"),
    [
        ("Preempted", True, ""),
        ("NodeFailures", True, ""),
        ("NodeFailures", False, "NodeFailures"),
        ("PodsReadyTimeout", True, "PodsReadyTimeout"),
        ("ClusterQueueStopped", True, "ClusterQueueStopped"),
    ],
)
def test_what_a_released_workload_waits_for_follows_from_its_eviction(reason: str, requeue: bool, on_hold: str) -> None:
    status = Status()
    status.evict(reason, 0)
    status.release(requeue)
    assert (status.on_hold, status.backing_off(0)) == (on_hold, bool(on_hold))
