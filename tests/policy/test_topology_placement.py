"""What holds for every placement, whatever the cluster and the request."""

from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from kueue_sim.model import Node, Policy, ResourceFlavor, Settings, Taint, Toleration, Topology
from kueue_sim.policy.topology.flavor_topology import Demand
from kueue_sim.policy.topology.snapshot import Topologies, topology_usage
from tests.policy.clusters import BLOCK, GPU, HOST, LEVELS, RACK, nodes, place, pods, topologies

GATES = ("TASProfileMixed", "TASBalancedPlacement")


@st.composite
def clusters(draw: st.DrawFn) -> tuple[Node, ...]:
    """Up to three blocks of up to three racks of up to four nodes, each with 0 to 9 GPUs."""
    parts, number = [], 0
    for block in range(draw(st.integers(1, 3))):
        for rack in range(draw(st.integers(1, 3))):
            sizes = draw(st.lists(st.integers(0, 9), min_size=1, max_size=4))
            names = [f"n{number + index} {size}" for index, size in enumerate(sizes)]
            number += len(sizes)
            parts.append(f"b{block}/r{rack}: {', '.join(names)}")
    return nodes("; ".join(parts))


@st.composite
def demands(draw: st.DrawFn, name: str = "main") -> Demand:
    count, size = draw(st.integers(1, 20)), draw(st.integers(1, 3))
    level, below = draw(st.sampled_from([(a, b) for i, a in enumerate(LEVELS) for b in LEVELS[i:]]))
    layers = ((below, draw(st.integers(1, 4))),) if draw(st.booleans()) else ()
    where = draw(st.sampled_from(("required", "preferred", "unconstrained")))
    kind = {where: True if where == "unconstrained" else level}
    if where == "unconstrained":
        layers = ()
    return pods(count, name, {GPU: size}, layers, None, **kind)


gates = st.fixed_dictionaries({name: st.booleans() for name in GATES})


def placed(there: Topologies, demand: Demand) -> dict[str, int] | None:
    """Pods per node; None when there is no place."""
    found = place(there, demand)
    return found if isinstance(found, dict) else None


@settings(max_examples=200, deadline=None)
@given(clusters(), demands(), gates)
def test_no_node_gets_more_pods_than_fit_and_all_whole_slices_have_a_place(
    cluster: tuple[Node, ...], demand: Demand, on: dict[str, bool]
) -> None:
    found = placed(topologies(cluster, **on), demand)
    if found is None:
        return
    size = demand.pod_set.requests[GPU]
    room = {node.name: node.allocatable[GPU] // size for node in cluster}
    layers = demand.pod_set.topology.slice_layers if demand.pod_set.topology is not None else ()
    unit = layers[0].size if layers else 1
    assert all(0 < count <= room[name] for name, count in found.items())
    assert sum(found.values()) == demand.count // unit * unit


@settings(max_examples=200, deadline=None)
@given(clusters(), demands())
def test_a_required_level_is_one_domain_and_slices_do_not_cross_domains(
    cluster: tuple[Node, ...], demand: Demand
) -> None:
    found = placed(topologies(cluster), demand)
    request = demand.pod_set.topology
    if found is None or request is None:
        return
    path = {node.name: tuple(node.labels[level] for level in LEVELS) for node in cluster}
    if request.required is not None:
        depth = LEVELS.index(request.required) + 1
        assert len({path[name][:depth] for name in found}) <= 1
    for layer in request.slice_layers:
        depth = LEVELS.index(layer.level) + 1
        pods_in: dict[tuple[str, ...], int] = {}
        for name, count in found.items():
            pods_in[path[name][:depth]] = pods_in.get(path[name][:depth], 0) + count
        assert all(count % layer.size == 0 for count in pods_in.values())


@settings(max_examples=100, deadline=None)
@given(clusters(), demands(), st.randoms(use_true_random=False))
def test_the_order_in_which_nodes_are_known_does_not_matter(
    cluster: tuple[Node, ...], demand: Demand, random: Random
) -> None:
    shuffled = list(cluster)
    random.shuffle(shuffled)
    assert place(topologies(tuple(shuffled)), demand) == place(topologies(cluster), demand)


@settings(max_examples=100, deadline=None)
@given(clusters(), st.lists(demands(), min_size=1, max_size=6), st.data())
def test_counts_kept_up_to_date_answer_as_counts_made_afresh(
    cluster: tuple[Node, ...], requests: list[Demand], data: st.DataObject
) -> None:
    """Place, occupy, and free again; after every step a cluster that is built anew must give the same answer."""
    there, taken = topologies(cluster), []
    for demand in requests:
        found = there.find([demand])
        fresh = topologies(cluster)
        for usage in taken:
            fresh.charge(usage, +1)
        assert found == fresh.find([demand])
        if found.failure is None:
            taken.append(topology_usage(demand.pod_set, "gpu", found.assignments["main"]))
            there.charge(taken[-1], +1)
        if taken and data.draw(st.booleans()):
            there.charge(taken.pop(data.draw(st.integers(0, len(taken) - 1))), -1)


@settings(max_examples=100, deadline=None)
@given(clusters(), demands("first"), demands("second"))
def test_finding_a_place_for_several_pod_sets_leaves_no_trace(
    cluster: tuple[Node, ...], first: Demand, second: Demand
) -> None:
    there = topologies(cluster)
    before = {name: list(column) for name, column in there.flavors["gpu"].remaining.amounts.items()}
    there.find([first, second])
    there.find([first, second], unused=True)
    assert there.flavors["gpu"].remaining.amounts == before


@settings(max_examples=100, deadline=None)
@given(clusters(), st.integers(1, 16), st.sampled_from((BLOCK, RACK)))
def test_a_leader_and_its_workers_share_the_required_domain_and_fit_together(
    cluster: tuple[Node, ...], count: int, level: str
) -> None:
    workers, leader = pods(count, "w", group="g", required=level), pods(1, "l", group="g", required=level)
    found = place(topologies(cluster), workers, leader)
    if not isinstance(found, dict):
        return
    room = {node.name: node.allocatable[GPU] for node in cluster}
    depth = LEVELS.index(level) + 1
    path = {node.name: tuple(node.labels[one] for one in LEVELS)[:depth] for node in cluster}
    used = {name: found["w"].get(name, 0) + found["l"].get(name, 0) for name in found["w"].keys() | found["l"].keys()}
    assert (sum(found["w"].values()), sum(found["l"].values())) == (count, 1)
    assert all(count <= room[name] for name, count in used.items())
    assert len({path[name] for name in used}) == 1


def test_an_unschedulable_or_unready_node_does_not_exist_and_a_taint_must_be_tolerated() -> None:
    good, cordoned, broken = nodes("b1/r1: n1 1, n2 4, n3 4")
    there = topologies((good, replace(cordoned, unschedulable=True), replace(broken, ready=False)))
    assert place(there, pods(2, required=RACK)) == 'topology "t" allows to fit only 1 out of 2 pod(s)'


def test_a_node_selector_excludes_nodes_and_the_message_counts_them() -> None:
    demand = pods(2, required=HOST)
    picky = replace(demand, pod_set=replace(demand.pod_set, node_selector={HOST: "n9"}))
    message = 'topology "t" doesn\'t allow to fit any of 2 pod(s). Total nodes: 2; excluded: nodeSelector: 2'
    assert place("b1/r1: n1 4, n2 4", picky) == message


def test_with_the_schedulers_own_plugins_a_pod_goes_wherever_its_template_lets_it() -> None:
    good, cordoned, broken, tainted = nodes("b1/r1: n1 1, n2 4, n3 4, n4 4")
    taint = Taint("gpu", "yes", "NoSchedule")
    cluster = (
        good,
        replace(cordoned, unschedulable=True),
        replace(broken, ready=False),
        replace(tainted, taints=(taint,)),
    )
    flavor = ResourceFlavor("gpu", {"pool": "gpu"}, tolerations=(Toleration("gpu", "Exists"),), topology_name="t")
    policy = Policy(flavors=(flavor,), topologies=(Topology("t", LEVELS),))
    plain, library = (
        Topologies(policy, Settings(gates={"SchedulerLibraryIntegration": on}), cluster, ()) for on in (False, True)
    )
    demand = pods(2, required=HOST)
    brave = replace(demand, pod_set=replace(demand.pod_set, tolerations=(Toleration(operator="Exists"),)))
    assert [place(there, demand) for there in (plain, library)] == [
        {"n4": 2},
        'topology "t" allows to fit only 1 out of 2 pod(s)',
    ]
    assert place(library, pods(5, required=HOST)) == 'topology "t" allows to fit only 1 out of 5 pod(s)'
    assert (place(plain, brave), place(library, brave)) == ({"n4": 2}, {"n2": 2})
    too_big = pods(1, requests={GPU: 9}, required=HOST)
    assert place(library, too_big) == (
        'topology "t" doesn\'t allow to fit any of 1 pod(s). '
        f'Total nodes: 4; excluded: resource "{GPU}": 1, schedulerLibraryNoFit: 3'
    )
