"""Quota arithmetic of the invariants: written anew and slowly, so that it can judge the policy's own.

Amounts are exact integers. A tree is sound when no node sends more to its parent than it may (rules R2.13–R2.18).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from kueue_sim.model import ClusterQueue, Cohort, PodSetAssignment, Policy, Quota

Slot = tuple[str, str]
"""Flavor and resource."""
_NOTHING = Quota(0)


@dataclass(slots=True, eq=False)
class _Node:
    """A ClusterQueue or Cohort. ``usage`` is a ClusterQueue's own."""

    name: str
    quotas: Mapping[Slot, Quota]
    parent: "_Node | None" = None
    children: list["_Node"] = field(default_factory=list)
    usage: dict[Slot, int] = field(default_factory=dict)

    def subtree(self, slot: Slot) -> int:
        """Its own quota and what the children pass up."""
        passed = (child.subtree(slot) - child.kept(slot) for child in self.children)
        return self.quotas.get(slot, _NOTHING).nominal + sum(passed)

    def kept(self, slot: Slot) -> int:
        """The part that is not lent to anybody outside."""
        limit = self.quotas.get(slot, _NOTHING).lending_limit
        return 0 if limit is None else max(0, self.subtree(slot) - limit)

    def used(self, slot: Slot) -> int:
        """What is charged here: own work, or what the children do not keep to themselves."""
        own = self.usage.get(slot, 0)
        return own + sum(max(0, child.used(slot) - child.kept(slot)) for child in self.children)


class ReferenceQuota:
    """Who holds how much, and whether that is allowed."""

    def __init__(self, policy: Policy) -> None:
        names = {queue.cohort for queue in policy.cluster_queues} | {cohort.parent for cohort in policy.cohorts}
        cohorts = {name: _Node(name, {}) for name in names if name}
        cohorts |= {cohort.name: _Node(cohort.name, _quotas(cohort)) for cohort in policy.cohorts}
        self._queues = {queue.name: _Node(queue.name, _quotas(queue)) for queue in policy.cluster_queues}
        for cohort in policy.cohorts:
            _hang(cohorts[cohort.name], cohorts[cohort.parent] if cohort.parent else None)
        for queue in policy.cluster_queues:
            _hang(self._queues[queue.name], cohorts[queue.cohort] if queue.cohort else None)

    def charge(self, queue: str, amounts: Mapping[Slot, int], sign: int = 1) -> None:
        """Add a workload's amounts to its queue, or take them out with ``sign`` -1."""
        usage = self._queues[queue].usage
        for slot, amount in amounts.items():
            usage[slot] = usage.get(slot, 0) + sign * amount

    def used(self, queue: str, slot: Slot) -> int:
        """What the workloads of a ClusterQueue use of a slot."""
        return self._queues[queue].usage.get(slot, 0)

    def nominal(self, queue: str, slot: Slot) -> int:
        """The nominal quota of a ClusterQueue, 0 where it has none of the slot."""
        return self._queues[queue].quotas.get(slot, _NOTHING).nominal

    def neighbours(self, queue: str) -> set[str]:
        """The ClusterQueues of the queue's whole tree, itself among them."""
        node = self._queues[queue]
        while node.parent is not None:
            node = node.parent
        return set(_leaves(node))

    def excess(self, queue: str, slots: Iterable[Slot]) -> str:
        """Which limit is broken on the way from the queue to its root, in words; "" when none is."""
        return next((problem for slot in slots for node in self._path(queue) if (problem := _excess(node, slot))), "")

    def overcharge(self, queue: str, amounts: Mapping[Slot, int]) -> str:
        """Charge a workload, and tell which limit is broken by that, in words; "" when none is.

        Work that fits into what its queue does not lend breaks none, however much the rest of the tree has overdrawn:
        so it is after somebody's quota was cut (R2.18).
        """
        before = {(node.name, slot): node.used(slot) for slot in amounts for node in self._path(queue)}
        self.charge(queue, amounts)
        for slot in amounts:
            for node in self._path(queue):
                if node.used(slot) > before[node.name, slot] and (problem := _excess(node, slot)):
                    return problem
        return ""

    def _path(self, queue: str) -> Iterator[_Node]:
        """The queue and the Cohorts above it."""
        node: _Node | None = self._queues[queue]
        while node is not None:
            yield node
            node = node.parent

    def fits(self, queue: str, amounts: Mapping[Slot, int]) -> bool:
        """Whether these amounts could be charged as well without breaking a limit."""
        self.charge(queue, amounts)
        sound = not self.excess(queue, amounts)
        self.charge(queue, amounts, -1)
        return sound


def _excess(node: _Node, slot: Slot) -> str:
    used, subtree = node.used(slot), node.subtree(slot)
    flavor, resource = slot
    if node.parent is None:
        return "" if used <= subtree else f"{node.name} uses {used} of {subtree} {resource} in flavor {flavor}"
    limit = node.quotas.get(slot, _NOTHING).borrowing_limit
    kept = node.kept(slot)
    borrowed = max(0, used - kept) - (subtree - kept)
    if limit is None or borrowed <= limit:
        return ""
    return f"{node.name} borrows {borrowed} {resource} in flavor {flavor}; its borrowing limit is {limit}"


def _quotas(item: ClusterQueue | Cohort) -> dict[Slot, Quota]:
    return {
        (flavor.name, resource): quota
        for group in item.resource_groups
        for flavor in group.flavors
        for resource, quota in flavor.resources
    }


def _hang(node: _Node, parent: _Node | None) -> None:
    node.parent = parent
    if parent is not None:
        parent.children.append(node)


def _leaves(node: _Node) -> Iterable[str]:
    if not node.children:
        yield node.name
    for child in node.children:
        yield from _leaves(child)


def amounts_of(pod_sets: Iterable[PodSetAssignment]) -> dict[Slot, int]:
    """What an admission holds per flavor and resource."""
    amounts: dict[Slot, int] = {}
    for item in pod_sets:
        for resource, flavor in item.flavors.items():
            amounts[flavor, resource] = amounts.get((flavor, resource), 0) + item.usage.get(resource, 0)
    return amounts
