"""Admission fair sharing in running simulations: who comes next follows from what LocalQueues used (R7.9–R7.24)."""

import pytest

from kueue_sim.engine import simulate
from kueue_sim.model import (
    AdmissionFairSharing,
    CheckAnswer,
    CheckBehavior,
    LocalQueue,
    Preemption,
    PreemptionPolicy,
    Settings,
)
from tests.engine.life.lives import HOUR, SECOND, act, compiled, job, live, log, queue

A, B = LocalQueue("a", "default", "q"), LocalQueue("b", "default", "q")
FAIR = Settings(admission_fair_sharing=AdmissionFairSharing(HOUR))


def admissions(lines: list[str]) -> list[str]:
    return [line.split()[-1] for line in lines if " Admitted " in line]


def jobs_of(count: int, queues: str = "ab", **more: object) -> list[object]:
    names = [(name, number) for name in queues for number in range(count)]
    return [job(f"{name}{number}", 10, to=name, runtime_s=60, **more) for name, number in names]  # type: ignore[arg-type]


def test_local_queues_take_turns_although_one_was_first() -> None:
    usage_based = queue(usage_based_admission=True)
    plain = admissions(live(jobs_of(3), [queue()], locals=(A, B), settings=FAIR))
    fair = admissions(live(jobs_of(3), [usage_based], locals=(A, B), settings=FAIR))
    assert (plain, fair) == (["a0", "a1", "a2", "b0", "b1", "b2"], ["a0", "b0", "a1", "b1", "a2", "b2"])


def test_usage_goes_before_priority() -> None:
    jobs = [
        job("a0", 10, to="a", runtime_s=60),
        job("a1", 10, at_s=1, to="a", runtime_s=60, priority=9),
        job("b0", 10, at_s=2, to="b", runtime_s=60),
    ]
    orders = [
        admissions(live(jobs, [queue(usage_based_admission=usage_based)], locals=(A, B), settings=FAIR))
        for usage_based in (True, False)
    ]
    assert orders == [["a0", "b0", "a1"], ["a0", "a1", "b0"]]


def test_a_local_queue_of_greater_weight_gets_more() -> None:
    heavy = LocalQueue("a", "default", "q", fair_weight=3.0)
    lines = live(jobs_of(4), [queue(usage_based_admission=True)], locals=(heavy, B), settings=FAIR)
    assert admissions(lines)[:6] == ["a0", "b0", "a1", "a2", "a3", "b1"]


def test_without_the_gate_or_the_configuration_usage_changes_nothing() -> None:
    off = Settings(gates={"AdmissionFairSharing": False}, admission_fair_sharing=AdmissionFairSharing(HOUR))
    orders = [
        admissions(live(jobs_of(2), [queue(usage_based_admission=True)], locals=(A, B), settings=settings))
        for settings in (off, Settings())
    ]
    assert orders == [["a0", "a1", "b0", "b1"]] * 2


def test_a_workload_that_waits_for_its_checks_counts_by_its_penalty() -> None:
    slow = CheckBehavior("c", (CheckAnswer("Ready", 30 * SECOND),))
    jobs = [job(f"{name}{number}", 4, to=name, runtime_s=600) for name in "ab" for number in range(2)]
    usage_based = queue(usage_based_admission=True, checks=("c",))
    lines = live(jobs, [usage_based], locals=(A, B), settings=FAIR, checks=(slow,))
    assert [line.split()[-1] for line in lines if "QuotaReserved" in line][:2] == ["a0", "b0"]


def test_the_queue_that_used_most_is_preempted_first_whatever_the_priorities() -> None:
    rules = Preemption(within_cluster_queue=PreemptionPolicy.LOWER_PRIORITY)
    usage_based = queue(usage_based_admission=True, preemption=rules)
    c = LocalQueue("c", "default", "q")
    jobs = [
        job("a0", 5, to="a", runtime_s=None, priority=5),
        job("b0", 5, at_s=1_000, to="b", runtime_s=None, priority=1),
        job("c0", 5, at_s=2_000, to="c", runtime_s=None, priority=9),
    ]
    lines = live(jobs, [usage_based], locals=(A, B, c), settings=FAIR, horizon_ms=2_001 * SECOND)
    assert next(line for line in lines if " Preempted " in line) == "2000 Preempted a0 InClusterQueue"


def test_a_deleted_workload_leaves_no_penalty_behind() -> None:
    never = CheckBehavior("c", (CheckAnswer("Ready", HOUR),), "default/a0")
    jobs = [job("a0", 10, to="a"), *(job(f"{name}1", 10, at_s=20, to=name, runtime_s=60) for name in "ab")]
    usage_based = queue(usage_based_admission=True, checks=("c",))
    timeline = (act(10, "delete", "default/a0"),)
    lines = live(jobs, [usage_based], locals=(A, B), settings=FAIR, checks=(never,), timeline=timeline)
    assert admissions(lines) == ["a1", "b1"]


@pytest.mark.parametrize("horizon_ms", [4 * HOUR, None])
def test_usage_that_decays_while_nothing_happens_lets_another_queue_go_first(horizon_ms: int | None) -> None:
    strict = queue(usage_based_admission=True, queueing_strategy="StrictFIFO")
    jobs = [
        job("b0", 6, to="b", runtime_s=3_600),
        job("a0", 4, at_s=3_600, to="a", runtime_s=None),
        job("a1", 10, at_s=3_601, to="a", runtime_s=None),
        job("b1", 6, at_s=3_602, to="b", runtime_s=None),
    ]
    assert live(jobs, [strict], locals=(A, B), settings=FAIR, horizon_ms=horizon_ms) == [
        "0 Admitted b0",
        "3600 Finished b0",
        "3600 Admitted a0",
        "3601 Pending a1 WaitingForQuota",
        "6300 Admitted b1",
        "6300 Pending a1 WaitingForQuota",
    ]


def test_a_run_ends_when_usage_has_nothing_to_say_any_more() -> None:
    jobs = [job("a0", 4, to="a", runtime_s=None)]
    jobs += [job(f"{name}1", 10, at_s=1, to=name, runtime_s=None) for name in "ab"]
    strict = queue(usage_based_admission=True, queueing_strategy="StrictFIFO")
    run = simulate(compiled(jobs, [strict], locals=(A, B), settings=FAIR))
    assert log(run) == ["0 Admitted a0", "1 Pending b1 WaitingForQuota"]
    assert run.end_ms == 1000
