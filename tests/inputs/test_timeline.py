"""What happens beside the workloads: changes of policy, nodes and queues, each in force from its own time on."""

from typing import Any

import pytest

from kueue_sim.errors import InputError
from kueue_sim.inputs import scenario_from_dict
from kueue_sim.model import Action, ClusterQueue, Quota, Scenario, StopPolicy

GPU = "nvidia.com/gpu"
HOUR = 3_600_000


def document(*actions: dict[str, Any], **sections: object) -> dict[str, Any]:
    quota = [{"name": GPU, "nominalQuota": 4}]
    groups = [{"coveredResources": [GPU], "flavors": [{"name": "gpu", "resources": quota}]}]
    objects = [
        {"kind": "ResourceFlavor", "metadata": {"name": "gpu"}},
        {
            "kind": "ClusterQueue",
            "metadata": {"name": "a"},
            "spec": {"namespaceSelector": {}, "resourceGroups": groups},
        },
        {"kind": "LocalQueue", "metadata": {"name": "lq", "namespace": "x"}, "spec": {"clusterQueue": "a"}},
    ]
    return {
        "apiVersion": "kueue-sim/v1",
        "kind": "Scenario",
        "cluster": {"nodePools": [{"name": "p", "count": 2, "resources": {GPU: 4}}]},
        "policy": {"objects": objects},
        "timeline": list(actions),
        **sections,
    }


def mistakes_of(raw: dict[str, Any]) -> list[str]:
    with pytest.raises(InputError) as caught:
        scenario_from_dict(raw)
    return [str(mistake) for mistake in caught.value.mistakes]


def changed_queues(scenario: Scenario) -> list[tuple[int, ClusterQueue]]:
    return [
        (action.at_ms, item)
        for action in scenario.timeline
        for item in action.objects
        if isinstance(item, ClusterQueue)
    ]


def gpu_quota(queue: ClusterQueue) -> Quota:
    return dict(queue.resource_groups[0].flavors[0].resources)[GPU]


def test_nodes_are_named_one_by_one_or_by_pool_and_may_join_later() -> None:
    pool = {"name": "q", "count": 1, "resources": {GPU: 8}}
    scenario = scenario_from_dict(
        document(
            {"at": "3h", "do": "repair", "node": "p-0"},
            {"at": "1h", "do": "fail", "pool": "p"},
            {"at": "2h", "do": "addNodes", "nodePool": pool},
            {"at": "4h", "do": "cordon", "nodes": ["p-1", "q-0"]},
            {"at": "5h", "do": "removeNode", "node": "q-0"},
        )
    )
    assert [
        (action.at_ms // HOUR, action.do, action.target or action.nodes[0].name) for action in scenario.timeline
    ] == [
        (1, "fail", "p-0"),
        (1, "fail", "p-1"),
        (2, "add-nodes", "q-0"),
        (3, "repair", "p-0"),
        (4, "cordon", "p-1"),
        (4, "cordon", "q-0"),
        (5, "remove-node", "q-0"),
    ]


def test_single_values_change_on_top_of_what_changed_before() -> None:
    scenario = scenario_from_dict(
        document(
            {"at": "2h", "do": "apply", "set": {"clusterQueues.a.weight": 3}},
            {"at": "1h", "do": "apply", "set": {f"clusterQueues.a.{GPU}.nominalQuota": 7}},
            {"at": "90m", "do": "stop", "clusterQueue": "a"},
        )
    )
    changes = changed_queues(scenario)
    assert [(at // 60_000, gpu_quota(one), one.fair_weight, one.stop_policy) for at, one in changes] == [
        (60, Quota(7), 1.0, StopPolicy.NONE),
        (120, Quota(7), 3.0, StopPolicy.HOLD),
    ]


def test_queues_stop_and_start_again() -> None:
    scenario = scenario_from_dict(
        document(
            {"at": "1h", "do": "stop", "clusterQueue": "a", "stopPolicy": "HoldAndDrain"},
            {"at": "2h", "do": "stop", "clusterQueue": "a", "stopPolicy": "None"},
            {"at": "3h", "do": "stop", "localQueue": "x/lq"},
        )
    )
    assert scenario.timeline == (
        Action(HOUR, "stop", "a", stop_policy="HoldAndDrain"),
        Action(2 * HOUR, "stop", "a", stop_policy="None"),
        Action(3 * HOUR, "stop", "x/lq", stop_policy="Hold"),
    )


def test_actions_that_name_nothing_are_refused() -> None:
    assert mistakes_of(
        document(
            {"at": "1h", "do": "delete", "workload": "nobody"},
            {"at": "1h", "do": "cordon"},
            {"at": "1h", "do": "cordon", "pool": "q", "stopPolicy": "Hold"},
            {"at": "1h", "do": "stop"},
            {"at": "1h", "do": "stop", "localQueue": "lq"},
            {"at": "1h", "do": "apply"},
            {"at": "1h", "do": "apply", "objects": [{"kind": "Topology", "metadata": {"name": "t"}}]},
            {"at": "1h", "do": "apply", "set": {"clusterQueues.b.weight": 1}},
            {"at": "1h", "do": "apply", "set": {"clusterQueues.a.weight": -1}},
            {"at": "soon", "do": "uncordon", "node": "p-0"},
            {"do": "uncordon", "node": "p-0"},
        )
    ) == [
        "timeline[9].at: 'soon' is not a duration (examples: 30m, 1h30m, 250ms, 2d)",
        "timeline[10]: at is missing",
        "timeline[0].workload: there is no workload 'nobody'; there are none",
        "timeline[1]: node, nodes or pool is missing",
        "timeline[2].stopPolicy: stopPolicy has no effect with cordon; accepted: node, nodes, pool",
        "timeline[2].pool: there is no node pool 'q'; accepted: p",
        "timeline[3]: stop needs either clusterQueue or localQueue",
        "timeline[4].localQueue: there is no LocalQueue 'lq'; did you mean 'x/lq'?",
        "timeline[5]: apply needs objects, include, set, commands or requests",
        "timeline[6].objects[0].kind: 'Topology' cannot be applied during a run; accepted: ClusterQueue, Cohort, "
        "LocalQueue, Namespace, Node, ResourceFlavor, WorkloadPriorityClass, and jobs",
        "timeline[7].set.clusterQueues.b.weight: no such value; did you mean 'clusterQueues.a.weight'?",
        "set: spec.fairSharing.weight: -1 is negative; at least 0 is accepted",
    ]


def hyperpod(*actions: dict[str, Any]) -> Scenario:
    resources = [{"InstanceType": "ml.g5.8xlarge", "Count": 1}]
    quota = {"ComputeQuotaConfig": {"ComputeQuotaResources": resources}, "ComputeQuotaTarget": {"TeamName": "a"}}
    section = {"clusterSchedulerConfig": {"IdleResourceSharing": "Enabled"}, "computeQuotas": [quota]}
    pool = {"name": "p", "instanceType": "ml.g5.8xlarge", "count": 3}
    return scenario_from_dict(document(*actions, cluster={"nodePools": [pool]}, policy={"hyperpod": section}))


def test_capacity_that_no_team_owns_is_a_pool_to_borrow_from() -> None:
    policy = hyperpod().policy
    pool = policy.cluster_queues[1]
    assert (pool.name, pool.cohort, gpu_quota(pool), [queue.cluster_queue for queue in policy.local_queues]) == (
        "hyperpod-ns-idle-resource-sharing-cq-1",
        "hyperpod",
        Quota(2),
        ["hyperpod-ns-a-clusterqueue"],
    )


def test_the_pool_follows_nodes_and_quotas() -> None:
    scenario = hyperpod(
        {"at": "1h", "do": "fail", "node": "p-0"},
        {"at": "2h", "do": "cordon", "nodes": ["p-1", "p-2"]},
        {"at": "3h", "do": "repair", "pool": "p"},
        {"at": "4h", "do": "uncordon", "pool": "p"},
        {"at": "5h", "do": "apply", "set": {f"clusterQueues.a.{GPU}.nominalQuota": 3}},
    )
    pools = [(at // HOUR, gpu_quota(queue).nominal) for at, queue in changed_queues(scenario) if "idle" in queue.name]
    assert pools == [(1, 1), (2, 0), (4, 2), (5, 0)]
