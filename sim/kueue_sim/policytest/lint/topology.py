"""Rules about topology-aware scheduling: settings that it does not look at, and flavors that nobody reaches."""

from collections.abc import Iterator

from kueue_sim.model import ClusterQueue, Node, ResourceFlavor
from kueue_sim.policy.workloads.label_matching import untolerated_taint
from kueue_sim.policytest.lint.findings import Found, rule
from kueue_sim.policytest.lint.inspected import Inspected, flavors_of

_HOSTNAME = "kubernetes.io/hostname"


def _tainted(node: Node, flavor: ResourceFlavor) -> bool:
    """Whether the node has a taint that the flavor neither names nor tolerates."""
    unnamed = [taint for taint in node.taints if taint not in flavor.node_taints]
    return untolerated_taint(unnamed, flavor.tolerations) is not None


def _with_topology(world: Inspected, queue: ClusterQueue) -> list[ResourceFlavor]:
    known = (world.flavors.get(flavor.name) for flavor in flavors_of(queue))
    return [flavor for flavor in known if flavor is not None and flavor.topology_name is not None]


@rule("KS208", "topology-above-the-node", "warning")
def topology_above_the_node(world: Inspected) -> Iterator[Found]:
    """A Topology ends above the node, where Kueue does not look at taints, and nodes of its flavor have some.

    Nodes are told apart by taints, node selectors and affinity only when the lowest level is
    `kubernetes.io/hostname` (rule R20.20). With another one pods are counted on nodes that will not take them,
    and wait for those with their quota.

    Add `kubernetes.io/hostname` as the lowest level of the Topology.
    """
    for topology in world.policy.topologies:
        if not topology.levels or topology.levels[-1] == _HOSTNAME:
            continue
        for flavor in world.policy.flavors:
            nodes = world.nodes_of(flavor) if flavor.topology_name == topology.name else []
            tainted = [node.name for node in nodes if _tainted(node, flavor)]
            if tainted:
                more = f" and {len(tainted) - 1} more" if len(tainted) > 1 else ""
                yield (
                    f"Topology {topology.name} ends at {topology.levels[-1]}, so the taints of node {tainted[0]}{more} "
                    f"in flavor {flavor.name} do not count",
                    world.place("Topology", topology.name, "spec", "levels"),
                )


@rule("KS209", "topology-flavor-not-asked-for", "warning")
def topology_flavor_not_asked_for(world: Inspected) -> Iterator[Found]:
    """A ClusterQueue has flavors with and without a topology, and nothing submitted to it asks for a topology.

    Pods that say nothing use topology only where every flavor of the ClusterQueue has one (rule R20.13). Beside a
    flavor without topology, the others are closed to them, and their quota stays idle.

    Let the pods ask for it (`podset-unconstrained-topology` is enough), or give every flavor a topology.
    """
    if not world.settings.gate("TopologyAwareScheduling"):
        return
    for queue in world.policy.cluster_queues:
        submitted = [item.first for item in world.submitted if item.queue is queue]
        pod_sets = [pods for workload in submitted for pods in workload.pod_sets]
        asked = any(pods.topology is not None and pods.topology.explicit for pods in pod_sets)
        flavors = _with_topology(world, queue)
        if submitted and not asked and flavors and len(flavors) < len(list(flavors_of(queue))):
            yield (
                f"nothing submitted to ClusterQueue {queue.name} asks for the topology of flavor {flavors[0].name}, "
                "so it is never taken",
                world.place("ClusterQueue", queue.name, "spec", "resourceGroups"),
            )
