"""Pods of admitted workloads on nodes, as whole logs of what happened when."""

from kueue_sim.engine.pods.node_report import NodeUse, Placed
from kueue_sim.model import (
    NodePod,
    Placement,
    Preemption,
    PreemptionPolicy,
    Timing,
)
from tests.engine.worlds import GPU, HOUR, MINUTE, act, job, log, nodes, run

SMALL = [job(f"small-{number}", 1, 1) for number in range(8)]
LARGE = job("large", 1, 8, at_ms=MINUTE)


def test_spread_small_pods_keep_a_pod_of_a_whole_node_waiting_with_its_quota() -> None:
    """Rules, 21.12 X2: admitted by quota, no node; it holds its quota all the time."""
    spread = run([*SMALL, LARGE], nodes(2), "GpuSpread", quota=16)
    assert log(spread, since_ms=MINUTE) == [
        "60 Admitted large",
        "60 Unschedulable large 0/2 nodes are available: 2 Insufficient nvidia.com/gpu.",
        *(f"3600 Finished small-{number}" for number in range(8)),
        "3600 Started large n1",
        "7200 Finished large",
    ]
    report = spread.nodes
    assert report is not None
    free, stuck = 8 * 2 * HOUR, 8 * (HOUR - MINUTE)
    assert (report.free_ms, report.stuck_ms, report.fragmentation) == (free, stuck, stuck / free)


def test_packed_small_pods_leave_a_whole_node_free() -> None:
    packed = run([*SMALL, LARGE], nodes(2), "GpuPack", quota=16)
    assert log(packed, types=("Started", "Unschedulable")) == [
        *(f"0 Started small-{number} n1" for number in range(8)),
        "60 Started large n2",
    ]


def test_gangs_whose_pods_are_created_side_by_side_can_block_each_other_for_ever() -> None:
    """Rules, 21.12 X3: quota for both, nodes for one and a half."""
    gangs = [job("a", 4, 8), job("b", 4, 8)]
    blocked = run(gangs, nodes(6), chosen=Placement("GpuSpread", alternating=True), horizon_ms=HOUR)
    reason = "0/6 nodes are available: 6 Insufficient nvidia.com/gpu."
    assert log(blocked) == [
        "0 Admitted a",
        "0 Admitted b",
        f"0 Unschedulable a {reason}",
        f"0 Unschedulable b {reason}",
    ]
    assert blocked.nodes is not None
    assert blocked.nodes.placed == tuple(Placed(f"default/{n}", 0, 0, None, None, None, 3 * 8 * HOUR) for n in "ab")


def test_a_gang_created_after_another_holds_what_it_got_until_the_other_ends() -> None:
    one_by_one = run([job("a", 4, 8), job("b", 4, 8)], nodes(6))
    assert log(one_by_one, types=("Started", "Finished")) == [
        "0 Started a n1, n2, n3, n4",
        "3600 Finished a",
        "3600 Started b n1, n2, n5, n6",
        "7200 Finished b",
    ]
    assert one_by_one.nodes is not None
    assert one_by_one.nodes.placed == (
        Placed("default/a", 0, 0, 0, 0, HOUR, 0),
        Placed("default/b", 0, 0, HOUR, HOUR, 2 * HOUR, 2 * 8 * HOUR),
    )


def test_a_full_node_is_not_cleared_for_higher_priority_while_quota_suffices() -> None:
    """Rules, 21.12 X4: Kueue preempts for quota only, and kube-scheduler knows no workload priority."""
    preemption = Preemption(within_cluster_queue=PreemptionPolicy.LOWER_PRIORITY)
    urgent = job("urgent", 1, 8, at_ms=MINUTE, priority=1000)
    waits = run([job("low", 8, 1), urgent], nodes(1), quota=16, preemption=preemption)
    preempts = run([job("low", 8, 1), urgent], nodes(1), quota=8, preemption=preemption)
    assert (log(waits, since_ms=MINUTE), log(preempts, types=("Preempted", "Started"))[1:3]) == (
        [
            "60 Admitted urgent",
            "60 Unschedulable urgent 0/1 nodes are available: 1 Insufficient nvidia.com/gpu.",
            "3600 Finished low",
            "3600 Started urgent n1",
            "7200 Finished urgent",
        ],
        [
            "60 Preempted low Preempted to accommodate a workload (UID: urgent, JobUID: UNKNOWN) due to prioritization "
            "in the ClusterQueue; preemptor path: /main; preemptee path: /main lost 60",
            "60 Started urgent n1",
        ],
    )


def test_a_failed_node_ends_its_pods_which_are_placed_again_while_the_quota_is_kept() -> None:
    """The work goes on from its last checkpoint, after the cost of a restart."""
    work = job("a", 2, 8, checkpoint_every_ms=7 * MINUTE, restart_cost_ms=MINUTE)
    timeline = [
        act(10 * MINUTE, "fail", "n1"),
        act(20 * MINUTE, "cordon", "n1"),
        act(20 * MINUTE, "fail", "n3"),
        act(30 * MINUTE, "repair", "n1"),
        act(31 * MINUTE, "uncordon", "n1"),
    ]
    timing = Timing(pod_start_ms=15_000, node_failure_ms=MINUTE)
    assert log(run([work], nodes(3), timeline=timeline, timing=timing)) == [
        "0 Admitted a",
        "15 Started a n1, n2",
        "600 Node fail n1",
        "600 Interrupted a n1 lost 165",
        "675 Started a n2, n3",
        "1200 Node cordon n1",
        "1200 Node fail n3",
        "1200 Interrupted a n3 lost 105",
        "1260 Unschedulable a 0/3 nodes are available: 1 Insufficient nvidia.com/gpu, 1 node(s) had untolerated taint "
        "{node.kubernetes.io/not-ready: }, 1 node(s) were unschedulable.",
        "1800 Node repair n1",
        "1860 Node uncordon n1",
        "1875 Started a n1, n2",
        "4695 Finished a",
    ]


def test_a_gang_that_lost_a_node_and_one_that_waits_block_each_other() -> None:
    gangs = [job("a", 4, 8), job("b", 4, 8, at_ms=MINUTE)]
    timeline = [act(10 * MINUTE, "fail", "n3"), act(20 * MINUTE, "repair", "n3")]
    assert log(run(gangs, nodes(6), timeline=timeline, horizon_ms=2 * HOUR), since_ms=MINUTE) == [
        "60 Admitted b",
        "60 Unschedulable b 0/6 nodes are available: 6 Insufficient nvidia.com/gpu.",
        "600 Node fail n3",
        "600 Interrupted a n3 lost 600",
        "600 Unschedulable a 0/6 nodes are available: 1 node(s) had untolerated taint "
        "{node.kubernetes.io/not-ready: }, 5 Insufficient nvidia.com/gpu.",
        "1200 Node repair n3",
    ]


def test_a_gang_on_two_failed_nodes_starts_when_the_pods_of_both_have_been_replaced() -> None:
    """The second node fails just when the pod of the first one is placed again."""
    timeline = [act(3 * MINUTE, "fail", "n1"), act(5 * MINUTE, "fail", "n2")]
    timing = Timing(node_failure_ms=2 * MINUTE)
    ran = run([job("a", 2, 8, runtime_ms=10 * MINUTE)], nodes(4), timeline=timeline, timing=timing)
    assert log(ran) == [
        "0 Admitted a",
        "0 Started a n1, n2",
        "180 Node fail n1",
        "180 Interrupted a n1 lost 180",
        "300 Node fail n2",
        "420 Started a n3, n4",
        "1020 Finished a",
    ]


def test_a_cordoned_node_keeps_its_pods_and_gets_no_new_ones() -> None:
    work = [job("old", 1, 4), job("new", 1, 4, at_ms=10 * MINUTE), job("last", 1, 4, at_ms=20 * MINUTE)]
    timeline = [act(5 * MINUTE, "cordon", "n1"), act(30 * MINUTE, "uncordon", "n1")]
    ran = run(work, nodes(2, gpus=4), "GpuPack", timeline=timeline)
    assert log(ran, types=("Started", "Unschedulable", "Finished")) == [
        "0 Started old n1",
        "600 Started new n2",
        "1200 Unschedulable last 0/2 nodes are available: 1 Insufficient nvidia.com/gpu, 1 node(s) were unschedulable.",
        "3600 Finished old",
        "3600 Started last n1",
        "4200 Finished new",
        "7200 Finished last",
    ]


def test_pods_that_run_by_themselves_start_as_soon_as_they_have_a_node() -> None:
    """Two at once, two after half an hour on new nodes; the removal of a node repeats the work of one pod."""
    timeline = [
        act(30 * MINUTE, "add-nodes", nodes=tuple(nodes(2, 2, "m"))),
        act(45 * MINUTE, "remove-node", "m1"),
    ]
    ran = run([job("a", 4, 2, gang=False)], nodes(1, gpus=4), timeline=timeline)
    assert (log(ran), ran.nodes and ran.nodes.nodes) == (
        [
            "0 Admitted a",
            "0 Started a n1 (2)",
            "0 Unschedulable a 0/1 nodes are available: 1 Insufficient nvidia.com/gpu.",
            "1800 Node add-nodes m1",
            "1800 Node add-nodes m2",
            "2700 Node remove-node m1",
            "2700 Interrupted a m1 lost 225",
            "2700 Unschedulable a 0/2 nodes are available: 2 Insufficient nvidia.com/gpu.",
            "7200 Finished a",
        ],
        (
            NodeUse("m1", 30 * MINUTE, 2, 15 * MINUTE, 2 * 15 * MINUTE),
            NodeUse("m2", 30 * MINUTE, 2, 90 * MINUTE, 2 * 60 * MINUTE),
            NodeUse("n1", 0, 4, 2 * HOUR, (4 + 2) * HOUR),
        ),
    )


def test_terminating_pods_hold_node_and_quota_until_they_are_gone() -> None:
    preemption = Preemption(within_cluster_queue=PreemptionPolicy.LOWER_PRIORITY)
    work = [job("low", 1, 8), job("high", 1, 8, at_ms=MINUTE, priority=1)]
    ran = run(work, nodes(1), quota=8, preemption=preemption, timing=Timing(termination_ms=30_000))
    assert log(ran, since_ms=MINUTE, types=("Preempted", "Requeued", "Admitted", "Started")) == [
        "60 Preempted low Preempted to accommodate a workload (UID: high, JobUID: UNKNOWN) due to prioritization in "
        "the ClusterQueue; preemptor path: /main; preemptee path: /main lost 60",
        "90 Requeued low",
        "90 Admitted high",
        "90 Started high n1",
        "3690 Admitted low",
        "3690 Started low n1",
    ]


def test_a_workload_none_of_whose_pods_has_a_node_gives_back_its_quota_at_once() -> None:
    preemption = Preemption(within_cluster_queue=PreemptionPolicy.LOWER_PRIORITY)
    work = [job("low", 1, 9), job("high", 1, 8, at_ms=MINUTE, priority=1)]
    ran = run(work, nodes(1), quota=9, preemption=preemption, timing=Timing(termination_ms=30_000), horizon_ms=HOUR)
    assert log(ran, since_ms=MINUTE, types=("Requeued", "Admitted", "Started")) == [
        "60 Requeued low",
        "60 Admitted high",
        "60 Started high n1",
    ]


def test_a_deleted_workload_frees_its_quota_at_once_and_its_nodes_after_termination() -> None:
    work = [job("old", 1, 8), job("new", 1, 8, at_ms=MINUTE)]
    timeline = [act(2 * MINUTE, "delete", "default/old")]
    ran = run(work, nodes(1), quota=8, timeline=timeline, timing=Timing(termination_ms=30_000))
    assert log(ran, since_ms=2 * MINUTE) == [
        "120 Deleted old",
        "120 Admitted new",
        "120 Unschedulable new 0/1 nodes are available: 1 Insufficient nvidia.com/gpu.",
        "150 Started new n1",
        "3750 Finished new",
    ]


def test_pods_that_are_not_kueues_take_room() -> None:
    ran = run([job("a", 2, 4)], nodes(2), "GpuPack", node_pods=(NodePod("other", "n1", {GPU: 1}),))
    assert log(ran, types=("Started",)) == ["0 Started a n1, n2"]


def test_without_nodes_everything_runs_at_once_and_nothing_is_placed() -> None:
    ran = run([job("a", 4, 8)], ())
    assert (log(ran), ran.nodes) == (["0 Admitted a", "3600 Finished a"], None)


def test_work_evicted_without_nodes_goes_on_from_its_checkpoint_too() -> None:
    preemption = Preemption(within_cluster_queue=PreemptionPolicy.LOWER_PRIORITY)
    low = job("low", 1, 8, checkpoint_every_ms=20 * MINUTE, restart_cost_ms=MINUTE)
    work = [low, job("high", 1, 8, at_ms=50 * MINUTE, priority=1, runtime_ms=MINUTE)]
    ran = run(work, (), quota=8, preemption=preemption)
    low_life = [fact for fact in ran.facts if fact.workload == "default/low" and fact.type in ("Preempted", "Finished")]
    assert [(fact.at_ms // MINUTE, fact.type, fact.lost_ms // MINUTE) for fact in low_life] == [
        (50, "Preempted", 10),
        (51 + 1 + 20, "Finished", 0),
    ]
