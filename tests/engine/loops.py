"""Small inputs in which work is evicted and admitted again."""

from typing import Any

GPU = "nvidia.com/gpu"


def _queues(quota: dict[str, int], fair: bool, **preemption: Any) -> dict[str, Any]:
    objects: list[dict[str, Any]] = [{"kind": "ResourceFlavor", "metadata": {"name": "gpu"}}]
    for name, gpus in quota.items():
        flavors = [{"name": "gpu", "resources": [{"name": GPU, "nominalQuota": gpus}]}]
        spec = {
            "cohortName": "all",
            "namespaceSelector": {},
            "preemption": {"withinClusterQueue": "LowerPriority", "reclaimWithinCohort": "Any", **preemption},
            "resourceGroups": [{"coveredResources": [GPU], "flavors": flavors}],
        }
        objects.append({"kind": "ClusterQueue", "metadata": {"name": name}, "spec": spec})
    document: dict[str, Any] = {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "policy": {"objects": objects}}
    if fair:
        document["kueue"] = {"configuration": {"fairSharing": {}}}
    return document


def _job(name: str, queue: str, minute: int, pods: int, runs: int, priority: int) -> dict[str, Any]:
    times = {"submit": f"{minute}m", "runtime": f"{runs}m"}
    return {"name": name, "queue": queue, "pods": pods, "requests": {GPU: 1}, "priority": priority, **times}


def five_jobs_of_three_teams() -> dict[str, Any]:
    """Fair sharing: each of three jobs evicts another one for hours."""
    document = _queues({"a": 4, "b": 2, "c": 6}, fair=True)
    document["workloads"] = [
        _job("j1", "a", 207, 4, 209, 80),
        _job("j2", "b", 288, 4, 237, 90),
        _job("j3", "a", 316, 3, 227, 90),
        _job("j4", "c", 319, 4, 159, 50),
        _job("j5", "a", 335, 2, 71, 50),
    ]
    return document


def five_jobs_of_two_teams() -> dict[str, Any]:
    """No fair sharing: a-mid evicts a-low, and b-wait waits for the same quota."""
    document = _queues({"a": 4, "b": 4}, fair=False, borrowWithinCohort={"policy": "LowerPriority"})
    document["workloads"] = [
        _job("a-low", "a", 0, 3, 120, 70),
        _job("a-high", "a", 1, 1, 120, 90),
        _job("b-run", "b", 2, 3, 120, 80),
        _job("b-wait", "b", 3, 3, 120, 80),
        _job("a-mid", "a", 4, 4, 120, 80),
    ]
    return document


def on_nodes(document: dict[str, Any], nodes: int) -> dict[str, Any]:
    """The same on so many nodes of one GPU."""
    return {**document, "cluster": {"nodePools": [{"name": "gpu", "instanceType": "ml.g5.8xlarge", "count": nodes}]}}


def placed_by_topology(document: dict[str, Any], nodes: int) -> dict[str, Any]:
    """The same on so many nodes, among which a topology places the pods."""
    objects = document["policy"]["objects"]
    objects[0]["spec"] = {"topologyName": "hosts", "nodeLabels": {"of": "all"}}
    levels = [{"nodeLabel": "kubernetes.io/hostname"}]
    objects.append({"kind": "Topology", "metadata": {"name": "hosts"}, "spec": {"levels": levels}})
    for job in document["workloads"]:
        job["topology"] = {"preferred": "kubernetes.io/hostname"}
    placed = on_nodes(document, nodes)
    placed["cluster"]["nodePools"][0]["labels"] = {"of": "all"}
    return placed


def jobs_whose_pods_never_started() -> dict[str, Any]:
    """Fair sharing on nodes: a job is evicted before its pods start, while another one's pods still end."""
    document = _queues({"a": 4, "b": 4}, fair=True)
    document["timing"] = "typical"
    document["cluster"] = {"nodePools": [{"name": "gpu", "instanceType": "ml.g5.8xlarge", "count": 8}]}
    document["workloads"] = [
        _job("j40", "b", 1249, 3, 182, 50),
        _job("j69", "a", 1283, 4, 216, 90),
        _job("j77", "a", 1312, 1, 214, 80),
        _job("j45", "b", 1356, 1, 52, 70),
        _job("j44", "b", 1379, 4, 18, 70),
    ]
    return document
