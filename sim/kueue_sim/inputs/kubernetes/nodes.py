"""Which nodes does the cluster have? Pools of equal nodes and Node manifests."""

from collections.abc import Mapping

from kueue_sim.inputs.kubernetes.instance_nodes import (
    INSTANCE_TYPE,
    SYSTEM_SHARES,
    allocatable,
    mig_partitions,
    node_labels,
    system_share,
)
from kueue_sim.inputs.kubernetes.instance_types import InstanceType, instance_type, instance_types
from kueue_sim.inputs.kubernetes.selectors import taints
from kueue_sim.inputs.text.field import Field, near_miss
from kueue_sim.inputs.text.schema import AUTOSCALE, NODE_POOL, TOPOLOGY_LEVEL
from kueue_sim.model import AutoscaledPool, Node

HOSTNAME = "kubernetes.io/hostname"
MOST_PODS = 110
"""Pods of a node, as the kubelet counts by itself."""
DELAY_MS, IDLE_MS = 300_000, 600_000
"""How long nodes of an autoscaler take to come, and are empty before they go, where nobody says."""
MOST_NODES = 100_000
"""Nodes of one pool at most, so that a mistyped count does not fill the memory."""


def _kind(pool: Field) -> InstanceType | None:
    """The pool's instance type; types and figures that are not known are noted unless resources are given."""
    field = pool.get("instanceType")
    name, described = field.text(), pool.get("resources").present
    try:
        return instance_type(name) if name else None
    except KeyError:
        if not described:
            near = near_miss(name, instance_types())
            field.wrong(f"unknown instance type {name!r}, without resources or Nodes from kubectl; {near}")
    except ValueError as error:
        if not described:
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
    return _nodes(pool, pool.get("count").integer(1, minimum=0, maximum=MOST_NODES), system)


def _nodes(pool: Field, count: int, system: str) -> tuple[Node, ...]:
    pool.only(*NODE_POOL)
    name, kind = pool_name(pool), pool.get("instanceType").text()
    common = {**({INSTANCE_TYPE: kind} if kind else {}), **pool.get("labels").labels()}
    levels = [_level(item) for item in pool.get("topology").items()]
    common = {key: value for key, value in node_labels(kind, name).items() if key not in dict(levels)} | common
    tainted = taints(pool.get("taints"))
    machine, usable = _amounts(pool, system)
    nodes = []
    for index in range(count):
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


def _autoscaled(pool: Field, system: str) -> tuple[AutoscaledPool, int]:
    """A pool that an autoscaler fills, and how many nodes it begins with."""
    section = pool.get("autoscale")
    section.only(*AUTOSCALE)
    if not section.get("max").present:
        section.wrong("max is missing; an autoscaler needs to know how many nodes there may be")
    least = section.get("min").integer(0, minimum=0, maximum=MOST_NODES)
    most = section.get("max").integer(max(1, least), minimum=max(1, least), maximum=MOST_NODES)
    count = pool.get("count").integer(least, minimum=least, maximum=most)
    delay, idle = section.get("delay"), section.get("idle")
    made = AutoscaledPool(
        pool_name(pool),
        _nodes(pool, most, system),
        least,
        delay.duration() if delay.present else DELAY_MS,
        idle.duration() if idle.present else IDLE_MS,
    )
    return made, count


def read_pools(
    cluster: Field, system: str = SYSTEM_SHARES[0]
) -> tuple[dict[str, tuple[str, ...]], tuple[Node, ...], tuple[AutoscaledPool, ...]]:
    """The names of each pool's nodes, the nodes there are at first, and the pools that an autoscaler fills."""
    pools: dict[str, tuple[str, ...]] = {}
    nodes: list[Node] = []
    scaled: list[AutoscaledPool] = []
    for pool in cluster.get("nodePools").items():
        name = pool_name(pool)
        if pool.get("autoscale").present:
            one, count = _autoscaled(pool, system)
            scaled.append(one)
            made, named = one.nodes[:count], one.nodes
        else:
            made = named = node_pool(pool, system)
        if name in pools:
            pool.wrong(f"a second node pool named {name!r}; give each its own name")
        pools[name] = tuple(node.name for node in named)
        nodes += made
    return pools, tuple(nodes), tuple(scaled)


def capacity(nodes: tuple[Node, ...], labels: Mapping[str, str]) -> dict[str, int]:
    """The sum of what all nodes with these labels have, the system's share included."""
    total: dict[str, int] = {}
    for node in nodes:
        if all(node.labels.get(key) == value for key, value in labels.items()):
            for resource, amount in (node.allocatable if node.capacity is None else node.capacity).items():
                total[resource] = total.get(resource, 0) + amount
    return total
