"""Which node each named policy takes, and why the others were refused."""

from dataclasses import replace

import pytest

from kueue_sim.model import (
    PLACEMENT_POLICIES,
    AffinityTerm,
    Expression,
    Placement,
    PodSet,
    PreferredTerm,
    ResourceFlavor,
    Taint,
    Toleration,
)
from kueue_sim.policy.placement import Constraint, Nodes, NodeState, Placer, shape_of
from kueue_sim.policy.placement.preferences import preference
from tests.placement.builders import GPU, amounts, cluster, node, pod, put, tainted

PLACING = PLACEMENT_POLICIES[:-1]
"""All but the last, with which no pod is placed."""


def test_each_policy_takes_its_own_node() -> None:
    loads = {"n4": (0, 0, 0), "n2": (48, 256, 4), "n3": (8, 64, 7), "n1": (96, 0, 0)}
    chosen = {}
    for policy in PLACING:
        placer = cluster([node(name) for name in loads], Placement(policy))
        for name, load in loads.items():
            placer.nodes.bind(pod(*load), placer.nodes.by_name[name])
        chosen[policy] = put(placer, pod(cpu=8, gi=64, gpu=1))
    assert chosen == {
        "LeastAllocated": "n4",
        "MostAllocated": "n3",
        "RequestedToCapacityRatio": "n3",
        "GpuSpread": "n4",
        "GpuPack": "n3",
        "FirstFit": "n4",
        "Random": "n2",
    }


def test_equal_nodes_are_told_apart_by_name_or_by_the_order_of_the_scenario() -> None:
    nodes = [node("b"), node("a"), node("B")]
    assert [put(cluster(nodes, Placement(policy)), pod(gpu=1)) for policy in PLACING] == [
        *["B"] * 5,
        "b",
        "B",
    ]


def test_ties_at_random_are_drawn_among_the_best_alone() -> None:
    asked: list[int] = []

    def last(count: int) -> int:
        asked.append(count)
        return count - 1

    states = Nodes([NodeState(node(name, gpu=gpus)) for name, gpus in (("a", 8), ("b", 8), ("c", 4), ("d", 2))])
    pods = [pod(gpu=4)] * 4
    found = []
    for policy in (Placement("GpuSpread", random_ties=True), Placement("Random")):
        placer = Placer(states, preference(policy), last)
        found.append([put(placer, one) for one in pods])
    assert (found, asked) == ([["b", "a", "c", "b"], ["a", None, None, None]], [2, 3, 2])


def test_soft_taints_and_preferred_affinity_weigh_against_the_extreme_of_the_feasible_nodes() -> None:
    near = PreferredTerm(10, AffinityTerm((Expression("zone", "In", ("z1",)),)))
    wish = pod(cpu=8, gi=64, constraint=Constraint(preferred=(near,)))
    plain = pod(cpu=8, gi=64)
    soft = tainted("b", "PreferNoSchedule")
    cases = {
        "full node in the wished zone": ([node("a"), node("b", zone="z1")], "b", wish),
        "empty node with a soft taint": ([node("a"), soft], "a", plain),
        "only soft taints": ([soft], None, plain),
    }
    found = {}
    for name, (nodes, loaded, shape) in cases.items():
        placer = cluster(nodes)
        if loaded:
            placer.nodes.bind(pod(cpu=48, gi=512), placer.nodes.by_name[loaded])
        found[name] = put(placer, shape)
    assert found == {
        "full node in the wished zone": "b",
        "empty node with a soft taint": "a",
        "only soft taints": "b",
    }


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        (node("n", cpu=1), "1 Insufficient cpu"),
        (node("n", cpu=1, gpu=0), "1 Insufficient cpu, 1 Insufficient nvidia.com/gpu"),
        (replace(node("n"), allocatable={**amounts(96, 1024, 8), "pods": 0}), "1 Too many pods"),
        (replace(node("n"), unschedulable=True), "1 node(s) were unschedulable"),
        (replace(node("n"), ready=False), "1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }"),
        (tainted("n", "NoSchedule"), "1 node(s) had untolerated taint {team: other}"),
        (tainted("n", "PreferNoSchedule", "NoExecute"), "1 node(s) had untolerated taint {team: other}"),
        (node("n", zone="z2"), "1 node(s) didn't match Pod's node affinity/selector"),
    ],
)
def test_a_refused_node_is_explained_in_the_words_of_kube_scheduler(refused: object, words: str) -> None:
    selector = Constraint(selector=(("zone", "z1"),)) if "match" in words else Constraint()
    shape = pod(cpu=2, gpu=1, constraint=selector)
    placer = cluster([refused])  # type: ignore[list-item]
    assert (placer.choose(shape), placer.explain(shape)) == (
        None,
        f"0/1 nodes are available: {words}.",
    )


def test_reasons_are_counted_over_all_nodes() -> None:
    placer = cluster([node("a", gpu=4), node("b", gpu=4), replace(node("c"), unschedulable=True)])
    assert placer.explain(pod(gpu=8)) == (
        "0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient nvidia.com/gpu."
    )


def test_the_explanation_follows_what_happens_to_the_nodes() -> None:
    placer = cluster([node("a"), node("b")])
    large, a = pod(gpu=8), placer.nodes.by_name["a"]
    put(placer, large), put(placer, large)
    told = [placer.explain(large)]
    placer.nodes.respecify(a, replace(a.spec, unschedulable=True))
    told.append(placer.explain(large))
    placer.nodes.unbind(large, a)
    told.append(placer.explain(large))
    placer.nodes.respecify(a, replace(a.spec, unschedulable=False))
    told.append(placer.explain(large))
    assert told == [
        "0/2 nodes are available: 2 Insufficient nvidia.com/gpu.",
        "0/2 nodes are available: 1 Insufficient nvidia.com/gpu, 1 node(s) were unschedulable.",
        "0/2 nodes are available: 1 Insufficient nvidia.com/gpu, 1 node(s) were unschedulable.",
        "0/2 nodes are available: 1 Insufficient nvidia.com/gpu.",
    ]


def test_a_cordoned_node_takes_pods_that_tolerate_it_but_a_failed_one_takes_none() -> None:
    everything = pod(gpu=1, constraint=Constraint(tolerations=(Toleration(operator="Exists"),)))
    nodes = [replace(node("cordoned"), unschedulable=True), replace(node("failed"), ready=False)]
    assert [put(cluster([one]), everything) for one in nodes] == ["cordoned", None]


def test_an_admitted_pod_set_takes_labels_and_tolerations_from_its_flavor_and_domain() -> None:
    spot = Toleration("spot", "Exists")
    flavor = ResourceFlavor("spot", {"pool": "spot"}, tolerations=(spot,))
    pods = PodSet("main", 4, {"credits": 30}, node_selector={"zone": "z1"}, pod_requests=amounts(cpu=2, gpu=1))
    assert shape_of(pods, (flavor,), {"rack": "r1"}) == pod(
        cpu=2,
        gpu=1,
        constraint=Constraint((("pool", "spot"), ("rack", "r1"), ("zone", "z1")), tolerations=(spot,)),
    )


def test_an_added_cordon_or_failure_is_noticed_by_shapes_that_know_the_node() -> None:
    placer = cluster([node("a"), node("b")])
    one, states = pod(gpu=1), placer.nodes.by_name
    spec = states["a"].spec
    found = [placer.choose(one)]
    for changed in (replace(spec, unschedulable=True), replace(spec, ready=False), spec):
        placer.nodes.respecify(states["a"], changed)
        found.append(placer.choose(one))
    assert found == [states["a"], states["b"], states["b"], states["a"]]


def test_taints_and_selectors_of_pods_decide_which_pool_they_go_to() -> None:
    guard = Taint("gpu", "true", "NoSchedule")
    nodes = [replace(node("g", pool="gpu"), taints=(guard,)), node("c", gpu=0, pool="cpu")]
    tolerant = Constraint(tolerations=(Toleration("gpu", "Equal", "true"),))
    affine = Constraint(affinity=(AffinityTerm((Expression("pool", "NotIn", ("gpu",)),)),))
    shapes = [pod(cpu=1), pod(cpu=1, constraint=tolerant), pod(cpu=1, constraint=affine), pod(gpu=1)]
    placer = cluster(nodes, Placement("MostAllocated", weights={GPU: 1, "cpu": 1}))
    placer.nodes.bind(pod(cpu=90), placer.nodes.by_name["g"])
    assert [put(placer, shape) for shape in shapes] == ["c", "g", "c", None]
