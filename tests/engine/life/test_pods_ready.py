"""Pods that have to be ready within a time, as whole logs of small scenes."""

from kueue_sim.model import (
    Preemption,
    PreemptionPolicy,
    Settings,
    Timing,
    WaitForPodsReady,
)
from tests.engine.life.lives import HOUR, MINUTE, SECOND, act, job, live, queue


def waiting(**rules: object) -> Settings:
    return Settings(wait_for_pods_ready=WaitForPodsReady(**rules))  # type: ignore[arg-type]


def test_pods_that_are_never_ready_send_a_workload_into_backoff_and_at_last_deactivate_it() -> None:
    never = job("w", 10, ready_after_ms=(None,))
    rules = waiting(timeout_ms=5 * MINUTE, backoff_limit=1)
    timing = Timing(flush_ms=1_000, termination_ms=30 * SECOND)
    other = job("other", 10, at_s=1, runtime_s=None)
    assert live([never, other], settings=rules, timing=timing, horizon_ms=HOUR) == [
        "0 Admitted w",
        "1 Pending other WaitingForQuota",
        "300 Evicted w PodsReadyTimeout",
        "330 Requeued w",
        "331 Admitted other",
        "360 Pending w WaitingForQuota",
    ]


def test_the_worked_example_of_timeouts_frees_quota_at_deactivation_and_not_when_pods_end() -> None:
    never = job("w", 10, ready_after_ms=(None,))
    rules = waiting(timeout_ms=5 * MINUTE, backoff_limit=1)
    timing = Timing(flush_ms=1_000, termination_ms=30 * SECOND)
    late = job("late", 10, at_s=400, runtime_s=None)
    assert live([never, late], settings=rules, timing=timing, horizon_ms=HOUR) == [
        "0 Admitted w",
        "300 Evicted w PodsReadyTimeout",
        "330 Requeued w",
        "360 Admitted w",
        "400 Pending late WaitingForQuota",
        "660 Evicted w DeactivatedDueToRequeuingLimitExceeded",
        "660 Deactivated w DeactivatedDueToRequeuingLimitExceeded",
        "661 Admitted late",
    ]


def test_a_timed_out_workload_queues_behind_its_equals_unless_creation_decides() -> None:
    first = job("first", 10, ready_after_ms=(None, 0), runtime_s=100)
    others = [job(name, 10, at_s=at, runtime_s=100) for name, at in (("second", 1), ("third", 2))]
    orders = []
    for by_eviction in (True, False):
        rules = waiting(timeout_ms=MINUTE, backoff_base_ms=30_000, requeue_by_eviction=by_eviction)
        lines = live([first, *others], settings=rules)
        orders.append([line.split(" ", 2)[2] for line in lines if "Admitted" in line])
    assert orders == [["first", "second", "third", "first"], ["first", "second", "first", "third"]]


def test_a_workload_that_loses_readiness_has_its_own_time_to_recover() -> None:
    rules = waiting(timeout_ms=10 * MINUTE, recovery_timeout_ms=2 * MINUTE, backoff_base_ms=MINUTE)
    timeline = [act(60, "pods-failed", "default/w"), act(100, "pods-ready", "default/w")]
    timeline += [act(200, "pods-failed", "default/w")]
    assert live([job("w", 1, runtime_s=500)], settings=rules, timeline=tuple(timeline)) == [
        "0 Admitted w",
        "320 Evicted w PodsReadyTimeout",
        "320 Requeued w",
        "380 Admitted w",
        "880 Finished w",
    ]


def test_blocked_admission_lets_one_workload_in_at_a_time_across_cohorts() -> None:
    rules = waiting(block_admission=True)
    jobs = [job(name, 1, to=name, runtime_s=100, ready_after_ms=(20 * SECOND,)) for name in ("a", "b", "c")]
    queues = [queue("a"), queue("b", cohort="x"), queue("c")]
    assert live(jobs, queues, settings=rules) == [
        "0 Admitted a",
        "0 Pending b WaitingForPodsReady",
        "20 Admitted b",
        "20 Pending c WaitingForPodsReady",
        "40 Admitted c",
        "120 Finished a",
        "140 Finished b",
        "160 Finished c",
    ]


def test_a_cycle_that_stood_still_goes_on_under_the_policy_of_that_time() -> None:
    """The admission that had to wait is what it was; the quota it takes is that of the queue as it is by then."""
    rules = waiting(block_admission=True)
    jobs = [job(name, 4, to=name, runtime_s=100, ready_after_ms=(20 * SECOND,)) for name in ("a", "b")]
    timeline = [act(10, "apply", objects=(queue("a", flavors=("other", "default")), queue("b", 4, cohort="x")))]
    jobs.append(job("after", 4, at_s=15, to="b", runtime_s=100))
    assert live(jobs, [queue("a"), queue("b", cohort="x")], settings=rules, timeline=timeline) == [
        "0 Admitted a",
        "0 Pending b WaitingForPodsReady",
        "10 Policy a, b",
        "20 Admitted b",
        "20 Pending after WaitingForQuota",
        "120 Finished a",
        "140 Finished b",
        "140 Admitted after",
        "240 Finished after",
    ]


def test_whoever_ended_while_a_cycle_stood_still_is_not_evicted_in_it() -> None:
    """The cycle of 10 s admits a and stands still before b; what is decided for c is carried out at 30 s, behind b."""
    rules = waiting(block_admission=True)
    preempts = Preemption(within_cluster_queue=PreemptionPolicy.LOWER_PRIORITY)
    short = job("short", 10, to="c", runtime_s=15, priority=-1, ready_after_ms=(0,))
    jobs = [
        job(name, 4, at_s=10, to=name, runtime_s=100, priority=1, ready_after_ms=(20 * SECOND,)) for name in ("a", "b")
    ]
    urgent = job("urgent", 10, at_s=10, to="c", runtime_s=10, ready_after_ms=(0,))
    lines = live([short, *jobs, urgent], [queue("a"), queue("b"), queue("c", preemption=preempts)], settings=rules)
    assert [line for line in lines if "urgent" in line or "short" in line] == [
        "0 Admitted short",
        "15 Finished short",
        "30 Pending urgent WaitingForPreemptedWorkloads",
        "30 Pending urgent WaitingForPodsReady",
        "50 Admitted urgent",
        "60 Finished urgent",
    ]
