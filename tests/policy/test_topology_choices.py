"""Where Kueue leaves the answer to chance (or crashes), ours is fixed; docs/differences.md lists these."""

from dataclasses import replace

from kueue_sim.model import Policy, ResourceFlavor, Settings, Topology
from kueue_sim.policy.topology.snapshot import Repair, Topologies
from tests.policy.clusters import BLOCK, HOST, LEVELS, RACK, nodes, on_hosts, place, pods, topologies


def test_a_group_without_place_is_reported_for_its_first_pod_set() -> None:
    leader, workers = pods(1, "leader", group="g", required=RACK), pods(9, "workers", group="g", required=RACK)
    failures = [
        topologies(nodes("b1/r1: n1 8")).find(group).failure for group in ([leader, workers], [workers, leader])
    ]
    assert [failure.pod_set for failure in failures if failure is not None] == ["leader", "workers"]


def test_a_pod_set_without_place_in_two_flavors_is_reported_for_the_first_flavor_by_name() -> None:
    flavors = tuple(ResourceFlavor(name, {"pool": "gpu"}, topology_name="t") for name in ("b", "a"))
    there = Topologies(
        Policy(flavors=flavors, topologies=(Topology("t", LEVELS),)), Settings(), nodes("b1/r1: n 1"), ()
    )
    demands = [replace(pods(2, name, required=HOST), flavor=name) for name in ("b", "a")]
    failure = there.find(demands).failure
    assert failure is not None
    assert failure.flavor == "a"


def test_of_several_incomplete_slices_the_first_by_path_gets_the_replacement() -> None:
    there = topologies(nodes("b1/r1: n1 1, n2 8; b1/r2: n3 1, n4 8"))
    demand = pods(4, layers=((RACK, 2),), required=BLOCK)
    repair = Repair("gone", {"main": on_hosts(n1=1, n3=1, gone=1)})
    assert place(there, demand, repair=repair) == {"n1": 2, "n3": 1}


def test_of_two_nodes_with_one_hostname_the_first_by_name_says_where_it_is() -> None:
    one, other = nodes("b1/r1: n1 4; b2/r2: n2 4")
    twin = replace(other, labels={**other.labels, HOST: "n1"})
    paths = topologies((twin, one)).flavors["gpu"].tree.paths
    assert paths[-1] == [("b1", "r1", "n1")]


def test_balanced_placement_of_less_than_a_slice_places_nothing() -> None:
    request = pods(1, layers=((HOST, 2),), preferred=RACK)
    assert place("b1/r1: n1 4, n2 4", request, TASBalancedPlacement=True) == {}
