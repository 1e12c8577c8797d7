"""Gangs without all their nodes, and what waitForPodsReady does about them (rules 21.7, 6.4)."""

from kueue_sim.model import Placement, Settings, Timing, WaitForPodsReady
from tests.engine.worlds import HOUR, MINUTE, act, job, log, nodes, run

GANGS = [job("a", 4, 8), job("b", 4, 8)]
SIDE_BY_SIDE = Placement("GpuSpread", alternating=True)
FULL = "0/6 nodes are available: 6 Insufficient nvidia.com/gpu."


def waiting(**rules: object) -> Settings:
    return Settings(wait_for_pods_ready=WaitForPodsReady(**rules))  # type: ignore[arg-type]


def test_the_timeout_of_one_gang_ends_a_deadlock_for_the_other() -> None:
    """Each has three of four nodes; after 30 minutes the one that never started gives its nodes back."""
    gangs = [job("a", 4, 8), job("b", 4, 8, at_ms=MINUTE)]
    timeline = [act(10 * MINUTE, "fail", "n3"), act(20 * MINUTE, "repair", "n3")]
    ran = run(gangs, nodes(6), timeline=timeline, settings=waiting(), horizon_ms=2 * HOUR)
    assert log(ran, since_ms=20 * MINUTE) == [
        "1200 Node repair n3",
        "1860 Evicted b Exceeded the PodsReady timeout default/b",
        "1860 Requeued b",
        "1860 Started a n1, n2, n3, n4",
        "1920 Admitted b",
        f"1920 Unschedulable b {FULL}",
        "3720 Evicted b Exceeded the PodsReady timeout default/b",
        "3720 Requeued b",
        "3840 Admitted b",
        f"3840 Unschedulable b {FULL}",
        "5460 Finished a",
        "5460 Started b n1, n2, n5, n6",
    ]


def test_gangs_admitted_at_one_instant_time_out_together_and_block_each_other_again() -> None:
    ran = run(GANGS, nodes(6), chosen=SIDE_BY_SIDE, settings=waiting(), horizon_ms=HOUR)
    assert log(ran, since_ms=MINUTE) == [
        "1800 Evicted a Exceeded the PodsReady timeout default/a",
        "1800 Evicted b Exceeded the PodsReady timeout default/b",
        "1800 Requeued a",
        "1800 Requeued b",
        "1860 Admitted a",
        "1860 Admitted b",
        f"1860 Unschedulable a {FULL}",
        f"1860 Unschedulable b {FULL}",
    ]


def test_admitting_one_workload_at_a_time_avoids_the_deadlock() -> None:
    settings = waiting(block_admission=True)
    ran = run(GANGS, nodes(6), chosen=SIDE_BY_SIDE, settings=settings, horizon_ms=25 * MINUTE)
    assert log(ran) == [
        "0 Admitted a",
        "0 Pending b waiting for all admitted workloads to be in PodsReady condition",
        "0 Started a n1, n2, n3, n4",
        "0 Admitted b",
        f"0 Unschedulable b {FULL}",
    ]


def test_a_gang_that_lost_a_node_is_evicted_when_it_does_not_recover_in_time() -> None:
    timeline = [act(10 * MINUTE, "fail", "n1"), act(40 * MINUTE, "repair", "n1")]
    ran = run(
        [job("a", 2, 8)],
        nodes(2),
        timeline=timeline,
        settings=waiting(recovery_timeout_ms=5 * MINUTE),
        timing=Timing(pod_start_ms=10_000),
    )
    assert log(ran, types=("Admitted", "Started", "Interrupted", "Evicted", "Finished")) == [
        "0 Admitted a",
        "10 Started a n1, n2",
        "600 Interrupted a n1 lost 590",
        "900 Evicted a Exceeded the PodsReady timeout default/a",
        "960 Admitted a",
        "2410 Started a n1, n2",
        "6010 Finished a",
    ]
