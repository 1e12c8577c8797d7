"""Concurrent admission: the best flavor that is free now, a better one later (rules 6.10)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from kueue_sim.engine import Run, simulate
from kueue_sim.model import (
    AdmissionCheck,
    AdmissionCheckRule,
    CheckAnswer,
    CheckBehavior,
    ClusterQueue,
    ConcurrentAdmissionPolicy,
    Preemption,
    PreemptionPolicy,
    Settings,
    Timing,
    WaitForPodsReady,
    Workload,
)
from tests.engine.life.lives import HOUR, MINUTE, SECOND, act, compiled, job, log, queue

ON = Settings(gates={"ConcurrentAdmission": True})
BOTH = ("reserved", "spot")


def flavors(run: Run) -> list[tuple[float, str]]:
    return [(fact.at_ms / 1000, fact.pod_sets[0].flavors["cpu"]) for fact in run.facts if fact.pod_sets]


def family_queue(mode: str = "TryPreferredFlavors", last: str | None = None, **more: Any) -> ClusterQueue:
    return queue(flavors=BOTH, concurrent_admission=ConcurrentAdmissionPolicy(mode, last), **more)


def test_a_workload_starts_on_what_is_free_and_moves_to_the_flavor_it_prefers() -> None:
    jobs = [job("first", 8, runtime_s=100), job("w", 8, at_s=1, runtime_s=300)]
    run = simulate(compiled(jobs, [family_queue()], settings=ON))
    assert (log(run), flavors(run), run.states) == (
        [
            "0 Admitted first",
            "1 Pending w WaitingForQuota",
            "1 Admitted w",
            "100 Finished first",
            "100 Evicted w FlavorMigration",
            "100 Pending w WaitingForPreemptedWorkloads",
            "100 Requeued w",
            "100 Admitted w",
            "400 Finished w",
        ],
        [(0.0, "reserved"), (1.0, "spot"), (100.0, "reserved")],
        {"default/first": "finished", "default/w": "finished"},
    )


def test_the_first_admission_may_be_kept_for_good() -> None:
    jobs = [job("first", 8, runtime_s=100), job("w", 8, at_s=1, runtime_s=300)]
    run = simulate(compiled(jobs, [family_queue("RetainFirstAdmission")], settings=ON))
    assert flavors(run) == [(0.0, "reserved"), (1.0, "spot")]


def test_without_the_gate_the_policy_of_the_queue_changes_nothing() -> None:
    run = simulate(compiled([job("w", 8, runtime_s=10)], [family_queue()]))
    assert (log(run), run.states) == (["0 Admitted w", "10 Finished w"], {"default/w": "finished"})


def test_preemption_gates_of_variants_open_one_by_one_the_most_preferred_first() -> None:
    rules = Preemption(within_cluster_queue=PreemptionPolicy.LOWER_PRIORITY)
    low = [job(f"low{number}", 8, at_s=number, runtime_s=None) for number in range(2)]
    high = job("high", 8, at_s=10, priority=1, runtime_s=60)
    run = simulate(compiled([*low, high], [family_queue(preemption=rules)], settings=ON, horizon_ms=MINUTE))
    assert [line for line in log(run) if "high" in line or "Preempted" in line][:4] == [
        "10 Pending high AdmissionGated",
        "10 Preempted low0 InClusterQueue",
        "10 Pending high WaitingForPreemptedWorkloads",
        "10 Admitted high",
    ]


def test_no_gate_opens_before_the_most_preferred_variant_was_looked_at() -> None:
    """Names decide which variant is looked at first, here the one that is preferred less."""
    rules = Preemption(within_cluster_queue=PreemptionPolicy.LOWER_PRIORITY)
    preferred = ConcurrentAdmissionPolicy("TryPreferredFlavors", None)
    both = queue(flavors=BOTH[::-1], concurrent_admission=preferred, preemption=rules)
    low = [job(f"low{number}", 8, at_s=number, runtime_s=None) for number in range(2)]
    high = job("high", 8, at_s=10, priority=1, runtime_s=60)
    run = simulate(compiled([*low, high], [both], settings=ON, horizon_ms=MINUTE))
    assert [line for line in log(run) if " Preempted " in line] == ["10 Preempted low0 InClusterQueue"]
    assert flavors(run)[-1] == (10.0, "spot")


def test_a_parent_is_deleted_with_all_its_variants() -> None:
    jobs = [job("w", 8, runtime_s=None), job("big", 20, at_s=1)]
    timeline = (act(5, "delete", "default/w"), act(6, "delete", "default/big"))
    run = simulate(compiled(jobs, [family_queue()], settings=ON, timeline=timeline, horizon_ms=10 * SECOND))
    assert (log(run), run.states) == (
        ["0 Admitted w", *["1 Pending big ExceedsMaxQuota"] * 2, "5 Deleted w", "6 Deleted big"],
        {"default/big": "deleted", "default/w": "deleted"},
    )


def test_a_time_limit_counts_for_all_variants_together_and_deactivates_them_all() -> None:
    """Of two activations the second one finds the parent active and changes nothing."""
    limited = job("w", 8, at_s=1, runtime_s=None, max_execution_ms=300 * SECOND)
    jobs = [job("first", 8, runtime_s=100), limited]
    timeline = (act(400, "activate", "default/w"), act(410, "activate", "default/w"))
    run = simulate(compiled(jobs, [family_queue()], settings=ON, timeline=timeline, horizon_ms=450 * SECOND))
    assert log(run)[-6:] == [
        "100 Requeued w",
        "100 Admitted w",
        "301 Evicted w DeactivatedDueToMaximumExecutionTimeExceeded",
        "301 Deactivated w DeactivatedDueToMaximumExecutionTimeExceeded",
        "400 Reactivated w",
        "400 Admitted w",
    ]
    assert flavors(run)[-3:] == [(1.0, "spot"), (100.0, "reserved"), (400.0, "reserved")]


def test_a_parent_that_times_out_starts_anew_where_it_is_until_its_retries_are_used_up() -> None:
    rules = WaitForPodsReady(timeout_ms=100 * SECOND, backoff_base_ms=200 * SECOND, backoff_limit=1)
    on = Settings(gates={"ConcurrentAdmission": True}, wait_for_pods_ready=rules)
    jobs = [job("w", 8, runtime_s=None, ready_after_ms=(None,)), job("next", 16, at_s=1, runtime_s=None)]
    run = simulate(
        compiled(jobs, [family_queue(cpu=20)], settings=on, horizon_ms=HOUR, timing=Timing(termination_ms=5_000))
    )
    assert [line for line in log(run) if line.endswith(" w") or " w " in line] == [
        "0 Admitted w",
        "100 Evicted w PodsReadyTimeout",
        "105 Requeued w",
        "105 Admitted w",
        "300 Evicted w DeactivatedDueToRequeuingLimitExceeded",
        "300 Deactivated w DeactivatedDueToRequeuingLimitExceeded",
    ]
    assert flavors(run) == [(0.0, "reserved"), (1.0, "spot"), (105.0, "reserved"), (305.0, "reserved")]
    assert run.states["default/w"] == "pending"


def test_a_variant_that_moves_goes_on_from_the_checkpoint_of_the_other() -> None:
    saved = job("w", 8, at_s=1, runtime_s=300, checkpoint_every_ms=10 * SECOND)
    run = simulate(compiled([job("first", 8, runtime_s=100), saved], [family_queue()], settings=ON))
    assert log(run)[-1] == "310 Finished w"


def checked(answer: CheckAnswer, jobs: Sequence[Workload]) -> Run:
    """The reserved flavor has an admission check, which answers like this for w."""
    rule = (AdmissionCheckRule("c", ("reserved",)),)
    scene = compiled(jobs, [replace(family_queue(), admission_checks=rule)], settings=ON)
    policy = replace(scene.policy, admission_checks=(AdmissionCheck("c"),))
    return simulate(replace(scene, policy=policy, checks=(CheckBehavior("c", (answer,), "default/w"),)))


def test_a_variant_whose_check_is_rejected_stays_out_while_the_one_that_runs_goes_on() -> None:
    run = checked(CheckAnswer("Rejected", 10 * SECOND), [job("w", 8, runtime_s=100)])
    assert log(run) == [
        "0 QuotaReserved w",
        "0 Admitted w",
        "10 Check w Rejected",
        "100 Finished w",
    ]


def test_a_preferred_variant_whose_check_took_longer_takes_the_place_of_the_one_that_runs() -> None:
    saved = job("w", 8, runtime_s=100, checkpoint_every_ms=5 * SECOND)
    jobs = [saved, job("next", 10, at_s=1, runtime_s=10)]
    run = checked(CheckAnswer("Ready", 30 * SECOND), jobs)
    assert (log(run), flavors(run)[-2:]) == (
        [
            "0 QuotaReserved w",
            "0 Admitted w",
            "1 Pending next WaitingForQuota",
            "1 Pending next WaitingForQuota",
            "30 Check w Ready",
            "30 Evicted w Deactivated",
            "30 Requeued w",
            "30 Admitted w",
            "30 Admitted next",
            "40 Finished next",
            "100 Finished w",
        ],
        [(30.0, "reserved"), (30.0, "spot")],
    )


def test_a_check_that_revokes_a_variant_sends_its_parent_back_to_all_flavors() -> None:
    timeline = (act(30, "check", "default/w", name="c", state="Rejected"),)
    checks = (CheckBehavior("c", (CheckAnswer(), CheckAnswer("Ready", HOUR))),)
    on_both = replace(family_queue(), admission_checks=(AdmissionCheckRule("c"),))
    scene = compiled([job("w", 8, runtime_s=100)], [on_both], settings=ON, timeline=timeline, checks=checks)
    run = simulate(replace(scene, horizon_ms=MINUTE))
    assert log(run)[-3:] == ["30 Evicted w DeactivatedDueToAdmissionCheck", "30 Requeued w", "30 QuotaReserved w"]
