"""Phase 1 of a placement: how many pods, slices and leaders fit in every domain (R20.22–R20.25)."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from kueue_sim.policy.topology.domains import Capacity, DomainTree, Requests
from kueue_sim.policy.topology.node_filter import Match, NodeFilter

Levels = list[list[int]]
"""One number per domain, level by level."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """Slices of ``size`` pods in one domain of level ``level``; ``inner`` holds ``(level, size)`` of finer groups."""

    level: int
    size: int
    inner: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """Everything that counts depend on, apart from what is free. ``leader`` is None for a group without one."""

    worker: Requests
    leader: Requests | None
    grouping: Grouping
    filter: NodeFilter | None


class Counts:
    """The numbers of phase 1 for one shape of request, kept up to date with a capacity.

    Without a leader the numbers with a leader are the plain ones (R20.25), and ``leads`` is all zero. Leaves outside
    ``region`` count nothing; None is everywhere (R20.63).
    """

    __slots__ = (
        "_capacity",
        "_epoch",
        "_leader_needs",
        "_needs",
        "_position",
        "leads",
        "match",
        "pods",
        "pods_with_leader",
        "region",
        "scores",
        "shape",
        "slices",
        "slices_with_leader",
        "tree",
    )

    def __init__(
        self,
        tree: DomainTree,
        shape: Shape,
        match: Match,
        capacity: Capacity,
        region: range | None = None,
        source: "Counts | None" = None,
    ) -> None:
        """``source``: others of the same kind, whose numbers are taken over; None counts anew."""
        self.tree = tree
        self.pods: Levels
        self.slices: Levels
        self.leads: Levels
        self.pods_with_leader: Levels
        self.slices_with_leader: Levels
        self.scores: Levels | None
        self._epoch: int
        self._position: int
        self.shape = shape
        self.match = match
        self.region = region
        self._capacity = capacity
        self._needs = _needs(shape.worker, capacity)
        self._leader_needs = _needs(shape.leader, capacity) if shape.leader is not None else []
        alone = shape.leader is None
        if source is not None:
            self.pods, self.slices, self.leads = _copied(source.pods), _copied(source.slices), _copied(source.leads)
            self.pods_with_leader = self.pods if alone else _copied(source.pods_with_leader)
            self.slices_with_leader = self.slices if alone else _copied(source.slices_with_leader)
            self.scores, self._epoch, self._position = source.scores, source._epoch, source._position
            return
        sizes = [len(paths) for paths in tree.paths]
        self.pods = [[0] * size for size in sizes]
        self.slices = [[0] * size for size in sizes]
        self.leads = [[0] * size for size in sizes]
        self.pods_with_leader = self.pods if alone else [[0] * size for size in sizes]
        self.slices_with_leader = self.slices if alone else [[0] * size for size in sizes]
        self.scores = self._score() if match.scores is not None else None
        self.recount()

    def _score(self) -> Levels:
        assert self.match.scores is not None
        scores: Levels = [list(self.match.scores)]
        for level in range(self.tree.lowest - 1, -1, -1):
            below = scores[0]
            starts = self.tree.first_child[level]
            scores.insert(0, [sum(below[a:b]) for a, b in pairwise(starts)])
        return scores

    def recount(self) -> None:
        """Count all leaves anew."""
        capacity = self._capacity
        self._epoch, self._position = capacity.epoch, len(capacity.changed)
        self._count_all_leaves()
        self._finish_leaves(range(self.tree.size))
        for level in range(self.tree.lowest - 1, -1, -1):
            for domain in range(len(self.pods[level])):
                self.sum_up(level, domain)

    def refresh(self) -> None:
        """Take notice of the leaves whose capacity changed since the last count."""
        capacity = self._capacity
        if self._epoch != capacity.epoch:
            self.recount()
            return
        if self._position == len(capacity.changed):
            return
        dirty: Iterable[int] = self._count_leaves(set(capacity.changed[self._position :]))
        self._position = len(capacity.changed)
        self._finish_leaves(dirty)
        for level in range(self.tree.lowest, 0, -1):
            parent = self.tree.parent[level]
            dirty = {parent[domain] for domain in dirty}
            for domain in dirty:
                self.sum_up(level - 1, domain)

    def _count_all_leaves(self) -> None:
        """Implements R20.23 for every leaf, a resource at a time."""
        lowest = self.tree.lowest
        if self.shape.leader is not None or self.region is not None:
            for leaf in range(self.tree.size):
                self._count_leaf(leaf)
            return
        columns = [[free // amount for free in column] for _, amount, column in self._needs]
        pods = list(map(min, *columns)) if len(columns) > 1 else columns[0]
        self.pods[lowest][:] = [0 if count < 0 else count for count in pods]
        for leaf in self.match.excluded:
            self.pods[lowest][leaf] = 0

    def _count_leaves(self, leaves: Iterable[int]) -> list[int]:
        """Count some leaves anew; those whose numbers changed."""
        if self.shape.leader is not None or self.region is not None:
            return [leaf for leaf in leaves if self._count_leaf(leaf)]
        pods, excluded = self.pods[self.tree.lowest], self.match.excluded
        needs = [(amount, column) for _, amount, column in self._needs]
        changed = []
        for leaf in leaves:
            fitting = max(0, min([column[leaf] // amount for amount, column in needs]))
            if pods[leaf] != fitting and leaf not in excluded:
                pods[leaf] = fitting
                changed.append(leaf)
        return changed

    def _count_leaf(self, leaf: int) -> bool:
        """Count one leaf; True when its numbers changed. Implements R20.23."""
        pods, lead, with_leader = self._fitting(leaf) if self._counted(leaf) else (0, 0, 0)
        lowest = self.tree.lowest
        if self.shape.leader is None:
            changed = self.pods[lowest][leaf] != pods
        else:
            old = self.pods[lowest][leaf], self.leads[lowest][leaf], self.pods_with_leader[lowest][leaf]
            changed = old != (pods, lead, with_leader)
            self.leads[lowest][leaf] = lead
            self.pods_with_leader[lowest][leaf] = with_leader
        self.pods[lowest][leaf] = pods
        return changed

    def _counted(self, leaf: int) -> bool:
        return leaf not in self.match.excluded and (self.region is None or leaf in self.region)

    def _fitting(self, leaf: int) -> tuple[int, int, int]:
        """Workers that fit, whether the leader does (0 or 1), and the workers that fit beside it."""
        pods = min([column[leaf] // amount for _, amount, column in self._needs])
        pods = max(pods, 0)
        if self.shape.leader is None:
            return pods, 0, pods
        if any(column[leaf] < amount for _, amount, column in self._leader_needs):
            return pods, 0, pods
        taken = {resource: amount for resource, amount, _ in self._leader_needs}
        beside = min((column[leaf] - taken.get(name, 0)) // amount for name, amount, column in self._needs)
        return pods, 1, max(beside, 0)

    def _finish_leaves(self, leaves: Iterable[int]) -> None:
        """Slices of the leaves, where those are the level that groups pods. Implements R20.25."""
        lowest, grouping = self.tree.lowest, self.shape.grouping
        if grouping.level != lowest:
            return
        size = grouping.size
        pods, slices = self.pods[lowest], self.slices[lowest]
        with_leader, slices_with_leader = self.pods_with_leader[lowest], self.slices_with_leader[lowest]
        if size == 1 and slices is slices_with_leader:
            for leaf in leaves:
                slices[leaf] = pods[leaf]
            return
        for leaf in leaves:
            slices[leaf] = pods[leaf] // size
            slices_with_leader[leaf] = with_leader[leaf] // size

    def sum_up(self, level: int, domain: int, rounded: bool = True) -> None:
        """Count an inner domain from its children. Implements R20.24–R20.25.

        ``rounded`` False ignores the finer groups, as balanced placement does (R20.45).
        """
        starts = self.tree.first_child[level]
        first, end = starts[domain], starts[domain + 1]
        grouping = self.shape.grouping
        pods = self.pods[level + 1][first:end]
        size = dict(grouping.inner).get(level + 1, 1) if grouping.inner and rounded else 1
        if size > 1:
            pods = [count // size * size for count in pods]
        total = self.pods[level][domain] = sum(pods)
        slices = self.slices[level + 1][first:end]
        if level <= grouping.level:
            self.slices[level][domain] = total // grouping.size if level == grouping.level else sum(slices)
        if self.shape.leader is None:
            return
        with_leader = self.pods_with_leader[level + 1][first:end]
        if size > 1:
            with_leader = [count // size * size for count in with_leader]
        hosts = [index for index, lead in enumerate(self.leads[level + 1][first:end]) if lead]
        self.leads[level][domain] = int(bool(hosts))
        left = total - min(pods[host] - with_leader[host] for host in hosts) if hosts else 0
        self.pods_with_leader[level][domain] = left
        if level == grouping.level:
            self.slices_with_leader[level][domain] = left // grouping.size
        elif level < grouping.level:
            slices_left = self.slices_with_leader[level + 1][first:end]
            loss = min(slices[host] - slices_left[host] for host in hosts) if hosts else 0
            self.slices_with_leader[level][domain] = sum(slices) - loss if hosts else 0

    def copy(self) -> "Counts":
        """Numbers that may be changed without touching these, for balanced placement."""
        return Counts(self.tree, self.shape, self.match, self._capacity, self.region, self)

    def tightest(self) -> dict[str, int]:
        """For leaves that hold no pod: how many lack which resource first, ties by name (R20.85)."""
        found: dict[str, int] = {}
        excluded, region = self.match.excluded, self.region
        empty = [leaf for leaf, pods in enumerate(self.pods[self.tree.lowest]) if not pods]
        if excluded or region is not None:
            empty = [leaf for leaf in empty if leaf not in excluded and (region is None or leaf in region)]
        for resource, amount, column in sorted(self._needs, key=lambda need: need[0]):
            rest = [leaf for leaf in empty if column[leaf] >= amount]
            if len(rest) < len(empty):
                found[resource] = len(empty) - len(rest)
                empty = rest
        return found

    def outside_region(self) -> int:
        """Usable leaves that lie outside the region."""
        if self.region is None:
            return 0
        return sum(leaf not in self.region and leaf not in self.match.excluded for leaf in range(self.tree.size))


def _copied(levels: Levels) -> Levels:
    return [list(numbers) for numbers in levels]


def _needs(requests: Requests, capacity: Capacity) -> list[tuple[str, int, list[int]]]:
    """Name, amount per pod and free amounts of each resource a pod needs; being a pod is one of them (R20.21)."""
    wanted = [(resource, amount) for resource, amount in requests if amount] + [("pods", 1)]
    return [(resource, amount, capacity.column(resource)) for resource, amount in wanted]
