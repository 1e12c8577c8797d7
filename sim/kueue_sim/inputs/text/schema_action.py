"""Which fields does an action of the timeline have?"""

from collections.abc import Mapping

ACTION: Mapping[str, tuple[str, str]] = {
    "at": ("duration", "When it happens"),
    "do": (
        "submit|delete|cordon|uncordon|drain|taint|fail|repair|addNodes|removeNode|apply|stop|activate|deactivate"
        "|podsReady|podsFailed|openGate|check|priority|scale|patch",
        "What happens",
    ),
    "workload": ("object", "submit: a workload; otherwise its name or namespace/name; delete: also a pattern"),
    "workloads": ("[#workload]", "submit: several workloads"),
    "node": ("text", "cordon, uncordon, drain, taint, fail, repair, removeNode: the node"),
    "nodes": ("list", "Several nodes by name; addNodes: Node manifests"),
    "pool": ("text", "All nodes of a pool"),
    "taints": ("list", "taint: all taints that the nodes have from now on, as in Kubernetes"),
    "nodePool": ("#nodePool", "addNodes: a group of equal nodes"),
    "objects": ("list", "apply, delete: manifests of policy and work; applied ones replace those of the same name"),
    "include": ("list", "apply, delete: files of manifests, relative to this file"),
    "manifest": ("object", "delete, scale: a manifest, or the name of a file with some"),
    "object": ("text", "delete, scale, patch: kind and name as kind/name; the name may be a pattern with *"),
    "namespace": ("text", "apply, delete, scale, patch: as kubectl -n"),
    "queue": ("text", "apply: LocalQueue of the work"),
    "runtime": ("duration", "apply: how long the work runs"),
    "checkpointEvery": ("duration", "apply: its progress is kept at these intervals"),
    "restartCost": ("duration", "apply: extra time after every restart of it"),
    "gang": ("bool", "apply: its progress needs all pods at once; true when absent"),
    "commands": ("text", "apply: `aws sagemaker` commands"),
    "requests": ("list", "apply: HyperPod requests, or answers of the service"),
    "pods": ("int", "scale: the number of pods from now on"),
    "podSet": ("text", "scale: which pods: a worker group, role or replicated job; the first of several when absent"),
    "patch": ("object", "patch: a merge patch, or a list of operations"),
    "set": ("object", "apply: single values by short path, such as clusterQueues.team-a.nvidia.com/gpu.nominalQuota"),
    "clusterQueue": ("text", "stop: the ClusterQueue"),
    "localQueue": ("text", "stop: the LocalQueue, as namespace/name"),
    "stopPolicy": ("None|Hold|HoldAndDrain", "stop: the new policy; Hold when absent"),
    "gate": ("text", "openGate: the preemption gate"),
    "check": ("text", "check: the AdmissionCheck"),
    "state": ("Pending|Ready|Retry|Rejected", "check: its new state for the workload"),
    "priority": ("int", "priority: the new priority of the workload"),
    "priorityClass": (
        "text",
        "priority: the WorkloadPriorityClass it comes from; absent: the workload keeps its own",
    ),
}
