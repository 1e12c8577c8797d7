"""The life of workloads beyond quota, each mechanism as the whole log of a small scene."""

import pytest

from kueue_sim.engine import simulate
from kueue_sim.model import (
    CheckAnswer,
    CheckBehavior,
    Cohort,
    LabelSelector,
    LocalQueue,
    Preemption,
    PreemptionPolicy,
    Reclaim,
    Settings,
    StopPolicy,
    Timing,
    WaitForPodsReady,
)
from tests.engine.lives import HOUR, MINUTE, SECOND, act, compiled, job, live, log, queue


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


def test_a_workload_is_admitted_when_its_checks_are_ready_and_holds_quota_meanwhile() -> None:
    slow = CheckBehavior("slow", (CheckAnswer("Ready", 90 * SECOND),))
    jobs = [job("w", 10, runtime_s=100), job("next", 10, at_s=1, runtime_s=100)]
    assert live(jobs, [queue(checks=("fast", "slow"))], checks=(slow,)) == [
        "0 QuotaReserved w",
        "0 Check w Ready",
        "1 Pending next WaitingForQuota",
        "90 Check w Ready",
        "90 Admitted w",
        "190 Finished w",
        "190 QuotaReserved next",
        "190 Check next Ready",
        "280 Check next Ready",
        "280 Admitted next",
        "380 Finished next",
    ]


def test_a_retry_holds_quota_as_long_as_the_check_says_and_then_queues_behind_its_equals() -> None:
    answers = (CheckAnswer("Retry", 10 * SECOND, 60 * SECOND), CheckAnswer())
    checks = (CheckBehavior("c", answers, "default/first"),)
    jobs = [job("first", 10, runtime_s=50), job("second", 10, at_s=1, runtime_s=100)]
    assert live(jobs, [queue(checks=("c",))], checks=checks) == [
        "0 QuotaReserved first",
        "1 Pending second WaitingForQuota",
        "10 Check first Retry",
        "70 Evicted first AdmissionCheck",
        "70 Requeued first",
        "70 QuotaReserved second",
        "70 Pending first WaitingForQuota",
        "70 Check second Ready",
        "70 Admitted second",
        "170 Finished second",
        "170 QuotaReserved first",
        "170 Check first Ready",
        "170 Admitted first",
        "220 Finished first",
    ]


def test_a_provisioning_request_that_keeps_failing_is_retried_with_growing_waits_and_then_rejected() -> None:
    failing = CheckBehavior("p", (CheckAnswer("Failed", 5 * SECOND),), retry_limit=2)
    assert live([job("w", 1)], [queue(checks=("p",))], checks=(failing,)) == [
        "0 QuotaReserved w",
        "5 Check w Retry",
        "65 Evicted w AdmissionCheck",
        "65 Requeued w",
        "65 QuotaReserved w",
        "70 Check w Retry",
        "190 Evicted w AdmissionCheck",
        "190 Requeued w",
        "190 QuotaReserved w",
        "195 Check w Rejected",
        "195 Evicted w DeactivatedDueToAdmissionCheck",
        "195 Deactivated w DeactivatedDueToAdmissionCheck",
    ]


def test_a_check_can_revoke_an_admission_later() -> None:
    revoked = act(100, "check", "default/w", name="c", state="Rejected")
    assert live([job("w", 1)], [queue(checks=("c",))], timeline=(revoked,)) == [
        "0 QuotaReserved w",
        "0 Check w Ready",
        "0 Admitted w",
        "100 Check w Rejected",
        "100 Evicted w DeactivatedDueToAdmissionCheck",
        "100 Deactivated w DeactivatedDueToAdmissionCheck",
    ]


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


def test_the_worked_example_of_queues_with_classes_that_fail_together() -> None:
    same = [job("w1", 4, runtime_s=1_000), job("w2", 4, at_s=1, runtime_s=1_000)]
    jobs = [job("r0", 8, runtime_s=50), *same, job("w3", 2, at_s=2, runtime_s=1_000)]
    batched = Timing(flush_ms=1_000)
    best_effort = live(jobs, timing=batched, horizon_ms=60 * SECOND)
    strict = live(jobs, [queue(queueing_strategy="StrictFIFO")], timing=batched, horizon_ms=60 * SECOND)
    assert (best_effort, strict) == (
        [
            "0 Admitted r0",
            "0 Pending w1 WaitingForQuota",
            "2 Admitted w3",
            "50 Finished r0",
            "51 Admitted w1",
            "51 Admitted w2",
        ],
        [
            "0 Admitted r0",
            "0 Pending w1 WaitingForQuota",
            "50 Finished r0",
            "50 Admitted w1",
            "50 Admitted w2",
            "50 Admitted w3",
        ],
    )


def test_an_admission_below_a_cohort_of_its_own_wakes_what_is_parked_in_the_whole_tree() -> None:
    jobs = [job("big", 15, to="deep"), job("flat", 15, at_s=1, to="flat"), job("small", 1, at_s=10, to="deep")]
    cohorts = (Cohort("root"), Cohort("team", "root"))
    queues = [queue("deep", cohort="team"), queue("flat", cohort="root")]
    run = simulate(compiled(jobs, queues, cohorts=cohorts, timing=Timing(flush_ms=1_000), horizon_ms=15 * SECOND))
    assert log(run) == [
        "0 Admitted big",
        "1 Pending flat WaitingForQuota",
        "10 Admitted small",
        "12 Pending flat WaitingForQuota",
    ]


def test_flushes_come_a_second_after_the_first_notification_while_active_work_moves_at_once() -> None:
    jobs = [job("running", 8, runtime_s=50), job("w1", 4, at_s=1, runtime_s=10), job("w2", 4, at_s=2, runtime_s=10)]
    jobs += [job("w3", 2, at_s=3, runtime_s=10)]
    batched = Timing(flush_ms=1_000)
    assert live(jobs, timing=batched) == [
        "0 Admitted running",
        "1 Pending w1 WaitingForQuota",
        "3 Admitted w3",
        "13 Finished w3",
        "50 Finished running",
        "51 Admitted w1",
        "51 Admitted w2",
        "61 Finished w1",
        "61 Finished w2",
    ]
    strict = queue(queueing_strategy="StrictFIFO")
    assert [line for line in live(jobs, [strict], timing=batched) if "Admitted" in line] == [
        "0 Admitted running",
        "50 Admitted w1",
        "50 Admitted w2",
        "50 Admitted w3",
    ]


def test_a_flush_leaves_work_parked_whose_namespace_the_queue_does_not_select() -> None:
    selector = LabelSelector((("kubernetes.io/metadata.name", "default"),))
    queues = [queue("a", cohort="all", namespace_selector=selector), queue("b", cohort="all")]
    locals_ = (
        LocalQueue("a", "default", "a"),
        LocalQueue("elsewhere", "elsewhere", "a"),
        LocalQueue("b", "default", "b"),
    )
    jobs = [
        job("running", 20, to="a", runtime_s=50),
        job("foreign", 20, at_s=1, to="elsewhere", namespace="elsewhere", priority=9),
        job("first", 20, at_s=2, to="a", priority=5, runtime_s=10),
        job("second", 20, at_s=3, to="b", runtime_s=10),
    ]
    run = simulate(compiled(jobs, queues, locals=locals_))
    assert [line for line in log(run) if "foreign" in line or "Admitted" in line] == [
        "0 Admitted running",
        "1 Pending elsewhere/foreign Misconfigured",
        "50 Admitted first",
        "60 Admitted second",
    ]
    assert run.states["elsewhere/foreign"] == "pending"


def test_a_workload_whose_check_failed_before_it_got_quota_is_not_looked_at() -> None:
    failed = job("w", 1, checks=(("c", "Retry"),))
    run = simulate(compiled([failed], [queue(checks=("c",))]))
    assert run.pending["default/w"] == ("PendingEvaluation", "The workload has failed admission checks")


def test_checks_that_are_not_needed_any_more_delay_an_admission_by_a_step() -> None:
    stale = job("w", 1, runtime_s=10, checks=(("old", "Pending"),))
    assert live([stale]) == ["0 QuotaReserved w", "0 Admitted w", "10 Finished w"]
