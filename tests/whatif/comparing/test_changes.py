"""What a variant changes is told object by object, of jobs and nodes one by one as long as they are few."""

from dataclasses import replace

import pytest

from kueue_sim.inputs import scenario_from_dict
from kueue_sim.model import Node, PodSet, Policy, Scenario, Workload, WorkloadPriorityClass
from kueue_sim.model.team_names import IDLE_POOL, queue_of
from kueue_sim.whatif.comparing.changes import changes_between

JOBS = tuple(
    Workload(f"job-{number}", "ml", "lq", (), priority=1, runtime_ms=3_600_000, priority_class="low")
    for number in range(8)
)
NODES = tuple(Node(f"n{number}", allocatable={"nvidia.com/gpu": 8}) for number in range(8))
LOW = Policy(priority_classes=(WorkloadPriorityClass("low", 1),))
BASE = Scenario("base", policy=LOW, workloads=JOBS, nodes=NODES)


def of_jobs(number: int, **changed: object) -> Scenario:
    return replace(BASE, workloads=(*(one._replace(**changed) for one in JOBS[:number]), *JOBS[number:]))


def of_nodes(number: int, **changed: object) -> Scenario:
    return replace(BASE, nodes=(*(replace(one, **changed) for one in NODES[:number]), *NODES[number:]))


@pytest.mark.parametrize(
    ("variant", "told"),
    [
        (of_jobs(1, priority=2), [("Workload ml/job-0", "priority", "1", "2")]),
        (of_jobs(1, runtime_ms=7_200_000), [("Workload ml/job-0", "runtime", "1h", "2h")]),
        (
            replace(BASE, workloads=(*JOBS[1:], JOBS[0]._replace(created_ms=60_000))),
            [("Workload ml/job-0", "submit", "0s", "1m")],
        ),
        (
            of_jobs(1, pod_sets=(PodSet("main", 2, {"nvidia.com/gpu": 8, "cpu": 500}),)),
            [("Workload ml/job-0", "pods", "–", "2 of 8 nvidia.com/gpu, 500m cpu")],
        ),
        (of_jobs(1, allowed_flavors=("f",)), [("Workload ml/job-0", "allowedFlavors", "as it is", "another")]),
        (of_jobs(8, priority=2), [("work", "workloads", "8", "8 others")]),
        (
            replace(of_jobs(8, priority=5), policy=replace(LOW, priority_classes=(WorkloadPriorityClass("low", 5),))),
            [("WorkloadPriorityClass low", "value", "1", "5")],
        ),
        (of_nodes(1, allocatable={"nvidia.com/gpu": 8, "cpu": 4000}), [("Node n0", "allocatable.cpu", "–", "4")]),
        (of_nodes(1, unschedulable=True), [("Node n0", "unschedulable", "false", "true")]),
        (
            of_nodes(7, ready=False),
            [
                *((f"Node n{number}", "ready", "true", "false") for number in range(5)),
                ("nodes", "changed as well", "–", "2"),
            ],
        ),
        (BASE, []),
    ],
    ids=[
        "a priority",
        "a run time",
        "a submission",
        "pods",
        "a list",
        "all jobs",
        "a class",
        "room of a node",
        "a node",
        "many nodes",
        "nothing",
    ],
)
def test_what_changes_is_told_one_by_one_where_it_is_little(
    variant: Scenario, told: list[tuple[str, str, str, str]]
) -> None:
    found = [(one.object, one.field, one.before, one.after) for one in changes_between(BASE, variant).lines]
    assert found == told


GPU = "nvidia.com/gpu"


def governed(own: int, *actions: dict[str, object]) -> Scenario:
    """A team with so many GPUs of its own of 24, and HyperPod's pool of what no team owns; a node fails and is
    repaired."""
    config = {"ComputeQuotaResources": [{"InstanceType": "ml.g5.8xlarge", "Count": own}]}
    section = {
        "clusterSchedulerConfig": {"IdleResourceSharing": "Enabled"},
        "computeQuotas": [{"ComputeQuotaConfig": config, "ComputeQuotaTarget": {"TeamName": "a"}}],
    }
    fails = [{"at": "1h", "do": "fail", "node": "p-0"}, {"at": "2h", "do": "repair", "node": "p-0"}]
    return scenario_from_dict(
        {
            "apiVersion": "kueue-sim/v1",
            "kind": "Scenario",
            "cluster": {"nodePools": [{"name": "p", "instanceType": "ml.g5.8xlarge", "count": 24}]},
            "policy": {"hyperpod": section},
            "timeline": [*fails, *actions],
        }
    )


def test_what_the_pool_of_idle_resources_does_by_itself_is_no_action_that_a_variant_changes() -> None:
    found = changes_between(governed(4), governed(6))
    lines = [one for one in found.lines if one.object == "run" or one.field == f"{GPU}.nominalQuota"]
    told = [(one.object, one.before, one.after) for one in lines]
    assert told == [(f"ClusterQueue {queue_of('a')}", "4", "6"), (f"ClusterQueue {IDLE_POOL}", "20", "18")]
    assert found.moved == {queue_of("a"), IDLE_POOL, "total"}


def test_actions_are_counted_as_they_were_written() -> None:
    added = governed(4, {"at": "3h", "do": "fail", "node": "p-1"})
    found = changes_between(governed(4), added)
    assert [(one.before, one.after) for one in found.lines] == [("2 actions", "3 other actions")]
