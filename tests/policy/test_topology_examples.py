"""The worked examples E1 to E19 of page 20 of the rulebook, which were checked against Kueue itself."""

import pytest

from kueue_sim.model import Node
from kueue_sim.policy.topology.flavor_topology import Demand
from kueue_sim.policy.topology.snapshot import Repair, topology_usage
from tests.policy.clusters import BASE, BLOCK, GPU, HOST, RACK, nodes, on_hosts, place, pods, topologies


def test_e1_a_required_rack_is_the_tightest_that_fits_and_so_is_the_last_node_in_it() -> None:
    assert place(BASE, pods(12, required=RACK)) == {"n3": 8, "n4": 4}


def test_e2_a_required_host_is_the_smallest_that_fits_and_the_first_of_equals() -> None:
    assert place(BASE, pods(3, required=HOST)) == {"n4": 3}
    assert place(BASE, pods(8, required=HOST)) == {"n1": 8}


def test_e3_a_preferred_rack_that_does_not_exist_becomes_a_block() -> None:
    assert place(BASE, pods(20, preferred=RACK)) == {"n1": 8, "n2": 8, "n4": 4}


def test_e4_a_preferred_host_climbs_to_the_tightest_rack() -> None:
    assert place(BASE, pods(9, preferred=HOST)) == {"n3": 8, "n5": 1}


def test_e5_the_racks_only_decide_which_nodes_are_in_the_pool() -> None:
    assert place("b1/r1: n1 5, n2 5; b1/r2: n3 9", pods(12, preferred=RACK)) == {"n1": 3, "n3": 9}


def test_e6_too_much_for_any_rack_fails_and_says_how_much_would_fit() -> None:
    assert place(BASE, pods(17, required=RACK)) == 'topology "t" allows to fit only 16 out of 17 pod(s)'


def test_e6_free_gpus_spread_over_nodes_are_no_room_for_a_large_pod() -> None:
    message = (
        'topology "t" allows to fit only 1 out of 2 pod(s). Total nodes: 3; excluded: resource "nvidia.com/gpu": 2'
    )
    assert place("b1/r1: n1 8, n2 4, n3 4", pods(2, requests={GPU: 8}, required=RACK)) == message


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, {"n1": 1}),
        (2, {"n3": 2}),
        (3, {"n2": 3}),
        (4, {"n4": 4}),
        (6, {"n4": 6}),
        (9, {"n1": 1, "n2": 3, "n3": 2, "n4": 3}),
    ],
)
def test_e7_unconstrained_pods_fill_the_smallest_gap_that_takes_them_all(count: int, expected: dict[str, int]) -> None:
    assert place("b1/r1: n1 1, n2 3; b1/r2: n3 2, n4 8", pods(count, unconstrained=True)) == expected


def test_e8_slices_at_hosts_are_placed_where_most_fit_and_the_last_where_it_fits_tightest() -> None:
    rack = "b1/r1: a 6, b 5, c 4, d 3, e 2"
    assert place(rack, pods(12, layers=((HOST, 2),), required=BLOCK)) == {"a": 6, "c": 4, "e": 2}
    assert place(rack, pods(10, layers=((HOST, 2),))) == {"b": 2, "c": 4, "d": 2, "e": 2}


def test_e9_below_a_slice_level_pods_fill_the_smallest_nodes_first() -> None:
    rack = "b1/r1: h1 1, h2 2, h4 4, h8 8"
    assert place(rack, pods(6, layers=((RACK, 6),), required=BLOCK)) == {"h1": 1, "h2": 2, "h4": 3}
    assert place(rack, pods(6, required=BLOCK)) == {"h8": 6}


def test_e10_inner_layers_count_only_whole_groups() -> None:
    request = pods(4, layers=((RACK, 4), (HOST, 2)), required=BLOCK)
    assert place("b1/r1: h1 3, h2 3; b1/r2: h3 4", request) == {"h1": 2, "h2": 2}
    message = (
        'topology "t" doesn\'t allow to fit; 0/1 slice(s) fit on level rack; '
        "1/2 slice(s) fit on level kubernetes.io/hostname"
    )
    assert place("b1/r1: h1 3, h2 1", request) == message


def test_e11_a_leader_goes_where_its_loss_can_be_made_up_for() -> None:
    workers, leader = pods(16, "w", group="g", required=RACK), pods(1, "l", group="g", required=RACK)
    cluster = "b1/r1: n1 8, n2 8; b1/r2: n3 8, n4 9"
    assert place(cluster, workers, leader) == {"w": {"n3": 8, "n4": 8}, "l": {"n4": 1}}


def test_e11_a_leader_that_needs_something_else_takes_no_room_from_workers() -> None:
    cluster = topologies(
        tuple(
            Node(node.name, node.labels, (), {**node.allocatable, "cpu": 32_000 if node.name == "n3" else 0})
            for node in nodes("b1/r1: n1 8, n2 8; b1/r2: n3 8, n4 8")
        )
    )
    workers = pods(16, "w", group="g", required=RACK)
    leader = pods(1, "l", requests={"cpu": 32_000}, group="g", required=RACK)
    assert place(cluster, workers, leader) == {"w": {"n3": 8, "n4": 8}, "l": {"n3": 1}}


def test_e12_names_are_compared_byte_by_byte() -> None:
    assert place("b1/r1: n1 1, n2 1, n10 1, n11 1", pods(3, required=RACK)) == {"n1": 1, "n10": 1, "n11": 1}


def test_e13_a_second_pod_set_sees_the_places_of_the_first() -> None:
    first, second = pods(8, "first", required=HOST), pods(8, "second", required=HOST)
    assert place(BASE, first, second) == {"first": {"n1": 8}, "second": {"n2": 8}}


def test_e14_balanced_placement_spreads_over_as_few_nodes_as_the_greedy_one_needs() -> None:
    rack = "b1/r1: a 15, b 13, c 10"
    assert place(rack, pods(23, preferred=RACK), TASBalancedPlacement=True) == {"a": 12, "b": 11}
    assert place(rack, pods(23, preferred=RACK)) == {"a": 15, "c": 8}


def test_e14_balanced_placement_prefers_the_rack_that_covers_the_request_evenly() -> None:
    racks = "b1/r1: a 20, b 10; b1/r2: c 15, d 15"
    assert place(racks, pods(22, preferred=RACK), TASBalancedPlacement=True) == {"c": 11, "d": 11}
    assert place(racks, pods(20, preferred=RACK), TASBalancedPlacement=True) == {"a": 20}


def test_e14_balanced_placement_of_slices_takes_one_rack_when_that_suffices() -> None:
    racks = "b1/r1: a 15; b1/r2: b 15; b1/r3: c 15, d 15"
    request = pods(25, layers=((HOST, 5),), preferred=RACK)
    assert place(racks, request, TASBalancedPlacement=True) == {"c": 15, "d": 10}


TWO_RACKS = "b1/r1: x1 2, x2 2; b1/r2: x4 {x4}, x5 2"


def _repaired(x4: int, demand: Demand) -> object:
    """One pod each on x1, x2, x3 and x4, and x3 has failed."""
    there = topologies(nodes(TWO_RACKS.format(x4=x4)))
    old = on_hosts(x1=1, x2=1, x3=1, x4=1)
    there.charge(topology_usage(demand.pod_set, "gpu", old), +1)
    return place(there, demand, repair=Repair("x3", {"main": old}))


def test_e19_a_replacement_completes_the_broken_slice_in_its_rack() -> None:
    request = pods(4, layers=((RACK, 2),), required=BLOCK)
    assert _repaired(1, request) == {"x1": 1, "x2": 1, "x4": 1, "x5": 1}
    assert _repaired(2, request) == {"x1": 1, "x2": 1, "x4": 2}


def test_e19_a_broken_slice_of_a_slice_only_request_cannot_be_replaced() -> None:
    assert _repaired(2, pods(4, layers=((RACK, 2),))) == "topology level not specified"


def test_e19_without_slices_a_replacement_may_land_in_another_rack() -> None:
    assert _repaired(2, pods(4, preferred=RACK)) == {"x1": 2, "x2": 1, "x4": 1}
