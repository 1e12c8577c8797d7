"""A profile in which cycles and API writes take time: what happens then, in order."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from kueue_sim.engine import simulate
from kueue_sim.engine.control_plane import Writes
from kueue_sim.model import (
    Action,
    ClusterQueue,
    FlavorQuotas,
    LocalQueue,
    PodSet,
    Policy,
    Preemption,
    PreemptionPolicy,
    Quota,
    ResourceFlavor,
    ResourceGroup,
    Scenario,
    Timing,
    Workload,
)

LOWER = Preemption(within_cluster_queue=PreemptionPolicy.LOWER_PRIORITY)


def job(name: str, gpus: int, at_ms: int = 0, runtime_ms: int = 1000, priority: int = 0) -> Workload:
    pods = (PodSet("main", 1, {"gpu": gpus}),)
    return Workload(name, "ns", "lq", pods, name, created_ms=at_ms, priority=priority, runtime_ms=runtime_ms)


def scenario(timing: Timing, *jobs: Workload, preemption: Preemption = LOWER) -> Scenario:
    groups = (ResourceGroup(("gpu",), (FlavorQuotas("f", (("gpu", Quota(4)),)),)),)
    policy = Policy(
        flavors=(ResourceFlavor("f"),),
        cluster_queues=(ClusterQueue("cq", groups, preemption=preemption),),
        local_queues=(LocalQueue("lq", "ns", "cq"),),
    )
    return Scenario("paced", policy, jobs, timing=timing)


def log_of(timed_control_plane: Scenario) -> list[tuple[int, str, str]]:
    return [(fact.at_ms, fact.type, fact.workload.removeprefix("ns/")) for fact in simulate(timed_control_plane).facts]


def test_heads_of_one_queue_are_decided_one_cycle_after_the_other() -> None:
    timing = Timing(cycle_ms=100, head_us=5000)
    assert log_of(scenario(timing, job("a", 1), job("b", 1))) == [
        (0, "Submitted", "a"),
        (0, "Submitted", "b"),
        (0, "Admitted", "a"),
        (105, "Started", "a"),
        (105, "Admitted", "b"),
        (210, "Started", "b"),
        (1105, "Finished", "a"),
        (1210, "Finished", "b"),
    ]


def test_admissions_are_written_in_the_background_as_the_client_may() -> None:
    timing = Timing(writes_per_s=10, write_burst=1, write_ms=5, end_ms=50)
    jobs = [job(name, 1) for name in ("a", "b", "c")]
    assert [entry for entry in log_of(scenario(timing, *jobs)) if entry[1] != "Submitted"] == [
        (0, "Admitted", "a"),
        (0, "Admitted", "b"),
        (0, "Admitted", "c"),
        (5, "Started", "a"),
        (105, "Started", "b"),
        (205, "Started", "c"),
        (1055, "Finished", "a"),
        (1155, "Finished", "b"),
        (1255, "Finished", "c"),
    ]


def test_the_scheduler_waits_for_the_answer_to_a_workload_that_does_not_fit() -> None:
    timing = Timing(writes_per_s=1, write_burst=1)
    jobs = [job("a", 3, runtime_ms=500), job("big", 2), job("late", 1, at_ms=100)]
    assert [entry for entry in log_of(scenario(timing, *jobs)) if entry[1] != "Submitted"] == [
        (0, "Admitted", "a"),
        (0, "Started", "a"),
        (0, "Pending", "big"),
        (500, "Finished", "a"),
        (1000, "Admitted", "big"),
        (1000, "Admitted", "late"),
        (2000, "Started", "big"),
        (3000, "Started", "late"),
        (3000, "Finished", "big"),
        (4000, "Finished", "late"),
    ]


def test_parked_workloads_come_back_when_the_flush_is_due() -> None:
    timing = Timing(write_ms=1, flush_ms=1000)
    jobs = [job("a", 4, runtime_ms=500), job("b", 4, runtime_ms=500)]
    assert [entry for entry in log_of(scenario(timing, *jobs)) if entry[1] in ("Finished", "Admitted")] == [
        (0, "Admitted", "a"),
        (501, "Finished", "a"),
        (1501, "Admitted", "b"),
        (2002, "Finished", "b"),
    ]


def test_work_that_takes_no_time_is_over_when_it_starts_before_anybody_comes() -> None:
    timing = Timing(head_us=5000)
    assert log_of(scenario(timing, job("a", 4, runtime_ms=0), job("b", 4, at_ms=5))) == [
        (0, "Submitted", "a"),
        (0, "Admitted", "a"),
        (5, "Started", "a"),
        (5, "Finished", "a"),
        (5, "Submitted", "b"),
        (5, "Admitted", "b"),
        (10, "Started", "b"),
        (1010, "Finished", "b"),
    ]


def test_a_victim_leaves_after_its_eviction_is_written_and_its_start_is_forgotten() -> None:
    timing = Timing(cycle_ms=10, write_ms=20, termination_ms=100)
    jobs = [job("low", 4), job("high", 4, at_ms=15, priority=1)]
    assert [entry for entry in log_of(scenario(timing, *jobs)) if entry[1] != "Submitted"] == [
        (0, "Admitted", "low"),
        (15, "Preempted", "low"),
        (15, "Pending", "high"),
        (145, "Requeued", "low"),
        (145, "Admitted", "high"),
        (155, "Pending", "low"),
        (175, "Started", "high"),
        (1175, "Finished", "high"),
        (1175, "Admitted", "low"),
        (1205, "Started", "low"),
        (2205, "Finished", "low"),
    ]


def test_nothing_changes_when_nothing_takes_time() -> None:
    jobs = [job("a", 3, runtime_ms=500), job("big", 2), job("late", 1, at_ms=100)]
    free, timed_control_plane = scenario(Timing(), *jobs), scenario(Timing(head_us=1), *jobs)
    kinds = ("Admitted", "Finished")
    times = [
        [(at // 10, *rest) for at, *rest in log_of(one) if rest[0] in kinds] for one in (free, timed_control_plane)
    ]
    assert times[0] == times[1]


@given(st.lists(st.floats(0, 10_000), min_size=1, max_size=60), st.integers(1, 100), st.integers(1, 20))
def test_a_client_never_writes_more_than_its_limit(asked: list[float], per_s: int, burst: int) -> None:
    writes = Writes(per_s, burst)
    granted = [writes.granted(at) for at in sorted(asked)]
    assert granted == sorted(granted)
    assert all(out >= at for out, at in zip(granted, sorted(asked), strict=True))
    for first in range(len(granted)):
        for last in range(first, len(granted)):
            allowed = burst + (granted[last] - granted[first]) * per_s / 1000
            assert last - first + 1 <= allowed + 1e-6


def test_a_client_without_limit_writes_at_once() -> None:
    writes = Writes(0, 0)
    assert [writes.granted(at) for at in (5.0, 5.0, 7.0)] == [5.0, 5.0, 7.0]


def test_what_a_user_deactivates_frees_its_quota_for_the_next_cycle() -> None:
    timing = Timing(cycle_ms=100, write_ms=20, termination_ms=1000)
    running = scenario(timing, job("a", 4, runtime_ms=60_000), job("b", 4, at_ms=10, runtime_ms=5_000))
    assert log_of(replace(running, timeline=(Action(10_000, "deactivate", "ns/a"),))) == [
        (0, "Submitted", "a"),
        (0, "Admitted", "a"),
        (10, "Submitted", "b"),
        (100, "Pending", "b"),
        (120, "Started", "a"),
        (10_000, "Evicted", "a"),
        (10_000, "Deactivated", "a"),
        (10_000, "Admitted", "b"),
        (10_120, "Started", "b"),
        (15_120, "Finished", "b"),
    ]
