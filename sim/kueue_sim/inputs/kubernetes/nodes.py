"""Which nodes does the cluster have? Pools of equal nodes and Node manifests."""

from collections.abc import Mapping

from kueue_sim.inputs.kubernetes.instance_types import instance_type, instance_types
from kueue_sim.inputs.kubernetes.selectors import taints
from kueue_sim.inputs.text.field import Field, near_miss
from kueue_sim.inputs.text.schema import NODE_POOL, TOPOLOGY_LEVEL
from kueue_sim.model import Node

HOSTNAME = "kubernetes.io/hostname"
MOST_NODES = 100_000
"""Nodes of one pool at most, so that a mistyped count does not fill the memory."""
INSTANCE_TYPE = "node.kubernetes.io/instance-type"


def _instance_resources(pool: Field) -> dict[str, int]:
    """Resources of the pool's instance type; unknown types are noted, unknown figures unless resources are given."""
    field = pool.get("instanceType")
    name = field.text()
    if not name:
        return {}
    try:
        return instance_type(name).resources()
    except KeyError:
        field.wrong(f"unknown instance type {name!r}; {near_miss(name, instance_types())}")
    except ValueError as error:
        if not pool.get("resources").present:
            field.wrong(f"{error}; give resources instead")
    return {}


def _allocatable(pool: Field) -> dict[str, int]:
    if not pool.get("instanceType").present and not pool.get("resources").present:
        pool.wrong("a node pool needs instanceType or resources")
    amounts = {"pods": 110, **_instance_resources(pool)}
    amounts |= pool.get("resources").quantities()
    for resource, taken in pool.get("reserved").quantities().items():
        amounts[resource] = max(0, amounts.get(resource, 0) - taken)
    return amounts


def pool_name(pool: Field) -> str:
    """The prefix of a pool's node names: its name, or its instance type with dashes."""
    return pool.get("name").text() or pool.get("instanceType").text().replace(".", "-") or "node"


def node_pool(pool: Field) -> tuple[Node, ...]:
    """The nodes of a pool, named ``<pool>-0``, ``<pool>-1``, …"""
    pool.only(*NODE_POOL)
    name, kind = pool_name(pool), pool.get("instanceType").text()
    common = {**({INSTANCE_TYPE: kind} if kind else {}), **pool.get("labels").labels()}
    levels = [_level(item) for item in pool.get("topology").items()]
    tainted, allocatable = taints(pool.get("taints")), _allocatable(pool)
    nodes = []
    for index in range(pool.get("count").integer(1, minimum=0, maximum=MOST_NODES)):
        groups = {label: f"{name}-{number}-{index // size}" for number, (label, size) in enumerate(levels)}
        node = f"{name}-{index}"
        nodes.append(Node(node, {HOSTNAME: node, **groups, **common}, tainted, allocatable))
    return tuple(nodes)


def _level(item: Field) -> tuple[str, int]:
    item.only(*TOPOLOGY_LEVEL)
    return item.get("label").needed("label"), item.get("nodes").integer(1, minimum=1)


def read_pools(cluster: Field) -> tuple[dict[str, tuple[str, ...]], tuple[Node, ...]]:
    """The nodes of all pools, and the names of each pool's nodes."""
    pools: dict[str, tuple[str, ...]] = {}
    nodes: list[Node] = []
    for pool in cluster.get("nodePools").items():
        made, name = node_pool(pool), pool_name(pool)
        if name in pools:
            pool.wrong(f"a second node pool named {name!r}; give each its own name")
        pools[name] = tuple(node.name for node in made)
        nodes += made
    return pools, tuple(nodes)


def capacity(nodes: tuple[Node, ...], labels: Mapping[str, str]) -> dict[str, int]:
    """The sum of the resources of all nodes with these labels."""
    total: dict[str, int] = {}
    for node in nodes:
        if all(node.labels.get(key) == value for key, value in labels.items()):
            for resource, amount in node.allocatable.items():
                total[resource] = total.get(resource, 0) + amount
    return total
