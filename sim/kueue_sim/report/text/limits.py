"""Which limits kept unused quota from a workload when it was refused, with their figures."""

import re
from collections.abc import Iterable, Iterator, Sequence

from kueue_sim.engine.facts import Fact
from kueue_sim.engine.witness import Refusal
from kueue_sim.model import Workload
from kueue_sim.policy.quota.quota_tree import QuotaForest, QuotaNode
from kueue_sim.report.text.wording import count, team_name
from kueue_sim.results.quota.quota_over_time import Era
from kueue_sim.units import format_quantity

_NAMED = 3
"""Lending limits that are told one by one, those that keep most."""
_ALONE = r"previously considered podsets requests \(0\) \+ current podset request \(\S+\)"
_CAPACITY = re.compile(rf"insufficient quota for (\S+) in flavor ([^\s,]+), (?:{_ALONE}|request) > maximum capacity")
"""Kueue's words where a pod set, together with none before it, asks for more than a ClusterQueue may ever use (R5.22);
before 0.13.7 and 0.14.2 they do not tell whether others are counted in (V26)."""
_Slot = tuple[str, str]
"""Flavor and resource."""


def beyond_capacity(workload: Workload, answer: str) -> list[_Slot]:
    """With which flavors Kueue refused for want of capacity, so that nobody's end would help.

    Fewer pods may fit where some are enough, and the same pod set elsewhere when those before it go to other flavors.
    """
    if any(item.min_count is not None for item in workload.pod_sets):
        return []
    words = answer if len(workload.pod_sets) == 1 else answer.replace(", request > ", ", requests > ")
    return [(flavor, resource) for resource, flavor in dict.fromkeys(_CAPACITY.findall(words))]


class Limits:
    """Asks the quota tree as it was at an instant, with everybody who held quota then."""

    def __init__(self, eras: Sequence[Era]) -> None:
        self._eras = eras
        self._forests: dict[int, QuotaForest] = {}

    def told(
        self, at_ms: int, workload: Workload, queue: str, refusals: Iterable[Refusal], held: Iterable[Fact]
    ) -> list[str]:
        """A line for each limit of the tree of ``queue`` that keeps something of what ``workload`` lacked.

        Nothing is told where the tree, with what ``held`` then, does not give the number that Kueue said was missing,
        as where others were decided before it at the same instant.
        """
        forest = self._forest(at_ms)
        node = forest.queues.get(queue)
        if node is None:
            return []
        charges = [(forest.queues[fact.cluster_queue], _usage(forest, fact)) for fact in held
                   if fact.cluster_queue in forest.queues]  # fmt: skip
        for holder, usage in charges:
            for slot, amount in usage:
                holder.add(slot, amount)
        lines = [line for refusal in refusals for line in _of(forest, node, workload, refusal)]
        for holder, usage in charges:
            for slot, amount in usage:
                holder.remove(slot, amount)
        return list(dict.fromkeys(lines))

    def capacity(self, at_ms: int, workload: Workload, queue: str, answer: str) -> list[str]:
        """Where Kueue refused because one pod set asks for more than ``queue`` may ever use: that, and which limits
        bound it. Nothing for other answers."""
        forest, lines = self._forest(at_ms), []
        node = forest.queues.get(queue)
        for flavor, resource in beyond_capacity(workload, answer):
            slot = forest.slot_of.get((flavor, resource))
            if node is not None and slot is not None:
                lines.append(f"in {flavor} nobody's end would help: {_name(node)} may never use so many {resource}")
                lines += _told(node, slot, resource, flavor)
        return lines

    def _forest(self, at_ms: int) -> QuotaForest:
        number = max(place for place, era in enumerate(self._eras) if place == 0 or era.start_ms <= at_ms)
        if number not in self._forests:
            self._forests[number] = QuotaForest(self._eras[number].policy)
        return self._forests[number]


def _usage(forest: QuotaForest, fact: Fact) -> tuple[tuple[int, int], ...]:
    amounts: dict[_Slot, int] = {}
    for item in fact.pod_sets:
        for resource, flavor in item.flavors.items():
            pair = (flavor, resource)
            if pair in forest.slot_of:
                amounts[pair] = amounts.get(pair, 0) + item.usage.get(resource, 0)
    return forest.usage_of(amounts)


def _of(forest: QuotaForest, node: QuotaNode, workload: Workload, refusal: Refusal) -> Iterator[str]:
    for resource, missing in refusal.missing.items():
        slot = forest.slot_of[refusal.flavor, resource]
        if missing + node.raw_available(slot) in _askable(workload, resource):
            yield from _told(node, slot, resource, refusal.flavor)


def _askable(workload: Workload, resource: str) -> set[int]:
    """How much of a resource it may ask of one flavor: what some of its pod sets ask for together, or all of them."""
    sums = {0}
    for item in workload.pod_sets:
        sums |= {rest + item.count * item.requests.get(resource, 0) for rest in sums}
    return sums


def _told(node: QuotaNode, slot: int, resource: str, flavor: str) -> list[str]:
    lenders = _lenders(node, slot)
    lines = [_lending(lender, slot, resource, flavor) for lender in lenders[:_NAMED]]
    if len(lenders) > _NAMED:
        lines.append(f"and {count(len(lenders) - _NAMED, 'more lendingLimit')}")
    return lines + [_borrowing(one, slot, resource, flavor) for one in bounds(node, slot)[1]]


def _lenders(node: QuotaNode, slot: int) -> list[QuotaNode]:
    """Who keeps unused quota for itself that would help otherwise, beside the branch of ``node``; most first (R2.4)."""
    beside = _beside(node.root, {node.root, *node.branch})
    kept = {one: one.local_quota[slot] - one.usage[slot] for one in beside}
    found = sorted((one for one in kept if kept[one] > 0), key=lambda one: (-kept[one], one.name))
    more = sum(kept[one] for one in found)
    return found if bounds(node, slot, more)[0] > bounds(node, slot)[0] else []


def bounds(node: QuotaNode, slot: int, more: int = 0) -> tuple[int, list[QuotaNode]]:
    """What ``node`` may still use if ``more`` were free at the root, and whose borrowingLimit allows less than is free
    above it (R2.13, R2.14)."""
    free = node.root.subtree_quota[slot] - node.root.usage[slot] + more
    found = []
    for one in node.branch:
        limit, local, used = one.borrowing_limit[slot], one.local_quota[slot], one.usage[slot]
        reach = free if limit is None else one.subtree_quota[slot] - local + limit - max(0, used - local)
        if reach < free:
            free = reach
            found.append(one)
        free += max(0, local - used)
    return free, found


def _lending(node: QuotaNode, slot: int, resource: str, flavor: str) -> str:
    kept, lent, quota = (
        format_quantity(amount, resource)
        for amount in (
            node.local_quota[slot] - node.usage[slot], node.lending_limit[slot] or 0, node.subtree_quota[slot],
        )
    )  # fmt: skip
    keeps = f", keeps {kept} unused"
    return f"lendingLimit of {_name(node)}: lends at most {lent} of {quota} {resource} in {flavor}{keeps}"


def _borrowing(node: QuotaNode, slot: int, resource: str, flavor: str) -> str:
    limit = node.borrowing_limit[slot] or 0
    used, quota, borrowed = (
        format_quantity(amount, resource) for amount in (node.usage[slot], node.subtree_quota[slot], limit)
    )
    uses = f", uses {used}" if node.usage[slot] else ""
    return f"borrowingLimit of {_name(node)}: may use {quota} {resource} in {flavor} and borrow {borrowed}{uses}"


def _beside(node: QuotaNode, branch: set[QuotaNode]) -> Iterator[QuotaNode]:
    """All parts of a tree that are not on this branch."""
    for child in (*node.child_cohorts, *node.child_queues):
        if child not in branch:
            yield child
        yield from _beside(child, branch)


def _name(node: QuotaNode) -> str:
    return team_name(node.name) if node.is_queue else f"cohort {node.name}"
