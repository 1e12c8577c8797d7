"""Parked work comes back to its queue when something happens in its tree, at once or with the next batch."""

from kueue_sim.engine import simulate
from kueue_sim.model import (
    Cohort,
    LabelSelector,
    LocalQueue,
    Timing,
)
from tests.engine.life.lives import SECOND, compiled, job, live, log, queue


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
