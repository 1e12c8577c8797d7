"""Which nodes does a scenario have, in whatever way it says so? Pools, manifests, described clusters, node lists."""

from dataclasses import dataclass

from sim.inputs.cluster import node_pool, read_pools
from sim.inputs.field import Field, Source
from sim.inputs.files import Files
from sim.inputs.manifests import flatten, read_objects
from sim.inputs.schema import CLUSTER
from sim.model import Node, NodePod, Settings

KINDS = ("Node", "Pod")
GROUPS = "InstanceGroups"
"""Member of the answer to `aws sagemaker describe-cluster` that lists the nodes."""


@dataclass(frozen=True, slots=True)
class ClusterSection:
    """``pools`` has the names of each pool's nodes; ``node_pods`` hold a part of the nodes already."""

    pools: dict[str, tuple[str, ...]]
    nodes: tuple[Node, ...]
    node_pods: tuple[NodePod, ...]


def read_cluster(section: Field, files: Files, settings: Settings) -> ClusterSection:
    """All nodes of the ``cluster`` section; mistakes go to its report."""
    section.only(*CLUSTER)
    pools, nodes = read_pools(section)
    found = [*section.get("nodes").items(), *files.manifests(section.get("include"))]
    described = [document for document in found if document.get(GROUPS).present]
    manifests = flatten(document for document in found if not document.get(GROUPS).present)
    for manifest in manifests:
        kind = manifest.get("kind")
        if kind.value not in KINDS:
            kind.wrong(f"kind {kind.value!r} is not accepted here; only Node and Pod")
    objects = read_objects([item for item in manifests if item.get("kind").value in KINDS], settings)
    for document in described:
        for group in document.get(GROUPS).items():
            name = group.get("InstanceGroupName").needed("InstanceGroupName")
            made = _group_nodes(group, name)
            pools[name] = tuple(node.name for node in made)
            nodes += made
    if section.get("nodeList").present:
        from sim.inputs.node_list import read_node_list

        nodes += read_node_list(section.get("nodeList"), files)
    return ClusterSection(pools, nodes + objects.nodes, objects.node_pods)


def _group_nodes(group: Field, name: str) -> tuple[Node, ...]:
    """The nodes of an instance group as it is now; one thread per core halves the vCPUs."""
    labels, taints = group.get("KubernetesConfig", "CurrentLabels"), group.get("KubernetesConfig", "CurrentTaints")
    pool = {
        "name": name,
        "instanceType": group.get("InstanceType").value,
        "count": group.get("CurrentCount").value,
        "labels": labels.mapping() or None,
        "taints": [
            {
                key: item.get(key.capitalize()).value
                for key in ("key", "value", "effect")
                if item.get(key.capitalize()).present
            }
            for item in taints.items()
        ],
    }
    place = group.source.place(group.path)
    source = Source("", {}, {(): place}) if place else Source(name)
    nodes = node_pool(Field({key: value for key, value in pool.items() if value is not None}, source, group.report))
    if group.get("ThreadsPerCore").value != 1:
        return nodes
    return tuple(_single_threaded(node) for node in nodes)


def _single_threaded(node: Node) -> Node:
    amounts = {**node.allocatable, "cpu": node.allocatable.get("cpu", 0) // 2}
    return Node(node.name, node.labels, node.taints, amounts, node.ready, node.unschedulable)
