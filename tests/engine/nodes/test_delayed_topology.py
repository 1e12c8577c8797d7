"""Pods that are placed only when a ProvisioningRequest has made nodes for them (R20.18, R20.60)."""

from dataclasses import replace
from typing import Any

from kueue_sim.engine import Run, simulate
from kueue_sim.engine.simulation import Simulation
from kueue_sim.model import (
    AdmissionCheck,
    AdmissionCheckRule,
    CheckAnswer,
    CheckBehavior,
    ClusterQueue,
    FlavorQuotas,
    LocalQueue,
    Node,
    PodSet,
    PodSetUpdate,
    Policy,
    Quota,
    ResourceFlavor,
    ResourceGroup,
    Scenario,
    Taint,
    Toleration,
    Topology,
    TopologyRequest,
    Workload,
)
from kueue_sim.policy.workloads.pod_updates import conflict
from tests.engine.worlds import GPU, act, log

HOST = "kubernetes.io/hostname"
PROVISIONING, MULTIKUEUE = "kueue.x-k8s.io/provisioning-request", "kueue.x-k8s.io/multikueue"
LIFE = ("QuotaReserved", "Check", "Admitted", "Started", "Finished", "Pending")


def node(name: str) -> Node:
    return Node(name, {HOST: name, "pool": "tas"}, (), {GPU: 8, "pods": 110})


def run(cluster: list[Node], *actions: Any, **more: Any) -> Run:
    return simulate(world(cluster, *actions, **more))


def world(
    cluster: list[Node],
    *actions: Any,
    controller: str = PROVISIONING,
    updates: tuple[PodSetUpdate, ...] = (),
    names: tuple[str, ...] = ("w",),
) -> Scenario:
    """Workloads of a minute, one each name; their check answers after 30 s, with updates for their pods."""
    group = ResourceGroup((GPU,), (FlavorQuotas("tas", ((GPU, Quota(64)),)),))
    policy = Policy(
        flavors=(ResourceFlavor("tas", {"pool": "tas"}, topology_name="hosts"),),
        cluster_queues=(ClusterQueue("main", (group,), admission_checks=(AdmissionCheckRule("nodes"),)),),
        local_queues=(LocalQueue("main", "default", "main"),),
        topologies=(Topology("hosts", (HOST,)),),
        admission_checks=(AdmissionCheck("nodes", controller),),
    )
    pod_set = PodSet("main", 2, {GPU: 4}, topology=TopologyRequest(required=HOST))
    workloads = tuple(Workload(name, "default", "main", (pod_set,), name, runtime_ms=60_000) for name in names)
    answers = (CheckBehavior("nodes", answers=(CheckAnswer("Ready", 30_000, updates=updates),)),)
    return Scenario("delayed", policy, workloads, nodes=tuple(cluster), timeline=actions, checks=answers)


def test_the_second_pass_comes_a_second_after_the_check_is_ready_and_admits() -> None:
    assert log(run([node("n1")]), types=LIFE) == [
        "0 QuotaReserved w",
        "30 Check w nodes",
        "31 Admitted w",
        "31 Started w n1 (2)",
        "91 Finished w",
    ]


def test_a_place_that_is_missing_is_sought_again_later_each_time() -> None:
    """At 31, 33 and 37 s; the node comes at 34 s, and quota is held all the while."""
    provisioned = run([], act(34_000, "add-nodes", nodes=(node("n1"),)))
    assert log(provisioned, types=LIFE) == [
        "0 QuotaReserved w",
        "30 Check w nodes",
        "37 Admitted w",
        "37 Started w n1 (2)",
        "97 Finished w",
    ]
    admitted = next(fact for fact in provisioned.facts if fact.type == "Admitted")
    topology = admitted.pod_sets[0].topology
    assert topology is not None
    assert [(domain.values, domain.count) for domain in topology.domains] == [(("n1",), 2)]


def test_other_checks_do_not_delay_the_place() -> None:
    checked = run([node("n1")], controller="example.com/budget")
    assert log(checked, types=LIFE)[:3] == ["0 QuotaReserved w", "30 Check w nodes", "30 Admitted w"]


def test_workloads_of_multikueue_are_placed_elsewhere() -> None:
    dispatched = run([node("n1")], controller=MULTIKUEUE)
    admitted = next(fact for fact in dispatched.facts if fact.type == "Admitted")
    assert (admitted.at_ms, admitted.pod_sets[0].topology) == (30_000, None)
    assert log(dispatched, types=LIFE)[2:] == [
        "30 Admitted w",
        "30 Started w in another cluster",
        "90 Finished w",
    ]


def test_workloads_of_multikueue_take_no_room_on_the_nodes_here() -> None:
    """A second one of the same size would not fit beside it on the only node."""
    both = run([node("n1")], controller=MULTIKUEUE, names=("v", "w"))
    assert [line for line in log(both, types=("Started",)) if line.startswith("30")] == [
        "30 Started v in another cluster",
        "30 Started w in another cluster",
    ]


PROVISIONED = replace(
    node("n2"), labels={**node("n2").labels, "made-for": "w"}, taints=(Taint("new", "", "NoSchedule"),)
)
MADE = PodSetUpdate("main", {"made-for": "w"}, (Toleration("new", "Exists"),))


def test_pods_go_where_the_ready_checks_send_them() -> None:
    """The first node by name would do as well, and nobody but the workload may use the second."""
    cluster = [node("n1"), PROVISIONED]
    started = [log(run(cluster, updates=updates), types=("Started",)) for updates in ((), (MADE,))]
    assert started == [["31 Started w n1 (2)"], ["31 Started w n2 (2)"]]
    other = run(cluster, updates=(PodSetUpdate("another", {"made-for": "w"}),))
    assert log(other, types=("Started",)) == ["31 Started w n1 (2)"]


def test_what_checks_added_still_holds_where_a_run_is_taken_over() -> None:
    """Its node fails afterwards, and the first of the others by name may not be used by anybody else."""
    third = replace(PROVISIONED, name="n3", labels={**PROVISIONED.labels, HOST: "n3"})
    begins = world([node("n1"), PROVISIONED, third], updates=(MADE,))
    present = Simulation(begins).present(40_000)
    taken_over = simulate(replace(present, timeline=(act(1_000, "fail", "n2"),)))
    assert log(taken_over, types=("Started", "Reassigned")) == [
        "0 Started w n2 (2)",
        "2 Reassigned w",
        "2 Started w n3 (2)",
    ]


def test_what_checks_add_holds_for_pods_that_no_topology_places_too() -> None:
    group = ResourceGroup((GPU,), (FlavorQuotas("any", ((GPU, Quota(64)),)),))
    queue = ClusterQueue("main", (group,), admission_checks=(AdmissionCheckRule("nodes"),))
    policy = Policy(
        flavors=(ResourceFlavor("any"),),
        cluster_queues=(queue,),
        local_queues=(LocalQueue("main", "default", "main"),),
        admission_checks=(AdmissionCheck("nodes"),),
    )
    workload = Workload("w", "default", "main", (PodSet("main", 2, {GPU: 4}),), "w", runtime_ms=60_000)
    checks = (CheckBehavior("nodes", (CheckAnswer(updates=(replace(MADE, pod_set=""),)),)),)
    cluster = (node("n1"), PROVISIONED)
    run = simulate(Scenario("plain", policy, (workload,), nodes=cluster, checks=checks))
    assert log(run, types=("Started",)) == ["0 Started w n2 (2)"]


def test_a_selector_that_contradicts_that_of_the_pods_leaves_them_without_place() -> None:
    elsewhere = replace(MADE, node_selector={HOST: "n9"})
    contradictory = (MADE, PodSetUpdate("", {"made-for": "somebody else"}))
    message = (
        "invalid podSetUpdate for PodSet main, error: invalid admission check PodSetUpdate: conflict for nodeSelector: "
        "conflict for key=made-for, value1=w, value2=somebody else"
    )
    refused = run([PROVISIONED], act(60_000, "delete", "default/w"), updates=contradictory)
    lost = run([PROVISIONED], act(60_000, "delete", "default/w"), updates=(elsewhere,))
    assert [log(one, types=("Admitted", "Started")) for one in (refused, lost)] == [[], []]
    assert conflict(PodSet("main", 1), contradictory) == message
