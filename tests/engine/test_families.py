"""Concurrent admission: the best flavor that is free now, a better one later (rules 6.10)."""

from typing import Any

from sim.engine import Run, simulate
from sim.model import ClusterQueue, ConcurrentAdmissionPolicy, Preemption, PreemptionPolicy, Settings
from tests.engine.lives import MINUTE, SECOND, act, job, log, queue, world

ON = Settings(gates={"ConcurrentAdmission": True})
BOTH = ("reserved", "spot")


def flavors(run: Run) -> list[tuple[float, str]]:
    return [(fact.at_ms / 1000, fact.pod_sets[0].flavors["cpu"]) for fact in run.facts if fact.pod_sets]


def family_queue(mode: str = "TryPreferredFlavors", last: str | None = None, **more: Any) -> ClusterQueue:
    return queue(flavors=BOTH, concurrent_admission=ConcurrentAdmissionPolicy(mode, last), **more)


def test_a_workload_starts_on_what_is_free_and_moves_to_the_flavor_it_prefers() -> None:
    jobs = [job("first", 8, runtime_s=100), job("w", 8, at_s=1, runtime_s=300)]
    run = simulate(world(jobs, [family_queue()], settings=ON))
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
    run = simulate(world(jobs, [family_queue("RetainFirstAdmission")], settings=ON))
    assert flavors(run) == [(0.0, "reserved"), (1.0, "spot")]


def test_without_the_gate_the_policy_of_the_queue_changes_nothing() -> None:
    run = simulate(world([job("w", 8, runtime_s=10)], [family_queue()]))
    assert (log(run), run.states) == (["0 Admitted w", "10 Finished w"], {"default/w": "finished"})


def test_preemption_gates_of_variants_open_one_by_one_the_most_preferred_first() -> None:
    rules = Preemption(within_cluster_queue=PreemptionPolicy.LOWER_PRIORITY)
    low = [job(f"low{number}", 8, at_s=number, runtime_s=None) for number in range(2)]
    high = job("high", 8, at_s=10, priority=1, runtime_s=60)
    run = simulate(world([*low, high], [family_queue(preemption=rules)], settings=ON, horizon_ms=MINUTE))
    assert [line for line in log(run) if "high" in line or "Preempted" in line][:4] == [
        "10 Pending high AdmissionGated",
        "10 Preempted low0 InClusterQueue",
        "10 Pending high WaitingForPreemptedWorkloads",
        "10 Admitted high",
    ]


def test_a_parent_is_deleted_with_all_its_variants() -> None:
    jobs = [job("w", 8, runtime_s=None), job("big", 20, at_s=1)]
    timeline = (act(5, "delete", "default/w"), act(6, "delete", "default/big"))
    run = simulate(world(jobs, [family_queue()], settings=ON, timeline=timeline, horizon_ms=10 * SECOND))
    assert (log(run), run.states) == (
        ["0 Admitted w", *["1 Pending big ExceedsMaxQuota"] * 2, "5 Deleted w", "6 Deleted big"],
        {"default/big": "deleted", "default/w": "deleted"},
    )
