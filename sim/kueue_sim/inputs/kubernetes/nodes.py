"""Which nodes does the cluster have? Pools of equal nodes and Node manifests."""

from collections.abc import Mapping

from kueue_sim.inputs.kubernetes.instance_nodes import (
    SYSTEM_SHARES,
    allocatable,
    mig_partitions,
    node_labels,
    system_share,
)
from kueue_sim.inputs.kubernetes.instance_types import InstanceType, instance_type, instance_types
from kueue_sim.inputs.kubernetes.selectors import taints
from kueue_sim.inputs.text.field import Field, near_miss
from kueue_sim.inputs.text.schema import NODE_POOL, TOPOLOGY_LEVEL
from kueue_sim.model import Node

HOSTNAME = "kubernetes.io/hostname"
MOST_PODS = 110
"""Pods of a node, as the kubelet counts by itself."""
MOST_NODES = 100_000
"""Nodes of one pool at most, so that a mistyped count does not fill the memory."""
INSTANCE_TYPE = "node.kubernetes.io/instance-type"


def _kind(pool: Field) -> InstanceType | None:
    """The pool's instance type; unknown types are noted, unknown figures unless resources are given."""
    field = pool.get("instanceType")
    name = field.text()
    try:
        return instance_type(name) if name else None
    except KeyError:
        field.wrong(f"unknown instance type {name!r}; {near_miss(name, instance_types())}")
    except ValueError as error:
        if not pool.get("resources").present:
            field.wrong(f"{error}; give resources instead")
    return None


def _amounts(pool: Field, system: str) -> tuple[dict[str, int], dict[str, int]]:
    """What the machine of a node has, and what of it pods may use: less the system's share and what is reserved.

    Resources that are given are those for pods.
    """
    if not pool.get("instanceType").present and not pool.get("resources").present:
        pool.wrong("a node pool needs instanceType or resources")
    kind = _kind(pool)
    given = pool.get("resources").quantities()
    machine = {"pods": MOST_PODS}
    if kind is not None:
        machine |= kind.resources()
        machine |= mig_partitions(pool, kind)
    system = pool.get("systemShare").choice(SYSTEM_SHARES, system)
    keeps = kind is not None and kind.name.startswith("ml.") and system == "kubelet"
    share = system_share(float(kind.vcpu), MOST_PODS) if keeps and kind is not None else {}
    usable = {**allocatable(machine, share), **given}
    for resource, taken in pool.get("reserved").quantities().items():
        usable[resource] = max(0, usable.get(resource, 0) - taken)
    return {**machine, **given}, usable


def pool_name(pool: Field) -> str:
    """The prefix of a pool's node names: its name, or its instance type with dashes."""
    return pool.get("name").text() or pool.get("instanceType").text().replace(".", "-") or "node"


def node_pool(pool: Field, system: str = SYSTEM_SHARES[0]) -> tuple[Node, ...]:
    """The nodes of a pool, named ``<pool>-0``, ``<pool>-1``, …; ``system`` is the share the system takes."""
    pool.only(*NODE_POOL)
    name, kind = pool_name(pool), pool.get("instanceType").text()
    common = {**({INSTANCE_TYPE: kind} if kind else {}), **pool.get("labels").labels()}
    levels = [_level(item) for item in pool.get("topology").items()]
    common = {key: value for key, value in node_labels(kind, name).items() if key not in dict(levels)} | common
    tainted = taints(pool.get("taints"))
    machine, usable = _amounts(pool, system)
    nodes = []
    for index in range(pool.get("count").integer(1, minimum=0, maximum=MOST_NODES)):
        groups = {label: f"{name}-{number}-{index // size}" for number, (label, size) in enumerate(levels)}
        node = f"{name}-{index}"
        nodes.append(
            Node(
                node,
                {HOSTNAME: node, **groups, **common},
                tainted,
                usable,
                capacity=None if machine == usable else machine,
            )
        )
    return tuple(nodes)


def _level(item: Field) -> tuple[str, int]:
    item.only(*TOPOLOGY_LEVEL)
    return item.get("label").needed("label"), item.get("nodes").integer(1, minimum=1)


def read_pools(cluster: Field, system: str = SYSTEM_SHARES[0]) -> tuple[dict[str, tuple[str, ...]], tuple[Node, ...]]:
    """The nodes of all pools, and the names of each pool's nodes."""
    pools: dict[str, tuple[str, ...]] = {}
    nodes: list[Node] = []
    for pool in cluster.get("nodePools").items():
        made, name = node_pool(pool, system), pool_name(pool)
        if name in pools:
            pool.wrong(f"a second node pool named {name!r}; give each its own name")
        pools[name] = tuple(node.name for node in made)
        nodes += made
    return pools, tuple(nodes)


def capacity(nodes: tuple[Node, ...], labels: Mapping[str, str]) -> dict[str, int]:
    """The sum of what all nodes with these labels have, the system's share included."""
    total: dict[str, int] = {}
    for node in nodes:
        if all(node.labels.get(key) == value for key, value in labels.items()):
            for resource, amount in (node.allocatable if node.capacity is None else node.capacity).items():
                total[resource] = total.get(resource, 0) + amount
    return total
