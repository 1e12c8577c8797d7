"""A node fails under a workload that was placed by topology: its pods move, or its admission ends (R20.62–R20.73)."""

from dataclasses import replace
from typing import Any

from kueue_sim.engine import Run, simulate
from kueue_sim.model import (
    ClusterQueue,
    FlavorQuotas,
    LocalQueue,
    Node,
    Placement,
    PodSet,
    Policy,
    Quota,
    ResourceFlavor,
    ResourceGroup,
    Scenario,
    Settings,
    Timing,
    Topology,
    TopologyRequest,
    WaitForPodsReady,
    Workload,
)
from tests.engine.worlds import GPU, HOUR, act, log

HOST = "kubernetes.io/hostname"
LIFE = ("Admitted", "Started", "Interrupted", "Evicted", "Requeued", "Pending")
NO_ROOM = "Workload was evicted as there was no replacement for unhealthy node(s): n1"


def node(name: str, gpus: int = 2) -> Node:
    return Node(name, {HOST: name, "pool": "tas"}, (), {GPU: gpus, "pods": 110})


def job(name: str, pods: int, at_ms: int = 0, runtime_ms: int | None = HOUR) -> Workload:
    """Pods of two GPUs, on any hosts."""
    pod_set = PodSet("main", pods, {GPU: 2}, topology=TopologyRequest(preferred=HOST))
    return Workload(name, "default", "main", (pod_set,), name, at_ms, runtime_ms=runtime_ms)


def run(workloads: list[Workload], cluster: list[Node], *actions: Any, **more: Any) -> Run:
    """A node that stops answering is found 40 s later."""
    group = ResourceGroup((GPU,), (FlavorQuotas("tas", ((GPU, Quota(64)),)),))
    policy = Policy(
        flavors=(ResourceFlavor("tas", {"pool": "tas"}, topology_name="hosts"),),
        cluster_queues=(ClusterQueue("main", (group,)),),
        local_queues=(LocalQueue("main", "default", "main"),),
        topologies=(Topology("hosts", (HOST,)),),
    )
    timing = Timing(node_failure_ms=40_000)
    parts = {"nodes": tuple(cluster), "timeline": tuple(actions), "timing": timing, "horizon_ms": 300_000, **more}
    return simulate(Scenario("failures", policy, tuple(workloads), **parts))


def test_the_pods_of_a_failed_node_move_to_another_one_and_the_workload_goes_on() -> None:
    """The failure is found after 40 s, the pod event counts 0.1 s later, the second pass runs 1 s after that."""
    failing = run([job("w", 2)], [node("n1"), node("n2"), node("n3")], act(60_000, "fail", "n1"))
    assert log(failing, types=LIFE) == [
        "0 Admitted w",
        "0 Started w n1, n2",
        "60 Interrupted w n1 lost 60",
        "101 Started w n2, n3",
    ]


def test_a_second_pass_need_not_wait_until_all_pods_are_ready() -> None:
    """With one admission at a time, the workload itself would be the one to wait for (R4.71)."""
    settings = Settings(wait_for_pods_ready=WaitForPodsReady(block_admission=True))
    cluster = [node("n1"), node("n2"), node("n3")]
    failing = run([job("w", 2)], cluster, act(60_000, "fail", "n1"), settings=settings)
    assert log(failing, since_ms=61_000, types=LIFE) == ["101 Started w n2, n3"]


def test_without_another_node_the_workload_is_evicted_and_waits_for_room() -> None:
    failing = run([job("w", 2)], [node("n1"), node("n2")], act(60_000, "fail", "n1"), act(200_000, "repair", "n1"))
    assert log(failing, types=LIFE) == [
        "0 Admitted w",
        "0 Started w n1, n2",
        "60 Interrupted w n1 lost 60",
        f"101 Evicted w {NO_ROOM}",
        "101 Requeued w",
        '101 Pending w couldn\'t assign flavors to pod set main: topology "hosts" allows to fit only 1 out of 2 pod(s)',
        "200 Admitted w",
        "200 Started w n1, n2",
    ]


def test_without_fail_fast_the_second_pass_is_tried_again_later_each_time() -> None:
    """Attempts at 101, 103.1, 107.1 and 115 s; the last of them sees the node that came at 110 s (R20.66)."""
    settings = Settings(gates={"TASFailedNodeReplacementFailFast": False})
    added = act(110_000, "add-nodes", nodes=(node("n3"),))
    failing = run([job("w", 2)], [node("n1"), node("n2")], act(60_000, "fail", "n1"), added, settings=settings)
    assert log(failing, since_ms=100_000, types=LIFE) == ["115 Started w n2, n3"]


def test_a_removed_node_is_known_at_once() -> None:
    removed = run([job("w", 1)], [node("n1"), node("n2")], act(60_000, "remove-node", "n1"))
    assert log(removed, since_ms=60_000, types=LIFE) == [
        "60 Interrupted w n1 lost 60",
        "61 Started w n2",
    ]


def test_a_second_node_that_fails_before_the_first_is_replaced_ends_the_admission() -> None:
    failing = run(
        [job("w", 2)],
        [node("n1"), node("n2"), node("n3"), node("n4")],
        act(60_000, "fail", "n1"),
        act(60_500, "fail", "n2"),
    )
    message = "Workload eviction triggered due to multiple TAS assigned node failures, including: n1, n2"
    assert log(failing, types=("Evicted", "Admitted", "Started")) == [
        "0 Admitted w",
        "0 Started w n1, n2",
        f"100.5 Evicted w {message}",
        "100.5 Admitted w",
        "100.5 Started w n3, n4",
    ]


def test_a_node_that_is_back_before_it_is_missed_changes_nothing() -> None:
    blip = run([job("w", 1)], [node("n1"), node("n2")], act(60_000, "fail", "n1"), act(70_000, "repair", "n1"))
    assert log(blip, types=("Evicted", "Admitted", "Started")) == ["0 Admitted w", "0 Started w n1", "100 Started w n1"]


def test_a_cordoned_node_takes_nobody_and_keeps_whom_it_has() -> None:
    cordoned = run(
        [job("old", 1), job("new", 1, at_ms=70_000)],
        [node("n1", gpus=4)],
        act(60_000, "cordon", "n1"),
        act(90_000, "uncordon", "n1"),
    )
    assert log(cordoned) == [
        "0 Admitted old",
        "0 Started old n1",
        "60 Node cordon n1",
        "70 Pending new couldn't assign flavors to pod set main: no topology domains at level: kubernetes.io/hostname",
        "90 Node uncordon n1",
        "90 Admitted new",
        "90 Started new n1",
    ]


def test_pods_beside_the_topology_take_its_room_until_they_end() -> None:
    """Two flavors over one node: what the one without topology runs there, the other cannot have (R21.32)."""
    shared = node("n1", gpus=4)
    groups = tuple(
        ResourceGroup((resource,), (FlavorQuotas(flavor, ((resource, Quota(64)),)),))
        for resource, flavor in ((GPU, "tas"), ("cpu", "plain"))
    )
    policy = Policy(
        flavors=(ResourceFlavor("tas", {"pool": "tas"}, topology_name="hosts"), ResourceFlavor("plain")),
        cluster_queues=(ClusterQueue("main", groups),),
        local_queues=(LocalQueue("main", "default", "main"),),
        topologies=(Topology("hosts", (HOST,)),),
    )
    plain = PodSet("main", 1, {"cpu": 1}, pod_requests={"cpu": 1, GPU: 2})
    workloads = (
        Workload("plain", "default", "main", (plain,), "plain", 0, runtime_ms=60_000),
        job("tas", 2)._replace(created_ms=10_000),
    )
    cluster = (replace(shared, allocatable={GPU: 4, "cpu": 8, "pods": 110}),)
    beside = simulate(Scenario("beside", policy, workloads, nodes=cluster, horizon_ms=100_000))
    message = 'couldn\'t assign flavors to pod set main: topology "hosts" allows to fit only 1 out of 2 pod(s)'
    assert log(beside, types=LIFE) == [
        "0 Admitted plain",
        "0 Started plain n1",
        f"10 Pending tas {message}",
        "60 Admitted tas",
        "60 Started tas n1 (2)",
    ]


def test_an_added_node_is_used_at_once() -> None:
    grown = run([job("w", 2)], [node("n1")], act(60_000, "add-nodes", nodes=(node("n2"),)))
    assert log(grown, types=("Admitted", "Started")) == ["60 Admitted w", "60 Started w n1, n2"]


def test_where_flushes_are_batched_changes_of_nodes_are_collected_for_a_second_before() -> None:
    grown = run(
        [job("w", 2)], [node("n1")], act(60_000, "add-nodes", nodes=(node("n2"),)), timing=Timing(flush_ms=1_000)
    )
    assert log(grown, types=("Admitted", "Started")) == ["62 Admitted w", "62 Started w n1, n2"]


def test_a_queue_that_is_gone_when_the_second_is_over_hears_of_no_nodes() -> None:
    grown = act(60_000, "add-nodes", nodes=(node("n2"),))
    deleted = act(60_500, "remove", "main", name="ClusterQueue")
    gone = run([job("w", 2)], [node("n1")], grown, deleted, timing=Timing(flush_ms=1_000))
    assert (log(gone, types=("Admitted", "Started")), gone.states) == ([], {"default/w": "pending"})


def test_work_that_is_deleted_before_its_pods_are_ready_never_starts() -> None:
    slow = job("w", 1)._replace(ready_after_ms=(10_000,))
    deleted = run([slow], [node("n1")], act(5_000, "delete", "default/w"), placement=Placement("none"))
    assert log(deleted, types=("Admitted", "Started", "Deleted")) == ["0 Admitted w", "5 Deleted w"]
