"""Why one workload goes before another: the first point in which their order differs, with what was compared.

The orders are those of ``pending_queue`` within a ClusterQueue (R3.3) and of ``entry_order`` within a cycle (R4.20).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from kueue_sim.policy.compiled_policy import CompiledPolicy
from kueue_sim.policy.entry_order import Entry
from kueue_sim.policy.queueing.pending_queue import PendingQueue
from kueue_sim.policy.quota.quota_tree import QuotaNode
from kueue_sim.policy.workloads.workload_info import Pending

Point = Literal["inadmissible", "usage", "preemptor", "borrowing", "share", "priority", "age", "uid"]


@dataclass(frozen=True, slots=True)
class Precedence:
    """``first`` and ``second`` are what the two have of the ``point`` that decides: usage or share, 0 or 1 for who is a
    preemptor, borrowing levels, priorities, milliseconds of age. ``branches``: whose shares were compared."""

    point: Point
    first: float = 0
    second: float = 0
    branches: tuple[str, str] = ("", "")


def in_queue(queue: PendingQueue, first: Pending, second: Pending) -> Precedence:
    """Why ``first`` was the head of its queue and ``second`` was not (R3.3, R7.10). ``first`` may have been popped."""
    if queue.is_parked(second):
        return Precedence("inadmissible")
    order = None if queue.by_usage is None else queue.by_usage.order
    if order is not None:
        mine, theirs = float(order(first)[0]), float(order(second)[0])
        if mine != theirs:
            return Precedence("usage", mine, theirs)
    if queue.preemptor is first and not queue.strict:
        return Precedence("preemptor", 1, 0)
    return _by_rank(first, second, by_priority=True)


def in_cycle(compiled: CompiledPolicy, before: Sequence[Entry], first: Entry, second: Entry) -> Precedence:
    """Why ``first`` was processed before ``second``, after those ``before`` it were charged (R4.20, R4.21)."""
    gate = compiled.settings.gate
    preemptors = (first.pending.is_preemptor, second.pending.is_preemptor)
    if gate("PrioritizePreemptorWorkloads") and preemptors[0] != preemptors[1]:
        return Precedence("preemptor", *preemptors)
    by_share = compiled.settings.fair_sharing is not None
    if not (by_share and compiled.settings.release.tournament):
        levels = (first.assignment.borrowing, second.assignment.borrowing)
        if levels[0] != levels[1]:
            return Precedence("borrowing", *levels)
    if by_share:
        found = _by_share(compiled, before, first, second)
        if found is not None:
            return found
    return _by_rank(first.pending, second.pending, by_priority=gate("PrioritySortingWithinCohort"))


def _by_rank(first: Pending, second: Pending, by_priority: bool) -> Precedence:
    if by_priority and first.priority != second.priority:
        return Precedence("priority", first.priority, second.priority)
    if first.timestamp_ms != second.timestamp_ms:
        return Precedence("age", first.timestamp_ms, second.timestamp_ms)
    return Precedence("uid")


def _by_share(compiled: CompiledPolicy, before: Sequence[Entry], first: Entry, second: Entry) -> Precedence | None:
    """What the tournament compared where the branches of the two met (R11.18–R11.23), None where they were alike."""
    mine, theirs = _branches(first.queue.node, second.queue.node)
    for entry in before:
        _charge(entry, +1)
    shares = []
    for entry, branch in ((first, mine), (second, theirs)):
        _charge(entry, +1)
        shares.append(compiled.shares.share(branch))
        _charge(entry, -1)
    for entry in before:
        _charge(entry, -1)
    names = (mine.name, theirs.name)
    if compiled.settings.gate("FairSharingPrioritizeNonBorrowing"):
        borrows = [
            not {slot for slot, amount in entry.usage if amount > 0}.isdisjoint(share.borrowed_slots)
            for entry, share in zip((first, second), shares, strict=True)
        ]
        if borrows[0] != borrows[1]:
            return Precedence("borrowing", borrows[0], borrows[1], names)
    if shares[0].rank != shares[1].rank:
        return Precedence("share", shares[0].weighted, shares[1].weighted, names)
    return None


def _charge(entry: Entry, sign: int) -> None:
    for slot, amount in entry.usage:
        if sign > 0:
            entry.queue.node.add(slot, amount)
        else:
            entry.queue.node.remove(slot, amount)


def _branches(first: QuotaNode, second: QuotaNode) -> tuple[QuotaNode, QuotaNode]:
    """The two children of the lowest common ancestor towards either queue; without one the queues themselves."""
    paths = [_path(first), _path(second)]
    common = {id(node) for node in paths[0]} & {id(node) for node in paths[1]}
    ends = [
        next((node for node in path if node.parent is not None and id(node.parent) in common), path[0])
        for path in paths
    ]
    return ends[0], ends[1]


def _path(node: QuotaNode) -> list[QuotaNode]:
    found = [node]
    while found[-1].parent is not None:
        found.append(found[-1].parent)
    return found
