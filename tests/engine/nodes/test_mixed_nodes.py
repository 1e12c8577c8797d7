"""Pods that topology places and pods that it does not, on the same nodes."""

from kueue_sim.engine import simulate
from kueue_sim.model import (
    ClusterQueue,
    FlavorQuotas,
    LocalQueue,
    Node,
    PodSet,
    Policy,
    Quota,
    ResourceFlavor,
    ResourceGroup,
    Scenario,
    Timing,
    Topology,
    TopologyRequest,
    Workload,
)
from tests.engine.worlds import GPU, log

HOST = "kubernetes.io/hostname"
NODE = Node("n1", {HOST: "n1", "pool": "all"}, (), {GPU: 8, "pods": 110})
TOPOLOGY = Topology("hosts", (HOST,))
TAS = ResourceFlavor("tas", {"pool": "all"}, topology_name="hosts")


def queue(name: str, flavor: str) -> ClusterQueue:
    return ClusterQueue(name, (ResourceGroup((GPU,), (FlavorQuotas(flavor, ((GPU, Quota(64)),)),)),))


POLICY = Policy(
    flavors=(TAS, ResourceFlavor("plain", {"pool": "all"})),
    cluster_queues=(queue("topology", "tas"), queue("plain", "plain")),
    local_queues=tuple(LocalQueue(name, "default", name) for name in ("topology", "plain")),
    topologies=(TOPOLOGY,),
)


def job(name: str, queue: str, gpus: int, at_s: int, runtime_s: int) -> Workload:
    request = TopologyRequest(required=HOST) if queue == "topology" else None
    pods = (PodSet("main", 1, {GPU: gpus}, topology=request),)
    return Workload(name, "default", queue, pods, name, at_s * 1000, runtime_ms=runtime_s * 1000)


def test_topology_sees_what_other_pods_leave_and_gets_it_when_they_end() -> None:
    """Rules, 21.12 X5: six of eight GPUs are free for it while the other pod is there."""
    work = [job("other", "plain", 2, 0, 12), job("six", "topology", 6, 1, 5), job("eight", "topology", 8, 2, 60)]
    ran = simulate(Scenario("mixed", POLICY, tuple(work), nodes=(NODE,)))
    no_room = "couldn't assign flavors to pod set main: topology \"hosts\" doesn't allow to fit any of 1 pod(s)"
    assert log(ran) == [
        "0 Admitted other",
        "0 Started other n1",
        "1 Admitted six",
        "1 Started six n1",
        f'2 Pending eight {no_room}. Total nodes: 1; excluded: resource "nvidia.com/gpu": 1',
        "6 Finished six",
        "12 Finished other",
        "12 Admitted eight",
        "12 Started eight n1",
        "72 Finished eight",
    ]


def test_where_flushes_are_batched_nodes_freed_by_other_pods_are_collected_for_ten_seconds() -> None:
    """Rules, 21.12 X5: parked work is looked at again at the next tick, a flush later."""
    work = (job("other", "plain", 2, 0, 12), job("eight", "topology", 8, 2, 60))
    ran = simulate(Scenario("mixed", POLICY, work, nodes=(NODE,), timing=Timing(flush_ms=1_000)))
    assert log(ran, types=("Admitted",)) == ["0 Admitted other", "21 Admitted eight"]


def test_a_pod_placed_by_topology_waits_for_its_own_node_while_others_hold_it() -> None:
    """Quota of both was reserved in one cycle, before any pod was bound: Kueue overbooks the node (R21.35)."""
    first = job("a-job", "plain", 2, 0, 12)
    ran = simulate(Scenario("mixed", POLICY, (job("eight", "topology", 8, 0, 60), first), nodes=(NODE,)))
    assert log(ran, types=("Admitted", "Unschedulable", "Started")) == [
        "0 Admitted a-job",
        "0 Admitted eight",
        "0 Started a-job n1",
        "0 Unschedulable eight 0/1 nodes are available: 1 Insufficient nvidia.com/gpu.",
        "12 Started eight n1",
    ]
