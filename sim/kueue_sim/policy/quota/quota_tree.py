"""The hierarchical quota tree: who may use how much of what (rules 2.1–2.27).

A *slot* is the index of one (flavor, resource) pair; every node keeps one list entry per slot, so that a question
costs a few list look-ups. Amounts are integers in canonical units. Usage bubbles up: a child charges its parent
only with what exceeds the part of its quota that it does not lend.

Three numbers per node and slot follow from the policy alone: ``subtree_quota``, the own quota and what the children
pass up; ``local_quota``, the part of it that ``lendingLimit`` keeps from the parent; ``potential_available``, what
could be used if nothing ran. What is free is a question to the node and those above it: the own rest, and what the
parent has, never more than ``borrowingLimit`` allows.

Worked number: a Cohort of ``x`` (quota 4, lendingLimit 2) and ``y`` (quota 4). ``x`` keeps 2 and passes up 2, ``y``
keeps 0 and passes up 4: the Cohort has 6. ``x`` uses 3: 2 of its own, and 1 is charged to the Cohort. ``y`` may use
5, its own 4 and the one that ``x`` lends and does not use; the 2 that ``x`` keeps are out of reach even while ``x``
runs nothing.
"""

from collections.abc import Iterable, Mapping, Sequence

from kueue_sim.model import ClusterQueue, Cohort, Policy, ResourceGroup
from kueue_sim.policy.quota.share import Share

FlavorResource = tuple[str, str]
Usage = tuple[tuple[int, int], ...]
"""Amounts by slot: ``((slot, amount), …)``, each slot at most once."""


class QuotaNode:
    """A ClusterQueue (leaf) or Cohort of the tree, with its present usage per slot."""

    __slots__ = (
        "borrowing_limit",
        "branch",
        "child_cohorts",
        "child_queues",
        "height",
        "is_queue",
        "lending_limit",
        "local_quota",
        "name",
        "nominal",
        "parent",
        "place",
        "pooled",
        "potential_available",
        "rebuilt",
        "root",
        "share",
        "shares_known",
        "slots",
        "subtree_quota",
        "usage",
        "weight",
    )

    def __init__(self, name: str, slots: int, weight: float, is_queue: bool) -> None:
        self.name = name
        self.is_queue = is_queue
        self.weight = weight
        self.parent: QuotaNode | None = None
        self.child_cohorts: list[QuotaNode] = []
        self.child_queues: list[QuotaNode] = []
        self.place = 0
        """Its place among the queues, or the Cohorts, beside it."""
        self.height = 0
        self.nominal = [0] * slots
        self.borrowing_limit: list[int | None] = [None] * slots
        self.lending_limit: list[int | None] = [None] * slots
        self.subtree_quota = [0] * slots
        self.local_quota = [0] * slots
        self.potential_available = [0] * slots
        self.usage = [0] * slots
        self.root = self
        """The root of the tree."""
        self.rebuilt = 0
        """The number of the last rebuild of its tree, which is known of roots alone (R2.11)."""
        self.branch: tuple[QuotaNode, ...] = ()
        """From below the root down to this node; empty for a root."""
        self.pooled: tuple[list[int], ...] = ()
        """The usage of this node and of all above it, where none of them has a limit, and no more is taken off than was
        charged: each amount is charged to all of them in full, and whatever the root has left is free. Empty
        elsewhere."""
        self.share: Share | None = None
        """Its dominant resource share, as far as it is known at the present usage."""
        self.shares_known = False
        """Of a root: whether anybody has asked for a share in its tree."""
        self.slots: tuple[int, ...] = ()
        """Slots this node has a quota entry for, its own or its subtree's."""

    def add(self, slot: int, amount: int) -> None:
        """Charge ``amount``; what exceeds the free local quota goes to the parent. Implements R2.8."""
        if self.pooled:
            for usage in self.pooled:
                usage[slot] += amount
            if self.root.shares_known:
                self._forget_shares()
            return
        node = self
        while True:
            usage, above = node.usage, node.parent
            used = usage[slot]
            usage[slot] = used + amount
            node.share = None
            if above is None:
                return
            free = node.local_quota[slot] - used
            if free > 0:
                amount -= free
            if amount <= 0:
                return
            node = above

    def remove(self, slot: int, amount: int) -> None:
        """Undo ``add``. Implements R2.9."""
        if self.pooled:
            for usage in self.pooled:
                usage[slot] -= amount
            if self.root.shares_known:
                self._forget_shares()
            return
        node = self
        while True:
            usage, above = node.usage, node.parent
            used = usage[slot]
            usage[slot] = used - amount
            node.share = None
            if above is None:
                return
            stored_above = used - node.local_quota[slot]
            if stored_above <= 0:
                return
            if stored_above < amount:
                amount = stored_above
            node = above

    def _forget_shares(self) -> None:
        """Its share and those above it are to be worked out anew."""
        node: QuotaNode | None = self
        while node is not None:
            node.share = None
            node = node.parent

    def raw_available(self, slot: int) -> int:
        """What may still be charged here; negative after quota was taken away, where the scheduler may hand out as much
        as with 0. Implements R2.13–R2.15."""
        root = self.root
        free = root.subtree_quota[slot] - root.usage[slot]
        if self.pooled:
            return free
        for node in self.branch:
            used, local_quota = node.usage[slot], node.local_quota[slot]
            limit = node.borrowing_limit[slot]
            if limit is not None:
                reach = node.subtree_quota[slot] - local_quota + limit
                if used > local_quota:
                    reach -= used - local_quota
                if reach < free:
                    free = reach
            if local_quota > used:
                free += local_quota - used
        return free

    def path(self) -> str:
        """The node's place as Kueue prints it: ``/cohort/team/queue``."""
        names = [self.name]
        node = self.parent
        while node is not None:
            names.append(node.name)
            node = node.parent
        return "/" + "/".join(reversed(names))


def borrowing_level(queue: QuotaNode, slot: int, amount: int) -> tuple[int, bool]:
    """Height of the lowest subtree that could hold the request, and whether that is below the root.

    Level 0 means within nominal quota. Implements R2.21–R2.24.
    """
    above = queue.parent
    if above is not None and above.parent is None and queue.usage[slot] + amount > queue.subtree_quota[slot]:
        return above.height, False
    node, rest, level = queue, amount, 0
    while True:
        parent = node.parent
        if parent is None:
            return level, False
        used = node.usage[slot]
        if used + rest <= node.subtree_quota[slot]:
            return level, True
        if node.local_quota[slot] > used:
            rest -= node.local_quota[slot] - used
        node, level = parent, parent.height


class QuotaForest:
    """All quota trees of a policy. ``cyclic`` names the ClusterQueues below a cycle of Cohorts (R1.15)."""

    def __init__(self, policy: Policy, active: Iterable[str] | None = None, overdrawn: bool = False) -> None:
        """``overdrawn``: of a ClusterQueue more may be taken off than was charged to it."""
        self.slot_of: dict[FlavorResource, int] = {}
        groups = [cohort.resource_groups for cohort in policy.cohorts]
        groups += [queue.resource_groups for queue in policy.cluster_queues]
        for pair in sorted({pair for owned in groups for pair in _pairs(owned)}):
            self.slot_of[pair] = len(self.slot_of)
        self.pairs: tuple[FlavorResource, ...] = tuple(self.slot_of)
        self.cohorts = self._cohort_nodes(policy)
        self.cyclic = self._cut_cycles()
        active_names = set(active) if active is not None else {queue.name for queue in policy.cluster_queues}
        self.queues: dict[str, QuotaNode] = {}
        for queue in sorted(policy.cluster_queues, key=lambda item: item.name):
            self.queues[queue.name] = self._queue_node(queue, queue.name in active_names)
        self._drop_childless_implicit(policy)
        for node in self.cohorts.values():
            if node.parent is None:
                _settle_static(node)
        for node in self.queues.values():
            if node.parent is None:
                _settle_static(node)
        for root in [n for n in (*self.cohorts.values(), *self.queues.values()) if n.parent is None]:
            _settle_potential(root, overdrawn)

    def _cohort_nodes(self, policy: Policy) -> dict[str, QuotaNode]:
        names = {cohort.name for cohort in policy.cohorts}
        names |= {cohort.parent for cohort in policy.cohorts if cohort.parent}
        names |= {queue.cohort for queue in policy.cluster_queues if queue.cohort}
        objects: dict[str, Cohort] = {cohort.name: cohort for cohort in policy.cohorts}
        nodes = {}
        for name in sorted(names):
            cohort = objects.get(name, Cohort(name))
            node = QuotaNode(name, len(self.slot_of), cohort.fair_weight, is_queue=False)
            self._fill(node, cohort.resource_groups)
            nodes[name] = node
        for cohort in policy.cohorts:
            if cohort.parent:
                nodes[cohort.name].parent = nodes[cohort.parent]
        return nodes

    def _cut_cycles(self) -> frozenset[str]:
        cyclic = set()
        for node in self.cohorts.values():
            seen = set()
            walk: QuotaNode | None = node
            while walk is not None and walk.name not in seen:
                seen.add(walk.name)
                walk = walk.parent
            if walk is not None:
                cyclic.add(node.name)
        for name in cyclic:
            self.cohorts[name].parent = None
        for node in self.cohorts.values():
            if node.parent is not None:
                node.parent.child_cohorts.append(node)
        return frozenset(cyclic)

    def _queue_node(self, queue: ClusterQueue, active: bool) -> QuotaNode:
        node = QuotaNode(queue.name, len(self.slot_of), queue.fair_weight, is_queue=True)
        self._fill(node, queue.resource_groups)
        if queue.cohort and queue.cohort not in self.cyclic:
            node.parent = self.cohorts[queue.cohort]
            node.parent.child_queues.append(node)
        node.height = 0 if active else -1
        return node

    def _fill(self, node: QuotaNode, groups: Sequence[ResourceGroup]) -> None:
        own = []
        for group in groups:
            for flavor in group.flavors:
                for resource, quota in flavor.resources:
                    slot = self.slot_of[flavor.name, resource]
                    own.append(slot)
                    node.nominal[slot] = quota.nominal
                    node.borrowing_limit[slot] = quota.borrowing_limit
                    node.lending_limit[slot] = quota.lending_limit
        node.slots = tuple(sorted(own))

    def _drop_childless_implicit(self, policy: Policy) -> None:
        explicit = {cohort.name for cohort in policy.cohorts}
        for name, node in list(self.cohorts.items()):
            if name not in explicit and not node.child_cohorts and not node.child_queues:
                del self.cohorts[name]

    def usage_of(self, amounts: Mapping[FlavorResource, int]) -> tuple[tuple[int, int], ...]:
        """Amounts keyed by (flavor, resource) as a usage by slot."""
        return tuple(sorted((self.slot_of[pair], amount) for pair, amount in amounts.items()))


def _pairs(groups: Sequence[ResourceGroup]) -> Iterable[FlavorResource]:
    for group in groups:
        for flavor in group.flavors:
            for resource, _ in flavor.resources:
                yield flavor.name, resource


def _settle_static(node: QuotaNode) -> None:
    """Subtree quota, local quota and heights from the leaves up. Implements R2.2–R2.5 and R2.20."""
    children = [*node.child_cohorts, *node.child_queues]
    for child in children:
        _settle_static(child)
    node.subtree_quota = list(node.nominal)
    known = set(node.slots)
    for child in children:
        known.update(child.slots)
        for slot in child.slots:
            node.subtree_quota[slot] += child.subtree_quota[slot] - child.local_quota[slot]
    node.slots = tuple(sorted(known))
    for slot in node.slots:
        lending = node.lending_limit[slot]
        node.local_quota[slot] = 0 if lending is None else max(0, node.subtree_quota[slot] - lending)
    if not node.is_queue:
        live = any(queue.height >= 0 for queue in node.child_queues)
        below = [child.height for child in node.child_cohorts]
        node.height = max(1 if live or below else 0, 1 + max(below, default=-1))


def _settle_potential(node: QuotaNode, overdrawn: bool) -> None:
    """The most a node could ever use, from the root down. Implements R2.16."""
    if node.parent is not None:
        node.root, node.branch = node.parent.root, (*node.parent.branch, node)
    limits = (*node.borrowing_limit, *node.lending_limit)
    pools = not overdrawn and all(limit is None for limit in limits)
    if pools and (node.parent is None or node.parent.pooled):
        node.pooled = (node.usage, *(() if node.parent is None else node.parent.pooled))
    for slot in range(len(node.subtree_quota)):
        if node.parent is None:
            node.potential_available[slot] = node.subtree_quota[slot]
            continue
        reach = node.local_quota[slot] + node.parent.potential_available[slot]
        limit = node.borrowing_limit[slot]
        node.potential_available[slot] = reach if limit is None else min(reach, node.subtree_quota[slot] + limit)
    if node.is_queue and node.height < 0:
        node.height = 0
    for siblings in (node.child_cohorts, node.child_queues):
        for place, child in enumerate(siblings):
            child.place = place
            _settle_potential(child, overdrawn)
