"""Admission checks and provisioning requests, as whole logs of small scenes."""

from kueue_sim.engine import simulate
from kueue_sim.model import (
    CheckAnswer,
    CheckBehavior,
    StopPolicy,
)
from tests.engine.life.lives import SECOND, act, compiled, job, live, queue


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


def test_a_workload_whose_check_failed_before_it_got_quota_is_not_looked_at() -> None:
    failed = job("w", 1, checks=(("c", "Retry"),))
    run = simulate(compiled([failed], [queue(checks=("c",))]))
    assert run.pending["default/w"] == ("PendingEvaluation", "The workload has failed admission checks")


def test_checks_that_are_not_needed_any_more_delay_an_admission_by_a_step() -> None:
    stale = job("w", 1, runtime_s=10, checks=(("old", "Pending"),))
    assert live([stale]) == ["0 QuotaReserved w", "0 Admitted w", "10 Finished w"]


def test_a_queue_that_stops_takes_nothing_back_before_the_time_at_which_a_check_wants_to_try_again() -> None:
    """Kueue looks at nothing of the workload until then, and then at the check first; if that is none, at the stop."""
    checks = (CheckBehavior("c", (CheckAnswer("Retry", 10 * SECOND, 60 * SECOND),)),)
    stop = act(30, "apply", objects=(queue(checks=("c",), stop_policy=StopPolicy.HOLD),))
    told = []
    for more in ([], [act(40, "check", "default/w", name="c", state="Pending")]):
        lines = live(
            [job("w", 10)], [queue(checks=("c",))], checks=checks, timeline=[stop, *more], horizon_ms=80 * SECOND
        )
        told.append([line for line in lines if "Evicted" in line or "Requeued" in line])
    assert told == [["70 Evicted w AdmissionCheck", "70 Requeued w"], ["70 Requeued w"]]
