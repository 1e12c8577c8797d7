"""The domains of a topology-aware flavor: which blocks, racks and nodes there are, and what is free in them.

Domains of a level are numbered in path order (R20.26), so that comparing two numbers compares two paths and the
children of a domain are a range of the next level. Amounts are kept per resource in one list over the leaves.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from kueue_sim.model import Node

HOSTNAME = "kubernetes.io/hostname"
Path = tuple[str, ...]
Requests = tuple[tuple[str, int], ...]
"""What one pod asks for: ``((resource, amount), …)`` by name, in canonical units."""


def nodes_of_flavor(
    labels: Mapping[str, str], levels: Sequence[str], nodes: Iterable[Node], library: bool = False
) -> list[Node]:
    """The nodes that exist for a flavor, by name: labelled, complete, ready, not cordoned. Implements R20.3.

    ``library``: kube-scheduler's own plugins look at the nodes later, so those that take no pods exist as well. That
    is only where leaves are nodes.
    """
    everything = library and levels[-1] == HOSTNAME
    return [
        node
        for node in sorted(nodes, key=lambda one: one.name)
        if (everything or (node.ready and not node.unschedulable))
        and all(node.labels.get(key) == value for key, value in labels.items())
        and all(level in node.labels for level in levels)
    ]


class DomainTree:
    """The domains over some nodes; never changes. Implements R20.4–R20.5.

    ``paths[l][i]`` is the path of domain ``i`` of level ``l``, ``parent[l][i]`` its parent in level ``l - 1``, and
    its children are ``first_child[l][i]`` up to ``first_child[l][i + 1]`` of level ``l + 1``.
    """

    __slots__ = ("by_hostname", "first_child", "leaf_of", "leaf_of_node", "levels", "nodes", "parent", "paths")

    def __init__(self, levels: Sequence[str], nodes: Sequence[Node]) -> None:
        self.levels = tuple(levels)
        self.by_hostname = bool(levels) and levels[-1] == HOSTNAME
        path_of: dict[str, Path] = {}
        for node in nodes:
            path = tuple(node.labels[level] for level in levels)
            path_of.setdefault(path[-1] if self.by_hostname else "\0".join(path), path)
        leaves = sorted(path_of.values())
        self.paths: list[list[Path]] = [
            [prefix for prefix, _ in groupby(leaves, key=lambda path: path[: depth + 1])]
            for depth in range(len(levels))
        ]
        self.parent: list[list[int]] = [[] for _ in levels]
        self.first_child: list[list[int]] = [[] for _ in levels]
        for depth in range(1, len(levels)):
            self._link(depth)
        self.leaf_of: dict[Path, int] = {self.values(leaf): leaf for leaf in range(len(leaves))}
        self.leaf_of_node: dict[str, int] = {}
        self.nodes: list[Node | None] = [None] * len(leaves)
        for node in nodes:
            path = tuple(node.labels[level] for level in levels)
            leaf = self.leaf_of[path[-1:] if self.by_hostname else path]
            self.leaf_of_node[node.name] = leaf
            if self.by_hostname and self.nodes[leaf] is None:
                self.nodes[leaf] = node

    def _link(self, depth: int) -> None:
        number = {path: index for index, path in enumerate(self.paths[depth - 1])}
        parents = self.parent[depth] = [number[path[:-1]] for path in self.paths[depth]]
        starts = [0] * (len(number) + 1)
        for parent in parents:
            starts[parent + 1] += 1
        for index in range(len(number)):
            starts[index + 1] += starts[index]
        self.first_child[depth - 1] = starts

    @property
    def lowest(self) -> int:
        """Index of the level of the leaves."""
        return len(self.levels) - 1

    @property
    def size(self) -> int:
        """Number of leaves."""
        return len(self.paths[-1])

    def values(self, leaf: int) -> Path:
        """What an assignment lists for the leaf: its hostname alone where that is a level, else its path (R20.34)."""
        path = self.paths[-1][leaf]
        return path[-1:] if self.by_hostname else path

    @property
    def assigned_levels(self) -> tuple[str, ...]:
        """The levels of which an assignment lists values, as ``values`` does."""
        return self.levels[-1:] if self.by_hostname else self.levels

    def children(self, level: int, domain: int) -> range:
        """The domains of the next level within a domain of ``level``."""
        starts = self.first_child[level]
        return range(starts[domain], starts[domain + 1])

    def ancestor(self, leaf: int, level: int) -> int:
        """The domain of ``level`` that contains the leaf."""
        domain = leaf
        for depth in range(self.lowest, level, -1):
            domain = self.parent[depth][domain]
        return domain

    def allocatable(self, nodes: Sequence[Node]) -> dict[str, list[int]]:
        """The sum of what the nodes of each leaf offer, per resource."""
        amounts: dict[str, list[int]] = {}
        for node in nodes:
            leaf = self.leaf_of_node[node.name]
            for resource, amount in node.allocatable.items():
                amounts.setdefault(resource, [0] * self.size)[leaf] += amount
        return amounts


class Capacity:
    """What is left in each leaf. Remembers which leaves changed, so that counts over them are cheap to renew.

    Amounts may be negative when more is used than exists (R20.11).
    """

    LOG_LENGTH = 4096
    """So many changes are remembered; after more of them a new epoch begins, and counts are made anew."""

    __slots__ = ("amounts", "changed", "epoch", "size")

    def __init__(self, amounts: dict[str, list[int]], size: int) -> None:
        self.amounts = amounts
        self.size = size
        self.changed: list[int] = []
        self.epoch = 0

    @property
    def version(self) -> tuple[int, int]:
        """Differs whenever something changed."""
        return self.epoch, len(self.changed)

    def column(self, resource: str) -> list[int]:
        """What is left of one resource, leaf by leaf; always the same list, zero where nobody offers it."""
        column = self.amounts.get(resource)
        if column is None:
            column = self.amounts[resource] = [0] * self.size
        return column

    def take(self, leaf: int, requests: Requests, count: int) -> None:
        """Charge ``count`` pods to a leaf, each of which is also one of the resource ``pods``; negative gives back."""
        for resource, amount in requests:
            self.column(resource)[leaf] -= amount * count
        self.column("pods")[leaf] -= count
        self.changed.append(leaf)
        if len(self.changed) > self.LOG_LENGTH:
            self.changed = []
            self.epoch += 1

    def fits(self, leaf: int, requests: Requests, count: int) -> bool:
        """Whether ``count`` pods fit, the resource ``pods`` aside; an empty request never does. Implements R20.51."""
        return bool(requests) and all(
            self.column(resource)[leaf] >= amount * count for resource, amount in requests if amount
        )
