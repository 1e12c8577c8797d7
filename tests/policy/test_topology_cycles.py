"""Topology and the rest of a cycle: preemption, neighbours, several heads at once (examples E15 to E18)."""

from kueue_sim.engine import simulate
from kueue_sim.model import (
    ClusterQueue,
    FlavorQuotas,
    LocalQueue,
    Namespace,
    Node,
    PodSet,
    Policy,
    Preemption,
    PreemptionPolicy,
    Quota,
    ResourceFlavor,
    ResourceGroup,
    Scenario,
    Settings,
    Topology,
    TopologyRequest,
    Workload,
)

HOST = "kubernetes.io/hostname"
NOBODY = Preemption()
LOWER = Preemption(within_cluster_queue=PreemptionPolicy.LOWER_PRIORITY)


def node(name: str, cpus: int, pool: str = "tas") -> Node:
    return Node(name, {HOST: name, "pool": pool}, (), {"cpu": cpus * 1000, "pods": 110})


def queue(name: str, flavors: dict[str, int], cohort: str | None = None, rules: Preemption = NOBODY) -> ClusterQueue:
    quotas = tuple(FlavorQuotas(flavor, (("cpu", Quota(cpus * 1000)),)) for flavor, cpus in flavors.items())
    return ClusterQueue(name, (ResourceGroup(("cpu",), quotas),), cohort, preemption=rules)


def job(name: str, cpus: int, at_s: int, priority: int = 0, team: str = "q") -> Workload:
    """One pod that must have a host of its own choice."""
    pod_set = PodSet("main", 1, {"cpu": cpus * 1000}, topology=TopologyRequest(required=HOST))
    return Workload(name, "ns", team, (pod_set,), name, at_s * 1000, priority)


def played(queues: tuple[ClusterQueue, ...], nodes: tuple[Node, ...], *workloads: Workload, **gates: bool) -> list[str]:
    """What happened: ``10 admitted w on node``, ``10 preempted v for w``; and who waits at the end, and why."""
    flavors = sorted({quotas.name for one in queues for group in one.resource_groups for quotas in group.flavors})
    policy = Policy(
        flavors=tuple(ResourceFlavor(name, {"pool": name}, topology_name="hosts") for name in flavors),
        cluster_queues=queues,
        local_queues=tuple(LocalQueue(one.name, "ns", one.name) for one in queues),
        namespaces=(Namespace("ns"),),
        topologies=(Topology("hosts", (HOST,)),),
    )
    run = simulate(Scenario("cycles", policy, workloads, Settings(gates=gates), nodes=nodes, horizon_ms=1_000_000))
    lines = []
    for fact in run.facts:
        at, who = fact.at_ms // 1000, fact.workload.removeprefix("ns/")
        if fact.type == "Admitted":
            topology = fact.pod_sets[0].topology
            assert topology is not None
            places = ", ".join(f"{one.values[-1]} {one.count}" for one in topology.domains)
            lines.append(f"{at} admitted {who} on {places.removesuffix(' 1')}")
        elif fact.type == "Preempted":
            lines.append(f"{at} preempted {who} for {fact.by.removeprefix('ns/')}")
    waiting = [f"{key.removeprefix('ns/')} waits: {message}" for key, (_, message) in run.pending.items()]
    return lines + waiting


def test_e15_a_fragmented_first_flavor_is_preempted_in_though_a_later_one_is_free() -> None:
    team = queue("q", {"fa": 20, "fb": 20}, rules=LOWER)
    low, high = job("low", 4, 0), job("high", 4, 10, priority=5)
    assert played((team,), (node("a1", 4, "fa"), node("b1", 4, "fb")), low, high) == [
        "0 admitted low on a1",
        "10 preempted low for high",
        "10 admitted high on a1",
        "10 admitted low on b1",
    ]


def test_e15_without_anybody_to_preempt_the_next_cycle_goes_to_the_next_flavor() -> None:
    team = queue("q", {"fa": 20, "fb": 20})
    low, high = job("low", 4, 0), job("high", 4, 10, priority=5)
    assert played((team,), (node("a1", 4, "fa"), node("b1", 4, "fb")), low, high) == [
        "0 admitted low on a1",
        "10 admitted high on b1",
    ]


def test_e16_victims_on_the_wrong_nodes_are_spared() -> None:
    team = queue("q", {"tas": 30}, rules=LOWER)
    nodes = (node("n1", 4), node("n2", 8), node("n3", 4))
    first, second, third = job("l1", 4, 0), job("l2", 5, 2, priority=1), job("l3", 4, 20, priority=1)
    assert played((team,), nodes, first, second, third, job("high", 8, 30, priority=5)) == [
        "0 admitted l1 on n1",
        "2 admitted l2 on n2",
        "20 admitted l3 on n3",
        "30 preempted l2 for high",
        "30 admitted high on n2",
        "l2 waits: couldn't assign flavors to pod set main: topology \"hosts\" doesn't allow to fit any of 1 pod(s). "
        'Total nodes: 3; excluded: resource "cpu": 3',
    ]


def test_e17_a_neighbour_within_its_quota_blocks_the_only_node() -> None:
    reclaim = Preemption(reclaim_within_cohort=PreemptionPolicy.ANY)
    teams = (queue("p", {"tas": 4}, "all"), queue("q", {"tas": 4}, "all", reclaim))
    assert played(teams, (node("n1", 4),), job("theirs", 4, 0, team="p"), job("ours", 4, 10)) == [
        "0 admitted theirs on n1",
        "ours waits: couldn't assign flavors to pod set main: topology \"hosts\" doesn't allow to fit any of 1 pod(s). "
        'Total nodes: 1; excluded: resource "cpu": 1',
    ]


def test_e18_heads_nominated_to_the_same_node_are_placed_one_after_another() -> None:
    teams = tuple(queue(name, {"tas": 4}) for name in ("q1", "q2", "q3"))
    heads = [job(f"w{number}", 4, 10, team=f"q{number}") for number in (1, 2, 3)]
    assert played(teams, (node("n1", 4), node("n2", 4)), *heads) == [
        "10 admitted w1 on n1",
        "10 admitted w2 on n2",
        "w3 waits: couldn't assign flavors to pod set main: topology \"hosts\" doesn't allow to fit any of 1 pod(s). "
        'Total nodes: 2; excluded: resource "cpu": 2',
    ]


def test_a_stricter_topology_request_shrinks_a_workload_that_may_shrink() -> None:
    team = queue("q", {"tas": 30})
    pod_set = PodSet("main", 5, {"cpu": 1000}, min_count=1, topology=TopologyRequest(required=HOST))
    elastic = Workload("elastic", "ns", "q", (pod_set,), "elastic")
    assert played((team,), (node("n1", 1),), elastic) == ["0 admitted elastic on n1"]


def test_a_workload_that_asks_for_nothing_has_no_flavor_to_be_placed_in() -> None:
    team = queue("q", {"tas": 30})
    empty = Workload("empty", "ns", "q", (PodSet("main", 1, {}, topology=TopologyRequest(required=HOST)),), "empty")
    assert played((team,), (node("n1", 1),), empty) == [
        "empty waits: failed to assign flavors to pod set main: no TAS flavor assigned"
    ]


def test_a_new_slice_of_an_elastic_workload_is_placed_around_the_pods_of_the_old_one() -> None:
    """With the gate the old pods stay and two are added; without it all four are placed beside the old slice."""
    team, nodes = queue("q", {"tas": 30}), (node("n1", 3), node("n2", 4))
    anywhere = TopologyRequest(unconstrained=True)
    old = Workload("old", "ns", "q", (PodSet("main", 2, {"cpu": 1000}, topology=anywhere),), "old")
    grown = PodSet("main", 4, {"cpu": 1000}, topology=anywhere)
    new = Workload("new", "ns", "q", (grown,), "new", 10_000, replaces="ns/old")
    assert played((team,), nodes, old, new, ElasticJobsViaWorkloadSlicesWithTAS=True) == [
        "0 admitted old on n1 2",
        "10 admitted new on n1 2, n2 2",
    ]
    assert played((team,), nodes, old, new) == ["0 admitted old on n1 2", "10 admitted new on n2 4"]


def test_an_elastic_workload_cannot_require_a_topology() -> None:
    team = queue("q", {"tas": 30})
    old, new = job("old", 1, 0), job("new", 1, 10)._replace(replaces="ns/old")
    assert played((team,), (node("n1", 4),), old, new, ElasticJobsViaWorkloadSlicesWithTAS=True) == [
        "0 admitted old on n1",
        "new waits: failed to assign flavors to pod set main: "
        "required topology is not supported with ElasticJobsViaWorkloadSlices",
    ]
