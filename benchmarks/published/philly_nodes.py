"""The Philly trace on nodes of eight GPUs, where a job starts only when its pods have a place: Kueue's topology.

The reference replay places a job and then starts it, in one decision. Quota alone cannot do that; topology-aware
scheduling can. Every virtual cluster has nodes and a flavor of its own, every GPU of a job is a pod:

* up to eight GPUs: the topology is required at the level of the node, and Kueue takes the node with the least room
  that suffices, the first by name when equal. That is the reference's rule;
* above: slices of eight pods fill wholly free nodes, the first by name. That is the reference's rule, too;
* the remainder of a job of, say, 20 GPUs: Kueue again takes the node with the least room that suffices. The reference
  takes the one with the most, which no request to Kueue can express; ``freest_remainder`` puts it in Kueue's place.

"Shortest job first" is StrictFIFO with the negative duration for a priority. None of this preempts anybody.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.published.philly import FROM, UNTIL, philly, virtual_clusters
from kueue_sim.model import Node, PodSet, ResourceFlavor, Scenario, SliceLayer, Topology, TopologyRequest, Workload
from kueue_sim.policy.topology.descent import Placement
from kueue_sim.policy.topology.flavor_topology import Demand, FlavorTopology

GPU, HOSTNAME, CLUSTER = "nvidia.com/gpu", "kubernetes.io/hostname", "virtual-cluster"
GPUS_PER_NODE = 8
REMAINDER = "remainder"
"""Name of the pod set with the GPUs that are left over from whole nodes."""
ON_ONE_NODE = TopologyRequest(required=HOSTNAME)
ON_WHOLE_NODES = TopologyRequest(slice_layers=(SliceLayer(HOSTNAME, GPUS_PER_NODE),))


@dataclass(frozen=True, slots=True)
class OnNodes:
    """The jobs of a trace with a pod per GPU; ``shortest_first`` gives short ones precedence."""

    jobs: Iterable[Workload]
    shortest_first: bool

    def __iter__(self) -> Iterator[Workload]:
        for job in self.jobs:
            gpus = sum(pods.count * pods.requests[GPU] for pods in job.pod_sets)
            seconds = (job.runtime_ms or 0) // 1000
            yield job._replace(pod_sets=pod_sets(gpus), priority=-seconds if self.shortest_first else 0)


def pod_sets(gpus: int) -> tuple[PodSet, ...]:
    """What a job of so many GPUs asks of the nodes."""
    whole, rest = gpus // GPUS_PER_NODE * GPUS_PER_NODE, gpus % GPUS_PER_NODE
    if gpus <= GPUS_PER_NODE:
        return (_pods("main", gpus, ON_ONE_NODE),)
    nodes = _pods("main", whole, ON_WHOLE_NODES)
    return (nodes, _pods(REMAINDER, rest, ON_ONE_NODE)) if rest else (nodes,)


def _pods(name: str, count: int, request: TopologyRequest) -> PodSet:
    return PodSet(name, count, {GPU: 1}, topology=request)


def on_nodes(folder: Path, factor: str, shortest_first: bool, clusters: Sequence[str] = ()) -> Scenario:
    """October and November 2017 with every virtual cluster on nodes of its own, or only some of the clusters."""
    pools = philly(folder, factor, "StrictFIFO", None, (FROM, UNTIL), clusters)
    gpus = virtual_clusters(folder, factor)
    queues = []
    for queue in pools.policy.cluster_queues:
        group = queue.resource_groups[0]
        flavors = (replace(group.flavors[0], name=queue.name),)
        queues.append(replace(queue, resource_groups=(replace(group, flavors=flavors),)))
    flavors = [ResourceFlavor(name, {CLUSTER: name}, topology_name="nodes") for name in gpus]
    policy = replace(
        pools.policy,
        cluster_queues=tuple(queues),
        flavors=tuple(flavors),
        topologies=(Topology("nodes", (HOSTNAME,)),),
    )
    nodes = [_node(name, number) for name in clusters or gpus for number in range(gpus[name] // GPUS_PER_NODE)]
    return replace(pools, policy=policy, nodes=tuple(nodes), workloads=OnNodes(pools.workloads, shortest_first))


def _node(cluster: str, number: int) -> Node:
    name = f"{cluster}-{number:02}"
    return Node(name, {CLUSTER: cluster, HOSTNAME: name}, allocatable={GPU: GPUS_PER_NODE, "pods": 110})


def freest_remainder() -> AbstractContextManager[object]:
    """While this holds, a remainder goes to the node with the most room, as in the reference."""
    tight_fit = FlavorTopology.find

    def find(self: FlavorTopology, workers: Demand, leader: Demand | None, unused: bool = False, **more: Any) -> object:
        found = tight_fit(self, workers, leader, unused, **more)
        if workers.pod_set.name != REMAINDER or not isinstance(found, Placement):
            return found
        free = (self.unused if unused else self.remaining).column(GPU)
        return Placement(((free.index(max(free)), workers.count),))

    return patch.object(FlavorTopology, "find", find)
