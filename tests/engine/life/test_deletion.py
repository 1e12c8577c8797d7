"""Queues and cohorts that are deleted in mid-run, each as the whole log of a small scene (R1.20, R1.21, R6.64)."""

from kueue_sim.engine import simulate
from kueue_sim.model import CheckAnswer, CheckBehavior, Cohort, LocalQueue, StopPolicy
from kueue_sim.testing import a_queue
from tests.engine.life.lives import HOUR, SECOND, act, compiled, job, live, log, queue


def _two() -> list[object]:
    return [queue("a", 4, cohort="c"), queue("b", 4, cohort="c")]


def test_a_deleted_cluster_queue_lends_until_its_last_workload_ends_and_then_its_quota_is_gone() -> None:
    jobs = [
        job("b1", 2, to="b", runtime_s=100),
        job("a1", 4, to="a", runtime_s=300),
        job("a2", 2, at_s=20, to="a", runtime_s=50),
        job("b2", 1, at_s=30, to="b"),
        job("a3", 4, at_s=40, to="a"),
    ]
    run = simulate(compiled(jobs, _two(), timeline=(act(10, "remove", "b", name="ClusterQueue"),), horizon_ms=HOUR))
    assert log(run) == [
        "0 Admitted a1",
        "0 Admitted b1",
        "10 Policy b Terminating",
        "20 Admitted a2",
        "30 Pending b2 Suspended",
        "40 Pending a3 WaitingForQuota",
        "70 Finished a2",
        "70 Pending a3 WaitingForQuota",
        "100 Finished b1",
        "100 Policy b Deleted",
        "100 Pending b2 Misconfigured",
        "100 Pending a3 WaitingForQuota",
        "300 Finished a1",
        "300 Admitted a3",
        "900 Finished a3",
    ]
    assert run.pending == {"default/b2": ("Misconfigured", "ClusterQueue b doesn't exist")}


def test_without_the_deletion_the_lender_helps_when_its_own_work_has_ended() -> None:
    jobs = [
        job("b1", 4, to="b", runtime_s=100),
        job("a1", 4, to="a", runtime_s=300),
        job("a2", 4, at_s=40, to="a"),
    ]
    held = act(10, "stop", "b", stop_policy="Hold")
    deleted = act(10, "remove", "b", name="ClusterQueue")
    admitted = [
        [line for line in live(jobs, _two(), timeline=(action,)) if line.endswith("Admitted a2")]
        for action in (held, deleted)
    ]
    assert admitted == [["100 Admitted a2"], ["300 Admitted a2"]]


def test_an_empty_cluster_queue_is_gone_at_once_and_waiting_work_comes_back_with_a_new_one() -> None:
    jobs = [job("big", 20), job("small", 4, at_s=50)]
    timeline = (act(10, "remove", "q", name="ClusterQueue"), act(100, "apply", objects=(a_queue("q", cores=30),)))
    assert live(jobs, [queue("q", 10)], timeline=timeline) == [
        "0 Pending big ExceedsMaxQuota",
        "10 Policy q Terminating",
        "10 Pending big Suspended",
        "10 Policy q Deleted",
        "10 Pending big Misconfigured",
        "50 Pending small Misconfigured",
        "100 Policy q",
        "100 Admitted big",
        "100 Admitted small",
        "700 Finished big",
        "700 Finished small",
    ]


def test_a_queue_that_is_applied_while_it_is_being_deleted_goes_nevertheless() -> None:
    timeline = (act(10, "remove", "q", name="ClusterQueue"), act(20, "apply", objects=(a_queue("q", cores=30),)))
    assert live([job("w", 4, runtime_s=60), job("late", 1, at_s=30)], [queue("q", 10)], timeline=timeline) == [
        "0 Admitted w",
        "10 Policy q Terminating",
        "20 Policy q",
        "30 Pending late Suspended",
        "60 Finished w",
        "60 Policy q Deleted",
        "60 Pending late Misconfigured",
    ]


def test_reservations_that_are_not_admitted_are_lost_and_admitted_work_runs_to_its_end() -> None:
    slow = CheckBehavior("c", (CheckAnswer("Ready", 60 * SECOND),), "default/reserved")
    jobs = [job("admitted", 4, runtime_s=100), job("reserved", 4, at_s=1, runtime_s=100)]
    timeline = (act(10, "remove", "q", name="ClusterQueue"),)
    run = simulate(compiled(jobs, [queue(checks=("c",))], checks=(slow,), timeline=timeline))
    assert log(run) == [
        "0 QuotaReserved admitted",
        "0 Check admitted Ready",
        "0 Admitted admitted",
        "1 QuotaReserved reserved",
        "10 Policy q Terminating",
        "10 Pending reserved Misconfigured",
        "10 Requeued reserved",
        "10 Pending reserved Suspended",
        "100 Finished admitted",
        "100 Policy q Deleted",
        "100 Pending reserved Misconfigured",
    ]


def test_a_deleted_local_queue_lets_its_work_run_and_what_waits_in_it_has_no_queue() -> None:
    jobs = [job("runs", 8, runtime_s=100), job("waits", 8, at_s=1), job("late", 1, at_s=20)]
    run = simulate(compiled(jobs, timeline=(act(10, "remove", "default/q", name="LocalQueue"),)))
    assert log(run) == [
        "0 Admitted runs",
        "1 Pending waits WaitingForQuota",
        "10 Policy default/q Deleted",
        "10 Pending waits Misconfigured",
        "20 Pending late Misconfigured",
        "100 Finished runs",
    ]
    assert set(run.pending.values()) == {("Misconfigured", "LocalQueue q doesn't exist")}


def test_a_deleted_cohort_takes_its_own_quota_and_its_place_in_the_tree_along() -> None:
    own = a_queue("shared", cores=6).resource_groups
    cohorts = (Cohort("root", resource_groups=own), Cohort("c", parent="root"))
    jobs = [job("a1", 10, to="a", runtime_s=50), job("a2", 10, at_s=20, to="a"), job("a3", 4, at_s=30, to="a")]
    scene = compiled(
        jobs, [queue("a", 4, cohort="c")], cohorts=cohorts, timeline=(act(10, "remove", "c", name="Cohort"),)
    )
    assert log(simulate(scene)) == [
        "0 Admitted a1",
        "10 Policy c Deleted",
        "20 Pending a2 ExceedsMaxQuota",
        "30 Pending a3 WaitingForQuota",
        "50 Finished a1",
        "50 Admitted a3",
        "650 Finished a3",
    ]


def test_a_local_queue_that_is_stopped_and_deleted_is_missing() -> None:
    entrance = (LocalQueue("q", "default", "q", StopPolicy.HOLD),)
    run = simulate(
        compiled([job("w", 1)], locals=entrance, timeline=(act(5, "remove", "default/q", name="LocalQueue"),))
    )
    assert run.pending == {"default/w": ("Misconfigured", "LocalQueue q doesn't exist")}
