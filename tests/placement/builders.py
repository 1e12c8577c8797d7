"""Nodes and pods for the tests of placement: amounts as people write them."""

from collections.abc import Sequence

from kueue_sim.model import Node, Placement, Taint
from kueue_sim.policy.placement import Constraint, Placer, PodShape, place_on

GPU = "nvidia.com/gpu"
GI = 2**30
ANYWHERE, DEFAULT = Constraint(), Placement()


def amounts(cpu: int = 0, gi: int = 0, gpu: int = 0) -> dict[str, int]:
    """Requests or allocatable: cores, GiB, GPUs."""
    return {"cpu": cpu * 1000, "memory": gi * GI, GPU: gpu}


def node(name: str, cpu: int = 96, gi: int = 1024, gpu: int = 8, **labels: str) -> Node:
    return Node(name, labels, allocatable=amounts(cpu, gi, gpu))


def tainted(name: str, *effects: str) -> Node:
    taints = tuple(Taint("team", "other", effect) for effect in effects)
    return Node(name, {}, taints, amounts(96, 1024, 8))


def pod(cpu: int = 0, gi: int = 0, gpu: int = 0, constraint: Constraint = ANYWHERE) -> PodShape:
    return PodShape.of(amounts(cpu, gi, gpu), constraint)


def first(count: int) -> int:
    """Chance that always takes the first."""
    return 0


def cluster(nodes: Sequence[Node], placement: Placement = DEFAULT) -> Placer:
    return place_on(nodes, placement, first)


def put(placer: Placer, shape: PodShape) -> str | None:
    """Place one pod; the name of its node."""
    found = placer.choose(shape)
    if found is None:
        return None
    placer.nodes.bind(shape, found)
    return found.name
