"""The life of workloads beyond quota, each mechanism as the whole log of a small scene."""

import pytest

from kueue_sim.engine import simulate
from kueue_sim.model import (
    CheckAnswer,
    CheckBehavior,
    LocalQueue,
    Preemption,
    PreemptionPolicy,
    Reclaim,
    Settings,
    StopPolicy,
    Timing,
)
from tests.engine.life.lives import SECOND, act, compiled, job, live, log, queue


def test_execution_time_counts_over_admissions_but_not_while_checks_are_outstanding() -> None:
    slow = CheckBehavior("c", (CheckAnswer("Ready", 30 * SECOND),))
    drain, resume = (act(at, "stop", "q", stop_policy=policy) for at, policy in ((100, "HoldAndDrain"), (200, "None")))
    limited = job("w", 1, max_execution_ms=120 * SECOND)
    assert live([limited], [queue(checks=("c",))], checks=(slow,), timeline=(drain, resume)) == [
        "0 QuotaReserved w",
        "30 Check w Ready",
        "30 Admitted w",
        "100 Policy q",
        "100 Evicted w ClusterQueueStopped",
        "100 Requeued w",
        "100 Pending w Suspended",
        "200 Policy q",
        "200 QuotaReserved w",
        "230 Check w Ready",
        "230 Admitted w",
        "280 Evicted w DeactivatedDueToMaximumExecutionTimeExceeded",
        "280 Deactivated w DeactivatedDueToMaximumExecutionTimeExceeded",
    ]


def test_a_held_queue_takes_back_reservations_and_lets_admitted_work_run() -> None:
    slow = CheckBehavior("c", (CheckAnswer("Ready", 60 * SECOND),), "default/reserved")
    jobs = [job("admitted", 4, runtime_s=100), job("reserved", 4, at_s=1, runtime_s=100)]
    timeline = (act(10, "stop", "q", stop_policy="Hold"), act(50, "stop", "q", stop_policy="None"))
    assert live(jobs, [queue(checks=("c",))], checks=(slow,), timeline=timeline) == [
        "0 QuotaReserved admitted",
        "0 Check admitted Ready",
        "0 Admitted admitted",
        "1 QuotaReserved reserved",
        "10 Policy q",
        "10 Pending reserved Suspended",
        "10 Requeued reserved",
        "10 Pending reserved Suspended",
        "50 Policy q",
        "50 QuotaReserved reserved",
        "100 Finished admitted",
        "110 Check reserved Ready",
        "110 Admitted reserved",
        "210 Finished reserved",
    ]


def test_a_draining_local_queue_evicts_only_its_own_work_and_notifies_nobody() -> None:
    locals_ = (LocalQueue("a", "default", "q"), LocalQueue("b", "default", "q"))
    jobs = [job("a1", 6, to="a"), job("b1", 4, to="b", runtime_s=300), job("b2", 6, at_s=1, to="b", runtime_s=100)]
    timeline = (
        act(10, "stop", "default/a", stop_policy="HoldAndDrain"),
        act(400, "stop", "default/a", stop_policy="None"),
    )
    assert live(jobs, locals=locals_, timeline=timeline, horizon_ms=1_100 * SECOND) == [
        "0 Admitted a1",
        "0 Admitted b1",
        "1 Pending b2 WaitingForQuota",
        "10 Policy default/a",
        "10 Evicted a1 LocalQueueStopped",
        "10 Requeued a1",
        "10 Pending a1 Suspended",
        "300 Finished b1",
        "300 Admitted b2",
        "400 Finished b2",
        "400 Policy default/a",
        "400 Admitted a1",
        "1000 Finished a1",
    ]


@pytest.mark.parametrize("stopped", ["q", "default/q"])
def test_a_queue_that_is_started_while_the_pods_it_evicted_end_takes_them_back_when_they_have_ended(
    stopped: str,
) -> None:
    timeline = (act(10, "stop", stopped, stop_policy="HoldAndDrain"), act(20, "stop", stopped, stop_policy="None"))
    slow = Timing(termination_ms=30 * SECOND)
    assert live([job("w", 4, runtime_s=100)], timeline=timeline, timing=slow) == [
        "0 Admitted w",
        f"10 Policy {stopped}",
        f"10 Evicted w {'LocalQueueStopped' if '/' in stopped else 'ClusterQueueStopped'}",
        f"20 Policy {stopped}",
        "40 Requeued w",
        "40 Admitted w",
        "140 Finished w",
    ]


def test_a_stopped_queue_still_lends_its_quota() -> None:
    lender = queue("lender", cohort="c", stop_policy=StopPolicy.HOLD)
    jobs = [job("w", 15, to="q", runtime_s=10), job("held", 1, to="lender")]
    assert live(jobs, [queue(cohort="c"), lender]) == [
        "0 Pending held Suspended",
        "0 Admitted w",
        "10 Finished w",
    ]


def test_a_deactivated_workload_frees_its_quota_at_once_and_comes_back_to_its_old_place() -> None:
    jobs = [job("first", 10, runtime_s=50), job("second", 10, at_s=1, runtime_s=100), job("third", 10, at_s=2)]
    timeline = (act(20, "deactivate", "default/first"), act(60, "activate", "default/first"))
    assert live(jobs, timeline=timeline, timing=Timing(termination_ms=40 * SECOND), horizon_ms=180 * SECOND) == [
        "0 Admitted first",
        "1 Pending second WaitingForQuota",
        "20 Evicted first Deactivated",
        "20 Deactivated first Deactivated",
        "20 Admitted second",
        "20 Pending third WaitingForQuota",
        "60 Reactivated first",
        "60 Pending first WaitingForQuota",
        "120 Finished second",
        "120 Admitted first",
        "170 Finished first",
        "170 Admitted third",
    ]


def test_a_workload_submitted_inactive_waits_until_it_is_activated() -> None:
    jobs = [job("idle", 5, runtime_s=10)._replace(active=False), job("other", 20, at_s=1, runtime_s=5)]
    timeline = (act(30, "activate", "default/idle"), act(31, "activate", "default/idle"))
    assert live(jobs, timeline=timeline) == [
        "1 Pending other ExceedsMaxQuota",
        "30 Reactivated idle",
        "30 Admitted idle",
        "40 Finished idle",
    ]


def test_a_pending_workload_that_is_deactivated_leaves_the_queue() -> None:
    jobs = [job("head", 20), job("next", 5, at_s=1, runtime_s=10)]
    strict = queue(queueing_strategy="StrictFIFO")
    assert live(jobs, [strict], timeline=(act(30, "deactivate", "default/head"),)) == [
        "0 Pending head ExceedsMaxQuota",
        "30 Deactivated head Deactivated",
        "30 Admitted next",
        "40 Finished next",
    ]


def test_reclaimable_pods_free_quota_while_the_rest_goes_on_and_stay_reclaimed_after_an_eviction() -> None:
    shrinking = job("w", 2, pods=4, runtime_s=300, reclaims=(Reclaim(100 * SECOND, "main", 3),))
    timeline = (act(150, "stop", "q", stop_policy="HoldAndDrain"), act(160, "stop", "q", stop_policy="None"))
    run = simulate(compiled([shrinking, job("other", 8, at_s=1, runtime_s=20)], timeline=timeline))
    sizes = [fact.pod_sets[0].usage["cpu"] for fact in run.facts if fact.pod_sets]
    assert (log(run), sizes) == (
        [
            "0 Admitted w",
            "1 Pending other WaitingForQuota",
            "100 Resized w",
            "100 Admitted other",
            "120 Finished other",
            "150 Policy q",
            "150 Evicted w ClusterQueueStopped",
            "150 Requeued w",
            "150 Pending w Suspended",
            "160 Policy q",
            "160 Admitted w",
            "460 Finished w",
        ],
        [8_000, 2_000, 8_000, 2_000],
    )


def test_another_priority_reorders_what_waits() -> None:
    jobs = [job("running", 10, runtime_s=50)]
    jobs += [job(name, 10, at_s=at, runtime_s=50) for name, at in (("first", 1), ("second", 2))]
    lines = live(jobs, timeline=(act(10, "priority", "default/second", priority=5),))
    assert [line for line in lines if "Admitted" in line] == [
        "0 Admitted running",
        "50 Admitted second",
        "100 Admitted first",
    ]


def test_a_bigger_slice_takes_the_place_of_the_one_that_holds_quota() -> None:
    small = job("small", 2, pods=2, runtime_s=None)
    big = job("big", 2, at_s=50, pods=5, runtime_s=100, replaces="default/small")
    run = simulate(compiled([small, big]))
    assert (log(run), [fact.pod_sets[0].usage["cpu"] for fact in run.facts if fact.pod_sets]) == (
        ["0 Admitted small", "50 Admitted big", "50 Finished small WorkloadSliceReplaced", "150 Finished big"],
        [4_000, 10_000],
    )


def test_a_bigger_slice_without_room_on_its_flavor_names_what_others_lack_too() -> None:
    small = job("small", 4, runtime_s=None)
    big = job("big", 6, at_s=50, replaces="default/small")
    one = queue(cpu=4, flavors=("first", "second"))
    other = "could not assign second flavor since the original workload is assigned: first"
    assert simulate(compiled([small, big], [one])).pending["default/big"][1] == (
        f"couldn't assign flavors to pod set main: {other}, "
        "insufficient quota for cpu in flavor second, previously considered podsets requests (0) + current podset "
        "request (6) > maximum capacity (4), "
        "insufficient unused quota for cpu in flavor first, 2 more needed"
    )


def test_a_closed_preemption_gate_holds_a_preemptor_back_until_it_opens() -> None:
    rules = Settings(gates={"MultiKueueOrchestratedPreemption": True})
    preempting = queue(preemption=Preemption(within_cluster_queue=PreemptionPolicy.LOWER_PRIORITY))
    jobs = [job("low", 10), job("high", 10, at_s=1, priority=1, runtime_s=30, preemption_gates=("g",))]
    opened = act(50, "open-gate", "default/high", name="g")
    assert live(jobs, [preempting], settings=rules, timeline=(opened,), horizon_ms=60 * SECOND) == [
        "0 Admitted low",
        "1 Pending high AdmissionGated",
        "50 Preempted low InClusterQueue",
        "50 Pending high WaitingForPreemptedWorkloads",
        "50 Requeued low",
        "50 Admitted high",
        "50 Pending low WaitingForQuota",
    ]
