"""Clusters written in a line: ``b1/r1: n1 8, n2 8; b1/r2: n3 8`` are nodes in racks in blocks with so many GPUs."""

from collections.abc import Mapping

from kueue_sim.model import (
    Node,
    PodSet,
    Policy,
    ResourceFlavor,
    Settings,
    SliceLayer,
    Topology,
    TopologyAssignment,
    TopologyDomain,
    TopologyRequest,
)
from kueue_sim.policy.topology.flavor_topology import Demand
from kueue_sim.policy.topology.snapshot import Repair, Topologies

BLOCK, RACK, HOST = "block", "rack", "kubernetes.io/hostname"
GPU = "nvidia.com/gpu"
LEVELS = (BLOCK, RACK, HOST)
BASE = "b1/r1: n1 8, n2 8; b1/r2: n3 8, n4 4, n5 2"
"""The cluster of the rules' worked examples (docs/kueue, page 20)."""


def nodes(text: str, **more: int) -> tuple[Node, ...]:
    """The nodes of a line; ``more`` are further resources of every node."""
    found = []
    for part in text.split(";"):
        place, names = part.split(":")
        block, rack = place.strip().split("/")
        for item in names.split(","):
            name, gpus = item.split()
            labels = {BLOCK: block, RACK: rack, HOST: name, "pool": "gpu"}
            found.append(Node(name, labels, (), {GPU: int(gpus), "pods": 110, **more}))
    return tuple(found)


def topologies(cluster: tuple[Node, ...], levels: tuple[str, ...] = LEVELS, **gates: bool) -> Topologies:
    """One flavor ``gpu`` over the cluster."""
    policy = Policy(
        flavors=(ResourceFlavor("gpu", {"pool": "gpu"}, topology_name="t"),), topologies=(Topology("t", levels),)
    )
    return Topologies(policy, Settings(gates=gates), cluster, ())


def pods(
    count: int,
    name: str = "main",
    requests: Mapping[str, int] | None = None,
    layers: tuple[tuple[str, int], ...] = (),
    group: str | None = None,
    **where: str | bool,
) -> Demand:
    """So many pods of 1 GPU each; ``where`` is required, preferred or unconstrained."""
    slices = tuple(SliceLayer(level, size) for level, size in layers)
    required, preferred = where.get("required"), where.get("preferred")
    request = TopologyRequest(
        str(required) if required else None,
        str(preferred) if preferred else None,
        True if where.get("unconstrained") else None,
        slices,
        group,
    )
    return Demand(PodSet(name, count, requests or {GPU: 1}, topology=request), count, "gpu")


def place(cluster: str | Topologies, *demands: Demand, repair: Repair | None = None, **gates: bool) -> object:
    """Pods per node of each pod set (of the only one: without its name), or why there is no place."""
    there = topologies(nodes(cluster), **gates) if isinstance(cluster, str) else cluster
    found = there.find(demands, repair=repair)
    if found.failure is not None:
        return found.failure.reason
    placed = {name: on_nodes(assignment) for name, assignment in found.assignments.items()}
    return placed if len(demands) > 1 else placed[demands[0].pod_set.name]


def on_nodes(assignment: TopologyAssignment) -> dict[str, int]:
    return {domain.values[-1]: domain.count for domain in assignment.domains}


def on_hosts(**counts: int) -> TopologyAssignment:
    return TopologyAssignment((HOST,), tuple(TopologyDomain((name,), count) for name, count in counts.items()))
